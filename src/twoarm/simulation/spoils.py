"""What goes wrong in a cell: each makes a worse text, and says what it stands for.

Each takes a source of random numbers, the text, and what is so as text; it gives the
new text, and what is to be made of that: null if it must not be used.
"""

import math
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import numpy as np
import polars as pl

from twoarm.simulation.faults import Fault, Spoil, Told

Random = np.random.Generator


def draw_slip(rng: Random, text: str, truth: str) -> Told:
    """Lose the decimal mark: ten times too much."""
    del rng, truth
    whole = text.replace(",", ".")
    return f"{10 * float(whole):.0f}", None


def draw_limit(text: str, limit: float) -> Spoil:
    """Tell but a limit of measurement; below it, the limit by the root of two."""
    truth = limit / math.sqrt(2) if text[0] in "<＜" else limit
    return lambda *_: (text, str(truth))


PIVKA_LIMIT = draw_limit(">75000", 75_000)
"""Beyond which analysers tell only that PIVKA-II is beyond."""


def draw_dot(rng: Random, text: str, truth: str) -> Told:
    """Leave a mark behind the number."""
    del rng
    return f"{text}.", truth


def draw_mark(rng: Random, text: str, truth: str) -> Told:
    """Mark the number as high."""
    return str(rng.choice([f"{text}↑", f"H {text}", f"{text} *"])), truth


def draw_same(rng: Random, text: str, truth: str) -> Told:
    """Leave the text: another column is at fault."""
    del rng
    return text, truth


def draw_mg_dl(rng: Random, text: str, truth: str) -> Told:
    """Tell a bilirubin in mg/dL."""
    del rng, truth
    # SOURCE: the factor is that of twoarm.units.FACTORS.
    told = round(float(text) / 17.104, 2)
    return f"{told}", f"{told * 17.104}"


def draw_typo(rng: Random, text: str, truth: str) -> Told:
    """Write one letter or character of the middle wrong, twice, or not at all."""
    at = int(rng.integers(1, len(text) - 1))
    if not text.isascii():
        return text[:at] + str(rng.choice(list("安平江文"))) + text[at + 1 :], truth
    forms = [text[:at] + text[at + 1 :], text[:at] + text[at] + text[at:]]
    return str(rng.choice(forms)), truth


def list_typos(column: str) -> Fault:
    """Say how often names of drugs are misspelt.

    Never those of which a letter less, or another, makes another drug's: apatinib,
    and short ones as of makers.
    """
    name = pl.col(column).str
    long = (name.len_chars() >= 5) & (name.len_bytes() >= 9)
    return Fault("drug", column, 0.03, draw_typo, long)


def draw_month(rng: Random, text: str, truth: str) -> Told:
    """Keep month and year, or the year alone; what is taken for it is no later."""
    del text
    day = date.fromisoformat(truth)
    if rng.uniform() < 0.8 or day.month < 7:
        return day.strftime("%m/%Y"), day.replace(day=15).isoformat()
    return day.strftime("%Y"), date(day.year, 7, 1).isoformat()


def draw_swap(rng: Random, text: str, truth: str) -> Told:
    """Put the month before the day."""
    del rng, text
    return date.fromisoformat(truth).strftime("%m/%d/%Y"), None


def draw_early(years: int) -> Spoil:
    """Write a date years too early; another file has it right."""

    def write(rng: Random, text: str, truth: str) -> Told:
        del rng, text
        day = date.fromisoformat(truth) - timedelta(days=round(365.25 * years))
        return day.isoformat(), None

    return write


def draw_months(rng: Random, text: str, truth: str) -> Told:
    """Tell months of survival that the dates do not give."""
    error = float(rng.uniform(1, 12))
    months = float(text)
    wrong = months - error if months > error and rng.uniform() < 0.5 else months + error
    return f"{wrong:.1f}", truth


