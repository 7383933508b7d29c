"""Second records of a person: at another centre, and at the same once more."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from twoarm.simulation.people import shift, simulate_records

KEY = ["centre", "patient_id"]
Tables = Mapping[str, pl.DataFrame]

SECOND = {"a": 7, "b": 3, "c": 3, "d": 2, "e": 1}
"""Centre to the persons who came from another: 16."""
AGAIN = {"a": 3, "b": 2, "c": 2, "d": 2, "e": 3}
"""Centre to its records that are exported twice, the first of them under a new number:
12."""
AGAIN_TOLD = ("patients", "surgeries", "complications", "adverse_events", "follow_ups")
"""Tables whose rows a second export of a record tells once more."""
SAME_NUMBER, SAME_NAME = 10, 4
"""How many of those who came from elsewhere have the same identity number, and how many
but the same name, sex and day of birth; no rule is sure of the others."""
OPERATED = 8
"""How many of them came for the operation."""
ROOM_DAYS = 200
"""Days of follow-up of those who came for something else, at least."""


def simulate_transfers(
    rng: np.random.Generator, people: pl.DataFrame, tables: Tables
) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """Let persons be operated or followed at another centre, under a new number.

    What was done from the move on is told by the second centre alone. It notes a first
    dose some days late, and one AFP of the first.

    Parameters
    ----------
    rng
        Source of the random numbers.
    people
        As `simulate_people` gives them.
    tables
        Table to its rows.

    Returns
    -------
    tables, second
        `second`: one row a second record: `centre`, `patient_id`, `kind` (`transfer`,
        or `transfer_unsure` if no rule is sure of it), and where the first record is,
        `first_centre` and `first_id`.
    """
    moves = _choose_moves(rng, people, tables)
    dates = {
        "assessments": "exam_date",
        "lesions": "exam_date",
        "treatments": "start_date",
        "surgeries": "surgery_date",
        "complications": "onset_date",
        "adverse_events": "onset_date",
    }
    told = dict(tables)
    told |= {name: _move(tables[name], moves, date) for name, date in dates.items()}
    told["patients"] = _add_patients(rng, tables["patients"], moves)
    told["labs"] = _add_samples(rng, tables["labs"], moves)
    told["follow_ups"] = _part_follow_ups(
        tables["follow_ups"], tables["assessments"], moves
    )
    unsure = pl.col("how") == "unsure"
    kind = pl.when(unsure).then(pl.lit("transfer_unsure")).otherwise(pl.lit("transfer"))
    second = moves.select(
        centre="to",
        patient_id="second",
        kind=kind,
        first_centre="centre",
        first_id="patient_id",
    )
    return told, second


def _choose_moves(
    rng: np.random.Generator, people: pl.DataFrame, tables: Tables
) -> pl.DataFrame:
    """Choose who moves, where to and when; how the records can be told to be one."""
    known = tables["labs"].unique(KEY, keep="first", maintain_order=True)
    known = known.filter(pl.col("afp_ng_ml").is_not_null()).select(
        "centre", record="patient_id"
    )
    able = people.join(known, on=["centre", "record"], how="semi")
    operated = able.filter(pl.col("surgery_days").is_not_null())
    others = able.filter(
        pl.col("reason").is_not_null(), pl.col("last_days") > ROOM_DAYS
    )
    places = rng.permutation([each for each, n in SECOND.items() for _ in range(n)])
    chosen: list[dict[str, Any]] = []
    taken: set[str] = set()
    for place, to in enumerate(places):
        pool = operated if place < OPERATED else others
        pool = pool.filter(pl.col("centre") != to, ~pl.col("record").is_in(taken))
        row = pool.row(int(rng.integers(pool.height)), named=True)
        taken.add(row["record"])
        chosen.append(row)
    sure = [("number", SAME_NUMBER), ("name", SAME_NAME)]
    how = [each for each, n in sure for _ in range(n)]
    how += ["unsure"] * (len(places) - len(how))
    day = pl.coalesce("surgery_days", (0.6 * pl.col("last_days")).cast(pl.Int64))
    return (
        pl.DataFrame(chosen, schema=people.schema)
        .with_columns(to=pl.Series(places), how=pl.Series(how), day=day)
        .select(
            "centre",
            patient_id="record",
            to="to",
            second=simulate_records(rng, pl.Series(places), tenths=range(8, 9)),
            how="how",
            moved_date=shift("first_dose_date", "day"),
        )
    )


def _move(rows: pl.DataFrame, moves: pl.DataFrame, date: str) -> pl.DataFrame:
    """Give the second centre the rows from the move on."""
    gone = pl.col(date) >= pl.col("moved_date")
    return _sort(
        rows.join(moves, on=KEY, how="left", maintain_order="left")
        .with_columns(
            centre=pl.when(gone).then("to").otherwise("centre"),
            patient_id=pl.when(gone).then("second").otherwise("patient_id"),
        )
        .select(rows.columns)
    )


def _second(rows: pl.DataFrame, moves: pl.DataFrame) -> pl.DataFrame:
    """Copy the rows of those who move to the second centre, with `how`."""
    renamed = rows.join(moves, on=KEY, how="inner", maintain_order="left")
    return renamed.with_columns(centre="to", patient_id="second")


def _add_patients(
    rng: np.random.Generator, patients: pl.DataFrame, moves: pl.DataFrame
) -> pl.DataFrame:
    copies = _second(patients, moves)
    late = pl.Series(rng.integers(1, 11, copies.height))
    unsure = pl.col("how") == "unsure"
    numbered = pl.col("how") == "number"
    copies = copies.with_columns(
        first_dose_date=pl.col("first_dose_date") + pl.duration(days=pl.lit(late)),
        national_id=pl.when(numbered).then("national_id"),
        person_name=pl.when(~unsure).then("person_name"),
        birth_date=pl.col("birth_date") + pl.duration(days=unsure.cast(pl.Int64)),
    )
    return _sort(pl.concat([patients, copies.select(patients.columns)]))


def _add_samples(
    rng: np.random.Generator, labs: pl.DataFrame, moves: pl.DataFrame
) -> pl.DataFrame:
    first = labs.unique(KEY, keep="first", maintain_order=True)
    copies = _second(first, moves)
    near = pl.Series(rng.uniform(0.95, 1.05, copies.height))
    kept = [*KEY, "sample_date"]
    copies = copies.select(*kept, afp_ng_ml=pl.col("afp_ng_ml") * near)
    return _sort(pl.concat([labs, copies], how="diagonal"))


def _part_follow_ups(
    follow_ups: pl.DataFrame, assessments: pl.DataFrame, moves: pl.DataFrame
) -> pl.DataFrame:
    """Let the first centre know nothing from the move on, and the second all."""
    moved = pl.col("moved_date")
    joined = follow_ups.join(moves, on=KEY, how="left", maintain_order="left")
    exams = joined.select(*KEY, "moved_date").join(assessments, on=KEY)
    imaged = (
        exams.filter(pl.col("exam_date") < moved)
        .group_by(KEY)
        .agg(imaged=pl.col("exam_date").max())
    )
    before = joined.join(imaged, on=KEY, how="left", maintain_order="left")
    dates = ("progression_date", "death_date")
    stayed = before.with_columns(
        last_contact_date=pl.coalesce("moved_date", "last_contact_date"),
        last_imaging_date=pl.min_horizontal(
            pl.coalesce("imaged", "last_imaging_date"), "last_contact_date"
        ),
        **{
            name: pl.when(moved.is_null() | (pl.col(name) < moved)).then(name)
            for name in dates
        },
    )
    copies = _second(follow_ups, moves)
    names = follow_ups.columns
    return _sort(pl.concat([stayed.select(names), copies.select(names)]))


def simulate_repeats(
    rng: np.random.Generator, tables: Tables, transfers: pl.DataFrame
) -> tuple[dict[str, pl.DataFrame], pl.DataFrame]:
    """Export records twice: the first of each centre under a new number.

    Parameters
    ----------
    rng
        Source of the random numbers.
    tables
        Table to its rows.
    transfers
        As `simulate_transfers` gives them: none of these is repeated.

    Returns
    -------
    tables, second
        As of `simulate_transfers`; `kind` is `registered` for a new number, and
        `repeat` for the same rows once more.
    """
    moved = pl.concat(
        [
            transfers.select(KEY),
            transfers.select(centre="first_centre", patient_id="first_id"),
        ]
    )
    free = tables["patients"].join(moved, on=KEY, how="anti", maintain_order="left")
    chosen = pl.concat(
        free.filter(centre=centre)[
            rng.choice(free.filter(centre=centre).height, n, replace=False)
        ]
        for centre, n in AGAIN.items()
    ).select(KEY)
    new = chosen.with_columns(
        drawn=simulate_records(rng, chosen["centre"], tenths=range(9, 10))
    )
    first = pl.int_range(pl.len()).over("centre") == 0
    names = new.with_columns(
        second=pl.when(first).then("drawn").otherwise("patient_id"),
        kind=pl.when(first).then(pl.lit("registered")).otherwise(pl.lit("repeat")),
    ).with_columns(to="centre")
    told = dict(tables)
    for name in AGAIN_TOLD:
        copies = _second(tables[name], names).select(tables[name].columns)
        told[name] = _sort(pl.concat([tables[name], copies]))
    second = names.select(
        "centre",
        patient_id="second",
        kind="kind",
        first_centre="centre",
        first_id="patient_id",
    )
    return told, second


def list_eligible(people: pl.DataFrame, second: pl.DataFrame) -> pl.DataFrame:
    """List all records of those who met the criteria: `centre` and `patient_id`."""
    met = people.filter(pl.col("reason").is_null()).select(
        "centre", patient_id="record"
    )
    first = met.rename({"centre": "first_centre", "patient_id": "first_id"})
    more = second.join(first, on=first.columns, how="semi").select(KEY)
    return pl.concat([met, more]).unique().sort(KEY)


def _sort(rows: pl.DataFrame) -> pl.DataFrame:
    dates = [
        name
        for name in ("exam_date", "sample_date", "start_date", "onset_date")
        if name in rows.columns
    ]
    return rows.sort(*KEY, *dates, maintain_order=True)
