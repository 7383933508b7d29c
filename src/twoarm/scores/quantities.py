"""What the inputs of scores are: their units, and the values that are possible."""

from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

CLAVIEN = ("I", "II", "IIIa", "IIIb", "IVa", "IVb", "V")
RESPONSES = ("CR", "PR", "SD", "PD", "NE")


@dataclass(frozen=True)
class Quantity:
    """One input of a score.

    Attributes
    ----------
    unit
        Unit of a number; empty for a ratio or a count.
    low, high
        Ends of what is possible, within it; None for no end.
    above
        Whether `low` itself is not possible.
    whole
        Whether only whole numbers are possible.
    levels
        Levels of a code; of a list, those of its elements.
    kind
        What a cell holds.
    """

    unit: str = ""
    low: float | None = None
    high: float | None = None
    above: bool = False
    whole: bool = False
    levels: tuple[str, ...] = ()
    kind: Literal["number", "flag", "text", "texts", "numbers"] = "number"

    @property
    def dtype(self) -> Any:
        """Type of the column that a score works on."""
        return {
            "number": pl.Float64,
            "flag": pl.Boolean,
            "text": pl.String,
            "texts": pl.List(pl.String),
            "numbers": pl.List(pl.Float64),
        }[self.kind]

    @property
    def allows_all(self) -> bool:
        """Whether nothing of its type is refused."""
        return self.kind in ("flag", "text") and not self.levels

    @property
    def range(self) -> str:
        """What is possible, in words."""
        if self.levels:
            return f"one of {', '.join(self.levels)}"
        unit = f" {self.unit}" if self.unit else ""
        number = "a whole number " if self.whole else ""
        if self.kind == "numbers":
            number = "a list of numbers, each "
        low = "" if self.low is None else f"{self.low:g}"
        if self.high is None:
            return f"{number}{'above' if self.above else 'at least'} {low}{unit}"
        if self.above:
            return f"{number}above {low} and at most {self.high:g}{unit}"
        return f"{number}within {low} and {self.high:g}{unit}"

    def admits(self, column: pl.Expr) -> pl.Expr:
        """Tell whether a value is possible; null where it is not known."""
        if self.kind == "texts":
            return _all(column, pl.element().is_in(self.levels))
        if self.kind == "numbers":
            return _all(column, self._within(pl.element()))
        return column.is_in(self.levels) if self.levels else self._within(column)

    def _within(self, number: pl.Expr) -> pl.Expr:
        holds = number.is_finite()
        if self.low is not None:
            holds &= (number > self.low) if self.above else (number >= self.low)
        if self.high is not None:
            holds &= number <= self.high
        return holds & (number == number.round()) if self.whole else holds


def _all(column: pl.Expr, holds: pl.Expr) -> pl.Expr:
    """Tell whether all elements of lists hold; one that is not known does not."""
    return column.list.eval(holds.fill_null(value=False)).list.all()


_FLAG = Quantity(kind="flag")
_ENZYME = Quantity("U/L", 1, 10_000)
_LIMIT = Quantity("U/L", 1, 1_000)
_BILIRUBIN = Quantity("umol/L", 1, 900)
_INR = Quantity("", 0.6, 10)
_CREATININE = Quantity("umol/L", 15, 1_500)
_AFP = Quantity("ng/mL", 0, 5_000_000)
_PIVKA = Quantity("mAU/mL", 0, 1_000_000)
_SUM = Quantity("mm", 0, 2_000)
_VOLUME = Quantity("mL", 0, 5_000, above=True)
_PERCENT = Quantity("%", 0, 100)
_DAY = Quantity("d", 0, 365, whole=True)
_HAEMOGLOBIN = Quantity("g/L", 30, 220)
_SEVERITY = Quantity(levels=("none", "mild", "severe"), kind="text")
_BURDEN = Quantity(levels=("none", "non-invasive", "invasive"), kind="text")

