"""The codebook of a centre: how its columns, units, codes and dates map to ours."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, model_validator

from twoarm.config.section import Name, Section
from twoarm.config.source import FileFormat
from twoarm.dictionary import EXPORTS, FACTORS, Field


class FieldMap(Section):
    """One field of the dictionary, as a centre exports it."""

    column: str
    """Column of the export."""
    unit: str | None = None
    """Unit of the export, where the dictionary's field has one."""
    codes: dict[str, str | bool] = {}
    """Text of the export to level of the dictionary, or to true and false."""


def _as_map(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value


class TableMap(FileFormat):
    """One file or sheet, which holds one table of the dictionary."""

    path: str
    """File, relative to the folder of the exports."""
    date_formats: list[str] = ["%Y-%m-%d"]
    """Forms of the dates, as strptime writes them, tried in this order."""
    fields: dict[str, Annotated[FieldMap, BeforeValidator(_as_map)]]
    """Field of the dictionary to the column that holds it."""


TableName = Literal[
    "patients", "assessments", "labs", "treatments", "surgeries", "follow_ups"
]


class Codebook(Section):
    """The codebook of one centre."""

    centre: Name
    """Centre, as the study names it."""
    label: str
    """Centre in words."""
    tables: dict[TableName, TableMap]
    """Table of the dictionary to the file that holds it."""

    @model_validator(mode="after")
    def _in_dictionary(self) -> Self:
        if faults := [
            *(f"no table {name}" for name in EXPORTS if name not in self.tables),
            *(
                fault
                for name, table in self.tables.items()
                for fault in _field_faults(name, table)
            ),
        ]:
            raise ValueError("; ".join(faults))
        return self


def _field_faults(name: str, table: TableMap) -> list[str]:
    """Say where a table of a codebook leaves the dictionary."""
    known = {field.name: field for field in EXPORTS[name]}
    faults = [
        f"{name}: no field {field} in the dictionary; it has {', '.join(known)}"
        for field in table.fields
        if field not in known
    ]
    faults += [
        f"{name}: field {field} is not mapped"
        for field, asked in known.items()
        if field not in table.fields and not asked.optional
    ]
    for field, mapped in table.fields.items():
        units = FACTORS.get(field, {})
        if (mapped.unit or None) not in (units or {None}):
            faults.append(
                f"{name}.{field}: unit {mapped.unit}; known: {', '.join(units) or '-'}"
            )
        if field in known:
            faults += _code_faults(f"{name}.{field}", known[field], mapped)
    return faults


def _code_faults(path: str, field: Field, mapped: FieldMap) -> list[str]:
    """Say which codes stand for what the dictionary's field cannot be."""
    levels = ("true", "false") if field.kind == "flag" else field.levels
    given = dict.fromkeys(map(str, mapped.codes.values()))
    return [
        f"{path}: a code stands for {level}; known: {', '.join(levels) or '-'}"
        for level in given
        if (level.lower() if field.kind == "flag" else level) not in levels
    ]
