"""Assess for whom each design answers: its size, overlap and balance."""

from twoarm.clocks import cohorts_at
from twoarm.propensity.assessment import assess_designs, weights_of
from twoarm.propensity.verdicts import judge_design, summarise_diagnostics
from twoarm.runner import run
from twoarm.tables import propensity as tables
from twoarm.tables.cohort import Arms, Patients
from twoarm.tables.diagnostics import Diagnostics


def main(
    patients, arms, scores, weights, designs, balance, interactions, prognosis,
    diagnostics, *, methods, estimands, thresholds, endpoints,
):  # fmt: skip
    """Write a row a design, over the imputations."""
    members, rows = tables.Designs.read(designs), {name: [] for name in estimands}
    clocks, numbers = Arms.read(arms), members["imputation"].unique().sort()
    paths = zip(numbers, patients, scores, weights, strict=True)
    for number, cohort, scored, weighed in paths:
        of_number = members.filter(imputation=number)
        read = tables.Scores.read(scored), tables.Weights.read(weighed)
        for names, people in cohorts_at(Patients.read(cohort), clocks, endpoints):
            own = weights_of(people, of_number, estimands, names)
            treated = people["treated"].to_numpy()
            for name, row in assess_designs(treated, *read, own, methods).items():
                rows[name].append(row)
    contracts = (tables.Balance, tables.Interactions, tables.Prognosis)
    paths = zip(contracts, (balance, interactions, prognosis), strict=True)
    found = [contract.read(path) for contract, path in paths]
    judged = []
    for name, each in rows.items():
        own = judge_design(*(t.filter(design=name) for t in found), **thresholds)
        judged.append({"design": name, **summarise_diagnostics(each), **own})
    Diagnostics.write(Diagnostics.of(judged), diagnostics)


if __name__ == "__main__":
    run(main, snakemake)
