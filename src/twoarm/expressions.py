"""Conditions that a study writes as text: `n_cycles >= 2 and combination`.

They are read as expressions of SQL by polars, never run as code. Each is asked of one
row alone; where its answer is not known (null) the row is not taken.
"""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from itertools import product

import polars as pl

from twoarm.errors import InputError

TYPES: dict[str, pl.DataType] = {
    "number": pl.Float64(),
    "text": pl.String(),
    "code": pl.String(),
    "flag": pl.Boolean(),
}
"""Kind of a column to the type with which an expression sees it."""

FUNCTIONS = ("abs", "coalesce", "greatest", "least", "lower", "upper")
"""Functions that an expression may call: all look at one row alone."""

REFUSED = re.compile(
    r"(?i)\b(current_date|current_time|current_timestamp|localtime|localtimestamp|"
    r"select)\b"
)
"""Words that ask a clock or another table: an answer must be the same tomorrow."""

WORDS = {"and", "between", "else", "in", "is", "like", "not", "or", "then", "when"}
"""Words of the language that a bracket may follow."""


def parse_expression(text: str) -> pl.Expr:
    """Read a condition.

    Raises
    ------
    ValueError
        Says in words what is wrong with the text; never a value of a patient, as there
        is none in it.

    Examples
    --------
    >>> ages = pl.DataFrame({"age": [17, 18, None]})
    >>> ages.filter(parse_expression("age >= 18"))["age"].to_list()
    [18]
    """
    bare = re.sub(r"'[^']*'|\"[^\"]*\"", " ", text)
    called = re.findall(r"([A-Za-z_]\w*)\s*\(", bare)
    allowed = {*FUNCTIONS, *WORDS}
    if odd := sorted({name for name in called if name.lower() not in allowed}):
        known = ", ".join(FUNCTIONS)
        raise ValueError(f"calls {', '.join(odd)}; it may call {known}")
    if refused := REFUSED.search(bare):
        raise ValueError(f"names {refused[0]}; it may ask columns of a row alone")
    if "::" in bare:
        raise ValueError("may not turn one type into another (::)")
    try:
        parsed = pl.sql_expr(text)
    except pl.exceptions.PolarsError as error:
        told = str(error).split("\n")[0]
        raise ValueError(f"is no condition that can be read: {told}") from None
    if not parsed.meta.root_names():
        raise ValueError("names no column")
    return parsed


def columns_of(text: str) -> list[str]:
    """Name the columns that a condition asks, sorted.

    >>> columns_of("b > 1 and (a = 'x' or b is null)")
    ['a', 'b']
    """
    return sorted(set(parse_expression(text).meta.root_names()))


def find_fault(text: str, columns: Mapping[str, str]) -> str | None:
    """Say what is wrong with a condition on known columns; None if nothing is.

    Parameters
    ----------
    text
        A condition that `parse_expression` can read.
    columns
        Column to its kind, of those of `TYPES`.
    """
    unknown = [name for name in columns_of(text) if name not in columns]
    if unknown:
        return "; ".join(_unknown(name, columns) for name in unknown)
    schema = {name: TYPES[columns[name]] for name in columns_of(text)}
    if not _answers(text, schema):
        asked = ", ".join(f"{name} is a {columns[name]}" for name in schema)
        return f"is not a question of yes or no on these columns ({asked})"
    return None


def _unknown(name: str, columns: Mapping[str, str]) -> str:
    near = get_close_matches(name, list(columns), n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]}?" if near else "; text stands in 'single quotes'"
    return f"no column {name} to ask{hint}"


def kinds_of(text: str) -> dict[str, str] | None:
    """Tell as what each column of a file must be read so that it can be asked.

    Parameters
    ----------
    text
        A condition that `parse_expression` can read.

    Returns
    -------
    dict or None
        Column to `number`, or to `text` where only text can be asked so; None if the
        condition cannot be asked of any columns.

    Examples
    --------
    >>> kinds_of("age >= 18 and sex in ('f', 'm')")
    {'age': 'number', 'sex': 'text'}
    """
    columns = columns_of(text)
    tried = product(("number", "text"), repeat=len(columns))
    for kinds in sorted(tried, key=lambda kinds: kinds.count("text")):
        if _answers(text, {n: TYPES[k] for n, k in zip(columns, kinds, strict=True)}):
            return dict(zip(columns, kinds, strict=True))
    return None


def _answers(text: str, schema: Mapping[str, pl.DataType]) -> bool:
    """Tell whether a condition gives yes or no for columns of these types."""
    asked = pl.DataFrame(schema=dict(schema)).lazy().select(x=parse_expression(text))
    try:
        found = asked.collect().schema["x"]
    except pl.exceptions.PolarsError:
        return False
    return found == pl.Boolean


def add_answers(rows: pl.DataFrame, questions: Mapping[str, str]) -> pl.DataFrame:
    """Add a column a condition: its answer in each row, null where it is not known.

    Levels are asked as their text, and all numbers as decimals.

    Parameters
    ----------
    rows
        The rows, with the columns that are asked.
    questions
        Name of the new column to the condition.

    Raises
    ------
    InputError
        Names every condition that cannot be asked of these rows.
    """
    plain = rows.with_columns(
        pl.selectors.by_dtype(pl.Enum).cast(pl.String),
        pl.selectors.numeric().cast(pl.Float64),
    )
    answers, faults = [], []
    for name, text in questions.items():
        try:
            answers.append(plain.select(parse_expression(text).alias(name)).to_series())
        except pl.exceptions.PolarsError as error:
            # The message of polars may show a value; its kind does not.
            faults.append(f"  {text}: {type(error).__name__}")
    if faults:
        first = "These conditions cannot be asked of the rows; nothing was analysed."
        raise InputError("\n".join([first, *faults, "Correct them in the study file."]))
    return rows.with_columns(answers)
