"""One file of a study: where it is, how to read it, what to make of it."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from pydantic import ValidationError

from twoarm.config.codebook import Codebook
from twoarm.config.cohort import RULES
from twoarm.config.faults import StudyError, describe
from twoarm.config.source import reading_of
from twoarm.dictionary import EXPORTS
from twoarm.fieldmaps import fields_of_part, private_of_part


class TablePlan(NamedTuple):
    """One table that a centre exports: where it is, how to read it, what to make."""

    table: str
    source: str
    reading: dict[str, Any]
    making: dict[str, Any]
    private: dict[str, Any] = {}


def read_codebook(path: Path) -> dict[str, Any]:
    """Read and check the codebook of a centre, with every default.

    Raises
    ------
    StudyError
        Lists every fault.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Codebook.model_validate(content).model_dump(mode="json")
    except ValidationError as error:
        faults = list(describe(error, Codebook))
    except OSError:
        faults = [("the file", "is not there")]
    except UnicodeError:
        faults = [("the file", "is not UTF-8; save it so")]
    except yaml.YAMLError as error:
        faults = [("the file", f"is no YAML: {' '.join(str(error).split())}")]
    raise StudyError(path.name, faults)


def tables_of(
    study: Mapping[str, Any], codebook: Mapping[str, Any], base: str
) -> list[TablePlan]:
    """List the files of a centre in the order of the dictionary's tables."""
    return [
        _plan_part(study, codebook["centre"], name, part, base)
        for name in EXPORTS
        for part in codebook["tables"].get(name, [])
    ]


def _plan_part(
    study: Mapping[str, Any],
    centre: str,
    table: str,
    part: Mapping[str, Any],
    base: str,
) -> TablePlan:
    repeats = [
        fields_of_part(table, part, repeat) for repeat in part["repeats"] or [None]
    ]
    reading = reading_of(part, base, [field for each in repeats for field in each])
    if part["decimal"] == ",":
        # Read as it stands, and by its mark later: turned twice, 63,0 is ambiguous.
        reading["decimal"] = "."
    dumped = [[asdict(field) for field in each] for each in repeats]
    making = making_of(study, dumped, part["missing"], f"{centre}:")
    making["only_with"] = part["only_with"]
    source = f"{base}/{part['path']}" if part["path"] else ""
    private = private_of_part(part, [field for each in repeats for field in each])
    return TablePlan(table, source, reading, making, private)


def making_of(
    study: Mapping[str, Any], repeats: list[Any], missing: list[str], prefix: str
) -> dict[str, Any]:
    """Say what to make of a file; `repeats` has the fields of each of its repeats."""
    return {
        "repeats": repeats,
        "missing": missing,
        "prefix": prefix,
        "reasons": reasons_of(study),
        "withhold": study["cohort"]["withhold"],
        "only_with": None,
    }


def reasons_of(study: Mapping[str, Any]) -> dict[str, str]:
    """Name the rules that set a row aside, with their reasons."""
    chosen = study["cohort"]["quarantine"]
    return {rule: reason for rule, reason in RULES.items() if rule in chosen}
