"""What hospitals call the dictionary's tables and fields, in English and Chinese.

Names are written as they are compared: lower case, without spaces and marks. A name may
stand for fields of several tables; within a table it stands for one.
"""

_EXAM = """
    检查日期 影像日期 检查时间 examdate scandate imagingdate dateofexam dateofscan
    评估日期 复查日期 assessmentdate
"""
_ONSET = "发生日期 发生时间 onsetdate onset dateofonset 出现日期"

_NAMES = f"""
[patients]
national_id: 身份证号 身份证 身份证号码 nationalid idcard 证件号 证件号码
person_name: 姓名 患者姓名 病人姓名 name patientname fullname
sex: sex gender 性别
birth_date: dob birthdate dateofbirth 出生日期 出生年月 出生年月日 生日
hbv: hbsag 乙肝表面抗原 乙肝史 乙肝 hbv hepatitisb hbvinfection 乙肝病史 乙型肝炎
histology: 病理类型 histology 组织学类型 病理诊断 histologictype 组织学
first_dose_date: 开始治疗 首次用药日期 首次用药 首次治疗日期 firstdose firstdosedate
    dateoffirstdose 治疗开始日期 首次给药日期 开始治疗日期 t0 首剂日期 treatmentstart
hcv: hcv 丙肝 丙肝抗体 antihcv hcvab 丙肝史 hepatitisc 丙型肝炎
cirrhosis: 肝硬化 cirrhosis lc livercirrhosis 肝硬化史
diagnosis_date: diagnosis 确诊日期 诊断日期 diagnosisdate dateofdiagnosis dxdate
    确诊时间
height_cm: 身高 height ht
weight_kg: 体重 weight wt bodyweight
bclc: bclc分期 bclc bclcstage 巴塞罗那分期
cnlc: cnlc分期 cnlc cnlcstage 中国分期 中国肝癌分期
pvtt: 癌栓分型 pvtt分型 程氏分型 pvtttype chengtype pvttcheng pvtt 门静脉癌栓分型
    门静脉癌栓
[assessments]
exam_date: {_EXAM}
report_date: 报告日期 reportdate 报告时间 dateofreport
target_sum_mm: 靶病灶总和 靶病灶长径总和 靶病灶直径和 靶病灶之和 sumoftargets sld
    sldrecist sumofdiameters sumoflongestdiameters 靶病灶径线总和 targetsum
viable_sum_mm: 活性病灶总和 存活病灶总和 sumofviabletargets sldviable viablesum
    活性靶病灶总和 sumofviablediameters mrecist总和
new_lesion: 新发 新发病灶 新病灶 newlesion newlesions
n_lesions: 病灶数目 肿瘤数目 病灶数 肿瘤个数 numberoflesions nlesions lesioncount
    病灶个数 tumournumber tumornumber
portal_invasion: 门静脉癌栓 癌栓 pvtt portalinvasion portalveininvasion vp pvi
    portalveinthrombus 门脉癌栓 portalveintumourthrombus portalveintumorthrombus
extrahepatic_spread: 肝外转移 extrahepatic extrahepaticspread ehs
    extrahepaticmetastasis 远处转移 metastasis
ecog: ecog ecog评分 ps ps评分 体力状况 ecogps performancestatus 体能状态 体力状况评分
    kps kps评分 卡氏评分 karnofsky ecogscore
child_pugh: childpugh评分 childpughscore childpugh cp评分 肝功能评分 childpugh分 cps
    childpugh得分
mdt_resectable: mdt可切除 resectablemdt mdtresectable 可切除 resectable mdt结论可切除
r0_feasible: 可r0切除 r0feasible critr0 r0可行 r0切除可行
flr_adequate: 残余肝足够 剩余肝足够 remnantadequate flradequate critflrok flrok
    肝储备足够
margin_adequate: 切缘足够 marginadequate 切缘充足
vessels_resectable: 血管可切除重建 vesselsresectable critvesselok vesselok 血管可切除
extrahepatic_inactive: 肝外病灶无活性 extrahepaticinactive critehsok ehsok
    肝外病灶控制
severe_ae: 严重不良反应 severeae severeadverseevent 严重不良事件 sae
contraindicated: 手术禁忌 contraindication contraindicated 手术禁忌症 手术禁忌证
    contraindications
charted_response: 疗效评价 疗效 response recist recist评价 最佳疗效 sourceresponse
    chartedresponse 疗效评估 recistoverall overallresponse recist疗效
flr_percent: 残肝比例 flr 剩余肝体积比 残余肝体积比 flrpct 剩余肝体积百分比
    futureliverremnant
    标准残肝体积比
[lesions]
exam_date: {_EXAM}
lesion_id: 病灶编号 病灶 lesionid lesion lesionno lesionnumber 病灶序号
target: 靶病灶 是否靶病灶 target istarget targetlesion
long_mm: 长径 最大径 ld longaxis 大小 病灶大小 肿瘤大小 肿瘤最大径 longestdiameter
    longaxismm size diameter lesionsize 病灶最大径
short_mm: 短径 sad shortaxis shortaxismm shortestdiameter
viable_mm: 活性长径 活性径 viablelong viablelongmm viablediameter 强化长径 存活长径
site: 部位 病灶部位 site location lesionsite 位置 肝段
[labs]
sample_date: 日期 date sampled 采样日期 检验日期 采集日期 采样时间 检验时间 采血日期
    化验日期 sampledate
    labdate collectiondate samplingdate dateofsample testdate 标本采集时间
bilirubin_umol_l: tbil tb 总胆红素 stb totalbilirubin bilirubin bilirubintotal
    血清总胆红素
albumin_g_l: alb 白蛋白 血清白蛋白 albumin serumalbumin
afp_ng_ml: afp 甲胎蛋白 αfp α胎儿蛋白 alphafetoprotein 甲胎 甲胎蛋白测定 血清甲胎蛋白
pivka_mau_ml: pivkaii pivka2 pivka dcp 异常凝血酶原 脱γ羧基凝血酶原 异常凝血酶原测定
alt_u_l: alt gpt sgpt 谷丙转氨酶 丙氨酸氨基转移酶 丙氨酸转氨酶 alanineaminotransferase
ast_u_l: ast got sgot 谷草转氨酶 天门冬氨酸氨基转移酶 天冬氨酸氨基转移酶
    门冬氨酸氨基转移酶 门冬氨酸 aspartateaminotransferase
platelets_10_9_l: plt 血小板 血小板计数 platelets platelet plateletcount
leukocytes_10_9_l: wbc 白细胞 白细胞计数 leukocytes leucocytes whitebloodcells
neutrophils_10_9_l: neut ne# neut# n 中性粒细胞 中性粒细胞计数 中性粒细胞绝对值
    中性粒细胞数 neutrophils anc
lymphocytes_10_9_l: lymph lymph# ly# l 淋巴细胞 淋巴细胞计数 淋巴细胞绝对值 淋巴细胞数
    lymphocytes alc
haemoglobin_g_l: hgb hb 血红蛋白 haemoglobin hemoglobin 血红蛋白浓度
inr: inr 国际标准化比值 国际标准化比率 国际标准 ptinr 国际标准比值
prothrombin_s: pt 凝血酶原时间 prothrombintime pts
creatinine_umol_l: cr crea scr 肌酐 creatinine 血肌酐 血清肌酐
sodium_mmol_l: na na+ 钠 血钠 sodium 钠离子
crp_mg_l: crp hscrp 超敏c反应蛋白 c反应蛋白 creactiveprotein 超敏crp
[treatments]
drug_class: 药物类别 治疗类别 drugclass 治疗方式 药物分类 treatmentclass modality
    治疗类型
drug: 药物 药品 药名 药物名称 药品名称 drug drugname medication 通用名 药品通用名
    regimen 方案 治疗方案
n_cycles: 周期数 ncycles cycles 疗程数 疗程 用药周期 numberofcycles 治疗周期数
    治疗次数 周期
start_date: 开始 开始日期 start startdate 起始日期 用药开始日期 开始用药日期 用药开始
    开始时间 datestarted begindate
end_date: 结束 结束日期 stop end enddate stopdate 终止日期 用药结束日期 停药日期
    末次用药日期 结束时间 datestopped
[surgeries]
surgery_date: 手术日期 surgerydate dateofsurgery opdate 手术时间点 operationdate
    dateofoperation
viable_percent: 存活肿瘤比例 残余肿瘤 活性肿瘤比例 残余肿瘤比例 viabletumour
    viabletumor viablepct viablepercent 残存肿瘤比例 residualviabletumour
    residualviabletumor
r_status: 切缘 切缘状态 resection rstatus resectionstatus marginstatus r分级 切除程度
    r0切除 手术切缘
blood_loss_ml: 术中出血量 出血量 bloodloss ebl bloodlossml 术中出血 estimatedbloodloss
operation_minutes: 手术时间 手术时长 手术用时 operationtime ortime opminutes optime
    optimemin operativetime durationofsurgery
margin_mm: 切缘距离 切缘宽度 margin marginmm marginwidth resectionmargin
mvi: mvi 微血管侵犯 mvi分级 microvascularinvasion
edmondson: edmondson分级 edmondson gradeedmondson 分化程度 病理分级 edmondsonsteiner
    es分级 edmondsongrade
[complications]
onset_date: {_ONSET} 并发症日期 complicationdate dateofcomplication
term: 并发症 并发症名称 complication 术后并发症 term
clavien: clavien claviendindo clavien分级 claviendindo分级 claviengrade 并发症分级
    cd分级
[adverse_events]
onset_date: {_ONSET} aedate aeonset 不良反应日期 不良事件日期
term: 不良反应 不良事件 adverseevent aeterm 不良反应名称 不良事件名称 ae term
ctcae_grade: ctcae分级 ctcae ctcaegrade 不良反应分级 不良事件分级 grade 分级 aegrade
immune_related: 免疫相关 immunerelated irae 是否免疫相关 免疫相关不良反应
[follow_ups]
last_contact_date: 末次随访 末次随访日期 末次随访时间 lastcontact lastcontactdate
    contactdate lastknownalive lastfollowup lastfollowupdate 随访日期
    dateoflastcontact 最后随访日期 dateoflastfollowup
last_imaging_date: 末次影像日期 末次影像 末次影像检查日期 lastimaging lastimagingdate
    lastscan 末次复查日期 dateoflastimaging
progression_date: 进展日期 进展时间 progression progressiondate dateofprogression
    pd日期 疾病进展日期 pddate
death_date: 死亡日期 死亡时间 death deathdate dateofdeath dod
os_months: os时间 os osmonths 总生存期 os月 生存时间 overallsurvival ostime 生存期
vital_status: 生存状态 vital vitalstatus alive os状态 survivalstatus 存活状态 结局
    status osstatus 是否死亡 生存情况
death_cause: 死亡原因 deathcause causeofdeath 死因
"""

