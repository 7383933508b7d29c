"""Survival: curves and effects, an endpoint a job."""


rule estimate_curves:
    input:
        patients="<results>/cohort/select_cohort/patients.parquet",
        designs="<results>/propensity/collect_designs/designs.parquet",
    output:
        curves="<results>/survival/estimate_curves/{endpoint}.parquet",
    log:
        "<logs>/survival/estimate_curves.{endpoint}.log",
    params:
        code=code("survival/estimate_curves.py"),
        endpoint="{endpoint}",
        labels=LABELS,
        confidence=config["analysis"]["confidence"],
    message:
        "Estimating survival curves: {wildcards.endpoint}."
    script:
        "../scripts/survival/estimate_curves.py"


rule estimate_effects:
    input:
        patients=expand(COMPLETED, imputation=PLAN.imputations),
        designs="<results>/propensity/collect_designs/designs.parquet",
        curves="<results>/survival/estimate_curves/{endpoint}.parquet",
    output:
        effects="<results>/survival/estimate_effects/{endpoint}.parquet",
    log:
        "<logs>/survival/estimate_effects.{endpoint}.log",
    params:
        code=code("survival/estimate_effects.py"),
        endpoint="{endpoint}",
        labels=LABELS,
        analysis=config["analysis"],
        regressions=PLAN.regressions,
    message:
        "Estimating effects: {wildcards.endpoint}."
    script:
        "../scripts/survival/estimate_effects.py"


rule estimate_cure:
    input:
        patients="<results>/cohort/select_cohort/patients.parquet",
        designs="<results>/propensity/collect_designs/designs.parquet",
    output:
        effects="<results>/survival/estimate_cure/{endpoint}.parquet",
    log:
        "<logs>/survival/estimate_cure.{endpoint}.log",
    params:
        code=code("survival/estimate_cure.py"),
        endpoint="{endpoint}",
        labels=LABELS,
        confidence=config["analysis"]["confidence"],
    message:
        "Estimating the cured: {wildcards.endpoint}."
    script:
        "../scripts/survival/estimate_cure.py"


rule bootstrap_effects:
    input:
        patients=expand(COMPLETED, imputation=PLAN.imputations),
        arms=ARMS,
        scores=expand(
            "<results>/propensity/estimate_score/{imputation}/scores.parquet",
            imputation=PLAN.imputations,
        ),
    output:
        effects="<results>/survival/bootstrap_effects/{endpoint}.parquet",
    log:
        "<logs>/survival/bootstrap_effects.{endpoint}.log",
    params:
        code=code("survival/bootstrap_effects.py"),
        endpoint="{endpoint}",
        endpoints=ENDPOINTS,
        designs=BOOTSTRAPPED,
        cloned=CLONED,
        ends={
            key: config["analysis"][key] or fallback
            for key, fallback in (
                ("horizons_months", [12.0, 36.0, 60.0]),
                ("rmst_months", None),
            )
        },
        model=PLAN.model,
        settings=config["analysis"]["bootstrap"],
        confidence=config["analysis"]["confidence"],
    message:
        "Bootstrapping the designs: {wildcards.endpoint}."
    script:
        "../scripts/survival/bootstrap_effects.py"


rule estimate_outcomes:
    input:
        patients="<results>/cohort/select_cohort/patients.parquet",
        outcomes="<results>/cohort/derive_outcomes/outcomes.parquet",
    output:
        effects="<results>/survival/estimate_outcomes/effects.parquet",
    log:
        "<logs>/survival/estimate_outcomes.log",
    params:
        code=code("survival/estimate_outcomes.py"),
        endpoints=list(ALONE),
        labels=LABELS,
        horizons=config["analysis"]["horizons_months"],
        confidence=config["analysis"]["confidence"],
    message:
        "Estimating the endpoints of one arm."
    script:
        "../scripts/survival/estimate_outcomes.py"
