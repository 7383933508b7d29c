"""Reporting: pages that people read."""


rule write_protocol:
    input:
        attrition="<results>/disclosure/suppress_counts/attrition.csv",
        audit="<results>/disclosure/suppress_counts/audit.csv",
    output:
        protocol="<results>/reporting/write_protocol/protocol.csv",
    log:
        "<logs>/reporting/write_protocol.log",
    benchmark:
        "<logs>/reporting/write_protocol.tsv"
    params:
        code=code("reporting/write_protocol.py"),
        study=REPORTED,
        clocks=CLOCKS,
    message:
        "Writing the protocol."
    script:
        "../scripts/reporting/write_protocol.py"


rule write_answers:
    input:
        effects="<results>/disclosure/suppress_counts/effects.csv",
        audit="<results>/disclosure/suppress_counts/audit.csv",
    output:
        answers="<results>/reporting/write_answers/answers.csv",
    log:
        "<logs>/reporting/write_answers.log",
    benchmark:
        "<logs>/reporting/write_answers.tsv"
    params:
        code=code("reporting/write_answers.py"),
        study=REPORTED,
        clocks=CLOCKS,
    message:
        "Writing what each design finds."
    script:
        "../scripts/reporting/write_answers.py"


rule list_origins:
    input:
        files=files_behind,
        effects=EFFECTS,
    output:
        origins="<results>/reporting/list_origins/origins.json",
    log:
        "<logs>/reporting/list_origins.log",
    benchmark:
        "<logs>/reporting/list_origins.tsv"
    params:
        code=code("reporting/list_origins.py"),
        jobs=jobs_behind,
        names=names_behind,
        released={
            place.removeprefix("<results>/release/"): path.replace(
                "<results>", FOLDERS["results"]
            )
            for path, place in RELEASED.items()
            if path.endswith(".csv")
        },
    message:
        "Listing what made each table."
    script:
        "../scripts/reporting/list_origins.py"


rule write_report:
    input:
        tables=[
            *expand(
                "<results>/disclosure/suppress_counts/{name}.csv",
                name=[
                    "effects",
                    "balance",
                    "diagnostics",
                    "dropped",
                    "audit",
                    "ledger",
                    "attrition",
                ],
            ),
            *expand(
                "<results>/disclosure/suppress_description/{name}.csv", name=DESCRIBED
            ),
            *expand(
                "<results>/disclosure/suppress_exports/{name}.csv",
                name=OF_EXPORTS if KIND == "exports" else [],
            ),
            *expand(
                "<results>/disclosure/suppress_twins/{name}.csv",
                name=["twins"] if TWINS["batches"] else [],
            ),
            *expand(
                "<results>/disclosure/suppress_results/{name}.csv",
                name=[
                    "tipping",
                    "influence",
                    "checks",
                ],
            ),
            "<results>/reporting/write_protocol/protocol.csv",
            "<results>/reporting/write_answers/answers.csv",
            *expand(
                "<results>/disclosure/suppress_clones/{name}.csv",
                name=["clones", "truncations"] if CLONED else [],
            ),
        ],
        figures=[path for path in FIGURES if path.endswith(".svg")],
        origins="<results>/reporting/list_origins/origins.json",
        templates=[
            local(f"{workflow.basedir}/workflow/templates/{name}")
            for name in ("report.html", "report.js", "report.typ", "chinese.yaml")
        ],
    output:
        page="<results>/reporting/write_report/report.html",
        word="<results>/reporting/write_report/report.docx",
        paper="<results>/reporting/write_report/report.pdf",
    log:
        "<logs>/reporting/write_report.log",
    benchmark:
        "<logs>/reporting/write_report.tsv"
    params:
        code=code("reporting/write_report.py"),
        study=REPORTED,
    message:
        "Writing the report."
    script:
        "../scripts/reporting/write_report.py"


rule write_tables:
    input:
        tables=rules.write_report.input.tables,
        catalogue=local(f"{workflow.basedir}/workflow/templates/chinese.yaml"),
    output:
        papers=expand("<results>/reporting/write_tables/{name}.docx", name=TABLES_APART),
    log:
        "<logs>/reporting/write_tables.log",
    benchmark:
        "<logs>/reporting/write_tables.tsv"
    params:
        code=code("reporting/write_tables.py"),
        study=REPORTED,
        figures=list(CALLED),
    message:
        "Writing each table of the paper as a Word file."
    script:
        "../scripts/reporting/write_tables.py"


rule write_quality:
    input:
        quality="<results>/harmonisation/assess_quality/quality.parquet",
        places="<results>/harmonisation/assess_quality/places.parquet",
        distributions="<results>/harmonisation/assess_quality/distributions.parquet",
        spans="<results>/harmonisation/assess_quality/spans.parquet",
        persons="<results>/harmonisation/link_patients/persons.parquet",
        reviews="<results>/harmonisation/link_patients/reviews.parquet",
        conflicts="<results>/harmonisation/link_patients/conflicts.parquet",
        ledger=LEDGER,
        template=local(f"{workflow.basedir}/workflow/templates/quality.html"),
    output:
        page="<results>/reporting/write_quality/quality.html",
        lists=expand(
            "<results>/reporting/write_quality/{name}.csv",
            name=[
                "faults",
                "files",
                "fields",
                "numbers",
                "dates",
                "people",
                "conflicts",
            ],
        ),
    log:
        "<logs>/reporting/write_quality.log",
    benchmark:
        "<logs>/reporting/write_quality.tsv"
    priority: 100
    params:
        code=code("reporting/write_quality.py"),
        title=TITLE,
        reasons=RULES,
    message:
        "Writing the data quality page."
    script:
        "../scripts/reporting/write_quality.py"
