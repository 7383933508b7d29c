"""How each centre writes the dictionary's tables: names, units, codes, dates."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Column:
    """One column of an export."""

    header: str
    """Its name."""
    codes: Mapping[str, str | int] = field(default_factory=dict)
    """Level of the dictionary, or "true" and "false", to what stands in the export."""
    factor: float = 1.0
    """What the centre's number is multiplied by to reach the dictionary's unit."""
    decimals: int = 0
    """Decimals of a number."""


@dataclass(frozen=True)
class Sheet:
    """One file or sheet of an export."""

    name: str
    """Name of the sheet; of a file its table says it."""
    dates: Literal["slashes", "iso", "upper", "cells"]
    """2021/3/5, 2021-03-05, 05-MAR-2021, or a workbook's own dates."""
    columns: Mapping[str, Column]
    """Field of the dictionary to its column, in the export's order."""
    missing: str = ""
    """Stands for what is not known."""


YES_CN = {"true": "是", "false": "否"}
PRESENT_CN = {"true": "有", "false": "无"}
ID_CN = Column("病案号")
NOT_DONE = "未查"

CENTRE_A = {
    "patients": Sheet(
        "基本信息",
        "slashes",
        {
            "patient_id": ID_CN,
            "sex": Column("性别", {"male": "男", "female": "女"}),
            "birth_date": Column("出生日期"),
            "hbv": Column("乙肝", {"true": "阳性", "false": "阴性"}),
            "histology": Column(
                "病理类型", {"hcc": "肝细胞癌", "combined": "混合型", "other": "其他"}
            ),
            "first_dose_date": Column("首次用药日期"),
        },
        NOT_DONE,
    ),
    "assessments": Sheet(
        "影像评估",
        "slashes",
        {
            "patient_id": ID_CN,
            "exam_date": Column("检查日期"),
            "target_sum_mm": Column("靶病灶总和(mm)", decimals=1),
            "viable_sum_mm": Column("活性病灶总和(mm)", decimals=1),
            "new_lesion": Column("新发病灶", PRESENT_CN),
            "n_lesions": Column("病灶数目"),
            "portal_invasion": Column("门静脉癌栓", PRESENT_CN),
            "extrahepatic_spread": Column("肝外转移", PRESENT_CN),
            "ecog": Column("ECOG评分"),
            "child_pugh": Column("Child-Pugh评分"),
            "mdt_resectable": Column("MDT可切除", YES_CN),
            "r0_feasible": Column("可R0切除", YES_CN),
            "flr_adequate": Column("残余肝足够", YES_CN),
            "margin_adequate": Column("切缘足够", YES_CN),
            "vessels_resectable": Column("血管可切除重建", YES_CN),
            "extrahepatic_inactive": Column("肝外病灶无活性", YES_CN),
            "severe_ae": Column("严重不良反应", YES_CN),
            "contraindicated": Column("手术禁忌", YES_CN),
        },
        NOT_DONE,
    ),
    "labs": Sheet(
        "检验",
        "iso",
        {
            "patient_id": ID_CN,
            "sample_date": Column("采样日期"),
            "bilirubin_umol_l": Column("总胆红素(umol/L)", decimals=1),
            "albumin_g_l": Column("白蛋白(g/L)", decimals=1),
            "afp_ng_ml": Column("AFP(ng/mL)", decimals=2),
        },
        NOT_DONE,
    ),
    "treatments": Sheet(
        "用药",
        "slashes",
        {
            "patient_id": ID_CN,
            "drug_class": Column(
                "药物类别",
                {"ici": "免疫", "antivegf": "抗血管生成抗体", "tki": "靶向"},
            ),
            "n_cycles": Column("周期数"),
            "start_date": Column("开始日期"),
            "end_date": Column("结束日期"),
        },
    ),
    "surgeries": Sheet(
        "手术",
        "slashes",
        {
            "patient_id": ID_CN,
            "surgery_date": Column("手术日期"),
            "viable_percent": Column("存活肿瘤比例(%)"),
            "r_status": Column(
                "切缘", {"R0": "R0切除", "R1": "R1切除", "R2": "R2切除"}
            ),
        },
    ),
    "follow_ups": Sheet(
        "随访",
        "slashes",
        {
            "patient_id": ID_CN,
            "last_contact_date": Column("末次随访日期"),
            "last_imaging_date": Column("末次影像日期"),
            "progression_date": Column("进展日期"),
            "death_date": Column("死亡日期"),
        },
    ),
}
"""Centre a: a text file a table. A record number, 病案号, identifies the patient."""

