import csv
from itertools import zip_longest

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twoarm.disclosure.counts import (
    label_effects,
    suppress_audit,
    suppress_cells,
    suppress_effects,
    suppress_ledger,
    suppress_steps,
    suppress_tails,
)
from twoarm.disclosure.designs import (
    find_hidden,
    suppress_diagnostics,
    suppress_dropped,
    suppress_interactions,
    suppress_levels,
)
from twoarm.disclosure.text import neutralise
from twoarm.tables.cohort import Attrition, Audit
from twoarm.tables.contract import Table, dy
from twoarm.tables.diagnostics import Diagnostics, Dropped
from twoarm.tables.harmonisation import LEFT, Ledger
from twoarm.tables.propensity import Balance, Interactions
from twoarm.tables.survival import Curves, Effects

COLUMNS = {
    "effects": "endpoint, design, measure, term, months, estimate, std_error, "
    "conf_low, conf_high, p_value, n_treated, n_control, events_treated, "
    "events_control, method",
    "curves": "endpoint, design, arm, months, n_risk, n_event, n_censor, estimate, "
    "conf_low, conf_high",
    "balance": "design, covariate, level, mean_treated, mean_control, smd, "
    "variance_ratio, ks",
    "attrition": "step, reason, n_before, n_excluded, n_after",
}
BIASED = "biased: immortal time"


# Cells


@pytest.mark.parametrize(
    ("minimum", "shown"),
    [
        (5, [0, None, None, 5, 6, None]),
        (6, [0, None, None, None, 6, None]),
        (1, [0, 1, 4, 5, 6, None]),
    ],
)
def test_counts_from_one_to_below_the_minimum_are_blank(minimum, shown):
    table = pl.DataFrame({"n": [0, 1, 4, 5, 6, None], "other": [1] * 6})

    found = suppress_cells(table, ["n"], minimum_count=minimum)

    assert found["n"].to_list() == shown
    assert found["other"].to_list() == [1] * 6


def effect(**values):
    usual = {"endpoint": "os", "design": "unadjusted", "measure": "hazard_ratio"}
    usual |= {"term": "treated", "estimate": 0.5, "method": "Cox"}
    usual |= {"n_treated": 50, "n_control": 40}
    return {**usual, "events_treated": 20, "events_control": 10, **values}


def test_small_arms_and_few_events_are_blank_beside_an_estimate():
    found = suppress_effects(
        Effects.of([effect(n_treated=4, events_treated=3, events_control=0)]),
        minimum_count=5,
    )

    counts = ("n_treated", "n_control", "events_treated", "events_control")
    assert found.select(counts).row(0) == (None, 40, None, 0)
    assert found["estimate"].to_list() == [0.5]


def audit_row(arm, **values):
    usual = {"design": "unadjusted", "endpoint": "os", "arm": arm}
    usual |= {"n_patients": 50, "n_event": 9, "n_waiting": 0, "n_event_waiting": 0}
    usual |= {"n_before": 0, "n_crossover": 0, "median_year": 2019.5}
    usual |= {
        "person_months": 100.0,
        "immortal_months": 0.0,
        "shared_months": 0.0,
        "expected_events": 0.0,
    }
    usual |= {"median_wait_months": 2.5, "median_follow_up_months": 30.0}
    usual |= {"reason": "told apart in time", "verdict": "sound"}
    return {**usual, **values}


def test_small_counts_of_the_audit_are_blank():
    row = audit_row("Surgery", n_patients=4, n_event=1, n_waiting=5, n_before=4)
    row |= {"n_event_waiting": 2, "n_crossover": 3}

    found = suppress_audit(Audit.of([row]), minimum_count=5)

    counts = ("n_patients", "n_event", "n_waiting", "n_event_waiting", "n_before")
    assert found.select(counts).row(0) == (None, None, 5, None, None)
    assert found["n_crossover"].to_list() == [None]
    assert found["person_months"].to_list() == [100.0]


