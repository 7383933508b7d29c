"""What the logger plugin makes of Snakemake's records.

The records carry the fields that Snakemake 9.27 gives them.
"""

import logging
from types import SimpleNamespace

import pytest
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.registry import LoggerPluginRegistry

from snakemake_logger_plugin_twoarm import LAST_LINES, WHAT_TO_DO, LogHandler
from snakemake_logger_plugin_twoarm.time_left import TimeLeft, in_words


def record(event=None, message="", level=logging.INFO, **fields):
    made = logging.LogRecord("snakemake", level, "here", 1, message, None, None)
    for name, value in {"event": event, **fields}.items():
        setattr(made, name, value)
    return made


def job(jobid, rule, **wildcards):
    return record(
        LogEvent.JOB_INFO,
        f" Rule: {rule}, Jobid: {jobid}",
        jobid=jobid,
        rule_name=rule,
        rule_msg="Doing it.",
        wildcards=wildcards,
    )


def finished(jobid):
    return record(LogEvent.JOB_FINISHED, "Finished jobid", job_id=jobid)


def progress(done, total):
    return record(LogEvent.PROGRESS, None, done=done, total=total)


def failed(jobid, rule, *logs):
    return record(
        LogEvent.JOB_ERROR,
        f"Error in rule {rule}, jobid: {jobid}",
        logging.ERROR,
        jobid=jobid,
        rule_name=rule,
        log=[str(log) for log in logs],
    )


@pytest.fixture
def handle(capsys):
    """Hand records to a new handler; return what a person sees."""

    def run(*records, dryrun=False):
        handler = LogHandler(SimpleNamespace(dryrun=dryrun), None)
        for each in records:
            handler.handle(each)
        handler.close()
        shown = capsys.readouterr()
        assert shown.out == ""
        return shown.err

    return run


def test_snakemake_finds_the_plugin_by_its_name():
    registry = LoggerPluginRegistry()
    registry.collect_plugins()

    assert registry.get_plugin("twoarm").log_handler is LogHandler


def test_it_stands_in_for_the_text_of_snakemake():
    handler = LogHandler(SimpleNamespace(dryrun=False), None)

    assert handler.writes_to_stream
    assert not handler.writes_to_file
    assert handler.has_filter
    assert handler.has_formatter
    assert not handler.needs_rulegraph
    handler.close()


def test_line_of_progress_counts_steps_and_names_what_runs(handle):
    shown = handle(
        job(1, "read_centre", centre="a"),
        job(2, "plot_scores"),
        progress(9, 9),
    )

    lines = shown.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("9 of 9 steps, 0 s")
    assert lines[0].endswith("read_centre (a), plot_scores")


def test_finished_step_is_no_longer_named(handle):
    shown = handle(
        job(1, "read_centre", centre="a"),
        job(2, "plot_scores"),
        finished(1),
        progress(9, 9),
    )

    assert "read_centre" not in shown
    assert "plot_scores" in shown


def test_without_a_terminal_lines_are_rare(handle):
    assert handle(job(1, "plot_scores"), *(progress(k, 99) for k in range(98))) == ""


def plan(**counts):
    stats = {**counts, "total": sum(counts.values())}
    return record(LogEvent.RUN_INFO, "Job stats:", stats=stats)


def test_time_left_is_told_beside_the_steps(handle, monkeypatch):
    now = iter(range(0, 9000, 30))
    monkeypatch.setattr("time.monotonic", lambda: float(next(now)))

    shown = handle(
        plan(plot=20, all=1),
        *(each(number) for number in range(4) for each in (plotted, finished)),
        progress(4, 21),
    )

    assert shown == "4 of 21 steps, 270 s, about 8 min left\n"


def plotted(number):
    return job(number, "plot")


def clock_of(counts, *spans):
    """Steps that ended: rule, from, to, in seconds."""
    clock = TimeLeft(0.0)
    clock.expect(counts)
    for number, (rule, began, ended) in enumerate(spans):
        clock.start(number, rule, began)
        clock.end(number, ended, done=True)
    return clock


class TestTimeLeft:
    def test_nothing_is_said_before_some_steps_have_ended(self):
        clock = clock_of({"a": 9}, ("a", 0, 1), ("a", 1, 2))
        assert clock.seconds(2.0) is None
        assert in_words(None) == ""

    def test_steps_of_a_rule_take_as_long_as_those_before(self):
        spans = [("a", 0, 10), ("a", 10, 20), ("b", 20, 22), ("b", 22, 24)]
        clock = clock_of({"a": 4, "b": 3}, *spans)
        assert clock.seconds(24.0) == pytest.approx(2 * 10 + 1 * 2)

    def test_rules_not_seen_take_the_mean_of_all(self):
        clock = clock_of({"a": 3, "b": 2}, ("a", 0, 10), ("a", 10, 20), ("a", 20, 60))
        assert clock.seconds(60.0) == pytest.approx(2 * 20)

    def test_steps_at_once_share_the_time(self):
        spans = [("a", 0, 10), ("a", 0, 10), ("a", 10, 20), ("a", 10, 20)]
        assert clock_of({"a": 8}, *spans).seconds(20.0) == pytest.approx(4 * 10 / 2)

    def test_what_runs_counts_for_what_it_has_not_yet_taken(self):
        clock = clock_of({"a": 5}, ("a", 0, 10), ("a", 10, 20), ("a", 20, 30))
        clock.start(9, "a", 30.0)
        assert clock.seconds(36.0) == pytest.approx(10 + 10 - 6)
        clock.start(10, "b", 36.0)  # what nobody expected takes no time away twice
        assert clock.seconds(36.0) > 0

    def test_step_that_failed_is_still_to_come(self):
        clock = clock_of({"a": 4}, ("a", 0, 10), ("a", 10, 20), ("a", 20, 30))
        clock.start(9, "a", 30.0)
        clock.end(9, 31.0, done=False)
        assert clock.seconds(31.0) == pytest.approx(10 * 31 / 30, rel=0.05)


