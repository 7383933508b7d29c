"""What a run cost, read from the measures of its jobs."""

import pytest

from twoarm.costs import write_costs
from twoarm.tables.costs import Costs

HEADER = "s\th:m:s\tmax_rss\tmax_vms\tmean_load\tcpu_time\n"


@pytest.fixture
def job(tmp_path):
    """Lay the measures of a job; return the path of its benchmark file."""

    def lay(name, line=None, told=None):
        file = tmp_path / f"{name}.tsv"
        file.parent.mkdir(exist_ok=True)
        if line is not None:
            file.write_text(HEADER + line)
        if told is not None:
            file.with_suffix(".log").write_text(f"INFO 7 rows\nINFO {told}\n")
        return str(file)

    return lay


@pytest.fixture
def costs(tmp_path):
    """Write the costs of jobs; return them by rule, and the page."""

    def write(jobs):
        # Where a bucket holds the logs, there is no such folder yet.
        folder = tmp_path / "logs" / "mine"
        write_costs(jobs, folder)
        table = Costs.check(Costs.read_csv(folder / "cost.csv"))
        page = (folder / "cost.md").read_text("utf-8")
        return {row["rule"]: row for row in table.iter_rows(named=True)}, page

    return write


def test_jobs_of_a_rule_are_summed(job, costs):
    slow = job("survival/fit.1", "30.0\t0:00:30\t200.5\t900\t50.0\t15.0\n")
    quick = job("survival/fit.2", "10.0\t0:00:10\t400.5\t900\t50.0\t5.0\n")
    other = job("cohort/select", "60.0\t0:01:00\t100.0\t900\t50.0\t59.0\n")

    found, page = costs({slow: True, quick: False, other: True})

    assert found["fit"] == {
        "stage": "survival",
        "rule": "fit",
        "n_jobs": 2,
        "n_earlier": 1,
        "n_unmeasured": 0,
        "wall_seconds": 40.0,
        "longest_seconds": 30.0,
        "cpu_seconds": 20.0,
        "peak_mib": 400.5,
        "share": 0.4,
    }
    assert list(found) == ["select", "fit"]  # the costliest first
    assert "| survival | fit | 2 | 1 | 40.0 | 30.0 | 20.0 | 400 | 0.400 |" in page
    assert "| **all** |  | 3 | 1 | 100.0 | 60.0 | 79.0 | 400 |  |" in page


def test_greater_of_what_was_sampled_and_what_the_kernel_saw_counts(job, costs):
    told = "done in 0.30 s, 0.40 s of CPU, at most 150 MiB"
    missed = job("cohort/quick", "0.4\t0:00:00\t9.1\t50\t0.0\t0.0\n", told)
    unseen = job("cohort/unseen", "0.4\t0:00:00\tNA\tNA\tNA\tNA\n", told)
    # Of several processes a job knows its own memory alone.
    many = job("cohort/many", "0.4\t0:00:00\t700.0\t50\t0.0\t9.0\n", told)

    found, _ = costs({missed: True, unseen: True, many: True})

    for name in ("quick", "unseen"):
        assert (found[name]["cpu_seconds"], found[name]["peak_mib"]) == (0.4, 150)
    assert (found["many"]["cpu_seconds"], found["many"]["peak_mib"]) == (9, 700)


@pytest.mark.parametrize("line", [None, "", "1.\t", "NA\t-\n"])
def test_what_is_not_known_is_empty(job, costs, line):
    found, page = costs({job("cohort/lost", line): False})

    assert found["lost"]["n_unmeasured"] == 1
    assert found["lost"]["n_earlier"] == 0
    for name in ("wall_seconds", "longest_seconds", "cpu_seconds", "peak_mib", "share"):
        assert found["lost"][name] is None
    assert "Nothing is known of 1 job" in page


def test_study_without_jobs_has_an_empty_table(costs):
    found, page = costs({})

    assert found == {}
    assert "**all**" in page


def test_order_of_jobs_changes_nothing(job, costs):
    jobs = {
        job(f"cohort/rule_{n}.{k}", f"0.1\t0:00:00\t{k}.7\t1\t1\t0.1\n"): True
        for n in range(3)
        for k in range(3)
    }

    assert costs(jobs)[1] == costs(dict(reversed(jobs.items())))[1]