@pytest.mark.parametrize(("n_waiting", "shown"), [(4, False), (5, True), (0, True)])
def test_time_for_which_few_waited_is_not_shown(n_waiting, shown):
    own = {"immortal_months": 3.25, "expected_events": 1.5, "median_wait_months": 1.0}
    row = audit_row("Surgery", n_patients=20, n_waiting=n_waiting) | own

    found = suppress_audit(Audit.of([row]), minimum_count=5)

    values = found.select(list(own)).row(0)
    assert values == (tuple(own.values()) if shown else (None,) * 3)
    assert found["n_patients"].to_list() == [20]


@pytest.mark.parametrize(("n_patients", "shown"), [(4, False), (5, True), (0, True)])
def test_of_a_small_arm_no_median_is_shown(n_patients, shown):
    rows = [audit_row("Surgery", n_patients=n_patients), audit_row("No surgery")]

    found = suppress_audit(Audit.of(rows), minimum_count=5)

    medians = ("median_wait_months", "median_follow_up_months", "median_year")
    small, large = found.select(medians).rows()
    assert large == (2.5, 30.0, 2019.5)
    assert small == (large if shown else (None,) * 3)


def diagnostics(*rows):
    usual = dict.fromkeys(Diagnostics.create_empty().columns, 0)
    usual |= {"design": "unadjusted", "smd_max": 0.05, "smd_covariate": "age"}
    usual |= {"interaction_max": 0.3, "interaction_term": "age:male=yes"}
    usual |= {"prognosis_max": None, "verdict": "balanced"}
    return Diagnostics.of([{**usual, **row} for row in rows])


def label(*verdicts, audit=()):
    """Methods of the effects of designs that have these verdicts.

    `verdicts` are of balance, `audit` those of the audit, sound where there is none.
    """
    names = [f"d{place}" for place in range(len(verdicts))]
    rows = zip(names, verdicts, strict=True)
    audited = zip_longest(names, audit, fillvalue="sound")
    found = label_effects(
        Effects.of([effect(design=name) for name in names]),
        Audit.of(
            [
                audit_row(arm, design=name, verdict=each)
                for name, each in audited
                for arm in ("Surgery", "No surgery")
            ]
        ),
        diagnostics(*({"design": name, "verdict": each} for name, each in rows)),
    )
    return found["method"].to_list()


def test_biased_verdict_stands_beside_every_estimate():
    assert label("balanced", "balanced") == ["Cox", "Cox"]
    assert label("balanced", audit=[BIASED]) == [f"Cox; {BIASED}"]
    assert label("balanced", audit=["unknown"]) == ["Cox"]


def test_verdict_is_that_of_the_design():
    later = "biased: later information"

    found = label(*["balanced"] * 3, audit=[BIASED, "sound", later])

    assert found == [f"Cox; {BIASED}", "Cox", f"Cox; {later}"]


def test_verdict_is_that_of_the_endpoint():
    ends = ("pfs", "os")
    audit = [
        audit_row(arm, endpoint=end, verdict=verdict)
        for end, verdict in zip(ends, ("sound", BIASED), strict=True)
        for arm in ("Surgery", "No surgery")
    ]

    found = label_effects(
        Effects.of([effect(endpoint=end) for end in ends]),
        Audit.of(audit),
        diagnostics({}),
    )

    assert found.select("endpoint", "method").rows() == [
        ("pfs", "Cox"),
        ("os", f"Cox; {BIASED}"),
    ]
    assert found.columns == Effects.column_names()


def test_verdict_of_balance_travels_with_every_estimate():
    found = label("balanced", "not balanced: age 0.23", audit=[BIASED] * 2)

    assert found == [f"Cox; {BIASED}", f"Cox; {BIASED}; not balanced: age 0.23"]


# Tails of curves


