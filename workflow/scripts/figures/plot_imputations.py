"""Plot what an imputation did: its traces, and its values beside the observed ones."""

from pathlib import Path

from twoarm.figures.house import save
from twoarm.figures.imputations import draw_traces, draw_values
from twoarm.runner import run
from twoarm.tables.cohort import ImputedValues, Trace


def main(values, traces, figures, *, labels):
    """Draw both; save each format."""
    shares, drawn = ImputedValues.read_csv(values), Trace.read_csv(traces)
    pictures = {
        "imputed_values": draw_values(shares, labels=labels),
        "imputation_traces": draw_traces(drawn, shares, labels=labels),
    }
    for path in map(Path, figures):
        save(pictures[path.stem], path)


if __name__ == "__main__":
    run(main, snakemake)
