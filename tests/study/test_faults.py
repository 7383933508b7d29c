"""What breaks a run, and that nothing is lost by it.

docs/faults.md tells of more; `kills.py` beside this file kills runs at as many moments
as one likes.
"""

import importlib.util
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

spec = importlib.util.spec_from_file_location(
    "kills", Path(__file__).with_name("kills.py")
)
kills = importlib.util.module_from_spec(spec)
spec.loader.exec_module(kills)

READ = "results/small/ingestion/read_centre/source/records.parquet"
SELECTED = "results/small/cohort/select_cohort/patients.parquet"


@pytest.fixture
def folder(tmp_path):
    return kills.lay_out(tmp_path / "run")


def run(folder, *arguments):
    """Run Snakemake; return its exit code and what it showed."""
    (folder / "shown.txt").unlink(missing_ok=True)
    code = kills.start(folder, *arguments).wait(timeout=900)
    return code, (folder / "shown.txt").read_text()


def planned(folder, *targets):
    """Rules that a run would do."""
    code, shown = run(folder, "--dry-run", *targets)
    assert code == 0, shown
    return set() if "Nothing to be done" in shown else set(shown.split())


def test_killed_runs_go_on_to_the_same_bytes_and_do_nothing_twice():
    assert kills.main(2, seed=2) == 0


def test_second_run_in_a_folder_is_refused_with_what_to_do(folder):
    first = kills.start(folder, SELECTED)
    while not (folder / READ).exists():
        assert first.poll() is None
        time.sleep(0.05)
    first.send_signal(signal.SIGSTOP)
    try:
        code, shown = run(folder, SELECTED)
    finally:
        first.send_signal(signal.SIGCONT)
    assert first.wait(timeout=900) == 0
    assert code == 1
    assert "cannot be locked" in shown
    assert "--unlock" in shown
    assert "Traceback" not in shown


@pytest.fixture
def disk(folder):
    """A disk of 48 kB for the results."""
    place = folder / "results"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=48k", "tmpfs", place]
    if not shutil.which("mount") or subprocess.run(mount, check=False).returncode:
        pytest.skip("no right to mount a small disk")
    yield place
    subprocess.run(["umount", place], check=True)


def remount(disk, options):
    subprocess.run(["mount", "-o", f"remount,{options}", disk], check=True)


def test_full_and_read_only_disks_are_told_and_leave_no_half_of_a_file(folder, disk):
    code, shown = run(folder, SELECTED)
    assert code == 1
    assert "No space left on device" in shown
    done = [path for path in disk.rglob("*") if path.is_file() and path.stat().st_size]
    assert not [path for path in done if path.suffix == ".part"]

    remount(disk, "ro,size=16m")
    code, shown = run(folder, SELECTED)
    assert code == 1
    assert "Read-only file system" in shown
    assert "Traceback" not in shown

    remount(disk, "rw,size=16m")
    code, shown = run(folder, SELECTED)
    assert code == 0, shown
    whole = kills.lay_out(folder.parent / "whole")
    assert run(whole, SELECTED)[0] == 0
    assert kills.contents(folder) == kills.contents(whole)


def test_input_is_known_by_its_content_whatever_the_clock_says(folder):
    assert run(folder, SELECTED)[0] == 0
    patients = folder / "patients.csv"

    # Touched, or copied anew by a machine whose clock runs ahead: the same content.
    for seconds in (60, 86_400):
        ahead = time.time() + seconds
        os.utime(patients, (ahead, ahead))
        assert planned(folder, SELECTED) == set()

    # Edited while the clock was set back: older than what was made of it.
    text = patients.read_text()
    patients.write_text(text.replace("p7,", "p7000,"))
    os.utime(patients, (1e9, 1e9))
    assert {"read_centre", "select_cohort"} <= planned(folder, SELECTED)

    patients.write_text(text)
    os.utime(patients, (1e9, 1e9))
    assert planned(folder, SELECTED) == set()


def test_input_that_changes_during_a_run_is_read_anew_by_the_next(folder):
    first = kills.start(folder, SELECTED)
    while not (folder / READ).exists():
        assert first.poll() is None
        time.sleep(0.05)
    patients = folder / "patients.csv"
    text = patients.read_text()
    patients.write_text(text.replace("p7,", "p7000,"))
    os.utime(patients, (1e9, 1e9))
    assert first.wait(timeout=900) == 0

    assert {"read_centre", "select_cohort"} <= planned(folder, SELECTED)
