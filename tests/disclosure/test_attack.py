"""The intruder: what is blank cannot be had from what is told.

Hand-made cases of which one knows the answer, random small cohorts through the real
functions, and the tables of a study that was run, where there is one.
"""

import importlib.util
from itertools import pairwise
from pathlib import Path
from random import Random

import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from twoarm.disclosure.counts import suppress_effects, suppress_ledger, suppress_steps
from twoarm.disclosure.description import suppress_description, suppress_missingness
from twoarm.disclosure.designs import (
    find_hidden,
    suppress_diagnostics,
    suppress_dropped,
    suppress_levels,
)
from twoarm.disclosure.exports import suppress_quality
from twoarm.tables.cohort import Attrition, Missingness
from twoarm.tables.description import Description
from twoarm.tables.diagnostics import Diagnostics, Dropped
from twoarm.tables.harmonisation import LEFT, Ledger
from twoarm.tables.propensity import Balance
from twoarm.tables.quality import Quality
from twoarm.tables.survival import Effects

spec = importlib.util.spec_from_file_location(
    "intruder", Path(__file__).with_name("intruder.py")
)
intruder = importlib.util.module_from_spec(spec)
spec.loader.exec_module(intruder)
Intruder, MOST = intruder.Intruder, intruder.MOST
attack, find_leaks = intruder.attack, intruder.find_leaks
ARMS = ("treated", "control")


# By hand


def test_one_blank_of_a_sum_is_known():
    eve = Intruder()
    eve.add(["a", "b", "c"], "all")
    for cell, count in (("a", 10), ("b", None), ("c", 7), ("all", 20)):
        eve.tell(cell, count)

    assert eve.range_of("b") == (3, 3)
    assert find_leaks(eve, {"b": 3}, 5) == {"b": (3, 3, 3)}


def test_two_blanks_of_a_sum_are_not():
    eve = Intruder()
    eve.add(["a", "b", "c"], "all")
    for cell, count in (("a", None), ("b", None), ("c", 7), ("all", 20)):
        eve.tell(cell, count)

    assert eve.range_of("b") == (0, 13)
    assert find_leaks(eve, {"b": 3}, 5) == {}


def test_a_chain_of_sums_tells_what_none_alone_does():
    """Two rows and two columns of a square, and one of its four cells."""
    eve = Intruder()
    eve.add(["a", "b"], "row")
    eve.add(["a", "c"], "column")
    eve.add(["c", "d"], "other row")
    for cell, count in (("row", 20), ("column", 15), ("other row", 16)):
        eve.tell(cell, count)
    assert eve.range_of("d") == (1, 16)
    eve.tell("b", 18)

    assert [eve.range_of(cell) for cell in "acd"] == [(2, 2), (13, 13), (3, 3)]


def test_a_narrow_range_is_a_leak_too():
    eve = Intruder()
    eve.add(["a"], "most", at_most=True)
    eve.tell("most", 2)

    assert eve.range_of("a") == (0, 2)
    assert find_leaks(eve, {"a": 2}, 5) == {"a": (0, 2, 2)}
    assert find_leaks(eve, {"a": 2}, 3) == {}
    assert eve.range_of("most") == (2, 2)


def test_what_no_sum_binds_may_be_anything():
    assert Intruder().range_of("a") == (0, MOST)


# Random small cohorts

LEVELS = {"ecog": "012", "sex": "fm", "centre": "abc"}


def patients_of(random, n):
    """Patients with levels, an arm, an event, and whether a design leaves them out."""
    odd = random.random() * 0.3
    return pl.DataFrame(
        {
            "treated": [random.random() < 0.5 for _ in range(n)],
            "event": [random.random() < 0.4 for _ in range(n)],
            "out": [random.random() < odd for _ in range(n)],
            "missing": [random.random() < 0.2 for _ in range(n)],
            **{
                name: [random.choice(levels) for _ in range(n)]
                for name, levels in LEVELS.items()
            },
        }
    )


def count(rows):
    """Count the patients of each arm."""
    n = rows["treated"].sum()
    return {"treated": n, "control": rows.height - n}


def ends(name, counts):
    return {f"{name}_{arm}": n for arm, n in counts.items()}


