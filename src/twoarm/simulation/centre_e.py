"""Centre e: all tables in one file, each row of one of them, with decimal commas."""

import numpy as np
import polars as pl

from twoarm.simulation import spoils
from twoarm.simulation.books import write_text
from twoarm.simulation.chinese import EVENTS as EVENT_NAMES
from twoarm.simulation.chinese import PRESENT, SIGN, YES
from twoarm.simulation.event_sheets import NO_CELLS, EventSheets
from twoarm.simulation.export import Export, Records
from twoarm.simulation.faults import Fault, Grid, simulate_faults
from twoarm.simulation.layout import Column, Pair, Sheet, add_pair, pool_pairs
from twoarm.simulation.spoils import list_typos

FILE = "E.csv"
ID = {"patient_id": Column("病历号")}
DRUGS = {
    "sintilimab": "SINTILIMAB",
    "camrelizumab": "CAMRELIZUMAB",
    "tislelizumab": "TISLELIZUMAB",
    "toripalimab": "TORIPALIMAB",
    "lenvatinib": "LENVATINIB",
    "apatinib": "APATINIB",
    "donafenib": "DONAFENIB",
    "atezolizumab": "ATEZOLIZUMAB",
    "bevacizumab": "BEVACIZUMAB",
}
KPS = {"0": "90", "1": "80", "2": "60", "3": "40"}
"""ECOG grade to Karnofsky's."""
PATIENTS = Sheet(
    "patients",
    {
        **ID,
        "national_id": Column("证件号"),
        "person_name": Column("姓名"),
        "sex": Column("性别", {"male": "男", "female": "女"}),
        "birth_date": Column("生日"),
        "hbv": Column("乙肝", SIGN),
        "histology": Column(
            "病理类型", {"hcc": "HCC", "combined": "混合", "other": "其他"}
        ),
        "diagnosis_date": Column("确诊日期"),
        "first_dose_date": Column("首剂日期"),
        "weight_kg": Column("体重", decimals=1),
    },
    dates=("day_first",),
    missing=("不详", "?"),
)
SURGERIES = Sheet(
    "surgeries",
    {
        **ID,
        "surgery_date": Column("手术日期"),
        "viable_percent": Column("存活肿瘤"),
        "r_status": Column("切缘", {"R0": "阴性", "R1": "镜下阳性"}),
        "blood_loss_ml": Column("术中出血"),
        "operation_minutes": Column("手术用时"),
        "margin_mm": Column("切缘距离(cm)", factor=10, decimals=1),
        "mvi": Column("MVI"),
        "edmondson": Column("病理分级"),
    },
    dates=("day_first",),
)
FOLLOW_UPS = Sheet(
    "follow_ups",
    {
        **ID,
        "last_contact_date": Column("随访日期"),
        "last_imaging_date": Column("末次影像"),
        "progression_date": Column("进展日期"),
        "death_date": Column("死亡日期", missing=("9999-12-31",)),
    },
    dates=("day_first",),
)
ASSESSMENTS = Sheet(
    "assessments",
    {
        **ID,
        "exam_date": Column("检查日期"),
        "report_date": Column("报告日期"),
        "target_sum_mm": Column("靶病灶总和", decimals=1),
        "viable_sum_mm": Column("活性总和", decimals=1),
        "new_lesion": Column("新发病灶", PRESENT),
        "n_lesions": Column("病灶数目"),
        "portal_invasion": Column("癌栓", PRESENT),
        "extrahepatic_spread": Column("肝外转移", PRESENT),
        "ecog": Column("KPS", KPS),
        "child_pugh": Column("Child评分"),
        "mdt_resectable": Column("MDT", YES),
        "r0_feasible": Column("R0可行", YES),
        "flr_adequate": Column("残肝足够", YES),
        "margin_adequate": Column("切缘足够", YES),
        "vessels_resectable": Column("血管可切", YES),
        "extrahepatic_inactive": Column("肝外无活性", YES),
        "severe_ae": Column("严重AE", YES),
        "contraindicated": Column("禁忌", YES),
    },
    dates=("day_first",),
    missing=("不详", "NA"),
)
LABS = Sheet(
    "labs",
    {
        **ID,
        "sample_date": Column("采样日期"),
        "bilirubin_umol_l": Column("TBIL", decimals=1),
        "albumin_g_l": Column("ALB", decimals=1),
        "afp_ng_ml": Column("AFP", decimals=2),
        "inr": Column("INR", decimals=2),
        "sodium_mmol_l": Column("Na", decimals=1),
        "crp_mg_l": Column("CRP", decimals=1),
    },
    dates=("day_first",),
    missing=("不详", "-1"),
)
TREATMENTS = Sheet(
    "treatments",
    {
        **ID,
        "drug": Column("药名", DRUGS),
        "n_cycles": Column("周期"),
        "start_date": Column("开始"),
        "end_date": Column("结束", missing=("9999-12-31",)),
    },
    dates=("day_first",),
)
EVENTS = EventSheets(
    adverse={
        "patient_id": "病历号",
        "onset_date": "不良反应日期",
        "term": "不良反应",
        "ctcae_grade": "CTCAE",
        "immune_related": "免疫相关",
    },
    complications={
        "patient_id": "病历号",
        "onset_date": "并发症日期",
        "term": "并发症",
        "clavien": "Clavien",
    },
    names=EVENT_NAMES,
    grades=("{number}级", "G{number}"),
    clavien=("{roman}", "{sign}"),
    flags=YES,
    dates="day_first",
)
DECIMALS = (
    "体重", "靶病灶总和", "活性总和", "TBIL", "ALB", "AFP", "INR", "Na", "CRP",
    "切缘距离(cm)",
)  # fmt: skip


