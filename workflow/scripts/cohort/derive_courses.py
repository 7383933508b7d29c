"""Lay out single courses: change of the target lesions, treatment and outcome."""

from twoarm.cohort.courses import (
    derive_adjuvant,
    derive_changes,
    derive_courses,
    derive_responses,
)
from twoarm.runner import run
from twoarm.tables.cohort import Candidates, Patients
from twoarm.tables.figures import Changes, Courses, Responses
from twoarm.tables.harmonisation import Records
from twoarm.tables.outcomes import Adjuvant


def main(
    candidates, patients, assessments, treatments,
    responses, changes, courses, adjuvant, *, labels,
):  # fmt: skip
    """Write bars of the waterfall, lines, lanes, and therapy after surgery."""
    analysed = Patients.read(patients).select("patient_id")
    people = Candidates.read(candidates).join(analysed, on="patient_id", how="semi")
    visits = Records.read_all(assessments)
    Responses.write(derive_responses(people, visits, labels), responses)
    Changes.write(derive_changes(people, visits, labels), changes)
    given = Records.read_all(treatments)
    Courses.write(derive_courses(people, given, labels), courses)
    Adjuvant.write(derive_adjuvant(people, given), adjuvant)


if __name__ == "__main__":
    run(main, snakemake)
