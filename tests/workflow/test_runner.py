"""A job in a process of its own, as Snakemake starts one."""

import subprocess
import sys
import textwrap

import pytest

from twoarm.costs import TOLD

JOB = """
import warnings
from types import SimpleNamespace

from twoarm.errors import InputError, UnreadableError
from twoarm.runner import run

job = SimpleNamespace(
    rule="toy_rule",
    log=[{log!r}],
    input={{"source": "in.csv"}},
    output={{"target": "out.csv"}},
    params={{"code": "abc", "size": 3}},
)


{main}


run(main, job)
print("after")
"""


@pytest.fixture
def start(tmp_path):
    """Run a `main`; return the exit code, what was printed, and the log."""

    def run(main, log="job.log"):
        path = tmp_path / log
        text = JOB.format(log=str(path), main=textwrap.dedent(main))
        done = subprocess.run(
            [sys.executable, "-c", text], capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout + done.stderr, path.read_text("utf-8")

    return run


def test_names_of_the_rule_are_bound_to_those_of_main(start):
    code, printed, log = start(
        """
        def main(source, target, *, size):
            print(source, target, size)
        """
    )

    assert code == 0
    assert printed.split("\n")[:2] == ["in.csv out.csv 3", "after"]
    assert log.startswith("INFO done in ")


def test_log_tells_what_the_kernel_saw(start):
    _, _, log = start(
        """
        import time

        def main(source, target, *, size):
            held = bytearray(300 * 2**20)
            while time.process_time() < 0.7:
                held[0] += 1 if held[0] < 9 else 0
        """
    )

    cpu, peak = map(float, TOLD.search(log).groups())
    assert 0.7 <= cpu < 5
    assert 300 < peak < 600


def test_memory_of_whoever_started_the_job_is_not_counted(start):
    held = bytearray(900 * 2**20)

    _, _, log = start("def main(source, target, *, size):\n    pass\n")

    assert float(TOLD.search(log)[2]) < len(held) / 2**20 / 2


@pytest.mark.parametrize(
    ("signature", "told"),
    [
        ("source, target, *, size, other", "'other'"),
        ("source, target", "'size'"),
        ("source, *, size", "'target'"),
        ("source, target, *, size, code", "'code'"),
    ],
)
def test_name_that_only_one_side_knows_ends_the_job(start, signature, told):
    code, printed, log = start(f"def main({signature}):\n    print('ran')\n")

    assert code != 0
    assert "ran" not in printed
    assert "after" not in printed
    assert "TypeError" in log
    assert told in log


@pytest.mark.parametrize("error", ["InputError", "UnreadableError"])
def test_fault_of_the_input_is_logged_as_its_message_alone(start, error):
    code, printed, log = start(
        f"""
        def main(source, target, *, size):
            raise {error}("a.csv, column Größe: is not a number\\n  correct it")
        """
    )

    assert code == 1
    assert "Traceback" not in printed
    assert log == "ERROR a.csv, column Größe: is not a number\n  correct it\n"


def test_log_holds_no_sign_that_steers_a_terminal(start):
    _, _, log = start(
        """
        def main(source, target, *, size):
            raise InputError("column \\x1b[31mage\\u202e: absent\\n\\tsay so")
        """
    )

    assert "column \ufffd[31mage\ufffd: absent\n\tsay so" in log


def test_any_other_error_is_logged_with_its_traceback(start):
    code, printed, log = start(
        """
        def main(source, target, *, size):
            return [][size]
        """
    )

    assert code == 1
    assert "Traceback" not in printed
    assert log.startswith("ERROR toy_rule failed\nTraceback")
    assert "return [][size]" in log or "IndexError" in log


def test_warnings_and_what_main_says_go_to_the_log(start):
    _, printed, log = start(
        """
        import logging

        def main(source, target, *, size):
            logging.getLogger("toy").info("%d rows", 7)
            logging.getLogger("toy").debug("not this")
            warnings.warn("look out")
        """
    )

    assert "INFO 7 rows" in log
    assert "look out" in log
    assert "not this" not in log
    assert "look out" not in printed


def test_log_of_a_former_run_is_written_over(start, tmp_path):
    (tmp_path / "job.log").write_text("ERROR of yesterday\n")

    _, _, log = start("def main(source, target, *, size):\n    pass\n")

    assert "yesterday" not in log


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("pl.Series(['secret']).cast(pl.Int64)", "InvalidOperationError"),
        ("pl.Series(['secret']).str.to_date('%Y')", "InvalidOperationError"),
        ("pl.DataFrame({'a': ['secret']}).cast({'a': pl.Enum(['b'])})", "Error"),
        ("pl.Series([1, 2], dtype=pl.Int8).extend(['secret'])", "Error"),
        ("float('secret')", "ValueError"),
        ("{}['secret']", "KeyError"),
        ("raise ValueError('secret')", "ValueError"),
    ],
)
def test_message_that_may_hold_a_value_is_withheld(start, code, error):
    exit_code, printed, log = start(
        f"""
        import polars as pl

        def main(source, target, *, size):
            {code.replace("'secret'", "'sec' 'ret'")}
        """
    )

    assert exit_code == 1
    assert "Traceback" in log
    assert f"{error}: (the message may hold data: withheld)" in log
    assert "secret" not in log + printed


@pytest.mark.parametrize(
    "code",
    [
        "raise OSError(28, 'No space left on device', '/data/' 'secret')",
        "raise ValueError('IO error: No space left on device (os error 28)')",
    ],
)
def test_full_disk_is_told_and_no_more(start, code):
    _, _, log = start(f"def main(source, target, *, size):\n    {code}\n")

    assert log.endswith("Error: No space left on device\n\n")
    assert "/data/secret" not in log


def test_message_of_what_led_to_an_error_is_withheld_too(start):
    _, _, log = start(
        """
        def main(source, target, *, size):
            try:
                float("sec" "ret")
            except ValueError as error:
                raise RuntimeError("no") from error
        """
    )

    assert log.count("Traceback") == 2
    assert "which led to" in log
    assert "secret" not in log


def test_a_name_used_twice_by_a_rule_is_refused(start):
    code, _, log = start(
        """
        job.params["source"] = 1

        def main(source, target, *, size):
            print("not called")
        """
    )

    assert code == 1
    assert "TypeError: rule toy_rule uses a name twice" in log
