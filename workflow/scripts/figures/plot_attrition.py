"""Plot the flow of patients from those read to the two arms."""

from twoarm.figures.attrition import draw_attrition
from twoarm.figures.house import save_each
from twoarm.runner import run
from twoarm.tables.cohort import Attrition, Audit


def main(attrition, audit, figures, *, arms, minimum_count, language="en"):
    """Draw the flow diagram; save each format."""
    sizes = dict(Audit.read_csv(audit).select("arm", "n_patients").rows())
    steps = Attrition.read_csv(attrition)

    def draw(_):
        return draw_attrition(
            steps,
            start=steps["reason"][0],
            arms=[(arm, sizes[arm]) for arm in arms],
            hidden=f"< {minimum_count}",
        )

    save_each(figures, draw, language)


if __name__ == "__main__":
    run(main, snakemake)
