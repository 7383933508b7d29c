"""Databases: files, and a PostgreSQL server that is started for the tests."""

import getpass
import os
import pwd
import shutil
import sqlite3
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from twoarm.errors import UnreadableError
from twoarm.ingestion.files import read_file

SECRET = "Zhang"
MADE = f"""
CREATE TABLE labs (id text, n double precision, day date, seen timestamp, ok boolean);
INSERT INTO labs VALUES
  ('{SECRET}', 12.0, '2021-03-05', '2021-03-05 08:12:33', true),
  ('007', 0.1, NULL, NULL, NULL);
CREATE TABLE people (id text);
CREATE VIEW few AS SELECT id, n FROM labs WHERE n < 1;
"""
LABS = [
    (2, SECRET, "12", "2021-03-05", "2021-03-05 08:12:33", "true"),
    (3, "007", "0.1", None, None, None),
]


def refusal(path=None, **how):
    with pytest.raises(UnreadableError) as caught:
        read_file(path, **how)
    assert SECRET not in str(caught.value)
    return str(caught.value)


@pytest.fixture(params=["duckdb", "db", "sqlite"])
def database(tmp_path, request):
    """A file of DuckDB (also under another name) or SQLite with two tables."""
    path = tmp_path / f"export.{request.param}"
    if request.param == "sqlite":
        with closing(sqlite3.connect(path)) as opened:
            opened.executescript(MADE.replace("true", "'true'"))
    else:
        with duckdb.connect(str(path)) as opened:
            opened.execute(MADE)
    return path


def test_tables_and_views_are_taken_by_name(database):
    assert read_file(database, sheet="labs").rows.rows() == LABS
    assert read_file(database, sheet="few").rows.rows() == [(2, "007", "0.1")]
    assert refusal(database) == ("holds 3 tables; name one as sheet: few, labs, people")
    assert "has no table lab; it has few, labs" in refusal(database, sheet="lab")
    assert read_file(database, sheet="people").rows.is_empty()


def test_a_query_may_pick_but_not_change(database):
    asked = f"SELECT n FROM labs WHERE id <> '{SECRET}'"
    assert read_file(database, query=asked).rows.rows() == [(2, "0.1")]

    before = database.read_bytes()
    for query in ("DELETE FROM labs", "CREATE TABLE more (id int)", "SELEC 1"):
        assert "cannot be asked" in refusal(database, query=query)
    twice = "SELECT 1 AS a, 2 AS a"
    assert "two columns with one name: a" in refusal(database, query=twice)
    assert database.read_bytes() == before


def test_a_query_to_duckdb_sees_no_other_file(tmp_path):
    path = tmp_path / "a.duckdb"
    duckdb.connect(str(path)).close()
    (tmp_path / "b.csv").write_text("id\n1\n")
    query = f"SELECT * FROM read_csv('{tmp_path}/b.csv')"

    assert "cannot be asked (PermissionException)" in refusal(path, query=query)


def test_what_is_no_database_is_refused(tmp_path):
    (tmp_path / "a.db").write_text("id\n1\n")
    assert "neither of SQLite nor of DuckDB" in refusal(tmp_path / "a.db")
    (tmp_path / "b.db").write_bytes(b"SQLite format 3\0" + b"\1" * 200)
    assert "cannot be asked (DatabaseError)" in refusal(tmp_path / "b.db")


def test_values_that_are_no_cells_are_refused(tmp_path):
    for suffix, connect in (("sqlite", sqlite3.connect), ("duckdb", duckdb.connect)):
        path = tmp_path / f"a.{suffix}"
        with closing(connect(str(path))) as opened:
            opened.execute("CREATE TABLE a (photo blob)")
            opened.execute("INSERT INTO a VALUES (CAST('x' AS blob))")
            opened.commit()
        assert "no text, number or date" in refusal(path)


PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
PASSWORD = "Qx7-never-told"


