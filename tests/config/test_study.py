from copy import deepcopy
from pathlib import Path

import pytest
import yaml

from twoarm.config.faults import StudyError
from twoarm.config.plan import plan_study
from twoarm.config.study import complete, read_study
from twoarm.dictionary import EXPORTS
from twoarm.fieldmaps import code_texts
from twoarm.units import FACTORS

ROOT = Path(__file__).parents[2]
ROTTERDAM = yaml.safe_load("""
study: rotterdam
title: Hormonal therapy after surgery for breast cancer
source: {kind: table, path: rotterdam.csv, missing: ["", "NA"]}
patient_id: pid
treatment: {column: hormon, treated: 1, control: 0, labels: {treated: Hormonal therapy, control: No hormonal therapy}}
covariates:
  age: {kind: continuous, label: Age, unit: years}
  meno: {kind: binary, label: Postmenopausal}
  grade: {kind: categorical, label: Grade}
  nodes: {kind: continuous, label: Positive nodes}
endpoints:
  os: {label: Overall survival, time: dtime, event: death, unit: days}
  rfs: {label: Recurrence-free survival, time: rtime, event: {column: recur, occurred: [1], censored: [0]}, unit: days}
propensity: {covariates: [age, meno, grade, nodes]}
designs:
  matched: {method: nearest, estimand: ATT, ratio: 1, caliper_sd: 0.2, replace: false, order: largest}
  iptw: {method: weighting, estimand: ATE}
  overlap: {method: weighting, estimand: ATO}
analysis: {horizons_months: [12, 36, 60], rmst_months: 60, cox: {covariates: [age, meno, grade, nodes]}}
""")  # noqa: E501
MINIMAL = {
    "study": "least",
    "title": "The least that is a study",
    "source": {"kind": "table", "path": "patients.csv"},
    "patient_id": "id",
    "treatment": {"column": "arm", "treated": "a", "control": ["b"]},
    "covariates": {"age": {"kind": "continuous"}},
    "endpoints": {"os": {"time": "days", "event": "dead"}},
}
VISITS = MINIMAL | {
    "source": {"kind": "visits", "path": "visits.csv", "date": "day"},
}
CENTRES = {"a": "codebooks/a.yaml", "b": "codebooks/b.yaml"}
EXPORTED = {
    "study": "exported",
    "title": "Exports of two centres",
    "source": {"kind": "exports", "folder": "exports", "centres": CENTRES},
    "treatment": {"event": "surgery"},
    "covariates": {"age": {"kind": "continuous", "column": "age_years"}},
    "endpoints": {"os": {"events": ["death"]}},
}
GONE = object()


def changed(study, *changes):
    """The study with values at dotted paths, or without what is GONE."""
    study = deepcopy(study)
    for path, value in changes:
        *folders, last = path.split(".")
        place = study
        for part in folders:
            place = place.setdefault(part, {})
        if value is GONE:
            del place[last]
        else:
            place[last] = deepcopy(value)
    return study


def faults_of(study):
    """Fault lines of the one error with which a study is refused."""
    with pytest.raises(StudyError) as caught:
        read_study(study)
    first, *lines, last = str(caught.value).splitlines()
    count = f"{len(lines)} fault{'s' if len(lines) > 1 else ''}"
    assert first == f"The study file has {count}:"
    assert last == "See docs/config.md."
    return [line.strip() for line in lines]


def test_signs_that_steer_are_refused_wherever_a_study_tells_text():
    control = ["none", "n\u202eo"]
    bad = changed(
        ROTTERDAM,
        ("title", "a\x1b[31mtitle"),
        ("covariates.age.label", "A\x07ge"),
        ("treatment.control", control),
    )
    told = "has signs that cannot be seen; write it anew"
    assert faults_of(bad) == [
        f"title: {told}",
        f"treatment.control: {told}",
        f"covariates.age.label: {told}",
    ]


