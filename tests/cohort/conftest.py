"""Small exports: rows of days, of which the first dose of a patient is day 0."""

from datetime import date, timedelta

import polars as pl
import pytest

from twoarm.dictionary import EXPORTS

START = date(2021, 6, 1)
TYPES = {
    "text": pl.String,
    "date": pl.Date,
    "flag": pl.Boolean,
    "number": pl.Float64,
    "ecog": pl.Float64,
    "code": pl.String,
}


def day(number):
    """Day of the course: 0 is the day of the first dose."""
    return START + timedelta(number)


def table(name, rows):
    """Rows of a table of the dictionary; days become dates, the rest is null."""
    kinds = {field.name: field.kind for field in EXPORTS[name]}
    schema = {column: TYPES.get(kind, pl.String) for column, kind in kinds.items()}
    place = {"source_file": pl.String, "source_row": pl.Int64, "centre": pl.String}
    filled = [
        {
            "source_file": f"{name}.csv",
            "source_row": row,
            "centre": "a",
            **{
                column: day(value) if kinds[column] == "date" else value
                for column, value in values.items()
                if value is not None
            },
        }
        for row, values in enumerate(rows, start=2)
    ]
    return pl.DataFrame(filled, schema={**place, **schema})


@pytest.fixture(scope="session")
def course():
    """Exports of one patient `p`: rows without a `patient_id` are of that patient."""

    def fill(**tables):
        usual = {
            "patients": [{"first_dose_date": 0, "histology": "hcc"}],
            "follow_ups": [{"last_contact_date": 900, "last_imaging_date": 850}],
        }
        rows = {**{key: [] for key in EXPORTS}, **usual, **tables}
        return {
            name: table(name, [{"patient_id": "p", **row} for row in each])
            for name, each in rows.items()
        }

    return fill
