"""The dictionary: tables and fields that the exports of all centres are brought to."""

from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal[
    "text", "number", "date", "flag", "code", "identifier", "size", "stage", "drug",
    "response", "ecog", "event",
]  # fmt: skip
Range = tuple[float, float]


@dataclass(frozen=True)
class Field:
    """One field to make from one column of an export.

    Attributes
    ----------
    name
        Name in the dictionary, with its unit.
    kind
        `flag` is true or false; `code` is one of `levels`; `identifier` names a person
        and is replaced by a keyed hash as it is read; a `size` is an axis of a lesion,
        a `stage` a level of its `system`, a `drug` a class or, where it has no levels,
        a generic name, an `event` what happened, by one name where it is a known one.
    column
        Name in the export.
    levels
        Levels of a code in their order; sorted as found if left out.
    codes
        Text in the export to level, or to "true" and "false" for a flag.
    factor
        What a number is multiplied by to reach the dictionary's unit.
    formats
        Forms of a date, as strptime writes them, tried in this order. If none is given,
        every form that `twoarm.parsers` knows is read.
    required
        Whether an absent value is a fault, and of which rule.
    unknown
        Rule that a code breaks that stands in no list.
    optional
        Whether a centre may export no such column; nothing is known then.
    hard, soft
        What is possible, both ends included, and what is usual.
    plain
        Whether numbers and dates come in plain forms alone, as in a file that was made
        for analysis; a hospital's come with comparators, arrows and units.
    order, epoch, decimal
        Order of day, month and year; day 0 of a workbook's dates; decimal mark.
    missing
        Texts that stand for a value that is not known in this column, instead of those
        of the file.
    item_column, items
        Column that says what a row tells, and the items that are this field's.
    unit
        Unit of the export, if it was said.
    unit_column, factors
        Column of the unit of each row, and the factor of each in its plain form.
    short
        Of a size: the shorter axis, not the longer.
    system
        Of a stage.
    """

    name: str
    kind: Kind
    column: str = ""
    levels: tuple[str, ...] = ()
    codes: dict[str, str] = field(default_factory=dict)
    factor: float = 1.0
    formats: tuple[str, ...] = ()
    required: str | None = None
    unknown: str = "code_unknown"
    optional: bool = False
    hard: Range | None = None
    soft: Range | None = None
    plain: bool = True
    order: str | None = None
    epoch: str | None = None
    decimal: str = "."
    missing: tuple[str, ...] | None = None
    item_column: str = ""
    items: tuple[str, ...] = ()
    unit: str = ""
    unit_column: str = ""
    factors: dict[str, float] = field(default_factory=dict)
    short: bool = False
    system: str = ""


def _optional(name: str, kind: Kind, **more: Any) -> Field:
    return Field(name, kind, optional=True, **more)


def _number(name: str, hard: Range, soft: Range | None = None) -> Field:
    return _optional(name, "number", hard=hard, soft=soft)


ID = Field("patient_id", "identifier", required="patient_absent")
LENGTH: Range = (0, 300)
DRUG_CLASSES = (
    "ici", "antivegf", "tki", "haic", "tace", "radiotherapy", "ablation", "chemo",
    "other",
)  # fmt: skip

