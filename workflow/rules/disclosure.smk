"""Disclosure: what tables may show, so that no patient can be found in them."""


rule suppress_counts:
    input:
        effects_in=expand(
            "<results>/survival/estimate_effects/{endpoint}.parquet",
            endpoint=ENDPOINTS,
        ),
        curves_in=expand(
            "<results>/survival/estimate_curves/{endpoint}.parquet", endpoint=ENDPOINTS
        ),
        balance_in="<results>/propensity/assess_balance/balance.parquet",
        attrition_in="<results>/cohort/select_cohort/attrition.parquet",
        audit_in="<results>/cohort/assess_immortal_time/audit.parquet",
        ledger_in="<results>/cohort/derive_ledger/ledger.parquet",
    output:
        effects="<results>/disclosure/suppress_counts/effects.csv",
        curves="<results>/disclosure/suppress_counts/curves.csv",
        balance="<results>/disclosure/suppress_counts/balance.csv",
        attrition="<results>/disclosure/suppress_counts/attrition.csv",
        audit="<results>/disclosure/suppress_counts/audit.csv",
        ledger="<results>/disclosure/suppress_counts/ledger.csv",
    log:
        "<logs>/disclosure/suppress_counts.log",
    params:
        code=code("disclosure/suppress_counts.py"),
        minimum_count=config["release"]["minimum_count"],
        minimum_at_risk=config["release"]["minimum_at_risk"],
    message:
        "Hiding small counts."
    script:
        "../scripts/disclosure/suppress_counts.py"
