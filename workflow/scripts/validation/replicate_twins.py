"""Draw twins of the cohort, whose effect is known; analyse each by all designs."""

from twoarm.runner import run
from twoarm.tables.cohort import Histories, Patients
from twoarm.tables.validation import Replicates
from twoarm.validation.twin_study import list_numbers, replicate_twins


def main(patients, histories, replicates, *, effect, batch, settings, drawn, plan):
    """Write a row a cohort, design, endpoint and contrast."""
    sizes = {"replicates": settings["replicates"], "size": settings["batch"]}
    numbers = list_numbers(int(batch), **sizes)
    cohort = Patients.read(patients).sort("patient_id")
    how = {"effect": effect, "numbers": numbers, **drawn}
    how["histories"] = Histories.read_some(histories)
    Replicates.write(replicate_twins(cohort, plan, **how), replicates)


if __name__ == "__main__":
    run(main, snakemake)
