"""Cohort: who is in, which arm, when the clock starts, what counts as an event."""


rule derive_table:
    input:
        records=RECORDS[0],
        quarantines=QUARANTINES,
    output:
        candidates="<results>/cohort/derive_table/candidates.parquet",
        attrition="<results>/cohort/derive_table/attrition.parquet",
    log:
        "<logs>/cohort/derive_table.log",
    benchmark:
        "<logs>/cohort/derive_table.tsv"
    params:
        code=code("cohort/derive_table.py"),
        eligibility=config["cohort"]["eligibility"],
        endpoints=ENDPOINTS,
    message:
        "Making candidates of the table."
    script:
        "../scripts/cohort/derive_table.py"


rule derive_visits:
    input:
        records=RECORDS[0],
        aside="<results>/harmonisation/harmonise_centre/source/aside.parquet",
    output:
        candidates="<results>/cohort/derive_visits/candidates.parquet",
        attrition="<results>/cohort/derive_visits/attrition.parquet",
    log:
        "<logs>/cohort/derive_visits.log",
    benchmark:
        "<logs>/cohort/derive_visits.tsv"
    params:
        code=code("cohort/derive_visits.py"),
        when=config["treatment"]["when"],
        time_zero=config["cohort"]["time_zero"],
        eligibility=config["cohort"]["eligibility"],
        endpoints=ENDPOINTS,
    message:
        "Finding the visit at which each patient's clock starts."
    script:
        "../scripts/cohort/derive_visits.py"


rule assess_criteria:
    input:
        records=RECORDS,
    output:
        criteria="<results>/cohort/assess_criteria/criteria.parquet",
        versions="<results>/cohort/assess_criteria/versions.parquet",
    log:
        "<logs>/cohort/assess_criteria.log",
    benchmark:
        "<logs>/cohort/assess_criteria.tsv"
    params:
        code=code("cohort/assess_criteria.py"),
        tables=TABLES,
        rules=config["cohort"]["criteria"]["versions"],
        used=config["cohort"]["criteria"]["use"],
    message:
        "Asking the criteria for surgery."
    script:
        "../scripts/cohort/assess_criteria.py"


rule derive_conversions:
    input:
        records=RECORDS,
        ledgers=LEDGER,
        criteria="<results>/cohort/assess_criteria/criteria.parquet",
    output:
        candidates="<results>/cohort/derive_conversions/candidates.parquet",
        attrition="<results>/cohort/derive_conversions/attrition.parquet",
    log:
        "<logs>/cohort/derive_conversions.log",
    benchmark:
        "<logs>/cohort/derive_conversions.tsv"
    params:
        code=code("cohort/derive_conversions.py"),
        tables=TABLES,
        used=config["cohort"]["criteria"]["use"],
        never=config["cohort"]["criteria"]["never"],
        time_zero=config["cohort"]["time_zero"],
        eligibility=config["cohort"]["eligibility"],
        endpoints=config["endpoints"],
        covariates=config["covariates"],
    message:
        "Finding who met the criteria for surgery, and when."
    script:
        "../scripts/cohort/derive_conversions.py"


rule select_cohort:
    input:
        candidates=f"<results>/cohort/derive_{DERIVED}/candidates.parquet",
        before=f"<results>/cohort/derive_{DERIVED}/attrition.parquet",
        faults=FAULTS,
        quarantines=QUARANTINES,
    output:
        patients="<results>/cohort/select_cohort/patients.parquet",
        attrition="<results>/cohort/select_cohort/attrition.parquet",
        quarantine="<results>/cohort/select_cohort/quarantine.parquet",
    log:
        "<logs>/cohort/select_cohort.log",
    benchmark:
        "<logs>/cohort/select_cohort.tsv"
    params:
        code=code("cohort/select_cohort.py"),
        eligibility=PLAN.asked_at_zero,
        enrolled=PLAN.enrolled,
        covariates=config["covariates"],
        endpoints=ENDPOINTS,
        reasons=PLAN.reasons,
        cohort_checks=PLAN.cohort_checks,
        columns=PLAN.columns,
        optional=PLAN.optional,
        zero_days=config["cohort"]["zero_days"],
    message:
        "Selecting the patients to analyse."
    script:
        "../scripts/cohort/select_cohort.py"


