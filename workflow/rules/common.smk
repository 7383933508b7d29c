"""The study, checked and complete, and what more than one rules file needs of it."""

from twoarm.config.designs import MATCHING
from twoarm.config.plan import plan_study
from twoarm.dictionary import EXPORTS
from twoarm.errors import InputError
from twoarm.fingerprint import fingerprint
from twoarm.words import design_labels

try:
    PLAN = plan_study(config)
except InputError as error:
    raise WorkflowError(str(error)) from None

FOLDERS = {"results": f"results/{config['study']}", "logs": f"logs/{config['study']}"}
FOLDERS |= config.get("pathvars", {})
config.clear()
config.update(PLAN.config)

KIND = config["source"]["kind"]
DERIVED = {"table": "table", "visits": "visits", "exports": "conversions"}[KIND]
CENTRES = list(PLAN.centres)
TABLES = PLAN.tables
ENDPOINTS = list(config["endpoints"])
LABELS = config["treatment"]["labels"]
DESIGNS = PLAN.designs
MATCHED = [name for name, each in DESIGNS.items() if each["method"] in MATCHING]
WEIGHTED = {name: each for name, each in DESIGNS.items() if name not in MATCHED}
ESTIMANDS = {
    "unadjusted": None,
    **{name: design["estimand"] for name, design in DESIGNS.items()},
}
RESTARTED = [name for name, each in DESIGNS.items() if each["method"] == "risk_set"]
BOOTSTRAPPED = {name: each for name, each in DESIGNS.items() if name not in RESTARTED}
COMPLETED = (
    "<results>/cohort/impute_covariates/{imputation}/patients.parquet"
    if PLAN.imputed
    else "<results>/cohort/select_cohort/patients.parquet"
)
QUARANTINES = expand(
    "<results>/harmonisation/harmonise_centre/{centre}/quarantine.parquet",
    centre=CENTRES,
)
EFFECTS = expand(
    "<results>/survival/estimate_effects/{endpoint}.parquet", endpoint=ENDPOINTS
)
if config["analysis"]["bootstrap"]["replicates"]:
    EFFECTS += expand(
        "<results>/survival/bootstrap_effects/{endpoint}.parquet", endpoint=ENDPOINTS
    )
SUFFIXES = ["svg", "pdf", "png"]
COLOURS = config["figures"]["colours"]
ARM_COLOURS = {label: COLOURS[arm] for arm, label in LABELS.items()}
STYLE = {
    "tick_months": config["figures"]["tick_months"],
    "minimum_at_risk": config["release"]["minimum_at_risk"],
}
COVARIATE_LABELS = PLAN.covariate_labels
ENDPOINT_LABELS = {name: each["label"] for name, each in config["endpoints"].items()}
PANEL_LABELS = dict(list(ENDPOINT_LABELS.items())[:2])
DESIGN_LABELS = design_labels(DESIGNS)
FIGURES = {
    "attrition": ["attrition"],
    "curves": [f"{end}_{design}" for end in ENDPOINTS for design in ESTIMANDS],
    "balance": ["balance"],
    "scores": ["scores", "preference"],
    "weights": [f"weights_{design}" for design in WEIGHTED],
}
if KIND == "exports":
    FIGURES |= {"panel": ["panel"], "responses": ["responses"], "courses": ["courses"]}
FIGURES = [
    f"<results>/figures/plot_{rule}/{name}.{suffix}"
    for rule, names in FIGURES.items()
    for name in names
    for suffix in SUFFIXES
]
TABLES_RELEASED = [
    "effects",
    "curves",
    "balance",
    "interactions",
    "diagnostics",
    "dropped",
    "attrition",
    "audit",
    "ledger",
]
RELEASED = {
    **{
        f"<results>/disclosure/suppress_counts/{name}.csv": f"<results>/release/{name}.csv"
        for name in TABLES_RELEASED
    },
    **{path: f"<results>/release/figures/{path.split('/')[-1]}" for path in FIGURES},
    "<results>/reporting/write_report/report.html": "<results>/release/report.html",
}
REPORTED = {
    **config,
    "source": {"kind": KIND},
    "simulation": None,
    "patient_id": None,
    "cohort": {"time_zero": config["cohort"]["time_zero"]},
}


def code(script):
    """Fingerprint of a script and of the modules that it stands on."""
    return fingerprint(f"{workflow.basedir}/workflow/scripts/{script}")


def sources_of(wildcards):
    """Files of a centre, in the order of its tables."""
    return [each.source for each in PLAN.centres[wildcards.centre]]


def readings_of(wildcards):
    """How to read each file of a centre."""
    return [
        {"table": each.table, "reading": each.reading}
        for each in PLAN.centres[wildcards.centre]
    ]


def makings_of(wildcards):
    """What to make of each file of a centre."""
    return [
        {"table": each.table, **each.making} for each in PLAN.centres[wildcards.centre]
    ]
