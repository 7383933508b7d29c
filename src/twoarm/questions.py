"""What a study of exports may ask in a condition: columns and their kinds."""

from twoarm.dictionary import EXPORTS

PERSON = {"centre": "text", "sex": "text", "hbv": "flag", "histology": "text"}
"""What is known of a patient whatever the day."""

_ASKED_AS = {
    "number": "number",
    "ecog": "number",
    "flag": "flag",
    "code": "code",
    "response": "code",
}
FINDINGS = {
    field.name: _ASKED_AS[field.kind]
    for field in EXPORTS["assessments"]
    if field.kind in _ASKED_AS
}
"""What an assessment itself says."""

EXPOSURES = {
    "days_since_first_dose": "number",
    "n_cycles": "number",
    "overlap_days": "number",
    "combination": "flag",
    "change_percent": "number",
    "best_change_percent": "number",
    "non_progression_days": "number",
    "progressed": "flag",
    "response": "code",
    "best_response": "code",
}
"""What `twoarm.cohort.exposures` joins to an assessment; all of it known that day."""

ASSESSMENT = {**PERSON, **FINDINGS, **EXPOSURES}
"""Columns for the items of the criteria: one row a patient and day of assessment."""

COURSE = {
    **PERSON,
    "followed_days": "number",
    "n_cycles": "number",
    "overlap_days": "number",
    "combination": "flag",
    "n_exams_before": "number",
    "n_exams_after": "number",
    "n_reviews": "number",
    "lowest_ecog": "number",
    "lowest_child_pugh": "number",
    "best_change_percent": "number",
    "progressed": "flag",
    "died": "flag",
}
"""Columns for the reasons of those who never met the criteria: one row a patient, of
the whole course. Nobody who met them is asked, so nothing looks ahead of time zero."""

AT_TIME_ZERO = {
    **ASSESSMENT,
    "age_years": "number",
    "albi": "number",
    "albi_grade": "code",
    "malbi_grade": "code",
    "child_pugh_class": "code",
    "afp_log10": "number",
    "afp_response": "flag",
    "afp_response_75": "flag",
    "many_lesions": "flag",
    "depth_percent": "number",
    "months_to_criteria": "number",
    "calendar_year": "number",
}
"""Columns for the steps of eligibility: one row a candidate, as known at time zero."""