def test_rotterdam_is_accepted_as_it_is():
    study = complete(read_study(ROTTERDAM))

    assert study["treatment"]["treated"] == [1]
    assert study["covariates"]["age"]["column"] == "age"
    event = study["endpoints"]["os"]["event"]
    assert event == {"column": "death", "occurred": [1, True], "censored": [0, False]}
    assert study["designs"]["matched"]["label"] == "Matched"
    assert study["analysis"]["horizons_months"] == [12, 36, 60]
    assert study["simulation"] is None
    assert "pathvars" not in study


@pytest.mark.parametrize(
    "file", ["config.yaml", "studies/hepatocellular.yaml", "studies/sysucc.yaml"]
)
def test_studies_that_come_along_can_be_planned(file):
    config = yaml.safe_load((ROOT / "config" / file).read_text(encoding="utf-8"))

    plan = plan_study(config, ROOT)

    assert plan.config == complete(read_study(config))


def test_minimal_study_is_filled_with_defaults():
    study = complete(read_study(MINIMAL))

    assert study["propensity"]["covariates"] == ["age"]
    assert study["propensity"]["method"] == "logistic"
    assert study["imputation"]["n"] == 0
    assert study["designs"] == {}
    assert study["covariates"]["age"] == {
        "kind": "continuous",
        "column": "age",
        "label": "age",
        "unit": None,
        "levels": None,
        "measured": None,
        "transform": None,
        "structural": False,
    }
    assert study["endpoints"]["os"]["label"] == "OS"
    assert study["endpoints"]["os"]["unit"] == "days"
    assert study["treatment"]["treated"] == ["a"]
    assert study["treatment"]["labels"] == {"treated": "Treated", "control": "Control"}
    assert study["source"]["missing"] == ["", "NA"]
    assert study["cohort"]["quarantine"] == ["covariate_absent"]
    assert study["analysis"]["confidence"] == 0.95
    assert study["release"]["minimum_count"] == 5
    assert yaml.safe_load(yaml.safe_dump(study)) == study


def test_complete_study_is_complete():
    study = complete(read_study(ROTTERDAM))

    assert complete(read_study(study)) == study


def test_study_is_not_changed_by_reading():
    study = changed(ROTTERDAM, ("titel", "x"), ("covariates.age.kind", "old"))
    before = deepcopy(study)

    faults_of(study)

    assert study == before


def test_eligibility_codes_have_the_form_of_those_of_the_file():
    step = {"name": "s", "reason": "r", "column": "c", "one_of": [1.0, True, "01", "x"]}
    study = changed(MINIMAL, ("cohort.eligibility", [step]))

    codes = complete(read_study(study))["cohort"]["eligibility"][0]["one_of"]

    assert [code for code in codes if code.lower() not in ("yes", "on")] == [
        "1",
        "true",
        "1",
        "x",
    ]