def draw_size(rng: Random, text: str, truth: str) -> Told:
    """Write a size as reports do, from `long*short` in mm."""
    del truth
    long, short = map(float, text.split("*"))
    in_cm = f"{long / 10:.2f}", f"{short / 10:.2f}"
    forms = (
        f"{in_cm[0]}×{in_cm[1]}cm",
        f"{in_cm[0]}x{in_cm[1]} cm",
        f"{short}*{long}mm",
        f"{long}＊{short}mm",
        f"约{in_cm[0]}cm",
        f"{long}mm",
    )
    return str(rng.choice(forms)), f"{long}"


def draw_merged(rng: Random, text: str, truth: str) -> Told:
    """Tell two lesions in one cell: the larger counts."""
    del rng, truth
    long = float(text.split("*")[0])
    return f"{long / 10:.2f}cm，{long / 20:.2f}cm", f"{long}"


def draw_change(rng: Random, text: str, truth: str) -> Told:
    """Write the change behind the response."""
    low, high = {"CR": (100, 101), "PR": (30, 90), "SD": (1, 29)}.get(text, (20, 80))
    sign = "+" if text == "PD" else "-"
    return f"{text}({sign}{rng.integers(low, high)}%)", truth


def draw_smaller(*_: object) -> Told:
    """Say that it is smaller, and not by how much."""
    return "缩小", None


THROMBI = {
    "I": ("门静脉三级分支癌栓", "门静脉二级分支癌栓"),
    "II": ("门静脉右支癌栓", "门静脉左支癌栓"),
    "III": ("门静脉主干癌栓",),
}
"""Cheng's type to what a report writes instead."""


def draw_thrombus(rng: Random, text: str, truth: str) -> Told:
    """Describe a thrombus instead of giving its type."""
    del text
    return str(rng.choice(THROMBI[truth])), truth


def draw_vp(rng: Random, text: str, truth: str) -> Told:
    """Give the type of another system, which is no type of this one."""
    del rng, truth
    return f"Vp{len(text) + 1}", None


def draw_stage(rng: Random, text: str, truth: str) -> Told:
    """Write a stage in other signs."""
    number, letter = text[:-1], text[-1]
    roman = {"I": "Ⅰ", "II": "Ⅱ", "III": "Ⅲ"}[number]
    forms = (f"{roman}{letter}", f"{len(number)}{letter}", f"{roman} {letter.upper()}")
    return str(rng.choice(forms)), truth


def draw_range(rng: Random, text: str, truth: str) -> Told:
    """Give a range of grades: the higher counts."""
    del truth
    lower, upper = {"I": ("I", "II"), "II": ("II", "III")}.get(text, ("III", "IV"))
    return f"{lower}{rng.choice(['~', '-'])}{upper}", upper


def draw_name(names: Mapping[str, Sequence[str]]) -> Spoil:
    """Write another name of the same, of those that follow the usual one."""

    def write(rng: Random, text: str, truth: str) -> Told:
        del text
        return str(rng.choice(names[truth][1:])), truth

    return write


def draw_grade(*forms: str) -> Spoil:
    """Write a grade in one of some forms.

    `{number}` stands for it in digits, `{roman}` in letters, `{sign}` in one sign.
    """

    def write(rng: Random, text: str, truth: str) -> Told:
        level = text.rstrip("ab")
        place = int(level) - 1 if level.isdigit() else ROMAN.index(level)
        part = text.removeprefix(level)
        told = {"number": place + 1, "roman": ROMAN[place], "sign": SIGNS[place]}
        form = str(rng.choice(forms))
        return form.format(**{name: f"{each}{part}" for name, each in told.items()}), (
            truth
        )

    return write


ROMAN = ("I", "II", "III", "IV", "V")
SIGNS = "ⅠⅡⅢⅣⅤ"


def draw_hours(form: str) -> Spoil:
    """Write minutes as hours and minutes."""
    return lambda _, text, truth: (form.format(*divmod(int(text), 60)), truth)


def draw_unit(*forms: str) -> Spoil:
    """Write a number with its unit behind it."""
    return lambda rng, text, truth: (str(rng.choice(forms)).format(text), truth)
