"""What the rules need to know of a study before any file of it is read."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from twoarm.config.clocks import clocks_of, covariates_of
from twoarm.config.designs import CRUDE, UNADJUSTED, UNSCORED
from twoarm.config.faults import StudyError
from twoarm.config.output import Simulation
from twoarm.config.source import reading_of
from twoarm.config.study import complete, read_study
from twoarm.config.tables import (
    TablePlan,
    making_of,
    read_codebook,
    reasons_of,
    tables_of,
)
from twoarm.config.varying import varying_of
from twoarm.dictionary import EXPORTS
from twoarm.fieldmaps import fields_of_study
from twoarm.months import DAYS_PER_MONTH


class Plan(NamedTuple):
    """A study made ready for the rules.

    `config` is the study with every default; `centres` has the tables of each centre; a
    study of one file has the one centre `source`. `local` is the copy of a fetched file
    that was found, if any.
    """

    config: dict[str, Any]
    centres: dict[str, list[TablePlan]]
    tables: list[str]
    local: list[str]

    @property
    def reasons(self) -> dict[str, str]:
        """Rules that set a row aside, with their reasons."""
        return reasons_of(self.config)

    @property
    def columns(self) -> dict[str, str]:
        """Our name of a field to the file's column (sources of one file)."""
        if "source" not in self.centres:
            return {}
        (fields,) = self.centres["source"][0].making["repeats"]
        return {field["name"]: field["column"] for field in fields}

    @property
    def cohort_checks(self) -> dict[str, Any]:
        """What the cohort as a whole is held to, beyond its rows."""
        analysis, covariates = self.config["analysis"], self.config["covariates"]
        named = [*(analysis["horizons_months"] or []), analysis["rmst_months"]]
        return {
            "labels": self.config["treatment"]["labels"],
            "binary": [k for k, each in covariates.items() if each["kind"] == "binary"],
            "varying": varying_of(self.config["designs"]),
            "horizons_days": [each * DAYS_PER_MONTH for each in named if each],
        }

    @property
    def structural(self) -> list[str]:
        """Covariates whose gaps are no accident."""
        covariates = self.config["covariates"].items()
        return [name for name, each in covariates if each["structural"]]

    @property
    def compared(self) -> list[str]:
        """Covariates that all patients have, or will have been given."""
        return [k for k in self.config["covariates"] if k not in self.structural]

    @property
    def open_fields(self) -> list[str]:
        """Fields that may hold any text, as no levels of theirs are stated."""
        if self.config["source"]["kind"] == "exports":
            return ["term"]
        return [
            name
            for name, each in self.config["covariates"].items()
            if each["kind"] != "continuous" and not each["levels"]
        ]

    @property
    def optional(self) -> list[str]:
        """Covariates that need not be known of a patient."""
        return list(self.config["covariates"]) if self.imputed else self.structural

    @property
    def model(self) -> dict[str, Any]:
        """How each propensity score is estimated, but for its terms."""
        keys = ("method", "penalty", "folds", "within", "seed")
        return {key: self.config["propensity"][key] for key in keys}

    @property
    def thresholds(self) -> dict[str, Any]:
        """When the arms of a design count as balanced."""
        thresholds: dict[str, Any] = self.config["propensity"]["balance"]
        return thresholds

    @property
    def imputed(self) -> bool:
        """Whether covariates that are not known are imputed."""
        return bool(self.config["imputation"]["n"])

    @property
    def imputations(self) -> list[str]:
        """Numbers of the completed data sets; 0 where nothing is imputed."""
        n = self.config["imputation"]["n"]
        return [str(k) for k in range(1, n + 1)] or ["0"]

    @property
    def designs(self) -> dict[str, dict[str, Any]]:
        """Name of each design to its section, with the name of its score.

        Designs share the score of `unadjusted` but those with covariates of their own
        and those with another time zero; one without adjustment has none.
        """
        shared = self.config["propensity"]["covariates"]
        found = {}
        for name, design in self.config["designs"].items():
            own = design["covariates"] != shared or design["landmark_days"]
            score = name if own else UNADJUSTED
            found[name] = {
                **design,
                "score": "" if design["method"] in UNSCORED else score,
            }
        return found

    @property
    def scores(self) -> dict[str, list[str]]:
        """Name of each propensity score to the terms of its model."""
        own = {each["score"]: each["covariates"] for each in self.designs.values()}
        shared = {UNADJUSTED: self.config["propensity"]["covariates"]}
        return {**shared, **{name: terms for name, terms in own.items() if name}}

    @property
    def clocks(self) -> dict[str, dict[str, Any]]:
        """Name of each design, `unadjusted` among them, to its clock."""
        return clocks_of(self.config["designs"])

    @property
    def adjusting(self) -> dict[str, list[str]]:
        """Name of each design to the covariates that it adjusts for."""
        return {
            name: covariates_of(each) for name, each in self.config["designs"].items()
        }

    @property
    def regressions(self) -> dict[str, list[str]]:
        """Name of each design without adjustment to the covariates of a regression."""
        chosen = self.config["analysis"]["cox"]["covariates"]
        designs = self.config["designs"].items()
        crude = [name for name, each in designs if each["method"] in CRUDE]
        return dict.fromkeys((UNADJUSTED, *crude), chosen)

    @property
    def covariate_labels(self) -> dict[str, str]:
        """Name of a covariate to its label, with its unit."""
        covariates = self.config["covariates"].items()
        return {
            name: each["label"] + (f" ({each['unit']})" if each["unit"] else "")
            for name, each in covariates
        }

    @property
    def enrolled(self) -> dict[str, str | None]:
        """First and last day on which time zero may lie."""
        cohort = self.config["cohort"]
        return {"first": cohort["enrolled_from"], "last": cohort["enrolled_to"]}

    @property
    def asked_at_zero(self) -> list[dict[str, Any]]:
        """Steps of eligibility that are still to be asked once time zero is found."""
        cohort = self.config["cohort"]
        asked = cohort["time_zero"] == "first_qualifying"
        return [] if asked else list(cohort["eligibility"])

    @property
    def data_cut(self) -> str | None:
        """Last day of which the exports tell, as ISO text."""
        cut: str | None = self.config["source"].get("data_cut")
        return cut

    @property
    def linkage(self) -> list[str]:
        """File of the pairs that a person settled; of simulated exports their own."""
        source = self.config["source"]
        if source["kind"] != "exports":
            return []
        if source["folder"] is None:
            return ["<results>/simulation/simulate_exports/linkage.csv"]
        return [source["linkage"]] if source["linkage"] else []

    @property
    def simulation(self) -> dict[str, Any]:
        """Settings of the simulation, also where it is not asked for."""
        return self.config["simulation"] or Simulation().model_dump()


