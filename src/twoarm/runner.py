"""Bind a Snakemake job to a plain function, so that scripts stay importable."""

import errno
import logging
import os
import re
import resource
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from twoarm.errors import InputError

UNBOUND = {"code", "content"}
OF_THE_SYSTEM = [
    os.strerror(code)
    for code in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO)
]
"""What the system says of a disk: it holds no data, and is what a person must know."""


def run(main: Callable[..., None], job: Any) -> None:
    """Call `main` with the job's named inputs, outputs and params, logging to its log.

    The names that a rule gives to its files and params are the parameter names of
    `main`; a name that only one side knows raises `TypeError`. The params `code`, the
    fingerprint of the code behind the script, and `content`, that of the files of the
    source, are Snakemake's alone.

    A fault of the input is logged as its message alone, any other with its traceback;
    either ends the job. The message of an error is shown only where this package wrote
    it: whatever Python or a library says of data may hold a patient's value.

    Raises
    ------
    TypeError
        If two of the rule's inputs, outputs and params have one name.
    """
    start = time.perf_counter()
    log = logging.FileHandler(job.log[0], mode="w", encoding="utf-8")
    log.setFormatter(Plain("%(levelname)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[log])
    logging.captureWarnings(capture=True)
    try:
        main(**_arguments(job))
    except InputError as error:
        logging.error("%s", error)
        raise SystemExit(1) from None
    except Exception as error:
        logging.error("%s failed\n%s", job.rule, _told(error))
        raise SystemExit(1) from None
    logging.info(
        "done in %.2f s, %.2f s of CPU, at most %d MiB",
        time.perf_counter() - start,
        _cpu_seconds(),
        _peak_mib(),
    )


class Plain(logging.Formatter):
    """Writes no sign that steers a terminal: a column's name may hold one."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a record, and � for what cannot be seen."""
        told = super().format(record)
        return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in told)


def _cpu_seconds() -> float:
    """CPU seconds of this process, its start included, and of those that it awaited."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _peak_mib() -> float:
    """Most memory that this process held, in MiB.

    Linux tells it in `/proc`; `ru_maxrss` would there count what the process that
    started this one held, which is Snakemake.
    """
    status = Path("/proc/self/status")
    if status.exists():
        held = re.search(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="ascii"))
        if held:
            return int(held[1]) / 1024
    unit = 1 if sys.platform == "darwin" else 1024  # bytes, elsewhere KiB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


def _arguments(job: Any) -> dict[str, Any]:
    """Bind names to what the rule gives them, each once."""
    named = [
        *dict(job.input).items(),
        *dict(job.output).items(),
        *dict(job.params).items(),
    ]
    arguments = dict(named)
    if len(arguments) < len(named):
        raise TypeError(f"rule {job.rule} uses a name twice")
    return {name: value for name, value in arguments.items() if name not in UNBOUND}


def _told(error: BaseException) -> str:
    """Write a traceback with all that led to it, without messages that hold data."""
    before = error.__cause__ or (
        None if error.__suppress_context__ else error.__context__
    )
    lines = [_told(before), "\nwhich led to\n"] if before else []
    lines += ["Traceback (most recent call last):\n"]
    lines += traceback.format_tb(error.__traceback__)
    return "".join([*lines, f"{type(error).__name__}: {_message(error)}\n"])


def _message(error: BaseException) -> str:
    """Return the message of an error if it holds no data, else a word for it."""
    place = traceback.extract_tb(error.__traceback__)[-1:]
    here = bool(place) and Path(place[0].filename) == Path(__file__)
    if here or type(error).__module__.startswith("twoarm."):
        return str(error)
    said = str(error)
    for words in OF_THE_SYSTEM:
        if words in said:
            return words
    return "(the message may hold data: withheld)"
