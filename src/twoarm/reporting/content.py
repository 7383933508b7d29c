"""What the report says, gathered from the study's tables and figures."""

import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

import polars as pl

from twoarm.flags import FLAGS
from twoarm.reporting.answers import answers_in_words, overlap_in_words
from twoarm.reporting.audit import (
    audit_rows,
    headline_of,
    immortal_time_in_words,
    verdicts_of,
)
from twoarm.reporting.care import care_in_words
from twoarm.reporting.clones import truncation_rows
from twoarm.reporting.comparison import compared_in_words
from twoarm.reporting.courses import captions_of
from twoarm.reporting.doubts import gather_weaknesses, missing_asked
from twoarm.reporting.exports import (
    alone_rows,
    criteria_rows,
    quality_rows,
    scan_rows,
)
from twoarm.reporting.flow import flow_in_words
from twoarm.reporting.forestalled import cures_of, subdistributions_of
from twoarm.reporting.methods import methods_in_words
from twoarm.reporting.missing import missingness_in_words
from twoarm.reporting.page import contrasts_of, horizons_of
from twoarm.reporting.support import support_of
from twoarm.reporting.table_one import table_one_in_words
from twoarm.reporting.twins import twins_in_words
from twoarm.tables.harmonisation import LEFT
from twoarm.words import count_in_words, design_labels, verdicts_in_words

AUDIT = {
    "audit": "Follow-up of the treated arm of each design, and how much of it lies "
    "before their treatment, when an event would have left them untreated.",
}
IMPUTATION = {
    "missingness": "How often each covariate is not known, in percent of the patients "
    "of each arm and centre.",
    "imputed_values": "Imputed values, a line a completed data set, beside the "
    "observed ones. They may differ where those who miss the value differ.",
    "imputation_traces": "What was imputed at each iteration, a line a completed data "
    "set. Lines that mix, without a trend, speak for chains that have converged.",
}
PICTURES = ("attrition", "balance", "scores", "preference")


def content_of(
    study: Mapping[str, Any],
    tables: Mapping[str, pl.DataFrame],
    figures: Iterable[str],
) -> dict[str, Any]:
    """Gather what the sections of the report name.

    Parameters
    ----------
    study
        The complete config.
    tables
        Name of a disclosed table to its rows; `criteria`, `scans` and
        `quality` are of exports.
    figures
        Names of the figures that there are.
    """
    tables = {**tables, "effects": tables["effects"].with_row_index("row", offset=1)}
    effects, fewest = tables["effects"], study["release"]["minimum_count"]
    designs, images = design_labels(study["designs"]), {name: name for name in figures}
    names = {name: each["label"] for name, each in study["endpoints"].items()}
    return {
        **{key: study[key] for key in ("study", "title", "question")},
        "arms": list(study["treatment"]["labels"].values()),
        "headline": headline_of(
            study["headline"], effects, designs, names, study["treatment"]["labels"]
        ),
        **_verdict(study, tables["audit"], designs, names),
        "weaknesses": gather_weaknesses(study, tables, designs, names),
        **compared_in_words(tables, designs=designs, endpoints=names),
        **_clones(tables, images, designs=designs, endpoints=names),
        **_described(study, tables, designs),
        **support_of(study, tables, images, designs),
        "alone": alone_rows(
            effects.filter(design="unadjusted"), study["alone"], fewest
        ),
        "protocol": tables["protocol"].fill_null("Not told.").to_dicts(),
        "criteria": criteria_rows(tables.get("criteria"), fewest),
        "scans": scan_rows(tables.get("scans"), names),
        "quality": quality_rows(tables.get("quality"), {**FLAGS, **study["rules"]}),
        "imputation": _shown(images, IMPUTATION),
        **_answers(study, tables["diagnostics"], tables["dropped"], designs),
        "twins": _twins(study, tables, designs, names),
        "weights": _shown(images, {f"weights_{k}": v for k, v in designs.items()}),
        "bootstrapped": study["analysis"]["bootstrap"]["replicates"] > 0,
        "limits": f"{100 * study['analysis']['confidence']:g}",
        "endpoints": _endpoints(study, effects, images, designs),
        "courses": _shown(images, captions_of(study)),
        "lost_time": _shown(images, AUDIT),
        "ledger": _ledger(tables["ledger"], fewest),
        **{name: images[name] for name in PICTURES},
        "methods": methods_in_words(study),
        "software": software(),
        "version": version("twoarm"),
        **study["release"],
    }


def _twins(
    study: Mapping[str, Any],
    tables: Mapping[str, pl.DataFrame],
    designs: Mapping[str, str],
    endpoints: Mapping[str, str],
) -> dict[str, Any]:
    """Say how the designs did on invented cohorts like this one."""
    treated = study["treatment"]["labels"]["treated"]
    named = {"designs": designs, "endpoints": endpoints}
    return twins_in_words(tables.get("twins"), treated=treated, **named)


def _clones(
    tables: Mapping[str, pl.DataFrame],
    images: Mapping[str, str],
    *,
    designs: Mapping[str, str],
    endpoints: Mapping[str, str],
) -> dict[str, Any]:
    """Show the clones over time, and what the limits to their weights change."""
    named = {
        f"clones_{end}_{design}": f"{designs[design]}, {label}"
        for end, label in endpoints.items()
        for design in designs
    }
    labels = {"designs": designs, "endpoints": endpoints}
    return {
        "clones": _shown(images, named),
        "truncations": truncation_rows(tables.get("truncations"), **labels),
    }