def curve(arm, *points):
    return [
        {
            "endpoint": "os",
            "design": "unadjusted",
            "arm": arm,
            "months": months,
            "n_risk": n_risk,
            "n_event": 1,
            "n_censor": 0,
            "estimate": 0.5,
        }
        for months, n_risk in points
    ]


def test_curve_ends_where_few_are_at_risk():
    curves = Curves.of(curve("A", (0.0, 12), (1.0, 11), (2.0, 10), (3.0, 9), (4.0, 1)))

    found = suppress_tails(curves, minimum_at_risk=10)

    assert found["months"].to_list() == [0.0, 1.0, 2.0]


def test_arm_of_few_patients_keeps_time_0():
    curves = Curves.of(
        [*curve("A", (0.0, 3), (1.0, 3)), *curve("B", (0.0, 20), (1.0, 20))]
    )

    found = suppress_tails(curves, minimum_at_risk=10)

    assert found.select("arm", "months").rows() == [("A", 0.0), ("B", 0.0), ("B", 1.0)]


def test_arm_that_patients_enter_later_has_nobody_at_time_0():
    curves = Curves.of(curve("A", (0.0, 0), (1.0, 4), (2.0, 12)))

    found = suppress_tails(curves, minimum_at_risk=10)

    assert found["n_risk"].to_list() == [0, 12]


# Steps of attrition


def flow(*excluded, start=100):
    rows, left = [], start
    for step, out in enumerate((0, *excluded), 1):
        rows.append(
            {
                "step": step,
                "reason": "Patients read" if step == 1 else f"R{step - 1}",
                "n_before": left,
                "n_excluded": out,
                "n_after": left - out,
                "n_event_after": (left - out) // 2,
            }
        )
        left -= out
    return Attrition.of(rows)


def checked(found):
    """Steps as released: the contract's columns but the events, which stay inside."""
    assert found.columns == ["step", "reason", "n_before", "n_excluded", "n_after"]
    return Attrition.check(found.with_columns(n_event_after=pl.lit(None, pl.Int64)))


def steps(*excluded, start=100, minimum=5):
    found = suppress_steps(flow(*excluded, start=start), minimum_count=minimum)
    return checked(found).select("reason", "n_before", "n_after").rows()


def test_large_and_empty_steps_stay():
    assert steps(0, 5, 0, 20) == [
        ("Patients read", 100, 100),
        ("R1", 100, 100),
        ("R2", 100, 95),
        ("R3", 95, 95),
        ("R4", 95, 75),
    ]


def test_small_step_is_joined_with_the_next():
    assert steps(3, 20) == [("Patients read", 100, 100), ("R1; or R2", 100, 77)]


def test_small_steps_are_joined_until_they_are_many():
    assert steps(2, 2, 2, 7) == [
        ("Patients read", 100, 100),
        ("R1; or R2; or R3", 100, 94),
        ("R4", 94, 87),
    ]


def test_small_last_step_is_joined_with_the_one_before():
    assert steps(20, 3) == [("Patients read", 100, 100), ("R1; or R2", 100, 77)]


def test_step_that_excluded_nobody_hides_no_small_one():
    assert steps(20, 0, 3) == [("Patients read", 100, 100), ("R1; or R3", 100, 77)]
    assert steps(3, 0, 20) == [("Patients read", 100, 100), ("R1; or R3", 100, 77)]


@pytest.mark.parametrize("excluded", [(3,), (0, 3), (3, 0), (2, 0, 2)])
def test_small_step_alone_is_left_out_of_all_counts(excluded):
    found = steps(*excluded)

    left = 100 - sum(excluded)
    assert all(before == after == left for _, before, after in found)
    read = "Patients read, without the few who left later"
    names = [read, *(f"R{k}" for k, n in enumerate(excluded, 1) if not n)]
    assert [reason for reason, *_ in found] == names


def test_steps_are_numbered_anew():
    found = suppress_steps(flow(3, 20, 7), minimum_count=5)

    assert found["step"].to_list() == [1, 2, 3]


