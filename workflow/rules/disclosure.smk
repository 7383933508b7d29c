"""Disclosure: what tables may show, so that no patient can be found in them."""


rule suppress_counts:
    input:
        effects_in=EFFECTS,
        curves_in=expand(
            "<results>/survival/estimate_curves/{endpoint}.parquet", endpoint=ENDPOINTS
        ),
        balance_in="<results>/propensity/assess_balance/balance.parquet",
        interactions_in="<results>/propensity/assess_balance/interactions.parquet",
        diagnostics_in="<results>/propensity/assess_designs/diagnostics.parquet",
        dropped_in="<results>/propensity/compare_dropped/dropped.parquet",
        attrition_in="<results>/cohort/select_cohort/attrition.parquet",
        audit_in="<results>/cohort/assess_immortal_time/audit.parquet",
        ledger_in="<results>/cohort/derive_ledger/ledger.parquet",
    output:
        tables=expand(
            "<results>/disclosure/suppress_counts/{name}.csv", name=TABLES_RELEASED
        ),
    log:
        "<logs>/disclosure/suppress_counts.log",
    benchmark:
        "<logs>/disclosure/suppress_counts.tsv"
    params:
        code=code("disclosure/suppress_counts.py"),
        minimum_count=config["release"]["minimum_count"],
        steps=STYLE,
    message:
        "Hiding small counts."
    script:
        "../scripts/disclosure/suppress_counts.py"


rule suppress_description:
    input:
        description="<results>/propensity/describe_arms/description.parquet",
        missingness="<results>/cohort/assess_missingness/missingness.parquet",
    output:
        tables=expand(
            "<results>/disclosure/suppress_description/{name}.csv",
            name=DESCRIBED,
        ),
    log:
        "<logs>/disclosure/suppress_description.log",
    benchmark:
        "<logs>/disclosure/suppress_description.tsv"
    params:
        code=code("disclosure/suppress_description.py"),
        minimum_count=config["release"]["minimum_count"],
        structural=PLAN.structural,
    message:
        "Hiding small counts of Table 1."
    script:
        "../scripts/disclosure/suppress_description.py"


rule suppress_imputation:
    input:
        values="<results>/cohort/assess_imputation/values.parquet",
        traces=expand(
            "<results>/cohort/impute_covariates/{imputation}/trace.parquet",
            imputation=PLAN.imputations,
        ),
    output:
        tables=expand(
            "<results>/disclosure/suppress_imputation/{name}.csv",
            name=OF_IMPUTATION,
        ),
    log:
        "<logs>/disclosure/suppress_imputation.log",
    benchmark:
        "<logs>/disclosure/suppress_imputation.tsv"
    params:
        code=code("disclosure/suppress_imputation.py"),
        minimum_count=config["release"]["minimum_count"],
    message:
        "Hiding small counts of the imputation."
    script:
        "../scripts/disclosure/suppress_imputation.py"


rule suppress_exports:
    input:
        versions="<results>/cohort/assess_criteria/versions.parquet",
        scans_in="<results>/cohort/derive_outcomes/scans.parquet",
        quality_in="<results>/harmonisation/assess_quality/quality.parquet",
        response_in="<results>/cohort/describe_care/response.parquet",
        surgery_in="<results>/cohort/describe_care/surgery.parquet",
        adverse_in="<results>/cohort/describe_care/adverse_events.parquet",
    output:
        criteria="<results>/disclosure/suppress_exports/criteria.csv",
        scans="<results>/disclosure/suppress_exports/scans.csv",
        quality="<results>/disclosure/suppress_exports/quality.csv",
        response="<results>/disclosure/suppress_exports/response.csv",
        surgery="<results>/disclosure/suppress_exports/surgery.csv",
        adverse="<results>/disclosure/suppress_exports/adverse_events.csv",
    log:
        "<logs>/disclosure/suppress_exports.log",
    benchmark:
        "<logs>/disclosure/suppress_exports.tsv"
    params:
        code=code("disclosure/suppress_exports.py"),
        minimum_count=config["release"]["minimum_count"],
    message:
        "Hiding small counts of what exports alone tell."
    script:
        "../scripts/disclosure/suppress_exports.py"


