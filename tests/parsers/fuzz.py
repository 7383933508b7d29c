"""Throw texts at every parser: `python tests/parsers/fuzz.py 60 [parser...]`.

Needs atheris, which is in no lock: `pip install --target <folder> atheris`, and that
folder on PYTHONPATH. The first argument is the seconds a parser; each gets a process of
its own. A text that breaks a law of `test_laws.py` ends its process with the text.
"""

import subprocess
import sys
from pathlib import Path

TEXTS = 64
"""Texts a call, so that a call is not all overhead."""


def fuzz(name: str, seconds: str) -> None:
    """Mutate texts that begin with the known forms, and check each answer."""
    import atheris
    import polars as pl
    from test_laws import FORMS, PARSERS, check_answers

    alphabet = sorted(set("".join(FORMS)))

    def check(data: bytes) -> None:
        provider = atheris.FuzzedDataProvider(data)
        texts = []
        for _ in range(TEXTS):
            form = provider.PickValueInList(FORMS)
            place = provider.ConsumeIntInRange(0, len(form))
            letter = provider.PickValueInList(alphabet)
            odd = provider.ConsumeUnicodeNoSurrogates(2)
            end = provider.PickValueInList(["", *FORMS]) if odd else form[place:]
            texts.append(form[:place] + letter + odd + end)
        texts.append(provider.ConsumeUnicodeNoSurrogates(10_000))
        check_answers(PARSERS[name](pl.Series(texts)), texts)

    options = [f"-max_total_time={seconds}", "-max_len=4096", "-verbosity=0"]
    atheris.Setup([sys.argv[0], *options, "-print_final_stats=1"], check)
    atheris.Fuzz()


def main() -> None:
    """Fuzz every parser, or those that are named, one after another."""
    from test_laws import PARSERS

    seconds, *named = sys.argv[1:]
    for name in named or PARSERS:
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
