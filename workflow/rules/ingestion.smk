"""Ingestion: files as they are handed over become rows of text."""


rule fetch_source:
    input:
        local=PLAN.local,
    output:
        source="<results>/ingestion/fetch_source/source.csv",
    log:
        "<logs>/ingestion/fetch_source.log",
    benchmark:
        "<logs>/ingestion/fetch_source.tsv"
    localrule: True
    params:
        code=code("ingestion/fetch_source.py"),
        fetch=config["source"].get("fetch"),
        package=config["source"].get("package"),
        sha256=config["source"].get("sha256"),
    message:
        "Getting the public data set."
    script:
        "../scripts/ingestion/fetch_source.py"


rule read_centre:
    input:
        sources=sources_of,
    output:
        rows=expand(
            "<results>/ingestion/read_centre/{{centre}}/{table}.parquet", table=TABLES
        ),
        files="<results>/ingestion/read_centre/{centre}/files.parquet",
        faults="<results>/ingestion/read_centre/{centre}/faults.parquet",
    log:
        "<logs>/ingestion/read_centre.{centre}.log",
    benchmark:
        "<logs>/ingestion/read_centre.{centre}.tsv"
    params:
        code=code("ingestion/read_centre.py"),
        content=contents_of,
        centre="{centre}",
        formats=readings_of,
        key=key_of,
        tables=TABLES,
    message:
        "Reading the files of {wildcards.centre}."
    script:
        "../scripts/ingestion/read_centre.py"
