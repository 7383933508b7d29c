"""Plot the page of the paper: two endpoints, the waterfall, the swimmer plot."""

from functools import partial

from twoarm.figures.courses import draw_courses
from twoarm.figures.endpoint import draw_endpoint
from twoarm.figures.house import save_each
from twoarm.figures.panel import draw_panel
from twoarm.figures.responses import draw_responses
from twoarm.figures.states import draw_states
from twoarm.runner import run
from twoarm.tables.figures import Courses, Responses, States
from twoarm.tables.survival import Curves, Effects


def main(
    curves, effects, responses, courses, states, figures,
    *, labels, arms, style, language="en",
):  # fmt: skip
    """Draw the unadjusted curves of each endpoint and the courses on one page."""
    lines = Curves.read_csv(curves).filter(design="unadjusted")
    found = Effects.read_csv(effects).filter(design="unadjusted")
    panels = [
        partial(draw_endpoint, *rows, label=label, style=style, arms=arms)
        for endpoint, label in labels.items()
        for rows in [[each.filter(endpoint=endpoint) for each in (lines, found)]]
    ]
    treated, *_ = names = list(arms)
    bars = Responses.read(responses).filter(arm=treated)
    how = {"arms": names, "colours": arms}
    last = partial(draw_courses, Courses.read(courses), **how)
    if (mark := style["minimum_mark"]) > 1:
        last = partial(draw_states, States.read(states), **how, minimum_mark=mark)
    panels += [partial(draw_responses, bars), last]
    save_each(figures, lambda _: draw_panel(panels), language)


if __name__ == "__main__":
    run(main, snakemake)
