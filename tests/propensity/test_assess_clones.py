import numpy as np
import polars as pl
import pytest

from twoarm.disclosure.clones import suppress_clones
from twoarm.propensity.cloning_summary import list_months
from twoarm.tables.clones import ClonesOverTime

DESIGN = {
    "method": "cloning",
    "covariates": ["sick"],
    "grace_days": 40.0,
    "model": "two_part",
    "interval_days": 7,
    "penalty": 0.0,
    "stabilised": False,
    "truncate": None,
    "cap": None,
    "varying": [],
}
LABELS = {"treated": "Surgery", "control": "None"}


@pytest.fixture
def written(script, filled, tmp_path):
    """The table of 60 patients; half are treated by day 30, six after day 40."""
    size = 60
    wait = np.r_[np.arange(1, 31), np.full(6, 50), np.full(24, np.nan)]
    patients = pl.DataFrame(
        {
            "patient_id": [f"p{k:02d}" for k in range(size)],
            "treated": ~np.isnan(wait),
            "treatment_days": wait,
            "os_days": np.full(size, 90.0),
            "os_event": np.arange(size) % 3 == 0,
            "sick": (np.arange(size) % 2).astype(float),
        }
    ).with_columns(pl.col("treatment_days").fill_nan(None))
    filled(patients).write_parquet(tmp_path / "patients.parquet")
    path = tmp_path / "clones.parquet"
    script("propensity/assess_clones").main(
        tmp_path / "patients.parquet", [], path,
        endpoints=["os"], cloned={"cloned": DESIGN}, labels=LABELS, horizons=[91.0],
    )  # fmt: skip
    return ClonesOverTime.read(path)


def test_months_and_the_grace_period_are_told(written):
    days = written.filter(arm="None")["days"].to_list()

    assert days == list_months(40.0, [91.0])
    assert set(written["endpoint"]) == {"os"}


def test_late_treatments_stay_in_the_control_arm(written):
    last = written.filter(days=60.875)

    assert dict(last.select("arm", "n_late").iter_rows()) == {"None": 6, "Surgery": 0}
    after = written.filter(days=40.0)
    # Thirty were treated: the treated clones of the others leave, and their controls.
    assert dict(after.select("arm", "n_at_risk").iter_rows()) == {
        "None": 30,
        "Surgery": 30,
    }


def test_few_clones_have_no_weights_shown(written):
    few = written.with_columns(n_at_risk=pl.lit(3, pl.Int64), n_late=2)

    shown = suppress_clones(few, minimum_mark=5)

    assert shown["n_at_risk"].null_count() == shown["n_late"].null_count() == 10
    for name in ("largest_weight", "weight_q50", "effective_n", "largest_share"):
        assert shown[name].null_count() == shown.height
    assert suppress_clones(written, minimum_mark=5)["largest_weight"].null_count() == (
        written["largest_weight"].null_count()
    )
