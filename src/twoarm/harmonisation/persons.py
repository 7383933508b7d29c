"""One person once, over all centres: what is kept, and what becomes of the rest."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from twoarm.flags import BITS, TYPE
from twoarm.harmonisation.conflicts import place_first, restrict_to_persons
from twoarm.harmonisation.linkage import Linked, link_patients
from twoarm.harmonisation.orders import find_disorders
from twoarm.harmonisation.spans import keep_deaths_after_contact, spread_dates
from twoarm.tables.cohort import Quarantine
from twoarm.tables.harmonisation import (
    PLACE,
    Conflicts,
    Ledger,
    Marks,
    Persons,
    Reviews,
)
from twoarm.tables.ingestion import Faults

KNOWN = ("sex", "birth_date", "first_dose_date", "national_id", "person_name")
DENIED = {
    "ids_differ": "two records are settled as one person, and their national ids "
    "differ; correct the ids at their source, or the answer",
    "linked_by_rule": "two records are settled as two persons, and a rule finds that "
    "they are one; correct what agrees at its source, or the answer",
    "patient_unknown": "no record has this patient_id; take the line from the list of "
    "this run",
}
"""Rule that a settled pair breaks to what a person is told."""


class Gathered(NamedTuple):
    """Who is who, and what became of the rows that are not among those of persons."""

    persons: pl.DataFrame
    reviews: pl.DataFrame
    conflicts: pl.DataFrame
    faults: pl.DataFrame
    quarantine: pl.DataFrame
    ledger: pl.DataFrame
    marks: pl.DataFrame


def link_records(
    tables: Mapping[str, pl.LazyFrame],
    ledger: pl.DataFrame,
    partial: pl.DataFrame,
    settled: pl.DataFrame,
    *,
    data_cut: str | None,
    reasons: Mapping[str, str],
    hand_on: Callable[[str, pl.DataFrame], None],
) -> Gathered:
    """Find who is who, set rows with impossible dates aside, leave each fact once.

    Parameters
    ----------
    tables
        Table of the dictionary to the records of all centres, as the contract Records.
    ledger
        As the contract Ledger, of all centres.
    partial
        Rows of the contract Cells: dates that are known to a month or a year.
    settled
        As the contract Reviews: pairs that a person answered.
    data_cut
        Last day of which the exports tell, as ISO text; none if null.
    reasons
        Rules that set a row aside, with their reason in words; any other fault ends the
        run.
    hand_on
        Takes each table and its records, with the survivor's `patient_id` in every row;
        one after the other, as all would not fit into memory.

    Returns
    -------
    Gathered
        `ledger` counts the rows that were merged or set aside; `marks` says of which
        cells that is.
    """
    patients = _select(tables["patients"], ("patient_id", *KNOWN)).collect()
    people = _first_told(patients)
    answered = settled.filter(pl.col("same").is_not_null())
    linked = link_patients(people, _find_afp(tables["labs"], people), answered)
    disorders, deaths = _find_disorders(tables, linked, partial, data_cut)
    aside = disorders if "order_violation" in reasons else disorders.clear()
    dropped, conflicts = [], []
    for table, rows in tables.items():
        ordered = place_first(table, rows, linked.persons)
        own = aside.filter(table=table).lazy()
        how: Any = {"on": PLACE, "how": "anti", "maintain_order": "left"}
        told = ordered.join(own, **how).collect()
        if table == "follow_ups":
            told = keep_deaths_after_contact(told, deaths)
        merged = restrict_to_persons(table, told)
        hand_on(table, merged.records)
        dropped.append(merged.dropped)
        conflicts.append(merged.conflicts)
    gone = pl.concat(dropped).unique().sort("table", *PLACE)
    clashing = pl.concat(conflicts).sort("table", "field", "files", "rows")
    return Gathered(
        persons=Persons.check(linked.persons),
        reviews=_list_reviews(linked, patients),
        conflicts=Conflicts.check(clashing),
        faults=pl.concat([_list_faults(disorders), _deny(linked, answered, people)]),
        quarantine=_list_aside(aside, reasons),
        ledger=_account(ledger, aside, gone),
        marks=_mark(aside, gone, clashing),
    )


def _select(records: pl.LazyFrame, names: Iterable[str]) -> pl.LazyFrame:
    """Take the place of each record, and those of some columns that are exported."""
    there = records.collect_schema().names()
    return records.select(*PLACE, *(name for name in names if name in there))


def _select_dates(records: pl.LazyFrame) -> pl.LazyFrame:
    kinds = records.collect_schema().items()
    return _select(records, ["patient_id", *(n for n, k in kinds if k == pl.Date)])


def _find_disorders(
    tables: Mapping[str, pl.LazyFrame],
    linked: Linked,
    partial: pl.DataFrame,
    data_cut: str | None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Find impossible dates; give the latest days of follow-up too."""
    dated = {
        table: place_first(table, _select_dates(rows), linked.persons).collect()
        for table, rows in tables.items()
    }
    earliest, latest = spread_dates(dated, partial)
    cut = date.fromisoformat(data_cut) if data_cut else None
    return find_disorders(earliest, latest, cut), latest["follow_ups"]


