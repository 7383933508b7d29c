"""Plot the restricted means of an endpoint: areas, and the difference along time."""

from twoarm.figures.house import save_each
from twoarm.figures.means import draw_means
from twoarm.runner import run
from twoarm.tables.survival import Curves, Differences, Effects


def main(
    curves, effects, differences, figures,
    *, endpoint, label, design, designs, arms, language="en",
):  # fmt: skip
    """Draw what the release holds; save each format."""
    found = [
        contract.read_csv(path).filter(endpoint=endpoint)
        for contract, path in (
            (Curves, curves),
            (Differences, differences),
            (Effects, effects),
        )
    ]
    how = {"design": design, "designs": designs, "label": label, "arms": arms}
    save_each(figures, lambda _: draw_means(*found, **how), language)


if __name__ == "__main__":
    run(main, snakemake)
