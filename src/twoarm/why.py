"""Say where a released number comes from: `python -m twoarm.why TABLE.csv:ROW`.

The rule `list_origins` has written what made each table, in the results of the study.
"""

import os
import sys
import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from twoarm.checksums import checksums_of
from twoarm.errors import InputError
from twoarm.origins import Job, Origins, read_origins

ORIGINS = Path("reporting", "list_origins", "origins.json")
"""Where they are, in the folder that holds the release."""


def find_table(file: str) -> tuple[Origins, str]:
    """Find what made the tables of a release, and the file that one is a copy of.

    Raises
    ------
    InputError
        The file is not a table of a release, or what made it is not known.
    """
    above = [each for each in Path(file).parents if each.name == "release"]
    listed = above[0].parent / ORIGINS if above else None
    if listed is not None and listed.is_file():
        origins = read_origins(listed)
        source = origins.released.get(Path(file).relative_to(above[0]).as_posix())
        if source is not None:
            return origins, source
    raise InputError(
        f"What made {file} is not known. Name a table of the release of a study, as "
        "results/<study>/release/effects.csv; the other folders there tell of it."
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
    if Path(file).suffix != ".csv":
        raise InputError(f"{file} is no table of rows; a table ends with .csv.")
    table = pl.read_csv(file, infer_schema_length=None)
    if not 1 <= row <= table.height:
        raise InputError(f"{file} has the rows 1 to {table.height}, and no {row}.")
    return table.row(row - 1, named=True)


def checksum_of(file: str) -> str | None:
    """Take the SHA-256 of a file; None if it is not there."""
    return next(iter(checksums_of([file])), None)


def explain_row(file: str, row: int) -> Iterator[str]:
    """Say where a released number comes from, in lines.

    Parameters
    ----------
    file, row
        A table of a release, and the place of a row in it, from 1.
    """
    values = read_row(file, row)
    origins, source = find_table(file)
    yield f"{file}, row {row}"
    yield from (
        f"  {name}: {each}" for name, each in values.items() if each is not None
    )
    steps = origins.trace(source, values)
    yield ""
    yield "Made by, from the number back to the source:"
    for place, (job, followed) in enumerate(steps, start=1):
        yield f"{place}. {job.rule}, {job.script}"
        yield from _wrapped("params: ", ", ".join(job.params))
        yield from (_input(job, each) for each in followed)
    made = [each for _, followed in steps for each in followed]
    yield ""
    yield "Files of the source:"
    first = [each for each in dict.fromkeys(made) if origins.maker_of(each) is None]
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
    now, then = checksum_of(file), dict(job.inputs).get(file)
    if now is None:
        return f"   from {file}  {then or ''} (no longer there)"
    changed = " (changed since)" if then not in ("", now) else ""
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
