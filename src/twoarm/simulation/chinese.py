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

EVENTS = {
    "hypothyroidism": ("甲减", "甲状腺功能减退"),
    "hypertension": ("高血压", "血压升高"),
    "proteinuria": ("蛋白尿", "尿蛋白阳性"),
    "hand-foot skin reaction": ("手足皮肤反应", "手足综合征"),
    "rash": ("皮疹", "斑丘疹"),
    "pruritus": ("皮肤瘙痒", "瘙痒"),
    "fatigue": ("乏力", "疲乏"),
    "diarrhoea": ("腹泻",),
    "decreased appetite": ("食欲减退", "纳差", "食欲下降"),
    "AST increased": ("谷草转氨酶升高", "AST升高"),
    "thrombocytopenia": ("血小板减少", "血小板降低"),
    "haemorrhage": ("出血",),
    "immune-mediated hepatitis": ("免疫性肝炎", "免疫相关性肝炎"),
    "pneumonitis": ("免疫性肺炎", "免疫相关性肺炎"),
    "colitis": ("免疫性结肠炎", "免疫相关性结肠炎"),
    "myocarditis": ("免疫性心肌炎",),
    "bile leak": ("胆漏", "胆瘘"),
    "pleural effusion": ("胸腔积液", "胸水"),
    "ascites": ("腹水", "腹腔积液"),
    "postoperative haemorrhage": ("术后出血",),
    "wound infection": ("切口感染", "伤口感染"),
    "abdominal infection": ("腹腔感染",),
    "pneumonia": ("肺部感染", "肺炎"),
    "liver failure": ("肝功能不全", "术后肝衰竭"),
}
"""Adverse event or complication to its Chinese names: first as it mostly is called."""
