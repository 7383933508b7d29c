"""Plot the balance of the covariates before and after each design."""

from twoarm.figures.balance import draw_balance
from twoarm.figures.house import save_each
from twoarm.runner import run
from twoarm.tables.propensity import Balance


def main(balance, figures, *, labels, binary, designs, threshold, language="en"):
    """Draw the love plot; save each format."""
    found = Balance.read_csv(balance)
    how = {"labels": labels, "binary": binary, "designs": designs}

    def draw(_):
        return draw_balance(found, threshold=threshold, **how)

    save_each(figures, draw, language)


if __name__ == "__main__":
    run(main, snakemake)
