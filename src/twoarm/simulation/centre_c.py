"""Centre c: a page that is called a workbook, and a workbook whose days are of 1904."""

import numpy as np
import polars as pl

from twoarm.simulation import spoils
from twoarm.simulation.books import Page, write_html, write_workbook
from twoarm.simulation.chinese import DRUGS, PRESENT, SIGN, YES
from twoarm.simulation.chinese import EVENTS as EVENT_NAMES
from twoarm.simulation.event_sheets import NO_CELLS, EventSheets
from twoarm.simulation.export import Export, Records
from twoarm.simulation.faults import Fault, Grid, simulate_faults
from twoarm.simulation.layout import Column, Pair, Sheet, add_pair, derive_wide
from twoarm.simulation.spoils import list_typos

PAGE, BOOK = "C中心.xls", "C_labs_wide.xlsx"
ID = {"patient_id": Column("住院号")}
SAMPLES = ("D0", "C2")

BRANDS = DRUGS | {
    "sintilimab": "达伯舒",
    "camrelizumab": "艾瑞卡",
    "tislelizumab": "百泽安",
    "apatinib": "艾坦",
}
"""Some drugs go by the name of the maker."""
PATIENTS = Sheet(
    "patients",
    {
        **ID,
        "national_id": Column("身份证"),
        "person_name": Column("患者姓名"),
        "sex": Column("性别", {"male": "男", "female": "女"}),
        "birth_date": Column("出生年月日"),
        "hbv": Column("HBsAg", SIGN),
        "histology": Column(
            "病理", {"hcc": "肝细胞癌", "combined": "混合型肝癌", "other": "其他"}
        ),
        "first_dose_date": Column("开始治疗"),
    },
    dates=("chinese",),
    missing=("无", "未查", "/"),
)
SURGERIES = Sheet(
    "surgeries",
    {
        **ID,
        "surgery_date": Column("手术日期"),
        "viable_percent": Column("残余肿瘤(%)"),
        "r_status": Column("R分级", {"R0": "切缘阴性", "R1": "切缘镜下阳性"}),
        "blood_loss_ml": Column("出血量(ml)"),
        "operation_minutes": Column("手术时长(分)"),
        "margin_mm": Column("切缘宽度(mm)"),
        "mvi": Column("微血管侵犯", {"M0": "未见", "M1": "M1", "M2": "M2"}),
        "edmondson": Column("分化程度"),
    },
    dates=("chinese",),
)
FOLLOW_UPS = Sheet(
    "follow_ups",
    {
        **ID,
        "last_contact_date": Column("末次随访"),
        "last_imaging_date": Column("末次影像"),
        "progression_date": Column("进展时间"),
        "death_date": Column("死亡时间"),
    },
    dates=("chinese",),
)
LABS = Sheet(
    "labs",
    {
        **ID,
        "sample_date": Column("日期_{repeat}"),
        "bilirubin_umol_l": Column("TBIL_{repeat}", decimals=1),
        "albumin_g_l": Column("ALB_{repeat}", decimals=1),
        "afp_ng_ml": Column("AFP_{repeat}", decimals=2),
        "alt_u_l": Column("ALT_{repeat}"),
        "ast_u_l": Column("AST_{repeat}"),
        "platelets_10_9_l": Column("PLT(/uL)_{repeat}", factor=0.001),
        "leukocytes_10_9_l": Column("WBC_{repeat}", decimals=2),
        "creatinine_umol_l": Column("CREA_{repeat}"),
    },
    dates=("chinese",),
    missing=("无", "未查"),
)
ASSESSMENTS = Sheet(
    "assessments",
    {
        **ID,
        "exam_date": Column("检查日期"),
        "new_lesion": Column("新发", PRESENT),
        "n_lesions": Column("病灶数"),
        "portal_invasion": Column("癌栓", PRESENT),
        "extrahepatic_spread": Column("肝外转移", PRESENT),
        "ecog": Column("PS评分"),
        "child_pugh": Column("CP评分"),
        "mdt_resectable": Column("MDT可切除", YES),
        "r0_feasible": Column("R0可行", YES),
        "flr_adequate": Column("残肝足够", YES),
        "margin_adequate": Column("切缘足够", YES),
        "vessels_resectable": Column("血管可切除", YES),
        "extrahepatic_inactive": Column("肝外无活性", YES),
        "severe_ae": Column("严重不良反应", YES),
        "contraindicated": Column("手术禁忌", YES),
        "charted_response": Column("疗效"),
    },
    missing=("未查",),
)
LESIONS = Sheet(
    "lesions",
    {
        **ID,
        "exam_date": Column("检查日期"),
        "lesion_id": Column("病灶编号"),
        "target": Column("靶病灶", YES),
        "long_mm": Column("大小", decimals=1),
        "viable_mm": Column("活性长径(mm)", decimals=1),
    },
)
TREATMENTS = Sheet(
    "treatments",
    {
        **ID,
        "drug": Column("药物", BRANDS),
        "n_cycles": Column("疗程"),
        "start_date": Column("开始"),
        "end_date": Column("结束"),
    },
    dates=("serial_1904",),
)
EVENTS = EventSheets(
    adverse={
        "patient_id": "住院号",
        "onset_date": "发生日期",
        "term": "不良事件",
        "ctcae_grade": "分级",
        "immune_related": "irAE",
    },
    complications={
        "patient_id": "住院号",
        "onset_date": "发生日期",
        "term": "术后并发症",
        "clavien": "CD分级",
    },
    names=EVENT_NAMES,
    grades=("{sign}", "{roman}级", "{number}级"),
    clavien=("{sign}级", "CD {roman}"),
    flags=YES,
)
LAB_FAULTS = tuple(
    fault
    for repeat in SAMPLES
    for fault in (
        Fault("number", f"AST_{repeat}", 0.05, spoils.draw_mark),
        Fault("decimal", f"ALB_{repeat}", 0.01, spoils.draw_slip, safe=True),
    )
)
EXAM_FAULTS = (Fault("response_vague", "疗效", 0.03, spoils.draw_smaller),)
LESION_FAULTS = (
    Fault("size_merged", "大小", 0.03, spoils.draw_merged, pl.col("靶病灶") == "否"),
    Fault("size", "大小", 1.0, spoils.draw_size),
)
DRUG_FAULTS = (list_typos("药物"),)
PAGE_FAULTS = (
    Fault("stage", "微血管侵犯", 1.0, spoils.draw_same, pl.col("微血管侵犯") == "未见"),
    Fault("stage", "分化程度", 0.5, spoils.draw_grade("{sign}级")),
)
NUMBERS = ("住院号", "病灶数", "CP评分", "疗程", "开始", "结束")
"""Columns that are numbers in the workbook: record numbers lose their zeros."""
DAYS = ("检查日期", "发生日期")
"""Columns that are days of the workbook."""


