"""Laws of the cohort as a whole: from rows of text to the analysed patients."""

import inspect
from collections import Counter
from datetime import date, timedelta
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import NamedTuple

import polars as pl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from twoarm.config.cohort import RULES
from twoarm.config.plan import plan_study
from twoarm.ingestion.parts import label_parts
from twoarm.simulation.exports import simulate_persons
from twoarm.simulation.plain import TABLES, derive_codebook, write_plain
from twoarm.tables.cohort import Attrition, Patients, Quarantine
from twoarm.tables.harmonisation import Ledger
from twoarm.tables.ingestion import Faults, Files
from twoarm.tables.pieces import write_pieces

ROOT = Path(__file__).parents[2]
CENTRES = ("a", "b")
PLACE = ["source_file", "source_row"]
COUNTS = ["n_before", "n_excluded", "n_after", "n_event_after"]


class Outcome(NamedTuple):
    patients: pl.DataFrame
    attrition: pl.DataFrame
    quarantine: pl.DataFrame
    ledger: pl.DataFrame


@cache
def main_of(name):
    path = ROOT / "workflow" / "scripts" / f"{name}.py"
    spec = spec_from_file_location(path.stem + "_laws", path)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.main


def harmonise(plan, folder, texts):
    """Harmonise the tables of each centre, as the rule does."""
    for centre, tables in plan.centres.items():
        place = folder / centre
        place.mkdir()
        files = []
        for table in tables:
            rows = texts[centre][table.table]
            file = {"table": table.table, "file": f"{centre}/{table.table}.csv"}
            file["part"] = 1
            files.append({**file, "n_read": rows.height})
        for table in plan.tables:
            own = [[texts[centre][table]]] if table in texts[centre] else []
            write_pieces(label_parts(own), place / f"{table}.text.parquet")
        Files.write(Files.of(files), place / "files.parquet")
        Faults.write(Faults.of([]), place / "unread.parquet")
        main_of("harmonisation/harmonise_centre")(
            rows=[place / f"{table}.text.parquet" for table in plan.tables],
            files=place / "files.parquet",
            unread=place / "unread.parquet",
            records=[place / f"{table}.parquet" for table in plan.tables],
            **{
                name: place / f"{name}.parquet"
                for name in ("faults", "quarantine", "aside", "ledger", "cells")
            },
            centre=centre,
            formats=[{"table": table.table, **table.making} for table in tables],
            tables=plan.tables,
        )


def follow(plan, texts):
    """Follow the rows of all centres to the analysed patients, as the rules do."""
    config, kind = plan.config, plan.config["source"]["kind"]
    names = {"table": "table", "visits": "visits", "exports": "conversions"}
    with TemporaryDirectory() as name:
        folder = Path(name)
        harmonise(plan, folder, texts)
        centres = [folder / centre for centre in plan.centres]
        records = [each / f"{t}.parquet" for each in centres for t in plan.tables]
        endpoints = config["endpoints"]
        compared = [n for n, each in endpoints.items() if each["start"] == "time_zero"]
        criteria = config["cohort"]["criteria"]
        given = {
            "records": records if kind == "exports" else records[0],
            "aside": centres[0] / "aside.parquet",
            "tables": plan.tables,
            "rules": criteria["versions"],
            "used": criteria["use"],
            "never": criteria["never"],
            "criteria": folder / "criteria.parquet",
            "versions": folder / "versions.parquet",
            "endpoints": endpoints if kind == "exports" else compared,
            "covariates": config["covariates"],
            "when": config["treatment"]["when"],
            "time_zero": config["cohort"]["time_zero"],
            "zero_days": config["cohort"]["zero_days"],
            "eligibility": config["cohort"]["eligibility"],
            "candidates": folder / "candidates.parquet",
            "attrition": folder / "before.parquet",
            "before": folder / "before.parquet",
            "patients": folder / "patients.parquet",
            "quarantine": folder / "quarantine.parquet",
            "ledger": folder / "ledger.parquet",
            "table": plan.tables[0],
        }
        for several in ("ledger", "quarantine"):
            paths = [each / f"{several}.parquet" for each in centres]
            given[f"{several}s"] = paths
        given["faults"] = [each / "faults.parquet" for each in centres]
        for key in ("enrolled", "reasons", "cohort_checks", "columns", "optional"):
            given[key] = getattr(plan, key)
        if kind == "exports":
            call("cohort/assess_criteria", given)
        call(f"cohort/derive_{names[kind]}", given)
        given |= {"endpoints": compared, "eligibility": plan.asked_at_zero}
        given |= {"attrition": folder / "attrition.parquet"}
        call("cohort/select_cohort", given)
        call("cohort/derive_ledger", given)
        return Outcome(
            Patients.read(given["patients"]),
            Attrition.read(given["attrition"]),
            Quarantine.read(given["quarantine"]),
            Ledger.read(given["ledger"]),
        )


