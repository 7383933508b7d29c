"""Plot what all designs of an endpoint find, side by side."""

from twoarm.figures.designs import draw_designs
from twoarm.figures.house import save_each
from twoarm.runner import run
from twoarm.tables.survival import Effects


def main(effects, figures, *, endpoint, designs, kinds, arms, months, language="en"):
    """Draw what the release holds; save each format."""
    found = Effects.read_csv(effects).filter(endpoint=endpoint)
    how = {"designs": designs, "kinds": kinds, "arms": arms, "months": months}
    save_each(figures, lambda _: draw_designs(found, **how), language)


if __name__ == "__main__":
    run(main, snakemake)