def _first_told(patients: pl.DataFrame) -> pl.DataFrame:
    """Give what a patient's rows tell, once a patient, each field by its first row."""
    known = [name for name in KNOWN if name in patients.columns]
    return (
        patients.sort(PLACE)
        .with_columns(place=pl.int_range(pl.len(), dtype=pl.Int64))
        .group_by("patient_id", maintain_order=True)
        .agg(pl.col(known).drop_nulls().first(), place=pl.col("place").min())
    )


def _find_afp(labs: pl.LazyFrame, people: pl.DataFrame) -> pl.DataFrame:
    """Give the last AFP up to the first dose, once a patient."""
    told = _select(labs, ("patient_id", "sample_date", "afp_ng_ml"))
    dosed = told.drop_nulls("afp_ng_ml").join(
        people.lazy().select("patient_id", "first_dose_date"), on="patient_id"
    )
    return (
        dosed.filter(pl.col("sample_date") <= pl.col("first_dose_date"))
        .collect()
        .sort("patient_id", "sample_date", *PLACE)
        .group_by("patient_id", maintain_order=True)
        .agg(pl.col("afp_ng_ml").last())
    )


def _list_reviews(linked: Linked, patients: pl.DataFrame) -> pl.DataFrame:
    """Add where each patient of a pair is told, and room for the answer."""
    place = patients.sort("patient_id", *PLACE).unique(
        "patient_id", keep="first", maintain_order=True
    )
    place = place.select("patient_id", file="source_file", row="source_row")
    other = place.rename(
        {"patient_id": "other_id", "file": "other_file", "row": "other_row"}
    )
    pairs = linked.reviews.join(place, on="patient_id").join(other, on="other_id")
    answer = pl.lit(None, pl.Boolean)
    return Reviews.check(pairs.with_columns(same=answer))


def _list_faults(disorders: pl.DataFrame) -> pl.DataFrame:
    return disorders.select(
        file="source_file",
        sheet=pl.lit(None, pl.String),
        row="source_row",
        column="column",
        rule="rule",
        what=pl.concat_str("reason", pl.lit("; correct it at its source")),
    ).select(Faults.column_names())


def _deny(linked: Linked, settled: pl.DataFrame, people: pl.DataFrame) -> pl.DataFrame:
    """List the settled pairs that cannot be as they are settled."""
    known = people["patient_id"].implode()
    named = pl.all_horizontal(pl.col("patient_id", "other_id").is_in(known))
    unknown = settled.filter(~named).height
    rules = [*linked.denied["rule"].sort(), *["patient_unknown"] * unknown]
    return Faults.of(
        [
            {"file": "source.linkage", "rule": rule, "what": DENIED[rule]}
            for rule in rules
        ]
    )


def _list_aside(aside: pl.DataFrame, reasons: Mapping[str, str]) -> pl.DataFrame:
    """List the rows set aside, each once, with its first fault."""
    first = aside.unique(["table", *PLACE], keep="first", maintain_order=True)
    named = first.with_columns(
        reason=pl.col("rule").replace_strict(dict(reasons), return_dtype=pl.String)
    )
    return Quarantine.check(named.select(Quarantine.column_names()))


def _account(
    ledger: pl.DataFrame, aside: pl.DataFrame, dropped: pl.DataFrame
) -> pl.DataFrame:
    """Count the rows that were set aside or merged."""
    keys = ["table", "file"]
    counted = ledger
    for name, rows in (("n_quarantined", aside), ("n_merged", dropped)):
        more = (
            rows.unique(["table", *PLACE])
            .group_by("table", file="source_file")
            .agg(n_more=pl.len().cast(pl.Int64))
        )
        counted = (
            counted.join(more, on=keys, how="left", maintain_order="left")
            .with_columns(pl.col("n_more").fill_null(0))
            .with_columns(
                pl.col(name) + pl.col("n_more"),
                n_used=pl.col("n_used") - pl.col("n_more"),
            )
            .drop("n_more")
        )
    return Ledger.check(counted)


def _mark(
    aside: pl.DataFrame, dropped: pl.DataFrame, conflicts: pl.DataFrame
) -> pl.DataFrame:
    """Say which cells were set aside, are told by another row, or contradict one."""
    place = {"file": "source_file", "row": "source_row"}
    at_fault = aside.select("table", **place, field="column")
    clashing = conflicts.explode("files", "rows").select(
        "table", file="files", row="rows", field="field"
    )
    whole = pl.lit(None, pl.String)
    parts = [
        at_fault.with_columns(field=whole),
        at_fault,
        dropped.select("table", **place, field=whole),
        clashing,
    ]
    flags = ["", "order_violation", "dup_merged", "source_conflict"]
    marked = [
        part.with_columns(
            flags=pl.lit(BITS.get(flag, 0), TYPE), set_aside=pl.lit(not flag)
        )
        for part, flag in zip(parts, flags, strict=True)
    ]
    return Marks.check(pl.concat(marked).unique(maintain_order=True))