def call(script, given):
    main = main_of(script)
    main(**{name: given[name] for name in inspect.signature(main).parameters})


# What holds of every outcome


def check_conservation(found, texts):
    """Nobody and no row is lost on the way, and nobody counts twice."""
    steps = found.attrition
    assert steps["step"].to_list() == list(range(1, steps.height + 1))
    assert steps["n_before"][1:].to_list() == steps["n_after"][:-1].to_list()
    left = steps["n_before"] - steps["n_excluded"]
    assert left.to_list() == steps["n_after"].to_list()
    assert steps["n_after"][-1] == found.patients.height
    aside = Counter(found.quarantine["source_file"])
    assert not found.quarantine.select(PLACE).is_duplicated().any()
    sizes = {
        f"{centre}/{name}.csv": rows.height
        for centre, tables in texts.items()
        for name, rows in tables.items()
    }
    counts = {row["file"]: row for row in found.ledger.to_dicts()}
    assert {file: row["n_read"] for file, row in counts.items()} == sizes
    for file, row in counts.items():
        assert row["n_quarantined"] == aside[file]
        assert row["n_used"] + row["n_quarantined"] == row["n_read"]


def check_patients(found, endpoints):
    """Everybody is followed from time zero onwards, in one arm, once."""
    assert not found.patients["patient_id"].is_duplicated().any()
    assert found.patients["treated"].null_count() == 0
    for name in endpoints:
        assert (found.patients[f"{name}_days"] > 0).all()
        assert found.patients[f"{name}_event"].null_count() == 0
    waits = found.patients.filter("treated")["treatment_days"].drop_nulls()
    assert (waits >= 0).all()


def shuffle(rows, random):
    order = list(range(rows.height))
    random.shuffle(order)
    return rows[order]


def shuffle_all(texts, random):
    return {
        centre: {name: shuffle(rows, random) for name, rows in tables.items()}
        for centre, tables in texts.items()
    }


def renumber(texts):
    """Write each file anew in the order of its rows."""
    row = pl.int_range(2, pl.len() + 2, dtype=pl.Int64)
    return {
        centre: {n: rows.with_columns(source_row=row) for n, rows in tables.items()}
        for centre, tables in texts.items()
    }


# Exports: the invented cohort, whole and spoilt


def plan_exports(**cohort):
    study = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    study["analysis"] = {"horizons_months": [6], "rmst_months": 6}
    study["cohort"] = {**study.get("cohort", {}), **cohort}
    with TemporaryDirectory() as folder:
        books = {centre: f"{folder}/{centre}.yaml" for centre in CENTRES}
        for centre, path in books.items():
            Path(path).write_text(yaml.safe_dump(derive_codebook(centre)), "utf-8")
        study["source"]["centres"] = books
        return plan_study(study, ROOT)


PLAN = plan_exports(quarantine=sorted(RULES))


@cache
def simulated(seed=7):
    """Tables of persons, at two centres only."""
    first = pl.col("centre").is_in(["a", "b", "c"])
    both = pl.when(first).then(pl.lit("a")).otherwise(pl.lit("b"))
    tables = simulate_persons(seed, "moderate").tables
    return {name: tables[name].with_columns(centre=both) for name in TABLES}


def write(tables):
    """Tables of the dictionary as the text that each centre exports."""
    return {
        centre: {
            name: write_plain(rows.filter(centre=centre)).with_columns(
                source_row=pl.int_range(2, pl.len() + 2, dtype=pl.Int64)
            )
            for name, rows in tables.items()
        }
        for centre in CENTRES
    }


def spoil(texts, random, share):
    """Make cells unreadable, absent or repeated, in a share of the rows."""
    spoilt = {}
    for centre, tables in texts.items():
        spoilt[centre] = {}
        for name, rows in tables.items():
            columns = [each for each in rows.columns if each != "source_row"]
            cells = rows.to_dicts()
            for cell in cells:
                if random.random() < share:
                    other = random.choice(cells)
                    column = random.choice(columns)
                    cell[column] = random.choice(["", "?", "-5", other[column]])
            spoilt[centre][name] = pl.DataFrame(cells, schema=rows.schema)
    return spoilt


