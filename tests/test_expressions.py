import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twoarm.errors import InputError
from twoarm.expressions import (
    add_answers,
    columns_of,
    find_fault,
    kinds_of,
    parse_expression,
)

COLUMNS = {"ecog": "number", "histology": "text", "combination": "flag"}


def answers(text, **columns):
    return add_answers(pl.DataFrame(columns), {"answer": text})["answer"].to_list()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a >= 2", [False, True, None]),
        ("not a >= 2", [True, False, None]),
        ("a is null", [False, False, True]),
        ("a in (1, 9)", [True, False, None]),
        ("a between 1 and 1", [True, False, None]),
        ("coalesce(a, 5) > 2", [False, False, True]),
        ("case when a > 1 then true else false end", [False, True, False]),
        ("a > 1 or b", [True, True, True]),
        ("a > 1 and b", [False, True, None]),
    ],
)
def test_condition_is_answered_in_each_row(text, expected):
    assert answers(text, a=[1, 2, None], b=[True, True, True]) == expected


def test_levels_are_asked_as_text_and_columns_may_have_odd_names():
    level = pl.Series(["hcc", "other", None], dtype=pl.Enum(["hcc", "other"]))

    assert answers("\"Cell type\" = 'hcc'", **{"Cell type": level}) == [
        True,
        False,
        None,
    ]
    assert columns_of('b > 1 and "Cell type" is null') == ["Cell type", "b"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no condition that can be read"),
        ("a >", "no condition that can be read"),
        ("a > 1; drop table x", "no condition that can be read"),
        ("a > 1, b", "no condition that can be read"),
        ("select 1", "names select"),
        ("a in (select b from c)", "names select"),
        ("true", "names no column"),
        ("max(a) > 1", "calls max; it may call abs, coalesce"),
        ("a > MAX(a)", "calls MAX"),
        ("sum(a) over (partition by b) > 1", "calls over, sum"),
        ("exists (select 1)", "calls exists"),
        ("cast(a as int) > 1", "calls cast"),
        ("now() > a", "calls now"),
        ("a::int > 1", "one type into another"),
        ("a > 1 and current_timestamp > 3", "names current_timestamp"),
        ("Current_Date is null or a > 1", "names Current_Date"),
        ("a = (select 1)", "names select"),
    ],
)
def test_text_that_cannot_be_asked_is_refused_in_words(text, told):
    with pytest.raises(ValueError, match=r"^(is|calls|names|may)") as error:
        parse_expression(text)

    assert told in str(error.value)


def test_text_in_quotes_is_no_call():
    assert answers("a = 'max(b)::'", a=["max(b)::", "x"]) == [True, False]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("ecgo < 2", "no column ecgo to ask; did you mean ecog?"),
        ("histology = hcc", "no column hcc to ask; text stands in 'single quotes'"),
        ("zz > 1 and qq > 1", "no column qq"),
        ("ecog = 'x'", "no on these columns (ecog is a number)"),
        ("ecog", "is not a question"),
        ("ecog + 1", "is not a question"),
        ("combination and ecog", "combination is a flag, ecog is a number"),
        ("histology > 2", "histology is a text"),
    ],
)
def test_fault_of_known_columns_is_told(text, told):
    assert told in find_fault(text, COLUMNS)


@pytest.mark.parametrize(
    "text", ["ecog <= 1", "combination", "not combination or histology = 'hcc'"]
)
def test_question_of_known_columns_has_no_fault(text):
    assert find_fault(text, COLUMNS) is None


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("a >= 18 and sex in ('f', 'm')", {"a": "number", "sex": "text"}),
        ("a < b", {"a": "number", "b": "number"}),
        ("lower(a) = 'x' or b is null", {"a": "text", "b": "number"}),
        ("a = 1 and a = 'x'", None),
        ("a", None),
    ],
)
def test_columns_of_a_file_are_numbers_unless_text_is_asked(text, kinds):
    assert kinds_of(text) == kinds


def test_what_fails_on_the_rows_is_told_without_their_values():
    rows = pl.DataFrame({"a": ["secret", "1"]})

    with pytest.raises(InputError) as error:
        add_answers(rows, {"x": "a > 1", "y": "b > 1"})

    told = str(error.value)
    assert "a > 1: ComputeError" in told
    assert "b > 1: ColumnNotFoundError" in told
    assert "secret" not in told


@given(
    st.lists(st.tuples(st.integers(0, 5), st.one_of(st.none(), st.integers(0, 5)))),
    st.randoms(use_true_random=False),
)
def test_answer_of_a_row_does_not_hang_on_other_rows(rows, random):
    schema = {"a": pl.Int64, "b": pl.Int64}
    table = pl.DataFrame(rows, schema=schema, orient="row")
    text = "a > b or b in (1, 2) or abs(a - 3) >= greatest(b, 2)"
    whole = add_answers(table, {"x": text})
    order = list(range(len(rows)))
    random.shuffle(order)

    assert add_answers(table[order], {"x": text}).equals(whole[order])
    single = [add_answers(table[k], {"x": text})["x"].item() for k in range(len(rows))]
    assert whole["x"].to_list() == single
