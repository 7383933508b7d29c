"""Who wants to know what is blank: solves what is told for what is not."""

import re

import numpy as np
import polars as pl
from scipy.optimize import Bounds, LinearConstraint, milp

MOST = 10_000
"""Largest count that is thought of; more than any invented cohort has."""


class Intruder:
    """Counts, told or not, and sums that they keep.

    A cell is any hashable name. Counts are whole and not negative.
    """

    def __init__(self):
        self.told, self.sums, self.cells = {}, [], set()

    def tell(self, cell, count):
        """Read a cell; a blank one (None) is known to be a count, and no more."""
        self.cells.add(cell)
        if count is not None:
            assert self.told.get(cell, count) == count, cell
            self.told[cell] = count

    def add(self, parts, total, *, at_most=False):
        """Know that parts add up to a total, or to no more than it."""
        self.cells |= {*parts, total}
        self.sums.append((tuple(parts), total, at_most))

    def range_of(self, cell):
        """Return the least and the greatest count that a cell may have."""
        if cell in self.told:
            return (self.told[cell],) * 2
        rows, names = self._around(cell)
        if not rows:
            return 0, MOST
        place = {name: k for k, name in enumerate(names)}
        matrix, low, high = np.zeros((len(rows), len(names))), [], []
        for row, (parts, total, at_most) in zip(matrix, rows, strict=True):
            known = 0
            for name, sign in (*((part, 1) for part in parts), (total, -1)):
                if name in self.told:
                    known += sign * self.told[name]
                else:
                    row[place[name]] += sign
            low.append(-np.inf if at_most else -known)
            high.append(-known)
        found = []
        for sign in (1, -1):
            aim = np.zeros(len(names))
            aim[place[cell]] = sign
            best = milp(
                aim,
                integrality=np.ones(len(names)),
                bounds=Bounds(0, MOST),
                constraints=LinearConstraint(matrix, low, high),
            )
            assert best.success, f"what is told of {cell} cannot be: {best.message}"
            found.append(round(best.x[place[cell]]))
        return found[0], found[1]

    def _around(self, cell):
        """Gather the sums that blanks bind to a cell, and the blanks in them."""
        names, rows, new = {cell: None}, {}, [cell]
        of_cell = {}
        for number, (parts, total, _) in enumerate(self.sums):
            for name in (*parts, total):
                of_cell.setdefault(name, []).append(number)
        while new:
            for number in of_cell.get(new.pop(), ()):
                if number in rows:
                    continue
                rows[number] = self.sums[number]
                parts, total, _ = self.sums[number]
                for name in (*parts, total):
                    if name not in self.told and name not in names:
                        names[name] = None
                        new.append(name)
        return list(rows.values()), list(names)


def find_leaks(intruder, truth, minimum_count):
    """List small counts that are known, or of which too few others are possible.

    As many counts as the minimum must stay possible.

    Parameters
    ----------
    intruder
        With all that was told.
    truth
        Cell to its count.
    minimum_count
        Smallest count that is shown.
    """
    leaks = {}
    for cell, count in truth.items():
        if 0 < count < minimum_count:
            low, high = intruder.range_of(cell)
            if high - low + 1 < minimum_count:
                leaks[cell] = (low, count, high)
    return leaks


ARMS = ("treated", "control")
PART = re.compile(r"subgroup: (?P<covariate>[^=]+)=(?P<level>.*)")
WITHOUT = re.compile(r"without centre: (?P<level>.*)")


def read_effects(eve, effects, apart=()):
    """Read the patients and events of designs, of their subgroups, and of centres.

    `apart` are designs of which other tables count something else, such as clones.
    """
    others = pl.when(pl.col("design").is_in(apart)).then(pl.lit(" of effects"))
    ratios = effects.filter(measure="hazard_ratio").with_columns(
        pl.col("design") + others.otherwise(pl.lit(""))
    )
    for row in ratios.iter_rows(named=True):
        for arm in ARMS:
            names = _parts(row["term"], row["design"], arm)
            if names is None:
                continue
            events = ("events", row["endpoint"], *names)
            eve.tell(names, row[f"n_{arm}"])
            eve.tell(events, row[f"events_{arm}"])
            eve.add([events], names, at_most=True)
    for (endpoint, design), rows in ratios.group_by("endpoint", "design"):
        terms = rows["term"].to_list()
        for arm in ARMS:
            for kind in ((), ("events", endpoint)):
                _add_parts(eve, terms, design, arm, kind)