def without_repeated_follow_ups(texts):
    """Drop the follow-ups told twice: those end the study, whatever it sets aside."""
    kept = {}
    for centre, tables in texts.items():
        rows = tables["follow_ups"]
        record = pl.col(rows.columns[0]).str.strip_chars()
        kept[centre] = {
            **tables,
            "follow_ups": rows.filter(record.is_first_distinct()),
        }
    return kept


@cache
def usual():
    return follow(PLAN, write(simulated()))


def test_the_invented_cohort_keeps_its_flow():
    found = usual()

    check_conservation(found, write(simulated()))
    check_patients(found, ["os", "pfs"])
    assert found.attrition["n_before"][0] == 613
    assert found.attrition["n_after"][-1] > 80
    assert found.patients["treated"].n_unique() == 2


@pytest.mark.parametrize("seed", range(3))
def test_no_row_of_a_spoilt_export_is_lost(seed):
    random = Random(seed)
    texts = spoil(write(simulated()), random, share=0.04)
    texts = without_repeated_follow_ups(texts)

    found = follow(PLAN, texts)
    again = follow(PLAN, shuffle_all(texts, random))

    check_conservation(found, texts)
    check_patients(found, ["os", "pfs"])
    n_read = sum(tables["patients"].height for tables in texts.values())
    assert found.attrition["n_before"][0] == n_read
    assert found.quarantine.height > 20
    for one, other in zip(found, again, strict=True):
        assert other.equals(one)


def test_order_of_the_rows_in_the_files_does_not_matter():
    texts = write(simulated())
    for seed in range(3):
        again = follow(PLAN, renumber(shuffle_all(texts, Random(seed))))

        assert again.patients.equals(usual().patients)
        assert again.attrition.equals(usual().attrition)
        assert again.ledger.equals(usual().ledger)
        about = pl.exclude("source_row")
        aside = [
            each.quarantine.select(about.sort_by(pl.all().exclude("source_row")))
            for each in (usual(), again)
        ]
        assert aside[1].equals(aside[0])


def relabel(plan, labels):
    """Name the centres anew, as a study with other codebooks' names would."""
    centres = {
        labels[centre]: [
            table._replace(making={**table.making, "prefix": f"{labels[centre]}:"})
            for table in tables
        ]
        for centre, tables in plan.centres.items()
    }
    return plan._replace(centres=centres)


@pytest.mark.parametrize("labels", [{"a": "y", "b": "x"}, {"a": "b", "b": "a"}])
def test_names_of_the_centres_do_not_matter(labels):
    texts = write(simulated())
    renamed = {labels[centre]: tables for centre, tables in texts.items()}

    again = follow(relabel(PLAN, labels), renamed)

    check_conservation(again, renamed)
    assert again.attrition.equals(usual().attrition)
    back = {new: old for old, new in labels.items()}
    name = pl.col("patient_id").str
    found = again.patients.with_columns(
        pl.col("centre").cast(pl.String).replace_strict(back),
        patient_id=name.slice(0, 1).replace_strict(back) + name.slice(1),
    ).sort("patient_id")
    expected = usual().patients.with_columns(pl.col("centre").cast(pl.String))
    assert found.equals(expected)


@pytest.mark.parametrize("shift", [-400, 1, 3000])
def test_the_calendar_does_not_matter(shift):
    later = pl.selectors.date() + pl.duration(days=shift)
    moved = {name: rows.with_columns(later) for name, rows in simulated().items()}

    again = follow(PLAN, write(moved))

    expected = usual().patients.with_columns(later)
    assert again.patients.drop("calendar_year").equals(expected.drop("calendar_year"))
    years = again.patients["calendar_year"] - expected["calendar_year"]
    assert (years - shift / 365.25).abs().max() < 0.005
    assert again.attrition.equals(usual().attrition)
    assert again.quarantine.equals(usual().quarantine)
    assert again.ledger.equals(usual().ledger)


def test_patients_told_again_under_other_names_double_all_counts():
    again_named = {
        name: pl.concat(
            [rows, rows.with_columns(patient_id=pl.col("patient_id") + "X")]
        )
        for name, rows in simulated().items()
    }

    twice = follow(PLAN, write(again_named))

    once = usual().attrition.with_columns(pl.col(COUNTS) * 2)
    assert twice.attrition.equals(once)
    assert twice.quarantine.height == 2 * usual().quarantine.height
    copy = pl.col("patient_id").str.ends_with("X")
    assert twice.patients.filter(~copy).equals(usual().patients)
    told = twice.patients.filter(copy).with_columns(
        pl.col("patient_id").str.strip_suffix("X")
    )
    assert told.sort("patient_id").equals(usual().patients)


