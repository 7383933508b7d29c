"""Tell what the limits to the weights of clones change."""

from twoarm.propensity.cloned import clone_design, weight_under_limits
from twoarm.runner import run
from twoarm.survival.truncations import assess_truncations, pool_truncations
from twoarm.tables.cohort import Histories, Patients
from twoarm.tables.survival import Truncations


def main(patients, histories, truncations, *, endpoints, cloned, rmst_months):
    """Write a row an endpoint, design and limit, pooled over the imputations."""
    rows, later = [], Histories.read_some(histories)
    for path in patients:
        everyone = Patients.read(path)
        for endpoint in endpoints:
            for name, design in cloned.items():
                one = {"endpoint": endpoint, "histories": later}
                copies = clone_design(everyone, design, endpoints, name, **one)
                grace = {"grace_days": design["grace_days"]}
                for limit, spells in weight_under_limits(copies, design, name):
                    found = assess_truncations(
                        *spells, **grace, rmst_months=rmst_months
                    )
                    rows.append(
                        {"endpoint": endpoint, "design": name, **limit, **found}
                    )
    Truncations.write(pool_truncations(Truncations.of(rows)), truncations)


if __name__ == "__main__":
    run(main, snakemake)
