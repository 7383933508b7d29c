"""Who is analysed, and why the others are not."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import polars as pl

from twoarm.cohort.attrition import add_step, find_n_event, restrict_where
from twoarm.tables.cohort import Quarantine

EARLY = {
    "before": "Treated before time zero",
    "same_day": "Treated on the day of time zero",
}
"""Why who was treated early leaves."""


class Selection(NamedTuple):
    """Those left, the attrition table, and the rows set aside."""

    patients: pl.DataFrame
    attrition: pl.DataFrame
    quarantine: pl.DataFrame


def restrict_usable(
    candidates: pl.DataFrame,
    attrition: pl.DataFrame,
    faults: pl.DataFrame,
    *,
    reasons: Mapping[str, str],
    event: str | None = None,
) -> Selection:
    """Set aside the candidates with a fault, under the first rule that each breaks.

    Parameters
    ----------
    candidates
        One row a candidate, by `source_file` and `source_row`.
    attrition
        The steps before.
    faults
        As the contract Faults; those that break no rule of `reasons` are passed over.
    reasons
        Rule to its reason in words; the order of the rules is that of the steps.
    event
        As in `restrict_where`.
    """
    place = ["source_file", "source_row"]
    order = pl.Enum(list(reasons))
    named = (
        faults.filter(pl.col("rule").is_in(list(reasons)))
        .rename({"file": "source_file", "row": "source_row"})
        .with_columns(pl.col("rule").cast(order))
        .join(candidates.select(place), on=place, how="semi")
        .sort([*place, "rule", "column"])
        .group_by(place, maintain_order=True)
        .agg(pl.col("column", "rule").first())
    )
    for rule in named["rule"].unique().sort():
        gone = named.filter(pl.col("rule") == rule).select(place)
        left = candidates.join(gone, on=place, how="anti", maintain_order="left")
        attrition = add_step(
            attrition,
            reasons[rule],
            n_before=candidates.height,
            n_after=left.height,
            n_event=find_n_event(left, event),
        )
        candidates = left
    quarantine = named.with_columns(
        pl.col("rule").cast(pl.String),
        reason=pl.col("rule").cast(pl.String).replace_strict(dict(reasons), default=""),
    )
    return Selection(
        candidates,
        attrition,
        Quarantine.of([]).vstack(quarantine.select(Quarantine.column_names())),
    )


def restrict_arms(
    candidates: pl.DataFrame, attrition: pl.DataFrame, *, event: str | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Leave out whose treatment the study excludes by name, or came too early.

    `event` is as in `restrict_where`.
    """
    if candidates["excluded"].any():
        reason = "Treatment left out by design"
        candidates, attrition = restrict_where(
            candidates, attrition, ~pl.col("excluded"), reason, event=event
        )
    return restrict_untreated(candidates, attrition, event=event)


def restrict_untreated(
    candidates: pl.DataFrame, attrition: pl.DataFrame, *, event: str | None = None
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Leave out who was treated by time zero, where that is not the arm itself.

    Treated strictly before time zero leaves: the clock would start too late. Treated on
    the same day leaves too where the arm is decided later: of two rows of one day
    nothing says that the patient was untreated when the clock started. A step is added
    only where it applies.

    Parameters
    ----------
    candidates
        With `early`, if any can be: `before` or `same_day`, null for all others.
    attrition
        The steps before.
    event
        As in `restrict_where`.
    """
    if "early" not in candidates.columns:
        return candidates, attrition
    for early, reason in EARLY.items():
        keep = pl.col("early").ne_missing(pl.lit(early))
        if not candidates.select(keep.all()).item():
            candidates, attrition = restrict_where(
                candidates, attrition, keep, reason, event=event
            )
    return candidates, attrition


def keep_columns(
    candidates: pl.DataFrame, *, endpoints: Sequence[str], covariates: Sequence[str]
) -> pl.DataFrame:
    """Keep what the analysis needs, levels without those that no patient has.

    Whether a competing event ended the follow-up is there of some endpoints only.
    """
    ends = [f"{name}_{end}" for name in endpoints for end in ("days", "event")]
    some = [f"{name}_competing" for name in endpoints]
    some += [f"{name}_measured" for name in covariates]
    kept = candidates.with_columns(
        pl.lit(None, pl.Float64).alias(name)
        for name in ("first_dose_days",)
        if name not in candidates.columns
    ).select(
        "patient_id",
        "treated",
        "treatment_days",
        "index_date",
        "first_dose_days",
        *ends,
        *covariates,
        *(name for name in some if name in candidates.columns),
    )
    return kept.with_columns(
        pl.col(name).cast(pl.Enum(_used_levels(kept[name])))
        for name in covariates
        if isinstance(kept.schema[name], pl.Enum)
    )


def _used_levels(column: pl.Series) -> list[str]:
    used = set(column.cast(pl.String))
    levels: list[str] = column.dtype.categories.to_list()  # type: ignore[attr-defined]
    return [level for level in levels if level in used]


def derive_analysed(
    candidates: pl.DataFrame,
    covariates: Mapping[str, Mapping[str, Any]],
    endpoints: Sequence[str],
    zero_days: float | None,
) -> pl.DataFrame:
    """Bring times and covariates to the form in which they are analysed.

    Parameters
    ----------
    covariates
        As `transform_covariates` takes them.
    endpoints, zero_days
        As `derive_follow_up` takes them.
    """
    followed = derive_follow_up(candidates, endpoints, zero_days)
    return transform_covariates(followed, covariates)


def derive_follow_up(
    candidates: pl.DataFrame, endpoints: Sequence[str], zero_days: float | None
) -> pl.DataFrame:
    """Give a follow-up that ends on its first day a length.

    Parameters
    ----------
    zero_days
        Days that it counts; None leaves it at 0.
    """
    if zero_days is None:
        return candidates
    return candidates.with_columns(
        pl.when(pl.col(name) == 0).then(zero_days).otherwise(name).alias(name)
        for name in (f"{each}_days" for each in endpoints)
    )


def transform_covariates(
    candidates: pl.DataFrame, covariates: Mapping[str, Mapping[str, Any]]
) -> pl.DataFrame:
    """Bring continuous covariates to their scale; null where there is no logarithm."""
    scales = {
        "log10": lambda x: pl.when(x > 0).then(x.log10()),
        "log10_plus_1": lambda x: pl.when(x >= 0).then((x + 1).log10()),
    }
    return candidates.with_columns(
        scales[covariate["transform"]](pl.col(name)).alias(name)
        for name, covariate in covariates.items()
        if covariate["transform"]
    )
