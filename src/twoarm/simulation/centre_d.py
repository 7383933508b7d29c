"""Centre d: lines of records within records, and a workbook of the follow-up."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from twoarm.simulation import spoils
from twoarm.simulation.books import Page, as_value, write_lines, write_workbook
from twoarm.simulation.centre_c import write_sizes
from twoarm.simulation.event_sheets import ENGLISH, NO_CELLS, EventSheets
from twoarm.simulation.export import Export, Records
from twoarm.simulation.faults import Fault, Grid, Spoil, Told, simulate_faults
from twoarm.simulation.layout import Column, Sheet
from twoarm.simulation.spoils import list_typos

LINES, BOOK = "D.json", "D_followup.xlsx"
TRUE = {"true": "1", "false": "0"}
ID = {"patient_id": Column("mrn")}

DRUGS = {
    "sintilimab": "Sintilimab",
    "camrelizumab": "SHR-1210",
    "tislelizumab": "Tislelizumab",
    "toripalimab": "Toripalimab",
    "lenvatinib": "Lenvatinib",
    "apatinib": "Apatinib",
    "donafenib": "Donafenib",
    "atezolizumab": "Atezolizumab",
    "bevacizumab": "Bevacizumab",
}
PATIENTS = Sheet(
    "patients",
    {
        **ID,
        "national_id": Column("id_no"),
        "person_name": Column("name"),
        "sex": Column("sex", {"male": "M", "female": "F"}),
        "birth_date": Column("dob", dates=("dashes",)),
        "hbv": Column("hbsag", {"true": "+", "false": "-"}),
        "histology": Column(
            "histology", {"hcc": "HCC", "combined": "mixed", "other": "other"}
        ),
        "first_dose_date": Column("first_dose"),
    },
    dates=("epoch",),
    missing=("null", "unknown"),
)
ASSESSMENTS = Sheet(
    "assessments",
    {
        **ID,
        "exam_date": Column("exam"),
        "report_date": Column("reported"),
        "charted_response": Column("response"),
        "new_lesion": Column("new", TRUE),
        "n_lesions": Column("n_lesions"),
        "portal_invasion": Column("pvtt", TRUE),
        "extrahepatic_spread": Column("ehs", TRUE),
        "ecog": Column("ps"),
        "child_pugh": Column("cp"),
        "mdt_resectable": Column("mdt", TRUE),
        "r0_feasible": Column("r0", TRUE),
        "flr_adequate": Column("flr_ok", TRUE),
        "margin_adequate": Column("margin_ok", TRUE),
        "vessels_resectable": Column("vessels_ok", TRUE),
        "extrahepatic_inactive": Column("ehs_inactive", TRUE),
        "severe_ae": Column("severe_ae", TRUE),
        "contraindicated": Column("contraindicated", TRUE),
    },
    dates=("epoch",),
)
LESIONS = Sheet(
    "lesions",
    {
        **ID,
        "exam_date": Column("exam"),
        "lesion_id": Column("lesion"),
        "target": Column("target", TRUE),
        "long_mm": Column("size", decimals=1),
        "viable_mm": Column("viable_mm", decimals=1),
        "site": Column("site"),
    },
    dates=("epoch",),
)
LABS = Sheet(
    "labs",
    {
        **ID,
        "sample_date": Column("sampled"),
        "bilirubin_umol_l": Column("tbil", decimals=1),
        "albumin_g_l": Column("alb", decimals=1),
        "afp_ng_ml": Column("afp", decimals=2),
        "pivka_mau_ml": Column("pivka", decimals=0),
        "platelets_10_9_l": Column("plt"),
        "inr": Column("inr", decimals=2),
    },
    dates=("epoch",),
    missing=("N/A", "-"),
)
TREATMENTS = Sheet(
    "treatments",
    {
        **ID,
        "drug": Column("drug", DRUGS),
        "n_cycles": Column("cycles"),
        "start_date": Column("start"),
        "end_date": Column("stop"),
    },
    dates=("epoch",),
)
SURGERIES = Sheet(
    "surgeries",
    {
        **ID,
        "surgery_date": Column("operated"),
        "viable_percent": Column("viable"),
        "r_status": Column("margin", {"R0": "clear", "R1": "microscopic"}),
        "blood_loss_ml": Column("ebl_ml"),
        "operation_minutes": Column("op_minutes"),
        "margin_mm": Column("margin_mm"),
        "mvi": Column("mvi"),
        "edmondson": Column("grade"),
    },
    dates=("epoch",),
)
FOLLOW_UPS = Sheet(
    "follow_ups",
    {
        **ID,
        "last_contact_date": Column("Last contact"),
        "last_imaging_date": Column("Last imaging"),
        "progression_date": Column("Progression"),
        "death_date": Column("Death"),
        "os_months": Column("OS (months)", decimals=1),
        # The other way round than most: 1 lives.
        "vital_status": Column("Status", {"alive": 1, "dead": 0}),
    },
)
EVENTS = EventSheets(
    adverse={
        "patient_id": "mrn",
        "onset_date": "onset",
        "term": "ae",
        "ctcae_grade": "grade",
        "immune_related": "irae",
    },
    complications={
        "patient_id": "mrn",
        "onset_date": "onset",
        "term": "complication",
        "clavien": "clavien",
    },
    names=ENGLISH,
    grades=("G{number}", "grade {number}"),
    clavien=("{number}",),
    flags=TRUE,
    dates="epoch",
)
TRADITIONAL = str.maketrans({"约": None, "缩": "縮"})


def _traditional(spoil: Spoil) -> Spoil:
    """Write in signs that Big5 has."""

    def write(rng: np.random.Generator, text: str, truth: str) -> Told:
        raw, told = spoil(rng, text, truth)
        return raw and raw.translate(TRADITIONAL), told

    return write


NESTED = {
    "exams": (
        ASSESSMENTS,
        (Fault("response_vague", "response", 0.03, _traditional(spoils.draw_smaller)),),
    ),
    "lesions": (
        LESIONS,
        (
            Fault(
                "size_merged", "size", 0.03, spoils.draw_merged, pl.col("target") == "0"
            ),
            Fault("size", "size", 1.0, _traditional(spoils.draw_size)),
        ),
    ),
    "labs": (
        LABS,
        (
            Fault("comparator", "pivka", 0.03, spoils.PIVKA_LIMIT),
            Fault("decimal", "alb", 0.01, spoils.draw_slip, safe=True),
        ),
    ),
    "therapy": (TREATMENTS, (list_typos("drug"),)),
    "surgery": (SURGERIES, ()),
}
"""Name of the records within a record to how they are written, and their faults."""
INNER = ("labs", "therapy", "surgery", "toxicity", "complications")
"""Records within a record, in their order, but exams."""
FOLLOWED = (Fault("survival", "OS (months)", 0.06, spoils.draw_months),)


def simulate_centre_d(rng: np.random.Generator, records: Records) -> Export:
    """Write the exports of centre d.

    Parameters
    ----------
    rng
        Source of the random numbers.
    records
        Its tables.
    """
    made = {}
    for name, (sheet, faults) in {"": (PATIENTS, ()), **NESTED}.items():
        pair = records.write(rng, sheet)
        if name == "lesions":
            pair = write_sizes(pair, records.tables["lesions"], "size")
        grid = Grid(LINES, None, 2, pair)
        made[name] = simulate_faults(rng, grid, faults, records.eligible)
    (apart,) = rng.spawn(1)
    places = [Grid(LINES, None, 2, NO_CELLS)] * 2
    made |= zip(INNER[-2:], EVENTS.simulate(apart, records, places), strict=True)
    followed = Grid(BOOK, "Follow-up", 2, records.write(rng, FOLLOW_UPS))
    told = simulate_faults(rng, followed, FOLLOWED, records.eligible)
    page = Page("Follow-up", told.grid.text, numbers=("OS (months)", "Status"))
    rows = {name: _by_record(each.grid.pair.text) for name, each in made.items()}
    files = {
        LINES: write_lines(_nest(made[""].grid.pair.text, rows), "big5"),
        BOOK: write_workbook([page]),
    }
    keys = [_name_columns(name, each.key) for name, each in made.items()]
    keys.append(told.key)
    return Export(files, pl.concat(keys), made[""].grid)


def _name_columns(name: str, key: pl.DataFrame) -> pl.DataFrame:
    """Name columns by the way to their records; an exam's day stands above lesions."""
    above = name == "lesions"
    way = {"": "", "lesions": "exams.lesions."}.get(name, f"{name}.")
    column = pl.col("column")
    day = (column == "exam") & above
    named = pl.when(day).then(pl.lit("exams.exam")).otherwise(pl.lit(way) + column)
    return key.with_columns(column=named)


