from twoarm.config.endpoint import Endpoint
from twoarm.reporting.endpoints import endpoints_in_words


def said_of(**rule):
    """Words of a study with one endpoint."""
    endpoint = Endpoint.model_validate({"label": "The end", **rule}).model_dump()
    study = {"source": {"kind": "exports"}, "endpoints": {"end": endpoint}}
    return " ".join(endpoints_in_words(study))


def test_endpoint_is_defined_by_its_rule():
    said = said_of(events=["progression", "death"], progression="mrecist")

    assert said.startswith(
        "The end runs from time zero to progression or, after resection, recurrence, "
        "or death of any cause, whichever is first (by mRECIST (Lencioni"
    )
    assert "who has none is censored at the last contact." in said
    assert said.endswith("Resection is neither an event nor a censoring.")
    assert "ends the follow-up" not in said
    assert "missed" not in said


def test_survival_needs_no_criterion():
    said = said_of(events=["death"], censor="last_imaging", start="first_dose")

    assert said.startswith(
        "The end runs from the first dose to death of any cause; "
        "who has none is censored at the last imaging."
    )


def test_what_competes_is_said_to_be_a_censoring():
    said = said_of(events=["progression"], competing=["death"])

    assert "Before it, death of any cause ends the follow-up as a censoring" in said
    assert "cause-specific" in said


def test_missed_visits_are_told_with_their_schedule():
    schedule = {"every_days": 61, "window_days": 7}
    said = said_of(events=["progression"], missed_visits=schedule)

    assert "due every 61 days (late by 7 at most), is censored" in said


def test_endpoints_of_a_table_are_its_own():
    assert endpoints_in_words({"source": {"kind": "table"}, "endpoints": {}}) == []
