"""Pseudonyms: the same person the same name, and no identifier left."""

import hashlib
import hmac
import logging

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twoarm.errors import InputError
from twoarm.ingestion.pseudonyms import (
    fingerprint_of,
    read_fingerprint,
    read_key,
    replace_identifiers,
)
from twoarm.ingestion.reading import Rows
from twoarm.pseudonyms import (
    DEMONSTRATION,
    DOUBTED,
    is_national_id,
    parse_national_id,
)

KEY = b"k" * 32
RECORD = {
    "column": "mrn", "field": "patient_id", "scope": "centre", "digits": 8,
    "missing": ["", "NA", "无"],
}  # fmt: skip
PERSON = {
    "column": "id", "field": "national_id", "scope": "person", "digits": None,
    "missing": ["", "NA", "无"],
}  # fmt: skip
NAME = {**PERSON, "column": "name", "field": "person_name"}


def replaced(identifier, *texts, centre="a", key=KEY):
    rows = pl.DataFrame(
        {"source_row": range(2, len(texts) + 2), identifier["column"]: texts},
        schema={"source_row": pl.Int64, identifier["column"]: pl.String},
    )
    done = replace_identifiers(
        Rows(rows, "utf-8"), [identifier], key=key, centre=centre
    )
    return done.rows[identifier["column"]].to_list(), done.faults


def test_a_pseudonym_is_the_hmac_of_field_centre_and_text():
    said = b"patient_id\x1fa\x1f00012345"
    expected = hmac.new(KEY, said, hashlib.sha256).hexdigest()[:16]
    assert replaced(RECORD, "12345")[0] == [expected]


def test_lost_zeros_and_wide_digits_are_one_number():
    (a, b, c), faults = replaced(RECORD, "00012345", "12345", " １２３４５ ")
    assert a == b == c
    assert not faults


def test_records_are_of_a_centre_and_persons_of_none():
    assert replaced(RECORD, "1")[0] != replaced(RECORD, "1", centre="b")[0]
    of_a, of_b = (replaced(NAME, "张伟", centre=x)[0] for x in "ab")
    assert of_a == of_b
    assert of_a != replaced(NAME, "张伟", key=b"x" * 32)[0]


@pytest.mark.parametrize("text", ["1.2345E+11", "1e+05", "12345.0", "12345.", "1.5E11"])
def test_a_rounded_number_is_a_fault_and_never_hashed(text):
    values, faults = replaced(RECORD, "7", text)
    assert values[1] is None
    assert [each[:3] for each in faults] == [(3, "mrn", "identifier_rounded")]
    assert text not in faults[0].what


def test_an_alphanumeric_number_is_none_that_was_rounded():
    values, faults = replaced(RECORD, "12E5", "B1.0")
    assert None not in values
    assert not faults


def test_nobody_is_no_person():
    for identifier in (RECORD, PERSON, NAME):
        assert replaced(identifier, "", "NA", " 无 ", None)[0] == [None] * 4


def test_an_identity_number_is_one_in_all_its_forms():
    # SOURCE: GB 11643-1999 has 11010519491231002X as its example.
    forms = ["110105491231002", "11010519491231002x", "110105 19491231 002X"]
    values, _ = replaced(PERSON, *forms)
    assert len(set(values)) == 1
    assert not values[0].startswith(DOUBTED)


def test_an_identity_number_that_cannot_be_one_is_marked():
    values, faults = replaced(PERSON, "110105194912310021", "11111111", "E12345678")
    assert [each.startswith(DOUBTED) for each in values] == [True, True, False]
    assert not faults


@given(st.text("0123456789", min_size=17, max_size=17))
def test_just_one_check_character_fits(digits):
    assert sum(is_national_id(digits + each) for each in "0123456789X") == 1


@given(st.text("0123456789", min_size=15, max_size=15))
def test_a_short_number_becomes_a_long_one_that_fits(digits):
    long = parse_national_id(digits)
    assert len(long) == 18
    assert is_national_id(long)
    assert parse_national_id(long) == long


