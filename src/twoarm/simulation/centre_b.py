"""Centre b: a file of a row a record, and one of imaging, in English."""

import numpy as np
import polars as pl

from twoarm.simulation import spoils
from twoarm.simulation.books import write_text
from twoarm.simulation.event_sheets import ENGLISH, NO_CELLS, EventSheets
from twoarm.simulation.export import Export, Records
from twoarm.simulation.faults import Fault, Grid, simulate_faults
from twoarm.simulation.layout import Column, Sheet, add_pair, derive_wide
from twoarm.simulation.spoils import list_typos

WIDE, IMAGING, EVENTS = "hcc_export_B.csv", "B_imaging.tsv", "B_events.csv"
YES = {"true": "Y", "false": "N"}
ID = {"patient_id": Column("MRN")}
SAMPLES = ("baseline", "restaging")
COURSES = ("1", "2", "3", "4")

PATIENTS = Sheet(
    "patients",
    {
        **ID,
        "national_id": Column("National ID"),
        "person_name": Column("Name"),
        "sex": Column("Sex", {"male": 1, "female": 2}),
        "birth_date": Column("Date of birth"),
        "hbv": Column("HBsAg", YES),
        "histology": Column(
            "Histology", {"hcc": "HCC", "combined": "cHCC-CCA", "other": "other"}
        ),
        "diagnosis_date": Column("Diagnosis"),
        "first_dose_date": Column("First dose"),
        "bclc": Column("BCLC"),
    },
    dates=("upper",),
    missing=("NA", "N/A", "unknown"),
)
SURGERIES = Sheet(
    "surgeries",
    {
        **ID,
        "surgery_date": Column("Date of surgery"),
        "viable_percent": Column("Viable tumour (%)"),
        "r_status": Column(
            "Resection", {"R0": "R0, negative", "R1": "R1, microscopic"}
        ),
        "blood_loss_ml": Column("EBL (mL)"),
        "operation_minutes": Column("OR time (min)"),
        "margin_mm": Column("Margin (cm)", factor=10, decimals=1),
        "mvi": Column("MVI"),
        "edmondson": Column("Edmondson grade"),
    },
    dates=("upper",),
)
FOLLOW_UPS = Sheet(
    "follow_ups",
    {
        **ID,
        "last_contact_date": Column("Last contact"),
        "last_imaging_date": Column("Last imaging"),
        "progression_date": Column("Progression"),
        "death_date": Column("Death"),
    },
    dates=("upper",),
)
LABS = Sheet(
    "labs",
    {
        **ID,
        "sample_date": Column("Sample date {repeat}"),
        # SOURCE: the factors are those of twoarm.units.FACTORS.
        "bilirubin_umol_l": Column("T.Bil (mg/dL) {repeat}", factor=17.104, decimals=2),
        "albumin_g_l": Column("Alb (g/dL) {repeat}", factor=10, decimals=2),
        "afp_ng_ml": Column("AFP (kU/L) {repeat}", factor=1.21, decimals=2),
        "creatinine_umol_l": Column("Crea (mg/dL) {repeat}", factor=88.42, decimals=2),
        "haemoglobin_g_l": Column("Hb (g/dL) {repeat}", factor=10, decimals=1),
        "platelets_10_9_l": Column("PLT (10^3/uL) {repeat}"),
        "inr": Column("INR {repeat}", decimals=2),
        "sodium_mmol_l": Column("Na (mEq/L) {repeat}", decimals=1),
    },
    dates=("upper",),
    missing=("NA", "N/A", "."),
)
TREATMENTS = Sheet(
    "treatments",
    {
        **ID,
        "drug": Column("Drug {repeat}"),
        "n_cycles": Column("Cycles {repeat}"),
        "start_date": Column("Start {repeat}"),
        "end_date": Column("Stop {repeat}"),
    },
    dates=("upper",),
)
ASSESSMENTS = Sheet(
    "assessments",
    {
        **ID,
        "exam_date": Column("Exam date"),
        "report_date": Column("Report date"),
        "ecog": Column("ECOG PS"),
        "target_sum_mm": Column("Sum of targets (cm)", factor=10, decimals=2),
        "viable_sum_mm": Column("Sum of viable targets (cm)", factor=10, decimals=2),
        "charted_response": Column("RECIST"),
        "n_lesions": Column("Number of lesions"),
        "new_lesion": Column("New lesion", YES),
        "portal_invasion": Column("PVTT", YES),
        "extrahepatic_spread": Column("Extrahepatic", YES),
        "child_pugh": Column("Child-Pugh score"),
        "mdt_resectable": Column("Resectable (MDT)", YES),
        "r0_feasible": Column("R0 feasible", YES),
        "flr_adequate": Column("Remnant adequate", YES),
        "margin_adequate": Column("Margin adequate", YES),
        "vessels_resectable": Column("Vessels resectable", YES),
        "extrahepatic_inactive": Column("Extrahepatic inactive", YES),
        "severe_ae": Column("Severe AE", YES),
        "contraindicated": Column("Contraindication", YES),
        "flr_percent": Column("FLR (%)", decimals=1),
    },
    missing=("NULL", "NA"),
)
EVENT_SHEETS = EventSheets(
    adverse={
        "patient_id": "MRN",
        "onset_date": "AE onset",
        "term": "Adverse event",
        "ctcae_grade": "CTCAE grade",
        "immune_related": "irAE",
    },
    complications={
        "patient_id": "MRN",
        "onset_date": "Complication date",
        "term": "Complication",
        "clavien": "Clavien-Dindo",
    },
    names=ENGLISH,
    grades=("Grade {number}", "G{number}", "{roman}"),
    clavien=("Grade {roman}", "CD {number}"),
    flags=YES,
    dates="upper",
)
LAB_FAULTS = (
    Fault("number", "INR {repeat}", 0.04, spoils.draw_dot),
    Fault("number", "PLT (10^3/uL) {repeat}", 0.04, spoils.draw_mark),
    Fault("decimal", "Hb (g/dL) {repeat}", 0.01, spoils.draw_slip),
    Fault("decimal", "Na (mEq/L) {repeat}", 0.01, spoils.draw_slip),
)
FAULTS = (
    *(
        each._replace(column=each.column.replace("{repeat}", repeat))
        for repeat in SAMPLES
        for each in LAB_FAULTS
    ),
    *(list_typos(f"Drug {repeat}") for repeat in COURSES),
    Fault("number", "OR time (min)", 0.3, spoils.draw_hours("{}h{}min"), apart=True),
    Fault("number", "EBL (mL)", 0.3, spoils.draw_unit("{} mL"), apart=True),
)
EXAM_FAULTS = (
    Fault("response_vague", "RECIST", 0.02, spoils.draw_smaller),
    Fault("response", "RECIST", 0.5, spoils.draw_change),
)


