import re
from pathlib import Path

import pytest

from twoarm.tables.contract import Table, write_csv
from twoarm.tables.shown import SHOWN

ROOT = Path(__file__).parents[2]


def test_the_report_is_given_these_tables():
    rules = (ROOT / "workflow/rules/reporting.smk").read_text()
    common = (ROOT / "workflow/rules/common.smk").read_text()
    (body,) = re.findall(r"(?ms)^rule write_report:$.*?output:", rules)
    given = {*re.findall(r"/(\w+)\.csv", body)}  # by name
    for listed in re.findall(r"name=\[([^]]*)\]", body):
        given |= {*re.findall(r'"(\w+)"', listed)}
    for name in re.findall(r"name=([A-Z_]+)", body):
        given |= {*re.findall(r'"(\w+)"', re.search(rf"{name} = (.+)", common)[1])}

    assert given == {*SHOWN}


@pytest.mark.parametrize("name", sorted(SHOWN))
def test_each_is_a_contract_that_reads_what_was_written(name, tmp_path):
    contract = SHOWN[name]
    assert issubclass(contract, Table)
    empty = contract.of([])

    write_csv(empty, tmp_path / f"{name}.csv")

    assert contract.read_csv(tmp_path / f"{name}.csv").columns == empty.columns
