"""All scores there are, family by family."""

import importlib
import pkgutil
from collections.abc import Iterator

from twoarm import scores
from twoarm.scores.score import Score


def list_families() -> Iterator[tuple[str, list[Score]]]:
    """Yield what each module of scores says that it holds, and its scores."""
    for module in pkgutil.iter_modules(scores.__path__):
        family = importlib.import_module(f"{scores.__name__}.{module.name}")
        found = [
            each
            for each in vars(family).values()
            if isinstance(each, Score) and each.function.__module__ == family.__name__
        ]
        if found:
            yield str(family.__doc__).splitlines()[0].rstrip("."), found


def list_scores() -> dict[str, Score]:
    """Name every score."""
    return {each.name: each for _, family in list_families() for each in family}
