"""One person once: which patients of one centre or several are the same person."""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from twoarm.pseudonyms import DOUBTED

BIRTH_DAYS, DOSE_DAYS, AFP_RATIO = 2, 30, 1.1
"""How far two patients may differ that a person is asked about."""


MAY_LACK = {"national_id": pl.String, "person_name": pl.String, "place": pl.Int64}


class Linked(NamedTuple):
    """Who is who.

    `persons`: `patient_id`, `person` (the patient who survives), `rule` by which a
    patient was linked, null for one alone, and `survivor`. `reviews`: `patient_id`,
    `other_id` and `rule`, pairs that a person must settle. `denied`: of the pairs that
    a person settled, those that do not agree with the rules: `patient_id`, `other_id`
    and `rule`.
    """

    persons: pl.DataFrame
    reviews: pl.DataFrame
    denied: pl.DataFrame


NONE_SETTLED = pl.DataFrame(
    schema={"patient_id": pl.String, "other_id": pl.String, "same": pl.Boolean}
)


def link_patients(
    patients: pl.DataFrame, afp: pl.DataFrame, settled: pl.DataFrame = NONE_SETTLED
) -> Linked:
    """Find patients who are one person.

    Two are one by their national id, else by sex, birth date and name; what follows
    from two such pairs holds too. Two of like birth date, first dose and AFP are put on
    a list and are not one until a person says so. Where names would make persons of two
    national ids one, the names that did so are not believed.

    The rules are certain, not weighed: a model of chances (Fellegi and Sunter) has
    nothing to learn from hashes, which agree or do not.

    Parameters
    ----------
    patients
        `patient_id`, once each, `sex`, `birth_date` and `first_dose_date`; of
        `national_id` and `person_name` their pseudonyms, where they are exported; and
        `place`, the order in which they are told, where it is known.
    afp
        `patient_id` and `afp_ng_ml` before the first dose, once a patient.
    settled
        `patient_id`, `other_id` and `same`: pairs that a person looked at. They leave
        the list of reviews. Those that are `same` are one, unless their national ids
        differ; those that are not must not be one by a rule.

    Returns
    -------
    Linked
        The patient with the earliest first dose survives; of those with the same, or
        none, the first by place and by name. The order of rows does not matter.
    """
    people = _with_keys(patients).sort("patient_id").with_row_index("row")
    by_id = _pairs(people, ["national_id"])
    by_name = _pairs(people, ["sex", "birth_date", "person_name"])
    said = _rows_of(people, settled)
    first = _groups(people.height, [by_id])
    people = people.with_columns(group=pl.Series(first))
    denied = _of_two_ids(people, by_name)
    by_name = by_name.join(denied, on=["a", "b"], how="anti")
    named = _groups(people.height, [by_id, by_name])
    told = said.filter("same").select("a", "b")
    people = people.with_columns(group=pl.Series(named))
    clash = _of_two_ids(people, told)
    told = told.join(clash, on=["a", "b"], how="anti")
    last = _groups(people.height, [by_id, by_name, told])
    people = people.with_columns(
        person=pl.Series(last), linked=pl.Series(first), named=pl.Series(named)
    )
    persons = _survive(people)
    apart = said.filter(~pl.col("same")).select("a", "b")
    one = apart.filter(
        pl.Series(last[apart["a"]] == last[apart["b"]], dtype=pl.Boolean)
    )
    near = _near(people.join(afp, on="patient_id", how="left", maintain_order="left"))
    reviews = pl.concat([_told(people, _unsettled(denied, said), "ids_differ"),
                         _told(people, _unsettled(near, said), "alike")])  # fmt: skip
    contrary = pl.concat([_told(people, clash, "ids_differ"),
                          _told(people, one, "linked_by_rule")])  # fmt: skip
    by = ["patient_id", "other_id", "rule"]
    return Linked(persons, reviews.sort(by), contrary.sort(by))


def _rows_of(people: pl.DataFrame, settled: pl.DataFrame) -> pl.DataFrame:
    """Give settled pairs by row, the lower first; unknown patients are left out."""
    row = people.select("patient_id", row=pl.col("row").cast(pl.Int64))
    both = settled.join(row, on="patient_id").join(
        row, left_on="other_id", right_on="patient_id", suffix="_b"
    )
    low, high = pl.min_horizontal("row", "row_b"), pl.max_horizontal("row", "row_b")
    return both.select(a=low, b=high, same="same").filter(pl.col("a") != pl.col("b"))


def _unsettled(pairs: pl.DataFrame, said: pl.DataFrame) -> pl.DataFrame:
    """Leave out the pairs that a person looked at."""
    return pairs.join(said, on=["a", "b"], how="anti")