@settings(max_examples=40)
@given(st.lists(st.one_of(st.none(), st.text(min_size=5))))
def test_no_text_is_left(texts):
    for identifier in (RECORD, NAME):
        values, _ = replaced(identifier, *texts)
        assert len(values) == len(texts)
        assert all(each is None or len(each) == 16 for each in values)
        assert not {*values} & ({*texts} - {None})


def test_columns_that_nobody_asked_for_are_left_behind():
    rows = pl.DataFrame({"source_row": [2], "mrn": ["7"], "phone": ["139"]})
    done = replace_identifiers(
        Rows(rows, "utf-8"), [RECORD], ["mrn", "absent"], key=KEY, centre="a"
    )
    assert done.rows.columns == ["source_row", "mrn"]


def test_nothing_that_a_centre_hands_on_holds_an_identifier(script, tmp_path):
    plain = ["00012345", "11010519491231002X", "张伟", "13912345678"]
    (tmp_path / "a.csv").write_text(
        f"mrn,id,name,phone,sex\n{','.join(plain)},男\n1.2E+07,,,,女\n",
        encoding="utf-8",
    )
    targets = [tmp_path / f"{name}.parquet" for name in ("rows", "files", "faults")]
    private = {
        "identifiers": [RECORD, PERSON, NAME],
        "columns": ["mrn", "id", "name", "sex"],
    }
    script("ingestion/read_centre").main(
        [str(tmp_path / "a.csv")],
        [str(targets[0])],
        *map(str, targets[1:]),
        centre="a",
        formats=[{"table": "patients", "reading": {}, "private": private}],
        tables=["patients"],
        key=fingerprint_of(DEMONSTRATION),
    )
    rows, _, faults = map(pl.read_parquet, targets)
    written = rows.write_csv() + faults.write_csv()
    assert not [each for each in [*plain, "1.2E+07"] if each in written]
    assert rows["1:sex"].to_list() == ["男", "女"]
    assert rows["1:mrn"].is_null().to_list() == [False, True]
    assert faults["rule"].to_list() == ["identifier_rounded"]


@pytest.fixture
def environment(monkeypatch):
    """Set the variables that hold a key, or none."""
    monkeypatch.delenv("TWOARM_KEY", raising=False)
    monkeypatch.delenv("TWOARM_KEY_FILE", raising=False)
    return monkeypatch.setenv


class TestKey:
    def test_of_the_environment(self, environment):
        environment("TWOARM_KEY", KEY.decode())
        assert read_key() == KEY
        assert read_key(fingerprint_of(KEY)) == KEY

    def test_of_a_file(self, environment, tmp_path, caplog):
        path = tmp_path / "key"
        path.write_bytes(KEY + b"\n")
        path.chmod(0o600)
        environment("TWOARM_KEY_FILE", str(path))
        assert read_key() == KEY
        assert not caplog.text
        path.chmod(0o644)
        with caplog.at_level(logging.WARNING):
            read_key()
        assert "chmod 600" in caplog.text

    def test_none_says_how_to_make_one(self, environment):
        with pytest.raises(InputError, match=r"secrets\.token_hex"):
            read_key()
        assert read_key(read_fingerprint(simulated=True)) == DEMONSTRATION

    def test_what_is_wrong_is_told_without_the_key(self, environment, tmp_path):
        environment("TWOARM_KEY_FILE", str(tmp_path / "none"))
        with pytest.raises(InputError, match="cannot be read"):
            read_key()
        environment("TWOARM_KEY", "short")
        with pytest.raises(InputError, match="5 bytes") as error:
            read_key()
        assert "short" not in str(error.value)

    def test_another_key_than_the_run_began_with_is_refused(self, environment):
        environment("TWOARM_KEY", KEY.decode())
        began = read_fingerprint(simulated=False)
        environment("TWOARM_KEY", "x" * 32)
        assert read_fingerprint(simulated=False) != began
        with pytest.raises(InputError, match="not that with which the run began"):
            read_key(began)