def designs_of(patients):
    """Tables of all, and of a design that leaves some out."""
    members = {"unadjusted": patients, "trimmed": patients.filter(~pl.col("out"))}
    baseline, balance, sizes, dropped = [], [], [], []
    for design, rows in members.items():
        n = count(rows)
        out = {arm: number - n[arm] for arm, number in count(patients).items()}
        sizes.append(
            {
                **dict.fromkeys(Diagnostics.create_empty().columns, 0),
                **{"design": design, "smd_covariate": "sex", "verdict": "balanced"},
                **{"interaction_term": None, "prognosis_max": None},
                **ends("n", n),
                **{f"n_{arm}_out": number for arm, number in out.items()},
            }
        )
        for name in LEVELS:
            for level in sorted(set(patients[name])):
                here = count(rows.filter(pl.col(name) == level))
                named = {"design": design, "covariate": name, "level": level}
                shares = {arm: here[arm] / n[arm] for arm in ARMS}
                none = ends("n_missing", dict.fromkeys(ARMS, 0))
                baseline.append({**named, **none, "smd": 0.1, **ends("n", here),
                                 **ends("share", shares)})  # fmt: skip
                balance.append({**named, "smd": 0.1, "ks": 0.1, **ends("n", here),
                                **ends("mean", shares)})  # fmt: skip
                lost = count(patients.filter(pl.col(name) == level))
                dropped += [
                    {**named, "arm": arm, "mean_kept": shares[arm], "smd": 0.1,
                     "mean_dropped": (lost[arm] - here[arm]) / out[arm],
                     "n_kept": n[arm], "n_dropped": out[arm]}
                    for arm in ARMS if out[arm]
                ]  # fmt: skip
    rows = [{**row, "row": place} for place, row in enumerate(baseline, 1)]
    return {
        "baseline": Description.of(rows),
        "balance": Balance.of(balance),
        "diagnostics": Diagnostics.of(sizes),
        "dropped": Dropped.of(dropped),
        "unweighted": ["unadjusted", "trimmed"],
    }


def effects_of(patients):
    """Counts beside the estimates: of all, of subgroups, and without each centre."""
    terms = {"treated": patients}
    for name, letters in LEVELS.items():
        for level in letters:
            terms[f"subgroup: {name}={level}"] = patients.filter(pl.col(name) == level)
    for centre in LEVELS["centre"]:
        terms[f"without centre: {centre}"] = patients.filter(pl.col("centre") != centre)
    named = {"endpoint": "os", "design": "unadjusted", "measure": "hazard_ratio"}
    rows = [
        {**named, "term": term, "method": "Cox", **ends("n", count(each)),
         **ends("events", count(each.filter("event")))}
        for term, each in terms.items()
    ]  # fmt: skip
    return Effects.of(rows)


def missingness_of(patients):
    """Who misses a value, and who any, of all, by arm and by centre."""
    arm = pl.when("treated").then(pl.lit("A")).otherwise(pl.lit("B"))
    groups = {"all": pl.lit("all"), "arm": arm, "centre": pl.col("centre")}
    rows = [
        {"covariate": covariate, "by": by, "group": group, "n_patients": each.height,
         "n_missing": int(each[column].sum()), "handling": "imputed", "concern": ""}
        for by, value in groups.items()
        for (group,), each in patients.group_by(value)
        for covariate, column in (("age", "missing"), (None, "missing"))
    ]  # fmt: skip
    return Missingness.of(rows)


def suppress(tables, minimum):
    """The tables of designs, as they are released."""
    fewest = {"minimum_count": minimum}
    hidden = find_hidden(tables["balance"], tables["diagnostics"], **fewest)
    return {
        **tables,
        "baseline": suppress_description(tables["baseline"], **fewest),
        "balance": suppress_levels(tables["balance"], hidden),
        "diagnostics": suppress_diagnostics(tables["diagnostics"], hidden, **fewest),
        "dropped": suppress_dropped(tables["dropped"], **fewest),
    }


def tables_read(tables, effects, nested):
    def read(eve):
        intruder.read_designs(eve, tables, nested)
        intruder.read_effects(eve, effects)

    return read


# A failure is not made smaller: each cohort takes the solver a second.
QUICK = {"deadline": None, "phases": [Phase.explicit, Phase.generate]}


@given(st.integers(12, 70), st.integers(0, 10**6), st.integers(2, 6))
@settings(max_examples=12, **QUICK)
def test_designs_subgroups_and_centres_tell_no_blank(n, seed, minimum):
    patients = patients_of(Random(seed), n)
    if 0 in count(patients.filter(~pl.col("out"))).values():
        return
    tables, effects = designs_of(patients), effects_of(patients)
    nested = intruder.nested_of(tables["baseline"])
    shown = suppress(tables, minimum)
    hidden = suppress_effects(effects, minimum_count=minimum)

    leaks = attack(
        tables_read(tables, effects, nested),
        tables_read(shown, hidden, nested),
        minimum,
    )

    assert leaks == {}


def test_the_attack_finds_what_small_counts_alone_leave_open():
    """Were each small count blank and nothing else, the others would tell it."""
    patients = patients_of(Random(7), 40)
    effects = effects_of(patients)
    counts = [f"{what}_{arm}" for what in ("n", "events") for arm in ARMS]
    bare = effects.with_columns(
        pl.when((pl.col(name) == 0) | (pl.col(name) >= 5)).then(name) for name in counts
    )

    def read(table):
        return lambda eve: intruder.read_effects(eve, table)

    assert attack(read(effects), read(bare), 5)
    assert not attack(
        read(effects), read(suppress_effects(effects, minimum_count=5)), 5
    )