FAULTS = {
    "misspelt section": (
        [("propensty", {})],
        ["propensty: no such key; did you mean propensity?"],
    ),
    "misspelt key of the source": (
        [("source.delimeter", ",")],
        ["source.delimeter: no such key; did you mean delimiter?"],
    ),
    "misspelt key of the treatment": (
        [("treatment.lables", {})],
        ["treatment.lables: no such key; did you mean labels?"],
    ),
    "misspelt arm": (
        [("treatment.labels.controll", "x")],
        ["treatment.labels.controll: no such key; did you mean control?"],
    ),
    "misspelt key of a covariate": (
        [("covariates.age.lable", "x")],
        ["covariates.age.lable: no such key; did you mean label?"],
    ),
    "misspelt key of an endpoint": (
        [("endpoints.os.unitt", "days")],
        ["endpoints.os.unitt: no such key; did you mean unit?"],
    ),
    "misspelt key of an event": (
        [("endpoints.rfs.event.ocurred", [1])],
        ["endpoints.rfs.event.ocurred: no such key; did you mean occurred?"],
    ),
    "misspelt key of a design": (
        [("designs.matched.calliper_sd", 0.1)],
        ["designs.matched.calliper_sd: no such key; did you mean caliper_sd?"],
    ),
    "key of another design": (
        [("designs.iptw.ratio", 2)],
        ["designs.iptw.ratio: no such key"],
    ),
    "misspelt key of cox": (
        [("analysis.cox.covariate", [])],
        ["analysis.cox.covariate: no such key; did you mean covariates?"],
    ),
    "misspelt colour": (
        [("figures.colours.treatd", "#000000")],
        ["figures.colours.treatd: no such key; did you mean treated?"],
    ),
    "misspelt step": (
        [
            (
                "cohort.eligibility",
                [{"name": "s", "reason": "r", "colum": "c", "one_of": [1]}],
            )
        ],
        [
            "cohort.eligibility.0: give a column, unless where names it",
            "cohort.eligibility.0.colum: no such key; did you mean column?",
        ],
    ),
    "unknown covariate of the score": (
        [("propensity.covariates", ["agee"])],
        ["propensity.covariates: agee is not among the covariates; did you mean age?"],
    ),
    "unknown covariate of cox": (
        [("analysis.cox.covariates", ["node", "age"])],
        [
            "analysis.cox.covariates: node is not among the covariates; "
            "did you mean nodes?"
        ],
    ),
    "covariate twice": (
        [("propensity.covariates", ["age", "age"])],
        ["propensity.covariates: a covariate stands in it twice"],
    ),
    "code in two arms": (
        [("treatment.control", [0, 1])],
        ["treatment.control: code 1 stands in treated too"],
    ),
    "code in two arms in two forms": (
        [("treatment.control", ["1.0"])],
        ["treatment.control: code '1.0' stands in treated too"],
    ),
    "code of an arm left out": (
        [("treatment.exclude", [0.0])],
        ["treatment.exclude: code 0.0 stands in control too"],
    ),
    "code that occurred and did not": (
        [("endpoints.rfs.event.censored", [0, "1"])],
        ["endpoints.rfs.event.censored: code '1' stands in occurred too"],
    ),
    "arms of one name": (
        [("treatment.labels", {"treated": "x", "control": "x"})],
        ["treatment.labels: the two arms have one name"],
    ),
    "horizons fall": (
        [("analysis.horizons_months", [36, 12])],
        ["analysis.horizons_months: must rise, each month once"],
    ),
    "horizon twice": (
        [("analysis.horizons_months", [12, 12])],
        ["analysis.horizons_months: must rise, each month once"],
    ),
    "horizon of nothing": (
        [("analysis.horizons_months", [0, 12])],
        ["analysis.horizons_months.0: Input should be greater than 0"],
    ),
    "unadjusted is a design": (
        [("designs.unadjusted", {"method": "weighting"})],
        ["designs.unadjusted: is always a design; leave it out"],
    ),
    "ratio of nothing": (
        [("designs.matched.ratio", 0)],
        ["designs.matched.ratio: Input should be greater than or equal to 1"],
    ),
    "unknown method": (
        [("designs.iptw.method", "weigthing")],
        [
            "designs.iptw.method: may be crude, time_dependent, cloning, sequential, "
            "nearest, optimal, full, coarsened, risk_set, weighting, entropy, "
            "covariate_balancing; did you mean weighting?"
        ],
    ),
    "no method": ([("designs.iptw.method", GONE)], ["designs.iptw.method: is missing"]),
    "unknown estimand": (
        [("designs.matched.estimand", "ATE")],
        ["designs.matched.estimand: Input should be 'ATT'"],
    ),
    "unknown kind of source": (
        [("source.kind", "tabel")],
        ["source.kind: may be table, visits, exports; did you mean table?"],
    ),
    "no kind of source": ([("source.kind", GONE)], ["source.kind: is missing"]),
    "no origin": (
        [("source.path", GONE)],
        ["source: give just one of path, fetch, package and connection; given: none"],
    ),
    "two origins": (
        [("source.fetch", {"urls": "https://example.org/a.csv"})],
        [
            "source: give just one of path, fetch, package and connection; "
            "given: path, fetch"
        ],
    ),
    "misspelt address": (
        [("source.fetch", {"url": "https://example.org"}), ("source.path", GONE)],
        [
            "source.fetch.urls: is missing",
            "source.fetch.url: no such key; did you mean urls?",
        ],
    ),
    "copies of nothing": (
        [("source.local", "a.csv")],
        ["source: local names copies of a fetched file; fetch is not given"],
    ),
    "key of exports": ([("source.centres", CENTRES)], ["source.centres: no such key"]),
    "key of visits": (
        [("source.date_formats", ["%Y"])],
        ["source.date_formats: no such key"],
    ),
    "kind of covariate": (
        [("covariates.age.kind", "continous")],
        [
            "covariates.age.kind: Input should be 'continuous', 'binary' or "
            "'categorical'"
        ],
    ),
    "no kind of covariate": (
        [("covariates.age.kind", GONE)],
        ["covariates.age.kind: is missing"],
    ),
    "levels of a number": (
        [("covariates.age.levels", [1, 2])],
        ["covariates.age: a continuous covariate has no levels"],
    ),
    "covariate is no section": (
        [("covariates.age", "continuous")],
        ["covariates.age: Input should be a valid dictionary or instance of Covariate"],
    ),
    "name in capitals": (
        [("covariates.BMI", {"kind": "continuous"})],
        ["covariates.BMI: String should match pattern '^[a-z][a-z0-9_]*$'"],
    ),
    "enrolment ends before it begins": (
        [
            ("cohort.enrolled_from", "2020-01-01"),
            ("cohort.enrolled_to", "2019-12-31"),
        ],
        ["cohort: enrolled_to lies before enrolled_from"],
    ),
    "enrolment of a table": (
        [("cohort.enrolled_to", "2020-01-01")],
        ["cohort.enrolled_to: a table has no dates"],
    ),
    "two steps of one name": (
        [
            (
                "cohort.eligibility",
                [{"name": "s", "reason": "r", "column": "c", "one_of": 1}] * 2,
            )
        ],
        ["cohort.eligibility.1.name: another step has this name"],
    ),
    "unknown rule": (
        [("cohort.quarantine", ["time_absent", "event_unknwn"])],
        ["cohort.quarantine.1: no such rule; the nearest is event_unknown"],
    ),
    "wrong colour": (
        [("figures.colours", {"treated": "red"})],
        ["figures.colours.treated: String should match pattern '^#[0-9A-Fa-f]{6}$'"],
    ),
    "no event": ([("endpoints.os.event", GONE)], ["endpoints.os.event: is missing"]),
    "no time": ([("endpoints.os.time", GONE)], ["endpoints.os.time: is missing"]),
    "events of exports": (
        [("endpoints.os.events", ["death"])],
        ["endpoints.os.events: is for source.kind exports"],
    ),
    "surgery of exports": (
        [("treatment.event", "surgery")],
        ["treatment.event: is for source.kind exports"],
    ),
    "simulated table": (
        [("simulation", {"seed": 1})],
        ["simulation: is for source.kind exports"],
    ),
    "later visits of a table": (
        [("treatment.when", "later")],
        ["treatment.when: a table has no later visits"],
    ),
    "no codes of an arm": (
        [("treatment.treated", GONE)],
        ["treatment.treated: is missing"],
    ),
    "no patient": ([("patient_id", GONE)], ["patient_id: is missing"]),
    "unknown folder": ([("pathvars", {"result": "x"})], ["pathvars.result: no such"]),
    **{
        f"no {section}": ([(section, GONE)], [f"{section}: is missing"])
        for section in ("study", "title", "source", "treatment", "endpoints")
    },
    "no covariates": (
        [("covariates", GONE)],
        ["covariates: is missing"],
    ),
    **{
        f"reserved {name}": (
            [(f"covariates.{name}", {"kind": "binary"})],
            [f"covariates.{name}: the name is taken"],
        )
        for name in [
            "patient_id",
            "treated",
            "treatment_days",
            "source_file",
            "source_row",
            "arm",
            "centre",
            "excluded",
            "index_date",
            "visit_date",
            "weight",
            "os_days",
            "rfs_event",
        ]
    },
}


