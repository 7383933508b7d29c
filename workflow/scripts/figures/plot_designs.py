"""Plot the hazard ratios of all designs of an endpoint side by side."""

from twoarm.figures.designs import draw_designs
from twoarm.figures.house import save
from twoarm.runner import run
from twoarm.tables.survival import Effects


def main(effects, figures, *, endpoint, designs, arms):
    """Draw what the release holds; save each format."""
    found = Effects.read_csv(effects).filter(endpoint=endpoint)
    figure = draw_designs(found, designs=designs, arms=arms)
    for path in figures:
        save(figure, path)


if __name__ == "__main__":
    run(main, snakemake)