def simulate_centre_b(rng: np.random.Generator, records: Records) -> Export:
    """Write the exports of centre b.

    Parameters
    ----------
    rng
        Source of the random numbers.
    records
        Its tables.
    """
    wide = records.write(rng, PATIENTS)
    for sheet in (SURGERIES, FOLLOW_UPS):
        wide = add_pair(wide, records.write(rng, sheet))
    for sheet, repeats in ((LABS, SAMPLES), (TREATMENTS, COURSES)):
        wide = derive_wide(wide, records.write(rng, sheet), repeats, "MRN")
    exams = records.write(rng, ASSESSMENTS)
    eligible = records.eligible
    one = simulate_faults(rng, Grid(WIDE, None, 2, wide), FAULTS, eligible)
    two = simulate_faults(rng, Grid(IMAGING, None, 2, exams), EXAM_FAULTS, eligible)
    (apart,) = rng.spawn(1)
    after = 2 + records.tables["adverse_events"].height
    places = [Grid(EVENTS, None, row, NO_CELLS) for row in (2, after)]
    events = list(EVENT_SHEETS.simulate(apart, records, places))
    told = one.grid.text
    first, second = told.columns[:2]
    total = pl.DataFrame({first: ["Total"], second: [str(told.height)]})
    text = pl.concat([told, total], how="diagonal")
    return Export(
        {
            WIDE: write_text(text, "utf-8-sig"),
            EVENTS: write_text(
                pl.concat([each.grid.text for each in events], how="diagonal"), "utf-8"
            ),
            IMAGING: b"\xff\xfe"
            + write_text(two.grid.text, "utf-16-le", separator="\t", line_end="\r\n"),
        },
        pl.concat([one.key, two.key, *(each.key for each in events)]),
        one.grid,
    )