@pytest.mark.parametrize("fault", FAULTS)
def test_one_fault_is_told_alone_with_the_path_of_its_key(fault):
    changes, expected = FAULTS[fault]

    told = faults_of(changed(ROTTERDAM, *changes))

    assert len(told) == len(expected)
    for line, begin in zip(sorted(told), sorted(expected), strict=True):
        assert line.startswith(begin)


HIDDEN = {
    "source": ["patient_id", "simulation", "endpoints.os.time"],
    "covariates": ["propensity", "analysis.cox"],
}
"""What cannot be told while a section is missing: it hangs on that section."""


@pytest.mark.parametrize(
    "section", ["study", "title", "source", "treatment", "covariates", "endpoints"]
)
def test_all_faults_are_told_at_once_also_where_a_section_is_missing(section):
    together = [
        "misspelt section",
        "misspelt key of the source",
        "misspelt key of the treatment",
        "misspelt key of a covariate",
        "misspelt key of an endpoint",
        "misspelt key of an event",
        "misspelt key of a design",
        "unknown covariate of the score",
        "unknown covariate of cox",
        "code in two arms",
        "horizons fall",
        "unadjusted is a design",
        "ratio of nothing",
        "unknown method",
        "enrolment ends before it begins",
        "unknown rule",
        "wrong colour",
        "no time",
        "no patient",
        "reserved arm",
        "simulated table",
        "unknown folder",
    ]
    changes = [each for fault in together for each in FAULTS[fault][0]]
    hidden = (section, *HIDDEN.get(section, ()))
    lines = {line for fault in together for line in FAULTS[fault][1]}
    expected = {line for line in lines if not line.startswith(hidden)}

    told = faults_of(changed(ROTTERDAM, *changes, (section, GONE)))

    assert f"{section}: is missing" in told
    assert len(told) == len(expected) + 1
    for begin in expected:
        assert any(line.startswith(begin) for line in told), begin


