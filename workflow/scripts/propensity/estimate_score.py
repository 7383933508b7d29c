"""Estimate each patient's probability of treatment."""

import polars as pl

from twoarm.propensity.score import estimate_score
from twoarm.runner import run
from twoarm.tables.cohort import Patients
from twoarm.tables.propensity import Coefficients, Scores
from twoarm.terms import expand_terms


def main(patients, scores, coefficients, *, covariates):
    """Fit the logistic regression; write scores and coefficients."""
    cohort = Patients.read(patients)
    matrix, terms = expand_terms(cohort, covariates)
    names = [term.name for term in terms]
    fit = estimate_score(cohort["treated"].to_numpy(), matrix, names)
    scored = cohort.select("patient_id", "treated").with_columns(
        propensity_score=fit.probability, logit=fit.logit
    )
    terms_fitted = ["(intercept)", *names]
    table = {"term": terms_fitted, "estimate": fit.estimate, "std_error": fit.std_error}
    Scores.write(scored, scores)
    Coefficients.write(pl.DataFrame(table), coefficients)


if __name__ == "__main__":
    run(main, snakemake)