def test_minimum_of_1_hides_no_step():
    table = flow(1, 0, 3, 2)

    found = suppress_steps(table, minimum_count=1)
    assert found.equals(table.drop("n_event_after"))


@given(st.lists(st.integers(0, 12), max_size=8), st.integers(0, 30), st.integers(1, 10))
@settings(max_examples=300, deadline=None)
def test_no_released_step_excludes_few(excluded, left, minimum):
    table = flow(*excluded, start=left + sum(excluded))

    found = checked(suppress_steps(table, minimum_count=minimum))

    out = found["n_excluded"].to_list()
    assert not any(0 < each < minimum for each in out)
    before, after = found["n_before"].to_list(), found["n_after"].to_list()
    assert before[1:] == after[:-1]
    assert [b - a for b, a in zip(before, after, strict=True)] == out
    assert after[-1] == left
    assert sum(out) in (0, sum(excluded))
    few = sum(out) < sum(excluded)
    ending = ", without the few who left later" if few else ""
    assert found["reason"][0] == "Patients read" + ending


# Levels of balance


def levels(*rows, n=(100, 100)):
    """Rows of (covariate, level, treated, control): patients at the level."""
    return Balance.of(
        [
            {
                "design": "unadjusted",
                "covariate": covariate,
                "level": level,
                "mean_treated": treated / n[0],
                "mean_control": control / n[1],
                "smd": 0.1,
                "ks": 0.1,
                "ecdf_mean": 0.1,
                "n_treated": treated,
                "n_control": control,
            }
            for covariate, level, treated, control in rows
        ]
    )


def sizes(**arms):
    """Design to the sizes of its arms; 100 each of all if left out."""
    arms = {"unadjusted": (100, 100), **arms}
    return diagnostics(
        *({"design": name, "n_treated": n[0], "n_control": n[1]}
          for name, n in arms.items())
    )  # fmt: skip


def blanked(table, minimum=5, **arms):
    return suppress_levels(
        table, find_hidden(table, sizes(**arms), minimum_count=minimum)
    )


def shown(table, minimum=5, **arms):
    found = blanked(table, minimum, **arms)
    figures = found.select("mean_treated", "mean_control", "smd", "ks")
    blank = figures.select(pl.all().is_null()).rows()
    assert all(len(set(row)) == 1 for row in blank)
    return [not row[0] for row in blank]


@pytest.mark.parametrize(
    ("treated", "control", "stays"),
    [
        (50, 50, True),
        (5, 95, True),
        (4, 50, False),
        (50, 4, False),
        (1, 1, False),
        (0, 50, True),
        (0, 0, True),
        (96, 50, False),
        (50, 99, False),
        (100, 100, True),
    ],
)
def test_level_that_few_of_an_arm_have_or_lack_is_blank(treated, control, stays):
    assert shown(levels(("male", "yes", treated, control))) == [stays]


def test_other_levels_do_not_give_a_small_one_away():
    table = levels(
        ("grade", "1", 60, 60),
        ("grade", "2", 37, 30),
        ("grade", "3", 3, 10),
        ("male", "yes", 40, 40),
    )

    assert shown(table) == [False, False, False, True]


def test_level_is_hidden_in_the_design_where_it_is_small():
    small = levels(("male", "yes", 4, 10), n=(20, 20))
    table = pl.concat(
        [
            levels(("male", "yes", 40, 40)),
            small.with_columns(design=pl.lit("matched")),
        ]
    )

    assert shown(table, matched=(20, 20)) == [True, False]


def weighted(n_treated, share):
    """A level of a weighted design: its share tells no count, but its number does."""
    return levels(("male", "yes", n_treated, 40)).with_columns(mean_treated=share)


def test_who_lacks_a_level_is_counted_without_weights():
    assert shown(weighted(97, 0.5)) == [False]
    assert shown(weighted(50, 0.97)) == [True]