rule suppress_clones:
    input:
        truncations_in="<results>/survival/assess_truncations/truncations.parquet",
        carried_in=expand(
            "<results>/propensity/weight_clones/carried/{imputation}.parquet",
            imputation=PLAN.imputations[0],
        ),
        clones_in="<results>/propensity/assess_clones/clones.parquet",
    output:
        clones="<results>/disclosure/suppress_clones/clones.csv",
        truncations="<results>/disclosure/suppress_clones/truncations.csv",
        carried="<results>/disclosure/suppress_clones/carried.csv",
    log:
        "<logs>/disclosure/suppress_clones.log",
    benchmark:
        "<logs>/disclosure/suppress_clones.tsv"
    params:
        code=code("disclosure/suppress_clones.py"),
        minimum_count=config["release"]["minimum_count"],
        minimum_mark=config["release"]["minimum_mark"],
    message:
        "Hiding small counts of clones."
    script:
        "../scripts/disclosure/suppress_clones.py"


rule suppress_trials:
    input:
        windows_in=expand(
            "<results>/propensity/weight_trials/windows/{imputation}.parquet",
            imputation=PLAN.imputations[0],
        ),
    output:
        windows="<results>/disclosure/suppress_trials/windows.csv",
    log:
        "<logs>/disclosure/suppress_trials.log",
    benchmark:
        "<logs>/disclosure/suppress_trials.tsv"
    params:
        code=code("disclosure/suppress_trials.py"),
        minimum_count=config["release"]["minimum_count"],
    message:
        "Hiding small counts of trials."
    script:
        "../scripts/disclosure/suppress_trials.py"


rule suppress_twins:
    input:
        performance="<results>/validation/assess_twins/performance.parquet",
    output:
        twins="<results>/disclosure/suppress_twins/twins.csv",
    log:
        "<logs>/disclosure/suppress_twins.log",
    benchmark:
        "<logs>/disclosure/suppress_twins.tsv"
    params:
        code=code("disclosure/suppress_twins.py"),
    message:
        "Letting out what was found on twins."
    script:
        "../scripts/disclosure/suppress_twins.py"


rule suppress_scenarios:
    input:
        assessed="<results>/validation/assess_replicates/performance.parquet",
    output:
        performance="<results>/disclosure/suppress_scenarios/performance.csv",
    log:
        "<logs>/disclosure/suppress_scenarios.log",
    benchmark:
        "<logs>/disclosure/suppress_scenarios.tsv"
    params:
        code=code("disclosure/suppress_scenarios.py"),
    message:
        "Letting out what was found on scenarios."
    script:
        "../scripts/disclosure/suppress_scenarios.py"


rule suppress_results:
    input:
        effects="<results>/disclosure/suppress_counts/effects.csv",
        curves="<results>/disclosure/suppress_counts/curves.csv",
        tipping_in="<results>/survival/assess_fragility/tipping.parquet",
        influence_in="<results>/survival/assess_fragility/influence.parquet",
        checks_in="<results>/survival/check_results/checks.parquet",
        smooths_in="<results>/survival/assess_proportionality/smooths.parquet",
        differences_in=expand(
            "<results>/survival/estimate_curves/{endpoint}_differences.parquet",
            endpoint=ENDPOINTS,
        ),
    output:
        tables=expand(
            "<results>/disclosure/suppress_results/{name}.csv", name=OF_RESULTS
        ),
    log:
        "<logs>/disclosure/suppress_results.log",
    benchmark:
        "<logs>/disclosure/suppress_results.tsv"
    params:
        code=code("disclosure/suppress_results.py"),
        labels=LABELS,
        minimum_count=config["release"]["minimum_count"],
        minimum_at_risk=config["release"]["minimum_at_risk"],
        minimum_mark=config["release"]["minimum_mark"],
    message:
        "Hiding small counts of checks and of fragility."
    script:
        "../scripts/disclosure/suppress_results.py"


rule suppress_courses:
    input:
        responses_in="<results>/cohort/derive_courses/responses.parquet",
        changes_in="<results>/cohort/derive_courses/changes.parquet",
        courses_in="<results>/cohort/derive_courses/courses.parquet",
    output:
        responses="<results>/disclosure/suppress_courses/responses.parquet",
        changes="<results>/disclosure/suppress_courses/changes.parquet",
        quartiles="<results>/disclosure/suppress_courses/quartiles.parquet",
        courses="<results>/disclosure/suppress_courses/courses.parquet",
        states="<results>/disclosure/suppress_courses/states.parquet",
    log:
        "<logs>/disclosure/suppress_courses.log",
    benchmark:
        "<logs>/disclosure/suppress_courses.tsv"
    params:
        code=code("disclosure/suppress_courses.py"),
        minimum_mark=config["release"]["minimum_mark"],
        minimum_at_risk=config["release"]["minimum_at_risk"],
    message:
        "Joining the courses of single patients."
    script:
        "../scripts/disclosure/suppress_courses.py"
