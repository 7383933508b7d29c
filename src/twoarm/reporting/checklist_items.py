"""Items of STROBE, RECORD and TARGET: what each asks for, and what would meet it."""

from typing import NamedTuple


class Item(NamedTuple):
    """An item: its number, what it asks for, the sections that may meet it, and how.

    `says` is what the text of such a section must hold, a regular expression; of an
    item that no report of this kind meets there are no sections.
    """

    number: str
    asks: str
    places: tuple[str, ...] = ()
    says: str = "."


STROBE = (
    Item("1a", "Design named in the title or the abstract"),
    Item("1b", "Abstract"),
    Item("2", "Background and rationale"),
    Item("3", "Objectives", ("Below the title",)),
    Item("4", "Key elements of the design", ("Protocol",), r"^Assignment \|"),
    Item("5", "Setting, locations and dates"),
    Item("6a", "Eligibility, and how patients were followed",
         ("Protocol",), r"^Eligibility \|[^|]*\| \d"),
    Item("6b", "Matching criteria, and numbers of the matched",
         ("Methods",), r"matching"),
    Item("7", "Outcomes, exposures and confounders defined",
         ("Protocol",), r"^Outcomes \|[^|]*\| .*runs from"),
    Item("8", "Sources of data, and how variables were measured"),
    Item("9", "Efforts against bias", ("Audit of the clocks",), r"Verdict"),
    Item("10", "How the size of the study came about"),
    Item("11", "How quantitative variables were handled"),
    Item("12a", "Statistical methods, and control of confounding",
         ("Methods",), r"propensity score"),
    Item("12b", "Methods for subgroups and interactions",
         ("Methods",), r"Subgroups were named"),
    Item("12c", "How missing data were addressed",
         ("Methods",), r"covariate that is not known|Covariates that are not known"),
    Item("12d", "How loss to follow-up was addressed",
         ("Protocol",), r"censored at|follow-up ends independently"),
    Item("12e", "Sensitivity analyses", ("Methods",), r"E-values are"),
    Item("13a", "Numbers of patients at each stage",
         ("Patients",), r"Flow of patients"),
    Item("13b", "Reasons for leaving at each stage",
         ("Patients",), r"those who left and why"),
    Item("13c", "Flow diagram", ("Patients",), r"Flow of patients"),
    Item("14a", "Characteristics of the patients", ("Table 1",), r"^Covariate \|"),
    Item("14b", "Numbers with missing data, by variable",
         ("Missing values",), r"^Covariate \|.*Handling|known of every patient"),
    Item("14c", "Follow-up time", ("Audit of the clocks",), r"Follow-up, months"),
    Item("15", "Numbers of outcome events", ("Results",), r"Events of patients"),
    Item("16a", "Unadjusted and adjusted estimates, with their precision",
         ("Results",), r"limits in brackets(.|\n)*^Unadjusted \|(.|\n)*\(AT"),
    Item("16b", "Boundaries of categories of continuous variables"),
    Item("16c", "Absolute risks", ("Results",), r"in percent\.(.|\n)*\| Difference\n."),
    Item("17", "Other analyses: subgroups, interactions, sensitivity",
         ("Subgroups and regression", "How fragile the answer is")),
    Item("18", "Key results", ("At the head", "All designs"), r"hazard ratio"),
    Item("19", "Limitations", ("What weakens this study",)),
    Item("19", "Direction and size of bias",
         ("How each design does on a twin of this cohort",), r"mean hazard ratio"),
    Item("20", "Interpretation"),
    Item("21", "Generalisability",
         ("For whom each design answers",), r"Answers for|nobody in particular"),
    Item("22", "Funding"),
)  # fmt: skip

