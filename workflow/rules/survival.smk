"""Survival: curves and effects, an endpoint a job."""


rule estimate_curves:
    input:
        patients="<results>/cohort/select_cohort/patients.parquet",
        designs="<results>/propensity/collect_designs/designs.parquet",
    output:
        curves="<results>/survival/estimate_curves/{endpoint}.parquet",
        differences="<results>/survival/estimate_curves/{endpoint}_differences.parquet",
    log:
        "<logs>/survival/estimate_curves.{endpoint}.log",
    benchmark:
        "<logs>/survival/estimate_curves.{endpoint}.tsv"
    params:
        code=code("survival/estimate_curves.py"),
        endpoint="{endpoint}",
        labels=LABELS,
        confidence=config["analysis"]["confidence"],
        limits=config["analysis"]["limits"],
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
    benchmark:
        "<logs>/survival/estimate_effects.{endpoint}.tsv"
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
    benchmark:
        "<logs>/survival/estimate_cure.{endpoint}.tsv"
    params:
        code=code("survival/estimate_cure.py"),
        endpoint="{endpoint}",
        labels=LABELS,
        confidence=config["analysis"]["confidence"],
    message:
        "Estimating the cured: {wildcards.endpoint}."
    script:
        "../scripts/survival/estimate_cure.py"


rule replicate_designs:
    input:
        patients=expand(COMPLETED, imputation=PLAN.imputations),
        arms=ARMS,
        scores=expand(
            "<results>/propensity/estimate_score/{imputation}/scores.parquet",
            imputation=PLAN.imputations,
        ),
        histories=HISTORIES,
    output:
        resamples="<results>/survival/replicate_designs/{endpoint}/{batch}.parquet",
    log:
        "<logs>/survival/replicate_designs.{endpoint}.{batch}.log",
    benchmark:
        "<logs>/survival/replicate_designs.{endpoint}.{batch}.tsv"
    wildcard_constraints:
        batch=r"\d+",
    params:
        code=code("survival/replicate_designs.py"),
        endpoint="{endpoint}",
        batch="{batch}",
        endpoints=ENDPOINTS,
        designs=BOOTSTRAPPED,
        cloned=CLONED,
        sequential=SEQUENTIAL,
        ends=RESAMPLED_ENDS,
        model=PLAN.model,
        settings=config["analysis"]["bootstrap"],
    message:
        "Resampling the designs: {wildcards.endpoint}, batch {wildcards.batch}."
    script:
        "../scripts/survival/replicate_designs.py"


rule bootstrap_effects:
    input:
        resamples=expand(
            "<results>/survival/replicate_designs/{{endpoint}}/{batch}.parquet",
            batch=batches_of(config["analysis"]["bootstrap"]),
        ),
    output:
        effects="<results>/survival/bootstrap_effects/{endpoint}.parquet",
    log:
        "<logs>/survival/bootstrap_effects.{endpoint}.log",
    benchmark:
        "<logs>/survival/bootstrap_effects.{endpoint}.tsv"
    params:
        code=code("survival/bootstrap_effects.py"),
        endpoint="{endpoint}",
        designs=list(BOOTSTRAPPED),
        cloned=list(CLONED),
        sequential=list(SEQUENTIAL),
        ends=RESAMPLED_ENDS,
        confidence=config["analysis"]["confidence"],
    message:
        "Bootstrapping the designs: {wildcards.endpoint}."
    script:
        "../scripts/survival/bootstrap_effects.py"


rule assess_truncations:
    input:
        patients=expand(COMPLETED, imputation=PLAN.imputations),
        histories=HISTORIES,
    output:
        truncations="<results>/survival/assess_truncations/truncations.parquet",
    log:
        "<logs>/survival/assess_truncations.log",
    benchmark:
        "<logs>/survival/assess_truncations.tsv"
    params:
        code=code("survival/assess_truncations.py"),
        endpoints=ENDPOINTS,
        cloned=CLONED,
        rmst_months=config["analysis"]["rmst_months"],
    message:
        "Asking what the limits to the weights of clones change."
    script:
        "../scripts/survival/assess_truncations.py"


rule assess_proportionality:
    input:
        patients=expand(COMPLETED, imputation=PLAN.imputations),
        designs="<results>/propensity/collect_designs/designs.parquet",
    output:
        smooths="<results>/survival/assess_proportionality/smooths.parquet",
    log:
        "<logs>/survival/assess_proportionality.log",
    benchmark:
        "<logs>/survival/assess_proportionality.tsv"
    params:
        code=code("survival/assess_proportionality.py"),
        endpoints=ENDPOINTS,
        labels=LABELS,
        regressions=PLAN.regressions,
        supporting=SUPPORTING,
        confidence=config["analysis"]["confidence"],
    message:
        "Assessing whether hazards are proportional."
    script:
        "../scripts/survival/assess_proportionality.py"


