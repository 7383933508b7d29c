"""Propensity: score, matching, weighting, balance."""


rule estimate_score:
    input:
        patients=COMPLETED,
        arms=ARMS,
    output:
        scores="<results>/propensity/estimate_score/{imputation}/scores.parquet",
        coefficients="<results>/propensity/estimate_score/{imputation}/coefficients.parquet",
    log:
        "<logs>/propensity/estimate_score.{imputation}.log",
    benchmark:
        "<logs>/propensity/estimate_score.{imputation}.tsv"
    params:
        code=code("propensity/estimate_score.py"),
        imputation="{imputation}",
        terms=PLAN.scores,
        model=PLAN.model,
        endpoints=ENDPOINTS,
    message:
        "Estimating the propensity score."
    script:
        "../scripts/propensity/estimate_score.py"


rule match_patients:
    input:
        patients=COMPLETED,
        arms=ARMS,
        scores="<results>/propensity/estimate_score/{imputation}/scores.parquet",
    output:
        sets="<results>/propensity/match_patients/{imputation}/{design}.parquet",
    log:
        "<logs>/propensity/match_patients.{imputation}.{design}.log",
    benchmark:
        "<logs>/propensity/match_patients.{imputation}.{design}.tsv"
    params:
        code=code("propensity/match_patients.py"),
        name="{design}",
        design=lookup("{design}", within=DESIGNS),
        endpoints=ENDPOINTS,
    message:
        "Matching: {wildcards.design}."
    script:
        "../scripts/propensity/match_patients.py"


rule weight_patients:
    input:
        patients=COMPLETED,
        arms=ARMS,
        scores="<results>/propensity/estimate_score/{imputation}/scores.parquet",
    output:
        weights="<results>/propensity/weight_patients/{imputation}.parquet",
    log:
        "<logs>/propensity/weight_patients.{imputation}.log",
    benchmark:
        "<logs>/propensity/weight_patients.{imputation}.tsv"
    params:
        code=code("propensity/weight_patients.py"),
        weighted=WEIGHTED,
        model=PLAN.model,
        endpoints=ENDPOINTS,
    message:
        "Weighting."
    script:
        "../scripts/propensity/weight_patients.py"


rule weight_clones:
    input:
        patients=COMPLETED,
        histories=HISTORIES,
    output:
        clones="<results>/propensity/weight_clones/{imputation}.parquet",
        carried="<results>/propensity/weight_clones/carried/{imputation}.parquet",
    log:
        "<logs>/propensity/weight_clones.{imputation}.log",
    benchmark:
        "<logs>/propensity/weight_clones.{imputation}.tsv"
    params:
        code=code("propensity/weight_clones.py"),
        cloned=CLONED,
        endpoints=ENDPOINTS,
    message:
        "Cloning and weighting."
    script:
        "../scripts/propensity/weight_clones.py"


rule assess_clones:
    input:
        patients=expand(COMPLETED, imputation=PLAN.imputations[0]),
        histories=HISTORIES,
    output:
        clones="<results>/propensity/assess_clones/clones.parquet",
    log:
        "<logs>/propensity/assess_clones.log",
    benchmark:
        "<logs>/propensity/assess_clones.tsv"
    params:
        code=code("propensity/assess_clones.py"),
        endpoints=ENDPOINTS,
        cloned=CLONED,
        labels=LABELS,
        horizons=PLAN.cohort_checks["horizons_days"],
    message:
        "Following the clones and their weights."
    script:
        "../scripts/propensity/assess_clones.py"


rule weight_trials:
    input:
        patients=COMPLETED,
        histories=HISTORIES,
    output:
        trials="<results>/propensity/weight_trials/{imputation}.parquet",
        windows="<results>/propensity/weight_trials/windows/{imputation}.parquet",
    log:
        "<logs>/propensity/weight_trials.{imputation}.log",
    benchmark:
        "<logs>/propensity/weight_trials.{imputation}.tsv"
    params:
        code=code("propensity/weight_trials.py"),
        sequential=SEQUENTIAL,
        endpoints=ENDPOINTS,
    message:
        "Entering trials and weighting."
    script:
        "../scripts/propensity/weight_trials.py"


