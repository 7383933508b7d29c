"""Plot the course of each patient: a swimmer plot."""

from twoarm.figures.courses import draw_courses
from twoarm.figures.house import save
from twoarm.runner import run
from twoarm.tables.figures import Courses


def main(courses, figures, *, arms):
    """Draw the lanes; save each format."""
    figure = draw_courses(Courses.read(courses), arms=list(arms), colours=arms)
    for path in figures:
        save(figure, path)


if __name__ == "__main__":
    run(main, snakemake)
