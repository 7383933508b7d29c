"""Captions of the figures of courses, of single patients or of several together."""

from collections.abc import Mapping
from typing import Any

COURSES = {
    "panel": "A and B, curves of the unadjusted arms; C, best change of the target "
    "lesions of the treated before surgery and progression; D, treatment and outcome "
    "since the first dose.",
    "changes": "The sum of the target lesions since the first dose, a line a patient, "
    "until surgery or progression.",
}
JOINED = {
    "panel": f"{COURSES['panel']} A bar is the mean of neighbours, an area the share "
    "of an arm's patients in a state.",
    "changes": "The sum of the target lesions since the first dose, until surgery or "
    "progression: median and quartiles of the lines of the patients of each arm.",
}
"""The same where no mark is of one patient."""


def captions_of(study: Mapping[str, Any]) -> dict[str, str]:
    """Caption the figures by how many patients a mark stands for at least."""
    return COURSES if study["release"]["minimum_mark"] == 1 else JOINED
