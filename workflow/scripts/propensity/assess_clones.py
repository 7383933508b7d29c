"""Tell who of the clones is left over time, and how they are weighted."""

import logging

import polars as pl

from twoarm.propensity.cloned import clone_design, weight_under_limits
from twoarm.propensity.cloning_summary import list_months, summarise_clones
from twoarm.runner import run
from twoarm.tables.clones import ClonesOverTime
from twoarm.tables.cohort import Histories, Patients


def main(patients, histories, clones, *, endpoints, cloned, labels, horizons):
    """Write a row an endpoint, design, arm and month."""
    cohort, later, parts = Patients.read(patients), Histories.read_some(histories), []
    for endpoint in endpoints:
        for name, design in cloned.items():
            one = {"endpoint": endpoint, "histories": later}
            copies = clone_design(cohort, design, endpoints, name, **one)
            _, spells = next(weight_under_limits(copies, design, name))
            days = list_months(design["grace_days"], horizons)
            found = summarise_clones(copies.clones, spells, labels=labels, days=days)
            for warning in found.warnings:
                logging.info("%s, %s: %s", name, endpoint, warning)
            named = {"endpoint": pl.lit(endpoint), "design": pl.lit(name)}
            parts.append(found.follow_up.with_columns(**named))
    ClonesOverTime.write(pl.concat(parts), clones)


if __name__ == "__main__":
    run(main, snakemake)
