"""Draw single courses together where a mark must stand for several patients."""

from twoarm.disclosure.courses import (
    summarise_changes,
    summarise_courses,
    suppress_responses,
)
from twoarm.runner import run
from twoarm.tables.figures import Changes, Courses, Quartiles, Responses, States


def main(
    responses_in, changes_in, courses_in, responses, changes, quartiles, courses,
    states, *, minimum_mark, minimum_at_risk,
):  # fmt: skip
    """Write what is drawn: single patients, or what there is of them together."""
    bars = suppress_responses(Responses.read(responses_in), minimum_mark=minimum_mark)
    Responses.write(bars, responses)
    lines, lanes = Changes.read(changes_in), Courses.read(courses_in)
    single, together = (lines, lanes), (lines.clear(), lanes.clear())
    fewest = {"minimum_mark": minimum_mark, "minimum_at_risk": minimum_at_risk}
    if minimum_mark > 1:
        single, together = together, single
    Changes.write(single[0], changes)
    Courses.write(single[1], courses)
    Quartiles.write(summarise_changes(together[0], **fewest), quartiles)
    States.write(summarise_courses(together[1], **fewest), states)


if __name__ == "__main__":
    run(main, snakemake)
