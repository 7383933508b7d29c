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
        cells="<results>/harmonisation/harmonise_centre/{centre}/cells.parquet",
    log:
        "<logs>/harmonisation/harmonise_centre.{centre}.log",
    benchmark:
        "<logs>/harmonisation/harmonise_centre.{centre}.tsv"
    params:
        code=code("harmonisation/harmonise_centre.py"),
        centre="{centre}",
        formats=makings_of,
        tables=TABLES,
    message:
        "Harmonising the records of {wildcards.centre}."
    script:
        "../scripts/harmonisation/harmonise_centre.py"


rule link_patients:
    input:
        records=expand(
            "<results>/harmonisation/harmonise_centre/{centre}/{table}.parquet",
            centre=CENTRES,
            table=TABLES,
        ),
        ledgers=expand(
            "<results>/harmonisation/harmonise_centre/{centre}/ledger.parquet",
            centre=CENTRES,
        ),
        cells=expand(
            "<results>/harmonisation/harmonise_centre/{centre}/cells.parquet",
            centre=CENTRES,
        ),
        answers=PLAN.linkage,
    output:
        linked=expand(
            "<results>/harmonisation/link_patients/{table}.parquet", table=TABLES
        ),
        persons="<results>/harmonisation/link_patients/persons.parquet",
        reviews="<results>/harmonisation/link_patients/reviews.parquet",
        form="<results>/harmonisation/link_patients/reviews.csv",
        conflicts="<results>/harmonisation/link_patients/conflicts.parquet",
        faults="<results>/harmonisation/link_patients/faults.parquet",
        quarantine="<results>/harmonisation/link_patients/quarantine.parquet",
        ledger="<results>/harmonisation/link_patients/ledger.parquet",
        marks="<results>/harmonisation/link_patients/marks.parquet",
    log:
        "<logs>/harmonisation/link_patients.log",
    benchmark:
        "<logs>/harmonisation/link_patients.tsv"
    priority: 100
    params:
        code=code("harmonisation/link_patients.py"),
        content=answers_of,
        tables=TABLES,
        data_cut=PLAN.data_cut,
        reasons=PLAN.reasons,
    message:
        "Finding who is one person, and whose dates cannot be."
    script:
        "../scripts/harmonisation/link_patients.py"


rule assess_quality:
    input:
        cells=expand(
            "<results>/harmonisation/harmonise_centre/{centre}/cells.parquet",
            centre=CENTRES,
        ),
        records=expand(
            "<results>/harmonisation/harmonise_centre/{centre}/{table}.parquet",
            centre=CENTRES,
            table=TABLES,
        ),
        quarantines=QUARANTINES,
        faults=FAULTS,
        marks="<results>/harmonisation/link_patients/marks.parquet",
    output:
        quality="<results>/harmonisation/assess_quality/quality.parquet",
        places="<results>/harmonisation/assess_quality/places.parquet",
        distributions="<results>/harmonisation/assess_quality/distributions.parquet",
        spans="<results>/harmonisation/assess_quality/spans.parquet",
    log:
        "<logs>/harmonisation/assess_quality.log",
    benchmark:
        "<logs>/harmonisation/assess_quality.tsv"
    # Where a fault ends the run, the page that tells of it is written all the same.
    priority: 100
    params:
        code=code("harmonisation/assess_quality.py"),
        tables=TABLES,
    message:
        "Assessing the quality of the exports."
    script:
        "../scripts/harmonisation/assess_quality.py"
