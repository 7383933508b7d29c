"""What made the tables of a release: each job, with what it was given.

The rule `list_origins` writes it, from the rules of the workflow and the files that
they made; the report and `python -m twoarm.why` read it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl

from twoarm.checksums import checksums_of

KEY = ("endpoint", "design", "measure", "term", "months")
"""What tells a row of effects from the others."""


@dataclass(frozen=True)
class Job:
    """A job: its rule and script, its params in words, and the files that it made.

    Of the inputs there is the name and the SHA-256, as hexadecimal digits.
    """

    rule: str
    script: str
    params: tuple[str, ...]
    inputs: tuple[tuple[str, str], ...]
    outputs: tuple[str, ...]


@dataclass(frozen=True)
class Origins:
    """The jobs behind the tables of a release.

    Attributes
    ----------
    released
        Name of a table in the folder of the release to the file that it is a copy of.
    jobs
        The last first.
    effects
        A file of effects to its rows, by their key.
    """

    released: Mapping[str, str]
    jobs: Sequence[Job]
    effects: Mapping[str, Sequence[tuple[Any, ...]]]

    def maker_of(self, file: str) -> Job | None:
        """Find the job that made a file; None if it is one of the source."""
        return next((job for job in self.jobs if file in job.outputs), None)

    def inputs_with(self, job: Job, row: Mapping[str, Any]) -> Sequence[str]:
        """List the inputs of a job that hold a row; all, if none are known to."""
        names = [name for name, _ in job.inputs]
        key = tuple(row.get(name) for name in KEY)
        return [name for name in names if key in self.effects.get(name, ())] or names

    def trace(
        self, file: str, row: Mapping[str, Any]
    ) -> list[tuple[Job, Sequence[str]]]:
        """Follow a row from a file back to the files of the source.

        Returns
        -------
        list of (Job, sequence of str)
            Jobs, the last first, each once, with the inputs that are followed.
        """
        steps: dict[Job, Sequence[str]] = {}
        waiting = [file]
        while waiting:
            job = self.maker_of(waiting.pop(0))
            if job is not None and job not in steps:
                steps[job] = self.inputs_with(job, row)
                waiting += steps[job]
        return list(steps.items())


def describe_origins(
    jobs: Sequence[Mapping[str, Any]],
    files: Mapping[str, str],
    effects: Sequence[str],
    released: Mapping[str, str],
) -> Origins:
    """Add to the jobs what their files hold.

    Parameters
    ----------
    jobs
        Each with `rule`, `script`, `params`, `inputs` and `outputs`, in words.
    files
        Name of each input of a job to where the file lies.
    effects
        Files of effects among them, Parquet.
    released
        As `Origins` has it.
    """
    sums = {name: next(iter(checksums_of([file])), "") for name, file in files.items()}
    told = [
        {**job, "inputs": [(name, sums[name]) for name in job["inputs"]]}
        for job in jobs
    ]
    rows = {
        name: pl.read_parquet(file, columns=[*KEY]).rows()
        for name, file in files.items()
        if file in effects
    }
    return Origins(released, [*map(_job, told)], rows)


def spell_origins(origins: Origins) -> str:
    """Write origins as JSON."""
    return json.dumps(asdict(origins), ensure_ascii=False, indent=1)


def read_origins(path: Path | str) -> Origins:
    """Read origins that `spell_origins` wrote."""
    told = json.loads(Path(path).read_text(encoding="utf-8"))
    effects = {name: [*map(tuple, rows)] for name, rows in told["effects"].items()}
    return Origins(told["released"], [*map(_job, told["jobs"])], effects)


def _job(told: Mapping[str, Any]) -> Job:
    return Job(
        rule=told["rule"],
        script=told["script"],
        params=tuple(told["params"]),
        inputs=tuple((name, checksum) for name, checksum in told["inputs"]),
        outputs=tuple(told["outputs"]),
    )
