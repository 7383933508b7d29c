"""The names of drugs and procedures: generic, class, and what else each is called."""

import re

# SOURCE: INN and Chinese generic names, and brands, of what is approved in China or the
# EU; codes of their makers (SHR-1210). A drug of another field stands here too, where
# its name is one or two letters from that of another: a near name is no typing error.
_DRUGS = """
atezolizumab|ici_pdl1|阿替利珠单抗 阿特珠单抗 阿替珠单抗 T药 泰圣奇 tecentriq atezo
durvalumab|ici_pdl1|度伐利尤单抗 度伐鲁单抗 德瓦鲁单抗 I药 英飞凡 imfinzi durva
avelumab|ici_pdl1|阿维鲁单抗 阿维单抗 bavencio
envafolimab|ici_pdl1|恩沃利单抗 恩维达 KN035
sugemalimab|ici_pdl1|舒格利单抗 择捷美 CS1001
adebrelimab|ici_pdl1|阿得贝利单抗 艾瑞利 SHR-1316
benmelstobart|ici_pdl1|贝莫苏拜单抗 安得卫 TQB2450
sintilimab|ici_pd1|信迪利单抗 达伯舒 tyvyt IBI308
camrelizumab|ici_pd1|卡瑞利珠单抗 卡瑞利珠 艾瑞卡 SHR-1210
tislelizumab|ici_pd1|替雷利珠单抗 百泽安 tevimbra BGB-A317
toripalimab|ici_pd1|特瑞普利单抗 拓益 loqtorzi JS001
penpulimab|ici_pd1|派安普利单抗 安尼可 AK105
pembrolizumab|ici_pd1|帕博利珠单抗 派姆单抗 K药 可瑞达 keytruda pembro MK-3475
nivolumab|ici_pd1|纳武利尤单抗 纳武单抗 O药 欧狄沃 opdivo nivo
zimberelimab|ici_pd1|赛帕利单抗 誉妥 GLS-010
serplulimab|ici_pd1|斯鲁利单抗 汉斯状 HLX10
pucotenlimab|ici_pd1|普特利单抗 普佑恒
finotonlimab|ici_pd1|菲诺利单抗 安佑平 SCT-I10A
cemiplimab|ici_pd1|西米普利单抗 libtayo
dostarlimab|ici_pd1|多塔利单抗 jemperli
cadonilimab|ici_pd1 ici_ctla4|卡度尼利单抗 开坦尼 AK104
ivonescimab|ici_pd1 antivegf|依沃西单抗 依达方 AK112
tremelimumab|ici_ctla4|曲美木单抗 替西木单抗 imjudo treme
ipilimumab|ici_ctla4|伊匹木单抗 Y药 逸沃 yervoy ipi
bevacizumab|antivegf|贝伐珠单抗 贝伐单抗 安维汀 达攸同 安可达 avastin byvasda bev IBI305
ramucirumab|antivegf|雷莫西尤单抗 雷莫芦单抗 希冉择 cyramza
aflibercept|antivegf|阿柏西普
lenvatinib|tki|仑伐替尼 乐伐替尼 乐卫玛 lenvima lenva E7080 len
sorafenib|tki|索拉非尼 多吉美 nexavar sora
donafenib|tki|多纳非尼 泽普生
regorafenib|tki|瑞戈非尼 瑞格非尼 拜万戈 stivarga rego
apatinib|tki|阿帕替尼 艾坦 rivoceranib YN968D1
anlotinib|tki|安罗替尼 福可维
cabozantinib|tki|卡博替尼 cabometyx
fruquintinib|tki|呋喹替尼 爱优特
surufatinib|tki|索凡替尼 苏泰达
famitinib|tki|法米替尼
sunitinib|tki|舒尼替尼 索坦
axitinib|tki|阿昔替尼 英立达
pazopanib|tki|培唑帕尼 维全特
nintedanib|tki|尼达尼布
imatinib|tki|伊马替尼 格列卫
nilotinib|tki|尼洛替尼
dasatinib|tki|达沙替尼
erlotinib|tki|厄洛替尼 特罗凯
gefitinib|tki|吉非替尼 易瑞沙
icotinib|tki|埃克替尼 凯美纳
afatinib|tki|阿法替尼
lapatinib|tki|拉帕替尼
neratinib|tki|奈拉替尼
pyrotinib|tki|吡咯替尼
osimertinib|tki|奥希替尼
crizotinib|tki|克唑替尼
alectinib|tki|阿来替尼
ceritinib|tki|塞瑞替尼
aumolertinib|tki|阿美替尼
avapritinib|tki|阿伐替尼
vandetanib|tki|凡德他尼
ibrutinib|tki|伊布替尼
trametinib|tki|曲美替尼
dabrafenib|tki|达拉非尼
vemurafenib|tki|维莫非尼
tepotinib|tki|特泊替尼
rituximab|other|利妥昔单抗
cetuximab|other|西妥昔单抗 爱必妥
trastuzumab|other|曲妥珠单抗 赫赛汀
pertuzumab|other|帕妥珠单抗
nimotuzumab|other|尼妥珠单抗
oxaliplatin|chemo|奥沙利铂 草酸铂 乐沙定
fluorouracil|chemo|氟尿嘧啶 5-氟尿嘧啶 5-FU
leucovorin|chemo|亚叶酸钙 甲酰四氢叶酸
levoleucovorin|chemo|左亚叶酸钙
capecitabine|chemo|卡培他滨 希罗达 xeloda
tegafur|chemo|替吉奥 S-1
gemcitabine|chemo|吉西他滨 健择
cisplatin|chemo|顺铂 DDP
carboplatin|chemo|卡铂
lobaplatin|chemo|洛铂
nedaplatin|chemo|奈达铂
doxorubicin|chemo|多柔比星 阿霉素
epirubicin|chemo|表柔比星 表阿霉素
pirarubicin|chemo|吡柔比星
raltitrexed|chemo|雷替曲塞
irinotecan|chemo|伊立替康
mitomycin|chemo|丝裂霉素
paclitaxel|chemo|紫杉醇
docetaxel|chemo|多西他赛
folfox|chemo|FOLFOX4 FOLFOX6 mFOLFOX mFOLFOX6
folfiri|chemo|
capox|chemo|XELOX
gemox|chemo|
haic|haic|肝动脉灌注化疗 肝动脉灌注 灌注化疗 肝动脉持续灌注化疗 FOLFOX-HAIC HAIC-FOLFOX
tace|tace|cTACE DEB-TACE D-TACE dTACE 介入 栓塞 载药微球 化疗栓塞 动脉化疗栓塞
tace|tace|肝动脉化疗栓塞 经导管动脉化疗栓塞 经动脉化疗栓塞 经导管肝动脉化疗栓塞 介入栓塞
tae|tace|肝动脉栓塞
radiotherapy|radiotherapy|放疗 放射治疗 RT 质子 伽马刀
sbrt|radiotherapy|SABR 立体定向放疗 立体定向放射治疗
imrt|radiotherapy|调强放疗 适形调强放疗
seeds|radiotherapy|125I 125I粒子 I125 I125粒子 碘125 碘125粒子
seeds|radiotherapy|粒子 粒子植入 125I粒子植入
radioembolisation|radiotherapy|TARE SIRT Y90 90Y 钇90 radioembolization
ablation|ablation|消融 冷冻消融 热消融
rfa|ablation|射频 射频消融
mwa|ablation|微波 微波消融
ethanol|ablation|PEI 无水酒精 无水乙醇 酒精注射
thymosin|other|胸腺法新 胸腺肽 胸腺五肽 日达仙
interferon|other|干扰素
entecavir|other|恩替卡韦 博路定 ETV
tenofovir|other|替诺福韦 丙酚替诺福韦 艾米替诺福韦 韦立得 TDF TAF
huaier|other|槐耳 槐耳颗粒 金克
"""
COMBINATIONS = {
    "双艾": "camrelizumab+apatinib",
    "双达": "sintilimab+bevacizumab",
    "可乐组合": "pembrolizumab+lenvatinib",
    "stride": "tremelimumab+durvalumab",
    r"a ?\+ ?t": "atezolizumab+bevacizumab",
    r"t ?\+ ?a": "atezolizumab+bevacizumab",
    r"atezo[-/ ]?bev": "atezolizumab+bevacizumab",
    r"len(?:va)?-tace": "lenvatinib+tace",
}
"""Patterns of names of several drugs to these."""
CLASS_WORDS = {
    **dict.fromkeys(("pd1", "pd1单抗", "pd1抑制剂", "抗pd1"), "ici_pd1"),
    **dict.fromkeys(("pdl1", "pdl1单抗", "pdl1抑制剂", "抗pdl1"), "ici_pdl1"),
    **dict.fromkeys(("ctla4", "ctla4单抗", "ctla4抑制剂"), "ici_ctla4"),
    **dict.fromkeys(("tki", "tkis"), "tki"),
    **dict.fromkeys(("化疗", "chemo", "chemotherapy"), "chemo"),
}
"""Words that tell a class, but no drug."""
_FILLERS = (
    r"注射用|注射液|胶囊|片剂|片|颗粒|口服|静滴|静脉滴注|方案|治疗|用药|单药|维持|术|"
    r"甲磺酸|甲苯磺酸|盐酸|苹果酸|[ -]|\b(?:mesylate|tosylate|maleate|injection|"
    r"capsules?|tablets?|regimen|therapy|treatment|monotherapy)\b"
)


def key_of(name: str) -> str:
    """Strip a name of case, signs, salts and the words for how it is given."""
    return re.sub(_FILLERS, "", name.lower())


def list_drugs() -> dict[str, tuple[str, ...]]:
    """List the generic names, each with its classes."""
    rows = (line.split("|") for line in _DRUGS.strip().splitlines())
    return {generic: tuple(classes.split()) for generic, classes, _ in rows}


def list_names() -> dict[str, str]:
    """List all names, as `key_of` strips them, each with its generic name."""
    rows = [line.split("|") for line in _DRUGS.strip().splitlines()]
    names = {key_of(name): row[0] for row in rows for name in (row[0], *row[2].split())}
    assert "" not in names
    return names