# Sources of one file: tables and visits made by hand

STUDY = {
    "study": "laws",
    "title": "Laws",
    "question": "Do they hold?",
    "patient_id": "id",
    "covariates": {
        "age": {"kind": "continuous"},
        "sex": {"kind": "binary"},
        "stage": {"kind": "categorical", "column": "bclc"},
    },
    "endpoints": {"os": {"time": "time", "event": "dead"}},
    "analysis": {"horizons_months": [1], "rmst_months": 1},
    "designs": {},
}
ELIGIBLE = [
    {"name": "adult", "reason": "Minor", "column": "age", "at_least": 18},
    {"name": "early", "reason": "Late", "column": "bclc", "one_of": ["A", "B"]},
]
HEADER = ("id", "arm", "date", "time", "dead", "age", "sex", "bclc")
ANCHORS = [
    (
        f"anchor{k}",
        str(k % 2),
        "2020-03-01",
        "900",
        str(k // 2 % 2),
        f"{50 + k}",
        *codes,
    )
    for k, codes in enumerate(["fA", "fA", "mA", "mA", "fB", "fB", "mB", "mB"])
]


def later(day, shift):
    return (date.fromisoformat(day) + timedelta(shift)).isoformat()


@cache
def plan_of(kind, when, shift=0):
    with TemporaryDirectory() as folder:
        (Path(folder) / "x.csv").write_text(",".join(HEADER))
        source = {"kind": kind, "path": "x.csv", "missing": ["", "NA"]}
        source |= {"date": "date"} if kind == "visits" else {}
        cohort = {"quarantine": sorted(RULES), "eligibility": ELIGIBLE}
        if kind == "visits":
            cohort |= {"enrolled_from": later("2020-01-05", shift)}
            cohort |= {"enrolled_to": later("2020-12-31", shift)}
        codes = {"treated": [1], "control": [0], "exclude": [9]}
        treatment = {"column": "arm", "when": when, **codes}
        made = {"source": source, "cohort": cohort, "treatment": treatment}
        return plan_study({**STUDY, **made}, folder)


def rows_of(cells):
    """Cells of text, in the order of the file."""
    schema = dict.fromkeys(HEADER, pl.String)
    rows = pl.DataFrame(cells, schema=schema, orient="row")
    row = pl.int_range(2, pl.len() + 2, dtype=pl.Int64)
    return {"source": {"records": rows.with_columns(source_row=row)}}


DAYS = [later("2020-01-01", shift) for shift in (0, 4, 5, 40, 365)]
SOUND = st.fixed_dictionaries(
    {
        "id": st.sampled_from(["p", "q", "r", "anchor1"]),
        "arm": st.sampled_from(["0", "1", "1.0"]),
        "date": st.sampled_from([*DAYS, DAYS[1]]),
        "time": st.sampled_from(["30", "4000", "0.5"]),
        "dead": st.sampled_from(["0", "1"]),
        "age": st.sampled_from(["40", "18"]),
        "sex": st.sampled_from(["f", "m"]),
        "bclc": st.sampled_from(["A", "B"]),
    }
)
WRONG = {
    "id": ["", "NA"],
    "arm": ["9", "7", ""],
    "date": ["", "soon"],
    "time": ["0", "-2", "", "long"],
    "dead": ["2", "NA"],
    "age": ["17.5", "", "old"],
    "sex": [""],
    "bclc": ["C", ""],
}
wrong = st.lists(
    st.sampled_from([{name: cell} for name, cells in WRONG.items() for cell in cells]),
    max_size=2,
)


def spoil_cells(row, changes):
    for each in changes:
        row = row | each
    return tuple(row.values())


cells = st.lists(st.builds(spoil_cells, SOUND, wrong), min_size=6, max_size=14)
KINDS = [("table", "baseline"), ("visits", "baseline"), ("visits", "later")]
# A shuffle that Hypothesis draws itself hardly moves a row.
seeds = st.integers(0, 999)
laws = settings(max_examples=8)


def texts_of(when, rows):
    """Text of the rows, behind eight sound patients.

    Where treatment comes at a later visit three of them are treated then; another is
    on the day of time zero, and leaves.
    """
    if when == "baseline":
        return rows_of([*ANCHORS, *rows])
    start = [(name, "0", *of) for name, _, *of in ANCHORS[:7]]
    then = [(f"anchor{k}", "1", "2020-05-01", *ANCHORS[k][3:]) for k in (1, 3, 5)]
    return rows_of([*start, ANCHORS[7], *then, *rows])


def change(texts, **columns):
    return {"source": {"records": texts["source"]["records"].with_columns(**columns)}}


@pytest.mark.parametrize(("kind", "when"), KINDS)
@laws
@given(rows=cells, seed=seeds)
def test_nobody_is_lost_and_order_does_not_matter(kind, when, rows, seed):
    texts, plan = texts_of(when, rows), plan_of(kind, when)

    found = follow(plan, texts)
    again = follow(plan, shuffle_all(texts, Random(seed)))

    check_conservation(found, texts)
    check_patients(found, ["os"])
    for one, other in zip(found, again, strict=True):
        assert other.equals(one)
    records = texts["source"]["records"]
    if kind == "table":
        assert found.attrition["n_before"][0] == records.height
    else:  # somebody of whom no visit can be used is known to the ledger alone
        known = records.filter(~pl.col("id").is_in(["", "NA"]))["id"].n_unique()
        n_aside = int(found.ledger["n_quarantined"].sum())
        assert known - n_aside <= found.attrition["n_before"][0] <= known


@pytest.mark.parametrize(("kind", "when"), KINDS)
@laws
@given(rows=cells, shift=st.sampled_from([-500, 59, 7000]))
def test_calendar_and_names_do_not_matter(kind, when, rows, shift):
    texts = texts_of(when, rows)
    days = {day: later(day, shift) for day in [*DAYS, "2020-03-01", "2020-05-01"]}
    name = pl.col("id")
    moved = change(
        texts,
        date=pl.col("date").replace(days),
        id=pl.when(name.is_in(["", "NA"])).then(name).otherwise("z" + name),
    )

    found = follow(plan_of(kind, when), texts)
    again = follow(plan_of(kind, when, shift), moved)

    named = again.patients.with_columns(pl.col("patient_id").str.strip_prefix("z"))
    then = pl.col("index_date") + pl.duration(days=shift)
    assert named.equals(found.patients.with_columns(then))
    assert again.attrition.equals(found.attrition)
    assert again.quarantine.equals(found.quarantine)
    assert again.ledger.equals(found.ledger)


@pytest.mark.parametrize(("kind", "when"), KINDS)
@laws
@given(rows=cells)
def test_everybody_told_again_doubles_all_counts(kind, when, rows):
    texts, plan = texts_of(when, rows), plan_of(kind, when)
    records, name = texts["source"]["records"], pl.col("id")
    new = pl.when(name.is_in(["", "NA"])).then(name).otherwise(name + "X")
    twins = pl.concat([records, records.with_columns(id=new)])

    once = follow(plan, texts)
    twice = follow(plan, renumber({"source": {"records": twins}}))

    doubled = once.attrition.with_columns(pl.col(COUNTS) * 2)
    assert twice.attrition.equals(doubled)
    assert twice.quarantine.height == 2 * once.quarantine.height
    copy = pl.col("patient_id").str.ends_with("X")
    assert twice.patients.filter(~copy).equals(once.patients)
    assert twice.patients.filter(copy).height == once.patients.height


@laws
@given(rows=cells, seed=seeds)
def test_order_of_the_file_does_not_matter_where_nobody_is_repeated(rows, seed):
    unique = {each[0]: each for each in rows if each[0] != "anchor1"}
    texts, plan = texts_of("baseline", unique.values()), plan_of("table", "baseline")

    found = follow(plan, texts)
    again = follow(plan, renumber(shuffle_all(texts, Random(seed))))

    assert again.patients.equals(found.patients)
    assert again.attrition.equals(found.attrition)
    assert again.ledger.equals(found.ledger)


@pytest.mark.parametrize(("kind", "when"), KINDS)
def test_ties_are_settled_by_the_place_in_the_file(kind, when):
    usual = ("30", "0", "40", "f", "A")
    same_day = [("p", arm, DAYS[1], *usual) for arm in ("0", "1", "0")]
    unusable = [(name, "7", DAYS[1], "", "2", "", "", "A") for name in "qrst"]
    texts, plan = texts_of(when, [*same_day, *unusable]), plan_of(kind, when)

    found = follow(plan, texts)
    others = [follow(plan, shuffle_all(texts, Random(seed))) for seed in range(3)]

    for again in others:
        for one, other in zip(found, again, strict=True):
            assert other.equals(one)
