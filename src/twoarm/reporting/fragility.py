"""How fragile the answer is, and whether two routes led to it, in words."""

from collections.abc import Iterator, Mapping
from typing import Any

import polars as pl

from twoarm.words import estimate_in_words, list_in_words, p_in_words

Row = Mapping[str, Any]


def fragility_in_words(
    tables: Mapping[str, pl.DataFrame],
    *,
    designs: Mapping[str, str],
    endpoints: Mapping[str, str],
    supporting: list[str],
) -> list[str]:
    """Say what would tip the answer of each supporting design and endpoint.

    Parameters
    ----------
    tables
        `effects`, `tipping` and `influence`, small counts hidden.
    designs, endpoints
        Name to label.
    supporting
        Designs that are told.
    """
    told = []
    for endpoint, label in endpoints.items():
        for design in supporting:
            one = {"endpoint": endpoint, "design": design}
            parts = [
                *_e_values(tables["effects"].filter(**one)),
                *_confounder(tables["tipping"].filter(**one)),
                *_censoring(tables["tipping"].filter(**one)),
                *_influence(tables["influence"].filter(**one)),
                *_centres(tables["effects"].filter(**one)),
            ]
            if parts:
                told.append(f"{label}, {designs[design]}: {'; '.join(parts)}.")
    return told


def checks_in_words(checks: pl.DataFrame) -> str:
    """Say how many numbers were come to by two routes."""
    n_compared, n_kinds = checks["n_compared"].sum(), checks["check"].n_unique()
    return (
        f"{n_compared:,} numbers were come to by two routes, or held against each "
        f"other, in {n_kinds} ways; all agree. The table checks.csv lists them."
    )


def support_weaknesses(
    effects: pl.DataFrame,
    *,
    study: Mapping[str, Any],
    endpoints: Mapping[str, str],
) -> Iterator[str]:
    """Yield what subgroups, negative controls and regressions hold against the study.

    Parameters
    ----------
    effects
        As the contract Effects, small counts hidden.
    study
        The complete config.
    endpoints
        Name to label.
    """
    subgroups = study["analysis"]["subgroups"]
    if subgroups:
        found = effects.filter(pl.col("term").str.starts_with("interaction: "))
        low = found.filter(pl.col("p_value") < 0.05).height
        tested = found.drop_nulls("p_value").height
        yield (
            f"{len(subgroups)} subgroups were named beforehand and {tested} "
            f"interactions tested over designs and endpoints; {low} have p below 0.05, "
            f"and chance alone gives {0.05 * tested:.1f}. No level is read by itself."
        )
    for name, label in endpoints.items():
        if study["endpoints"][name]["negative_control"]:
            yield from _negative_control(effects.filter(endpoint=name), label)
    yield from _inflated(effects, endpoints)


def _negative_control(effects: pl.DataFrame, label: str) -> Iterator[str]:
    ratios = effects.filter(measure="hazard_ratio", term="treated").drop_nulls(
        ["conf_low", "conf_high"]
    )
    off = ratios.filter((pl.col("conf_low") > 1) | (pl.col("conf_high") < 1))
    if off.height:
        yield (
            f"{label}: the treatment cannot act on it, and its hazard ratio should be "
            f"1; the limits of {off.height} of {ratios.height} designs leave 1 out. "
            "Bias is left in them."
        )


def _inflated(effects: pl.DataFrame, endpoints: Mapping[str, str]) -> Iterator[str]:
    pattern = r"variance of (\S+) inflated ([\d.]+)-fold"
    rows = effects.filter(term="treated_adjusted").with_columns(
        which=pl.col("method").str.extract(pattern, 1)
    )
    for endpoint, label in endpoints.items():
        named = rows.filter(endpoint=endpoint)["which"].drop_nulls().unique().sort()
        if len(named):
            yield (
                f"{label}: in a regression the covariates tell much the same: "
                f"{list_in_words(named.to_list())} is inflated more than fivefold."
            )


def _e_values(effects: pl.DataFrame) -> Iterator[str]:
    found = dict(effects.filter(measure="e_value").select("term", "estimate").rows())
    if found.get("treated") is not None:
        limit = found.get("treated_limit")
        more = "" if limit is None else f" (limit {limit:.2f})"
        yield f"E-value {found['treated']:.2f}{more}"


def _confounder(tipping: pl.DataFrame) -> Iterator[str]:
    rows = tipping.filter(kind="confounder").drop_nulls("needed_estimate")
    if rows.height:
        row = rows.sort("needed_estimate").row(0, named=True)
        yield (
            f"a confounder in {100 * row['prevalence_treated']:.0f} % against "
            f"{100 * row['prevalence_control']:.0f} % would need a hazard ratio of "
            f"{row['needed_estimate']:.1f} to bring the estimate to 1"
        )


def _censoring(tipping: pl.DataFrame) -> Iterator[str]:
    rows = tipping.filter(kind="censoring")
    if not rows.height:
        return
    needed, most = rows["needed_limit"][0], max(rows["strength"])
    if needed == 1:
        yield "its limits hold 1 as it is"
    elif needed is None:
        yield f"no hazard of the censored up to {most:g} times as high tips it"
    else:
        yield f"it tips if the hazard of the censored is {needed:g} times as high"


def _influence(influence: pl.DataFrame) -> Iterator[str]:
    for row in influence.iter_rows(named=True):
        span = f"{row['lowest']:.2f} to {row['highest']:.2f}"
        count = row["n_tipping"]
        who = "one patient" if count == 1 else f"each of {count} patients"
        more = f", and {who} tips the verdict" if count else ""
        yield f"without any one patient it is {span}{more}"


def _centres(effects: pl.DataFrame) -> Iterator[str]:
    for start, words in (
        ("without centre: ", "without centre"),
        ("refitted without centre: ", "the design made anew without centre"),
    ):
        rows = effects.filter(pl.col("term").str.starts_with(start))
        named = [
            f"{row['term'].removeprefix(start)} {estimate_in_words(row)}"
            for row in rows.drop_nulls("estimate").iter_rows(named=True)
        ]
        if named:
            yield f"{words} {list_in_words(named)}"


def adjuvant_rows(
    effects: pl.DataFrame, adjuvant: Mapping[str, Any] | None, labels: Mapping[str, str]
) -> list[dict[str, str]]:
    """Put the comparison of therapy after surgery in words, a landmark a row.

    Parameters
    ----------
    effects
        As the contract Effects, small counts hidden.
    adjuvant
        The config's section, None if it is not asked.
    labels
        Endpoint to label.
    """
    rows = []
    own = effects.filter(pl.col("term") == "resumed", measure="hazard_ratio")
    for row in own.iter_rows(named=True) if adjuvant else []:
        one = {"endpoint": row["endpoint"], "design": row["design"]}
        other = effects.filter(term="resumed_adjusted", **one)
        events = " / ".join(
            f"{_shown(row[f'events_{arm}'])} of {_shown(row[f'n_{arm}'])}"
            for arm in ("treated", "control")
        )
        rows.append(
            {
                "endpoint": labels.get(row["endpoint"], row["endpoint"]),
                "day": row["design"].removeprefix("resumed_").replace("_", "."),
                "events": events,
                "ratio": estimate_in_words(row),
                "p": p_in_words(row["p_value"]).removeprefix("= "),
                "adjusted": estimate_in_words(other.row(0, named=True))
                if other.height
                else "–",
            }
        )
    return rows


def _shown(count: int | None) -> str:
    return "few" if count is None else f"{count:,}"