def write_sizes(lesions: Pair, rows: pl.DataFrame, column: str) -> Pair:
    """Write both axes of each lesion as `long*short`, in mm."""
    both = rows.select(
        pl.format("{}*{}", pl.col("long_mm").round(1), pl.col("short_mm").round(1))
    ).to_series()
    return lesions._replace(text=lesions.text.with_columns(both.alias(column)))


def simulate_centre_c(rng: np.random.Generator, records: Records) -> Export:
    """Write the exports of centre c.

    Parameters
    ----------
    rng
        Source of the random numbers.
    records
        Its tables.
    """
    wide = records.write(rng, PATIENTS)
    labs = wide._replace(
        text=wide.text.select("_record", "_place", "住院号"),
        truth=wide.truth.select("_record", "_place", "住院号"),
        fields={"住院号": "labs.patient_id"},
    )
    for sheet in (SURGERIES, FOLLOW_UPS):
        wide = add_pair(wide, records.write(rng, sheet))
    labs = derive_wide(labs, records.write(rng, LABS), SAMPLES, "住院号")
    lesions = write_sizes(
        records.write(rng, LESIONS), records.tables["lesions"], "大小"
    )
    sheets = {
        "检验": (labs, LAB_FAULTS),
        "影像": (records.write(rng, ASSESSMENTS), EXAM_FAULTS),
        "病灶": (lesions, LESION_FAULTS),
        "用药": (records.write(rng, TREATMENTS), DRUG_FAULTS),
    }
    made = {
        name: simulate_faults(rng, Grid(BOOK, name, 2, pair), faults, records.eligible)
        for name, (pair, faults) in sheets.items()
    }
    (apart,) = rng.spawn(1)
    page = simulate_faults(
        apart, Grid(PAGE, None, 2, wide), PAGE_FAULTS, records.eligible
    )
    places = [Grid(BOOK, name, 2, NO_CELLS) for name in ("不良反应", "并发症")]
    for each in EVENTS.simulate(apart, records, places):
        made[str(each.grid.sheet)] = each
    pages = [
        Page(name, _add_unmapped(rng, each.grid.text), numbers=NUMBERS, days=DAYS)
        for name, each in made.items()
    ]
    files = {
        PAGE: write_html(page.grid.text, "导出", "gb18030"),
        BOOK: write_workbook(pages, from_1904=True),
    }
    return Export(
        files, pl.concat([page.key, *(each.key for each in made.values())]), page.grid
    )


def _add_unmapped(rng: np.random.Generator, rows: pl.DataFrame) -> pl.DataFrame:
    """Add to the laboratory's sheet what the codebook leaves out, with a reason."""
    if "AFP_D0" not in rows.columns:
        return rows
    n = rows.height
    more = {
        f"{name}_{repeat}": pl.Series(values.round(1)).cast(pl.String)
        for repeat in SAMPLES
        for name, values in (
            ("NEUT(%)", rng.uniform(45, 75, n)),
            ("PIVKA(ng/mL)", rng.lognormal(1.5, 1, n)),
        )
    }
    return rows.with_columns(**more)