YES_EN = {"true": "Y", "false": "N"}
ID_EN = Column("MRN")

CENTRE_B = {
    "patients": Sheet(
        "Demographics",
        "upper",
        {
            "patient_id": ID_EN,
            "sex": Column("Sex", {"male": 1, "female": 2}),
            "birth_date": Column("Date of birth"),
            "hbv": Column("HBsAg", YES_EN),
            "histology": Column(
                "Histology", {"hcc": "HCC", "combined": "cHCC-CCA", "other": "other"}
            ),
            "first_dose_date": Column("First dose"),
        },
        "NA",
    ),
    "assessments": Sheet(
        "Imaging",
        "cells",
        {
            "patient_id": ID_EN,
            "exam_date": Column("Exam date"),
            "ecog": Column("ECOG PS"),
            "target_sum_mm": Column("Sum of targets (cm)", factor=10, decimals=2),
            "viable_sum_mm": Column(
                "Sum of viable targets (cm)", factor=10, decimals=2
            ),
            "n_lesions": Column("Number of lesions"),
            "new_lesion": Column("New lesion", YES_EN),
            "portal_invasion": Column("PVTT", YES_EN),
            "extrahepatic_spread": Column("Extrahepatic", YES_EN),
            "child_pugh": Column("Child-Pugh score"),
            "mdt_resectable": Column("Resectable (MDT)", YES_EN),
            "r0_feasible": Column("R0 feasible", YES_EN),
            "flr_adequate": Column("Remnant adequate", YES_EN),
            "margin_adequate": Column("Margin adequate", YES_EN),
            "vessels_resectable": Column("Vessels resectable", YES_EN),
            "extrahepatic_inactive": Column("Extrahepatic inactive", YES_EN),
            "severe_ae": Column("Severe AE", YES_EN),
            "contraindicated": Column("Contraindication", YES_EN),
        },
        "NA",
    ),
    "labs": Sheet(
        "Laboratory",
        "upper",
        {
            "patient_id": ID_EN,
            "sample_date": Column("Sample date"),
            # SOURCE: the factors are those of twoarm.units.FACTORS.
            "bilirubin_umol_l": Column(
                "Total bilirubin (mg/dL)", factor=17.104, decimals=2
            ),
            "albumin_g_l": Column("Albumin (g/dL)", factor=10, decimals=2),
            "afp_ng_ml": Column("AFP (kU/L)", factor=1.21, decimals=2),
        },
        "NA",
    ),
    "treatments": Sheet(
        "Treatment",
        "cells",
        {
            "patient_id": ID_EN,
            "drug_class": Column(
                "Drug class", {"ici": "ICI", "antivegf": "anti-VEGF", "tki": "TKI"}
            ),
            "n_cycles": Column("Cycles"),
            "start_date": Column("Start"),
            "end_date": Column("Stop"),
        },
        "NA",
    ),
    "surgeries": Sheet(
        "Surgery",
        "upper",
        {
            "patient_id": ID_EN,
            "surgery_date": Column("Date of surgery"),
            "viable_percent": Column("Viable tumour (%)"),
            "r_status": Column("Resection", {"R0": "R0", "R1": "R1", "R2": "R2"}),
        },
        "NA",
    ),
    "follow_ups": Sheet(
        "Follow-up",
        "cells",
        {
            "patient_id": ID_EN,
            "last_contact_date": Column("Last contact"),
            "last_imaging_date": Column("Last imaging"),
            "progression_date": Column("Progression"),
            "death_date": Column("Death"),
            "os_months": Column("OS (months)", decimals=1),
            # The other way round than most: 1 lives.
            "vital_status": Column("Alive", {"alive": 1, "dead": 0}),
        },
        "NA",
    ),
}
"""Centre b: one workbook, a sheet a table. A number, MRN, identifies the patient."""
