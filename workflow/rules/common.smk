"""The study, checked and complete, and what more than one rules file needs of it."""

from functools import cache, partial
from pathlib import Path

from snakemake.common import async_run
from snakemake.iocontainers import Wildcards

from twoarm.checksums import checksums_of
from twoarm.config.cohort import RULES
from twoarm.config.designs import CRUDE, MATCHING
from twoarm.config.plan import plan_study
from twoarm.config.replay import batches_of, replay_of, scenarios_of, twins_of
from twoarm.config.specifications import (
    describe_specifications,
    explained_of,
    supporting_of,
)
from twoarm.config.varying import repeated_of, varying_of
from twoarm.dictionary import EXPORTS, MAY_LACK
from twoarm.errors import InputError
from twoarm.fingerprint import fingerprint
from twoarm.ingestion.pseudonyms import read_fingerprint
from twoarm.kinds import kinds_of
from twoarm.words import clock_words, design_labels


report: "../report/study.rst"


try:
    PLAN = plan_study(config)
except InputError as error:
    raise WorkflowError(str(error)) from None

FOLDERS = {"results": f"results/{config['study']}", "logs": f"logs/{config['study']}"}
FOLDERS |= config.get("pathvars", {})
# Before the paths of results, where a bucket holds them.
KEPT = workflow.storage_settings.default_storage_prefix
KEPT = f"{KEPT.rstrip('/')}/" if KEPT else ""
config.clear()
config.update(PLAN.config)

KIND = config["source"]["kind"]
TITLE = config["title"]
DERIVED = {"table": "table", "visits": "visits", "exports": "conversions"}[KIND]
CENTRES = list(PLAN.centres)
TABLES = PLAN.tables
# Those that say who a patient is, or hold text of which no levels are stated.
TABLES_TOLD = [
    each for each in TABLES if each in (TABLES[0], "complications", "adverse_events")
]
# Only endpoints that start at time zero have two arms to compare.
ENDPOINTS = [
    name for name, each in config["endpoints"].items() if each["start"] == "time_zero"
]
# The others are told arm by arm.
ALONE = {
    name: each["label"]
    for name, each in config["endpoints"].items()
    if name not in ENDPOINTS
}
# Of these nothing else can come first: they have survival, medians and bootstraps.
UNRIVALLED = [name for name in ENDPOINTS if not config["endpoints"][name]["competing"]]
LABELS = config["treatment"]["labels"]
DESIGNS = PLAN.designs
MATCHED = [name for name, each in DESIGNS.items() if each["method"] in MATCHING]
CRUDE_DESIGNS = [name for name, each in DESIGNS.items() if each["method"] in CRUDE]
CLONED = {name: each for name, each in DESIGNS.items() if each["method"] == "cloning"}
SEQUENTIAL = {
    name: each for name, each in DESIGNS.items() if each["method"] == "sequential"
}
WEIGHTED = {
    name: each
    for name, each in DESIGNS.items()
    if name not in [*MATCHED, *CRUDE_DESIGNS, *CLONED, *SEQUENTIAL]
}
ESTIMANDS = {
    "unadjusted": None,
    **{name: design["estimand"] for name, design in DESIGNS.items()},
}
SCORED = {
    "unadjusted": "unadjusted",
    **{name: design["score"] for name, design in DESIGNS.items()},
}
CLOCKS = PLAN.clocks
RESTARTED = [name for name, each in CLOCKS.items() if each["clock"] == "risk_set"]
BOOTSTRAPPED = {
    name: each
    for name, each in DESIGNS.items()
    if name not in [*RESTARTED, *CRUDE_DESIGNS, *CLONED, *SEQUENTIAL]
}
RESAMPLED_ENDS = {
    "horizons_months": config["analysis"]["horizons_months"] or [12.0, 36.0, 60.0],
    "rmst_months": config["analysis"]["rmst_months"],
}
COMPLETED = (
    "<results>/cohort/impute_covariates/{imputation}/patients.parquet"
    if PLAN.imputed
    else "<results>/cohort/select_cohort/patients.parquet"
)
VARYING = varying_of(DESIGNS)
HISTORIES = ["<results>/cohort/derive_histories/histories.parquet"] if VARYING else []
ARMS = "<results>/cohort/derive_arms/arms.parquet"
# What harmonisation hands on: of exports, the records of persons over all centres.
HARMONISED = "link_patients" if KIND == "exports" else f"harmonise_centre/{CENTRES[0]}"
RECORDS = expand(
    f"<results>/harmonisation/{HARMONISED}/{{table}}.parquet", table=TABLES
)
LEDGER = f"<results>/harmonisation/{HARMONISED}/ledger.parquet"
QUARANTINES = expand(
    "<results>/harmonisation/harmonise_centre/{centre}/quarantine.parquet",
    centre=CENTRES,
)
FAULTS = expand(
    "<results>/harmonisation/harmonise_centre/{centre}/faults.parquet", centre=CENTRES
)
if KIND == "exports":
    QUARANTINES += ["<results>/harmonisation/link_patients/quarantine.parquet"]
    FAULTS += ["<results>/harmonisation/link_patients/faults.parquet"]
