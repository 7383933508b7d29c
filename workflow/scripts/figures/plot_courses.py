"""Plot the course of each patient: a swimmer plot."""

from twoarm.figures.courses import draw_courses
from twoarm.figures.house import save_each
from twoarm.runner import run
from twoarm.tables.figures import Courses


def main(courses, figures, *, arms, language="en"):
    """Draw the lanes; save each format."""
    lanes = Courses.read(courses)

    def draw(_):
        return draw_courses(lanes, arms=list(arms), colours=arms)

    save_each(figures, draw, language)


if __name__ == "__main__":
    run(main, snakemake)