Rows = dict[str, list[dict[str, Any]]]


def _by_record(text: pl.DataFrame) -> Rows:
    """Gather the rows of each record, numbers as numbers."""
    found: Rows = {}
    for row in text.drop("_place", "mrn").iter_rows(named=True):
        record = row.pop("_record")
        found.setdefault(record, []).append(
            {key: as_value(each) for key, each in row.items()}
        )
    return found


def _nest(patients: pl.DataFrame, rows: Mapping[str, Rows]) -> Sequence[dict[str, Any]]:
    """Put exams, samples, drugs and operations into records, lesions into exams.

    A record that is exported once more has none of them there.
    """
    nested = []
    for row in patients.iter_rows(named=True):
        record = "" if row.pop("_place") else row["_record"]
        del row["_record"]
        lesions = rows["lesions"].get(record, [])
        exams = [
            {
                **exam,
                "lesions": [
                    _without(each, "exam")
                    for each in lesions
                    if each["exam"] == exam["exam"]
                ],
            }
            for exam in rows["exams"].get(record, [])
        ]
        inner = {name: rows[name].get(record, []) for name in INNER}
        values = {
            key: each if key in ("mrn", "name", "id_no") else as_value(each)
            for key, each in row.items()
        }
        nested.append({**values, "exams": exams, **inner})
    return nested


def _without(row: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: each for key, each in row.items() if key != name}