EFFECTS = expand(
    "<results>/survival/estimate_effects/{endpoint}.parquet", endpoint=ENDPOINTS
)
if config["analysis"]["bootstrap"]["replicates"]:
    EFFECTS += expand(
        "<results>/survival/bootstrap_effects/{endpoint}.parquet", endpoint=UNRIVALLED
    )
EXPLAINED, SUPPORTING = explained_of(config), supporting_of(config)
LED = (config["headline"] or {}).get("design")
SUBGROUPED = LED if LED in SUPPORTING else SUPPORTING[-1]
# The endpoint of which the follow-up is drawn by the audit.
AUDITED = (config["headline"] or {"endpoint": ENDPOINTS[0]})["endpoint"]
SPECIFICATIONS = describe_specifications(config)
SUPPORT = ["estimate_regressions", "assess_fragility", "refit_designs"]
ADJUVANT = config["analysis"]["adjuvant"]
if ADJUVANT:
    SUPPORT += ["compare_adjuvant"]
MAIN_EFFECTS = EFFECTS[: len(ENDPOINTS)]
EFFECTS += expand("<results>/survival/{rule}/effects.parquet", rule=SUPPORT)
CHECKED = list(EFFECTS)
PAIRED = [
    name
    for name, each in DESIGNS.items()
    if each["method"] in ("nearest", "optimal", "risk_set")
    and each["ratio"] == 1
    and not each.get("replace")
]
EFFECTS += expand(
    "<results>/survival/estimate_cure/{endpoint}.parquet",
    endpoint=config["analysis"]["cure"]["endpoints"],
)
if ALONE:
    EFFECTS += ["<results>/survival/estimate_outcomes/effects.parquet"]
REPLAY, TWINS, SCENARIOS = replay_of(PLAN), twins_of(PLAN), scenarios_of(PLAN)
REPLICATES = [
    f"<results>/validation/replicate_scenarios/{name}/{job['size']}/{job['batch']}.parquet"
    for name in SCENARIOS["names"]
    for job in SCENARIOS["jobs"]
]
# In the other language the page alone shows figures.
OTHER = {"en": "zh", "zh": "en"}[config["figures"]["language"]]
SUFFIXES = [*config["figures"]["formats"], f"{OTHER}.svg"]
COLOURS = config["figures"]["colours"]
ARM_COLOURS = {label: COLOURS[arm] for arm, label in LABELS.items()}
STYLE = {
    "tick_months": config["figures"]["tick_months"],
    "minimum_at_risk": config["release"]["minimum_at_risk"],
    "minimum_mark": config["release"]["minimum_mark"],
}
COVARIATE_LABELS = PLAN.covariate_labels
ENDPOINT_LABELS = {name: config["endpoints"][name]["label"] for name in ENDPOINTS}
PANEL_LABELS = {name: ENDPOINT_LABELS[name] for name in UNRIVALLED[:2]}
DESIGN_LABELS = design_labels(DESIGNS)
DESIGN_KINDS = kinds_of(DESIGNS)
# The horizons that a comparison of the designs leads with.
MAIN_MONTHS = {
    "survival": max(config["analysis"]["horizons_months"] or [None]),
    "rmst": config["analysis"]["rmst_months"],
}


def told(figure, endpoint="", design=""):
    """Name a figure in the menu of Snakemake's report."""
    about = ENDPOINT_LABELS.get(endpoint, ""), DESIGN_LABELS.get(design, "")
    return dict(zip(("Figure", "Endpoint", "Design"), (figure, *about)))


def each_endpoint(name, figure, designs=("",), ends=ENDPOINTS):
    """Name a figure of each endpoint, or of each endpoint and design."""
    return {
        name.format(end=end, design=design): told(figure, end, design)
        for end in ends
        for design in designs
    }


