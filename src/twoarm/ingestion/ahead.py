"""A text that is longer than memory: looked at before it is passed."""

import re
from collections.abc import Iterable, Iterator

LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


class Ahead:
    """A text that comes in pieces; `passed` counts the characters that are behind.

    What was looked at and not passed is held, and nothing else.
    """

    def __init__(self, text: Iterable[str]) -> None:
        self._coming, self._held, self._at = iter(text), "", 0
        self.passed = 0

    def look(self, size: int) -> str:
        """Give the next characters; fewer only where the text ends."""
        self._hold(size)
        return self._held[self._at : self._at + size]

    def ends(self, size: int) -> bool:
        """Tell whether no more characters than these are left."""
        self._hold(size + 1)
        return len(self._held) - self._at <= size

    def skip(self, size: int) -> None:
        """Pass characters that were looked at."""
        self._at += size
        self.passed += size

    def lines(self) -> Iterator[str]:
        """Pass line by line, each with its end."""
        while True:
            line = LINE.match(self._held, self._at)
            # Of the last one that is held, the end may not have come.
            while line is None or line.end() == len(self._held):
                if not self._hold(2 * (len(self._held) - self._at) + 1):
                    break
                line = LINE.match(self._held, self._at)
            if line is None:
                return
            self.skip(line.end() - self._at)
            yield line.group()

    def _hold(self, size: int) -> bool:
        """Hold as many characters, if so many are left; tell whether any came."""
        held = len(self._held) - self._at
        pieces = [self._held[self._at :]] if held < size else []
        while held < size and (piece := next(self._coming, None)) is not None:
            pieces.append(piece)
            held += len(piece)
        if len(pieces) > 1:
            self._held, self._at = "".join(pieces), 0
        return len(pieces) > 1
