"""Codes and names of drugs that Chinese exports share."""

YES = {"true": "是", "false": "否"}
PRESENT = {"true": "有", "false": "无"}
SIGN = {"true": "阳性", "false": "阴性"}

DRUGS = {
    "sintilimab": "信迪利单抗",
    "camrelizumab": "卡瑞利珠单抗",
    "tislelizumab": "替雷利珠单抗",
    "toripalimab": "特瑞普利单抗",
    "lenvatinib": "仑伐替尼",
    "apatinib": "阿帕替尼",
    "donafenib": "多纳非尼",
    "atezolizumab": "阿替利珠单抗",
    "bevacizumab": "贝伐珠单抗",
}
"""Generic name to its Chinese one."""
