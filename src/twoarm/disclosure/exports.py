"""Hide small counts in what is known of exports alone: criteria, scans, cells."""

import polars as pl

from twoarm.disclosure.counts import suppress_cells


def suppress_versions(versions: pl.DataFrame, *, minimum_count: int) -> pl.DataFrame:
    """Blank small counts of patients who meet the criteria."""
    counts = ["n_ever", "n_met"]
    return suppress_cells(versions, counts, minimum_count=minimum_count)


def suppress_scans(scans: pl.DataFrame, *, minimum_count: int) -> pl.DataFrame:
    """Blank all that is of a small arm alone, rests on few scans, or leaves out few.

    An endpoint of those operated alone leaves out the others of the arm, whose number
    is the difference to the endpoint that has most.
    """
    n, few = pl.col("n_patients"), (1, minimum_count - 1)
    out = n.max().over("arm") - n
    small = pl.any_horizontal(
        each.is_between(*few) for each in (n, pl.col("n_scans"), out)
    )
    told = [name for name in scans.columns if name not in ("arm", "endpoint")]
    return scans.with_columns(pl.when(~small).then(name).alias(name) for name in told)


def suppress_quality(quality: pl.DataFrame, *, minimum_count: int) -> pl.DataFrame:
    """Count the cells of each field of a centre; blank small counts.

    The outcomes of a field add up to the rows read, which the ledger tells, and the
    rules to the cells withheld: where one count is small the largest goes too. A flag
    goes that few of the cells used have, or lack. File names stay inside: they may hold
    a patient's name.

    Parameters
    ----------
    quality
        As the contract Quality.
    """
    field, n = ["centre", "table", "field"], pl.col("n_cells")
    counts = (
        quality.group_by(*field, "what", "name")
        .agg(n.sum())
        .sort(*field, "what", "name")
    )
    used = counts.filter(name="used", what="outcome").select(*field, used="n_cells")
    small = n.is_between(1, minimum_count - 1)
    added = pl.col("what") != "flag"
    # Of equal counts the first is taken, whichever it is.
    largest = n.rank("ordinal", descending=True) == 1
    telling = added & small.any().over(*field, "what") & largest.over(*field, "what")
    lacking = ~added & (pl.col("used") - n).is_between(1, minimum_count - 1)
    shown = pl.when(~(small | telling | lacking)).then(n)
    return (
        counts.join(used, on=field, how="left", maintain_order="left")
        .with_columns(n_cells=shown)
        .select(counts.columns)
    )
