"""Turn a study or a codebook into the fields that its files must give."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from twoarm.dictionary import EXPORTS, Field
from twoarm.expressions import kinds_of
from twoarm.months import DAYS_PER_MONTH
from twoarm.units import factors_of, plain_unit

NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
"""What reads as a number, in a file and in a config."""
DAYS = {"days": 1.0, "weeks": 7.0, "months": DAYS_PER_MONTH, "years": 365.25}


def code_text(code: object) -> str:
    r"""Write a code of a config in the one form that harmonisation gives codes.

    `1` stands for 1, 1.0 and "01", `true` for True and "TRUE"; line breaks are spaces.

    >>> code_text(1.0), code_text(True), code_text("01"), code_text("Not\nknown")
    ('1', 'true', '1', 'Not known')
    """
    text = " ".join(str(code).split())
    if text.lower() in ("true", "false"):
        return text.lower()
    if not re.match(NUMBER, text) or abs(float(text)) >= 2**53:
        return text
    number = float(text)
    return str(int(number) if number.is_integer() else number)


YAML_BOOLEANS = {
    True: ("yes", "Yes", "YES", "on", "On", "ON"),
    False: ("no", "No", "NO", "off", "Off", "OFF"),
}
"""Bare words that YAML 1.1 reads as true and false before we see them."""


def code_texts(code: object) -> list[str]:
    """List the texts in a file that a code of a config may stand for.

    >>> code_texts(1), code_texts(True)[:2]
    (['1'], ['true', 'yes'])
    """
    words = YAML_BOOLEANS[code] if isinstance(code, bool) else ()
    return [code_text(code), *words]


def fields_of_study(study: Mapping[str, Any]) -> list[Field]:
    """List the fields of a study's one file (sources `table` and `visits`).

    Parameters
    ----------
    study
        The complete config, as plain values.
    """
    treatment, source = study["treatment"], study["source"]
    fields = [
        Field("patient_id", "text", study["patient_id"], required="patient_absent"),
        Field(
            "arm",
            "code",
            treatment["column"],
            levels=("treated", "control", "excluded"),
            codes={
                text: arm
                for key, arm in ARMS.items()
                for code in treatment[key]
                for text in code_texts(code)
            },
            required="treatment_absent",
            unknown="treatment_unknown",
        ),
    ]
    if source["kind"] == "visits":
        formats = tuple(source["date_formats"])
        fields.append(
            Field(
                "visit_date",
                "date",
                source["date"],
                formats=formats,
                required="date_absent",
            )
        )
    if treatment["days"]:
        fields.append(Field("treatment_days", "number", treatment["days"]))
    for name, endpoint in study["endpoints"].items():
        fields += _fields_of_endpoint(name, endpoint)
    for name, covariate in study["covariates"].items():
        fields += _fields_of_covariate(name, covariate)
    for condition in study["cohort"]["eligibility"]:
        fields += _fields_of_condition(condition)
    return fields


ARMS = {"treated": "treated", "control": "control", "exclude": "excluded"}


def _fields_of_endpoint(name: str, endpoint: Mapping[str, Any]) -> list[Field]:
    event = endpoint["event"]
    codes = {
        text: happened
        for key, happened in (("occurred", "true"), ("censored", "false"))
        for code in event[key]
        for text in code_texts(code)
    }
    factor = DAYS[endpoint["unit"]]
    return [
        Field(
            f"{name}_days",
            "number",
            endpoint["time"],
            factor=factor,
            required="time_absent",
        ),
        Field(
            f"{name}_event",
            "flag",
            event["column"],
            codes=codes,
            required="event_absent",
            unknown="event_unknown",
        ),
    ]


def _fields_of_covariate(name: str, covariate: Mapping[str, Any]) -> list[Field]:
    field = _field_of_covariate(name, covariate)
    if covariate["measured"] is None:
        return [field]
    return [field, Field(f"{name}_measured", "number", covariate["measured"])]


def _field_of_covariate(name: str, covariate: Mapping[str, Any]) -> Field:
    if covariate["kind"] == "continuous":
        return Field(name, "number", covariate["column"])
    stated = covariate["levels"] or ()
    codes = {text: code_text(level) for level in stated for text in code_texts(level)}
    levels = tuple(map(code_text, stated))
    return Field(name, "code", covariate["column"], levels=levels, codes=codes)


def _fields_of_condition(condition: Mapping[str, Any]) -> list[Field]:
    """List what a step asks: its column, or each that its expression names."""
    name = f"eligible_{condition['name']}"
    if condition["where"] is not None:
        kinds = kinds_of(condition["where"]) or {}
        return [
            Field(f"{name}:{column}", "number" if kind == "number" else "code", column)
            for column, kind in kinds.items()
        ]
    if condition["one_of"] is None:
        return [Field(name, "number", condition["column"])]
    return [Field(name, "code", condition["column"])]


def fields_of_part(
    table: str, part: Mapping[str, Any], repeat: str | None = None
) -> list[Field]:
    """List the fields of a table, as one file of a centre gives them.

    What the file does not give has no column.

    Parameters
    ----------
    table
        Name of the table in the dictionary.
    part
        As the codebook describes the file.
    repeat
        Which of the table's repeats, if it has any.
    """
    return [
        _field_of_map(field, part, repeat) if field.name in part["fields"] else field
        for field in EXPORTS[table]
    ]


def private_of_part(part: Mapping[str, Any], fields: Iterable[Field]) -> dict[str, Any]:
    """Say which columns of a file name a person, and which are asked for at all.

    Parameters
    ----------
    part
        As the codebook describes the file.
    fields
        Of the file, of each of its repeats.
    """
    asked = {part["only_with"], *(part["items"] or {}).values()}
    found: dict[str, dict[str, Any]] = {}
    for field in fields:
        asked |= {field.column, field.item_column, field.unit_column}
        if field.kind == "identifier" and field.column:
            missing = part["missing"] if field.missing is None else field.missing
            found[field.column] = {
                "column": field.column,
                "field": field.name,
                "scope": "centre" if field.name == "patient_id" else "person",
                "digits": part["fields"][field.name]["digits"],
                "missing": list(missing),
            }
    return {
        "identifiers": list(found.values()),
        "columns": sorted(each for each in asked if each),
    }


def _field_of_map(field: Field, part: Mapping[str, Any], repeat: str | None) -> Field:
    mapped, items = part["fields"][field.name], part["items"] or {}
    column = (mapped["column"] or "").replace("{repeat}", repeat or "")
    factors = factors_of(field.name)
    stated = factors.get(plain_unit(mapped["unit"] or ""), 1.0)
    missing = mapped["missing"]
    return replace(
        field,
        column=items["value"] if mapped["items"] else column,
        codes={
            code: str(level).lower() if field.kind == "flag" else str(level)
            for code, level in mapped["codes"].items()
        },
        factor=mapped["factor"] or stated,
        formats=tuple(part["date_formats"]),
        order=mapped["date_order"] or part["date_order"],
        decimal=part["decimal"] or ".",
        missing=None if missing is None else tuple(missing),
        plain=False,
        unit=mapped["unit"] or "",
        item_column=items["column"] if mapped["items"] else "",
        items=tuple(mapped["items"]),
        unit_column=items.get("unit") or "" if mapped["items"] else "",
        factors=factors,
    )
