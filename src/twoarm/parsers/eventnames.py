"""What hospitals call adverse events and complications, in English and Chinese.

Names are written as they are compared: lower case, without spaces and marks. A name
stands for one event. The list is open: what it lacks is kept as it is written.
"""

import re
from functools import cache

_EVENTS = """
hypothyroidism|甲减 甲状腺功能减退 甲状腺功能减退症 甲状腺功能低下 甲低 hypothyroid
hyperthyroidism|甲亢 甲状腺功能亢进 甲状腺功能亢进症 hyperthyroid
adrenal insufficiency|肾上腺皮质功能不全 肾上腺功能不全 肾上腺皮质功能减退
hypophysitis|垂体炎 免疫性垂体炎
immune-mediated hepatitis|免疫性肝炎 免疫相关性肝炎 免疫相关肝炎 immunehepatitis
    immunerelatedhepatitis autoimmunehepatitis
pneumonitis|免疫性肺炎 免疫相关性肺炎 免疫相关肺炎 间质性肺炎 immunepneumonitis
    immunerelatedpneumonitis interstitiallungdisease ild
myocarditis|免疫性心肌炎 免疫相关性心肌炎 免疫相关心肌炎 心肌炎 immunemyocarditis
    immunerelatedmyocarditis
colitis|免疫性结肠炎 免疫相关性结肠炎 免疫相关结肠炎 结肠炎 免疫性肠炎 immunecolitis
    immunerelatedcolitis
hypertension|高血压 血压升高 血压增高 htn bloodpressureincreased
proteinuria|蛋白尿 尿蛋白阳性 尿蛋白 urineproteinpositive
hand-foot skin reaction|手足皮肤反应 手足综合征 手足综合症 hfsr hfs handfootsyndrome
    palmarplantarerythrodysaesthesia palmarplantarerythrodysesthesiasyndrome
    palmarplantarerythrodysaesthesiasyndrome ppe
rash|皮疹 药疹 斑丘疹 skinrash maculopapularrash rashmaculopapular
pruritus|瘙痒 皮肤瘙痒 itching
capillary endothelial proliferation|反应性毛细血管增生症 毛细血管增生症 毛细血管瘤
    rccep reactivecutaneouscapillaryendothelialproliferation
fatigue|乏力 疲乏 疲劳 疲倦 asthenia
diarrhoea|腹泻 diarrhea
nausea|恶心
vomiting|呕吐
decreased appetite|食欲减退 食欲下降 纳差 食欲不振 anorexia lossofappetite
oral mucositis|口腔黏膜炎 口腔粘膜炎 口腔溃疡 mucositisoral mucositis stomatitis
abdominal pain|腹痛
weight decreased|体重下降 体重减轻 weightloss
pyrexia|发热 发烧 fever
ALT increased|谷丙转氨酶升高 丙氨酸氨基转移酶升高 alt升高 altelevation elevatedalt
AST increased|谷草转氨酶升高 天冬氨酸氨基转移酶升高 ast升高 astelevation elevatedast
bilirubin increased|胆红素升高 高胆红素血症 hyperbilirubinaemia hyperbilirubinemia
    bloodbilirubinincreased
thrombocytopenia|血小板减少 血小板减少症 血小板降低 plateletcountdecreased
leukopenia|白细胞减少 白细胞减少症 白细胞降低 whitebloodcelldecreased leucopenia
anaemia|贫血 anemia
haemorrhage|出血 bleeding hemorrhage
gastrointestinal haemorrhage|消化道出血 上消化道出血 gastrointestinalhemorrhage
    gibleeding
bile leak|胆漏 胆瘘 胆汁漏 bileleakage biliaryfistula bilefistula
pleural effusion|胸腔积液 胸水
ascites|腹水 腹腔积液
postoperative haemorrhage|术后出血 腹腔出血 postoperativehemorrhage
    postoperativebleeding
wound infection|切口感染 伤口感染 incisioninfection surgicalsiteinfection ssi
abdominal infection|腹腔感染 腹腔脓肿 intraabdominalinfection abdominalabscess
pneumonia|肺部感染 肺炎 pulmonaryinfection lunginfection
liver failure|肝功能衰竭 肝衰竭 术后肝衰竭 肝功能不全 phlf hepaticfailure
    posthepatectomyliverfailure
portal vein thrombosis|门静脉血栓 门静脉血栓形成 pvt
acute kidney injury|急性肾损伤 急性肾功能不全 aki
"""


@cache
def list_events() -> dict[str, str]:
    """List all names, as `event_key` writes them, each with its event."""
    rows = (
        line.split("|") for line in _EVENTS.replace("\n    ", " ").split("\n")[1:-1]
    )
    return {
        event_key(name): event
        for event, names in rows
        for name in (event, *names.split())
    }


def event_key(name: str) -> str:
    """Write a name as it is compared.

    >>> event_key("Hand-foot syndrome")
    'handfootsyndrome'
    """
    return re.sub(r"[\W_]+", "", name.lower())
