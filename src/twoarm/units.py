"""Units: one table of what each quantity may be exported in, and its factor."""

import re
import unicodedata

_BILIRUBIN = {"umol/L": 1.0, "mg/dL": 17.104}
_PER_LITRE = {"g/L": 1.0, "g/dL": 10.0}
_ENZYME = {"U/L": 1.0, "IU/L": 1.0, "ukat/L": 60.0}
# SOURCE: 10^3/uL is 10^9/L; a Chinese laboratory counts in 10^4 (wan) per uL too.
_CELLS = {"10^9/L": 1.0, "10^3/uL": 1.0, "/uL": 0.001, "/mm3": 0.001, "10^4/uL": 10.0}
_LENGTH = {"mm": 1.0, "cm": 10.0}

FACTORS: dict[str, dict[str, float]] = {
    # SOURCE: molar mass of bilirubin 584.66 g/mol: 1 mg/dL is 17.104 umol/L.
    "bilirubin_umol_l": _BILIRUBIN,
    "direct_bilirubin_umol_l": _BILIRUBIN,
    "albumin_g_l": _PER_LITRE,
    "haemoglobin_g_l": _PER_LITRE,
    # SOURCE: WHO 72/225 as Roche and Abbott convert it: 1 kU/L is 1.21 ng/mL.
    "afp_ng_ml": {"ng/mL": 1.0, "ug/L": 1.0, "kU/L": 1.21, "IU/mL": 1.21},
    # ng/mL is another assay's, and no factor for it can be trusted: see `REFUSED`.
    "pivka_mau_ml": {"mAU/mL": 1.0, "AU/L": 1.0},
    # SOURCE: one katal is 1 mol/s, one unit 1 umol/min: 1 ukat/L is 60 U/L.
    "alt_u_l": _ENZYME,
    "ast_u_l": _ENZYME,
    "ggt_u_l": _ENZYME,
    "alp_u_l": _ENZYME,
    "ldh_u_l": _ENZYME,
    "platelets_10_9_l": _CELLS,
    "leukocytes_10_9_l": _CELLS,
    "neutrophils_10_9_l": _CELLS,
    "lymphocytes_10_9_l": _CELLS,
    "monocytes_10_9_l": _CELLS,
    # SOURCE: molar mass of creatinine 113.12 g/mol.
    "creatinine_umol_l": {"umol/L": 1.0, "mg/dL": 88.42},
    "sodium_mmol_l": {"mmol/L": 1.0, "mEq/L": 1.0},
    "crp_mg_l": {"mg/L": 1.0, "mg/dL": 10.0, "ug/mL": 1.0},
    "prothrombin_s": {"s": 1.0},
    "weight_kg": {"kg": 1.0, "jin": 0.5},
    "height_cm": {"cm": 1.0, "m": 100.0},
    "target_sum_mm": _LENGTH,
    "viable_sum_mm": _LENGTH,
    "long_mm": _LENGTH,
    "short_mm": _LENGTH,
    "viable_mm": _LENGTH,
    "margin_mm": _LENGTH,
}
"""Field to the units it may be exported in, and their factors."""

REFUSED: dict[str, dict[str, str]] = {
    "pivka_mau_ml": {
        "ng/mL": "is of another assay, which no factor turns into mAU/mL; leave the "
        "field out, or ask the laboratory for mAU/mL"
    },
    "neutrophils_10_9_l": {"%": "is a share; export the absolute count"},
    "lymphocytes_10_9_l": {"%": "is a share; export the absolute count"},
    "platelets_10_9_l": {"10^12/L": "is a unit of red cells; look at the header"},
}
"""Field to units that are never converted, and why."""

SMALL = re.compile("[⁰¹²³⁴-⁹]+")
_SAME = {
    "iu/l": "u/l",
    "k/ul": "10^3/ul",
    "x10^9/l": "10^9/l",
    "10*9/l": "10^9/l",
    "10e9/l": "10^9/l",
    "g/l(10^9)": "10^9/l",
    "万/ul": "10^4/ul",
    "/mm^3": "/mm3",
    "/μl": "/ul",
    "斤": "jin",
    "公斤": "kg",
    "千克": "kg",
    "厘米": "cm",
    "毫米": "mm",
    "ku/l": "iu/ml",
    "秒": "s",
    "sec": "s",
}


def plain_unit(text: str) -> str:
    """Write a unit in one form, to be compared and not to be shown.

    >>> plain_unit("μmol／L") == plain_unit("umol/l"), plain_unit("×10⁹/L")
    (True, '10^9/l')
    """
    # Normal width would make 109 of a power that is written small.
    powers = SMALL.sub(lambda found: f"^{found[0]}", text)
    plain = unicodedata.normalize("NFKC", powers).casefold().replace(" ", "")
    for mark in "µμ":
        plain = plain.replace(mark, "u")
    plain = plain.lstrip("*×x")
    return _SAME.get(plain, plain)


def factors_of(field: str) -> dict[str, float]:
    """Give the factors of a field by the plain forms of its units.

    >>> factors_of("albumin_g_l")
    {'g/l': 1.0, 'g/dl': 10.0}
    """
    return {plain_unit(unit): each for unit, each in FACTORS.get(field, {}).items()}
