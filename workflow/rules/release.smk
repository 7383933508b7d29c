"""Release: the one folder that may leave the hospital, and the one rule that fills it."""


rule publish_release:
    input:
        records=expand(
            "<results>/harmonisation/harmonise_centre/{centre}/{table}.parquet",
            centre=CENTRES,
            table=TABLES_TOLD,
        ),
        sources=list(RELEASED),
    output:
        released=list(RELEASED.values()),
        manifest="<results>/release/manifest.csv",
    log:
        "<logs>/release/publish_release.log",
    benchmark:
        "<logs>/release/publish_release.tsv"
    params:
        code=code("release/publish_release.py"),
        open_fields=PLAN.open_fields,
        minimum_count=config["release"]["minimum_count"],
    message:
        "Filling the release."
    script:
        "../scripts/release/publish_release.py"