def of_group(failure):
    failure.indent = True
    return failure


def test_of_a_failed_group_those_alone_are_told_that_failed(handle, tmp_path):
    log, node = tmp_path / "select_cohort.log", tmp_path / "7.log"
    log.write_text("INFO started\nERROR The input has faults.\n")
    node.write_text("srun: error: Out Of Memory\n")
    group = record(
        LogEvent.GROUP_ERROR,
        "Error in group data",
        logging.ERROR,
        groupid="data",
        aux_logs=[str(node)],
        job_error_info=[],
    )

    shown = handle(
        group,
        of_group(failed(1, "derive_arms", tmp_path / "none.log")),
        of_group(failed(2, "select_cohort", log)),
    )

    assert "The group data failed." in shown
    assert "srun: error: Out Of Memory" in shown
    assert "derive_arms" not in shown
    assert "  The input has faults.\n" in shown


def test_chatter_of_snakemake_is_passed_over(handle):
    shown = handle(
        record(LogEvent.WORKFLOW_STARTED, "started"),
        plan(all=1),
        record(LogEvent.RESOURCES_INFO, "Provided cores: 4"),
        record(LogEvent.SHELLCMD, "Shell command: None"),
        record(LogEvent.JOB_STARTED, "Execute 1 jobs", jobs=[1]),
        record(None, "Complete log: x"),
        record(None, "Exiting because a job execution failed.", logging.ERROR),
        record(None, "At least one job did not complete", logging.ERROR),
    )

    assert shown == ""


def test_failed_job_tells_rule_log_and_what_to_do(handle, tmp_path):
    log = tmp_path / "read_centre.a.log"
    log.write_text("\n".join(f"line {k}" for k in range(LAST_LINES + 3)))

    shown = handle(job(4, "read_centre", centre="a"), failed(4, "read_centre", log))

    lines = shown.strip().splitlines()
    assert lines[0] == "read_centre (a) failed."
    assert str(log) in lines[1]
    assert lines[2:-1] == [f"  line {k}" for k in range(3, LAST_LINES + 3)]
    assert lines[-1] == WHAT_TO_DO


def test_message_to_the_user_is_shown_whole(handle, tmp_path):
    log = tmp_path / "select_cohort.log"
    told = [f"  a.csv, column c{k}: is not known" for k in range(3 * LAST_LINES)]
    log.write_text("\n".join(["INFO started", "ERROR The input has faults.", *told]))

    shown = handle(failed(4, "select_cohort", log))

    assert "  The input has faults.\n" in shown
    assert all(f"  {line}\n" in shown for line in told)
    assert "INFO started" not in shown
    assert "ERROR" not in shown


def test_of_a_traceback_the_last_lines_are_shown(handle, tmp_path):
    log = tmp_path / "job.log"
    trace = [f"  at {k}" for k in range(3 * LAST_LINES)]
    lines = ["ERROR job failed", "Traceback (most recent call last):", *trace]
    log.write_text("\n".join([*lines, "ValueError: no"]))

    shown = handle(failed(4, "job", log))

    assert "  ValueError: no\n" in shown
    assert "  at 0\n" not in shown
    assert shown.count("  at ") == LAST_LINES - 1


def test_brackets_of_a_log_are_shown_as_they_are(handle, tmp_path):
    log = tmp_path / "job.log"
    log.write_text("ERROR x [bold]: is broken [time_absent]\n")

    assert "x [bold]: is broken [time_absent]" in handle(failed(1, "job", log))


def test_log_of_another_encoding_is_shown(handle, tmp_path):
    log = tmp_path / "job.log"
    log.write_bytes(b"ERROR Gr\xf6\xdfe\n")

    assert "Gr" in handle(failed(1, "job", log))


def test_failed_job_without_a_log_says_so(handle, tmp_path):
    shown = handle(failed(1, "plot_scores", tmp_path / "none.log"))

    assert "plot_scores failed." in shown
    assert "(there is no log)" in shown
    assert WHAT_TO_DO in shown


def test_failed_job_runs_no_longer(handle):
    shown = handle(
        job(1, "read_centre", centre="a"),
        job(2, "plot_scores"),
        failed(1, "read_centre"),
        progress(9, 9),
    )

    assert shown.splitlines()[-1].endswith("  plot_scores")


def test_warnings_and_errors_outside_of_jobs_are_shown(handle):
    shown = handle(
        record(None, "disk [almost] full", logging.WARNING),
        record(LogEvent.ERROR, "WorkflowError: no such key", exception="WorkflowError"),
    )

    assert "disk [almost] full\n" in shown
    assert "WorkflowError: no such key\n" in shown


def test_nothing_to_be_done_is_said(handle):
    shown = handle(record(None, "Nothing to be done (all requested files ...)."))

    assert shown == "Nothing to be done: every result is there and current.\n"


def test_dry_run_lists_rules(handle):
    shown = handle(
        job(1, "read_centre", centre="a"), progress(0, 3), job(2, "all"), dryrun=True
    )

    assert shown.split() == ["read_centre", "all"]


def test_on_a_terminal_the_line_is_drawn_and_taken_away(monkeypatch, capsys):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    handler = LogHandler(SimpleNamespace(dryrun=False), None)

    handler.handle(job(1, "plot_scores"))
    handler.handle(progress(3, 9))
    handler.progress.refresh()
    running = handler.progress.live.is_started
    handler.close()

    shown = capsys.readouterr().err
    assert running
    assert not handler.progress.live.is_started
    assert "3/9" in shown
    assert "plot_scores" in shown