@given(st.integers(5, 60), st.randoms(use_true_random=False), st.integers(2, 6))
@settings(max_examples=25, deadline=None)
def test_arms_and_centres_tell_no_blank_of_what_is_missing(n, random, minimum):
    table = missingness_of(patients_of(random, n))
    shown = suppress_missingness(table, minimum_count=minimum)

    def read(rows):
        return lambda eve: intruder.read_missing(eve, rows)

    assert attack(read(table), read(shown), minimum) == {}


@given(st.lists(st.integers(0, 9), min_size=1, max_size=7), st.integers(2, 6))
@settings(max_examples=40, deadline=None)
def test_flow_tells_no_small_step(excluded, minimum):
    rows, left = [], 60
    for step, out in enumerate(excluded, 1):
        rows.append({"step": step, "reason": f"r{step}", "n_before": left,
                     "n_excluded": out, "n_after": left - out})  # fmt: skip
        left -= out
    table = Attrition.of(rows)
    shown = suppress_steps(table, minimum_count=minimum)
    # The patients at each step, and the differences of any two that are told.
    told = {60 if k == 0 else None for k in ()} | {
        *shown["n_before"],
        *shown["n_after"],
    }
    known, eve = sorted(told, reverse=True), Intruder()
    at = [60]
    for out in excluded:
        at.append(at[-1] - out)
    for number, here in enumerate(at):
        eve.tell(("left", number), here if here in told else None)
    for number, (before, after) in enumerate(pairwise(at)):
        eve.add([("out", number), ("left", number + 1)], ("left", number))
        assert before >= after

    steps = {("out", number): out for number, out in enumerate(excluded)}
    assert find_leaks(eve, steps, minimum) == {}
    assert all(a - b >= minimum for a, b in pairwise(known))


@given(st.lists(st.tuples(*[st.integers(0, 7)] * 4), min_size=2, max_size=4),
       st.integers(2, 6))  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_ledger_and_flow_tell_no_blank(centres, minimum):
    names = ("n_used", *LEFT)
    rows = [
        {"centre": f"c{place}", "file": "f", "table": "patients",
         "n_read": sum(each), **dict(zip(names, each, strict=True))}
        for place, each in enumerate((used + 20, *rest) for used, *rest in centres)
    ]  # fmt: skip
    table = Ledger.of(rows)

    def read(ledger):
        def tell(eve):
            for row in ledger.iter_rows(named=True):
                cells = [(row["centre"], name) for name in ("n_read", *names)]
                for cell in cells:
                    eve.tell(cell, row[cell[1]])
                eve.add(cells[1:], cells[0])
            for name in ("n_read", *names):
                eve.tell(name, table[name].sum())
                eve.add([(row, name) for row in ledger["centre"]], name)

        return tell

    shown = suppress_ledger(table, minimum_count=minimum)
    leaks = attack(read(table), read(shown), minimum)
    # What the flow says of all centres is a step of it, and hidden there.
    few = {name for name in LEFT if table[name].sum() < minimum}
    assert {cell for cell in leaks if cell not in few and cell[1] not in few} == set()


@given(st.lists(st.integers(0, 12), min_size=4, max_size=4), st.integers(2, 6))
@settings(max_examples=40, deadline=None)
def test_outcomes_of_cells_tell_no_blank(cells, minimum):
    named = {"centre": "c", "file": "f", "sheet": "", "table": "labs", "field": "afp"}
    outcomes = dict(
        zip(("used", "missing", "withheld", "set_aside"), cells, strict=True)
    )
    rows = [
        {**named, "what": "outcome", "name": name, "n_cells": n}
        for name, n in outcomes.items()
    ]
    table = Quality.of(rows)
    shown = suppress_quality(table, minimum_count=minimum)

    def read(quality):
        def tell(eve):
            for row in quality.iter_rows(named=True):
                eve.tell(row["name"], row["n_cells"])
            eve.tell("read", sum(cells))
            eve.add(list(outcomes), "read")

        return tell

    leaks = attack(read(table), read(shown), minimum)
    assert sum(cells) < 2 * minimum or leaks == {}


@pytest.mark.parametrize("minimum", [1, 5])
def test_nothing_is_blank_where_all_may_be_shown(minimum):
    tables = designs_of(patients_of(Random(1), 60))
    shown = suppress(tables, minimum)

    blanks = shown["baseline"].select("n_treated").null_count().item()
    assert (blanks == 0) == (minimum == 1)