@pytest.mark.parametrize(
    ("n", "at_level", "stays"),
    [
        (60, 30, True),  # ten of the 40 left out have the level
        (60, 38, False),  # two of them have it
        (60, 2, False),
        (57, 0, False),  # of the 43 left out three lack it
        (97, 40, False),  # three are left out, and every mean tells them
        (100, 38, True),  # others, so that nothing can be had by a difference
    ],
)
def test_level_that_few_left_out_have_or_lack_is_blank(n, at_level, stays):
    part = levels(("male", "yes", at_level, 40)).with_columns(design=pl.lit("matched"))
    table = pl.concat([levels(("male", "yes", 40, 40)), part])

    assert shown(table, matched=(n, 100)) == [True, stays]


@pytest.mark.parametrize(("n", "stays"), [(100, True), (97, False), (95, True)])
def test_continuous_covariate_is_shown_unless_few_are_left_out(n, stays):
    row = {"covariate": "age", "mean_treated": 1.5, "mean_control": 2.0, "smd": 0.3}
    rows = [{"design": name, "ks": 0.2, **row} for name in ("unadjusted", "trimmed")]

    assert shown(Balance.of(rows), trimmed=(n, 100)) == [True, stays]


def test_counts_of_levels_leave_the_table():
    found = blanked(levels(("male", "yes", 50, 50)))

    assert found.columns == COLUMNS["balance"].split(", ")


@given(
    st.lists(
        st.lists(st.integers(0, 30), min_size=3, max_size=3).filter(sum),
        min_size=2,
        max_size=2,
    ),
    st.integers(1, 10),
)
@settings(max_examples=100, deadline=None)
def test_no_count_can_be_computed_from_the_released_shares(counts, minimum):
    treated, control = counts
    n = (sum(treated), sum(control))
    rows = [("grade", str(k), treated[k], control[k]) for k in range(3)]

    found = blanked(levels(*rows, n=n), minimum, unadjusted=n)

    for arm, size in zip(("treated", "control"), n, strict=True):
        shares = found[f"mean_{arm}"].drop_nulls()
        for told in (shares * size, size - shares * size):
            assert not told.round(6).is_between(0.5, minimum - 0.5).any()
        assert len(shares) in (0, 3)


# Interactions, diagnostics, who was left out

HIDDEN = pl.DataFrame({"design": ["unadjusted"], "covariate": ["male"]})


def test_hidden_covariates_are_those_that_balance_blanks():
    table = levels(("male", "yes", 3, 40), ("old", "yes", 40, 40))

    assert find_hidden(table, sizes(), minimum_count=5).equals(HIDDEN)
    assert find_hidden(table, sizes(), minimum_count=1).is_empty()


def test_products_with_a_hidden_covariate_are_left_out():
    terms = ["age^2", "age:male=yes", "age:female=yes", "grade=3:male=yes"]
    rows = [{"design": "unadjusted", "term": term, "smd": 0.1} for term in terms]
    rows.append({"design": "other", "term": "age:male=yes", "smd": 0.1})

    found = suppress_interactions(Interactions.of(rows), HIDDEN)

    assert found.select("design", "term").rows() == [
        ("unadjusted", "age^2"),
        ("unadjusted", "age:female=yes"),
        ("other", "age:male=yes"),
    ]


def test_diagnostics_hide_small_counts_and_hidden_covariates():
    verdict = "not balanced: male 0.23"
    rows = diagnostics(
        {"smd_covariate": "male", "smd_max": 0.23, "verdict": verdict, "n_treated": 4},
        {"design": "other", "n_treated_out": 3, "n_control_out": 6},
    )

    found = suppress_diagnostics(rows, HIDDEN, minimum_count=5).to_dicts()

    assert found[0]["n_treated"] is None
    for name in ("smd_max", "smd_covariate", "interaction_max", "interaction_term"):
        assert found[0][name] is None
        assert found[1][name] is not None
    assert found[0]["verdict"] == "not balanced"


