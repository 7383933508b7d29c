"""Plot how often each covariate is missing, in all and in each arm and centre."""

from twoarm.figures.house import save_each
from twoarm.figures.missingness import draw_missingness
from twoarm.runner import run
from twoarm.tables.cohort import Missingness


def main(missingness, figures, *, labels, arms, language="en"):
    """Draw what the release holds; save each format."""
    found = Missingness.read_csv(missingness)
    how = {"labels": labels, "arms": arms}
    save_each(figures, lambda _: draw_missingness(found, **how), language)


if __name__ == "__main__":
    run(main, snakemake)
