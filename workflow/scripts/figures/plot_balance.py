"""Plot the balance of the covariates before and after each design."""

from twoarm.figures.balance import draw_balance
from twoarm.figures.house import save
from twoarm.runner import run
from twoarm.tables.propensity import Balance


def main(balance, figures, *, labels, binary, designs, threshold):
    """Draw the love plot; save each format."""
    figure = draw_balance(
        Balance.read_csv(balance),
        labels=labels,
        binary=binary,
        designs=designs,
        threshold=threshold,
    )
    for path in figures:
        save(figure, path)


if __name__ == "__main__":
    run(main, snakemake)
