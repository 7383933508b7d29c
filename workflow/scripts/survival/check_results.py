"""Check the results by second routes, and against each other; stop if they disagree."""

from twoarm.runner import run
from twoarm.survival.curves import arms_of
from twoarm.survival.verdict import check_contrast, check_verdict
from twoarm.tables.cohort import Patients
from twoarm.tables.fragility import Checks
from twoarm.tables.propensity import Designs
from twoarm.tables.survival import Curves, Effects


def main(
    patients, designs, estimates, curves, checks, *, endpoints, labels, paired,
    confidence,
):  # fmt: skip
    """Write a row a check, or raise with those that failed."""
    cohort, members, rows = Patients.read(patients), Designs.read(designs), []
    effects, lines = Effects.read_all(estimates), Curves.read_all(curves)
    first = members.filter(imputation=members["imputation"].min())
    for endpoint in endpoints:
        for (design,), part in first.group_by("design", maintain_order=True):
            named = {"endpoint": endpoint, "design": design}
            own, curve = effects.filter(**named), lines.filter(**named)
            arms = arms_of(cohort, part, endpoint=endpoint, labels=labels)
            how = {"confidence": confidence, "pairs": design in paired}
            who = {"members": part, "patients": cohort}
            found = check_contrast(own, curve, arms, **who, **how)
            rows += [{**row, **named} for row in found]
    table = Checks.of(rows)
    check_verdict(table)
    Checks.write(table, checks)


if __name__ == "__main__":
    run(main, snakemake)
