"""The methods of a study in words, from what its config made run."""

from collections.abc import Iterator, Mapping
from typing import Any

from twoarm.reporting.endpoints import endpoints_in_words
from twoarm.reporting.missing import gaps_in_words
from twoarm.reporting.support_methods import support_methods
from twoarm.reporting.trials import tell_sequential
from twoarm.words import list_in_words

TIME_ZERO = {
    "own": "Time zero is that of the source's own times.",
    "first_visit": "Time zero is a patient's first visit.",
    "first_qualifying": "Time zero is the first visit at which a patient met all "
    "conditions of eligibility.",
    "criteria_met": "Time zero is the first assessment at which the criteria for "
    "surgery were met; it is never derived from the date of surgery.",
    "first_dose": "Time zero is the first dose of patients who later met the criteria "
    "for surgery; until then they could not have died, so that this clock is for "
    "comparison with others alone.",
}


SCORES = {
    "logistic": "a logistic regression (Rosenbaum and Rubin 1983, "
    "doi:10.1093/biomet/70.1.41)",
    "firth": "a logistic regression with Firth's penalty (Heinze and Schemper 2002, "
    "doi:10.1002/sim.1047)",
    "ridge": "a logistic regression with a ridge penalty",
    "boosting": "gradient-boosted trees",
}
ORDERS = {
    "largest": "the largest logit first",
    "smallest": "the smallest logit first",
    "closest": "the closest pair first",
    "farthest": "the patient with the farthest counterpart first",
    "data": "by the order of their identifiers",
    "random": "in random order",
}


ORIGINS = {
    None: "",
    "first_dose": " The clock starts at the first dose.",
    "treatment": " The clock of the treated starts at the treatment, that of the "
    "others at time zero (Duchesneau 2022, doi:10.1158/1055-9965.EPI-22-0495).",
}


def methods_in_words(study: Mapping[str, Any]) -> list[str]:
    """Describe the analysis, a paragraph a step.

    Parameters
    ----------
    study
        The complete config.
    """
    confidence = 100 * study["analysis"]["confidence"]
    return [
        TIME_ZERO[study["cohort"]["time_zero"]] + " A month has 30.4375 days.",
        *endpoints_in_words(study),
        _score(study),
        *(DESIGNS[each["method"]](each) for each in study["designs"].values()),
        "Curves are Kaplan-Meier's, with log-log limits "
        f"of {confidence:g} %; weighted curves have the variance of the infinitesimal "
        "jackknife. Hazard ratios are Cox's, ties by Efron; weighted designs have the "
        "robust variance (Lin and Wei 1989, doi:10.1080/01621459.1989.10478874), "
        "matched ones clustered by matched set. The restricted mean is the area under "
        "the curve (Royston and Parmar 2013, doi:10.1186/1471-2288-13-152). Follow-up "
        "is reverse Kaplan-Meier.",
        *_forestalled(study),
        *_bootstrap(study["analysis"]["bootstrap"]["replicates"]),
        *support_methods(study),
        gaps_in_words(study),
    ]


def _forestalled(study: Mapping[str, Any]) -> Iterator[str]:
    """Describe what is done where an event may be forestalled, or never come."""
    if any(each["competing"] for each in study["endpoints"].values()):
        yield (
            "Where an event competes, cumulative incidences are Aalen and Johansen's, "
            "with the variance of the infinitesimal jackknife, and are compared by "
            "their difference, by Gray's test (doi:10.1214/aos/1176350951) and by the "
            "subdistribution hazard ratio of Fine and Gray "
            "(doi:10.1080/01621459.1999.10474144); hazard ratios are cause-specific."
        )
    cured = study["analysis"]["cure"]["endpoints"]
    if cured:
        labels = " and ".join(study["endpoints"][name]["label"] for name in cured)
        yield (
            f"The cured share ({labels}) is that of a mixture model with Weibull times "
            "of the uncured (Farewell 1982, doi:10.2307/2529885), that of one with "
            "Kaplan-Meier times of the uncured, the same in both arms (Taylor 1995, "
            "doi:10.2307/2532991), and the end of the Kaplan-Meier curve. None is "
            "given where the follow-up does not carry "
            "it, by the test of Maller and Zhou (1992, doi:10.1093/biomet/79.4.731) "
            "and by RECeUS (Selukar and Othus 2023, doi:10.1002/sim.9610)."
        )


