"""Harmonisation: rows of text become typed records under the dictionary's names."""


rule harmonise_centre:
    input:
        rows=expand(
            "<results>/ingestion/read_centre/{{centre}}/{table}.parquet", table=TABLES
        ),
        files="<results>/ingestion/read_centre/{centre}/files.parquet",
        unread="<results>/ingestion/read_centre/{centre}/faults.parquet",
    output:
        records=expand(
            "<results>/harmonisation/harmonise_centre/{{centre}}/{table}.parquet",
            table=TABLES,
        ),
        faults="<results>/harmonisation/harmonise_centre/{centre}/faults.parquet",
        quarantine="<results>/harmonisation/harmonise_centre/{centre}/quarantine.parquet",
        aside="<results>/harmonisation/harmonise_centre/{centre}/aside.parquet",
        ledger="<results>/harmonisation/harmonise_centre/{centre}/ledger.parquet",
    log:
        "<logs>/harmonisation/harmonise_centre.{centre}.log",
    benchmark:
        "<logs>/harmonisation/harmonise_centre.{centre}.tsv"
    params:
        code=code("harmonisation/harmonise_centre.py"),
        centre="{centre}",
        formats=makings_of,
    message:
        "Harmonising the records of {wildcards.centre}."
    script:
        "../scripts/harmonisation/harmonise_centre.py"