# SOURCE: values outside of these are typing errors or another unit, by the hard limits
# of the field's data dictionaries; they are far from any cut of a score.
QUANTITIES: dict[str, Quantity] = {
    "age_years": Quantity("y", 18, 120),
    "female": _FLAG,
    "height_cm": Quantity("cm", 130, 205),
    "weight_kg": Quantity("kg", 30, 150),
    "ecog": Quantity("", 0, 4, whole=True),
    "bilirubin_umol_l": _BILIRUBIN,
    "bilirubin_upper": Quantity("umol/L", 5, 60),
    "bilirubin_baseline": _BILIRUBIN,
    "bilirubin_before": _BILIRUBIN,
    "bilirubin_previous": _BILIRUBIN,
    "drain_bilirubin_umol_l": Quantity("umol/L", 0, 20_000),
    "albumin_g_l": Quantity("g/L", 10, 60),
    "inr": _INR,
    "inr_upper": Quantity("", 0.9, 2),
    "inr_before": _INR,
    "inr_previous": _INR,
    "prothrombin_prolonged_s": Quantity("s", -10, 60),
    "prothrombin_percent": Quantity("%", 1, 200),
    "ascites": _SEVERITY,
    "encephalopathy": _SEVERITY,
    "child_pugh": Quantity("", 5, 15, whole=True),
    "creatinine_umol_l": _CREATININE,
    "creatinine_upper": Quantity("umol/L", 30, 200),
    "creatinine_baseline": _CREATININE,
    "sodium_mmol_l": Quantity("mmol/L", 110, 170),
    "dialysis": _FLAG,
    "alt_u_l": _ENZYME,
    "ast_u_l": _ENZYME,
    "ast_upper": _LIMIT,
    "transaminase_u_l": _ENZYME,
    "transaminase_upper": _LIMIT,
    "transaminase_baseline": _ENZYME,
    "platelets_10_9_l": Quantity("10^9/L", 5, 1_500),
    "platelets_lower": Quantity("10^9/L", 75, 200),
    "neutrophils_10_9_l": Quantity("10^9/L", 0, 100),
    "neutrophils_lower": Quantity("10^9/L", 1.5, 3),
    "lymphocytes_10_9_l": Quantity("10^9/L", 0, 50, above=True),
    "monocytes_10_9_l": Quantity("10^9/L", 0, 20, above=True),
    "crp_mg_l": Quantity("mg/L", 0, 500),
    "afp_ng_ml": _AFP,
    "afp_ng_ml_first": Quantity("ng/mL", 0, 5_000_000, above=True),
    "pivka_mau_ml": _PIVKA,
    "pivka_mau_ml_first": Quantity("mAU/mL", 0, 1_000_000, above=True),
    "largest_mm": Quantity("mm", 0, 300, above=True),
    "total_mm": Quantity("mm", 0, 2_000, above=True),
    "n_lesions": Quantity("", 1, 100, whole=True),
    "macrovascular_invasion": _FLAG,
    "any_vascular_invasion": _FLAG,
    "major_vascular_invasion": _FLAG,
    "adjacent_invasion": _FLAG,
    "lymph_node": _FLAG,
    "distant_metastasis": _FLAG,
    "extrahepatic_spread": _FLAG,
    "portal_text": Quantity(kind="text"),
    "remnant_ml": _VOLUME,
    "liver_ml": _VOLUME,
    "cirrhosis": _FLAG,
    "target_sum_mm": _SUM,
    "baseline_mm": Quantity("mm", 0, 2_000, above=True),
    "nadir_mm": _SUM,
    "smallest_mm": _SUM,
    "incomplete": _FLAG,
    "targets_gone": _FLAG,
    "target_response": Quantity(levels=RESPONSES, kind="text"),
    "non_target_response": Quantity(
        levels=("CR", "non-CR/non-PD", "PD", "NE"), kind="text"
    ),
    "new_lesion": _FLAG,
    "viable_percent": _PERCENT,
    "necrosis_percent": _PERCENT,
    "nodules_mm": Quantity("mm", 0, 300, above=True, kind="numbers"),
    "nodules_viable_percent": Quantity("%", 0, 100, kind="numbers"),
    "clavien": Quantity(levels=CLAVIEN, kind="text"),
    "complications": Quantity(levels=CLAVIEN, kind="texts"),
    "postoperative_day": _DAY,
    "liver_failure": _FLAG,
    "leak": _FLAG,
    "bleeding": _FLAG,
    "treatment": _BURDEN,
    "leak_days": _DAY,
    "haemoglobin_before_g_l": _HAEMOGLOBIN,
    "haemoglobin_g_l": _HAEMOGLOBIN,
    "units_transfused": Quantity("", 0, 200),
    "reoperated": _FLAG,
}
"""Name of an input, with its unit where it has one, to what it may be."""