def test_empty_study_names_what_every_study_has():
    told = faults_of({})

    sections = ["study", "title", "source", "treatment", "covariates", "endpoints"]
    assert told == [f"{section}: is missing" for section in sections]


def test_visits_are_accepted():
    study = complete(read_study(VISITS | {"cohort": {"enrolled_from": "2010-01-01"}}))

    assert study["source"]["date_formats"] == ["%Y-%m-%d"]
    assert study["cohort"]["enrolled_from"] == "2010-01-01"


@pytest.mark.parametrize(
    ("study", "change", "expected"),
    [
        (VISITS, ("source.date", GONE), "source.date: is missing"),
        (VISITS, ("treatment.days", "wait"), "treatment.days: visits have dates"),
        (VISITS, ("source.folder", "x"), "source.folder: no such key"),
        (EXPORTED, ("source.path", "x.csv"), "source.path: no such key"),
        (EXPORTED, ("source.centres", GONE), "source.centres: is missing"),
        (EXPORTED, ("source.centres", {}), "source.centres: Dictionary should have"),
        (
            EXPORTED,
            ("simulation", {"seed": 1}),
            "simulation: the source names a folder",
        ),
        (EXPORTED, ("treatment.event", GONE), "treatment.event: is missing"),
        (EXPORTED, ("treatment.column", "x"), "treatment.column: is for source.kind"),
        (EXPORTED, ("endpoints.os.events", []), "endpoints.os.events: is missing"),
        (EXPORTED, ("endpoints.os.time", "x"), "endpoints.os.time: is for source.kind"),
        (
            EXPORTED,
            ("covariates.age.column", "age_year"),
            "covariates.age: no column age_year in the dictionary; "
            "did you mean age_years?",
        ),
        (
            EXPORTED,
            ("covariates.age.column", "albi_grade"),
            "covariates.age.kind: albi_grade has levels: kind categorical, or binary",
        ),
    ],
)
def test_sources_have_their_own_keys(study, change, expected):
    (told,) = faults_of(changed(study, change))

    assert told.startswith(expected)


