"""Release: the one folder that may leave the hospital, and the one rule that fills it."""


rule publish_release:
    input:
        patients="<results>/cohort/select_cohort/patients.parquet",
        sources=list(RELEASED),
    output:
        released=list(RELEASED.values()),
        manifest="<results>/release/manifest.csv",
    log:
        "<logs>/release/publish_release.log",
    params:
        code=code("release/publish_release.py"),
    message:
        "Filling the release."
    script:
        "../scripts/release/publish_release.py"
