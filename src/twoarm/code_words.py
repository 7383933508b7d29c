"""What stands in the cells of exports: codes, marks of what is not known, medians."""

# ASSUME: the median of patients treated for liver cancer lies within these limits.
MEDIANS: dict[str, tuple[float, float]] = {
    "bilirubin_umol_l": (6, 60),
    "albumin_g_l": (25, 50),
    "alt_u_l": (10, 200),
    "ast_u_l": (10, 200),
    "platelets_10_9_l": (40, 450),
    "leukocytes_10_9_l": (2, 15),
    "neutrophils_10_9_l": (1, 12),
    "lymphocytes_10_9_l": (0.4, 5),
    "haemoglobin_g_l": (80, 170),
    "creatinine_umol_l": (40, 130),
    "crp_mg_l": (0.5, 60),
    "weight_kg": (45, 90),
    "height_cm": (145, 185),
    "target_sum_mm": (20, 200),
    "viable_sum_mm": (20, 200),
    "long_mm": (15, 150),
    "short_mm": (12, 120),
    "viable_mm": (5, 150),
}
"""Field to the limits of its usual median, in the dictionary's unit."""

YES = (
    "是", "有", "阳性", "+", "(+)", "y", "yes", "true", "pos", "positive", "present",
    "√", "t",
)  # fmt: skip
NO = (
    "否", "无", "阴性", "-", "(-)", "n", "no", "false", "neg", "negative", "absent",
    "×", "f",
)  # fmt: skip

CODES: dict[str, dict[str, str]] = {
    "sex": {
        "female": "女 f female 女性 woman",
        "male": "男 m male 男性 man",
    },
    "histology": {
        "hcc": "hcc 肝细胞癌 肝细胞性肝癌 肝细胞肝癌 hepatocellularcarcinoma",
        "combined": "混合型 chcc-cca 混合型肝癌 混合细胞型肝癌 combined mixed",
        "other": "其他 其它 other icc 肝内胆管癌 胆管细胞癌 胆管细胞型",
    },
    "vital_status": {
        "alive": "存活 生存 alive 健在 living 活",
        "dead": "死亡 dead deceased died 已故",
        "lost": "失访 lost losttofollowup losttofollow-up",
    },
    "r_status": {
        "R0": "r0 r0切除 切缘阴性 阴性 negative",
        "R1": "r1 r1切除 镜下阳性",
        "R2": "r2 r2切除 肉眼残留",
    },
    "drug_class": {
        "ici": "免疫 ici 免疫治疗 pd-1 pd-l1 免疫检查点抑制剂 immunotherapy pd1",
        "antivegf": "抗血管生成抗体 anti-vegf antivegf 抗vegf 抗血管 bevacizumab",
        "tki": "靶向 tki 靶向治疗 酪氨酸激酶抑制剂 targeted",
        "haic": "haic 灌注化疗 肝动脉灌注化疗",
        "tace": "tace 介入 栓塞 介入栓塞",
        "radiotherapy": "放疗 radiotherapy rt sbrt 放射治疗",
        "ablation": "消融 ablation rfa mwa 射频消融",
        "chemo": "化疗 chemo chemotherapy 全身化疗",
        "other": "其他 其它 other",
    },
}
"""Field to level to its texts, as `plain_text` writes them, parted by spaces."""

MISSING_WORDS = (
    "NA", "N/A", "NULL", "null", "None", "NaN", "nan", "na", "n/a", "--", "—", "——",
    "?", "？", "未查", "未测", "未做", "缺", "缺失", "不详", "未知", "待查", "拒绝",
    "#N/A", "#VALUE!", "#REF!", "#DIV/0!", "1.#QNAN", "未检", "unknown", "Unknown",
    "missing", "not done", "ND",
)  # fmt: skip
"""Texts that stand for nothing known in whatever column."""
MISSING_MARKS = ("-", "/", "\\", ".", "无", "999", "-999", "9999", "-1", "99", "-9")
"""Texts that do so in some columns, and are a value in others."""
