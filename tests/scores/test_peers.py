"""Scores against the numbers of clincalc 0.4.0 (PyPI), which has them in mg/dL."""

import polars as pl
import pytest

from twoarm.scores.catalogue import list_scores
from twoarm.scores.kidney import CREATININE_FACTOR
from twoarm.scores.liver import BILIRUBIN_FACTOR

SCORES = list_scores()
PEER = {
    "egfr": [
        (194.1, 50, True, 27),
        (202.7, 80, True, 21),
        (276.3, 21, True, 21),
        (89.9, 49, False, 90),
        (143.3, 80, False, 43),
        (205.1, 49, False, 34),
    ],
    "fib_4": [
        (58, 199, 109, 53, 20.86),
        (67, 50, 26, 244, 2.69),
        (62, 87, 20, 249, 4.84),
        (26, 131, 78, 202, 1.91),
        (71, 192, 109, 251, 5.2),
        (83, 111, 119, 236, 3.58),
    ],
    "child_pugh_converted": [
        (3.0, 35, 2.3, "mild", "none", 9),
        (2.0, 28, 1.7, "severe", "mild", 11),
        (3.5, 38, 1.6, "mild", "severe", 10),
        (2.6, 29, 1.9, "mild", "severe", 11),
        (0.7, 40, 1.4, "severe", "severe", 9),
        (3.0, 36, 1.5, "severe", "severe", 10),
        (0.8, 29, 2.4, "none", "mild", 9),
        (1.9, 37, 1.9, "severe", "mild", 9),
        (4.0, 32, 1.4, "none", "none", 8),
    ],
    "meld": [
        (9.2, 1.3, 0.6, False, 18),
        (9.4, 1.0, 1.2, False, 17),
        (5.1, 2.8, 4.8, False, 37),
        (7.2, 2.3, 2.8, False, 33),
        (8.6, 2.9, 3.3, False, 38),
        (6.8, 1.4, 3.7, False, 30),
        (14.7, 2.1, 2.8, True, 38),
        (6.5, 0.9, 3.1, False, 24),
    ],
    "meld_3": [
        (9.7, 2.2, 0.8, 141, 38, False, False, 24),
        (4.5, 2.1, 2.7, 120, 39, True, False, 38),
        (7.1, 1.6, 3.2, 130, 33, False, False, 34),
        (4.3, 1.1, 4.0, 138, 31, True, False, 27),
        (7.8, 1.5, 3.4, 141, 25, False, False, 31),
        (2.0, 1.6, 1.9, 134, 35, False, False, 23),
        (1.7, 1.4, 3.8, 128, 19, True, False, 31),
        (8.2, 2.6, 1.4, 125, 36, True, False, 33),
        (12.5, 2.2, 0.9, 133, 21, False, False, 28),
        (4.4, 1.8, 2.1, 133, 14, True, False, 31),
    ],
}
FACTORS = {
    "bilirubin_umol_l": BILIRUBIN_FACTOR,
    "creatinine_umol_l": CREATININE_FACTOR,
}
DECIMALS = {"egfr": 0, "fib_4": 2}


@pytest.mark.parametrize("name", PEER)
def test_peer_has_the_same_numbers(name):
    *columns, told = zip(*PEER[name], strict=True)
    rows = pl.DataFrame(dict(zip(SCORES[name].inputs, columns, strict=True)))
    if name != "egfr":
        rows = rows.with_columns(
            pl.col(each) * factor
            for each, factor in FACTORS.items()
            if each in rows.columns
        )

    found = rows.select(SCORES[name]()).to_series()

    assert found.round(DECIMALS.get(name, 0)).to_list() == [*told]
