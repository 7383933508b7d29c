"""Units as a codebook states them, held against those that the file itself tells."""

from collections.abc import Mapping, Sequence

from twoarm.ingestion.headers import parse_header, parse_unit
from twoarm.ingestion.reading import Fault
from twoarm.units import REFUSED, factors_of, plain_unit


def find_contrary_units(
    units: Mapping[str, str], stated: Mapping[str, Sequence[str]]
) -> list[Fault]:
    """Find the columns whose unit is another than the codebook says.

    Parameters
    ----------
    units
        Column to its unit, from a row of units.
    stated
        Column to its field of the dictionary and its unit, as the codebook has them.

    Returns
    -------
    list of Fault
        One a column. A file that tells no unit, or one that is none of the field's,
        contradicts nothing.

    Examples
    --------
    >>> (fault,) = find_contrary_units(
    ...     {"ALB": "g/dL"}, {"ALB": ("albumin_g_l", "g/L")}
    ... )
    >>> fault.what
    'the file says g/dL and the codebook g/L; correct the one that is wrong'
    """
    told = {
        column: (parse_unit(units.get(column, "")) or parse_header(column).unit)
        for column in stated
    }
    return [
        Fault(
            None,
            column,
            "unit_contrary",
            f"the file says {told[column]} and the codebook {unit}; correct the one "
            "that is wrong",
        )
        for column, (field, unit) in stated.items()
        if told[column] and _differ(field, told[column], unit)
    ]


def _differ(field: str, told: str, unit: str) -> bool:
    factors = factors_of(field)
    if told in REFUSED.get(field, {}):
        return True
    one, other = (factors.get(plain_unit(each)) for each in (told, unit))
    return one is not None and other is not None and one != other