# SOURCE: limits of what is possible and usual: the dictionary of docs/exports.md.
EXPORTS: dict[str, tuple[Field, ...]] = {
    "patients": (
        ID,
        _optional("national_id", "identifier"),
        _optional("person_name", "identifier"),
        Field("sex", "code", levels=("female", "male")),
        Field("birth_date", "date"),
        Field("hbv", "flag"),
        Field("histology", "code", levels=("hcc", "combined", "other")),
        Field("first_dose_date", "date", required="date_absent"),
        _optional("hcv", "flag"),
        _optional("cirrhosis", "flag"),
        _optional("diagnosis_date", "date"),
        _number("height_cm", (130, 205)),
        _number("weight_kg", (30, 150)),
        _optional("bclc", "stage", system="bclc"),
        _optional("cnlc", "stage", system="cnlc"),
        _optional("pvtt", "stage", system="cheng"),
    ),
    "assessments": (
        ID,
        Field("exam_date", "date", required="date_absent"),
        _optional("report_date", "date"),
        _optional("target_sum_mm", "number", hard=(0, 1500)),
        _optional("viable_sum_mm", "number", hard=(0, 1500)),
        Field("new_lesion", "flag"),
        Field("n_lesions", "number", hard=(0, 50)),
        Field("portal_invasion", "flag"),
        Field("extrahepatic_spread", "flag"),
        Field("ecog", "ecog", hard=(0, 4)),
        Field("child_pugh", "number", hard=(5, 15)),
        Field("mdt_resectable", "flag"),
        Field("r0_feasible", "flag"),
        Field("flr_adequate", "flag"),
        Field("margin_adequate", "flag"),
        Field("vessels_resectable", "flag"),
        Field("extrahepatic_inactive", "flag"),
        Field("severe_ae", "flag"),
        Field("contraindicated", "flag"),
        _optional("charted_response", "response"),
        _number("flr_percent", (5, 100)),
    ),
    "lesions": (
        ID,
        Field("exam_date", "date", required="date_absent"),
        Field("lesion_id", "text"),
        Field("target", "flag"),
        Field("long_mm", "size", hard=LENGTH),
        _optional("short_mm", "size", short=True, hard=LENGTH),
        _optional("viable_mm", "size", hard=LENGTH),
        _optional("site", "text"),
    ),
    "labs": (
        ID,
        Field("sample_date", "date", required="date_absent"),
        Field("bilirubin_umol_l", "number", hard=(1, 900), soft=(5, 60)),
        Field("albumin_g_l", "number", hard=(10, 60), soft=(28, 50)),
        Field("afp_ng_ml", "number", hard=(0.1, 5e6)),
        _number("pivka_mau_ml", (5, 1e6)),
        _number("alt_u_l", (1, 10_000)),
        _number("ast_u_l", (1, 10_000)),
        _number("platelets_10_9_l", (5, 1500), (40, 450)),
        _number("leukocytes_10_9_l", (0.1, 100)),
        _number("neutrophils_10_9_l", (0.1, 100), (0.3, 30)),
        _number("lymphocytes_10_9_l", (0.1, 100), (0.1, 15)),
        _number("haemoglobin_g_l", (30, 220)),
        _number("inr", (0.6, 10)),
        _number("prothrombin_s", (7, 60)),
        _number("creatinine_umol_l", (15, 1500), (40, 130)),
        _number("sodium_mmol_l", (110, 170)),
        _number("crp_mg_l", (0.01, 500)),
    ),
    "treatments": (
        ID,
        Field("drug_class", "drug", levels=DRUG_CLASSES),
        _optional("drug", "drug"),
        Field("n_cycles", "number", hard=(0, 200)),
        Field("start_date", "date", required="date_absent"),
        Field("end_date", "date"),
    ),
    "surgeries": (
        ID,
        Field("surgery_date", "date", required="date_absent"),
        Field("viable_percent", "number", hard=(0, 100)),
        _optional("r_status", "code", levels=("R0", "R1", "R2")),
        _number("blood_loss_ml", (0, 15_000)),
        _number("operation_minutes", (30, 1200)),
        _number("margin_mm", (0, 100)),
        _optional("mvi", "stage", system="mvi"),
        _optional("edmondson", "stage", system="edmondson"),
    ),
    "complications": (
        ID,
        Field("onset_date", "date", required="date_absent"),
        _optional("term", "event"),
        Field("clavien", "stage", system="clavien"),
    ),
    "adverse_events": (
        ID,
        Field("onset_date", "date", required="date_absent"),
        Field("term", "event"),
        Field("ctcae_grade", "stage", system="ctcae"),
        _optional("immune_related", "flag"),
    ),
    "follow_ups": (
        ID,
        Field("last_contact_date", "date", required="date_absent"),
        Field("last_imaging_date", "date", required="date_absent"),
        Field("progression_date", "date"),
        Field("death_date", "date"),
        _number("os_months", (0, 600)),
        _optional("vital_status", "code", levels=("alive", "dead", "lost")),
        _optional("death_cause", "text"),
    ),
}
"""Table to its fields."""

MAY_LACK = ("lesions", "complications", "adverse_events")
"""Tables that a centre may not export."""

CANDIDATES = (
    "centre",
    "age_years",
    "sex",
    "hbv",
    "ecog",
    "albi",
    "albi_grade",
    "malbi_grade",
    "child_pugh_class",
    "afp_log10",
    "afp_response",
    "afp_response_75",
    "portal_invasion",
    "many_lesions",
    "extrahepatic_spread",
    "depth_percent",
    "response",
    "best_response",
    "months_to_criteria",
    "calendar_year",
)
"""Columns, known when the criteria for surgery are first met, that a study of exports
may take as covariates."""

REPEATED = (
    "ecog",
    "albi",
    "albi_grade",
    "malbi_grade",
    "child_pugh_class",
    "afp_response",
    "afp_response_75",
    "portal_invasion",
    "many_lesions",
    "extrahepatic_spread",
    "depth_percent",
    "response",
    "best_response",
)
"""Of these, what assessments and laboratory values may give again after that day."""
