"""Nested trials as pySEQTarget expands them: `python sequential_peer.py PATIENTS OUT`.

PATIENTS is what sequential_rows.py writes; OUT is sequential_peer.json. Needs
pySEQTarget 0.14.3, which tests do not. A period is a window of ten days: who is
followed beyond its end has a row, treated from the window of the treatment on; the
outcome of a row is an event in the ten days that follow.
"""

import json
import sys

import polars as pl
from pySEQTarget import SEQopts, SEQuential

WIDTH, TRIALS = 10.0, 4
rows = []
for one in pl.read_csv(sys.argv[1]).sort("patient_id").iter_rows(named=True):
    wait, ends = one["treatment_days"], one["pfs_days"]
    wait = float("inf") if wait is None or wait > ends else wait
    period = 0
    while ends > (day := WIDTH * (period + 1)):
        last = ends <= day + WIDTH
        rows.append(
            {
                "id": one["patient_id"],
                "time": period,
                "eligible": int(wait > day - WIDTH and period < TRIALS),
                "treatment": int(wait <= day),
                "outcome": int(last and one["pfs_event"]),
                "age": one["age"],
            }
        )
        period += 1
study = SEQuential(
    pl.DataFrame(rows), "id", "time", "eligible", "treatment", "outcome",
    fixed_cols=["age"], method="ITT", parameters=SEQopts(expand_only=True),
)  # fmt: skip
study.expand()
arms = (
    study.DT.group_by("trial", "treatment_bas")
    .agg(
        n=pl.col("id").n_unique(),
        n_periods=pl.len(),
        n_event=pl.col("outcome").sum(),
    )
    .sort("trial", "treatment_bas")
)
with open(sys.argv[2], "w") as file:  # noqa: PTH123
    json.dump(arms.to_dicts(), file)
