"""Plot every estimate there is, sorted, and what made it."""

from twoarm.figures.house import save
from twoarm.figures.specifications import draw_specifications
from twoarm.runner import run
from twoarm.tables.survival import Effects


def main(effects, figures, *, specifications, endpoints, arms):
    """Draw what the release holds; save each format."""
    found = Effects.read_csv(effects)
    figure = draw_specifications(
        found, specifications=specifications, endpoints=endpoints, arms=arms
    )
    for path in figures:
        save(figure, path)


if __name__ == "__main__":
    run(main, snakemake)
