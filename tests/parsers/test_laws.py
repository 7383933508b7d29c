"""What every parser keeps, whatever the text."""

import re
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
import yaml
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from twoarm.parsers.dates import parse_dates
from twoarm.parsers.drugnames import list_names
from twoarm.parsers.drugs import parse_drugs
from twoarm.parsers.ecog import parse_ecog
from twoarm.parsers.eventnames import _EVENTS, event_key, list_events
from twoarm.parsers.events import parse_events
from twoarm.parsers.flags import parse_flags
from twoarm.parsers.numbers import parse_numbers
from twoarm.parsers.responses import parse_responses
from twoarm.parsers.sizes import parse_sizes
from twoarm.parsers.stages import parse_stages

TABLE = yaml.safe_load((Path(__file__).parent / "forms.yaml").read_text("utf-8"))
FEW = settings(max_examples=20, deadline=None, phases=[Phase.explicit, Phase.generate])
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
PARSERS = {
    "numbers": parse_numbers,
    "numbers, decimal comma": lambda text: parse_numbers(text, decimal=","),
    "dates": parse_dates,
    "dates of Taiwan": lambda text: parse_dates(text, minguo=True, epoch="1900"),
    "dates, day first": lambda text: parse_dates(text, order="dmy", epoch="1904"),
    "sizes": lambda text: parse_sizes(text, unit=None),
    "sizes in cm": lambda text: parse_sizes(text, unit="cm"),
    "drugs": parse_drugs,
    "responses": parse_responses,
    "flags": lambda text: parse_flags(text, numeric=True),
    "ecog": parse_ecog,
    "ecog of Karnofsky": lambda text: parse_ecog(text, kps=True),
    "stages of CNLC": lambda text: parse_stages(text, system="cnlc"),
    "stages of thrombi": lambda text: parse_stages(text, system="cheng"),
    "events": parse_events,
    "grades": lambda text: parse_stages(text, system="clavien"),
}
FORMS = [form for group in TABLE for form in group["forms"]]
PIECES = sorted(
    {piece for form in FORMS for piece in re.findall(r"\d+|[A-Za-z]+|.", form)}
)
JOINED = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)


def check_answers(found, texts):
    """A value or a problem for each text, never both, and no number that is none."""
    value = found["drugs" if "drugs" in found.columns else found.columns[0]]
    assert found.height == len(texts)
    assert (value.is_null() == found["problem"].is_not_null()).all()
    floats = found.select(pl.selectors.float())
    assert all(column.drop_nulls().is_finite().all() for column in floats)
    assert found["problem"].drop_nulls().str.contains("^[a-z]+_[a-z]+$").all()


@pytest.mark.parametrize("parser", PARSERS.values(), ids=PARSERS)
@FEW
@example(
    ["9" * 10_000, "1," * 5_000, "(" * 10_000, "年" * 10_000, "\x00", "\ufffd", ""]
)
@given(st.lists(ANY | JOINED, min_size=1, max_size=30))
def test_a_value_or_a_problem(parser, texts):
    check_answers(parser(pl.Series(texts)), texts)


def test_a_name_stands_for_one_event():
    lines = re.sub(r"\n {4}", " ", _EVENTS).strip().splitlines()
    names = [
        event_key(name)
        for event, told in (line.split("|") for line in lines)
        for name in {event, *told.split()}
    ]
    assert "" not in names
    assert len({*names}) == len(names) == len(list_events())


def test_a_lone_surrogate_is_no_text_of_a_column():
    with pytest.raises(UnicodeEncodeError):
        pl.Series(["\ud800"])


@FEW
@given(st.lists(st.text("0123456789.,<>+- ↑HLg/%()~", max_size=9), min_size=50))
def test_a_number_drops_no_digit(texts):
    found = parse_numbers(pl.Series(texts))
    for text, value in zip(texts, found["value"], strict=True):
        if value is not None:
            digits = "".join(filter(str.isdigit, text))
            told = {float(f"{digits}e-{place}") for place in range(10)}
            assert abs(value) in told, text


WAYS_TO_WRITE_A_NUMBER = {
    "{}": (None, None),
    "＞{}": (">", None),
    "{}以下": ("<=", None),
    "≥ {} ng/mL": (">=", "ng/mL"),
    "{}×10^9/L": (None, "10^9/L"),
    "H {}": (None, None),
    "{}↑": (None, None),
    "\u00a0{}%": (None, "%"),
}


@FEW
@given(
    st.decimals("-99999", "99999", places=3), st.sampled_from([*WAYS_TO_WRITE_A_NUMBER])
)
def test_a_number_is_read_as_it_was_written(number, way):
    half = way.format(number)
    full = half.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789.-"})
    comma = half.replace(".", ",")
    told = (float(number), *WAYS_TO_WRITE_A_NUMBER[way])
    assert parse_numbers(pl.Series([half])).row(0)[:3] == told
    assert parse_numbers(pl.Series([full])).row(0)[:3] == told
    assert parse_numbers(pl.Series([comma]), decimal=",").row(0)[:3] == told