def test_exports_may_take_the_centre_as_a_covariate():
    study = changed(EXPORTED, ("covariates.centre", {"kind": "categorical"}))

    assert complete(read_study(study))["covariates"]["centre"]["column"] == "centre"


def test_exports_without_a_folder_are_simulated():
    study = complete(read_study(changed(EXPORTED, ("source.folder", GONE))))

    assert study["simulation"] == {"seed": 20250101, "scenario": "moderate"}


def codebook_of(centre, *changes):
    """The least codebook: every field in a column of its name, in the SI's units."""
    tables = {}
    for name, fields in EXPORTS.items():
        mapped = {}
        for field in fields:
            units = list(FACTORS.get(field.name, {}))
            mapped[field.name] = {"column": field.name}
            if units:
                mapped[field.name]["unit"] = units[0]
        tables[name] = {"path": f"{centre}_{name}.csv", "fields": mapped}
    codebook = {"centre": centre, "label": "A centre", "tables": tables}
    return changed(codebook, *changes)


@pytest.fixture
def folder(tmp_path):
    """A folder with the codebooks and the exports of two centres."""
    (tmp_path / "codebooks").mkdir()
    (tmp_path / "exports").mkdir()
    for centre in CENTRES:
        write_codebook(tmp_path, centre, codebook_of(centre))
        for table in EXPORTS:
            (tmp_path / "exports" / f"{centre}_{table}.csv").touch()
    return tmp_path


def write_codebook(folder, centre, codebook):
    text = yaml.safe_dump(codebook, allow_unicode=True)
    (folder / CENTRES[centre]).write_text(text, encoding="utf-8")


def refusal_of(study, folder):
    with pytest.raises(StudyError) as caught:
        plan_study(study, folder)
    return str(caught.value)


def test_plan_of_a_table(tmp_path):
    (tmp_path / "patients.csv").touch()

    plan = plan_study(MINIMAL, tmp_path)

    (table,) = plan.centres["source"]
    assert (table.table, table.source) == ("records", "patients.csv")
    assert table.making["reasons"] == {"covariate_absent": "Covariate not known"}
    assert plan.columns == {
        "patient_id": "id",
        "arm": "arm",
        "os_days": "days",
        "os_event": "dead",
        "age": "age",
    }
    assert plan.local == []


def test_plan_of_exports(folder):
    plan = plan_study(EXPORTED, folder)

    assert list(plan.centres) == ["a", "b"]
    assert plan.tables == list(EXPORTS)
    labs = plan.centres["b"][3]
    assert labs.source == "exports/b_labs.csv"
    assert labs.making["prefix"] == "b:"


def test_plan_says_how_a_file_is_read_and_where_it_lies(folder):
    given = {"header": 2, "totals": "合计", "dictionary": "codes.csv"}
    changes = [(f"tables.labs.{key}", value) for key, value in given.items()]
    write_codebook(folder, "b", codebook_of("b", *changes))

    reading = plan_study(EXPORTED, folder).centres["b"][3].reading

    assert (reading["header"], reading["totals"]) == ([2], ["合计"])
    assert (reading["within"], reading["dictionary"]) == (
        *("exports", "exports/codes.csv"),
    )
    assert "bilirubin_umol_l" in reading["columns"]


def test_a_decimal_comma_is_turned_once(folder):
    write_codebook(folder, "b", codebook_of("b", ("tables.labs.decimal", ",")))

    labs = plan_study(EXPORTED, folder).centres["b"][3]

    assert labs.reading["decimal"] == "."
    (fields,) = labs.making["repeats"]
    assert {field["decimal"] for field in fields} == {","}


