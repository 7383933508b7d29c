"""Where each number of the report comes from: its row, and the rules behind it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from twoarm.origins import KEY, Job, Origins

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
    origins: Origins,
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
        Of the tables of the release.

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
    for rows, behind in _behind(origins, shown.schema):
        here = shown.join(rows, on=KEY, how="semi", nulls_equal=True)
        if here.is_empty():
            continue
        places = [*map(jobs.place, behind)]
        for part in here.partition_by("endpoint", "design", maintain_order=True):
            cells = part.select("row", "measure", "term", "months").rows()
            groups.append({"rows": cells, "jobs": [*dict.fromkeys(places)]})
    return {
        "study": study["study"],
        "flow": [*map(_step, tables["attrition"].iter_rows(named=True))],
        "jobs": [*map(_told, jobs.known)],
        "groups": groups,
    }


def _behind(
    origins: Origins, schema: pl.Schema
) -> Iterator[tuple[pl.DataFrame, Sequence[Job]]]:
    """Yield the rows of each file of effects, and the jobs behind them."""
    of = {name: schema[name] for name in KEY}
    last = origins.maker_of(origins.released["effects.csv"])
    for file, rows in origins.effects.items():
        behind = [job for job, _ in origins.trace(file, {})]
        yield pl.DataFrame(rows, of, orient="row"), [last, *behind] if last else behind


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
    return {
        **named,
        "params": params,
        "inputs": job.inputs,
    }
