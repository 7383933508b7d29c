"""Figures: one rule a figure; what is drawn is what the disclosed tables hold."""


rule plot_curves:
    input:
        curves="<results>/disclosure/suppress_counts/curves.csv",
        effects="<results>/disclosure/suppress_counts/effects.csv",
        differences="<results>/disclosure/suppress_results/differences.csv",
    output:
        figures=shown(
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
    benchmark:
        "<logs>/figures/plot_curves.{endpoint}.tsv"
    params:
        code=code("figures/plot_curves.py"),
        language=config["figures"]["language"],
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
        figures=shown(
            expand(
                "<results>/figures/plot_designs/designs_{{endpoint}}.{suffix}",
                suffix=SUFFIXES,
            ),
            caption="../report/figures/plot_designs.rst",
            category="Survival",
        ),
    log:
        "<logs>/figures/plot_designs.{endpoint}.log",
    benchmark:
        "<logs>/figures/plot_designs.{endpoint}.tsv"
    params:
        code=code("figures/plot_designs.py"),
        language=config["figures"]["language"],
        endpoint="{endpoint}",
        designs=DESIGN_LABELS,
        kinds=DESIGN_KINDS,
        arms=list(LABELS.values()),
        months=MAIN_MONTHS,
    message:
        "Plotting the designs side by side: {wildcards.endpoint}."
    script:
        "../scripts/figures/plot_designs.py"


rule plot_means:
    input:
        curves="<results>/disclosure/suppress_counts/curves.csv",
        effects="<results>/disclosure/suppress_counts/effects.csv",
        differences="<results>/disclosure/suppress_results/differences.csv",
    output:
        figures=shown(
            expand(
                "<results>/figures/plot_means/means_{{endpoint}}.{suffix}",
                suffix=SUFFIXES,
            ),
            caption="../report/figures/plot_means.rst",
            category="Survival",
        ),
    log:
        "<logs>/figures/plot_means.{endpoint}.log",
    benchmark:
        "<logs>/figures/plot_means.{endpoint}.tsv"
    params:
        code=code("figures/plot_means.py"),
        language=config["figures"]["language"],
        endpoint="{endpoint}",
        label=lookup("endpoints/{endpoint}/label", within=config),
        design=SUBGROUPED,
        designs=DESIGN_LABELS,
        arms=ARM_COLOURS,
    message:
        "Plotting restricted means: {wildcards.endpoint}."
    script:
        "../scripts/figures/plot_means.py"


rule plot_proportionality:
    input:
        smooths="<results>/disclosure/suppress_results/proportionality.csv",
        curves="<results>/disclosure/suppress_counts/curves.csv",
    output:
        figures=shown(
            expand(
                "<results>/figures/plot_proportionality/proportionality_{name}.{suffix}",
                name=ENDPOINTS,
                suffix=SUFFIXES,
            ),
            caption="../report/figures/plot_proportionality.rst",
            category="Support",
        ),
    log:
        "<logs>/figures/plot_proportionality.log",
    benchmark:
        "<logs>/figures/plot_proportionality.tsv"
    params:
        code=code("figures/plot_proportionality.py"),
        language=config["figures"]["language"],
        designs={SUBGROUPED: DESIGN_LABELS[SUBGROUPED]},
        covariates=COVARIATE_LABELS,
        arms=ARM_COLOURS,
    message:
        "Plotting hazard ratios along time."
    script:
        "../scripts/figures/plot_proportionality.py"


rule plot_twins:
    input:
        twins="<results>/disclosure/suppress_twins/twins.csv",
    output:
        figures=shown(
            expand(
                "<results>/figures/plot_twins/twins_{{endpoint}}.{suffix}",
                suffix=SUFFIXES,
            ),
            caption="../report/figures/plot_twins.rst",
            category="Known truth",
        ),
    log:
        "<logs>/figures/plot_twins.{endpoint}.log",
    benchmark:
        "<logs>/figures/plot_twins.{endpoint}.tsv"
    params:
        code=code("figures/plot_twins.py"),
        language=config["figures"]["language"],
        endpoint="{endpoint}",
        designs=DESIGN_LABELS,
        confidence=config["analysis"]["confidence"],
    message:
        "Plotting the designs on twins: {wildcards.endpoint}."
    script:
        "../scripts/figures/plot_twins.py"


rule plot_clones:
    input:
        clones="<results>/disclosure/suppress_clones/clones.csv",
    output:
        figures=shown(
            expand(
                "<results>/figures/plot_clones/clones_{{endpoint}}_{design}.{suffix}",
                design=CLONED,
                suffix=SUFFIXES,
            ),
            caption="../report/figures/plot_clones.rst",
            category="Balance",
        ),
    log:
        "<logs>/figures/plot_clones.{endpoint}.log",
    benchmark:
        "<logs>/figures/plot_clones.{endpoint}.tsv"
    params:
        code=code("figures/plot_clones.py"),
        language=config["figures"]["language"],
        endpoint="{endpoint}",
        arms=ARM_COLOURS,
    message:
        "Plotting the clones and their weights: {wildcards.endpoint}."
    script:
        "../scripts/figures/plot_clones.py"


rule plot_balance:
    input:
        balance="<results>/disclosure/suppress_counts/balance.csv",
    output:
        figures=shown(
            expand("<results>/figures/plot_balance/balance.{suffix}", suffix=SUFFIXES),
            caption="../report/figures/plot_balance.rst",
            category="Balance",
        ),
    log:
        "<logs>/figures/plot_balance.log",
    benchmark:
        "<logs>/figures/plot_balance.tsv"
    params:
        code=code("figures/plot_balance.py"),
        language=config["figures"]["language"],
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


rule plot_missingness:
    input:
        missingness="<results>/disclosure/suppress_description/missingness.csv",
    output:
        figures=shown(
            expand(
                "<results>/figures/plot_missingness/missingness.{suffix}",
                suffix=SUFFIXES,
            ),
            caption="../report/figures/plot_missingness.rst",
            category="Patients",
        ),
    log:
        "<logs>/figures/plot_missingness.log",
    benchmark:
        "<logs>/figures/plot_missingness.tsv"
    params:
        code=code("figures/plot_missingness.py"),
        language=config["figures"]["language"],
        labels=COVARIATE_LABELS,
        arms=list(LABELS.values()),
    message:
        "Plotting what is missing."
    script:
        "../scripts/figures/plot_missingness.py"


rule plot_scores:
    input:
        scores=f"<results>/propensity/estimate_score/{PLAN.imputations[0]}/scores.parquet",
    output:
        figures=shown(
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
    benchmark:
        "<logs>/figures/plot_scores.tsv"
    params:
        code=code("figures/plot_scores.py"),
        language=config["figures"]["language"],
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
        figures=shown(
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
    benchmark:
        "<logs>/figures/plot_weights.tsv"
    params:
        code=code("figures/plot_weights.py"),
        language=config["figures"]["language"],
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
        figures=shown(
            expand(
                "<results>/figures/plot_attrition/{name}.{suffix}",
                name=["attrition", "audit"],
                suffix=SUFFIXES,
            ),
            caption="../report/figures/plot_attrition.rst",
            category="Patients",
        ),
    log:
        "<logs>/figures/plot_attrition.log",
    benchmark:
        "<logs>/figures/plot_attrition.tsv"
    params:
        code=code("figures/plot_attrition.py"),
        language=config["figures"]["language"],
        endpoint=AUDITED,
        designs=DESIGN_LABELS,
        arms=list(LABELS.values()),
        minimum_count=config["release"]["minimum_count"],
    message:
        "Plotting the flow of patients."
    script:
        "../scripts/figures/plot_attrition.py"


rule plot_responses:
    input:
        responses="<results>/disclosure/suppress_courses/responses.parquet",
        changes="<results>/disclosure/suppress_courses/changes.parquet",
        quartiles="<results>/disclosure/suppress_courses/quartiles.parquet",
    output:
        figures=shown(
            expand(
                "<results>/figures/plot_responses/{name}.{suffix}",
                name=["responses", "changes"],
                suffix=SUFFIXES,
            ),
            caption="../report/figures/plot_responses.rst",
            category="Patients",
        ),
    log:
        "<logs>/figures/plot_responses.log",
    benchmark:
        "<logs>/figures/plot_responses.tsv"
    params:
        code=code("figures/plot_responses.py"),
        language=config["figures"]["language"],
        arms=ARM_COLOURS,
        minimum_mark=config["release"]["minimum_mark"],
    message:
        "Plotting the change of the target lesions."
    script:
        "../scripts/figures/plot_responses.py"


rule plot_courses:
    input:
        courses="<results>/disclosure/suppress_courses/courses.parquet",
        states="<results>/disclosure/suppress_courses/states.parquet",
    output:
        figures=shown(
            expand("<results>/figures/plot_courses/courses.{suffix}", suffix=SUFFIXES),
            caption="../report/figures/plot_courses.rst",
            category="Patients",
        ),
    log:
        "<logs>/figures/plot_courses.log",
    benchmark:
        "<logs>/figures/plot_courses.tsv"
    params:
        code=code("figures/plot_courses.py"),
        language=config["figures"]["language"],
        arms=ARM_COLOURS,
        minimum_mark=config["release"]["minimum_mark"],
    message:
        "Plotting the courses of the patients."
    script:
        "../scripts/figures/plot_courses.py"


rule plot_panel:
    input:
        curves="<results>/disclosure/suppress_counts/curves.csv",
        effects="<results>/disclosure/suppress_counts/effects.csv",
        responses="<results>/disclosure/suppress_courses/responses.parquet",
        courses="<results>/disclosure/suppress_courses/courses.parquet",
        states="<results>/disclosure/suppress_courses/states.parquet",
    output:
        figures=shown(
            expand("<results>/figures/plot_panel/panel.{suffix}", suffix=SUFFIXES),
            caption="../report/figures/plot_panel.rst",
            category="Survival",
        ),
    log:
        "<logs>/figures/plot_panel.log",
    benchmark:
        "<logs>/figures/plot_panel.tsv"
    params:
        code=code("figures/plot_panel.py"),
        language=config["figures"]["language"],
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
        figures=shown(
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
    benchmark:
        "<logs>/figures/plot_imputations.tsv"
    params:
        code=code("figures/plot_imputations.py"),
        language=config["figures"]["language"],
        labels=COVARIATE_LABELS,
    message:
        "Plotting the imputation."
    script:
        "../scripts/figures/plot_imputations.py"


rule plot_scenarios:
    input:
        performance="<results>/disclosure/suppress_scenarios/performance.csv",
    output:
        figures=shown(
            expand(
                "<results>/figures/plot_scenarios/scenarios_{{endpoint}}.{suffix}",
                suffix=SUFFIXES,
            ),
            caption="../report/figures/plot_scenarios.rst",
            category="Known truth",
        ),
    log:
        "<logs>/figures/plot_scenarios.{endpoint}.log",
    benchmark:
        "<logs>/figures/plot_scenarios.{endpoint}.tsv"
    params:
        code=code("figures/plot_scenarios.py"),
        language=config["figures"]["language"],
        endpoint="{endpoint}",
        designs=DESIGN_LABELS,
    message:
        "Plotting the designs on scenarios: {wildcards.endpoint}."
    script:
        "../scripts/figures/plot_scenarios.py"


rule plot_forest:
    input:
        effects="<results>/disclosure/suppress_counts/effects.csv",
    output:
        figures=shown(
            expand(
                "<results>/figures/plot_forest/{name}.{suffix}",
                name=FORESTS,
                suffix=SUFFIXES,
            ),
            caption="../report/figures/plot_forest.rst",
            category="Support",
        ),
    log:
        "<logs>/figures/plot_forest.log",
    benchmark:
        "<logs>/figures/plot_forest.tsv"
    params:
        code=code("figures/plot_forest.py"),
        language=config["figures"]["language"],
        subgroups={SUBGROUPED: DESIGN_LABELS[SUBGROUPED]},
        regression="unadjusted",
        covariates=COVARIATE_LABELS,
        arms=list(LABELS.values()),
    message:
        "Plotting subgroups and regressions."
    script:
        "../scripts/figures/plot_forest.py"


rule plot_specifications:
    input:
        effects="<results>/disclosure/suppress_counts/effects.csv",
    output:
        figures=shown(
            expand(
                "<results>/figures/plot_specifications/specifications.{suffix}",
                suffix=SUFFIXES,
            ),
            caption="../report/figures/plot_specifications.rst",
            category="Support",
        ),
    log:
        "<logs>/figures/plot_specifications.log",
    benchmark:
        "<logs>/figures/plot_specifications.tsv"
    params:
        code=code("figures/plot_specifications.py"),
        language=config["figures"]["language"],
        specifications=SPECIFICATIONS,
        endpoints=ENDPOINT_LABELS,
        arms=list(LABELS.values()),
    message:
        "Plotting every estimate there is."
    script:
        "../scripts/figures/plot_specifications.py"