def test_an_identifier_is_a_column_of_its_own(folder):
    items = {"column": "item", "value": "value"}
    mapped = {"items": ["MRN"]}
    changes = [
        ("tables.labs.items", items),
        ("tables.labs.fields.patient_id", mapped),
    ]
    write_codebook(folder, "b", codebook_of("b", *changes))

    assert "labs.patient_id: names a person; give its column" in refusal_of(
        EXPORTED, folder
    )


def test_query_to_a_server_needs_no_file(folder):
    asked = {"connection": "LABS_ADDRESS", "query": "SELECT * FROM labs"}
    changes = [(f"tables.labs.{key}", value) for key, value in asked.items()]
    write_codebook(folder, "b", codebook_of("b", ("tables.labs.path", GONE), *changes))
    (folder / "exports" / "b_labs.csv").unlink()

    labs = plan_study(EXPORTED, folder).centres["b"][3]

    assert labs.source == ""
    assert labs.reading["connection"] == "LABS_ADDRESS"
    write_codebook(folder, "b", codebook_of("b", changes[0]))
    assert "connection names a server; give the query" in refusal_of(EXPORTED, folder)


def test_first_copy_that_exists_is_taken(tmp_path):
    fetch = {"urls": ["https://example.org/a.csv"]}
    source = {"kind": "table", "fetch": fetch, "local": ["a.csv", "b.csv", "c.csv"]}
    for name in ("b.csv", "c.csv"):
        (tmp_path / name).touch()

    assert plan_study(MINIMAL | {"source": source}, tmp_path).local == ["b.csv"]


def test_missing_data_file_is_told_by_its_key(tmp_path):
    told = refusal_of(MINIMAL, tmp_path)

    assert f"source.path: no file patients.csv, as seen from {tmp_path.name}/" in told


def test_brace_in_the_name_of_a_file_is_told(tmp_path):
    (tmp_path / "of {x}.csv").write_text("id\n")
    told = refusal_of(changed(MINIMAL, ("source.path", "of {x}.csv")), tmp_path)
    assert "source.path: of {x}.csv has a brace in its name; rename the file" in told


def test_what_is_wrong_with_files_and_codebooks_is_told_together(folder):
    wrong = codebook_of(
        "b",
        ("tables.labs.fields.creatinine", "crea"),
        ("tables.labs.fields.albumin_g_l.unit", "mg/L"),
        ("tables.labs.fields.afp_ng_ml", GONE),
        ("tables.patients.fields.sex.codes", {"1": "man", "2": "female"}),
        ("tables.patients.fields.hbv.codes", {"+": True, "-": "maybe"}),
        ("tables.surgeries", GONE),
    )
    write_codebook(folder, "b", wrong)
    centres = CENTRES | {"d": "codebooks/d.yaml", "e": "codebooks/nowhere.yaml"}
    (folder / "codebooks" / "d.yaml").write_bytes("label: 中心".encode("gb18030"))
    (folder / "exports" / "a_labs.csv").unlink()
    centres["f"] = CENTRES["a"]
    study = changed(EXPORTED, ("source.centres", centres))

    told = refusal_of(study, folder)

    assert "labs: no field creatinine in the dictionary; it has patient_id" in told
    assert "labs.albumin_g_l: unit mg/L; known: g/L, g/dL" in told
    assert "labs: field afp_ng_ml is not mapped" in told
    assert "no table surgeries" in told
    assert "patients.sex: a code stands for man; known: female, male" in told
    assert "patients.hbv: a code stands for maybe; known: true, false" in told
    assert "source.centres.d: codebooks/d.yaml: the file: is not UTF-8" in told
    assert "source.centres.e: codebooks/nowhere.yaml: the file: is not there" in told
    assert "source.centres.f: codebooks/a.yaml is of another centre" in told
    assert "a.labs: no file exports/a_labs.csv" in told


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ("tables.labs.fields.albumin_g_l.unit", GONE, "unit None; known: g/L, g/dL"),
        ("tables.labs.delimeter", ",", "delimeter: no such key; did you mean delim"),
        ("tables.labs.fields.sample_date.colum", "x", "colum: no such key; did you"),
        (
            "tables.labs.path",
            GONE,
            "tables.labs.0: give just one of path and connection",
        ),
        ("tables.lab", {"path": "x", "fields": {}}, "tables.lab: Input should be"),
        ("centre", GONE, "centre: is missing"),
        (
            "tables.patients.fields.birth_date.codes",
            {"1": "x"},
            "has codes, but is a date",
        ),
    ],
)
def test_codebook_is_held_to_the_dictionary(folder, path, value, expected):
    write_codebook(folder, "a", codebook_of("a", (path, value)))

    told = refusal_of(EXPORTED, folder)

    first, line, last = told.splitlines()
    assert first == "The study file has 1 fault:"
    assert line.startswith("  source.centres.a: codebooks/a.yaml: ")
    assert expected in line
    assert last == "See docs/config.md."