@pytest.mark.parametrize(
    ("n_treated", "shown"),
    [
        (97, 3),  # had by a subtraction, so that a blank would hide nothing
        (92, None),  # others than those of all
        (None, None),
    ],
)
def test_few_left_out_are_blank_unless_the_arms_tell_them(n_treated, shown):
    whole = {"n_treated": 100}
    part = {"design": "other", "n_treated": n_treated, "n_treated_out": 3}
    rows = diagnostics(whole, part)

    found = suppress_diagnostics(rows, HIDDEN, minimum_count=5)

    assert found["n_treated_out"].to_list() == [0, shown]


@pytest.mark.parametrize(("treated", "shown"), [(3, None), (9, 19)])
def test_events_of_all_do_not_tell_the_few_of_an_arm(treated, shown):
    rows = [
        audit_row("A", n_patients=30, n_event=treated),
        audit_row("B", n_patients=40, n_event=10),
        audit_row("A", n_patients=30, n_event=9, design="at_risk"),
        audit_row("B", n_patients=70, n_event=10 + treated, design="at_risk"),
    ]

    found = suppress_audit(Audit.of(rows), minimum_count=5)

    assert found["n_event"].to_list() == [treated if shown else None, 10, 9, shown]


@pytest.mark.parametrize(("n", "shown"), [(47, None), (45, 45), (50, 50)])
def test_few_whom_an_endpoint_leaves_out_are_no_difference(n, shown):
    rows = [effect(), effect(endpoint="rfs", measure="survival", term="A", n_treated=n)]
    rows += [effect(design="matched", n_treated=47)]

    found = suppress_effects(Effects.of(rows), minimum_count=5)

    assert found["n_treated"].to_list() == [50, shown, 47]


def test_few_left_out_by_the_audit_are_told_where_the_arms_tell_them():
    arms = [("A", 50, 46), ("B", 40, 40)]
    rows = [audit_row(arm, n_patients=n) for arm, n, _ in arms]
    rows += [
        audit_row(arm, n_patients=n, n_before=4, design=design, endpoint=endpoint)
        for arm, _, n in arms
        for design, endpoint in (("day_60", "os"),)
    ]
    rows += [{**row, "design": "other", "n_patients": 45} for row in rows[2:]]

    found = suppress_audit(Audit.of(rows), minimum_count=5)

    assert found["n_before"].to_list() == [0, 0, 4, 4, None, None]


@pytest.mark.parametrize(
    ("verdict", "shown"),
    [
        ("not balanced: male=yes without spread", "not balanced"),
        ("not balanced: age 0.23", "not balanced: age 0.23"),
        ("balanced", "balanced"),
    ],
)
def test_verdict_names_no_hidden_covariate(verdict, shown):
    rows = diagnostics({"verdict": verdict})

    found = suppress_diagnostics(rows, HIDDEN, minimum_count=5)

    assert found["verdict"].to_list() == [shown]


def test_diagnostics_hide_small_counts():
    rows = diagnostics({}, {"design": "other", "n_treated_out": 3, "n_control_out": 6})

    found = suppress_diagnostics(rows, HIDDEN, minimum_count=5).to_dicts()

    assert (found[1]["n_treated_out"], found[1]["n_control_out"]) == (None, 6)


def left(level, n_kept, n_dropped, kept, dropped, covariate="male", arm="treated"):
    return {
        "design": "matched",
        "arm": arm,
        "covariate": covariate,
        "level": level,
        "mean_kept": kept,
        "mean_dropped": dropped,
        "n_kept": n_kept,
        "n_dropped": n_dropped,
    }


