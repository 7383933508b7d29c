"""Plot what all designs of an endpoint find, side by side."""

from twoarm.figures.designs import draw_designs
from twoarm.figures.house import save
from twoarm.runner import run
from twoarm.tables.survival import Effects


def main(effects, figures, *, endpoint, designs, kinds, arms, months):
    """Draw what the release holds; save each format."""
    found = Effects.read_csv(effects).filter(endpoint=endpoint)
    how = {"designs": designs, "kinds": kinds, "arms": arms, "months": months}
    figure = draw_designs(found, **how)
    for path in figures:
        save(figure, path)


if __name__ == "__main__":
    run(main, snakemake)
