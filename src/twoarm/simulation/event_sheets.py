"""How each centre writes adverse events, complications, and their names and grades."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from twoarm.simulation import spoils
from twoarm.simulation.export import Records
from twoarm.simulation.faults import Fault, Grid, Spoiled, simulate_faults
from twoarm.simulation.layout import Column, Pair, Sheet

Names = Mapping[str, Sequence[str]]
"""Event to what a centre calls it: first as it mostly does."""
ENGLISH: Names = {
    "hypothyroidism": ("Hypothyroidism",),
    "hypertension": ("Hypertension", "HTN"),
    "proteinuria": ("Proteinuria",),
    "hand-foot skin reaction": (
        "HFSR",
        "Hand-foot syndrome",
        "hand-foot skin reaction",
    ),
    "rash": ("Rash", "Maculopapular rash"),
    "pruritus": ("Pruritus", "itching"),
    "fatigue": ("Fatigue",),
    "diarrhoea": ("Diarrhoea", "Diarrhea"),
    "decreased appetite": ("Decreased appetite", "Anorexia"),
    "AST increased": ("AST increased", "AST elevation"),
    "thrombocytopenia": ("Thrombocytopenia", "Platelet count decreased"),
    "haemorrhage": ("Haemorrhage", "bleeding"),
    "immune-mediated hepatitis": ("Immune-mediated hepatitis", "Immune hepatitis"),
    "pneumonitis": ("Pneumonitis", "ILD"),
    "colitis": ("Colitis",),
    "myocarditis": ("Myocarditis",),
    "bile leak": ("Bile leak", "Bile leakage"),
    "pleural effusion": ("Pleural effusion",),
    "ascites": ("Ascites",),
    "postoperative haemorrhage": ("Postoperative bleeding",),
    "wound infection": ("Wound infection", "SSI"),
    "abdominal infection": ("Intra-abdominal infection",),
    "pneumonia": ("Pneumonia",),
    "liver failure": ("PHLF", "Liver failure"),
}


NO_CELLS = Pair(pl.DataFrame(), pl.DataFrame(), {})
"""What a sheet holds before it is written."""


@dataclass(frozen=True)
class EventSheets:
    """The sheets of adverse events and of complications at one centre."""

    adverse: Mapping[str, str]
    """Field of adverse events to its column."""
    complications: Mapping[str, str]
    """Field of complications to its column."""
    names: Names
    grades: Sequence[str]
    """Forms of a grade, as `spoils.draw_grade` takes them."""
    clavien: Sequence[str]
    flags: Mapping[str, str]
    """What stands for true and false."""
    dates: str = "dashes"

    def simulate(
        self, rng: np.random.Generator, records: Records, places: Sequence[Grid]
    ) -> Iterator[Spoiled]:
        """Write adverse events, then complications, each with its faults.

        Parameters
        ----------
        rng
            Source of the random numbers.
        records
            Tables of the centre.
        places
            File, sheet and first row of either, and no cells.
        """
        tables = {"adverse_events": self.adverse, "complications": self.complications}
        for place, (table, columns) in zip(places, tables.items(), strict=True):
            pair = records.write(rng, self._sheet(table, columns))
            faults = list(self._faults(columns))
            yield simulate_faults(
                rng, place._replace(pair=pair), faults, records.eligible
            )

    def _sheet(self, table: str, columns: Mapping[str, str]) -> Sheet:
        codes = {
            "term": {event: names[0] for event, names in self.names.items()},
            "immune_related": self.flags,
        }
        return Sheet(
            table,
            {name: Column(each, codes.get(name, {})) for name, each in columns.items()},
            dates=(self.dates,),
        )

    def _faults(self, columns: Mapping[str, str]) -> Iterator[Fault]:
        several = [names[0] for names in self.names.values() if len(names) > 1]
        named = pl.col(columns["term"]).is_in(several)
        other = spoils.draw_name(self.names)
        yield Fault("term", columns["term"], 0.4, other, named)
        for field, forms in (("ctcae_grade", self.grades), ("clavien", self.clavien)):
            if field in columns:
                yield Fault("stage", columns[field], 1.0, spoils.draw_grade(*forms))
