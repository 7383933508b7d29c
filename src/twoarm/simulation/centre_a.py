"""Centre a, the hub: a workbook and a long file of the laboratory, in Chinese."""

import numpy as np
import polars as pl

from twoarm.simulation import spoils
from twoarm.simulation.books import Page, write_text, write_workbook
from twoarm.simulation.centre_a_labs import (
    ID,
    LAB_FAULTS,
    LABS,
    TEXT,
    derive_items,
    derive_units,
)
from twoarm.simulation.chinese import DRUGS, PRESENT, SIGN, YES
from twoarm.simulation.chinese import EVENTS as EVENT_NAMES
from twoarm.simulation.event_sheets import NO_CELLS, EventSheets
from twoarm.simulation.export import Export, Records
from twoarm.simulation.faults import (
    Fault,
    Grid,
    Spoiled,
    list_cells,
    simulate_faults,
)
from twoarm.simulation.layout import (
    PLACE,
    Column,
    Pair,
    Sheet,
    add_pair,
    pool_pairs,
)
from twoarm.simulation.spoils import list_typos

BOOK, RIGHT = "A_基本信息.xlsx", "A_更正.csv"
NOT_DONE = ("未查", "-", "不详")
MIXED = ("slashes", "dashes", "compact")
"""Three forms of a date in one column."""

PATIENTS = Sheet(
    "patients",
    {
        **ID,
        "national_id": Column("身份证号"),
        "person_name": Column("姓名"),
        "sex": Column("性别", {"male": "男", "female": "女"}),
        "birth_date": Column("出生日期", dates=("slashes",)),
        "hbv": Column("乙肝", SIGN),
        "hcv": Column("丙肝", SIGN),
        "cirrhosis": Column("肝硬化", PRESENT),
        "histology": Column(
            "病理类型", {"hcc": "肝细胞癌", "combined": "混合型", "other": "其他"}
        ),
        "diagnosis_date": Column("确诊日期", dates=MIXED),
        "first_dose_date": Column("首次用药日期", dates=("serial",)),
        "height_cm": Column("身高"),
        "weight_kg": Column("体重", decimals=1),
        "cnlc": Column("CNLC分期"),
        "pvtt": Column("癌栓分型"),
    },
    missing=NOT_DONE,
)
SURGERIES = Sheet(
    "surgeries",
    {
        **ID,
        "surgery_date": Column("手术日期", dates=MIXED),
        "viable_percent": Column("存活肿瘤比例"),
        "r_status": Column("切缘", {"R0": "R0切除", "R1": "R1切除"}),
        "edmondson": Column("Edmondson分级"),
        "blood_loss_ml": Column("术中出血量"),
        "operation_minutes": Column("手术时间"),
        "margin_mm": Column("切缘距离"),
        "mvi": Column("MVI分级"),
    },
)
FOLLOW_UPS = Sheet(
    "follow_ups",
    {
        **ID,
        "last_contact_date": Column("末次随访日期"),
        "last_imaging_date": Column("末次影像日期", dates=MIXED),
        "progression_date": Column("进展日期", dates=("chinese",)),
        "death_date": Column("死亡日期"),
    },
)
ASSESSMENTS = Sheet(
    "assessments",
    {
        **ID,
        "exam_date": Column("检查日期"),
        "report_date": Column("报告日期", dates=("time",)),
        "target_sum_mm": Column("靶病灶总和(mm)", decimals=1),
        "viable_sum_mm": Column("活性病灶总和(mm)", decimals=1),
        "charted_response": Column("疗效评价"),
        "new_lesion": Column("新发病灶", PRESENT),
        "n_lesions": Column("病灶数目"),
        "portal_invasion": Column("门静脉癌栓", PRESENT),
        "extrahepatic_spread": Column("肝外转移", PRESENT),
        "ecog": Column("ECOG评分"),
        "child_pugh": Column("Child-Pugh评分"),
        "mdt_resectable": Column("MDT可切除", YES),
        "r0_feasible": Column("可R0切除", YES),
        "flr_adequate": Column("残余肝足够", YES),
        "margin_adequate": Column("切缘足够", YES),
        "vessels_resectable": Column("血管可切除重建", YES),
        "extrahepatic_inactive": Column("肝外病灶无活性", YES),
        "severe_ae": Column("严重不良反应", YES),
        "contraindicated": Column("手术禁忌", YES),
        "flr_percent": Column("残肝比例(%)", decimals=1),
    },
    dates=("slashes",),
    missing=NOT_DONE,
)
TREATMENTS = Sheet(
    "treatments",
    {
        **ID,
        "drug": Column("药物名称", DRUGS),
        "n_cycles": Column("周期数"),
        "start_date": Column("开始日期"),
        "end_date": Column("结束日期"),
    },
)
EVENTS = EventSheets(
    adverse={
        "patient_id": "病案号",
        "onset_date": "发生日期",
        "term": "不良反应",
        "ctcae_grade": "CTCAE分级",
        "immune_related": "免疫相关",
    },
    complications={
        "patient_id": "病案号",
        "onset_date": "发生日期",
        "term": "并发症",
        "clavien": "Clavien分级",
    },
    names=EVENT_NAMES,
    grades=("{number}级", "{sign}级"),
    clavien=("{sign}", "{number}级"),
    flags=YES,
    dates="slashes",
)

