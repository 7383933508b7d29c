"""Hide small counts in what is known of exports alone."""

import polars as pl

from twoarm.disclosure.counts import suppress_cells


def suppress_versions(versions: pl.DataFrame, *, minimum_count: int) -> pl.DataFrame:
    """Blank small counts of patients who meet the criteria."""
    counts = ["n_ever", "n_met"]
    return suppress_cells(versions, counts, minimum_count=minimum_count)


def suppress_scans(scans: pl.DataFrame, *, minimum_count: int) -> pl.DataFrame:
    """Blank all that is of a small arm alone, or rests on few scans."""
    few = (
        pl.col(name).is_between(1, minimum_count - 1)
        for name in ("n_patients", "n_scans")
    )
    small = pl.any_horizontal(few)
    told = [name for name in scans.columns if name not in ("arm", "endpoint")]
    return scans.with_columns(pl.when(~small).then(name).alias(name) for name in told)
