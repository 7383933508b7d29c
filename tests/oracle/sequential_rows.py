"""Write weighted rows of nested trials, and the patients: `... ROWS.csv PATIENTS.csv`.

The rows are for sequential.R, the patients for sequential_peer.py.

Run from the root with tests/propensity on the path of Python.
"""

import sys

import polars as pl
from test_weight_trials import LABELS, cohort, members_of

from twoarm.survival.curves import arms_of

parts = []
for follow in ("as_assigned", "per_protocol"):
    patients = cohort()
    members, _, _ = members_of(patients, follow=follow)
    arms = arms_of(patients, members, endpoint="os", labels=LABELS)
    for name, arm in arms.items():
        columns = {
            "id": arm.patient_id, "start": arm.entry, "stop": arm.time,
            "event": arm.event.astype(int), "weight": arm.weight,
        }  # fmt: skip
        treated = pl.lit(int(name == "treated"))
        own = pl.DataFrame(columns).with_columns(follow=pl.lit(follow), treated=treated)
        parts.append(own)
pl.concat(parts).write_csv(sys.argv[1])
own = ["patient_id", "treatment_days", "pfs_days", "pfs_event", "age"]
cohort().select(own).write_csv(sys.argv[2])
