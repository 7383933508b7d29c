import os

from snakemake.utils import min_version

min_version("9.27")


# A study file given by --configfile stands alone; the default study is read otherwise.
if "study" not in config:

    configfile: "config/config.yaml"


include: "workflow/rules/common.smk"


pathvars:
    results=f"results/{config['study']}",
    logs=f"logs/{config['study']}",


wildcard_constraints:
    centre="|".join(CENTRES),
    endpoint="|".join(config["endpoints"]),
    design="|".join(MATCHED) or "none",


include: "workflow/rules/simulation.smk"
include: "workflow/rules/ingestion.smk"
include: "workflow/rules/harmonisation.smk"
include: "workflow/rules/cohort.smk"
include: "workflow/rules/propensity.smk"
include: "workflow/rules/survival.smk"
include: "workflow/rules/disclosure.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/reporting.smk"
include: "workflow/rules/release.smk"


rule all:
    default_target: True
    input:
        "<results>/release/manifest.csv",


onsuccess:
    # `make run` says so itself, also where there was nothing to do.
    if "TOLD" not in os.environ:
        print(f"Look next: results/{config['study']}/release/report.html")


onerror:
    print(f"Nothing was released. The logs are in logs/{config['study']}/")
    print(
        "A release/ that is there is of an earlier run; it may not fit this input."
    )
