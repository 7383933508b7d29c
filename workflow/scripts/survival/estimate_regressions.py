"""Estimate covariates alone, their curves, subgroups, and without each centre."""

from twoarm.runner import run
from twoarm.survival.covariates import describe_covariates
from twoarm.survival.curves import arms_of
from twoarm.survival.omission import compare_without_centres
from twoarm.survival.pooled_effects import pool_effects
from twoarm.survival.subgroups import compare_subgroups
from twoarm.tables.cohort import Patients
from twoarm.tables.propensity import Designs
from twoarm.tables.survival import Effects


def main(
    patients, designs, effects, *, endpoints, labels, regressions, splines, subgroups,
    supporting, confidence,
):  # fmt: skip
    """Write a row an estimate, pooled over the imputations."""
    members, rows, level = Designs.read(designs), [], {"confidence": confidence}
    numbers = members["imputation"].unique().sort()
    for number, path in zip(numbers, patients, strict=True):
        cohort, own = Patients.read(path), members.filter(imputation=number)
        for (design,), part in own.group_by("design", maintain_order=True):
            model = {"covariates": regressions.get(design, []), "splines": splines}
            asked = {"subgroups": subgroups if design in supporting else []}
            for endpoint in endpoints:
                arms = arms_of(cohort, part, endpoint=endpoint, labels=labels)
                found = describe_covariates(cohort, arms, **model, **level)
                found += compare_subgroups(cohort, arms, **asked, **level)
                found += compare_without_centres(cohort, arms, **level)
                named = {"design": design, "endpoint": endpoint, "imputation": number}
                rows += [{**row, **named} for row in found]
    Effects.write(pool_effects(Effects.many(rows), **level), effects)


if __name__ == "__main__":
    run(main, snakemake)
