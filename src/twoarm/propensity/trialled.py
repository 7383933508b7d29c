"""Sequential designs: from the patients to their weighted trials."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from twoarm.errors import InputError
from twoarm.formula import expand_formula, names_of
from twoarm.histories import values_at
from twoarm.propensity.cloning_spells import Spells
from twoarm.propensity.sequential import Followed, refit_trials, weight_trials
from twoarm.propensity.sequential_models import Trials
from twoarm.propensity.weights import Arms
from twoarm.trials import Entries, enter_trials, possible_wait

HOW = ("estimand", "model", "follow", "last_days", "penalty", "stabilised", "truncate")


def derive_trials(
    patients: pl.DataFrame,
    design: Mapping[str, Any],
    endpoints: Sequence[str],
    name: str,
    *,
    histories: pl.DataFrame | None = None,
) -> Trials:
    """Enter the patients of a design into its trials, with what is known of them.

    Covariates that vary have the value last known at the start of the trial's window;
    of a window of a day the value from before that day.

    Parameters
    ----------
    patients
        As the contract Patients, nothing null, sorted by `patient_id`.
    design
        The design, complete.
    endpoints
        Endpoints of the study. Once any of them has ended, treatment is impossible.
    name
        Of the design, for messages.
    histories
        As the contract Histories, for a design whose covariates vary.

    Raises
    ------
    InputError
        As `enter_trials` and `values_at` do, with the name of the design.
    """
    days = patients.select(pl.min_horizontal(f"{each}_days" for each in endpoints))
    barred = days.to_series().to_numpy()
    wait = patients["treatment_days"].fill_null(np.inf).to_numpy()
    limits = {key: design[key] for key in ("interval_days", "last_days")}
    try:
        entries = enter_trials(wait, barred, **limits)
        zero, matrix, names = _terms(patients, entries, design, histories)
    except InputError as error:
        raise InputError(f"design {name}: {error}") from None
    return Trials(entries, matrix, zero, names, possible_wait(wait, barred), barred)


def _terms(
    patients: pl.DataFrame,
    entries: Entries,
    design: Mapping[str, Any],
    histories: pl.DataFrame | None,
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Lay out the terms of each patient at time zero, and of each entry.

    Where covariates vary, a spline has its knots by all rows.
    """
    named = {each for term in design["covariates"] for each in names_of(term)}
    varying = [each for each in design["varying"] if each in named]
    if not varying or histories is None:
        zero, names = expand_formula(patients, design["covariates"])
        return zero, zero[entries.patient], names
    who = patients["patient_id"].gather(entries.patient)
    since = pl.Series(entries.starts[entries.trial], dtype=pl.Float64)
    before = design["interval_days"] is None
    asked = pl.DataFrame({"patient_id": who, "days": since})
    known = values_at(histories, patients, asked, varying, before=before).values
    first = patients.select(sorted(named)).cast(known.schema)
    later = first[entries.patient].with_columns(known.get_columns())
    frame = pl.concat([first, later])
    matrix, names = expand_formula(frame, design["covariates"])
    return matrix[: patients.height], matrix[patients.height :], names


def weight_entered(
    patients: pl.DataFrame, trials: Trials, design: Mapping[str, Any], name: str
) -> pl.DataFrame:
    """Weight the trials of a design.

    Returns
    -------
    pl.DataFrame
        As the contract Trials.
    """
    try:
        found = weight_trials(trials, **{key: design[key] for key in HOW})
    except InputError as error:
        raise InputError(f"design {name}: {error}") from None
    entries, own = trials.entries, found.entry
    return pl.DataFrame(
        {
            "design": [name] * len(own),
            "patient_id": patients["patient_id"].gather(entries.patient[own]),
            "treated": entries.treated[own],
            "origin_days": entries.ends[entries.trial[own]],
            "entry_days": found.entry_days,
            "exit_days": found.exit_days,
            "weight": found.weight,
        },
        schema_overrides={"design": pl.String},
    ).with_columns(exit_days=pl.when(pl.col("exit_days").is_finite()).then("exit_days"))


def assess_windows(trials: Trials) -> dict[str, int]:
    """Count the windows of a design, and who is in the trials that they make.

    Returns
    -------
    dict of str to int
        As the contract Windows, but for the design.
    """
    entries = trials.entries
    who = entries.patient[entries.inside]
    return {
        "n_windows": len(entries.ends) + entries.n_dropped,
        "n_trials": len(entries.ends),
        "n_patients": len(np.unique(who)),
        "n_treated": int(entries.treated[entries.inside].sum()),
        "n_entries": len(who),
    }


def refit_entered(
    patients: pl.DataFrame, trials: Trials, design: Mapping[str, Any], endpoint: str
) -> Callable[[np.ndarray], Arms[Spells]]:
    """Return what weights the trials of patients drawn anew, for a bootstrap."""
    rows = trials.entries.patient
    days, event = (patients[f"{endpoint}_{what}"] for what in ("days", "event"))
    followed = Followed(days.to_numpy()[rows], event.to_numpy()[rows])
    return refit_trials(trials, followed, **{key: design[key] for key in HOW})
