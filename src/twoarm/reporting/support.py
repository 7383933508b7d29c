"""What supports the results, gathered for the report."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from twoarm.reporting.forests import regressions_in_words, subgroups_in_words
from twoarm.reporting.fragility import (
    adjuvant_rows,
    checks_in_words,
    fragility_in_words,
)

FORESTS = {
    "subgroups": "hazard ratios in subgroups that were named beforehand",
    "regression": "terms of the regression, unadjusted arms; the ratios of covariates "
    "are not effects",
}


def support_of(
    study: Mapping[str, Any],
    tables: Mapping[str, pl.DataFrame],
    images: Mapping[str, str],
    designs: Mapping[str, str],
) -> dict[str, Any]:
    """Gather fragility, checks, subgroups and therapy after surgery.

    Parameters
    ----------
    study
        The complete config.
    tables, images
        As `twoarm.reporting.content.content_of` takes them; what is not there is not
        shown.
    designs
        Name to label.
    """
    endpoints = {name: each["label"] for name, each in study["endpoints"].items()}
    named = {**study["alone"], **endpoints}
    effects, told = tables["effects"], []
    if "tipping" in tables:
        given = tables["tipping"]["design"].unique(maintain_order=True)
        supporting = [name for name in designs if name in given]
        told = fragility_in_words(
            tables, designs=designs, endpoints=endpoints, supporting=supporting
        )
    checks = tables.get("checks")
    covariates = {name: each["label"] for name, each in study["covariates"].items()}
    return {
        "fragility": told,
        "checks": "" if checks is None else checks_in_words(checks),
        "adjuvant": adjuvant_rows(effects, study["analysis"]["adjuvant"], named),
        "forests": [
            {"label": f"{label}: {words}", "image": images[f"{kind}_{name}"]}
            for kind, words in FORESTS.items()
            for name, label in endpoints.items()
            if f"{kind}_{name}" in images
        ],
        "subgroups": subgroups_in_words(
            effects,
            endpoints=endpoints,
            designs=designs,
            covariates=covariates,
        ),
        "regressions": regressions_in_words(
            effects, endpoints=endpoints, covariates=covariates
        ),
        "proportionality": [
            {"label": label, "image": images[f"proportionality_{name}"]}
            for name, label in endpoints.items()
            if f"proportionality_{name}" in images
        ],
        "specifications": images.get("specifications", ""),
    }
