"""What is missing among the covariates, of whom, and what speaks against filling it."""

from collections.abc import Iterator, Sequence

import polars as pl

from twoarm.tables.cohort import Missingness

# ASSUME: a covariate that is missing in more than half of the patients rests more on
# the model of the imputation than on data. Of an arm or centre of whom it is missing in
# 19 of 20, while another has it, nobody recorded it: that gap is no accident.
MANY = 0.5
NEARLY_ALL = 0.95
A_FEW = 5
"""Patients of a group below which such a gap may well be chance."""


def select_considered(
    candidates: pl.DataFrame, patients: pl.DataFrame, quarantine: pl.DataFrame
) -> pl.DataFrame:
    """Select who is analysed, and who would be but for a covariate that is not known.

    Parameters
    ----------
    candidates
        As the contract Candidates.
    patients
        As the contract Patients: those analysed.
    quarantine
        As the contract Quarantine; rows set aside under `covariate_absent` count.

    Returns
    -------
    pl.DataFrame
        Their rows of `candidates`, in its order.
    """
    place = ["source_file", "source_row"]
    aside = quarantine.filter(rule="covariate_absent").select(place)
    ordered = candidates.with_row_index("at")
    # Of a patient who is repeated, the first row is the one that was analysed.
    analysed = ordered.join(patients.select("patient_id"), on="patient_id", how="semi")
    first = analysed.unique("patient_id", keep="first", maintain_order=True)
    gone = ordered.join(aside, on=place, how="semi")
    return pl.concat([first, gone]).unique("at").sort("at").drop("at")


def assess_missingness(
    patients: pl.DataFrame,
    *,
    covariates: Sequence[str],
    labels: dict[str, str],
    structural: Sequence[str] = (),
    imputed: bool = False,
) -> pl.DataFrame:
    """Count what is missing in all, in each arm, and in each centre where several are.

    Parameters
    ----------
    patients
        Those considered, with `treated`, the covariates on their scale and, if there is
        one, `centre`.
    labels
        `treated` and `control`: names of the arms.
    structural
        Covariates whose gaps are no accident: they are left as they are.
    imputed
        Whether the gaps of the others are imputed; else the patients are set aside.

    Returns
    -------
    pl.DataFrame
        As the contract Missingness.
    """
    groups = list(_groups(patients, labels))
    gaps = {name: patients[name].is_null() for name in covariates}
    others = [name for name in covariates if name not in structural]
    any_of = patients.select(pl.any_horizontal(pl.col(others).is_null())).to_series()
    rows = []
    for name, gap in [*gaps.items(), (None, any_of)]:
        counts = [(int(gap.filter(mask).sum()), int(mask.sum())) for *_, mask in groups]
        shares = [n / size if size else 0.0 for n, size in counts]
        handling = _handling(shares[0], imputed=imputed, structural=name in structural)
        kinds = [
            by if n >= A_FEW else ""
            for (by, *_), (_, n) in zip(groups, counts, strict=True)
        ]
        concern = _concern(kinds, shares) if name and name not in structural else ""
        rows += [
            {
                "covariate": name,
                "by": by,
                "group": group,
                "n_patients": size,
                "n_missing": n,
                "share_missing": share,
                "handling": handling,
                "concern": concern,
            }
            for (by, group, _), (n, size), share in zip(
                groups, counts, shares, strict=True
            )
        ]
    return Missingness.of(rows)


def _groups(
    patients: pl.DataFrame, labels: dict[str, str]
) -> Iterator[tuple[str, str, pl.Series]]:
    everybody = pl.Series([True] * patients.height, dtype=pl.Boolean)
    yield "all", "all", everybody
    for arm, label in labels.items():
        yield "arm", label, patients["treated"] == (arm == "treated")
    if "centre" not in patients.columns:
        return
    centres = patients["centre"].cast(pl.String)
    named = centres.drop_nulls().unique().sort()
    if len(named) > 1:
        for centre in named:
            yield "centre", centre, (centres == centre).fill_null(value=False)


def _handling(share: float, *, imputed: bool, structural: bool) -> str:
    if not share:
        return "complete"
    if structural:
        return "left as it is"
    return "imputed" if imputed else "set aside"


def _concern(kinds: Sequence[str], shares: Sequence[float]) -> str:
    told = []
    if shares[0] > MANY:
        told.append("known of fewer than half")
    for kind in ("arm", "centre"):
        of_kind = [x for by, x in zip(kinds, shares, strict=True) if by == kind]
        if of_kind and max(of_kind) >= NEARLY_ALL > min(of_kind):
            told.append(f"missing in nearly all of one {kind}")
    return "; ".join(told)
