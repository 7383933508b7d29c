"""Follow the covariates that are measured again after time zero."""

from twoarm.cohort.histories import derive_export_histories, derive_visit_histories
from twoarm.runner import run
from twoarm.tables.cohort import Candidates, Histories, Patients
from twoarm.tables.harmonisation import Records


def main(records, candidates, patients, histories, *, tables, covariates):
    """Write a row a patient and day with a measurement."""
    analysed = Patients.read(patients).select("patient_id")
    index = Candidates.read(candidates).join(analysed, on="patient_id", how="semi")
    if tables == ["records"]:
        visits = Records.read_all(records)
        rows = derive_visit_histories(visits, index, covariates)
    else:
        exports = Records.read_of(records, tables, analysed)
        rows = derive_export_histories(exports, index, covariates)
    Histories.write(rows, histories)


if __name__ == "__main__":
    run(main, snakemake)
