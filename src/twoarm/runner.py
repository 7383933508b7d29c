"""Bind a Snakemake job to a plain function, so that scripts stay importable."""

import logging
import time
from collections.abc import Callable
from typing import Any

from twoarm.errors import InputError

UNBOUND = {"code"}


def run(main: Callable[..., None], job: Any) -> None:
    """Call `main` with the job's named inputs, outputs and params, logging to its log.

    The names that a rule gives to its files and params are the parameter names of
    `main`; a name that only one side knows raises `TypeError`. The param `code`, the
    fingerprint of the code behind the script, is Snakemake's alone.

    A fault of the input is logged as its message alone, any other with its traceback;
    either ends the job.
    """
    start = time.perf_counter()
    logging.basicConfig(
        filename=job.log[0],
        filemode="w",
        level=logging.INFO,
        format="%(levelname)s %(message)s",
        encoding="utf-8",
    )
    logging.captureWarnings(capture=True)
    arguments = {**dict(job.input), **dict(job.output), **dict(job.params)}
    try:
        main(**{k: v for k, v in arguments.items() if k not in UNBOUND})
    except InputError as error:
        logging.error("%s", error)
        raise SystemExit(1) from None
    except Exception:
        logging.exception("%s failed", job.rule)
        raise SystemExit(1) from None
    logging.info("done in %.2f s", time.perf_counter() - start)
