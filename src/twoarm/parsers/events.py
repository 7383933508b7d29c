"""Names of adverse events and complications, one for what two languages call it."""

import polars as pl

from twoarm.parsers.eventnames import event_key, list_events
from twoarm.parsers.normal import parse_distinct, printable


def parse_events(text: pl.Series) -> pl.DataFrame:
    """Name each adverse event or complication as the list of known ones does.

    Nothing is guessed: a word more makes another event of it, so that a name that is
    not in the list is kept as it is written, in its normal form.

    Parameters
    ----------
    text
        Texts without codes for missing values.

    Returns
    -------
    DataFrame
        One row a text. `value`; `known`, True if the list has it; `problem`,
        `event_unnamed`, where there is no letter in it and so no value.

    Examples
    --------
    >>> parse_events(pl.Series(["甲减", "Hypothyroidism", "口干"]))["value"].to_list()
    ['hypothyroidism', 'hypothyroidism', '口干']
    """
    return parse_distinct(text, _read)


def _read(frame: pl.DataFrame) -> pl.DataFrame:
    events = list_events()
    text, named = printable(pl.col("text")), pl.col("text").str.contains(r"\p{L}")
    keys = [event_key(each) for each in frame["text"]]
    event = pl.Series([events.get(key) for key in keys], dtype=pl.String)
    return frame.select(
        value=pl.when(named).then(pl.coalesce(event, text)),
        known=pl.when(named).then(event.is_not_null()),
        problem=pl.when(~named).then(pl.lit("event_unnamed")),
    )
