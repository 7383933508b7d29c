"""The list of pairs that a person must look at, as it comes back with answers."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from twoarm.errors import InputError

KEY = "source.linkage"
ASKED = ("patient_id", "other_id", "same")
ANSWERS = {
    "": None, "true": True, "yes": True, "y": True, "1": True, "是": True,
    "false": False, "no": False, "n": False, "0": False, "否": False,
}  # fmt: skip


def read_answers(paths: Sequence[Path | str]) -> pl.DataFrame:
    """Read what a person said of pairs that may be one person.

    Parameters
    ----------
    paths
        One CSV in UTF-8, or none: `patient_id`, `other_id` and `same`, of which the
        last is yes, no, or empty while nobody knows. Other columns are passed over.

    Returns
    -------
    pl.DataFrame
        These three columns, `same` null where it is empty.

    Raises
    ------
    InputError
        Names every line at fault at once, and no patient.
    """
    if not paths:
        return pl.DataFrame(
            schema=dict.fromkeys(ASKED[:2], pl.String) | {"same": pl.Boolean}
        )
    (path,) = paths
    rows = _read_lines(Path(path))
    text = pl.col("same").str.to_lowercase()
    pair = pl.concat_list("patient_id", "other_id").list.sort()
    faults = {
        "same is neither yes nor no": ~text.is_in(list(ANSWERS)),
        "a patient is not named": pl.any_horizontal(pl.col(ASKED[:2]) == ""),
        "the pair has two answers": text.n_unique().over(pair) > 1,
    }
    wrong = [
        f"line {line}: {what}"
        for what, broken in faults.items()
        for line in rows.filter(broken)["line"]
    ]
    if wrong:
        raise InputError(f"{Path(path).name} ({KEY}): {'; '.join(wrong)}; correct them")
    said = text.replace_strict(ANSWERS, return_dtype=pl.Boolean)
    return rows.with_columns(same=said).select(ASKED).unique(maintain_order=True)


def _read_lines(path: Path) -> pl.DataFrame:
    """Read the texts of the columns that are asked for, each with its line."""
    advice = "begin with the reviews.csv of a run"
    try:
        told = pl.read_csv(path, infer_schema=False, encoding="utf8")
    except (pl.exceptions.PolarsError, OSError):
        raise InputError(f"{path.name} ({KEY}) is no CSV in UTF-8; {advice}") from None
    told = told.rename(lambda name: name.strip().removeprefix("\ufeff"))
    if lacking := [name for name in ASKED if name not in told.columns]:
        raise InputError(
            f"{path.name} ({KEY}) has no column {', '.join(lacking)}; {advice}"
        )
    return told.select(
        pl.col(ASKED).fill_null("").str.strip_chars(),
        line=pl.int_range(2, pl.len() + 2),
    )
