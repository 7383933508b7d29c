"""How long a run still takes, from what its steps took so far."""

from collections import Counter
from collections.abc import Mapping

FEWEST = 3
"""Steps that must have ended before anything is said."""


class TimeLeft:
    """Estimate the time left of a run.

    A step to come is held to take what steps of its rule took on average, or, where
    none has ended, what all steps took; and as many to run at once as did so far. The
    first steps of a study are short, so the first estimates are too low.
    """

    def __init__(self, now: float) -> None:
        self.began = now
        self.to_come: Counter[str] = Counter()
        self.running: dict[int, tuple[str, float]] = {}
        self.took: dict[str, list[float]] = {}

    def expect(self, counts: Mapping[str, int]) -> None:
        """Take the steps of each rule that are to run."""
        self.to_come = Counter(counts)

    def start(self, job: int, rule: str, now: float) -> None:
        """Note that a step has begun."""
        self.running[job] = rule, now

    def end(self, job: int, now: float, *, done: bool) -> None:
        """Note that a step has ended; one that failed is still to come."""
        rule, began = self.running.pop(job, (None, now))
        if rule and done:
            self.took.setdefault(rule, []).append(now - began)
            self.to_come[rule] -= 1

    def seconds(self, now: float) -> float | None:
        """Estimate the seconds left; None while too few steps have ended to say."""
        every = [each for took in self.took.values() for each in took]
        if len(every) < FEWEST:
            return None
        usual = sum(every) / len(every)
        mean = {rule: sum(took) / len(took) for rule, took in self.took.items()}
        ahead = sum(
            count * mean.get(rule, usual) for rule, count in self.to_come.items()
        )
        for rule, began in self.running.values():
            ahead -= min(now - began, mean.get(rule, usual))
        at_once = (sum(every) + self._spent(now)) / max(now - self.began, 1e-9)
        return ahead / max(at_once, 1.0)

    def _spent(self, now: float) -> float:
        return sum(now - began for _, began in self.running.values())


def in_words(seconds: float | None) -> str:
    """Say a time to go as a person would; nothing of what is not known or over.

    >>> in_words(71), in_words(3.0), in_words(9000)
    ('about 1 min left', 'about 10 s left', 'about 2.5 h left')
    """
    if seconds is None or seconds <= 0:
        return ""
    if seconds < 55:
        return f"about {max(round(seconds, -1), 10):.0f} s left"
    if seconds < 5400:
        return f"about {seconds / 60:.0f} min left"
    return f"about {seconds / 3600:.1f} h left"
