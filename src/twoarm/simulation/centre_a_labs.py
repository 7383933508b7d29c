"""The laboratory of centre a: a long file, a row an item of a sample."""

import polars as pl

from twoarm.simulation import spoils
from twoarm.simulation.faults import Fault, Grid, Spoiled
from twoarm.simulation.layout import Column, Pair, Sheet, derive_long

TEXT = "A_检验.csv"
ID = {"patient_id": Column("病案号")}
LABS = Sheet(
    "labs",
    {
        **ID,
        "sample_date": Column("采样日期"),
        "bilirubin_umol_l": Column("TBIL", decimals=1),
        "albumin_g_l": Column("ALB", decimals=1),
        "afp_ng_ml": Column("AFP", decimals=2),
        "pivka_mau_ml": Column("PIVKA", decimals=0),
        "alt_u_l": Column("ALT"),
        "ast_u_l": Column("AST"),
        "platelets_10_9_l": Column("PLT"),
        "leukocytes_10_9_l": Column("WBC", decimals=2),
        "neutrophils_10_9_l": Column("NEUT", decimals=2),
        "lymphocytes_10_9_l": Column("LYMPH", decimals=2),
        "haemoglobin_g_l": Column("HGB"),
        "inr": Column("INR", decimals=2),
        "creatinine_umol_l": Column("CREA"),
        "sodium_mmol_l": Column("NA", decimals=1),
        "crp_mg_l": Column("CRP", decimals=1),
    },
    missing=("未查", "未做"),
)
ITEMS = {
    "TBIL": ("总胆红素", "umol/L"),
    "ALB": ("白蛋白", "g/L"),
    "AFP": ("甲胎蛋白", "ng/mL"),
    "PIVKA": ("异常凝血酶原", "mAU/mL"),
    "ALT": ("谷丙转氨酶", "U/L"),
    "AST": ("谷草转氨酶", "U/L"),
    "PLT": ("血小板", "×10^9/L"),
    "WBC": ("白细胞", "×10^9/L"),
    "NEUT": ("中性粒细胞", "×10^9/L"),
    "LYMPH": ("淋巴细胞", "×10^9/L"),
    "HGB": ("血红蛋白", "g/L"),
    "INR": ("国际标准化比值", ""),
    "CREA": ("肌酐", "umol/L"),
    "NA": ("钠", "mmol/L"),
    "CRP": ("C反应蛋白", "mg/L"),
}
"""Column to the name and the unit of its item."""


def _item(name: str) -> pl.Expr:
    return pl.col("项目") == ITEMS[name][0]


ABOVE = spoils.draw_limit(">60500", 60_500)
BELOW = spoils.draw_limit("＜0.605", 0.605)
"""Limits of the analyser of AFP, in ng/mL."""
LAB_FAULTS = (
    Fault("unit", "结果", 0.05, spoils.draw_mg_dl, _item("TBIL")),
    Fault("comparator", "结果", 0.02, ABOVE, _item("AFP"), safe=True),
    Fault("comparator", "结果", 0.02, BELOW, _item("AFP"), safe=True),
    Fault("comparator", "结果", 0.03, spoils.PIVKA_LIMIT, _item("PIVKA")),
    Fault("number", "结果", 0.05, spoils.draw_dot, _item("INR")),
    Fault("number", "结果", 0.05, spoils.draw_mark, _item("ALT")),
    Fault("decimal", "结果", 0.01, spoils.draw_slip, _item("HGB")),
    Fault("decimal", "结果", 0.01, spoils.draw_slip, _item("ALB"), safe=True),
    Fault("unit_absent", "结果", 0.04, spoils.draw_same, pl.col("单位") != ""),
)


def derive_items(labs: Pair) -> Grid:
    """Lay samples out with a row an item."""
    names = {
        item: f"{LABS.table}.{name}"
        for (item, _), name in zip(ITEMS.values(), list(LABS.columns)[2:], strict=True)
    }
    long = derive_long(labs, ("病案号", "采样日期"), ITEMS)
    return Grid(TEXT, None, 2, long, "项目", names)


def derive_units(labs: Spoiled) -> pl.DataFrame:
    """Let the column of units tell of the cells in mg/dL, and nothing of some."""
    row = pl.int_range(2, 2 + labs.grid.text.height)
    at = {
        kind: labs.key.filter(kind=kind)["row"].implode()
        for kind in ("unit", "unit_absent")
    }
    unit = (
        pl.when(row.is_in(at["unit"]))
        .then(pl.lit("mg/dL"))
        .when(row.is_in(at["unit_absent"]))
        .then(pl.lit(""))
        .otherwise("单位")
    )
    return labs.grid.text.with_columns(单位=unit)