def _score(study: Mapping[str, Any]) -> str:
    names = {name: each["label"] for name, each in study["covariates"].items()}
    model = study["propensity"]
    chosen = ", ".join(names.get(term, term) for term in model["covariates"])
    folds = model["folds"] or (5 if model["method"] == "boosting" else None)
    return (
        f"The propensity score is {SCORES[model['method']]} of the arm on {chosen}"
        + (f", fitted in each {names[model['within']]}" if model["within"] else "")
        + (f", cross-fitted in {folds} folds" if folds else "")
        + "."
    )


def _head(design: Mapping[str, Any]) -> str:
    for_whom = f" ({design['estimand']})" if design["estimand"] else ""
    day = design["landmark_days"]
    since = f"from day {day:g}, with who is followed beyond it, " if day else ""
    return f"{design['label']}{for_whom}: {since}"


def _within(design: Mapping[str, Any]) -> str:
    """Say what limits a match."""
    if design["caliper"]:
        caliper = f"within {design['caliper']:g} of the distance"
    elif design["caliper_sd"]:
        scale = " pooled over the arms" if design["caliper_scale"] == "pooled" else ""
        caliper = f"within {design['caliper_sd']:g} standard deviations of the logit"
        caliper += scale
    else:
        caliper = "without a caliper"
    exact = f", exactly in {', '.join(design['exact'])}" if design["exact"] else ""
    return caliper + exact


def _nearest(design: Mapping[str, Any]) -> str:
    whom = {"ATT": "controls", "ATC": "treated"}[design["estimand"]]
    distance = {
        "logit": "on the logit",
        "score": "on the score",
        "mahalanobis": "by Mahalanobis distance",
    }[design["distance"]]
    again = "with" if design["replace"] else "without"
    return (
        f"{_head(design)}greedy nearest-neighbour matching of {design['ratio']} {whom} "
        f"{distance}, {again} replacement, {_within(design)}, "
        f"{ORDERS[design['order']]} (Austin 2011, doi:10.1002/pst.433)."
    )


def _optimal(design: Mapping[str, Any]) -> str:
    return (
        f"{_head(design)}optimal matching of up to {design['ratio']} controls: as many "
        f"matches as can be at the least total distance of logits, {_within(design)} "
        "(Rosenbaum 1989, doi:10.1080/01621459.1989.10478868)."
    )


def _full(design: Mapping[str, Any]) -> str:
    bounds = [
        f", {words} {design[key]:g} controls a treated patient"
        for key, words in (("min_controls", "at least"), ("max_controls", "at most"))
        if design[key]
    ]
    return (
        f"{_head(design)}optimal full matching on the logit, {_within(design)}"
        f"{''.join(bounds)} (Hansen 2004, doi:10.1198/016214504000000647)."
    )


def _coarsened(design: Mapping[str, Any]) -> str:
    return (
        f"{_head(design)}coarsened exact matching (Iacus, King and Porro 2012, "
        "doi:10.1093/pan/mpr013)."
    )


def _risk_set(design: Mapping[str, Any]) -> str:
    end = "ends" if design["censor_crossovers"] else "does not end"
    return (
        f"{_head(design)}risk-set matching (Li, Propert and Rosenbaum 2001, "
        "doi:10.1198/016214501753208573): each treated patient, at the time of "
        f"treatment, with up to {design['ratio']} still at risk and untreated then, "
        f"nearest in the hazard of treatment, {_within(design)}; the clock of both "
        f"starts there, and a control's follow-up {end} at their own treatment."
    )