def _described(
    study: Mapping[str, Any],
    tables: Mapping[str, pl.DataFrame],
    designs: Mapping[str, str],
) -> dict[str, Any]:
    """Put the flow, Table 1, what is missing, and the care of patients in words."""
    table_one = table_one_in_words(
        tables["baseline"],
        tables["diagnostics"],
        designs=designs,
        covariates=study["covariates"],
        minimum_count=study["release"]["minimum_count"],
    )
    missing = missingness_in_words(tables["missingness"], **missing_asked(study))
    imputed = study["imputation"]["n"]
    described = {"table_one": table_one, "missing": missing, "imputed": imputed}
    flow = flow_in_words(tables["attrition"], study["release"]["minimum_count"])
    return {**described, "flow": flow, **care_in_words(study, tables)}


def _shown(
    images: Mapping[str, str], labels: Mapping[str, str]
) -> list[dict[str, str]]:
    """Label the figures that there are."""
    return [
        {"label": words, "image": images[name]}
        for name, words in labels.items()
        if name in images
    ]


def _verdict(
    study: Mapping[str, Any],
    audit: pl.DataFrame,
    designs: Mapping[str, str],
    endpoints: Mapping[str, str],
) -> dict[str, Any]:
    """Say what the audit found."""
    labels, fewest = study["treatment"]["labels"], study["release"]["minimum_count"]
    named = (audit, designs, endpoints)
    return {
        "biased": audit["verdict"].str.starts_with("biased").any(),
        "immortal_time": immortal_time_in_words(audit, labels, endpoints, fewest),
        "verdicts": verdicts_of(*named),
        "audit": audit_rows(*named, fewest),
    }


def _answers(
    study: Mapping[str, Any],
    diagnostics: pl.DataFrame,
    dropped: pl.DataFrame,
    designs: Mapping[str, str],
) -> dict[str, Any]:
    """Say for whom each design answers, and how far the arms overlap."""
    answers = answers_in_words(
        diagnostics,
        dropped,
        designs=designs,
        methods=study["designs"],
        arms=study["treatment"]["labels"],
        covariates={k: each["label"] for k, each in study["covariates"].items()},
        minimum_count=study["release"]["minimum_count"],
    )
    return {"answers": answers, "overlap": overlap_in_words(diagnostics)}


def _endpoints(
    study: Mapping[str, Any],
    effects: pl.DataFrame,
    images: Mapping[str, str],
    designs: Mapping[str, str],
) -> list[dict[str, Any]]:
    """Gather the estimates and the curves of each endpoint."""
    return [
        {
            "label": each["label"],
            **_results(study, effects, name, designs),
            "overview": images[f"designs_{name}"],
            "means": images.get(f"means_{name}", ""),
            "twins": images.get(f"twins_{name}", ""),
            "figures": _curves(effects, images, name, designs),
        }
        for name, each in study["endpoints"].items()
    ]


def _curves(
    effects: pl.DataFrame,
    images: Mapping[str, str],
    endpoint: str,
    designs: Mapping[str, str],
) -> list[dict[str, str]]:
    """Caption the curves of an endpoint with what each design suffers from."""
    found = []
    for design, label in designs.items():
        rows = effects.filter(endpoint=endpoint, design=design, measure="hazard_ratio")
        method = rows.filter(term="treated")["method"]
        verdicts = verdicts_in_words(method[0] if len(method) else "")
        caption = "".join(f" {each}." for each in verdicts)
        image = images[f"{endpoint}_{design}"]
        found.append({"label": label, "image": image, "verdicts": caption})
    return found


def _results(
    study: Mapping[str, Any],
    effects: pl.DataFrame,
    endpoint: str,
    designs: Mapping[str, str],
) -> dict[str, Any]:
    """Put the estimates of an endpoint in words."""
    contrasts = contrasts_of(
        effects,
        endpoint=endpoint,
        designs=designs,
        arms=list(study["treatment"]["labels"].values()),
        minimum_count=study["release"]["minimum_count"],
    )
    horizons = horizons_of(effects, endpoint=endpoint, designs=designs)
    return {
        "contrasts": contrasts,
        "horizons": horizons,
        "subdistributions": subdistributions_of(
            effects, endpoint=endpoint, designs=designs
        ),
        "cures": cures_of(effects, endpoint=endpoint, designs=designs),
    }


def software() -> str:
    """Name what the numbers stand on, with versions."""
    packages = ("survival", "numpy", "scipy", "polars", "snakemake")
    shown = ", ".join(f"{name} {version(name)}" for name in packages)
    return f"Python {platform.python_version()}, {shown}"


def _ledger(ledger: pl.DataFrame, fewest: int) -> list[dict[str, str]]:
    counts = ("n_read", "n_used", *LEFT)
    rows = []
    for row in ledger.iter_rows(named=True):
        hidden = row["n_read"] is None
        shown = {
            name: "not shown" if hidden else count_in_words(row[name], fewest)
            for name in counts
        }
        rows.append({"centre": row["centre"], "table": row["table"], **shown})
    return rows