_TABLES = """
patients: 基本信息 患者信息 人口学 demographics patients baseline 一般资料 基线
assessments: 影像评估 影像 评估 imaging assessments response 疗效
lesions: 病灶 lesions 靶病灶
labs: 检验 化验 labs laboratory lab 实验室 肿瘤标志物
treatments: 用药 治疗 treatment treatments therapy 医嘱 drugs medication
surgeries: 手术 surgery surgeries operation 病理
complications: 并发症 complications
adverse_events: 不良反应 不良事件 adverseevents ae toxicity
follow_ups: 随访 followup followups survival 生存 outcome 预后
"""
_LONG = """
item: 项目 检验项目 项目名称 检验项目名称 item test testname analyte 指标 itemname
    检查项目 检验指标 rawname 分析项目 parameter
value: 结果 检验结果 result value 结果值 测定值 数值 rawvalue testresult 检测结果
unit: 单位 unit units 结果单位 resultunit
"""
_WORDS = """
record_numbers:
    mrn patientid 病案号 住院号 登记号 患者id 患者编号 病历号 就诊卡号 研究编号
    受试者编号 subjectid recordid pid id 编号 patientno patientnumber hospitalno
    hospitalnumber 病人id 病人编号
others:
    childpugh分级 childpughclass childpughgrade 肝功能分级
    前白蛋白 palb pa 直接胆红素 结合胆红素 dbil 间接胆红素 ibil 总蛋白 tp 球蛋白 glb
    白球比 白蛋白球蛋白 ag 中性粒细胞百分比 中性粒细胞百分数 neut% ne% n%
    中性粒细胞比例 淋巴细胞百分比 淋巴细胞百分数 lymph% ly% l% 淋巴细胞比例 单核细胞
    mono 单核细胞百分比 mono% pt% pta 凝血酶原活动度 活动度 凝血酶原时间活动度 aptt
    活化部分凝血活酶时间 tt 凝血酶时间 纤维蛋白原 fib afpl3 afpl3% 甲胎异质体
    甲胎蛋白异质体 糖化血红蛋白 hba1c 平均血红蛋白量 平均血红蛋白浓度 mch mchc 红细胞
    rbc 平均血小板体积 mpv pct pdw 尿素 尿素氮 bun urea 尿酸 ua 胱抑素c 肌酐清除率
    尿肌酐 egfr ggt γgt 谷氨酰转肽酶 alp akp 碱性磷酸酶 ldh 乳酸脱氢酶 cea 癌胚抗原
    ca199 糖类抗原199 钾 k 氯 cl 钙 ca 血氨 ammonia 葡萄糖 血糖 glu 谷草谷丙比 astalt
    淀粉酶 降钙素原 白细胞介素6 尿白蛋白 年龄 age 住院天数 hospitaldays 备注 remark
    remarks note comments 科室 department 医生 doctor 电话 手机 phone 联系电话 地址
    address hbvdna 乙肝病毒dna 乙肝核心抗体 乙肝e抗原 hbeag hbsab hbcab 丙肝rna hcvrna
    入院日期 出院日期 admissiondate dischargedate 复发日期 recurrencedate pfs pfs时间
    pfs状态 pfsmonths rfs rfs时间 dose 剂量 民族 职业 参考范围 参考值 reference uln
    lln 病理日期 抗病毒治疗 糖尿病 高血压 饮酒史 吸烟史 病因 既往治疗 诊断依据
    不可切除原因 淋巴结转移 肝静脉癌栓 下腔静脉癌栓 下腔静脉 胆管癌栓 大血管侵犯
    卫星灶 肿瘤坏死比例 坏死 坏死比例 mrecist mrecistoverall mrecist评价 slvml flrml
    阻断时间 pringlemin 输血 transfusion
weak:
    日期 date 新发 开始 结束 diagnosis id pid 编号 name n l na tb cr pt pts hb ht wt
    lc ps vp t0 os dod start end stop
    begindate status 结局 grade 分级 term ae size diameter site location 部位 位置 大小
    target lesion 病灶 margin resection progression death response 疗效 regimen 方案
    value item test parameter metastasis 周期 疗程 开始时间 结束时间 国际标准 alc sae
qualifiers:
    术前 基线 治疗前 入组时 首次 初诊 入院 血清 血浆 患者 病人 最近 baseline preop
    preoperative pretreatment initial serum plasma patient
"""


