"""REDCap's flat export and its data dictionary."""

import pytest

from twoarm.errors import UnreadableError
from twoarm.ingestion.files import read_file

HEADER = (
    "Variable / Field Name,Form Name,Section Header,Field Type,Field Label,"
    '"Choices, Calculations, OR Slider Labels",Field Note\n'
)
DICTIONARY = HEADER + (
    "record_id,baseline,,text,ID,,\n"
    'sex,baseline,,radio,Sex,"1, Male | 2, Female, or other",\n'
    'stage,baseline,,dropdown,BCLC,"a, A\n|b1, B1",\n'
    "alive,baseline,,yesno,Alive,,\n"
    "told,baseline,,truefalse,Told,,\n"
    'hbv,baseline,,checkbox,Virus,"1, HBV | -1, none",\n'
    'bmi,baseline,,calc,BMI,"round([weight], 1)",\n'
    "afp,labs,,text,AFP,,\n"
)
EXPORT = (
    "record_id,redcap_event_name,redcap_repeat_instrument,redcap_repeat_instance,"
    "sex,stage,alive,told,hbv___1,hbv____1,bmi,afp,baseline_complete\n"
    "1,base_arm_1,,,1,b1,1,0,1,0,21.5,,2\n"
    "1,base_arm_1,labs,1,,,,,,,,400,\n"
    "1,base_arm_1,labs,2,,,,,,,,20,\n"
    "2,base_arm_1,,,-999,a,0,1,0,1,,,0\n"
)


@pytest.fixture
def export(tmp_path):
    """Read an export with a dictionary."""
    (tmp_path / "export.csv").write_text(EXPORT)

    def read(dictionary=DICTIONARY, **how):
        (tmp_path / "codes.csv").write_text(dictionary)
        path = tmp_path / "codes.csv"
        return read_file(tmp_path / "export.csv", dictionary=path, **how)

    return read


def refusal(read, *given, **how):
    with pytest.raises(UnreadableError) as caught:
        read(*given, **how)
    return str(caught.value)


def test_codes_become_labels_and_others_stay(export):
    rows = export().rows

    first, last = rows.row(0, named=True), rows.row(3, named=True)
    shown = ("sex", "stage", "alive", "told", "hbv___1", "hbv____1", "bmi")
    assert [first[name] for name in shown] == [
        *("Male", "B1", "Yes", "False", "Checked", "Unchecked", "21.5")
    ]
    assert [last[name] for name in shown] == [
        *("-999", "A", "No", "True", "Unchecked", "Checked", None)
    ]
    assert rows["redcap_event_name"].unique().to_list() == ["base_arm_1"]
    assert rows["redcap_repeat_instance"].to_list() == [None, "1", "2", None]
    assert last["baseline_complete"] == "0"


def test_dictionary_may_come_from_the_api(export):
    text = DICTIONARY.replace(
        HEADER,
        "field_name,form_name,section_header,field_type,field_label,"
        "select_choices_or_calculations,field_note\n",
    )
    assert export(text).rows["sex"][0] == "Male"


def test_rows_of_one_instrument_are_kept_and_the_others_told(export):
    labs = export(instrument="labs")
    baseline = export(instrument="baseline")

    assert labs.rows.select("source_row", "afp").rows() == [(3, "400"), (4, "20")]
    assert labs.left_out == ((2, "instrument"), (5, "instrument"))
    assert "rows that are no data: 2 of instrument (2, 5)" in labs.notes[0]
    assert baseline.rows["source_row"].to_list() == [2, 5]
    assert "has no instrument lab; the dictionary has baseline, labs" in refusal(
        export, instrument="lab"
    )


def test_a_wrong_dictionary_is_told(export):
    assert "has no field of the dictionary" in refusal(
        export, HEADER + "x,f,,text,,,\n"
    )
    assert "a dictionary without the columns Variable / Field Name" in refusal(
        export, "a,b\n1,2\n"
    )
    broken = DICTIONARY.replace("1, Male |", "Male |")
    assert "a choice of sex that is no code and label" in refusal(export, broken)
