"""Plot every estimate there is, sorted, and what made it."""

from twoarm.figures.house import save_each
from twoarm.figures.specifications import draw_specifications
from twoarm.runner import run
from twoarm.tables.survival import Effects


def main(effects, figures, *, specifications, endpoints, arms, language="en"):
    """Draw what the release holds; save each format."""
    found = Effects.read_csv(effects)
    how = {"specifications": specifications, "endpoints": endpoints, "arms": arms}
    save_each(figures, lambda _: draw_specifications(found, **how), language)


if __name__ == "__main__":
    run(main, snakemake)
