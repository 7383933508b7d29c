"""Hide small counts in the tables of response, surgery and adverse events."""

import polars as pl

from twoarm.disclosure.description import QUARTILES, decimals_of
from twoarm.disclosure.partitions import find_shown
from twoarm.tables.care import UNIONS

LIMITS = ("share", "conf_low", "conf_high")
UNKNOWN = "NE"


def suppress_findings(findings: pl.DataFrame, *, minimum_count: int) -> pl.DataFrame:
    """Blank small counts of each item, and the counts that would give them away.

    The levels of an item, and those of whom it is not known, add up to the patients of
    the arm, and unions to their levels (`find_shown`). A share and its limits go with
    either of its counts. Of a continuous item that few have all goes. Quartiles are
    rounded as in Table 1. Of a small arm all goes.

    Parameters
    ----------
    findings
        As the contract Findings.
    minimum_count
        Smallest count to show; 1 shows all as it is.
    """
    if minimum_count == 1 or findings.is_empty():
        return findings
    items = findings.partition_by("arm", "item", maintain_order=True)
    return pl.concat(_suppress(each, minimum_count) for each in items).sort(
        "row", "arm"
    )


def _suppress(item: pl.DataFrame, minimum_count: int) -> pl.DataFrame:
    """Hide the counts of one item of an arm."""
    first = item.row(0, named=True)
    if 0 < first["n_patients"] < minimum_count:
        told = [*item.columns[item.columns.index("n_patients") :]]
        return item.with_columns(
            pl.lit(None).cast(item.schema[x]).alias(x) for x in told
        )
    if first["n_known"] == 0:
        return item
    levels = item["level"].to_list()
    unions = UNIONS.get(first["item"], {})
    cells = [level for level in levels if level is not None and level not in unions]
    counts = dict(item.select("level", "n").iter_rows())
    known = [level for level in cells if level != UNKNOWN]
    sizes = [counts[level] for level in cells]
    if UNKNOWN not in cells:
        sizes.append(first["n_patients"] - first["n_known"])
    if not cells:
        sizes.append(first["n_known"])
    parts = [unions.get(level, [level]) for level in levels if level is not None]
    places = [[cells.index(level) for level in part] for part in parts]
    whole = [cells.index(level) for level in known] if cells else [1]
    *each, all_known = find_shown(sizes, [*places, whole], minimum_count=minimum_count)
    shown = pl.Series(each or [first["n_known"] >= minimum_count])
    return _blank(item, shown, all_known=all_known)


def _blank(item: pl.DataFrame, shown: pl.Series, *, all_known: bool) -> pl.DataFrame:
    """Blank what rests on the counts that are hidden."""
    of_known = pl.col("n_of") == pl.col("n_known")
    free = shown & (
        all_known | ~item.select(of_known.fill_null(value=False)).to_series()
    )
    numbers = [*QUARTILES]
    largest = pl.max_horizontal(pl.col(name).abs() for name in numbers)
    factor = pl.lit(10.0).pow(decimals_of(largest, 3))
    return item.with_columns(
        pl.when(shown).then("n"),
        *(pl.when(free).then(name).alias(name) for name in ("n_of", *LIMITS)),
        pl.when(pl.lit(all_known)).then("n_known"),
        *(
            pl.when(shown)
            .then(pl.coalesce((pl.col(name) * factor).round() / factor, name))
            .alias(name)
            for name in numbers
        ),
    )