def plan_study(config: Mapping[str, Any], folder: Path | str = ".") -> Plan:
    """Check a study file, its codebooks, and that its files are there.

    Parameters
    ----------
    config
        The study file as read.
    folder
        Where the study's paths start: the folder in which Snakemake runs.

    Raises
    ------
    StudyError
        Lists every fault.
    """
    study = complete(read_study(config))
    folder = Path(folder)
    if study["source"]["kind"] == "exports":
        return _plan_exports(study, folder)
    source = study["source"]
    local = [path for path in source["local"] if (folder / path).exists()][:1]
    given = {"source.path": source["path"]} if source["path"] else {}
    if faults := _missing_files(folder, given):
        raise StudyError("The study file", faults)
    path = source["path"] or "<results>/ingestion/fetch_source/source.csv"
    path = "" if source["connection"] else path
    reading = reading_of(source, str(Path(path).parent), fields_of_study(study))
    if source["path"] and Path(path).suffix.lower() in (".rdata", ".rda"):
        reading["name"] = source["sheet"]
    prefix, fields = "", [asdict(field) for field in fields_of_study(study)]
    making = making_of(study, [fields], source["missing"], prefix)
    table = TablePlan("records", path, reading, making)
    return Plan(study, {"source": [table]}, ["records"], local)


def _plan_exports(study: dict[str, Any], folder: Path) -> Plan:
    source, faults = study["source"], []
    files: dict[str, str] = {}
    base = source["folder"] or "<results>/simulation/simulate_exports/exports"
    centres: dict[str, list[TablePlan]] = {}
    for centre, path in source["centres"].items():
        key = f"source.centres.{centre}"
        try:
            codebook = read_codebook(folder / path)
        except StudyError as error:
            faults += [(key, f"{path}: {': '.join(each)}") for each in error.faults]
            continue
        if codebook["centre"] != centre:
            faults.append((key, f"{path} is of another centre"))
        centres[centre] = tables_of(study, codebook, base)
        files |= {
            f"{centre}.{each.table}": each.source
            for each in centres[centre]
            if each.source
        }
    if source["folder"]:
        faults += _missing_files(folder, files)
    linkage = {"source.linkage": source["linkage"]} if source["linkage"] else {}
    faults += _missing_files(folder, linkage)
    if faults:
        raise StudyError("The study file", faults)
    return Plan(study, centres, list(EXPORTS), [])


def _missing_files(folder: Path, files: Mapping[str, str]) -> list[tuple[str, str]]:
    missing = [
        (key, f"no file {path}, as seen from {folder.resolve().name}/")
        for key, path in files.items()
        if not (folder / path).is_file()
    ]
    # Snakemake takes what stands between braces for a part that differs by job.
    braced = [
        (key, f"{path} has a brace in its name; rename the file")
        for key, path in files.items()
        if {"{", "}"} & {*path}
    ]
    return missing + braced
