"""Parsers of clinical text by column: `python benchmarks/parsing.py`.

A million texts, all distinct and of few distinct ones. The peer is a loop of Python
that brings each text to NFKC and tries a few patterns of `re` on it: only the plainest
forms, so it does less. Seconds are of the processor, as the machine may be shared.
"""

import re
import time
import unicodedata
from collections.abc import Callable
from datetime import date, timedelta

import polars as pl

from twoarm.parsers.dates import parse_dates
from twoarm.parsers.drugs import parse_drugs
from twoarm.parsers.numbers import parse_numbers
from twoarm.parsers.responses import parse_responses
from twoarm.parsers.sizes import parse_sizes

ROWS, FEW = 1_000_000, 5_000
NUMBER = r"[+-]?\d+(?:\.\d+)?"
FIRST = date(1950, 1, 1)
Case = tuple[Callable[[pl.Series], pl.DataFrame], Callable[[int], str], list[str]]
CASES: dict[str, Case] = {
    "numbers": (
        parse_numbers,
        lambda n: ("{}", "＜{}", "{} g/L", "{}↑")[n % 4].format(n / 100),
        [rf"({NUMBER})$", rf"([<>]=?) ?({NUMBER})$", rf"({NUMBER}) ?([A-Za-z/↑]+)$"],
    ),
    "dates": (
        parse_dates,
        lambda n: (
            f"{FIRST + timedelta(n % 25_000):%Y/%m/%d} {n // 25_000:02}:{n % 60:02}"
        ),
        [
            r"(\d{4})[-/.](\d\d?)[-/.](\d\d?)(?: \d\d:\d\d)?$",
            r"(\d{4})年(\d+)月(\d+)日$",
        ],
    ),
    "sizes": (
        lambda text: parse_sizes(text, unit="cm"),
        lambda n: f"{n % 1000 / 10}×{n // 1000 / 10}mm",
        [
            r"(\d+(?:\.\d+)?) ?[×x*] ?(\d+(?:\.\d+)?) ?(cm|mm)$",
            r"约?([\d.]+) ?(cm|mm)$",
        ],
    ),
    "drugs": (
        parse_drugs,
        lambda n: ("仑伐替尼 {}mg", "信迪利单抗{}mg+TACE")[n % 2].format(n / 10),
        [r"(仑伐替尼|索拉非尼)(?: ?[\d.]+mg)?$", r"(信迪利单抗)[\d.]+mg\+(TACE)$"],
    ),
    "responses": (
        parse_responses,
        lambda n: f"{('CR', 'PR', 'SD', 'PD')[n % 4]}({n / 1000 - 500}%)",
        [
            r"(CR|PR|SD|PD)(?:\(([+-]?[\d.]+)%\))?$",
            r"(完全缓解|部分缓解|稳定|疾病进展)$",
        ],
    ),
}


def loop(texts: list[str], patterns: list[str]) -> list[tuple[str, ...] | None]:
    """Read text by text with the standard library."""
    compiled = [re.compile(pattern) for pattern in patterns]
    answers: list[tuple[str, ...] | None] = []
    for text in texts:
        half = unicodedata.normalize("NFKC", text).strip()
        found = next((m for p in compiled if (m := p.match(half))), None)
        answers.append(found.groups() if found else None)
    return answers


def seconds_of(work: Callable[[], object]) -> float:
    """Measure the processor time of all threads."""
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    """Print a row a parser."""
    print("| parser | distinct, rows/s | ratio | repeated, rows/s | ratio | read |")
    print("|---|---|---|---|---|---|")
    for name, (parse, write, patterns) in CASES.items():
        cells, read = [], 0.0
        for distinct in (ROWS, FEW):
            texts = [write(n % distinct) for n in range(ROWS)]
            column = pl.Series(texts)
            own = seconds_of(lambda p=parse, c=column: p(c))
            peer = seconds_of(lambda t=texts, p=patterns: loop(t, p))
            cells += [f"{ROWS / own:,.0f}", f"{own / peer:.2f}"]
            read = parse(column)["problem"].null_count() / ROWS
        print("|", " | ".join([name, *cells, f"{read:.1%}"]), "|", flush=True)


if __name__ == "__main__":
    main()
