"""Plot the courses: a lane a patient, or the states that the patients are in."""

from twoarm.figures.courses import draw_courses
from twoarm.figures.house import save_each
from twoarm.figures.states import draw_states
from twoarm.runner import run
from twoarm.tables.figures import Courses, States


def main(courses, states, figures, *, arms, minimum_mark, language="en"):
    """Draw what disclosure let through; save each format."""
    lanes, shares = Courses.read(courses), States.read(states)
    how = {"arms": list(arms), "colours": arms}

    def draw(_):
        if minimum_mark == 1:
            return draw_courses(lanes, **how)
        return draw_states(shares, **how, minimum_mark=minimum_mark)

    save_each(figures, draw, language)


if __name__ == "__main__":
    run(main, snakemake)