@pytest.mark.parametrize(
    ("row", "stays"),
    [
        (left("yes", 60, 20, 0.5, 0.5), True),
        (left("yes", 60, 4, 0.5, 0.5), False),
        (left(None, 60, 4, 51.0, 48.0), False),
        (left(None, 60, 20, 51.0, 48.0), True),
        (left(None, 60, 20, 0.05, 0.04), True),
        (left("yes", 60, 20, 0.05, 0.5), False),
        (left("yes", 60, 20, 0.5, 0.9), False),
        (left("yes", 60, 20, 0.0, 1.0), True),
    ],
)
def test_of_who_was_left_out_no_small_count_is_shown(row, stays):
    found = suppress_dropped(Dropped.of([row]), minimum_count=5)

    assert found.height == stays


# Ledger


def entry(table, n_used, n_quarantined, file="mueller.csv"):
    return {
        "centre": "a",
        "table": table,
        "file": file,
        "n_read": n_used + n_quarantined,
        "n_used": n_used,
        "n_quarantined": n_quarantined,
        "n_merged": 0,
        "n_elsewhere": 0,
    }


def test_ledger_names_no_file_and_hides_few_rows_set_aside():
    ledger = Ledger.of(
        [entry("labs", 90, 4), entry("patients", 90, 5), entry("surgeries", 7, 0)]
    )

    found = suppress_ledger(ledger, minimum_count=5)

    assert found.columns == ["centre", "table", "n_read", "n_used", *LEFT]
    assert found.rows() == [
        ("a", "labs", *[None] * 5),
        ("a", "patients", 95, 90, 5, 0, 0),
        ("a", "surgeries", 7, 7, 0, 0, 0),
    ]


def test_files_of_a_table_are_counted_together():
    ledger = Ledger.of([entry("labs", 90, 3), entry("labs", 50, 4, file="b.csv")])

    found = suppress_ledger(ledger, minimum_count=5)

    assert found.rows() == [("a", "labs", 147, 140, 7, 0, 0)]


# Formulas


class Words(Table):
    """Text of any kind."""

    word = dy.String(primary_key=True, nullable=False)


FORMULAS = ["=1+1", "+cmd", "-cmd", "@sum", "\tx", "\rx", "=", "-1+2", "--1"]
HARMLESS = ["A", "-1", "+1.5", "-.5", "a=b", "", "'quoted'", "1-2", "<script>"]


def test_what_a_spreadsheet_would_run_gets_an_apostrophe():
    found = neutralise(pl.DataFrame({"word": FORMULAS}))

    assert found["word"].to_list() == ["'" + text for text in FORMULAS]


def test_other_text_and_numbers_stay():
    table = pl.DataFrame({"word": [*HARMLESS, None], "n": [-1] * (len(HARMLESS) + 1)})

    assert neutralise(table).equals(table)


def test_neutralised_text_is_read_back_as_it_was(tmp_path):
    words = [*FORMULAS, *HARMLESS, "'=1+1", "''=1", "'-1", "'"]
    table = pl.DataFrame({"word": words})
    neutralise(table).write_csv(tmp_path / "words.csv")

    assert Words.read_csv(tmp_path / "words.csv")["word"].to_list() == words


@given(st.text("'=-+@1a. ", max_size=5))
@settings(max_examples=200, deadline=None)
def test_no_text_is_left_that_a_spreadsheet_would_run(text):
    (found,) = neutralise(pl.DataFrame({"word": [text]}))["word"]

    assert found in (text, "'" + text)
    if found[:1] in tuple("=+-@"):
        float(found)


# The rule