EARLY = (
    Fault("order", "死亡日期", 3, spoils.draw_early(5), safe=True),
    Fault(
        "order",
        "末次随访日期",
        4,
        spoils.draw_early(4),
        pl.col("死亡日期").is_null(),
        safe=True,
    ),
    Fault("order", "手术日期", 2, spoils.draw_early(2)),
)
PATIENT_FAULTS = (
    *EARLY,
    Fault("stage", "癌栓分型", 0.12, spoils.draw_thrombus),
    Fault("stage_other", "癌栓分型", 0.12, spoils.draw_vp),
    Fault("stage", "CNLC分期", 0.5, spoils.draw_stage),
    Fault("stage", "Edmondson分级", 0.1, spoils.draw_range),
    Fault("number", "手术时间", 0.5, spoils.draw_hours("{}小时{}分"), apart=True),
    Fault("number", "术中出血量", 0.3, spoils.draw_unit("{}ml", "约{}ml"), apart=True),
)
EXAM_FAULTS = (Fault("response_vague", "疗效评价", 0.03, spoils.draw_smaller),)
DRUG_FAULTS = (list_typos("药物名称"),)


UNITS = {
    "身高": "cm",
    "体重": "kg",
    "存活肿瘤比例": "%",
    "术中出血量": "ml",
    "手术时间": "min",
    "切缘距离": "mm",
}
"""Column of the first sheet to what stands under its name."""

NUMBERS = (
    "首次用药日期", "身高", "体重", "存活肿瘤比例", "靶病灶总和(mm)",
    "活性病灶总和(mm)", "病灶数目", "ECOG评分", "Child-Pugh评分", "周期数",
    "术中出血量", "手术时间", "切缘距离",
)  # fmt: skip
"""Columns that are numbers in the workbook; all others are text."""


def simulate_centre_a(rng: np.random.Generator, records: Records) -> Export:
    """Write the exports of centre a.

    Parameters
    ----------
    rng
        Source of the random numbers.
    records
        Its tables.
    """
    patients = records.write(rng, PATIENTS)
    for sheet in (SURGERIES, FOLLOW_UPS):
        patients = add_pair(patients, records.write(rng, sheet))
    labs = derive_items(records.write(rng, LABS))
    grids = {
        "patients": (Grid(BOOK, "基本信息", 4, patients), PATIENT_FAULTS),
        "exams": (
            Grid(BOOK, "影像评估", 2, records.write(rng, ASSESSMENTS)),
            EXAM_FAULTS,
        ),
        "drugs": (Grid(BOOK, "用药", 2, records.write(rng, TREATMENTS)), DRUG_FAULTS),
        "labs": (labs, LAB_FAULTS),
    }
    made = {
        name: simulate_faults(rng, grid, faults, records.eligible)
        for name, (grid, faults) in grids.items()
    }
    (apart,) = rng.spawn(1)
    places = [Grid(BOOK, name, 2, NO_CELLS) for name in ("不良反应", "并发症")]
    events = EVENTS.simulate(apart, records, places)
    made |= dict(zip(("adverse", "complications"), events, strict=True))
    right = _write_right(patients, made["patients"].key)
    pages = [_page(name, made[name]) for name in made if name != "labs"]
    files = {
        BOOK: write_workbook([*pages, Page("字典", _list_codes(), hidden=True)]),
        RIGHT: write_text(right.text, "gb18030", line_end="\r\n"),
        TEXT: write_text(derive_units(made["labs"]), "gb18030", line_end="\r\n"),
    }
    keys = [*(each.key for each in made.values()), list_cells(right)]
    return Export(files, pl.concat(keys), made["patients"].grid)


def _page(name: str, spoiled: Spoiled) -> Page:
    grid = spoiled.grid
    first = name == "patients"
    title, units = ("肝癌转化治疗登记表", UNITS) if first else ("", {})
    return Page(str(grid.sheet), grid.text, title, units, NUMBERS)


def _list_codes() -> pl.DataFrame:
    """List what codes mean, as a sheet that the system hides."""
    return pl.DataFrame({"代码": [*YES.values()], "含义": [*YES]})


def _write_right(patients: Pair, key: pl.DataFrame) -> Grid:
    """Write the rows with dates out of order once more, as they should be."""
    wrong = key.filter(kind="order").with_columns(at=pl.col("row") - 4)
    operated = pl.col("column") == "手术日期"
    parts = []
    for chosen, sheet in ((operated, SURGERIES), (~operated, FOLLOW_UPS)):
        at = wrong.filter(chosen)["at"].sort()
        names = [each.header for each in sheet.columns.values()]
        fields = {
            each.header: f"{sheet.table}.{name}" for name, each in sheet.columns.items()
        }
        text, truth = (part[at].select(*PLACE, *names) for part in patients[:2])
        parts.append(Pair(text, truth, fields))
    return Grid(RIGHT, None, 2, pool_pairs(parts))