@pytest.mark.parametrize("content", ["", "just text", "a: [", "- 1"])
def test_file_that_is_no_codebook_is_refused(folder, content):
    (folder / CENTRES["a"]).write_text(content)

    assert "source.centres.a: codebooks/a.yaml: " in refusal_of(EXPORTED, folder)


def test_bare_yes_and_no_of_yaml_match_the_words_of_the_file():
    study = yaml.safe_load("treated: yes\ncontrol: no")

    assert code_texts(study["treated"])[:2] == ["true", "yes"]
    assert "no" in code_texts(study["control"])


def test_levels_that_are_one_code_and_names_that_collide_are_told():
    study = changed(
        MINIMAL,
        ("covariates", {"x": {"kind": "categorical", "levels": [1, 1.0, 2]}}),
    )
    with pytest.raises(StudyError, match="two levels are one"):
        read_study(study)

    end = next(iter(MINIMAL["endpoints"].values()))
    design = {"method": "weighting"}
    study = changed(
        MINIMAL,
        ("endpoints", {"os": end, "os_x": end}),
        ("designs", {"y": design, "x_y": design}),
    )
    with pytest.raises(StudyError, match="two figures would have one name"):
        read_study(study)


def test_numbers_may_stand_among_the_missing():
    study = changed(MINIMAL, ("source.missing", ["", -9, 99.0]))

    assert read_study(study).source.missing == ["", "-9", "99"]


@pytest.mark.parametrize(
    ("column", "told"),
    [
        ("pid", "patient_id"),
        ("hormon", "treatment.column"),
        ("dtime", "endpoints.os.time"),
        ("recur", "endpoints.rfs.event"),
    ],
)
def test_arm_and_outcome_are_no_covariates(column, told):
    covariate = {"kind": "continuous", "column": column}
    study = changed(ROTTERDAM, ("covariates.sneaky", covariate))

    with pytest.raises(StudyError) as error:
        read_study(study)

    ((path, what),) = error.value.faults
    assert path == "covariates.sneaky"
    assert what == f"column {column} is {told}; it is no covariate"


def test_only_optional_fields_may_be_left_out_of_a_codebook(folder):
    book = folder / "codebooks" / "a.yaml"
    optional = {
        (table, field.name)
        for table, fields in EXPORTS.items()
        for field in fields
        if field.optional and field.name != "target_sum_mm"
    }
    gone = [(f"tables.{table}.fields.{name}", GONE) for table, name in optional]
    book.write_text(yaml.safe_dump(codebook_of("a", *gone)))
    tables = {each.table: each for each in plan_study(EXPORTED, folder).centres["a"]}

    assert ("follow_ups", "os_months") in optional
    for table, name in optional:
        (fields,) = tables[table].making["repeats"]
        assert [each["column"] for each in fields if each["name"] == name] == [""]
