"""Propensity: score, matching, weighting, balance."""


rule estimate_score:
    input:
        patients="<results>/cohort/select_cohort/patients.parquet",
    output:
        scores="<results>/propensity/estimate_score/scores.parquet",
        coefficients="<results>/propensity/estimate_score/coefficients.parquet",
    log:
        "<logs>/propensity/estimate_score.log",
    params:
        code=code("propensity/estimate_score.py"),
        covariates=config["propensity"]["covariates"],
    message:
        "Estimating the propensity score."
    script:
        "../scripts/propensity/estimate_score.py"


rule match_patients:
    input:
        scores="<results>/propensity/estimate_score/scores.parquet",
    output:
        pairs="<results>/propensity/match_patients/{design}.parquet",
    log:
        "<logs>/propensity/match_patients.{design}.log",
    params:
        code=code("propensity/match_patients.py"),
        ratio=lookup("designs/{design}/ratio", within=config),
        caliper_sd=lookup("designs/{design}/caliper_sd", within=config),
        replace=lookup("designs/{design}/replace", within=config),
    message:
        "Matching: {wildcards.design}."
    script:
        "../scripts/propensity/match_patients.py"


rule collect_designs:
    input:
        scores="<results>/propensity/estimate_score/scores.parquet",
        pairs=expand(
            "<results>/propensity/match_patients/{design}.parquet", design=MATCHED
        ),
    output:
        designs="<results>/propensity/collect_designs/designs.parquet",
    log:
        "<logs>/propensity/collect_designs.log",
    params:
        code=code("propensity/collect_designs.py"),
        matched=MATCHED,
        weighted=WEIGHTED,
    message:
        "Collecting the designs."
    script:
        "../scripts/propensity/collect_designs.py"


rule assess_balance:
    input:
        patients="<results>/cohort/select_cohort/patients.parquet",
        designs="<results>/propensity/collect_designs/designs.parquet",
    output:
        balance="<results>/propensity/assess_balance/balance.parquet",
    log:
        "<logs>/propensity/assess_balance.log",
    params:
        code=code("propensity/assess_balance.py"),
        covariates=list(config["covariates"]),
        estimands=ESTIMANDS,
    message:
        "Assessing the balance of the covariates."
    script:
        "../scripts/propensity/assess_balance.py"