WAYS_TO_WRITE = {
    "%Y-%m-%d": {},
    "%Y%m%d": {},
    "%Y.%m.%d 23:59": {},
    "%Y-%m-%dT00:00:00+08:00": {},
    "%Y年%m月%d日": {},
    "%d-%b-%Y": {},
    "%B %d, %Y": {},
    "%A, %d %b %Y": {},
    "%d/%m/%Y": {"order": "dmy"},
    "%m/%d/%Y": {"order": "mdy"},
    "%d.%m.%y": {"order": "dmy"},
    "%m-%d-%y": {"order": "mdy"},
    "%y%m%d": {"order": "ymd"},
}


def in_numerals(day):
    """A day as Chinese letters write it: the year's digits, and the others counted."""
    ones = "〇一二三四五六七八九"

    def count(number):
        tens = ("", "十", "二十", "三十")[number // 10]
        return tens + (ones[number % 10] if number % 10 else "")

    year = "".join(ones[int(digit)] for digit in str(day.year))
    return f"{year}年{count(day.month)}月{count(day.day)}日"


def days_until(year):
    return st.lists(st.dates(date(1931, 1, 1), date(year, 12, 31)), min_size=20)


@settings(FEW, max_examples=5)
@given(days_until(2029))
def test_a_day_is_read_as_it_was_written(days):
    midnights = [datetime(d.year, d.month, d.day, tzinfo=UTC).timestamp() for d in days]
    ways = [([f"{d:{way}}" for d in days], how) for way, how in WAYS_TO_WRITE.items()]
    ways += [([str((d - date(1899, 12, 30)).days) for d in days], {"epoch": "1900"})]
    ways += [([f"{(d - date(1904, 1, 1)).days}.7" for d in days], {"epoch": "1904"})]
    ways += [([f"{d.year - 1911:03}{d:/%m/%d}" for d in days], {"minguo": True})]
    ways += [([in_numerals(d) for d in days], {})]
    ways += [([f"{1000 * midnight:013.0f}" for midnight in midnights], {})]
    for texts, how in ways:
        found = parse_dates(pl.Series(texts), **how).rows(named=True)
        for day, text, answer in zip(days, texts, found, strict=True):
            told = answer["value"] or answer["problem"]
            # The first day of Unix is none; six digits may be a month as well.
            allowed = [day] + ["date_open"] * (day == date(1970, 1, 1))
            assert told in allowed + ["date_ambiguous"] * (len(text) == 6), text
            assert answer["earliest"] == answer["value"] == answer["latest"]


@FEW
@given(days_until(2048))
def test_a_stated_order_is_never_changed(days):
    texts = pl.Series([f"{day:%d/%m/%Y}" for day in days])
    american = parse_dates(texts, order="mdy")["value"]
    for day, turned, either in zip(
        days, american, parse_dates(texts)["value"], strict=True
    ):
        assert turned is None or (turned.month, turned.day) == (day.day, day.month)
        assert either in (None, day)


@FEW
@given(
    st.lists(st.integers(20, 3000), min_size=1, max_size=3), st.sampled_from("×xX*＊✕╳")
)
def test_a_size_is_read_as_it_was_written(tenths, sign):
    axes = sorted((tenth / 10 for tenth in tenths), reverse=True)
    told = (*axes, *[None] * (3 - len(axes)), None, False, True, None)
    in_mm = sign.join(f"{tenth / 10}" for tenth in tenths)
    in_cm = sign.join(f"{tenth / 100:.2f}" for tenth in tenths)
    texts = [f"{in_mm}mm", f"约{in_cm}cm", f"大者 {in_cm} ㎝", f"{in_cm}cm，1.1mm"]
    assert set(parse_sizes(pl.Series(texts), unit=None).rows()) == {told}
    assert parse_sizes(pl.Series([f"直径{in_mm}"]), unit="mm").row(0) == told


def test_each_name_of_a_drug_is_read_with_its_dose():
    names = list_names()
    texts = pl.Series([f"{name.upper()} 12mg/kg q3w" for name in names])
    found = parse_drugs(texts)
    assert found["drugs"].to_list() == [[drug] for drug in names.values()]
    assert found["distance"].to_list() == [0] * len(names)


@FEW
@given(st.sampled_from(sorted(list_names())), st.integers(0, 20), st.characters())
def test_a_typing_error_is_flagged_and_never_another_drug(name, place, letter):
    typed = name[: place % len(name)] + letter + name[place % len(name) + 1 :]
    try:
        (found,) = parse_drugs(pl.Series([typed])).rows(named=True)
    except UnicodeEncodeError:
        return  # a lone surrogate
    if found["distance"]:
        assert found["drugs"] == [list_names()[name]]
        assert found["parsed"]