RECORD = (
    Item("1.1", "Type of data and names of databases in the title or the abstract"),
    Item("1.2", "Region and time in the title or the abstract"),
    Item("1.3", "Linkage in the title or the abstract"),
    Item("6.1", "Codes or algorithms that selected the patients",
         ("Patients",), r"each version of the criteria"),
    Item("6.2", "Validation of these codes or algorithms"),
    Item("6.3", "Diagram of the linkage"),
    Item("7.1", "Codes of exposures, outcomes, confounders and effect modifiers"),
    Item("12.1", "Access of the investigators to the databases"),
    Item("12.2", "Cleaning of the data",
         ("Patients",), r"What was done to the cells"),
    Item("12.3", "Linkage, its methods and its quality"),
    Item("13.1", "Selection of the patients, with filtering by quality",
         ("Patients",), r"Set aside"),
    Item("19.1", "What it means that the data were not made for this question"),
    Item("22.1", "Access to protocol, raw data and code"),
)  # fmt: skip

# Its wording is not printed here; topics stand for items.
TARGET = (
    Item("Abstract", "Emulation of a target trial, data, assumptions, estimates"),
    Item("Introduction", "Background"),
    Item("Introduction", "Causal question", ("Below the title",)),
    Item("Introduction", "Why a target trial is emulated"),
    Item("Methods", "Sources of data"),
    Item("Target trial", "Eligibility", ("Protocol",), r"^Eligibility \| (?!Not told)"),
    Item("Target trial", "Treatment strategies",
         ("Protocol",), r"^Strategies \| (?!Not told)"),
    Item("Target trial", "Assignment", ("Protocol",), r"^Assignment \| (?!Not told)"),
    Item("Target trial", "Time zero and follow-up",
         ("Protocol",), r"^Follow-up \| (?!Not told)"),
    Item("Target trial", "Outcomes", ("Protocol",), r"^Outcomes \| (?!Not told)"),
    Item("Target trial", "Causal contrasts",
         ("Protocol",), r"^Contrast \| (?!Not told)"),
    Item("Target trial", "Identifying assumptions",
         ("Protocol",), r"^Assumptions \| (?!Not told)"),
    Item("Target trial", "Plan of the analysis"),
    Item("Emulation", "Eligibility", ("Protocol",), r"^Eligibility \|[^|]*\| \d"),
    Item("Emulation", "Treatment strategies",
         ("Protocol",), r"^Strategies \|[^|]*\| As observed"),
    Item("Emulation", "Assignment",
         ("Protocol",), r"^Assignment \|[^|]*\| As patients"),
    Item("Emulation", "Time zero and follow-up",
         ("Protocol",), r"^Time zero \|[^|]*\| Time zero"),
    Item("Emulation", "Outcomes", ("Protocol",), r"^Outcomes \|[^|]*\| .*runs from"),
    Item("Emulation", "Causal contrasts",
         ("Protocol",), r"^Contrast \|[^|]*\| (Sound|The audit)"),
    Item("Emulation", "Identifying assumptions",
         ("Protocol",), r"^Assumptions \|[^|]*\| Within"),
    Item("Emulation", "Analysis", ("Methods",), r"propensity score"),
    Item("Results", "Selection of patients", ("Patients",), r"Flow of patients"),
    Item("Results", "Characteristics of the arms", ("Table 1",), r"^Covariate \|"),
    Item("Results", "Follow-up", ("Audit of the clocks",), r"Follow-up, months"),
    Item("Results", "Missing data", ("Missing values",)),
    Item("Results", "Numbers of outcomes", ("Results",), r"Events of patients"),
    Item("Results", "Estimates with their precision, also on an absolute scale",
         ("Results",), r"in percent\.(.|\n)*\| Difference\n."),
    Item("Results", "Additional analyses", ("How fragile the answer is",)),
    Item("Discussion", "Interpretation"),
    Item("Discussion", "Limitations", ("What weakens this study",)),
    Item("Other", "Ethics"),
    Item("Other", "Registration"),
    Item("Other", "Data and code"),
    Item("Other", "Funding and conflicts of interest"),
)  # fmt: skip
