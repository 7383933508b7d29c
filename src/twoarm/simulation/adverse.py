"""Adverse events of the drugs, by the time on them."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from twoarm.months import DAYS_PER_MONTH

RATE = 0.2
"""Events of any grade in a month on drugs."""


@dataclass(frozen=True)
class Toxicity:
    """How often an event comes, beside the others, and what it is like."""

    tki: float
    """Its share with a tyrosine kinase inhibitor."""
    antivegf: float
    """Its share with an antibody against the growth factor."""
    severe: float
    """How many are of grade 3 or 4."""
    immune: float = 0.0
    """How many are called immune related."""


# ASSUME: all shares are invented. They bear on nothing that the effects stand on: not
# on what visits call a severe adverse event, nor on survival.
TOXICITIES = {
    "hypothyroidism": Toxicity(8, 7, 0.01, 0.9),
    "hypertension": Toxicity(14, 12, 0.14),
    "proteinuria": Toxicity(8, 11, 0.06),
    "hand-foot skin reaction": Toxicity(12, 0, 0.10),
    "rash": Toxicity(9, 9, 0.03, 0.6),
    "pruritus": Toxicity(5, 6, 0.01, 0.5),
    "fatigue": Toxicity(12, 12, 0.03),
    "diarrhoea": Toxicity(10, 5, 0.04, 0.1),
    "decreased appetite": Toxicity(8, 7, 0.02),
    "AST increased": Toxicity(7, 7, 0.10, 0.3),
    "thrombocytopenia": Toxicity(6, 5, 0.10),
    "haemorrhage": Toxicity(2, 4, 0.15),
    "immune-mediated hepatitis": Toxicity(3, 4, 0.35, 1.0),
    "pneumonitis": Toxicity(2, 2, 0.25, 1.0),
    "colitis": Toxicity(1, 2, 0.30, 1.0),
    "myocarditis": Toxicity(0.5, 0.5, 0.50, 1.0),
}
"""Event to what it is like."""


def simulate_adverse_events(
    rng: np.random.Generator, regimens: pl.DataFrame
) -> pl.DataFrame:
    """Draw what happened on the drugs: as often as there was time on them.

    Parameters
    ----------
    rng
        Source of the random numbers.
    regimens
        As `simulate_treatments` gives them.

    Returns
    -------
    pl.DataFrame
        The dictionary's table, with `centre`: no event twice on one day of a patient,
        none before the first or after the last day of a regimen. `immune_related` is
        null where nobody said.
    """
    days = 1 + (regimens["until_date"] - regimens["start_date"]).dt.total_days()
    months = days.to_numpy() / DAYS_PER_MONTH
    drawn = np.repeat(np.arange(regimens.height), rng.poisson(RATE * months))
    events = regimens[drawn].select("centre", "patient_id", "regimen", "start_date")
    n = events.height
    after = np.floor(rng.uniform(size=n) * days.to_numpy()[drawn]).astype(int)
    terms = _draw_terms(rng, events["regimen"])
    severe, least, most, immune, noted = rng.uniform(size=(5, n))
    chance = {
        name: np.array([getattr(TOXICITIES[term], name) for term in terms])
        for name in ("severe", "immune")
    }
    # ASSUME: three in five of the mild are of grade 1, one in seven of the severe of 4.
    grade = np.where(
        severe < chance["severe"], np.where(most < 1 / 7, 4, 3), 1 + (least > 0.6)
    )
    return (
        events.select(
            "centre",
            "patient_id",
            onset_date=pl.col("start_date")
            + pl.duration(days=pl.lit(pl.Series(after))),
            term=pl.Series(terms, dtype=pl.String),
            ctcae_grade=pl.Series(grade).cast(pl.String),
            immune_related=pl.when(pl.Series(noted >= 0.05)).then(
                pl.Series(immune < chance["immune"])
            ),
        )
        .unique(["centre", "patient_id", "onset_date", "term"], keep="first")
        .sort("centre", "patient_id", "onset_date", "term")
    )


def _draw_terms(rng: np.random.Generator, regimens: pl.Series) -> list[str]:
    """Draw what each event is, by the drug beside the inhibitor."""
    spread = rng.uniform(size=len(regimens))
    names = list(TOXICITIES)
    place = np.empty(len(regimens), dtype=int)
    for partner in ("tki", "antivegf"):
        shares = np.cumsum([getattr(each, partner) for each in TOXICITIES.values()])
        own = (regimens == f"ici_{partner}").to_numpy()
        place[own] = np.searchsorted(shares / shares[-1], spread[own], side="right")
    return [names[each] for each in place]