def write_inputs(folder, hostile="=cmd|'/c calc'!A1"):
    contents = {
        "effects_os": (Effects, [effect(events_treated=3, std_error=0.2)]),
        "effects_pfs": (Effects, [effect(endpoint="pfs", term=hostile)]),
        "curves_os": (Curves, curve("A", (0.0, 12), (1.5, 8))),
        "curves_pfs": (
            Curves,
            [{**row, "endpoint": "pfs"} for row in curve("A", (0.0, 12), (1.5, 12))],
        ),
        "audit": (Audit, [audit_row("A", n_event=2), audit_row("B")]),
        "ledger": (Ledger, [entry("labs", 90, 4)]),
    }
    for name, (contract, rows) in contents.items():
        contract.write(contract.of(rows), folder / f"{name}.parquet")
    Attrition.write(flow(3, 20), folder / "attrition.parquet")
    balance = levels(("male", "yes", 3, 40), ("old", "yes", 40, 40))
    Balance.write(balance, folder / "balance.parquet")
    product = {"design": "unadjusted", "term": "male=yes:old=yes", "smd": 0.2}
    Interactions.write(Interactions.of([product]), folder / "interactions.parquet")
    Diagnostics.write(diagnostics({}), folder / "diagnostics.parquet")
    Dropped.write(
        Dropped.of([left("yes", 60, 4, 0.5, 0.5)]), folder / "dropped.parquet"
    )


@pytest.fixture
def suppress(script, tmp_path):
    def run(minimum_count=5, minimum_at_risk=10):
        write_inputs(tmp_path)
        names = "effects curves balance interactions diagnostics dropped attrition "
        names = [*names.split(), "audit", "ledger"]
        one = ("balance", "interactions", "diagnostics", "dropped", *names[-3:])
        ends = ("os", "pfs")
        script("disclosure/suppress_counts").main(
            effects_in=[tmp_path / f"effects_{end}.parquet" for end in ends],
            curves_in=[tmp_path / f"curves_{end}.parquet" for end in ends],
            **{f"{name}_in": tmp_path / f"{name}.parquet" for name in one},
            tables=[tmp_path / f"{name}.csv" for name in names],
            minimum_count=minimum_count,
            steps={
                "tick_months": 12,
                "minimum_at_risk": minimum_at_risk,
                "minimum_mark": 1,
            },
        )
        found = {}
        for name in names:
            with (tmp_path / f"{name}.csv").open(encoding="utf-8", newline="") as file:
                found[name] = list(csv.DictReader(file))
        return found

    return run


@pytest.mark.parametrize("name", COLUMNS)
def test_file_has_just_the_columns_of_the_contract(suppress, name):
    (first, *_) = suppress()[name]

    assert list(first) == COLUMNS[name].split(", ")


def test_small_counts_are_empty_cells(suppress):
    found = suppress()

    assert [row["events_treated"] for row in found["effects"]] == ["", "20"]
    assert [(row["endpoint"], row["months"]) for row in found["curves"]] == [
        ("os", "0.0"),
        ("pfs", "0.0"),
        ("pfs", "1.5"),
    ]
    assert [row["mean_treated"] for row in found["balance"]] == ["", "0.4"]
    assert [row["n_after"] for row in found["attrition"]] == ["100", "77"]
    assert [row["n_event"] for row in found["audit"]] == ["", "9"]
    assert found["ledger"][0]["n_quarantined"] == ""


def test_formula_in_a_label_is_neutralised(suppress):
    terms = [row["term"] for row in suppress()["effects"]]

    assert terms == ["treated", "'=cmd|'/c calc'!A1"]


def test_minimum_of_1_shows_all(suppress):
    found = suppress(minimum_count=1, minimum_at_risk=1)

    assert found["effects"][0]["events_treated"] == "3"
    assert len(found["curves"]) == 4
    assert found["balance"][0]["mean_treated"] == "0.03"
    assert [row["n_excluded"] for row in found["attrition"]] == ["0", "3", "20"]
    assert found["audit"][0]["n_event"] == "2"
    assert found["ledger"][0]["n_quarantined"] == "4"


def test_no_file_of_the_parts_is_left(suppress, tmp_path):
    suppress()

    assert not list(tmp_path.glob(".*"))


def test_number_of_an_arm_that_is_too_small_is_blank_at_time_0():
    curves = pl.DataFrame({"months": [0.0, 1.0], "n_risk": [6, 5]})

    found = suppress_tails(curves, minimum_at_risk=10)

    assert found.rows() == [(0.0, None)]
