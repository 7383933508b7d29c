"""Simulation: the invented exports that the default study runs on."""


rule simulate_exports:
    output:
        exports=expand(
            "<results>/simulation/simulate_exports/exports/{name}",
            name=[
                "A_基本信息.xlsx",
                "A_检验.csv",
                "A_更正.csv",
                "hcc_export_B.csv",
                "B_imaging.tsv",
                "B_events.csv",
                "C中心.xls",
                "C_labs_wide.xlsx",
                "D.json",
                "D_followup.xlsx",
                "E.csv",
            ],
        ),
        truth="<results>/simulation/simulate_exports/truth.parquet",
        linkage="<results>/simulation/simulate_exports/linkage.csv",
        key="<results>/simulation/simulate_exports/answer_key.parquet",
    log:
        "<logs>/simulation/simulate_exports.log",
    benchmark:
        "<logs>/simulation/simulate_exports.tsv"
    params:
        code=code("simulation/simulate_exports.py"),
        seed=PLAN.simulation["seed"],
        scenario=PLAN.simulation["scenario"],
    message:
        "Inventing the exports of five centres."
    script:
        "../scripts/simulation/simulate_exports.py"
