"""Hide the counts of subgroups and centres that tell those of others."""

import polars as pl

COUNTS = [f"{what}_{arm}" for what in ("n", "events") for arm in ("treated", "control")]
PARTS = r"^(subgroup: [^=]+|(?:refitted )?without centre: ).*$"
"""Terms that are a part of the patients of a design."""


def suppress_parts(effects: pl.DataFrame, *, minimum_count: int) -> pl.DataFrame:
    """Blank counts of parts of a design that would tell small ones by a difference.

    The levels of a subgroup add up to the patients of the design, and those of the
    other centres are all but those of one: where a level or a centre has a small count,
    that count of all levels, or of all centres, is blanked.
    """
    part = pl.col("term").str.extract(PARTS, 1)
    group = [pl.col("endpoint"), pl.col("design"), pl.col("measure"), part]
    whole = effects.filter(measure="hazard_ratio", term="treated")
    named = ["endpoint", "design"]
    told = effects.join(
        whole.select(*named, *(pl.col(each).alias(f"{each}_all") for each in COUNTS)),
        on=named,
        how="left",
        maintain_order="left",
    )
    hidden = {each: _small(each, minimum_count).any().over(group) for each in COUNTS}
    shown = told.with_columns(
        pl.when(part.is_null() | ~hide).then(each).alias(each)
        for each, hide in hidden.items()
    )
    return shown.select(effects.columns)


def _small(count: str, minimum_count: int) -> pl.Expr:
    """Tell whether a part has few, or lacks few of all."""
    most = minimum_count - 1
    lacking = (pl.col(f"{count}_all") - pl.col(count)).is_between(1, most)
    return pl.col(count).is_between(1, most) | lacking.fill_null(value=False)
