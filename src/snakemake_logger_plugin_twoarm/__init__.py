"""What a run shows: one line of progress, and of a failure what matters.

Snakemake finds this module by its name. `workflow/profiles/default` switches it on;
`snakemake --logger ''` or any other profile shows Snakemake's own text instead, and the
whole text is always in `.snakemake/log/`.
"""

import logging
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)
from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

from snakemake_logger_plugin_twoarm.time_left import TimeLeft, in_words

LAST_LINES = 12
SILENCE_SECONDS = 10
"""Without a terminal a line of progress is printed no more often than this."""
CHATTER = (
    "At least one job did not complete",
    "Exiting because a job execution failed",
    "CalledProcessError",
)
WHAT_TO_DO = (
    "Mend what the log names and run the same command again; finished steps are kept."
)


class LogHandler(LogHandlerBase):
    """Show one line: steps done of all, time gone and left, the rules now running."""

    def __post_init__(self) -> None:
        """Prepare the line; it appears with the first job."""
        self.console = Console(stderr=True, highlight=False, soft_wrap=True)
        self.progress = Progress(
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("steps"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
            TextColumn("{task.description}"),
            console=self.console,
        )
        self.line = self.progress.add_task("starting", total=None, left="")
        self.running: dict[int, str] = {}
        self.started = self.printed = time.monotonic()
        self.time = TimeLeft(self.started)

    def emit(self, record: logging.LogRecord) -> None:
        """Show a record of Snakemake's, or pass it over."""
        event: Any = getattr(record, "event", None)
        handlers = {
            LogEvent.JOB_INFO: self._on_job,
            LogEvent.JOB_FINISHED: self._on_finished,
            LogEvent.PROGRESS: self._on_progress,
            LogEvent.JOB_ERROR: self._on_error,
            LogEvent.GROUP_ERROR: self._on_group_error,
            LogEvent.RUN_INFO: self._on_plan,
        }
        if self.common_settings.dryrun or event not in handlers:
            self._on_text(record, event)
        else:
            handlers[event](record)

    def _on_plan(self, record: Any) -> None:
        counts = dict(record.stats)
        counts.pop("total", None)
        self.time.expect(counts)

    def _on_job(self, record: Any) -> None:
        wildcards = ", ".join(map(str, dict(record.wildcards or {}).values()))
        name = record.rule_name + (f" ({wildcards})" if wildcards else "")
        self.running[record.jobid] = name
        self.time.start(record.jobid, record.rule_name, time.monotonic())
        if self.console.is_terminal:
            self.progress.start()
        self.progress.update(self.line, description=name)

    def _on_finished(self, record: Any) -> None:
        self.running.pop(record.job_id, None)
        self.time.end(record.job_id, time.monotonic(), done=True)
        self.progress.update(self.line, description=", ".join(self.running.values()))

    def _on_progress(self, record: Any) -> None:
        now = time.monotonic()
        left = "" if record.done == record.total else in_words(self.time.seconds(now))
        steps = {"completed": record.done, "total": record.total}
        self.progress.update(self.line, left=left, **steps)
        last = record.done == record.total
        if not self.console.is_terminal and (
            last or now - self.printed > SILENCE_SECONDS
        ):
            self.printed = now
            names = ", ".join(self.running.values())
            done = f"{record.done} of {record.total} steps, {now - self.started:.0f} s"
            told = ", ".join(filter(None, [done, left]))
            self.console.print(f"{told}  {names}".rstrip())

    def _on_error(self, record: Any) -> None:
        """Print the rule, the last lines of its log, and what to do.

        Of a group those alone whose own log tells of a fault: the others did not run.
        """
        rule = getattr(record, "rule_name", "a rule")
        name = self.running.pop(record.jobid, rule)
        self.time.end(record.jobid, time.monotonic(), done=False)
        logs = map(Path, getattr(record, "log", None) or [])
        if getattr(record, "indent", False) and not any(map(_tells, logs)):
            return
        self.console.print(f"\n{name} failed.", style="bold red", markup=False)
        for log in getattr(record, "log", None) or []:
            self.console.print(f"The last lines of {log}:", markup=False)
            lines = _last_lines(Path(log))
            self.console.print("\n".join(f"  {x}" for x in lines), markup=False)
        self.console.print(WHAT_TO_DO, markup=False)

    def _on_group_error(self, record: Any) -> None:
        """Print the group and the end of what its node said of it."""
        self.console.print(f"\nThe group {record.groupid} failed.", style="bold red")
        for log in map(Path, getattr(record, "aux_logs", None) or []):
            self.console.print(f"The last lines of {log}:", markup=False)
            lines = _last_lines(log)[-LAST_LINES:]
            self.console.print("\n".join(f"  {x}" for x in lines), markup=False)
        self.console.print(WHAT_TO_DO, markup=False)

    def _on_text(self, record: logging.LogRecord, event: Any) -> None:
        """Print what Snakemake says outside of jobs, if a person must know it."""
        text = record.getMessage()
        matters = record.levelno >= logging.WARNING or event == LogEvent.ERROR
        if "Nothing to be done" in text:
            self.console.print("Nothing to be done: every result is there and current.")
        elif self.common_settings.dryrun and event in (
            LogEvent.JOB_INFO,
            LogEvent.RUN_INFO,
        ):
            shown = getattr(record, "rule_name", None) or text
            self.console.print(shown, markup=False)
        elif matters and text and not any(each in text for each in CHATTER):
            self.console.print(text, markup=False)

    def close(self) -> None:
        """Take the line away, so that what follows starts on a clean one."""
        if self.progress.live.is_started:
            self.progress.stop()
        super().close()

    @property
    def writes_to_stream(self) -> bool:
        """Tell that this handler takes the place of Snakemake's own text."""
        return True

    @property
    def writes_to_file(self) -> bool:
        """Tell that nothing is written to a file."""
        return False

    @property
    def has_filter(self) -> bool:
        """Tell that every record is wanted."""
        return True

    @property
    def has_formatter(self) -> bool:
        """Tell that no formatter is wanted."""
        return True

    @property
    def needs_rulegraph(self) -> bool:
        """Tell that the graph of the rules is not wanted."""
        return False


def _tells(log: Path) -> bool:
    """Tell whether a step wrote a fault to its log."""
    return log.exists() and "ERROR " in log.read_text("utf-8", errors="replace")


def _last_lines(log: Path) -> list[str]:
    """Take a message to the user whole, of anything else the last lines."""
    if not log.exists():
        return ["(there is no log)"]
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    starts = [place for place, line in enumerate(lines) if line.startswith("ERROR ")]
    told = lines[starts[-1] :] if starts else lines
    if any(line.startswith("Traceback") for line in told):
        return lines[-LAST_LINES:]
    return (
        [told[0].removeprefix("ERROR "), *told[1:]] if starts else lines[-LAST_LINES:]
    )
