"""REDCap's flat export: codes become the labels of its data dictionary."""

import re
from collections.abc import Mapping

import polars as pl

from twoarm.errors import UnreadableError
from twoarm.ingestion.reading import Rows

# SOURCE: REDCap's data dictionary, as its page gives it and as its API does.
HEADERS = {
    "field": ("Variable / Field Name", "field_name"),
    "form": ("Form Name", "form_name"),
    "kind": ("Field Type", "field_type"),
    "choices": (
        "Choices, Calculations, OR Slider Labels",
        "select_choices_or_calculations",
    ),
}
CHOSEN = ("radio", "dropdown")
ANSWERS = {
    "yesno": {"1": "Yes", "0": "No"},
    "truefalse": {"1": "True", "0": "False"},
    "checkbox": {"1": "Checked", "0": "Unchecked"},
}
REPEATED = "redcap_repeat_instrument"


def label_codes(read: Rows, dictionary: pl.DataFrame, instrument: str | None) -> Rows:
    """Put the labels that REDCap's own labelled export gives in place of codes.

    A code that stands in no list is left, so that `missing` can name a code for data
    that are missing. Events and repeated instruments keep their columns.

    Parameters
    ----------
    read
        The export, a column a field, and of a checkbox one a choice, as `field___1`.
    dictionary
        Rows of the data dictionary as text.
    instrument
        The only instrument of which rows are kept; all if None.

    Raises
    ------
    UnreadableError
        If the dictionary is none, or of another export, or has no such instrument.
    """
    columns = {
        key: next((name for name in names if name in dictionary.columns), None)
        for key, names in HEADERS.items()
    }
    if lacking := [HEADERS[key][0] for key, name in columns.items() if name is None]:
        raise UnreadableError(
            f"has a dictionary without the columns {', '.join(lacking)}; export it anew"
        )
    fields = dictionary.select(**{key: str(name) for key, name in columns.items()})
    labels = {
        column: codes
        for column in read.rows.columns
        if (codes := _labels_of(column, fields))
    }
    known = set(fields["field"].drop_nulls())
    if not any(column.split("___")[0] in known for column in read.rows.columns):
        raise UnreadableError("has no field of the dictionary; give the right one")
    rows = read.rows.with_columns(
        pl.col(column).replace(codes) for column, codes in labels.items()
    )
    labelled = read._replace(rows=rows)
    return _keep_instrument(labelled, fields, instrument) if instrument else labelled


def _labels_of(column: str, fields: pl.DataFrame) -> Mapping[str, str]:
    """Find what the codes of a column mean; nothing for one without codes."""
    name, box, _ = column.partition("___")
    for field, kind, choices in fields.select("field", "kind", "choices").rows():
        if field == name and (kind == "checkbox") == bool(box):
            chosen = _parse_choices(field, choices) if kind in CHOSEN else {}
            return ANSWERS.get(kind, chosen)
    return {}


def _parse_choices(field: str, choices: str | None) -> dict[str, str]:
    r"""Cut `1, Male | 2, Female` into codes and labels.

    >>> _parse_choices("sex", "1, Male | 2, Female, or other")
    {'1': 'Male', '2': 'Female, or other'}
    """
    labels = {}
    for choice in re.split(r"\s*\|\s*|\n", choices or ""):
        code, comma, label = choice.partition(",")
        if not comma:
            raise UnreadableError(
                f"has a dictionary with a choice of {field} that is no code and label"
            )
        labels[code.strip()] = label.strip()
    return labels


def _keep_instrument(read: Rows, fields: pl.DataFrame, instrument: str) -> Rows:
    """Keep the rows of one instrument; of one that is not repeated, the single rows."""
    forms = fields["form"].drop_nulls().unique(maintain_order=True).to_list()
    if instrument not in forms:
        raise UnreadableError(
            f"has no instrument {instrument}; the dictionary has {', '.join(forms)}"
        )
    if REPEATED not in read.rows.columns:
        return read
    of = pl.col(REPEATED)
    repeated = (read.rows[REPEATED] == instrument).any()
    kept = of.eq_missing(pl.lit(instrument if repeated else None, pl.String))
    gone = read.rows.filter(~kept)["source_row"].to_list()
    left_out = (*read.left_out, *((row, "instrument") for row in gone))
    return read._replace(rows=read.rows.filter(kept), left_out=left_out)