def _after(column: str, day: int) -> pl.Expr:
    """Days after a day of the month: after the twelfth they cannot be months."""
    return pl.col(column).str.slice(0, 2).cast(pl.Int64, strict=False) > day


FAULTS = (
    Fault("date_swapped", "确诊日期", 0.02, spoils.draw_swap, _after("确诊日期", 12)),
    Fault("date_swapped", "报告日期", 0.008, spoils.draw_swap, _after("报告日期", 12)),
    Fault("date_partial", "确诊日期", 0.4, spoils.draw_month, _after("确诊日期", 15)),
    list_typos("药名"),
    Fault("decimal", "ALB", 0.02, spoils.draw_slip, safe=True),
    Fault("decimal", "Na", 0.02, spoils.draw_slip),
    Fault("comparator", "CRP", 0.05, spoils.draw_limit("<0,5", 0.5)),
)
REMARKS = (
    '术前讨论"可切除"\n建议随访',
    "外院会诊 Andr\ue000 \n同意",
    "",
    "",
    "",
)
STRAY = b"\xe9"
"""A byte that is no GB18030 before a space: an accent of a western system."""


def simulate_centre_e(rng: np.random.Generator, records: Records) -> Export:
    """Write the exports of centre e.

    Parameters
    ----------
    rng
        Source of the random numbers.
    records
        Its tables.
    """
    one = records.write(rng, PATIENTS)
    for sheet in (SURGERIES, FOLLOW_UPS):
        one = add_pair(one, records.write(rng, sheet))
    many = [records.write(rng, sheet) for sheet in (ASSESSMENTS, LABS, TREATMENTS)]
    grid = Grid(FILE, None, 2, _with_commas(pool_pairs([one, *many])))
    made = simulate_faults(rng, grid, FAULTS, records.eligible)
    (apart,) = rng.spawn(1)
    second = 2 + made.grid.text.height
    third = second + records.tables["adverse_events"].height
    places = [Grid(FILE, None, first, NO_CELLS) for first in (second, third)]
    parts = [made, *EVENTS.simulate(apart, records, places)]
    text = pl.concat([each.grid.text for each in parts], how="diagonal")
    remarks = pl.Series("备注", rng.choice(REMARKS, text.height))
    rows = text.with_columns(remarks)
    content = write_text(rows, "gb18030", separator=";", line_end="\r\n")
    mark = "\ue000".encode("gb18030")
    key = pl.concat(each.key for each in parts)
    return Export({FILE: content.replace(mark, STRAY)}, key, made.grid)


def _with_commas(pair: Pair) -> Pair:
    comma = pl.col(DECIMALS).str.replace(".", ",", literal=True)
    return pair._replace(text=pair.text.with_columns(comma))