def server_user():
    """Who may run the server: it refuses root."""
    if os.getuid():
        return getpass.getuser()
    known = {each.pw_name for each in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


@pytest.fixture(scope="module")
def server():
    """Address of a server of one's own, on a socket in a folder of its own."""
    programs = {
        name: shutil.which(name) or next((str(p / name) for p in PROGRAMS), None)
        for name in ("initdb", "pg_ctl")
    }
    if None in programs.values():
        pytest.skip("no PostgreSQL server is installed (apt-get install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="twoarm"))
    user = server_user()
    as_user = {} if os.getuid() else {"user": user, "group": pwd.getpwnam(user).pw_gid}
    (folder / "password").write_text(PASSWORD)
    if as_user:
        for path in (folder, folder / "password"):
            shutil.chown(path, user, as_user["group"])

    def run(name, *options):
        subprocess.run(
            [programs[name], "-D", f"{folder}/data", *options],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
            **as_user,
        )

    try:
        secret = ["--auth=scram-sha-256", f"--pwfile={folder}/password"]
        run("initdb", "--username=reader", "--no-sync", "--encoding=UTF8", *secret)
        quick = f"-c listen_addresses='' -k {folder} -c fsync=off -c shared_buffers=8MB"
        run("pg_ctl", "start", "--wait", "-o", quick, "-l", f"{folder}/log")
        yield f"postgresql://reader:{PASSWORD}@/postgres?host={folder}"
    finally:
        run("pg_ctl", "stop", "--mode=immediate")
        shutil.rmtree(folder)


@pytest.fixture
def ask(server, monkeypatch):
    """Ask the server: `ask("SELECT 1 AS a")`, or its refusal."""
    monkeypatch.setenv("LABS_ADDRESS", server)

    def run(query):
        return read_file(connection="LABS_ADDRESS", query=query)

    return run


@pytest.fixture
def labs(server):
    import psycopg

    with psycopg.connect(server) as opened:
        opened.execute(MADE)
    yield server
    with psycopg.connect(server) as opened:
        opened.execute("DROP TABLE labs, people CASCADE")


def test_a_server_is_asked(ask, labs):
    read = ask("SELECT * FROM labs ORDER BY n DESC")

    assert read.rows.rows() == LABS
    assert read.encoding == "postgresql"


def test_values_come_as_the_server_writes_them(ask):
    read = ask(
        "SELECT 1.50::numeric AS a, 123456789012345678901::numeric AS b, "
        "'NaN'::float8 AS c, 'infinity'::date AS d, '病'::text AS e, ''::text AS f, "
        "false AS g, 1e300::float8 AS h, 'NaN'::text AS j, 12::smallint AS i"
    )

    assert read.rows.rows() == [
        (
            *(2, "1.50", "123456789012345678901", None, "infinity", "病", None),
            *("false", "1e+300", "NaN", "12"),
        )
    ]


def test_arrays_of_a_server_are_no_cells(ask):
    with pytest.raises(UnreadableError, match="no text, number or date"):
        ask("SELECT '{1,2}'::int[] AS a")


def test_many_rows_are_taken_in_parts(ask):
    read = ask("SELECT n, n % 7 AS m FROM generate_series(1, 45000) AS n")

    assert read.rows.height == 45_000
    assert read.rows.row(-1) == (45_001, "45000", "4")


def test_a_query_that_fails_or_changes_is_told_without_values(ask, labs, monkeypatch):
    monkeypatch.setenv("LABS_ADDRESS", labs)
    for query, kind in (
        ("SELECT * FROM nobody", "UndefinedTable"),
        ("SELECT id::int FROM labs", "InvalidTextRepresentation"),
        ("DELETE FROM labs RETURNING id", "SyntaxError"),
        (
            f"SELECT set_config('x.y', '{SECRET}', false); DROP TABLE labs",
            "SyntaxError",
        ),
    ):
        told = refusal(connection="LABS_ADDRESS", query=query)
        assert told.startswith(f"cannot be asked ({kind});"), told
        assert PASSWORD not in told
    assert ask("SELECT count(*) AS n FROM labs").rows.rows() == [(2, "2")]


@pytest.mark.parametrize("wrong", ["wrong-word", None])
def test_a_server_that_lets_nobody_in_is_told_without_its_address(
    server, monkeypatch, wrong
):
    address = (
        server.replace(PASSWORD, wrong) if wrong else "postgresql:/// host=nowhere"
    )
    monkeypatch.setenv("LABS_ADDRESS", address)

    told = refusal(connection="LABS_ADDRESS", query="SELECT 1")

    assert "no server lets us in at the address in LABS_ADDRESS" in told
    assert "wrong-word" not in told
    assert "nowhere" not in told


def test_an_address_that_is_not_set_is_told(monkeypatch):
    monkeypatch.delenv("LABS_ADDRESS", raising=False)

    told = refusal(connection="LABS_ADDRESS", query="SELECT 1")

    assert "the environment variable LABS_ADDRESS is not set" in told
