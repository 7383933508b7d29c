"""Validation: what each design does where the truth is known."""


rule replicate_twins:
    input:
        patients=expand(COMPLETED, imputation=PLAN.imputations[:1]),
        histories=HISTORIES,
    output:
        replicates="<results>/validation/replicate_twins/{effect}/{batch}.parquet",
    log:
        "<logs>/validation/replicate_twins.{effect}.{batch}.log",
    benchmark:
        "<logs>/validation/replicate_twins.{effect}.{batch}.tsv"
    wildcard_constraints:
        effect="|".join(TWINS["effects"]),
        batch=r"\d+",
    params:
        code=code("validation/replicate_twins.py"),
        effect="{effect}",
        batch="{batch}",
        settings=config["validation"]["twins"],
        drawn=TWINS["drawn"],
        plan=REPLAY,
    message:
        "Drawing twins, effect {wildcards.effect}: batch {wildcards.batch}."
    script:
        "../scripts/validation/replicate_twins.py"


rule assess_twins:
    input:
        patients=expand(COMPLETED, imputation=PLAN.imputations[:1]),
        replicates=expand(
            "<results>/validation/replicate_twins/{effect}/{batch}.parquet",
            effect=TWINS["effects"],
            batch=TWINS["batches"],
        ),
    output:
        performance="<results>/validation/assess_twins/performance.parquet",
        truths="<results>/validation/assess_twins/truths.parquet",
    log:
        "<logs>/validation/assess_twins.log",
    benchmark:
        "<logs>/validation/assess_twins.tsv"
    params:
        code=code("validation/assess_twins.py"),
        drawn=TWINS["drawn"],
        plan=REPLAY,
        grace_days=TWINS["grace_days"],
    message:
        "Assessing the designs on twins of the cohort."
    script:
        "../scripts/validation/assess_twins.py"


rule estimate_truth:
    output:
        truths="<results>/validation/estimate_truth/{scenario}.parquet",
    log:
        "<logs>/validation/estimate_truth.{scenario}.log",
    benchmark:
        "<logs>/validation/estimate_truth.{scenario}.tsv"
    wildcard_constraints:
        scenario="|".join(SCENARIOS["names"]) or "none",
    params:
        code=code("validation/estimate_truth.py"),
        scenario="{scenario}",
        plan=SCENARIOS["plan"],
        covariates=SCENARIOS["drawn"]["covariates"],
        settings=SCENARIOS["truth"],
    message:
        "Finding the truth of the scenario {wildcards.scenario}."
    script:
        "../scripts/validation/estimate_truth.py"


rule replicate_scenarios:
    output:
        replicates="<results>/validation/replicate_scenarios/{scenario}/{size}/{batch}.parquet",
    log:
        "<logs>/validation/replicate_scenarios.{scenario}.{size}.{batch}.log",
    benchmark:
        "<logs>/validation/replicate_scenarios.{scenario}.{size}.{batch}.tsv"
    wildcard_constraints:
        scenario="|".join(SCENARIOS["names"]) or "none",
        size=r"\d+",
        batch=r"\d+",
    params:
        code=code("validation/replicate_scenarios.py"),
        scenario="{scenario}",
        size="{size}",
        batch="{batch}",
        drawn=SCENARIOS["drawn"],
        plan=SCENARIOS["plan"],
    message:
        "Drawing {wildcards.scenario} of {wildcards.size}: batch {wildcards.batch}."
    script:
        "../scripts/validation/replicate_scenarios.py"


rule assess_replicates:
    input:
        replicates=REPLICATES,
        truths=expand(
            "<results>/validation/estimate_truth/{scenario}.parquet",
            scenario=SCENARIOS["names"],
        ),
    output:
        performance="<results>/validation/assess_replicates/performance.parquet",
    log:
        "<logs>/validation/assess_replicates.log",
    benchmark:
        "<logs>/validation/assess_replicates.tsv"
    params:
        code=code("validation/assess_replicates.py"),
        confidence=SCENARIOS["plan"]["analysis"]["confidence"],
    message:
        "Assessing the designs where the truth is known."
    script:
        "../scripts/validation/assess_replicates.py"
