"""What a score is: its inputs, its value, and why that is not known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import getdoc, signature
from typing import Any

import polars as pl

from twoarm.scores.quantities import QUANTITIES, Quantity

Column = str | pl.Expr
"""A column by its name, or an expression of columns."""


@dataclass(frozen=True)
class Score:
    """A function of columns that is null where an input is not known or not possible.

    Attributes
    ----------
    function
        Expressions of the inputs, by their names, to the expression of the score.
    inputs
        Name of an input to what it may be.
    examples
        Values of the inputs in their order, and what they give.
    levels
        Levels of a grade in their order; empty for a number or a flag.
    optional
        Inputs that may be null; what that means is in the docstring.
    lacks
        As `function`, to a reason and whether the score cannot be told for it.
    """

    function: Callable[..., pl.Expr]
    inputs: Mapping[str, Quantity]
    examples: tuple[tuple[Any, ...], ...]
    levels: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    lacks: Callable[..., Mapping[str, pl.Expr]] | None = None

    @property
    def name(self) -> str:
        """Name of the score, as of its function."""
        return self.function.__name__

    @property
    def told(self) -> list[str]:
        """Paragraphs of the docstring: what it is, how it is read, its source."""
        return [" ".join(part.split()) for part in str(self.__doc__).split("\n\n")]

    def __call__(self, **columns: Column) -> pl.Expr:
        """Return the score of columns, by default those of the inputs' own names.

        Parameters
        ----------
        columns
            Input to its column, where that has another name.
        """
        given = self._expressions(columns)
        reasons = [reason for _, reason in self._reasons(given)]
        value = self.function(**self._possible(given))
        if self.levels:
            value = value.cast(pl.Enum(self.levels))
        known = ~pl.any_horizontal(pl.lit(value=False), *reasons)
        return pl.when(known).then(value).alias(self.name)

    def why_missing(self, **columns: Column) -> pl.Expr:
        """Say why the score is null: all reasons, and no value; null where it is not.

        Parameters
        ----------
        columns
            As for the score itself.
        """
        reasons = self._reasons(self._expressions(columns))
        told = (pl.when(holds).then(pl.lit(text)) for text, holds in reasons)
        joined = pl.concat_str(*told, separator="; ", ignore_nulls=True)
        why = pl.when(joined != "").then(joined)
        return why.alias(f"{self.name}_why_missing")

    def _expressions(self, columns: Mapping[str, Column]) -> dict[str, pl.Expr]:
        if odd := sorted({*columns} - {*self.inputs}):
            known = ", ".join(self.inputs)
            raise TypeError(f"{self.name} has no {', '.join(odd)}; it has {known}")
        given = {name: columns.get(name, name) for name in self.inputs}
        return {
            name: (pl.col(each) if isinstance(each, str) else each).cast(
                self.inputs[name].dtype,
                strict=False,  # a refused cast would tell the value
            )
            for name, each in given.items()
        }

    def _possible(self, given: Mapping[str, pl.Expr]) -> dict[str, pl.Expr]:
        """Make null what is not possible: there is no whole number of an infinite."""
        return {
            name: column
            if (quantity := self.inputs[name]).allows_all
            else pl.when(quantity.admits(column)).then(column)
            for name, column in given.items()
        }

    def _reasons(self, given: Mapping[str, pl.Expr]) -> list[tuple[str, pl.Expr]]:
        reasons = []
        for name, quantity in self.inputs.items():
            column = given[name]
            if name not in self.optional:
                reasons.append((f"{name} is not known", column.is_null()))
            if not quantity.allows_all:
                out = ~quantity.admits(column).fill_null(value=True)
                reasons.append((f"{name} is not {quantity.range}", out))
        if self.lacks:
            lacking = self.lacks(**self._possible(given)).items()
            reasons += [(text, holds.fill_null(value=False)) for text, holds in lacking]
        return reasons


def score(
    *examples: tuple[Any, ...],
    levels: tuple[str, ...] = (),
    optional: tuple[str, ...] = (),
    ranges: Mapping[str, Quantity] | None = None,
    lacks: Callable[..., Mapping[str, pl.Expr]] | None = None,
) -> Callable[[Callable[..., pl.Expr]], Score]:
    """Make a score of a function whose parameters are named as quantities are.

    Parameters
    ----------
    examples, levels, optional, lacks
        As the attributes of a score.
    ranges
        Inputs that this score asks to lie elsewhere than `QUANTITIES` says.
    """

    def make(function: Callable[..., pl.Expr]) -> Score:
        known = {**QUANTITIES, **(ranges or {})}
        inputs = {name: known[name] for name in signature(function).parameters}
        made = Score(function, inputs, examples, levels, optional, lacks)
        object.__setattr__(made, "__doc__", getdoc(function))
        return made

    return make
