"""Say where a released number comes from: `python -m twoarm.why TABLE.csv:ROW`.

Run it where the study ran: what made each file is read from Snakemake's own records.
"""

import hashlib
import json
import os
import sys
import textwrap
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from twoarm.errors import InputError

KEY = ("endpoint", "design", "measure", "term", "months")
"""What tells a row of effects from the others."""
RECORDS = Path(".snakemake") / "metadata"
NAMED = 254
"""Letters of the longest name of a file; Snakemake folds longer records."""


@dataclass(frozen=True)
class Job:
    """What made a file: its rule, script, params and inputs, with what these were."""

    rule: str
    script: str
    params: tuple[str, ...]
    inputs: tuple[str, ...]
    checksums: tuple[tuple[str, str], ...]


class Origin(NamedTuple):
    """The rows of a table that others were put together with, and what made them."""

    rows: pl.DataFrame
    jobs: "Sequence[Job]"


def read_job(file: str) -> Job | None:
    """Read what made a file from the records of Snakemake; None if nothing did."""
    name = urlsafe_b64encode(file.encode()).decode()
    folds = [name[place : place + NAMED] for place in range(0, len(name), NAMED)]
    record = RECORDS.joinpath(*(f"@{fold}" for fold in folds[:-1]), folds[-1])
    if not record.is_file():
        return None
    told = json.loads(record.read_text(encoding="utf-8"))
    script = str(told["code"] or "").strip().strip('"').removeprefix("../")
    sums = {key: each.split(":")[-1] for key, each in told["input_checksums"].items()}
    return Job(
        rule=told["rule"],
        script=f"workflow/{script}",
        params=tuple(told["params"]),
        inputs=tuple(told["input"]),
        checksums=tuple(sorted(sums.items())),
    )


def read_row(file: str, row: int) -> dict[str, Any]:
    """Read a row of a released table, the first below the head as 1.

    Raises
    ------
    InputError
        There is no such table or row.
    """
    if not Path(file).is_file():
        raise InputError(f"There is no table {file}; was the study run here?")
    table = pl.read_csv(file, infer_schema_length=None)
    if not 1 <= row <= table.height:
        raise InputError(f"{file} has the rows 1 to {table.height}, and no {row}.")
    return table.row(row - 1, named=True)


def find_sources(job: Job, file: str, row: Mapping[str, Any]) -> Sequence[str]:
    """Find the inputs of a job that hold a row; all, if none can be told from others.

    A file that was copied has one input with its bytes; an effect stands in one of the
    tables that were put together.
    """
    own, kind = checksum_of(file), Path(file).suffix
    alike = [each for each in job.inputs if Path(each).suffix == kind]
    copied = [each for each in alike if checksum_of(each) == own]
    if copied:
        return copied
    holding = [each for each in job.inputs if _holds(each, row)]
    return holding or job.inputs


def _holds(file: str, row: Mapping[str, Any]) -> bool:
    """Tell whether a table of effects has the row of these names."""
    path = Path(file)
    if path.suffix != ".parquet" or not path.is_file() or not {*KEY} <= {*row}:
        return False
    table = pl.scan_parquet(path)
    if not {*KEY} <= {*table.collect_schema().names()}:
        return False
    alike = [pl.col(name).eq_missing(pl.lit(row[name])) for name in KEY]
    return bool(table.filter(alike).select(pl.len()).collect().item())


def checksum_of(file: str) -> str | None:
    """Take the SHA-256 of a file; None if it is not there."""
    path = Path(file)
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def trace_row(file: str, row: Mapping[str, Any]) -> list[tuple[Job, Sequence[str]]]:
    """Follow a row from its table back to the files of the source.

    Returns
    -------
    list of (Job, sequence of str)
        Jobs, the last first, each once, with the inputs that are followed.

    Raises
    ------
    InputError
        Snakemake has no record of the table.
    """
    steps: dict[Job, Sequence[str]] = {}
    waiting = [file]
    while waiting:
        current = waiting.pop(0)
        job = read_job(current)
        if job is not None and job not in steps:
            steps[job] = find_sources(job, current, row)
            waiting += steps[job]
    if not steps:
        raise InputError(
            f"Snakemake has no record of {file}. Run this in the folder in which the "
            "study ran."
        )
    return list(steps.items())


def list_origins(file: str) -> list[Origin]:
    """List the tables from which a table of effects was put together.

    Returns
    -------
    list of Origin
        Empty where Snakemake has no record of the table.
    """
    job, found = read_job(file), []
    if job is None:
        return []
    for each in job.inputs:
        path = Path(each)
        if path.suffix == ".parquet" and path.is_file():
            table = pl.scan_parquet(path)
            if {*KEY} <= {*table.collect_schema().names()}:
                behind = trace_row(each, {}) if read_job(each) else []
                rows = table.select(KEY).collect()
                found.append(Origin(rows, [job, *(step for step, _ in behind)]))
    return found


def explain_row(file: str, row: int) -> Iterator[str]:
    """Say where a released number comes from, in lines.

    Parameters
    ----------
    file, row
        A table of a release, and the place of a row in it, from 1.
    """
    values = read_row(file, row)
    yield f"{file}, row {row}"
    yield from (
        f"  {name}: {each}" for name, each in values.items() if each is not None
    )
    steps = trace_row(file, values)
    yield ""
    yield "Made by, from the number back to the source:"
    for place, (job, followed) in enumerate(steps, start=1):
        yield f"{place}. {job.rule}, {job.script}"
        yield from _wrapped("params: ", ", ".join(job.params))
        yield from (_input(job, each) for each in followed)
    made = [each for _, followed in steps for each in followed]
    yield ""
    yield "Files of the source:"
    first = [each for each in dict.fromkeys(made) if read_job(each) is None]
    for each in first:
        yield f"  {each}  {checksum_of(each) or 'no longer there'}"
    if not first:
        yield f"  none; {steps[-1][0].rule} makes or fetches what it begins with"
    yield from _cohort(file)


def _wrapped(head: str, words: str) -> Iterator[str]:
    yield from textwrap.wrap(
        head + words, 96, initial_indent="   ", subsequent_indent="     "
    )


def _input(job: Job, file: str) -> str:
    """Write an input with its checksum, and whether it is what the job read."""
    now, then = checksum_of(file), dict(job.checksums).get(file)
    if now is None:
        return f"   from {file}  {then or ''} (no longer there)"
    changed = " (changed since)" if then not in (None, now) else ""
    return f"   from {file}  {now}{changed}"


def _cohort(file: str) -> Iterator[str]:
    """Say who left the cohort, step by step, as the release tells it."""
    flow = Path(file).parent / "attrition.csv"
    if not flow.is_file():
        flow = Path(file).parent.parent / "attrition.csv"
    if flow.is_file():
        yield ""
        yield "Cohort, patients before and after each step:"
        for row in pl.read_csv(flow).iter_rows(named=True):
            yield (
                f"  {row['step']}. {row['reason']}: {row['n_before']} - "
                f"{row['n_excluded']} = {row['n_after']}"
            )


def main(arguments: Sequence[str]) -> int:
    """Print where the number comes from; 2 if it cannot be told."""
    file, _, row = "".join(arguments[:1]).rpartition(":")
    if len(arguments) != 1 or not file or not row.isdigit():
        print(__doc__.splitlines()[0] if __doc__ else "", file=sys.stderr)
        return 2
    try:
        lines = list(explain_row(os.path.normpath(file), int(row)))
    except InputError as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