rule estimate_outcomes:
    input:
        patients="<results>/cohort/select_cohort/patients.parquet",
        outcomes="<results>/cohort/derive_outcomes/outcomes.parquet",
    output:
        effects="<results>/survival/estimate_outcomes/effects.parquet",
    log:
        "<logs>/survival/estimate_outcomes.log",
    benchmark:
        "<logs>/survival/estimate_outcomes.tsv"
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


rule estimate_regressions:
    input:
        patients=expand(COMPLETED, imputation=PLAN.imputations),
        designs="<results>/propensity/collect_designs/designs.parquet",
    output:
        effects="<results>/survival/estimate_regressions/effects.parquet",
    log:
        "<logs>/survival/estimate_regressions.log",
    benchmark:
        "<logs>/survival/estimate_regressions.tsv"
    params:
        code=code("survival/estimate_regressions.py"),
        endpoints=ENDPOINTS,
        labels=LABELS,
        regressions=PLAN.regressions,
        splines=config["analysis"]["cox"]["splines"],
        subgroups=config["analysis"]["subgroups"],
        supporting=SUPPORTING,
        confidence=config["analysis"]["confidence"],
    message:
        "Estimating covariates, subgroups, and without each centre."
    script:
        "../scripts/survival/estimate_regressions.py"


rule compare_adjuvant:
    input:
        patients=expand(COMPLETED, imputation=PLAN.imputations),
        adjuvant="<results>/cohort/derive_courses/adjuvant.parquet",
        outcomes="<results>/cohort/derive_outcomes/outcomes.parquet",
    output:
        effects="<results>/survival/compare_adjuvant/effects.parquet",
    log:
        "<logs>/survival/compare_adjuvant.log",
    benchmark:
        "<logs>/survival/compare_adjuvant.tsv"
    params:
        code=code("survival/compare_adjuvant.py"),
        settings=ADJUVANT,
        horizons=config["analysis"]["horizons_months"],
        confidence=config["analysis"]["confidence"],
    message:
        "Comparing who resumed therapy after surgery with who did not."
    script:
        "../scripts/survival/compare_adjuvant.py"


rule assess_fragility:
    input:
        patients=expand(COMPLETED, imputation=PLAN.imputations[:1]),
        designs="<results>/propensity/collect_designs/designs.parquet",
        estimates=MAIN_EFFECTS,
    output:
        effects="<results>/survival/assess_fragility/effects.parquet",
        tipping="<results>/survival/assess_fragility/tipping.parquet",
        influence="<results>/survival/assess_fragility/influence.parquet",
    log:
        "<logs>/survival/assess_fragility.log",
    benchmark:
        "<logs>/survival/assess_fragility.tsv"
    params:
        code=code("survival/assess_fragility.py"),
        labels=LABELS,
        supporting=SUPPORTING,
        confidence=config["analysis"]["confidence"],
    message:
        "Assessing how fragile the answer is."
    script:
        "../scripts/survival/assess_fragility.py"


rule check_results:
    input:
        patients=expand(COMPLETED, imputation=PLAN.imputations[:1]),
        designs="<results>/propensity/collect_designs/designs.parquet",
        estimates=CHECKED,
        curves=expand(
            "<results>/survival/estimate_curves/{endpoint}.parquet", endpoint=ENDPOINTS
        ),
    output:
        checks="<results>/survival/check_results/checks.parquet",
    log:
        "<logs>/survival/check_results.log",
    benchmark:
        "<logs>/survival/check_results.tsv"
    params:
        code=code("survival/check_results.py"),
        endpoints=ENDPOINTS,
        labels=LABELS,
        paired=PAIRED,
        confidence=config["analysis"]["confidence"],
    message:
        "Checking the results by second routes."
    script:
        "../scripts/survival/check_results.py"


rule refit_designs:
    input:
        patients=expand(COMPLETED, imputation=PLAN.imputations),
        arms=ARMS,
        scores=expand(
            "<results>/propensity/estimate_score/{imputation}/scores.parquet",
            imputation=PLAN.imputations,
        ),
    output:
        effects="<results>/survival/refit_designs/effects.parquet",
    log:
        "<logs>/survival/refit_designs.log",
    benchmark:
        "<logs>/survival/refit_designs.tsv"
    params:
        code=code("survival/refit_designs.py"),
        endpoints=ENDPOINTS,
        designs=BOOTSTRAPPED,
        cloned=CLONED,
        model=PLAN.model,
        confidence=config["analysis"]["confidence"],
    message:
        "Making the designs anew without each centre."
    script:
        "../scripts/survival/refit_designs.py"
