"""The dictionary: tables and fields that the exports of all centres are brought to."""

from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["text", "number", "date", "flag", "code"]


@dataclass(frozen=True)
class Field:
    """One field to make from one column of an export.

    Attributes
    ----------
    name
        Name in the dictionary, with its unit.
    kind
        `flag` is true or false; `code` is one of `levels`.
    column
        Name in the export.
    levels
        Levels of a code in their order; sorted as found if left out.
    codes
        Text in the export to level, or to "true" and "false" for a flag.
    factor
        What a number is multiplied by to reach the dictionary's unit.
    formats
        Forms of a date, as strptime writes them, tried in this order.
    required
        Whether an absent value is a fault, and of which rule.
    unknown
        Rule that a code breaks that stands in no list.
    optional
        Whether a centre may export no such column; nothing is known then.
    """

    name: str
    kind: Kind
    column: str = ""
    levels: tuple[str, ...] = ()
    codes: dict[str, str] = field(default_factory=dict)
    factor: float = 1.0
    formats: tuple[str, ...] = ("%Y-%m-%d",)
    required: str | None = None
    unknown: str = "code_unknown"
    optional: bool = False


ID = Field("patient_id", "text", required="patient_absent")

EXPORTS: dict[str, tuple[Field, ...]] = {
    "patients": (
        ID,
        Field("sex", "code", levels=("female", "male")),
        Field("birth_date", "date"),
        Field("hbv", "flag"),
        Field("histology", "code", levels=("hcc", "combined", "other")),
        Field("first_dose_date", "date", required="date_absent"),
    ),
    "assessments": (
        ID,
        Field("exam_date", "date", required="date_absent"),
        Field("target_sum_mm", "number"),
        Field("viable_sum_mm", "number", optional=True),
        Field("new_lesion", "flag"),
        Field("n_lesions", "number"),
        Field("portal_invasion", "flag"),
        Field("extrahepatic_spread", "flag"),
        Field("ecog", "number"),
        Field("child_pugh", "number"),
        Field("mdt_resectable", "flag"),
        Field("r0_feasible", "flag"),
        Field("flr_adequate", "flag"),
        Field("margin_adequate", "flag"),
        Field("vessels_resectable", "flag"),
        Field("extrahepatic_inactive", "flag"),
        Field("severe_ae", "flag"),
        Field("contraindicated", "flag"),
    ),
    "labs": (
        ID,
        Field("sample_date", "date", required="date_absent"),
        Field("bilirubin_umol_l", "number"),
        Field("albumin_g_l", "number"),
        Field("afp_ng_ml", "number"),
    ),
    "treatments": (
        ID,
        Field("drug_class", "code", levels=("ici", "antivegf", "tki")),
        Field("n_cycles", "number"),
        Field("start_date", "date", required="date_absent"),
        Field("end_date", "date"),
    ),
    "surgeries": (
        ID,
        Field("surgery_date", "date", required="date_absent"),
        Field("viable_percent", "number"),
        Field("r_status", "code", levels=("R0", "R1", "R2"), optional=True),
    ),
    "follow_ups": (
        ID,
        Field("last_contact_date", "date", required="date_absent"),
        Field("last_imaging_date", "date", required="date_absent"),
        Field("progression_date", "date"),
        Field("death_date", "date"),
        Field("os_months", "number", optional=True),
        Field("vital_status", "code", levels=("alive", "dead", "lost"), optional=True),
    ),
}
"""Table to its fields."""

FACTORS: dict[str, dict[str, float]] = {
    # SOURCE: molar mass of bilirubin 584.66 g/mol: 1 mg/dL is 17.104 umol/L.
    "bilirubin_umol_l": {"umol/L": 1.0, "mg/dL": 17.104},
    "albumin_g_l": {"g/L": 1.0, "g/dL": 10.0},
    # SOURCE: WHO 72/225 as Roche and Abbott convert it: 1 kU/L is 1.21 ng/mL.
    "afp_ng_ml": {"ng/mL": 1.0, "kU/L": 1.21},
    "target_sum_mm": {"mm": 1.0, "cm": 10.0},
    "viable_sum_mm": {"mm": 1.0, "cm": 10.0},
}
"""Field to the units it may be exported in, and their factors."""

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
