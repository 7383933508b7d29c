"""What stands in a file's place, and where it leads."""

import base64
import lzma
import os
from pathlib import Path

import polars as pl
import pyreadstat
import pytest

from twoarm.errors import UnreadableError
from twoarm.ingestion.files import read_file


def refusal(path, **how):
    with pytest.raises(UnreadableError) as caught:
        read_file(path, **how)
    return str(caught.value)


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """Folders `exports` and `work`, in which the program runs, and `other`."""
    for name in ("exports", "work", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.csv").write_text("id\n1\n")
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


def test_a_file_leads_nowhere_but_into_its_folder_or_ours(folders):
    exports = folders / "exports"
    (exports / "b.csv").symlink_to(exports / "a.csv")
    (exports / "c.csv").symlink_to(folders / "work" / "a.csv")
    (exports / "d.csv").symlink_to(folders / "other" / "a.csv")
    (exports / "e").symlink_to(folders / "other")

    for name in ("a.csv", "b.csv", "c.csv"):
        assert read_file(exports / name, within=str(exports)).rows.height == 1
    for name in ("d.csv", "e/a.csv", "../other/a.csv"):
        told = refusal(exports / name, within=str(exports))
        assert told.startswith("leads out of the folder of the exports"), name
    assert read_file("a.csv", within=".").rows.height == 1


def test_a_folder_that_is_a_link_itself_may_be_given(folders):
    (folders / "link").symlink_to(folders / "exports")

    path = folders / "link" / "a.csv"
    assert read_file(path, within=str(folders / "link")).rows.height == 1


def test_what_is_no_file_is_told(tmp_path):
    (tmp_path / "a.csv").mkdir()
    os.mkfifo(tmp_path / "b.csv")
    (tmp_path / "c.csv").touch()

    assert refusal(tmp_path / "a.csv") == "is a folder; name the file in it"
    assert "is a device or pipe, no file" in refusal(tmp_path / "b.csv")
    assert "is empty: it has no bytes" in refusal(tmp_path / "c.csv")
    assert refusal(tmp_path / "d.csv") == "is not there"


def test_a_dictionary_must_lie_in_the_folder_too(folders):
    told = refusal(
        folders / "exports" / "a.csv",
        within=str(folders / "exports"),
        dictionary=str(folders / "other" / "a.csv"),
    )
    assert told.startswith("has a dictionary, a.csv, that leads out of the folder")


@pytest.mark.parametrize("suffix", ["parquet", "xpt", "sav", "dta"])
def test_a_file_cut_short_is_told(tmp_path, suffix):
    frame = pl.DataFrame({"id": [f"p{place}" for place in range(200)]})
    path = tmp_path / f"a.{suffix}"
    if suffix == "parquet":
        frame.write_parquet(path)
    else:
        form = {"xpt": "write_xport", "sav": "write_sav", "dta": "write_dta"}[suffix]
        getattr(pyreadstat, form)(frame.to_pandas(), path)
    path.write_bytes(path.read_bytes()[:-300])

    assert "damaged or cut short" in refusal(path)


def test_a_library_that_panics_is_a_file_that_cannot_be_read(tmp_path):
    day = pl.Series([2**31 - 1], dtype=pl.Int32).cast(pl.Date)
    pl.DataFrame({"day": day}).write_parquet(tmp_path / "a.parquet")

    assert "cannot be read as .parquet" in refusal(tmp_path / "a.parquet")


HELD = Path(__file__).parent / "held" / "iris.sas7bdat.xz.b64"
"""R's iris as SAS wrote it, from the examples of the R package haven (MIT)."""


def test_a_table_of_sas_is_read_whole_or_not_at_all(tmp_path):
    content = lzma.decompress(base64.b64decode(HELD.read_text()))
    path = tmp_path / "iris.sas7bdat"
    path.write_bytes(content)

    rows = read_file(path).rows

    assert rows.height == 150
    assert rows.row(0) == (2, "5.1", "3.5", "1.4", "0.2", "setosa")
    assert rows["Sepal_Length"].cast(float).sum() == pytest.approx(876.5)
    path.write_bytes(content[:70_000])
    assert "damaged or cut short" in refusal(path)