# Rule to its figures, and what a menu calls them.
FIGURES = {
    "attrition": {
        "attrition": told("Flow of patients"),
        "audit": told("Audit of the follow-up", AUDITED),
    },
    "missingness": {"missingness": told("Missing values")},
    "curves": each_endpoint("{end}_{design}", "Curves", ESTIMANDS),
    "designs": each_endpoint("designs_{end}", "All designs"),
    "means": each_endpoint("means_{end}", "Restricted means", ends=UNRIVALLED),
    "proportionality": each_endpoint(
        "proportionality_{end}", "Hazard ratios along time"
    ),
    "specifications": {"specifications": told("Every hazard ratio")},
    "clones": each_endpoint("clones_{end}_{design}", "Clones over time", CLONED),
    "balance": {"balance": told("Balance of the covariates")},
    "scores": {
        "scores": told("Propensity scores"),
        "preference": told("Preference scores"),
    },
    "weights": {f"weights_{name}": told("Weights", design=name) for name in WEIGHTED},
    "forest": {},
}
if KIND == "exports":
    FIGURES |= {
        "panel": {"panel": told("Page of the paper")},
        "courses": {"courses": told("Courses of patients")},
        "responses": {
            "responses": told("Best change of the target lesions"),
            "changes": told("Change of the target lesions over time"),
        },
    }
if SCENARIOS["names"]:
    FIGURES |= {"scenarios": each_endpoint("scenarios_{end}", "Designs on scenarios")}
if TWINS["batches"]:
    FIGURES |= {"twins": each_endpoint("twins_{end}", "Designs on twins")}
if config["analysis"]["subgroups"]:
    FIGURES["forest"] |= each_endpoint("subgroups_{end}", "Subgroups")
if config["analysis"]["cox"]["covariates"]:
    FIGURES["forest"] |= each_endpoint("regression_{end}", "Regression")
FORESTS = list(FIGURES["forest"])
OF_IMPUTATION = ["imputed_values", "imputation_traces"]
if PLAN.imputed:
    named = told("Imputed values"), told("Traces of the imputation")
    FIGURES |= {"imputations": dict(zip(OF_IMPUTATION, named))}
CALLED = {name: each for names in FIGURES.values() for name, each in names.items()}
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
DESCRIBED = ["baseline", "missingness"]
# Rule to the tables that it releases into the folder `tables`.
OF_RESULTS = [
    "tipping",
    "influence",
    "checks",
    "regression",
    "proportionality",
    "differences",
]
# Tables that a paper asks for, each as a Word file.
TABLES_APART = ["attrition", "protocol", "baseline", "outcomes"]
TABLES_APART += list(dict.fromkeys(name.split("_")[0] for name in FORESTS))
if KIND == "exports":
    TABLES_APART += ["response", "surgery", "adverse_events", "quality"]
PAPER_TABLES = {"suppress_description": DESCRIBED, "suppress_results": OF_RESULTS}
if PLAN.imputed:
    PAPER_TABLES |= {"suppress_imputation": OF_IMPUTATION}
if TWINS["batches"]:
    PAPER_TABLES |= {"suppress_twins": ["twins"]}
OF_EXPORTS = ["criteria", "scans", "quality", "response", "surgery", "adverse_events"]
if KIND == "exports":
    PAPER_TABLES |= {"suppress_exports": OF_EXPORTS}
FINAL = ["<results>/release/manifest.csv"]
if KIND == "exports":
    FINAL += ["<results>/reporting/write_quality/quality.html"]
OF_CLONES = ["clones", "truncations"] + (["carried"] if VARYING else [])
if CLONED:
    PAPER_TABLES |= {"suppress_clones": OF_CLONES}
if SEQUENTIAL:
    PAPER_TABLES |= {"suppress_trials": ["windows"]}
RELEASED = {
    **{
        f"<results>/disclosure/suppress_counts/{name}.csv": f"<results>/release/{name}.csv"
        for name in TABLES_RELEASED
    },
    **{
        f"<results>/disclosure/{rule}/{name}.csv": f"<results>/release/tables/{name}.csv"
        for rule, names in PAPER_TABLES.items()
        for name in names
    },
    **{path: f"<results>/release/figures/{path.split('/')[-1]}" for path in FIGURES},
    **{
        f"<results>/reporting/write_tables/{name}.docx": f"<results>/release/tables/{name}.docx"
        for name in TABLES_APART
    },
    "<results>/reporting/write_protocol/protocol.csv": "<results>/release/tables/protocol.csv",
    "<results>/reporting/write_answers/answers.csv": "<results>/release/tables/answers.csv",
    **{
        f"<results>/reporting/write_report/{name}": f"<results>/release/{name}"
        for name in ("report.html", "report.docx", "report.pdf")
    },
}
if SCENARIOS["names"]:
    RELEASED["<results>/disclosure/suppress_scenarios/performance.csv"] = (
        "<results>/release/performance.csv"
    )
# Without what pages do not tell of: a change of it writes no page anew.
REPORTED = {
    **{name: config[name] for name in config if name not in ("figures", "validation")},
    "source": {"kind": KIND},
    "language": config["figures"]["language"],
    "rules": RULES,
    "endpoints": {name: config["endpoints"][name] for name in ENDPOINTS},
    "alone": ALONE,
    "simulation": None,
    "patient_id": None,
    "cohort": {
        key: config["cohort"][key]
        for key in ("time_zero", "enrolled_from", "enrolled_to")
    },
}


