"""Where each number of the report comes from: its row, and the rules behind it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from twoarm.why import KEY, Job, Origin

INSIDE = ("simulation", "ingestion", "harmonisation")
"""Stages whose params and inputs name files of the exports."""
DATED = re.compile(r"(19|20)\d\d[-, /.]+\d\d?[-, /.]+\d\d?")
MEASURES = (
    *("hazard_ratio", "median", "logrank", "rmst", "rmst_difference", "survival"),
    *("survival_difference", "cumulative_incidence", "cumulative_incidence_difference"),
    *("subdistribution_hazard_ratio", "gray", "cure_fraction"),
)
"""What the tables of the report show of the contrast and of the arms."""


def lineage_of(
    study: Mapping[str, Any],
    tables: Mapping[str, pl.DataFrame],
    origins: Sequence[Origin],
) -> dict[str, Any]:
    """Gather what a page tells of the numbers in its tables.

    Of what is upstream of the cohort the rules alone are told: their params and inputs
    name files of the exports, which may name people. A param that holds a date is
    withheld.

    Parameters
    ----------
    study
        The complete config.
    tables
        Name of a disclosed table to its rows: `effects`, `attrition`.
    origins
        Of the effects, as `twoarm.why.list_origins` lists them.

    Returns
    -------
    dict
        `study`, its name; `flow`, the steps of the cohort; `jobs`, the last first, each
        with `rule`, `script`, `params` and `inputs` (name and SHA-256); `groups`, those
        of the shown rows that are of one endpoint, design and origin: the `rows` (place
        from 1, measure, term, months), and the places of their `jobs`.
    """
    jobs = _Jobs()
    arms = [*study["treatment"]["labels"].values()]
    shown = _numbered(tables["effects"], arms)
    groups = []
    for origin in origins:
        here = shown.join(origin.rows, on=KEY, how="semi", nulls_equal=True)
        if here.is_empty():
            continue
        behind = [*map(jobs.place, origin.jobs)]
        for part in here.partition_by("endpoint", "design", maintain_order=True):
            rows = part.select("row", "measure", "term", "months").rows()
            groups.append({"rows": rows, "jobs": [*dict.fromkeys(behind)]})
    return {
        "study": study["study"],
        "flow": [*map(_step, tables["attrition"].iter_rows(named=True))],
        "jobs": [*map(_told, jobs.known)],
        "groups": groups,
    }


class _Jobs:
    """Jobs, each once; those of stages that stay inside once a rule."""

    def __init__(self) -> None:
        self.known: list[Job] = []
        self._places: dict[Any, int] = {}

    def place(self, job: Job) -> int:
        key = job.rule if _stage(job) in INSIDE else job
        if key not in self._places:
            self._places[key] = len(self.known)
            self.known.append(job)
        return self._places[key]


def _numbered(effects: pl.DataFrame, arms: Sequence[str]) -> pl.DataFrame:
    """Keep the rows that the tables show, with their places."""
    term = pl.col("term")
    return (
        effects.select(KEY)
        .with_row_index("row", offset=1)
        .filter(
            pl.col("measure").is_in(MEASURES),
            term.is_in(["treated", "treated_bootstrap", *arms]),
        )
    )


def _stage(job: Job) -> str:
    return job.script.removeprefix("workflow/scripts/").partition("/")[0]


def _step(row: Mapping[str, Any]) -> Mapping[str, str]:
    """Put a step of the cohort in words; what is hidden is a dash."""
    before, left, after = (
        "–" if row[name] is None else f"{row[name]:,}"
        for name in ("n_before", "n_excluded", "n_after")
    )
    return {"reason": row["reason"], "counts": f"{before} − {left} = {after}"}


def _told(job: Job) -> Mapping[str, Any]:
    """Put a job in words."""
    named = {"rule": job.rule, "script": job.script}
    if _stage(job) in INSIDE:
        return {**named, "params": [], "inputs": []}
    params = [each for each in job.params if not DATED.search(each)]
    sums = dict(job.checksums)
    return {
        **named,
        "params": params,
        "inputs": [(each, sums.get(each, "")) for each in job.inputs],
    }
