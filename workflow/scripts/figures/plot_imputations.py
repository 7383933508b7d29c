"""Plot what an imputation did: its traces, and its values beside the observed ones."""

from twoarm.figures.house import save_each
from twoarm.figures.imputations import draw_traces, draw_values
from twoarm.runner import run
from twoarm.tables.cohort import ImputedValues, Trace


def main(values, traces, figures, *, labels, language="en"):
    """Draw both; save each format."""
    shares, drawn = ImputedValues.read_csv(values), Trace.read_csv(traces)

    def draw(name):
        if name == "imputed_values":
            return draw_values(shares, labels=labels)
        return draw_traces(drawn, shares, labels=labels)

    save_each(figures, draw, language)


if __name__ == "__main__":
    run(main, snakemake)