rule derive_histories:
    input:
        records=RECORDS,
        candidates=f"<results>/cohort/derive_{DERIVED}/candidates.parquet",
        patients="<results>/cohort/select_cohort/patients.parquet",
    output:
        histories="<results>/cohort/derive_histories/histories.parquet",
    log:
        "<logs>/cohort/derive_histories.log",
    benchmark:
        "<logs>/cohort/derive_histories.tsv"
    params:
        code=code("cohort/derive_histories.py"),
        tables=TABLES,
        covariates=repeated_of(config),
    message:
        "Following the covariates over time."
    script:
        "../scripts/cohort/derive_histories.py"


rule impute_covariates:
    input:
        patients="<results>/cohort/select_cohort/patients.parquet",
    output:
        completed="<results>/cohort/impute_covariates/{imputation}/patients.parquet",
        trace="<results>/cohort/impute_covariates/{imputation}/trace.parquet",
    log:
        "<logs>/cohort/impute_covariates.{imputation}.log",
    benchmark:
        "<logs>/cohort/impute_covariates.{imputation}.tsv"
    params:
        code=code("cohort/impute_covariates.py"),
        imputation="{imputation}",
        covariates=list(config["covariates"]),
        structural=PLAN.structural,
        endpoints=ENDPOINTS,
        settings=config["imputation"],
    message:
        "Imputing covariates: {wildcards.imputation}."
    script:
        "../scripts/cohort/impute_covariates.py"


rule assess_missingness:
    input:
        candidates=f"<results>/cohort/derive_{DERIVED}/candidates.parquet",
        patients="<results>/cohort/select_cohort/patients.parquet",
        quarantine="<results>/cohort/select_cohort/quarantine.parquet",
    output:
        missingness="<results>/cohort/assess_missingness/missingness.parquet",
    log:
        "<logs>/cohort/assess_missingness.log",
    benchmark:
        "<logs>/cohort/assess_missingness.tsv"
    params:
        code=code("cohort/assess_missingness.py"),
        covariates=config["covariates"],
        labels=LABELS,
        structural=PLAN.structural,
        imputed=PLAN.imputed,
    message:
        "Counting what is missing."
    script:
        "../scripts/cohort/assess_missingness.py"


rule assess_imputation:
    input:
        patients="<results>/cohort/select_cohort/patients.parquet",
        completed=expand(COMPLETED, imputation=PLAN.imputations),
    output:
        values="<results>/cohort/assess_imputation/values.parquet",
    log:
        "<logs>/cohort/assess_imputation.log",
    benchmark:
        "<logs>/cohort/assess_imputation.tsv"
    params:
        code=code("cohort/assess_imputation.py"),
        covariates=PLAN.compared,
    message:
        "Comparing imputed with observed values."
    script:
        "../scripts/cohort/assess_imputation.py"


rule derive_outcomes:
    input:
        candidates="<results>/cohort/derive_conversions/candidates.parquet",
        patients="<results>/cohort/select_cohort/patients.parquet",
        records=RECORDS,
    output:
        outcomes="<results>/cohort/derive_outcomes/outcomes.parquet",
        scans="<results>/cohort/derive_outcomes/scans.parquet",
        differences="<results>/cohort/derive_outcomes/differences.parquet",
    log:
        "<logs>/cohort/derive_outcomes.log",
    benchmark:
        "<logs>/cohort/derive_outcomes.tsv"
    params:
        code=code("cohort/derive_outcomes.py"),
        tables=TABLES,
        endpoints=config["endpoints"],
        labels=LABELS,
    message:
        "Deriving the endpoints from the dates."
    script:
        "../scripts/cohort/derive_outcomes.py"


