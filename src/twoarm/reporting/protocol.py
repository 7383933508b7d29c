"""The protocol: the target trial beside what stands in for it here."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import polars as pl

from twoarm.reporting.answers import POPULATION
from twoarm.reporting.endpoints import endpoints_in_words
from twoarm.reporting.methods import TIME_ZERO
from twoarm.tables.reporting import Protocol
from twoarm.words import count_in_words, design_labels, list_in_words

CLOCKS = {
    "ever": "arms by treatment at any time, clock from time zero",
    "first_dose": "arms by treatment at any time, clock from the first dose",
    "treatment": "arms by treatment at any time, clock of the treated from the "
    "treatment and of the others from time zero",
    "landmark": "arms by treatment up to day {day:g}, of those followed beyond it free "
    "of every endpoint, clock from that day",
    "time_dependent": "untreated until the treatment and treated from then on",
    "cloning": "everybody in both arms until the course departs from the strategy",
    "sequential": "trials that start one after the other: in each the treated in its "
    "window of days and those not yet treated by the window's end, clock from there",
    "risk_set": "each treated patient with those untreated and at risk on that day, "
    "clock from that day",
}
FOLLOW_UP = "From where the clock starts to the event or to where it was last known."
ASSUMPTIONS = (
    "Within levels of {covariates} the arms do not differ in what foretells the "
    "outcome; everyone might have been in either arm; follow-up ends independently of "
    "the outcome; treatment is the same thing for all who have it."
)


def protocol_of(
    study: Mapping[str, Any],
    clocks: Mapping[str, Mapping[str, Any]],
    *,
    attrition: pl.DataFrame,
    audit: pl.DataFrame,
) -> pl.DataFrame:
    """Lay the target trial beside its emulation, component by component.

    Parameters
    ----------
    study
        The complete config; without `trial` the column of the trial is empty.
    clocks
        Name of a design to its clock.
    attrition, audit
        The disclosed tables.

    Returns
    -------
    pl.DataFrame
        As the contract Protocol.

    References
    ----------
    .. [1] Hernan MA, Robins JM. Using big data to emulate a target trial when a
       randomized trial is not available. Am J Epidemiol 2016;183:758-764.
       doi:10.1093/aje/kwv254
    """
    trial = study["trial"] or {}
    fewest = study["release"]["minimum_count"]
    outcomes = endpoints_in_words(study) or [f"{_labels(study)} As the source has it."]
    rows = [
        ("Eligibility", trial.get("eligibility"), _eligibility(attrition, study)),
        ("Strategies", _strategies(trial), _arms(study, audit, fewest)),
        ("Assignment", trial.get("assignment"), _assignment(study)),
        ("Time zero", trial.get("time_zero"), _clocks(study, clocks)),
        ("Outcomes", _labels(study) if trial else None, " ".join(outcomes)),
        ("Follow-up", trial.get("follow_up"), FOLLOW_UP),
        ("Contrast", trial.get("contrast"), _contrast(study, audit)),
        ("Estimand", trial.get("estimand"), _estimands(study)),
        ("Assumptions", "None but those of a trial." if trial else None, _named(study)),
    ]
    names = ("component", "target_trial", "emulation")
    return Protocol.of(
        [
            {"place": place, **dict(zip(names, row, strict=True))}
            for place, row in enumerate(rows, start=1)
        ]
    )


def _eligibility(attrition: pl.DataFrame, study: Mapping[str, Any]) -> str:
    """Say who was read, who left at which step, and who is left."""
    steps = attrition.sort("step").to_dicts()
    left = [f"{row['reason']} ({row['n_excluded']:,})" for row in steps[1:]]
    told = f"{steps[0]['n_before']:,} read; {steps[-1]['n_after']:,} analysed."
    cohort = study["cohort"]
    days = [
        f"{word} {date.fromisoformat(cohort[key]):%-d %B %Y}"
        for key, word in (("enrolled_from", "from"), ("enrolled_to", "to"))
        if cohort[key]
    ]
    window = f" Enrolled {' '.join(days)}." if days else ""
    return told + (f" Left: {'; '.join(left)}." if left else "") + window


def _strategies(trial: Mapping[str, Any]) -> str | None:
    if not trial:
        return None
    chosen = trial["strategies"]
    grace = chosen["grace_months"]
    within = f", within {grace:g} months" if grace else ""
    return f"(1) {chosen['treated']}{within}; (0) {chosen['control']}{within}."


def _arms(study: Mapping[str, Any], audit: pl.DataFrame, fewest: int) -> str:
    labels = study["treatment"]["labels"]
    plain = audit.filter(design="unadjusted").unique("arm", keep="first")
    counts = dict(plain.select("arm", "n_patients").iter_rows())
    sizes = [
        f"“{label}” ({count_in_words(counts.get(label), fewest)} patients)"
        for label in labels.values()
    ]
    waited = audit.filter(design="unadjusted", arm=labels["treated"])
    wait = waited["median_wait_months"][0]
    later = (
        f" Half of the treated waited longer than {wait:.1f} months." if wait else ""
    )
    return f"As observed: {list_in_words(sizes)}.{later}"


def _assignment(study: Mapping[str, Any]) -> str:
    names, designs = design_labels(study["designs"]), study["designs"]
    labels = [names[name] for name, each in designs.items() if each["estimand"]]
    chosen = "As patients and surgeons chose"
    if not labels:
        return f"{chosen}; nothing makes the arms comparable."
    return f"{chosen}. The arms are made comparable by {list_in_words(labels)}."


def _clocks(study: Mapping[str, Any], clocks: Mapping[str, Mapping[str, Any]]) -> str:
    """Say when the clock starts, and which designs have another."""
    names, told = (
        design_labels(study["designs"]),
        [TIME_ZERO[study["cohort"]["time_zero"]]],
    )
    together: dict[str, list[str]] = {}
    for design, clock in clocks.items():
        day = clock["landmark_days"] or 0.0
        words = CLOCKS[clock["clock"]].format(day=day)
        together.setdefault(words, []).append(names[design])
    told += [f"{list_in_words(those)}: {words}." for words, those in together.items()]
    return " ".join(told)


def _labels(study: Mapping[str, Any]) -> str:
    return list_in_words([each["label"] for each in study["endpoints"].values()]) + "."


def _contrast(study: Mapping[str, Any], audit: pl.DataFrame) -> str:
    names, headline = design_labels(study["designs"]), study["headline"]
    sound = audit.filter(verdict="sound")["design"].unique(maintain_order=True)
    told = [names[name] for name in names if name in sound]
    lead = f" The study leads with {names[headline['design']]}." if headline else ""
    if not told:
        return f"The audit calls no design sound.{lead}"
    return f"Sound by the audit, for some endpoint: {list_in_words(told)}.{lead}"


def _estimands(study: Mapping[str, Any]) -> str:
    return " ".join(_populations(study)) or "That of the arms as they are."


def _populations(study: Mapping[str, Any]) -> Iterator[str]:
    arms = study["treatment"]["labels"]
    together: dict[str, list[str]] = {}
    for design in study["designs"].values():
        if design["estimand"]:
            together.setdefault(design["estimand"], []).append(design["label"])
    for estimand, labels in together.items():
        whom = POPULATION[estimand].format(**arms)
        yield f"{estimand} ({whom}): {list_in_words(labels)}."


def _named(study: Mapping[str, Any]) -> str:
    named = [each["label"] for each in study["covariates"].values()]
    return ASSUMPTIONS.format(covariates=list_in_words(named))