def _read(block: str) -> dict[str, tuple[str, ...]]:
    """Read lines of `key: name name`; what has no key goes on from the line above."""
    found: dict[str, list[str]] = {}
    for word in block.split():
        if word.endswith(":"):
            found[word.removesuffix(":")] = names = []
        else:
            names.append(word)
    return {key: tuple(names) for key, names in found.items()}


def _read_tables(block: str) -> dict[str, dict[str, tuple[str, ...]]]:
    parts = [part.partition("]") for part in block.split("[")[1:]]
    return {
        table: {"patient_id": RECORD_NUMBERS, **_read(names)}
        for table, _, names in parts
    }


_LISTS = _read(_WORDS)
RECORD_NUMBERS = _LISTS["record_numbers"]
"""The number that stands for a person, the surest first."""
OTHERS = _LISTS["others"]
"""Names of what the dictionary does not hold, and is easily taken for what it does."""
WEAK = _LISTS["weak"]
"""Names that other things have too."""
QUALIFIERS = _LISTS["qualifiers"]
"""Words before a name that say when or of what."""
FIELDS = _read_tables(_NAMES)
"""Table to field to its names."""
TABLES = _read(_TABLES)
"""Table to what its files and sheets are called."""
LONG = _read(_LONG)
"""Columns of a file whose rows tell one item each: item, value and unit."""
