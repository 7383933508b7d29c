"""Simulation: the invented exports that the default study runs on."""


rule simulate_exports:
    output:
        a=expand(
            "<results>/simulation/simulate_exports/exports/a_{table}.csv",
            table=[name for name in EXPORTS if name not in MAY_LACK],
        ),
        b="<results>/simulation/simulate_exports/exports/b.xlsx",
        truth="<results>/simulation/simulate_exports/truth.parquet",
    log:
        "<logs>/simulation/simulate_exports.log",
    benchmark:
        "<logs>/simulation/simulate_exports.tsv"
    params:
        code=code("simulation/simulate_exports.py"),
        seed=PLAN.simulation["seed"],
        scenario=PLAN.simulation["scenario"],
    message:
        "Inventing the exports of two centres."
    script:
        "../scripts/simulation/simulate_exports.py"