def _weighting(design: Mapping[str, Any]) -> str:
    trim = design["trim"]
    told = trim if isinstance(trim, str) else ""
    if isinstance(trim, dict):
        ((what, (low, high)),) = trim.items()
        told = f"{what} within {low:g} and {high:g}"
    limits = design["truncate"] and [f"{each:g}" for each in design["truncate"]]
    return (
        f"{_head(design)}weighting by the propensity score (Li, Morgan and Zaslavsky "
        "2018, doi:10.1080/01621459.2016.1260466)"
        + (", stabilised" if design["stabilised"] else "")
        + (f", trimmed ({told})" if told else "")
        + (f", truncated at percentiles {' and '.join(limits)}" if limits else "")
        + "."
    )


def _entropy(design: Mapping[str, Any]) -> str:
    what = "means" if design["moments"] == 1 else "means and variances"
    return (
        f"{_head(design)}entropy balancing of the {what} of the terms of the score "
        "(Hainmueller 2012, doi:10.1093/pan/mpr025)."
    )


def _covariate_balancing(design: Mapping[str, Any]) -> str:
    return (
        f"{_head(design)}covariate-balancing propensity score, just identified (Imai "
        "and Ratkovic 2014, doi:10.1111/rssb.12027)."
    )


def _crude(design: Mapping[str, Any]) -> str:
    return f"{_head(design)}the arms as they are.{ORIGINS[design['origin']]}"


def _time_dependent(design: Mapping[str, Any]) -> str:
    return (
        f"{_head(design)}Cox regression with a treatment that changes over time: a "
        "patient counts as untreated until the treatment and as treated from then on "
        "(Mantel and Byar 1974, doi:10.1080/01621459.1974.10480131); the test is "
        "theirs, the curves are Simon and Makuch's (1984, doi:10.1002/sim.4780030106)."
    )


def _cloning(design: Mapping[str, Any]) -> str:
    how = {
        "two_part": "a logistic regression of whether within the grace period, and the "
        "hazard of when",
        "pooled": "a pooled logistic regression over intervals",
        "cox": "a Cox regression",
    }[design["model"]]
    limits = design["truncate"] and [f"{each:g}" for each in design["truncate"]]
    return (
        f"{_head(design)}each patient is cloned into both arms; a clone is censored "
        "when the course departs from its arm's strategy: treated within "
        f"{design['grace_days']:g} days of time zero, or not. Those still followed are "
        f"weighted by the inverse of their chance to be, from {how} on the covariates "
        + (_over_time(design) if design.get("varying") else "at time zero")
        + (f", ridge penalty {design['penalty']:g}" if design["penalty"] else "")
        + (", stabilised" if design["stabilised"] else "")
        + (f", truncated at percentiles {' and '.join(limits)}" if limits else "")
        + (f", at most {design['cap']:g}" if design["cap"] else "")
        + " (Hernan 2018, doi:10.1136/bmj.k182; Maringe 2020, doi:10.1093/ije/dyaa057)."
    )


def _over_time(design: Mapping[str, Any]) -> str:
    named = list_in_words(design["varying"])
    days = "" if design["same_day"] else ", none of the day of a treatment"
    return (
        f"as last known before each interval ({named}{days}) "
        "or at time zero (the others); the treated strategy is to be treated on a day "
        "drawn from those of all treatments within the grace period (Cain 2010, "
        "doi:10.2202/1557-4679.1212)"
    )


DESIGNS = {
    "cloning": _cloning,
    "sequential": tell_sequential,
    "crude": _crude,
    "time_dependent": _time_dependent,
    "nearest": _nearest,
    "optimal": _optimal,
    "full": _full,
    "coarsened": _coarsened,
    "risk_set": _risk_set,
    "weighting": _weighting,
    "entropy": _entropy,
    "covariate_balancing": _covariate_balancing,
}


def _bootstrap(replicates: int) -> Iterator[str]:
    if replicates:
        yield (
            f"Bootstrap limits rest on {replicates:,} resamples of patients, in each "
            "of which score, match or weights and hazard ratio are estimated anew "
            "(Austin 2016, doi:10.1002/sim.7084)."
        )
