"""Plot the page of the paper: two endpoints, the waterfall, the swimmer plot."""

from functools import partial

from twoarm.figures.courses import draw_courses
from twoarm.figures.house import save
from twoarm.figures.notes import notes_of, ticks_of
from twoarm.figures.panel import draw_panel
from twoarm.figures.responses import draw_responses
from twoarm.figures.survival_curves import draw_survival_curves
from twoarm.runner import run
from twoarm.tables.cohort import Audit
from twoarm.tables.figures import Courses, Responses
from twoarm.tables.survival import Curves, Effects


def main(curves, effects, audit, responses, courses, figures, *, labels, arms, style):
    """Draw the unadjusted curves of each endpoint and the courses on one page."""
    lines = Curves.read_csv(curves).filter(design="unadjusted")
    found = Effects.read_csv(effects).filter(design="unadjusted")
    verdict = Audit.read_csv(audit)["verdict"][0]
    names, one = list(arms), {"arms": list(arms), "colours": arms}
    panels = [
        partial(
            draw_survival_curves, drawn := lines.filter(endpoint=endpoint), **one,
            ticks_months=ticks_of(drawn, style["tick_months"]), label=f"{label} (%)",
            notes=notes_of(found.filter(endpoint=endpoint), names, verdict=verdict),
            minimum_at_risk=style["minimum_at_risk"],
        )
        for endpoint, label in labels.items()
    ]  # fmt: skip
    bars = Responses.read(responses).filter(arm=names[0])
    panels += [partial(draw_responses, bars)]
    panels += [partial(draw_courses, Courses.read(courses), **one)]
    figure = draw_panel(panels)
    for path in figures:
        save(figure, path)


if __name__ == "__main__":
    run(main, snakemake)