def _with_keys(patients: pl.DataFrame) -> pl.DataFrame:
    """Add as null what is not exported; nobody is found by a doubted id."""
    full = pl.concat([pl.DataFrame(schema=MAY_LACK), patients], how="diagonal")
    doubted = pl.col("national_id").str.starts_with(DOUBTED)
    return full.with_columns(national_id=pl.when(~doubted).then("national_id"))


def _pairs(people: pl.DataFrame, keys: Iterable[str]) -> pl.DataFrame:
    """Pair each patient with the first of those who agree in all keys, none null."""
    keys = list(keys)
    known = people.filter(pl.all_horizontal(pl.col(keys).is_not_null()))
    return known.select(
        a=pl.col("row").min().over(keys).cast(pl.Int64), b=pl.col("row").cast(pl.Int64)
    ).filter(pl.col("a") != pl.col("b"))


def _groups(n: int, pairs: Iterable[pl.DataFrame]) -> np.ndarray[Any, Any]:
    """Give each of `n` rows the number of its group, which pairs hold together."""
    both = pl.concat(pairs)
    ones = np.ones(both.height, dtype=np.int8)
    graph = coo_array((ones, (both["a"].to_numpy(), both["b"].to_numpy())), (n, n))
    _, groups = connected_components(graph, directed=False)
    return np.asarray(groups)


def _of_two_ids(people: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """List pairs by name within a group that would hold two national ids."""
    groups = _groups(people.height, [pairs, _chain(people)])
    ids = people.select(whole=pl.Series(groups), id="national_id")
    many = ids.group_by("whole").agg(pl.col("id").drop_nulls().n_unique())
    doubted = many.filter(pl.col("id") > 1)["whole"]
    rows = pl.Series("a", np.flatnonzero(np.isin(groups, doubted.to_numpy())))
    return pairs.filter(pl.col("a").is_in(rows.to_list()))


def _chain(people: pl.DataFrame) -> pl.DataFrame:
    """Pair each row with the first of its group."""
    row = pl.col("row").cast(pl.Int64)
    return people.select(a=row.min().over("group"), b=row)


def _survive(people: pl.DataFrame) -> pl.DataFrame:
    """Name each person after the patient who was dosed first."""
    by = ["person", "first_dose_date", "place", "patient_id"]
    order = people.sort(by, nulls_last=True)
    first = pl.col("patient_id").first().over("person")
    alone = pl.len().over("person") == 1
    shared, called = (pl.len().over(group) > 1 for group in ("linked", "named"))
    return order.select(
        "patient_id",
        person=first,
        rule=pl.when(alone)
        .then(pl.lit(None, pl.String))
        .when(shared)
        .then(pl.lit("national_id"))
        .when(called)
        .then(pl.lit("name_and_birth"))
        .otherwise(pl.lit("settled")),
        survivor=pl.col("patient_id") == first,
    ).sort("patient_id")


def _near(people: pl.DataFrame) -> pl.DataFrame:
    """Pair patients of different persons and like birth date, first dose and AFP."""
    rows = people.lazy().select(
        "row", "sex", "person", "national_id", "birth_date", "first_dose_date",
        afp="afp_ng_ml",
        part=pl.col("first_dose_date").to_physical() // (DOSE_DAYS + 1),
    ).drop_nulls(["sex", "birth_date", "first_dose_date", "afp"])  # fmt: skip
    # Those of a birth date alone would be pairs by the square of their number.
    spread = rows.with_columns(
        days=pl.int_ranges(-BIRTH_DAYS, BIRTH_DAYS + 1), parts=pl.int_ranges(-1, 2)
    )
    spread = (
        spread.explode("days")
        .explode("parts")
        .with_columns(
            birth_date=pl.col("birth_date") + pl.duration(days="days"),
            part=pl.col("part") + pl.col("parts").cast(pl.Int32),
        )
    )
    pairs = rows.join(spread, on=["sex", "birth_date", "part"], suffix="_b")
    ratio = pl.col("afp") / pl.col("afp_b")
    apart = (pl.col("first_dose_date") - pl.col("first_dose_date_b")).dt.total_days()
    near = pairs.filter(
        pl.col("row") < pl.col("row_b"),
        pl.col("person") != pl.col("person_b"),
        (pl.col("national_id") == pl.col("national_id_b")).fill_null(value=True),
        apart.abs() <= DOSE_DAYS,
        pl.max_horizontal(ratio, 1 / ratio) <= AFP_RATIO,
    )
    return near.select(
        a=pl.col("row").cast(pl.Int64), b=pl.col("row_b").cast(pl.Int64)
    ).collect(engine="streaming")


def _told(people: pl.DataFrame, pairs: pl.DataFrame, rule: str) -> pl.DataFrame:
    names = people["patient_id"]
    return pl.DataFrame(
        {"patient_id": names.gather(pairs["a"]), "other_id": names.gather(pairs["b"])}
    ).with_columns(rule=pl.lit(rule))