rule derive_ledger:
    input:
        ledgers=LEDGER,
        quarantines=QUARANTINES,
        quarantine="<results>/cohort/select_cohort/quarantine.parquet",
    output:
        ledger="<results>/cohort/derive_ledger/ledger.parquet",
    log:
        "<logs>/cohort/derive_ledger.log",
    benchmark:
        "<logs>/cohort/derive_ledger.tsv"
    params:
        code=code("cohort/derive_ledger.py"),
        table=TABLES[0],
    message:
        "Counting the rows that were set aside."
    script:
        "../scripts/cohort/derive_ledger.py"


rule derive_arms:
    input:
        patients="<results>/cohort/select_cohort/patients.parquet",
    output:
        arms="<results>/cohort/derive_arms/arms.parquet",
    log:
        "<logs>/cohort/derive_arms.log",
    benchmark:
        "<logs>/cohort/derive_arms.tsv"
    params:
        code=code("cohort/derive_arms.py"),
        clocks=CLOCKS,
        endpoints=ENDPOINTS,
        labels=LABELS,
    message:
        "Laying out the arms of each design."
    script:
        "../scripts/cohort/derive_arms.py"


rule assess_immortal_time:
    input:
        patients="<results>/cohort/select_cohort/patients.parquet",
        arms=ARMS,
    output:
        audit="<results>/cohort/assess_immortal_time/audit.parquet",
    log:
        "<logs>/cohort/assess_immortal_time.log",
    benchmark:
        "<logs>/cohort/assess_immortal_time.tsv"
    params:
        code=code("cohort/assess_immortal_time.py"),
        endpoints=ENDPOINTS,
        labels=LABELS,
        covariates=PLAN.adjusting,
        regression=EXPLAINED,
        reweighted=list(SEQUENTIAL),
        headline=config["headline"],
    message:
        "Auditing the designs."
    script:
        "../scripts/cohort/assess_immortal_time.py"


rule derive_courses:
    input:
        candidates="<results>/cohort/derive_conversions/candidates.parquet",
        patients="<results>/cohort/select_cohort/patients.parquet",
        assessments="<results>/harmonisation/link_patients/assessments.parquet",
        treatments="<results>/harmonisation/link_patients/treatments.parquet",
    output:
        responses="<results>/cohort/derive_courses/responses.parquet",
        changes="<results>/cohort/derive_courses/changes.parquet",
        courses="<results>/cohort/derive_courses/courses.parquet",
        adjuvant="<results>/cohort/derive_courses/adjuvant.parquet",
    log:
        "<logs>/cohort/derive_courses.log",
    benchmark:
        "<logs>/cohort/derive_courses.tsv"
    params:
        code=code("cohort/derive_courses.py"),
        labels=LABELS,
    message:
        "Laying out the course of each patient."
    script:
        "../scripts/cohort/derive_courses.py"


rule describe_care:
    input:
        candidates="<results>/cohort/derive_conversions/candidates.parquet",
        patients="<results>/cohort/select_cohort/patients.parquet",
        records=expand(
            "<results>/harmonisation/link_patients/{table}.parquet",
            table=["assessments", "surgeries", "complications", "adverse_events"],
        ),
        ledgers=LEDGER,
        adjuvant_in="<results>/cohort/derive_courses/adjuvant.parquet",
    output:
        response="<results>/cohort/describe_care/response.parquet",
        surgery="<results>/cohort/describe_care/surgery.parquet",
        adverse="<results>/cohort/describe_care/adverse_events.parquet",
    log:
        "<logs>/cohort/describe_care.log",
    benchmark:
        "<logs>/cohort/describe_care.tsv"
    params:
        code=code("cohort/describe_care.py"),
        labels=LABELS,
        confidence=config["analysis"]["confidence"],
    message:
        "Describing response, surgery and adverse events."
    script:
        "../scripts/cohort/describe_care.py"