def code(script):
    """Fingerprint of a script and of the modules that it stands on, when asked for.

    A node of a cluster starts Snakemake for each step, and asks for that of one rule.
    """

    def stands_on(wildcards):
        return fingerprint(f"{workflow.basedir}/workflow/scripts/{script}")

    return stands_on


def shown(paths, **how):
    """Put the SVG of each figure into Snakemake's report, called what it is."""
    drawn = [each for each in paths if Path(each).suffixes == [".svg"]]
    marked = {path: report(path, labels=partial(called, path), **how) for path in drawn}
    return [marked.get(path, path) for path in paths]


def called(path, wildcards):
    """Look up what the menu of Snakemake's report calls a figure."""
    return CALLED[Path(path).stem.format(**dict(wildcards.items()))]


def sources_of(wildcards):
    """Files of a centre, in the order of its tables; a query to a server has none."""
    return [each.source for each in PLAN.centres[wildcards.centre] if each.source]


def contents_of(wildcards):
    """Checksums of the files of a centre, but of those that begin with <results>.

    Snakemake goes by times, and passes over a file that is edited under a clock that
    was set back, or after it was read and before the run ends.
    """
    centre = PLAN.centres[wildcards.centre]
    codes = [
        each.reading["dictionary"] for each in centre if each.reading["dictionary"]
    ]
    return checksums_of([*sources_of(wildcards), *codes])


def answers_of(wildcards):
    """Checksum of the answers about who is one person, as of `contents_of`."""
    return checksums_of(PLAN.linkage)


def readings_of(wildcards):
    """How to read each file of a centre."""
    return [
        {"table": each.table, "reading": each.reading, "private": each.private}
        for each in PLAN.centres[wildcards.centre]
    ]


def key_of(wildcards):
    """Fingerprint of the key of the pseudonyms; nothing where none are made."""
    if KIND != "exports":
        return ""
    try:
        return read_fingerprint(simulated=not config["source"]["folder"])
    except InputError as error:
        raise WorkflowError(str(error)) from None


def makings_of(wildcards):
    """What to make of each file of a centre."""
    return [
        {"table": each.table, **each.making} for each in PLAN.centres[wildcards.centre]
    ]


def name_of(file):
    """Path of a file as rules write it, also where it is kept in a bucket."""
    stored = file.flags.get("storage_object")
    return stored.query.removeprefix(KEPT) if stored else str(file)


@cache
def behind_tables():
    """List the jobs behind the tables of the release, the last first, and their inputs.

    They follow from the rules, which each node or pod knows. Snakemake's own records of
    what ran are kept in one folder, which no rule could ask for.
    """
    released, *_ = workflow.get_rule("publish_release").expand_input(Wildcards())
    waiting = [file for file in released.sources if file.endswith(".csv")]
    jobs, made, files = [], set(), {}
    while waiting:
        file = waiting.pop(0)
        makers = [rule for rule in workflow.rules if rule.is_producer(file)]
        if not makers or file in made:
            continue
        (rule,) = makers
        wildcards = Wildcards(fromdict=rule.get_wildcards(file))
        inputs, *_ = rule.expand_input(wildcards)
        outputs, _ = rule.expand_output(wildcards)
        params, _ = rule.expand_params(wildcards, inputs, outputs, None)
        made |= {*outputs}
        waiting += inputs
        named = {name_of(each): each for each in inputs}
        files |= named
        jobs += [
            {
                "rule": rule.name,
                "script": f"workflow/{rule.script.removeprefix('../')}",
                "params": [f"{name}={value!r}" for name, value in params.items()],
                "inputs": list(named),
                "outputs": list(map(name_of, outputs)),
            }
        ]
    return jobs, files


def jobs_behind(wildcards):
    """List the jobs of `behind_tables`."""
    return behind_tables()[0]


def names_behind(wildcards):
    """Name the files that those jobs read."""
    return list(behind_tables()[1])


def files_behind(wildcards):
    """List those files, in the order of their names."""
    return list(behind_tables()[1].values())


def tell_costs(dag):
    """Write what each rule cost, jobs of earlier runs told from those of this one."""
    from twoarm.costs import write_costs

    jobs = [job for job in dag.jobs if job.benchmark]
    for file in [each for job in jobs for each in (job.benchmark, *job.log)]:
        if file.is_storage and async_run(file.exists_in_storage()):
            async_run(file.retrieve_from_storage())
    needed = {str(job.benchmark): dag.needrun(job) for job in jobs}
    write_costs(needed, FOLDERS["logs"])
    print(f"What it cost: {FOLDERS['logs']}/cost.md")
