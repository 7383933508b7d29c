"""Figures: one rule a figure; what is drawn is what the disclosed tables hold."""


rule plot_curves:
    input:
        curves="<results>/disclosure/suppress_counts/curves.csv",
        effects="<results>/disclosure/suppress_counts/effects.csv",
    output:
        figures=report(
            expand(
                "<results>/figures/plot_curves/{{endpoint}}_{design}.{suffix}",
                design=ESTIMANDS,
                suffix=SUFFIXES,
            ),
            caption="../report/figures/plot_curves.rst",
            category="Survival",
        ),
    log:
        "<logs>/figures/plot_curves.{endpoint}.log",
    params:
        code=code("figures/plot_curves.py"),
        endpoint="{endpoint}",
        label=lookup("endpoints/{endpoint}/label", within=config),
        competing=lookup("endpoints/{endpoint}/competing", within=config),
        arms=ARM_COLOURS,
        style=STYLE,
        origins=clock_words(CLOCKS),
    message:
        "Plotting survival curves: {wildcards.endpoint}."
    script:
        "../scripts/figures/plot_curves.py"


rule plot_designs:
    input:
        effects="<results>/disclosure/suppress_counts/effects.csv",
    output:
        figures=report(
            expand(
                "<results>/figures/plot_designs/designs_{{endpoint}}.{suffix}",
                suffix=SUFFIXES,
            ),
            caption="../report/figures/plot_designs.rst",
            category="Survival",
        ),
    log:
        "<logs>/figures/plot_designs.{endpoint}.log",
    params:
        code=code("figures/plot_designs.py"),
        endpoint="{endpoint}",
        designs=DESIGN_LABELS,
        arms=list(LABELS.values()),
    message:
        "Plotting the designs side by side: {wildcards.endpoint}."
    script:
        "../scripts/figures/plot_designs.py"


rule plot_balance:
    input:
        balance="<results>/disclosure/suppress_counts/balance.csv",
    output:
        figures=report(
            expand("<results>/figures/plot_balance/balance.{suffix}", suffix=SUFFIXES),
            caption="../report/figures/plot_balance.rst",
            category="Balance",
        ),
    log:
        "<logs>/figures/plot_balance.log",
    params:
        code=code("figures/plot_balance.py"),
        labels=COVARIATE_LABELS,
        binary=PLAN.cohort_checks["binary"],
        designs={
            name: label
            for name, label in DESIGN_LABELS.items()
            if name not in CRUDE_DESIGNS
        },
        threshold=PLAN.thresholds["smd"],
    message:
        "Plotting the balance of the covariates."
    script:
        "../scripts/figures/plot_balance.py"


rule plot_scores:
    input:
        scores=f"<results>/propensity/estimate_score/{PLAN.imputations[0]}/scores.parquet",
    output:
        figures=report(
            expand(
                "<results>/figures/plot_scores/{name}.{suffix}",
                name=["scores", "preference"],
                suffix=SUFFIXES,
            ),
            caption="../report/figures/plot_scores.rst",
            category="Balance",
        ),
    log:
        "<logs>/figures/plot_scores.log",
    params:
        code=code("figures/plot_scores.py"),
        arms=ARM_COLOURS,
        minimum_count=config["release"]["minimum_count"],
    message:
        "Plotting the overlap of the propensity scores."
    script:
        "../scripts/figures/plot_scores.py"


rule plot_weights:
    input:
        designs="<results>/propensity/collect_designs/designs.parquet",
    output:
        figures=report(
            expand(
                "<results>/figures/plot_weights/weights_{design}.{suffix}",
                design=WEIGHTED,
                suffix=SUFFIXES,
            ),
            caption="../report/figures/plot_weights.rst",
            category="Balance",
        ),
    log:
        "<logs>/figures/plot_weights.log",
    params:
        code=code("figures/plot_weights.py"),
        arms=ARM_COLOURS,
        minimum_count=config["release"]["minimum_count"],
    message:
        "Plotting the weights."
    script:
        "../scripts/figures/plot_weights.py"


rule plot_attrition:
    input:
        attrition="<results>/disclosure/suppress_counts/attrition.csv",
        audit="<results>/disclosure/suppress_counts/audit.csv",
    output:
        figures=report(
            expand(
                "<results>/figures/plot_attrition/attrition.{suffix}", suffix=SUFFIXES
            ),
            caption="../report/figures/plot_attrition.rst",
            category="Patients",
        ),
    log:
        "<logs>/figures/plot_attrition.log",
    params:
        code=code("figures/plot_attrition.py"),
        arms=list(LABELS.values()),
        minimum_count=config["release"]["minimum_count"],
    message:
        "Plotting the flow of patients."
    script:
        "../scripts/figures/plot_attrition.py"


rule plot_responses:
    input:
        responses="<results>/cohort/derive_courses/responses.parquet",
    output:
        figures=report(
            expand(
                "<results>/figures/plot_responses/responses.{suffix}", suffix=SUFFIXES
            ),
            caption="../report/figures/plot_responses.rst",
            category="Patients",
        ),
    log:
        "<logs>/figures/plot_responses.log",
    params:
        code=code("figures/plot_responses.py"),
        arm=LABELS["treated"],
    message:
        "Plotting the change of the target lesions."
    script:
        "../scripts/figures/plot_responses.py"


rule plot_courses:
    input:
        courses="<results>/cohort/derive_courses/courses.parquet",
    output:
        figures=report(
            expand("<results>/figures/plot_courses/courses.{suffix}", suffix=SUFFIXES),
            caption="../report/figures/plot_courses.rst",
            category="Patients",
        ),
    log:
        "<logs>/figures/plot_courses.log",
    params:
        code=code("figures/plot_courses.py"),
        arms=ARM_COLOURS,
    message:
        "Plotting the course of each patient."
    script:
        "../scripts/figures/plot_courses.py"


rule plot_panel:
    input:
        curves="<results>/disclosure/suppress_counts/curves.csv",
        effects="<results>/disclosure/suppress_counts/effects.csv",
        responses="<results>/cohort/derive_courses/responses.parquet",
        courses="<results>/cohort/derive_courses/courses.parquet",
    output:
        figures=report(
            expand("<results>/figures/plot_panel/panel.{suffix}", suffix=SUFFIXES),
            caption="../report/figures/plot_panel.rst",
            category="Survival",
        ),
    log:
        "<logs>/figures/plot_panel.log",
    params:
        code=code("figures/plot_panel.py"),
        labels=PANEL_LABELS,
        arms=ARM_COLOURS,
        style=STYLE,
    message:
        "Plotting the page of the paper."
    script:
        "../scripts/figures/plot_panel.py"


rule plot_imputations:
    input:
        values="<results>/disclosure/suppress_imputation/imputed_values.csv",
        traces="<results>/disclosure/suppress_imputation/imputation_traces.csv",
    output:
        figures=report(
            expand(
                "<results>/figures/plot_imputations/{name}.{suffix}",
                name=OF_IMPUTATION,
                suffix=SUFFIXES,
            ),
            caption="../report/figures/plot_imputations.rst",
            category="Imputation",
        ),
    log:
        "<logs>/figures/plot_imputations.log",
    params:
        code=code("figures/plot_imputations.py"),
        labels=COVARIATE_LABELS,
    message:
        "Plotting the imputation."
    script:
        "../scripts/figures/plot_imputations.py"