def _parts(term, design, arm):
    """Name the patients of a term, as they are called in other tables too."""
    if part := PART.fullmatch(term):
        return ("level", design, part["covariate"], part["level"], arm)
    if part := WITHOUT.fullmatch(term):
        return ("without", design, part["level"], arm)
    return ("size", design, arm) if term == "treated" else None


def _add_parts(eve, terms, design, arm, kind):
    whole = (*kind, "size", design, arm)
    levels = {}
    for term in terms:
        if part := PART.fullmatch(term):
            levels.setdefault(part["covariate"], []).append(term)
        elif (part := WITHOUT.fullmatch(term)) and (
            centre := f"subgroup: centre={part['level']}"
        ) in terms:
            parts = [(*kind, *_parts(each, design, arm)) for each in (term, centre)]
            eve.add(parts, whole)
    for of_one in levels.values():
        eve.add([(*kind, *_parts(term, design, arm)) for term in of_one], whole)


def read_designs(eve, tables, nested):
    """Read who has a level in each design, and who was left out of it.

    `nested` lists the designs and arms that are a part of the arm of all.
    """
    for row in tables["diagnostics"].iter_rows(named=True):
        for arm in ARMS:
            size, out = (("size", row["design"], arm), ("out", row["design"], arm))
            eve.tell(size, row[f"n_{arm}"])
            if (row["design"], arm) in nested:
                # Of a landmark none are said to be left out: they come before it.
                eve.tell(out, row[f"n_{arm}_out"] or None)
                eve.add([out, size], ("size", "unadjusted", arm))
    for (design, covariate), rows in tables["baseline"].group_by("design", "covariate"):
        for arm in ARMS:
            _read_levels(eve, design, covariate, arm, rows)
            if (design, arm) in nested and not rows["level"].null_count():
                _add_left_out(eve, design, covariate, arm, rows["level"])
    _read_shares(eve, tables, nested)


def _read_levels(eve, design, covariate, arm, rows):
    size = ("size", design, arm)
    if rows["level"].null_count():
        eve.tell(size, rows[f"n_{arm}"][0])
        return
    cells = [("level", design, covariate, level, arm) for level in rows["level"]]
    for cell, n in zip(cells, rows[f"n_{arm}"], strict=True):
        eve.tell(cell, n)
    if (rows[f"n_missing_{arm}"] == 0).all():
        eve.add(cells, size)


def _add_left_out(eve, design, covariate, arm, levels):
    """Know that a level of all is that of the design and that of those left out."""
    left = []
    for level in levels:
        left.append(("out", design, covariate, level, arm))
        here = ("level", design, covariate, level, arm)
        eve.add([left[-1], here], ("level", "unadjusted", covariate, level, arm))
    eve.add(left, ("out", design, arm))


def _read_shares(eve, tables, nested):
    """Turn shares of patients without weights into counts."""
    for row in tables["balance"].drop_nulls("level").iter_rows(named=True):
        for arm in ARMS:
            n, share = eve.told.get(("size", row["design"], arm)), row[f"mean_{arm}"]
            named = (row["design"], row["covariate"], row["level"], arm)
            if n and share is not None and row["design"] in tables["unweighted"]:
                eve.tell(("level", *named), round(n * share))
    for row in tables["dropped"].drop_nulls("level").iter_rows(named=True):
        named = (row["design"], row["covariate"], row["level"], row["arm"])
        if (row["design"], row["arm"]) not in nested:
            continue
        eve.tell(("out", row["design"], row["arm"]), row["n_dropped"])
        eve.tell(("out", *named), round(row["n_dropped"] * row["mean_dropped"]))
        eve.tell(("level", *named), round(row["n_kept"] * row["mean_kept"]))


