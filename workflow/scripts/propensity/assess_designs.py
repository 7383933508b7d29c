"""Assess for whom each design answers: its size, overlap and balance."""

from twoarm.clocks import cohorts_at
from twoarm.propensity.assessment import assess_designs, weights_of
from twoarm.propensity.verdicts import judge_design, summarise_diagnostics
from twoarm.runner import run
from twoarm.tables import propensity as tables
from twoarm.tables.cohort import Arms, Patients


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
            chosen = {each: estimands[each] for each in names}
            own = weights_of(people, of_number, chosen)
            treated = people["treated"].to_numpy()
            for name, row in assess_designs(treated, *read, own, methods).items():
                rows[name].append(row)
    contracts = (tables.Balance, tables.Interactions, tables.Prognosis)
    paths = zip(contracts, (balance, interactions, prognosis), strict=True)
    found = [contract.read(path) for contract, path in paths]
    judged = []
    for name, each in rows.items():
        own = [table.filter(design=name) for table in found]
        row = {**summarise_diagnostics(each), **judge_design(*own, **thresholds)}
        judged.append({"design": name, **row})
    tables.Diagnostics.write(tables.Diagnostics.of(judged), diagnostics)


if __name__ == "__main__":
    run(main, snakemake)
