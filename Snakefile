import os
import shutil

from snakemake.utils import min_version

min_version("9.27")


# A study file given by --configfile stands alone; the default study is read otherwise.
if "study" not in config:

    configfile: "config/config.yaml"


include: "workflow/rules/common.smk"


pathvars:
    results=FOLDERS["results"],
    logs=FOLDERS["logs"],


wildcard_constraints:
    centre="|".join(CENTRES),
    endpoint="|".join(ENDPOINTS),
    design="|".join(MATCHED) or "none",
    imputation="|".join(PLAN.imputations),


include: "workflow/rules/simulation.smk"
include: "workflow/rules/ingestion.smk"
include: "workflow/rules/harmonisation.smk"
include: "workflow/rules/cohort.smk"
include: "workflow/rules/propensity.smk"
include: "workflow/rules/survival.smk"
include: "workflow/rules/validation.smk"
include: "workflow/rules/disclosure.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/reporting.smk"
include: "workflow/rules/release.smk"


rule all:
    default_target: True
    input:
        FINAL,


onsuccess:
    tell_costs(workflow.dag)
    # `make run` says so itself, also where there was nothing to do.
    if "TOLD" not in os.environ:
        print(f"Look next: {KEPT}{FOLDERS['results']}/release/report.html")


onerror:
    # What an earlier run released may not fit this input.
    shutil.rmtree(f"{FOLDERS['results']}/release", ignore_errors=True)
    print(f"Nothing is released. The logs are in {FOLDERS['logs']}/")
