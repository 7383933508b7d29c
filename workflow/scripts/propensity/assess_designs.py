"""Assess for whom each design answers: its size, overlap and balance."""

from twoarm.propensity.assessment import assess_designs, weights_of
from twoarm.propensity.verdicts import judge_design, mean_diagnostics
from twoarm.runner import run
from twoarm.tables.cohort import Patients
from twoarm.tables.propensity import (
    Balance,
    Designs,
    Diagnostics,
    Interactions,
    Prognosis,
    Scores,
    Weights,
)


def main(
    patients, scores, weights, designs, balance, interactions, prognosis, diagnostics,
    *, methods, estimands, thresholds,
):  # fmt: skip
    """Write a row a design, over the imputations."""
    members, rows = Designs.read(designs), {name: [] for name in estimands}
    numbers = members["imputation"].unique().sort()
    paths = zip(numbers, patients, scores, weights, strict=True)
    for number, cohort, scored, weighed in paths:
        of_number = members.filter(imputation=number)
        own = weights_of(Patients.read(cohort), of_number, estimands)
        tables = Scores.read(scored), Weights.read(weighed)
        for name, row in assess_designs(*tables, own, methods).items():
            rows[name].append(row)
    tables = Balance.read(balance), Interactions.read(interactions)
    tables = [*tables, Prognosis.read(prognosis)]
    judged = []
    for name, each in rows.items():
        own = [table.filter(design=name) for table in tables]
        found = {**mean_diagnostics(each), **judge_design(*own, **thresholds)}
        judged.append({"design": name, **found})
    Diagnostics.write(Diagnostics.of(judged), diagnostics)


if __name__ == "__main__":
    run(main, snakemake)
