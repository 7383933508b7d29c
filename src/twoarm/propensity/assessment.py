"""Designs laid beside the patients: weights by arm, size, overlap, who is left out."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from twoarm.clocks import is_repeated
from twoarm.propensity.balance import DesignWeights, assess_values
from twoarm.propensity.extremes import assess_arm
from twoarm.propensity.nearest import caliper_of
from twoarm.propensity.prognosis import estimate_prognosis
from twoarm.tables.diagnostics import Dropped
from twoarm.tables.propensity import Prognosis
from twoarm.terms import expand_terms

USUAL_CALIPER = 0.2
"""Standard deviations of the logit within which a control is a counterpart."""
BINS = 20
"""Bars of equal width of the score whose lower halves make the overlap."""


def weights_of(
    patients: pl.DataFrame,
    members: pl.DataFrame,
    estimands: Mapping[str, str | None],
    designs: Collection[str] | None = None,
) -> dict[str, DesignWeights]:
    """Lay the weights of each design beside the patients.

    Of clones it is the last weight of those that keep to their strategy; of nested
    trials the sum over the trials in which a patient is in the arm of the weight at the
    trial's start: the mean of a covariate is then that over all trials.

    Parameters
    ----------
    patients
        With `patient_id`; sets the order.
    members
        Rows of one imputation of the contract Designs.
    estimands
        Name of a design to its estimand.
    designs
        Those of them that are asked for; all by default.
    """
    names = patients.select("patient_id")
    found = {}
    for design in estimands if designs is None else designs:
        rows = members.filter(design=design)
        if is_repeated(rows):  # clones: those who stay
            if (rows["origin_days"] == 0).all():
                rows = rows.filter(pl.col("exit_days").is_null())
            else:
                rows = _first_of_trials(rows)
        arms = [
            names.join(
                rows.filter(treated=arm).select("patient_id", "weight"),
                on="patient_id",
                how="left",
                maintain_order="left",
            )["weight"]
            .fill_null(0.0)
            .to_numpy()
            for arm in (True, False)
        ]
        found[design] = DesignWeights(arms[0], arms[1], estimands[design])
    return found


def _first_of_trials(rows: pl.DataFrame) -> pl.DataFrame:
    """Sum the weights with which each patient enters trials, by arm."""
    return (
        rows.filter(pl.col("entry_days") == pl.col("origin_days"))
        .group_by("patient_id", "treated", maintain_order=True)
        .agg(pl.col("weight").sum())
    )


def assess_designs(
    treated: np.ndarray,
    scores: pl.DataFrame,
    weights: pl.DataFrame,
    designs: Mapping[str, DesignWeights],
    methods: Mapping[str, Mapping[str, Any]],
) -> dict[str, dict[str, Any]]:
    """Tell the size and the overlap of each design, in one imputation.

    Parameters
    ----------
    treated : ndarray of bool, shape (n_patients,)
        Arm of each patient.
    scores, weights
        As the contracts Scores and Weights, of one imputation.
    designs
        As `weights_of` returns them, in the order of the patients.
    methods
        Name of a design to its section of the config.

    Returns
    -------
    dict
        Name of a design to columns of the contract Diagnostics.
    """
    found = {}
    for name, design in designs.items():
        n_truncated = int(weights.filter(design=name)["altered"].sum())
        found[name] = {
            **assess_size(treated, design, n_truncated),
            **_overlap(scores.filter(score=methods.get(name, {}).get("score", name))),
        }
    return found


def _overlap(scores: pl.DataFrame) -> dict[str, float | None]:
    """Tell how far a score lets the arms be compared; None for no score."""
    if scores.is_empty():
        return dict.fromkeys(("c_statistic", "overlap", "share_unsupported"))
    rows = scores.sort("patient_id")
    treated, logit = rows["treated"].to_numpy(), rows["logit"].to_numpy()
    width = caliper_of(logit, treated, USUAL_CALIPER)
    found = assess_overlap(rows["propensity_score"].to_numpy(), logit, treated, width)
    return {**found}


def assess_prognoses(
    patients: pl.DataFrame,
    designs: Mapping[str, DesignWeights],
    covariates: Sequence[str],
    endpoints: Sequence[str],
) -> pl.DataFrame:
    """Compare the arms of each design in the prognostic score of each endpoint.

    Returns
    -------
    pl.DataFrame
        As the contract Prognosis; `smd_max` is the absolute `smd`.
    """
    matrix, _ = expand_terms(patients, covariates)
    treated = patients["treated"].to_numpy()
    rows = []
    for endpoint in endpoints:
        time = patients[f"{endpoint}_days"].to_numpy()
        event = patients[f"{endpoint}_event"].to_numpy()
        score, why = estimate_prognosis(time, event, treated, matrix)
        for name, design in designs.items():
            found = {} if score is None else assess_values(score, treated, design)
            smds = {key: found.get(key) for key in ("smd", "smd_max")}
            rows.append({"design": name, "endpoint": endpoint, **smds, "why": why})
    return Prognosis.of(rows)


def assess_size(
    treated: np.ndarray, design: DesignWeights, n_truncated: int
) -> dict[str, Any]:
    """Count who is in a design and who is out, and how its weights spread.

    Returns
    -------
    dict
        Columns of the contract Diagnostics.
    """
    extremes = [assess_arm(each[each > 0]) for each in (design.treated, design.control)]
    sizes = zip(("treated", "control"), extremes, strict=True)
    return {
        "n_treated": extremes[0].n,
        "n_control": extremes[1].n,
        "n_treated_out": int((treated & (design.treated == 0)).sum()),
        "n_control_out": int((~treated & (design.control == 0)).sum()),
        "n_truncated": n_truncated,
        **{f"ess_{arm}": each.effective_size for arm, each in sizes},
        "weight_max": max(each.largest * each.n / each.total for each in extremes),
        "weight_share": max(each.share_of_one for each in extremes),
    }


def assess_overlap(
    score: np.ndarray, logit: np.ndarray, treated: np.ndarray, caliper: float
) -> dict[str, float]:
    """Tell how far a score lets the arms be compared.

    Parameters
    ----------
    score, logit : ndarray of float, shape (n_patients,)
        Probability of treatment, and its log odds.
    treated : ndarray of bool, shape (n_patients,)
        True for the treated arm.
    caliper
        Greatest distance, on the logit, at which a control is a counterpart.

    Returns
    -------
    dict
        `c_statistic`: the chance that a treated patient has the higher score of two,
        ties counting half. `overlap`: the area that the histograms of the arms, of 20
        bars, share. `share_unsupported`: of the treated, those without a counterpart.

    References
    ----------
    .. [1] Austin PC, Stuart EA. Moving towards best practice when using inverse
       probability of treatment weighting. Stat Med 2015;34:3661-3679.
       doi:10.1002/sim.6607

    Examples
    --------
    >>> score = np.array([0.2, 0.4, 0.4, 0.8])
    >>> arm = np.array([False, True, False, True])
    >>> found = assess_overlap(score, score, arm, 0.1)
    >>> found["c_statistic"], found["overlap"], found["share_unsupported"]
    (0.875, 0.5, 0.5)
    """
    ranks = pl.Series(score).rank("average").to_numpy()
    n_treated, n_control = int(treated.sum()), int((~treated).sum())
    least = n_treated * (n_treated + 1) / 2
    c_statistic = float((ranks[treated].sum() - least) / (n_treated * n_control))
    bars = [
        np.histogram(score[rows], bins=BINS, range=(0, 1))[0] / rows.sum()
        for rows in (treated, ~treated)
    ]
    line = np.sort(logit[~treated])
    place = np.searchsorted(line, logit[treated])
    padded = np.r_[-np.inf, line, np.inf]
    near = np.minimum(
        logit[treated] - padded[place], padded[place + 1] - logit[treated]
    )
    return {
        "c_statistic": c_statistic,
        "overlap": float(np.minimum(*bars).sum()),
        "share_unsupported": float((near > caliper).mean()),
    }


def compare_dropped(
    patients: pl.DataFrame, design: DesignWeights, covariates: Sequence[str]
) -> pl.DataFrame:
    """Compare, within each arm, who is left out of a design with who is not.

    Returns
    -------
    pl.DataFrame
        As the contract Dropped, without `design`; no rows of an arm of whom none, or
        all, are left out. The denominator is the standard deviation of the whole arm.
    """
    treated = patients["treated"].to_numpy()
    matrix, terms = expand_terms(patients, covariates, full=True)
    rows: list[dict[str, Any]] = []
    for arm, members, weight in (
        ("treated", treated, design.treated),
        ("control", ~treated, design.control),
    ):
        kept, out = members & (weight > 0), members & (weight == 0)
        if not kept.any() or not out.any():
            continue
        for values, term in zip(matrix.T, terms, strict=True):
            whole = values[members]
            scale = float(whole.std(ddof=1)) if np.ptp(whole) > 0 else 0.0
            means = float(values[kept].mean()), float(values[out].mean())
            rows.append(
                {
                    "arm": arm,
                    "covariate": term.covariate,
                    "level": term.level,
                    "mean_kept": means[0],
                    "mean_dropped": means[1],
                    "smd": (means[0] - means[1]) / scale if scale > 0 else None,
                    "n_kept": int(kept.sum()),
                    "n_dropped": int(out.sum()),
                }
            )
    return Dropped.of(rows).drop("design")