rule collect_designs:
    input:
        arms=ARMS,
        scores=expand(
            "<results>/propensity/estimate_score/{imputation}/scores.parquet",
            imputation=PLAN.imputations,
        ),
        sets=expand(
            "<results>/propensity/match_patients/{imputation}/{design}.parquet",
            imputation=PLAN.imputations,
            design=MATCHED,
        ),
        weights=expand(
            "<results>/propensity/weight_patients/{imputation}.parquet",
            imputation=PLAN.imputations,
        ),
        clones=expand(
            "<results>/propensity/weight_clones/{imputation}.parquet",
            imputation=PLAN.imputations,
        ),
        trials=expand(
            "<results>/propensity/weight_trials/{imputation}.parquet",
            imputation=PLAN.imputations,
        ),
    output:
        designs="<results>/propensity/collect_designs/designs.parquet",
    log:
        "<logs>/propensity/collect_designs.log",
    benchmark:
        "<logs>/propensity/collect_designs.tsv"
    params:
        code=code("propensity/collect_designs.py"),
        methods=SCORED,
    message:
        "Collecting the designs."
    script:
        "../scripts/propensity/collect_designs.py"


rule assess_balance:
    input:
        patients=expand(COMPLETED, imputation=PLAN.imputations),
        arms=ARMS,
        designs="<results>/propensity/collect_designs/designs.parquet",
    output:
        balance="<results>/propensity/assess_balance/balance.parquet",
        interactions="<results>/propensity/assess_balance/interactions.parquet",
        prognosis="<results>/propensity/assess_balance/prognosis.parquet",
    log:
        "<logs>/propensity/assess_balance.log",
    benchmark:
        "<logs>/propensity/assess_balance.tsv"
    params:
        code=code("propensity/assess_balance.py"),
        covariates=PLAN.compared,
        endpoints=ENDPOINTS,
        estimands=ESTIMANDS,
    message:
        "Assessing the balance of the covariates."
    script:
        "../scripts/propensity/assess_balance.py"


rule assess_designs:
    input:
        patients=expand(COMPLETED, imputation=PLAN.imputations),
        arms=ARMS,
        scores=expand(
            "<results>/propensity/estimate_score/{imputation}/scores.parquet",
            imputation=PLAN.imputations,
        ),
        weights=expand(
            "<results>/propensity/weight_patients/{imputation}.parquet",
            imputation=PLAN.imputations,
        ),
        designs="<results>/propensity/collect_designs/designs.parquet",
        balance="<results>/propensity/assess_balance/balance.parquet",
        interactions="<results>/propensity/assess_balance/interactions.parquet",
        prognosis="<results>/propensity/assess_balance/prognosis.parquet",
    output:
        diagnostics="<results>/propensity/assess_designs/diagnostics.parquet",
    log:
        "<logs>/propensity/assess_designs.log",
    benchmark:
        "<logs>/propensity/assess_designs.tsv"
    params:
        code=code("propensity/assess_designs.py"),
        methods=DESIGNS,
        estimands=ESTIMANDS,
        thresholds=PLAN.thresholds,
        endpoints=ENDPOINTS,
    message:
        "Assessing the designs."
    script:
        "../scripts/propensity/assess_designs.py"


rule compare_dropped:
    input:
        patients=expand(COMPLETED, imputation=PLAN.imputations[0]),
        arms=ARMS,
        designs="<results>/propensity/collect_designs/designs.parquet",
    output:
        dropped="<results>/propensity/compare_dropped/dropped.parquet",
    log:
        "<logs>/propensity/compare_dropped.log",
    benchmark:
        "<logs>/propensity/compare_dropped.tsv"
    params:
        code=code("propensity/compare_dropped.py"),
        covariates=PLAN.compared,
        estimands=ESTIMANDS,
        endpoints=ENDPOINTS,
    message:
        "Comparing who is left out."
    script:
        "../scripts/propensity/compare_dropped.py"


rule describe_arms:
    input:
        patients=expand(COMPLETED, imputation=PLAN.imputations),
        arms=ARMS,
        before="<results>/cohort/select_cohort/patients.parquet",
        designs="<results>/propensity/collect_designs/designs.parquet",
        balance="<results>/propensity/assess_balance/balance.parquet",
    output:
        description="<results>/propensity/describe_arms/description.parquet",
    log:
        "<logs>/propensity/describe_arms.log",
    benchmark:
        "<logs>/propensity/describe_arms.tsv"
    params:
        code=code("propensity/describe_arms.py"),
        covariates=list(config["covariates"]),
        estimands=ESTIMANDS,
        endpoints=ENDPOINTS,
    message:
        "Describing the arms."
    script:
        "../scripts/propensity/describe_arms.py"
