"""What a codebook must keep to: the dictionary, its units, its levels, no guess."""

from collections.abc import Mapping, Sequence
from typing import Any

from twoarm.dictionary import EXPORTS, Field
from twoarm.units import FACTORS, REFUSED, plain_unit

CODED = ("flag", "code", "drug", "stage", "response", "ecog", "event")


def table_faults(
    name: str, parts: Sequence[Mapping[str, Any]], *, summed: bool
) -> list[str]:
    """Say where the parts of a table leave the dictionary.

    Parameters
    ----------
    name
        Table of the dictionary.
    parts
        Each a table of the codebook.
    summed
        Whether sizes of single lesions are exported, so that sums need not be.
    """
    known = {field.name: field for field in EXPORTS[name]}
    mapped = {field for part in parts for field in part["fields"]}
    needed = [each for each in EXPORTS[name] if not each.optional]
    faults = [
        f"{name}: field {field.name} is not mapped"
        for field in needed
        if field.name not in mapped
    ]
    if name == "assessments" and not summed and "target_sum_mm" not in mapped:
        faults.append(f"{name}: map target_sum_mm, or the table lesions to sum")
    for place, part in enumerate(parts, start=1):
        path = name if len(parts) == 1 else f"{name}[{place}]"
        faults += _part_faults(path, known, part)
    return faults


def _part_faults(
    path: str, known: Mapping[str, Field], part: Mapping[str, Any]
) -> list[str]:
    faults = [
        f"{path}: no field {field} in the dictionary; it has {', '.join(known)}"
        for field in part["fields"]
        if field not in known
    ]
    if "patient_id" not in part["fields"]:
        faults.append(f"{path}: field patient_id is not mapped")
    for name, mapped in part["fields"].items():
        where = f"{path}.{name}"
        faults += [*_place_faults(where, mapped, part), *_unit_faults(where, mapped)]
        if name in known:
            faults += _code_faults(where, known[name], mapped)
            if mapped["items"] and known[name].kind == "identifier":
                faults.append(f"{where}: names a person; give its column, not items")
        if mapped["guess"]:
            faults.append(
                f"{where}: a guess that nobody confirmed "
                f"({mapped['guess']['evidence']}); correct it or take guess out"
            )
    return faults


def _place_faults(
    where: str, mapped: Mapping[str, Any], part: Mapping[str, Any]
) -> list[str]:
    """Say where a field has no column, or two ways to one."""
    if mapped["items"] and not part["items"]:
        return [f"{where}: has items, but the table names no column of items"]
    if bool(mapped["items"]) == bool(mapped["column"]):
        return [f"{where}: give just one of column and items"]
    if part["repeats"] or "{repeat}" not in (mapped["column"] or ""):
        return []
    return [f"{where}: has {{repeat}} in its column, but the table has no repeats"]


def _unit_faults(where: str, mapped: Mapping[str, Any]) -> list[str]:
    name, unit = where.rpartition(".")[2], mapped["unit"] or None
    units = FACTORS.get(name, {})
    refused = {plain_unit(each): why for each, why in REFUSED.get(name, {}).items()}
    if unit and plain_unit(unit) in refused:
        return [f"{where}: unit {unit} {refused[plain_unit(unit)]}"]
    if mapped["items"] and unit is None:
        return []
    known = {plain_unit(each) for each in units} or {""}
    if mapped["factor"] is not None or plain_unit(unit or "") in known:
        return []
    return [f"{where}: unit {unit}; known: {', '.join(units) or '-'}"]


def _code_faults(where: str, field: Field, mapped: Mapping[str, Any]) -> list[str]:
    """Say which codes stand for what the dictionary's field cannot be."""
    levels = ("true", "false") if field.kind == "flag" else field.levels
    given = dict.fromkeys(map(str, mapped["codes"].values()))
    if given and field.kind not in CODED:
        return [f"{where}: has codes, but is a {field.kind}"]
    if not levels:
        return []
    return [
        f"{where}: a code stands for {level}; known: {', '.join(levels)}"
        for level in given
        if (level.lower() if field.kind == "flag" else level) not in levels
    ]
