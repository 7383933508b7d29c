"""Throw texts at every parser: `python tests/parsers/fuzz.py 60 [parser...]`.

Needs atheris, which is in no lock: `pip install --target <folder> atheris`, and that
folder on PYTHONPATH. The first argument is the seconds a setting; each setting of
`forms.yaml` gets a process of its own, or those of the parsers that are named. A text
that breaks a law of `test_laws.py` ends its process with the text.

A fault was planted in each parser: a number, or a change of size, that is infinite; a
day of no calendar that raises; a value beside its problem; neither. Each of the 29
settings that it broke told so within 15 calls of 65 texts, but for the change of size:
513 calls. With nothing planted 1.3 million texts found one fault, hours of 400 digits
that were infinite, and, since it is mended, none.
"""

import importlib
import random
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

TEXTS = 64
"""Texts a call, so that a call is not all overhead."""


def fuzz(name: str, seconds: str) -> None:
    """Mutate texts that begin with the known forms, and check each answer."""
    import atheris
    import polars as pl
    from test_laws import FORMS, check_answers

    parser = list_settings()[name]
    alphabet = sorted(set("".join(FORMS)))

    def check(data: bytes) -> None:
        provider = atheris.FuzzedDataProvider(data)
        odd = provider.ConsumeUnicodeNoSurrogates(10_000)
        # Nothing that is compiled tells what a text reached, so that none leads to the
        # next: all bytes together seed what is done to the forms.
        draw = random.Random(data).choice
        texts = [mutate(draw(FORMS), alphabet, odd, draw) for _ in range(TEXTS)]
        texts.append(odd)
        found = parser(pl.Series(texts))
        check_answers(found, texts)
        # What one text becomes is no matter of the others.
        assert found[:1].equals(parser(pl.Series(texts[:1]))), texts[0]

    options = [f"-max_total_time={seconds}", "-max_len=4096", "-verbosity=0"]
    atheris.Setup([sys.argv[0], *options, "-print_final_stats=1"], check)
    atheris.Fuzz()


def mutate(form: str, alphabet: list, odd: str, draw: Callable) -> str:
    """Put a letter into a form: of its own, of all forms or any, once or many times.

    A digit among digits breaks numbers, and a run of them more so.
    """
    place = draw(range(len(form) + 1))
    letter = draw(draw([list(form) or alphabet, alphabet, list(odd) or alphabet]))
    end = draw([form[place:]] * 3 + [draw(alphabet), ""])
    return form[:place] + letter * draw([0, 1, 1, 1, 2, 4, 400]) + end


def list_settings() -> dict:
    """Name every setting of the forms, and give the parser that has it."""
    from test_laws import TABLE

    found = {}
    for group in TABLE:
        name, options = group["parser"], group.get("options", {})
        module = importlib.import_module(f"twoarm.parsers.{name.split('_')[1]}")
        told = "".join(f" {key}={value}" for key, value in options.items())
        found[name + told] = partial(getattr(module, name), **options)
    return found


def main() -> None:
    """Fuzz every parser, or those that are named, one setting after another."""
    seconds, *named = sys.argv[1:]
    for name in list_settings():
        if named and name.split()[0] not in named:
            continue
        command = [sys.executable, __file__, "--one", name, seconds]
        run = subprocess.run(command, capture_output=True, text=True)
        told = run.stderr.splitlines()
        runs = [line.split()[-1] for line in told if "number_of_executed" in line]
        print(name, "sound" if run.returncode == 0 else "BROKEN", *runs, flush=True)
        if run.returncode:
            print(run.stdout, run.stderr)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    if sys.argv[1] == "--one":
        fuzz(*sys.argv[2:])
    else:
        main()
