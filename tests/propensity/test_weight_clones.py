import polars as pl
import pytest

from twoarm.errors import InputError
from twoarm.propensity.cloned import clone_design, refit_cloned, weight_cloned
from twoarm.tables.cohort import Patients
from twoarm.tables.propensity import Clones

ENDPOINTS = ["os", "pfs"]
DESIGN = {
    "covariates": ["sick"],
    "grace_days": 30,
    "model": "two_part",
    "interval_days": None,
    "penalty": 0.0,
    "stabilised": False,
    "truncate": None,
    "cap": None,
}


@pytest.fixture
def six(filled):
    """Patients a to f of test_cloning_weights; c progresses on day 15."""
    return filled(
        pl.DataFrame(
            {
                "patient_id": list("abcdef"),
                "treatment_days": [10.0, None, None, 10, 20, None],
                "treated": [True, False, False, True, True, False],
                "os_days": [90.0, 80, 50, 100, 60, 70],
                "os_event": [True, False, True, False, True, True],
                "pfs_days": [90.0, 80, 15, 100, 60, 70],
                "pfs_event": [True, False, True, False, True, True],
                "sick": [0.0, 0, 0, 1, 1, 1],
            }
        )
    )


def weight(patients, **changed):
    design = {**DESIGN, **changed}
    copies = clone_design(patients, design, ENDPOINTS, "grace")
    rows = weight_cloned(patients, copies, design, "grace")
    return Clones.check(rows.select(Clones.column_names()))


def stretches(clones, patient, *, treated):
    rows = clones.filter(patient_id=patient, treated=treated).sort("entry_days")
    return rows.select("entry_days", "exit_days").rows(), rows["weight"].to_list()


# The weights are those that test_cloning_weights works out by hand.
@pytest.mark.parametrize(
    ("patient", "days", "weights"),
    [
        # An event of day 30 finds the weight it had; after it a weighs 2.
        ("a", [(0, 30.25), (30.25, None)], [1, 2]),
        ("b", [(0, 30)], [1]),
        ("c", [(0, None)], [1]),
        ("d", [(0, 30.25), (30.25, None)], [1, 3 / 2]),
        ("f", [(0, 30)], [1]),
    ],
)
def test_treated_clones_by_hand(six, patient, days, weights):
    found = stretches(weight(six), patient, treated=True)

    assert found == (days, pytest.approx(weights))


@pytest.mark.parametrize(
    ("patient", "days", "weights"),
    [
        ("a", [(0, 9.5)], [1]),
        ("b", [(0, 9.5), (9.5, 19.5), (19.5, None)], [1, 7 / 5, 371 / 200]),
        # Treatment is impossible once any endpoint has come: the weight stays.
        ("c", [(0, 9.5), (9.5, None)], [1, 7 / 5]),
        ("e", [(0, 9.5), (9.5, 19.5)], [1, 21 / 13]),
    ],
)
def test_control_clones_by_hand(six, patient, days, weights):
    found = stretches(weight(six), patient, treated=False)

    assert found == (days, pytest.approx(weights))


def test_everybody_is_followed_in_both_arms_without_a_gap(six):
    for (_, _), rows in weight(six).group_by("patient_id", "treated"):
        ordered = rows.sort("entry_days")
        assert ordered["entry_days"][0] == 0
        assert ordered["entry_days"][1:].equals(ordered["exit_days"][:-1])
    clones = weight(six)
    assert clones.select("patient_id", "treated").unique().height == 12


def test_a_bootstrap_of_all_has_the_same_weights(six):
    copies = clone_design(six, DESIGN, ENDPOINTS, "grace", endpoint="os")

    again = refit_cloned(copies, DESIGN)(pl.Series(range(6)).to_numpy())

    for arm, treated in zip(again, (True, False), strict=True):
        rows = weight(six).filter(treated=treated).sort("patient_id", "entry_days")
        assert arm.weight.tolist() == pytest.approx(rows["weight"].to_list())


def test_fault_names_the_design(six):
    with pytest.raises(InputError, match=r"^design grace: "):
        weight(six.with_columns(treatment_days=pl.lit(None, pl.Float64)))
    with pytest.raises(InputError, match=r"^design grace: "):
        weight(six, cap=0.5)


def test_script_writes_the_clones_of_every_design(script, six, tmp_path):
    Patients.write(six, tmp_path / "patients.parquet")

    for cloned in ({"one": DESIGN, "two": {**DESIGN, "cap": 1.5}}, {}):
        script("propensity/weight_clones").main(
            tmp_path / "patients.parquet",
            tmp_path / "clones.parquet",
            cloned=cloned,
            endpoints=ENDPOINTS,
        )

        clones = Clones.read(tmp_path / "clones.parquet")
        assert set(clones["design"]) == {*cloned}
        if cloned:
            one = clones.filter(design="one").drop("design")
            assert one.equals(weight(six).drop("design").sort(one.columns[:3]))
            assert clones.filter(design="two")["weight"].max() == 1.5