def nested_of(description):
    """List the designs and arms that are smaller than that of all in no other way."""
    whole = {
        (row["covariate"], row["level"]): row
        for row in description.filter(design="unadjusted").iter_rows(named=True)
    }
    found = set()
    for (design,), rows in description.group_by("design"):
        for arm in ARMS:
            left = [
                whole[row["covariate"], row["level"]][f"n_{arm}"] - row[f"n_{arm}"]
                for row in rows.iter_rows(named=True)
            ]
            if min(left) >= 0 and max(left) > 0:
                found.add((design, arm))
    return found


def read_missing(eve, missingness):
    """Read who misses a covariate, by arm and by centre, which add up to all."""
    for row in missingness.iter_rows(named=True):
        group = ("group", row["by"], row["group"])
        missing = (*group, "misses", row["covariate"])
        eve.tell((*group, row["covariate"]), row["n_patients"])
        eve.tell(missing, row["n_missing"])
        eve.add([missing], (*group, row["covariate"]), at_most=True)
    everybody = missingness.filter(pl.col("by") != "all")
    for (covariate, by), rows in everybody.group_by("covariate", "by"):
        for end in ((covariate,), ("misses", covariate)):
            parts = [("group", by, group, *end) for group in rows["group"]]
            eve.add(parts, ("group", "all", "all", *end))


def attack(raw, shown, minimum):
    """Leaks of what is shown: each argument reads tables for an intruder."""
    knows, eve = Intruder(), Intruder()
    raw(knows)
    shown(eve)
    truth = {cell: knows.range_of(cell) for cell in knows.cells}
    assert all(low == high for low, high in truth.values())
    return {
        cell: found
        for cell, found in find_leaks(
            eve, {cell: low for cell, (low, _) in truth.items()}, minimum
        ).items()
        if not is_told_on_purpose(eve, cell, found)
    }


def is_told_on_purpose(eve, cell, found):
    """Tell whether it is no more than how many a design leaves out lets one know."""
    design, arm, (low, _, high) = cell[1], cell[-1], found
    if cell == ("out", design, arm):
        return True
    out = eve.range_of(("out", design, arm))
    if cell[0] == "out":
        return out[0] == out[1] and (low, high) == (0, out[1])
    whole = eve.told.get(("level", "unadjusted", *cell[2:]))
    return cell[0] == "level" and whole == high and low == max(high - out[1], 0)


CLONED = ["cloned", "cloned_over_time", "sequential", "at_risk", "changing"]
"""Designs of which effects count clones, trials or changes of the arm."""
UNWEIGHTED = ["unadjusted", "matched", "optimal", "timeless", "first_dose",
              "from_surgery", "day_60", "day_90", "changing"]  # fmt: skip
"""Designs of which a share times the size is a count."""
TABLES = {
    "diagnostics": ("assess_designs/diagnostics", "suppress_counts/diagnostics"),
    "baseline": ("describe_arms/description", "suppress_description/baseline"),
    "balance": ("assess_balance/balance", "suppress_counts/balance"),
    "dropped": ("compare_dropped/dropped", "suppress_counts/dropped"),
}
"""Table to where it is made, and where it is released from."""


def attack_default(results, minimum):
    """Attack what the default study releases; return the leaks."""
    made, told = {"unweighted": UNWEIGHTED}, {"unweighted": UNWEIGHTED}
    for name, (inside, outside) in TABLES.items():
        made[name] = pl.read_parquet(results / f"propensity/{inside}.parquet")
        told[name] = read_csv(results / f"disclosure/{outside}.csv")
    survival = results / "survival"
    files = [*(survival / "estimate_effects").glob("*.parquet"),
             *(survival / f"{rule}/effects.parquet"
               for rule in ("estimate_regressions", "assess_fragility"))]  # fmt: skip
    effects = pl.concat([pl.read_parquet(file) for file in files])
    shown = read_csv(results / "disclosure/suppress_counts/effects.csv")
    missing = pl.read_parquet(results / "cohort/assess_missingness/missingness.parquet")
    groups = read_csv(results / "disclosure/suppress_description/missingness.csv")
    nested = nested_of(made["baseline"])

    def read(tables, counts, absent):
        def tell(eve):
            read_designs(eve, tables, nested)
            read_effects(eve, counts, CLONED)
            read_missing(eve, absent)

        return tell

    hidden = read(told, shown, groups)
    return attack(read(made, effects, missing), hidden, minimum)


def read_csv(path):
    return pl.read_csv(path, infer_schema_length=None)
