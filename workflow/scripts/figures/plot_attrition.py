"""Plot the flow of patients to the two arms, and the audit of their follow-up."""

from twoarm.figures.attrition import draw_attrition
from twoarm.figures.audit import draw_audit
from twoarm.figures.house import save_each
from twoarm.runner import run
from twoarm.tables.cohort import Attrition, Audit


def main(
    attrition, audit, figures,
    *, endpoint, designs, arms, minimum_count, language="en",
):  # fmt: skip
    """Draw the flow diagram, and the audit of an endpoint; save each format."""
    steps, audited = Attrition.read_csv(attrition), Audit.read_csv(audit)
    sizes = dict(audited.select("arm", "n_patients").rows())

    def draw(name):
        if name == "audit":
            rows = audited.filter(endpoint=endpoint)
            return draw_audit(rows, designs=designs, arm=arms[0])
        return draw_attrition(
            steps,
            start=steps["reason"][0],
            arms=[(arm, sizes[arm]) for arm in arms],
            hidden=f"< {minimum_count}",
        )

    save_each(figures, draw, language)


if __name__ == "__main__":
    run(main, snakemake)
