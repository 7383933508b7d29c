"""Drafted codebooks: fields found, guesses told, and no value of a patient."""

import re

import polars as pl
import pytest
import yaml

from twoarm.config.codebook import Codebook
from twoarm.dictionary import EXPORTS
from twoarm.ingestion.codebook import draft_codebook, main
from twoarm.ingestion.files import read_file
from twoarm.ingestion.headers import list_matches, parse_header
from twoarm.ingestion.sheets import Column, Sheet, find_table, read_sheets
from twoarm.synonyms import FIELDS

# Headers as hospitals write them, none of them a synonym letter by letter.
HEADERS = """
patients.patient_id = MRN; 病案号; Patient ID; 住院号
patients.national_id = 身份证号码; 身份证号
patients.person_name = 姓名; 患者姓名
patients.sex = Gender; 性别; Sex (1=male, 2=female); 性别(1男2女)
patients.birth_date = Date of Birth; 出生日期; 出生年月; DOB; birth_date
patients.hbv = HBsAg; 乙肝表面抗原(HBsAg); HBV
patients.histology = Histology; 病理类型
patients.first_dose_date = First dose date; 首次用药日期
patients.hcv = anti-HCV; 丙肝抗体
patients.cirrhosis = 肝硬化; Cirrhosis
patients.height_cm = Height (cm); 身高(cm); 身高
patients.weight_kg = Weight, kg; 体重（公斤）
patients.bclc = BCLC分期; BCLC stage
patients.cnlc = CNLC分期; 中国分期
assessments.exam_date = 检查日期; Exam date; Scan_date
assessments.report_date = 报告日期; Report date
assessments.new_lesion = New lesion; 新发病灶
assessments.ecog = ECOG PS; PS评分; ECOG评分; KPS评分; Performance status
assessments.child_pugh = Child-Pugh评分; Child-Pugh score
assessments.extrahepatic_spread = 肝外转移; EHS
assessments.charted_response = RECIST; 疗效评价
lesions.long_mm = 长径(mm); Long axis (mm); 最大径; long_axis_mm
lesions.short_mm = 短径(mm); Short axis, mm
labs.sample_date = 采样日期; Collection date; 检验日期
labs.bilirubin_umol_l = 总胆红素(μmol/L); TB总胆红素; T-Bil; TBIL(umol/L)
labs.bilirubin_umol_l = 血清总胆红素; tbil_umol_l; 总胆红素(TBIL)
labs.albumin_g_l = ALB g/L; 白蛋白（g/L）; Albumin [g/dL]; 血清白蛋白; albumine
labs.alt_u_l = ALT; 谷丙转氨酶(ALT); 丙氨酸氨基转移酶; GPT (U/L)
labs.ast_u_l = AST; 谷草转氨酶; 天门冬氨酸氨基转移酶(U/L); 天门冬氨酸转氨酶
labs.platelets_10_9_l = PLT(×10⁹/L); 血小板计数; Platelets (10^3/uL); 血小板PLT
labs.leukocytes_10_9_l = WBC; 白细胞计数(10^9/L); 白细胞(WBC)
labs.neutrophils_10_9_l = NEUT#; 中性粒细胞绝对值; 中性粒细胞计数(10^9/L)
labs.lymphocytes_10_9_l = LYMPH#; 淋巴细胞计数; 淋巴细胞绝对值(10^9/L)
labs.haemoglobin_g_l = HGB; 血红蛋白(g/L); Hemoglobin (g/dL)
labs.inr = INR; INR国际标准; 国际标准化比值(INR)
labs.prothrombin_s = 凝血酶原时间(s); PT(秒)
labs.creatinine_umol_l = SCr; 肌酐(umol/L); Creatinine (mg/dL); CREA肌酐
labs.sodium_mmol_l = 血钠; 钠(mmol/L)
labs.crp_mg_l = hs-CRP; 超敏C反应蛋白(mg/L); C-reactive protein
labs.afp_ng_ml = AFP; AFP甲胎; 甲胎蛋白(ng/mL); AFP (IU/mL); α-FP; 甲胎蛋白(AFP)(ng/mL)
labs.pivka_mau_ml = PIVKA-Ⅱ; PIVKA-II (mAU/mL); 异常凝血酶原(mAU/mL); DCP
treatments.drug = 药物名称; Drug name; 药品通用名
treatments.n_cycles = 周期数; Number of cycles
treatments.start_date = 开始日期; Start date
treatments.end_date = 结束日期; Stop date
surgeries.surgery_date = 手术日期; Date of surgery
surgeries.blood_loss_ml = 术中出血量(ml); Blood loss (mL); EBL
surgeries.operation_minutes = 手术时间(min); 手术时长(分钟)
surgeries.mvi = MVI; 微血管侵犯; MVI分级
surgeries.edmondson = Edmondson分级; Edmondson-Steiner
complications.clavien = Clavien-Dindo分级; Clavien-Dindo
adverse_events.ctcae_grade = CTCAE分级; CTCAE grade
follow_ups.last_contact_date = 末次随访日期; Date of last follow-up
follow_ups.last_contact_date = 末次随访; last_contact
follow_ups.progression_date = 进展日期; Progression date
follow_ups.death_date = 死亡日期; Date of death; 死亡时间
follow_ups.os_months = OS时间(月); OS(月); OS months
follow_ups.vital_status = 生存状态; Vital status; OS状态
follow_ups.death_cause = 死亡原因; Cause of death
"""
OTHERS = """
前白蛋白(mg/L); 直接胆红素; DBIL(umol/L); NEUT%; 中性粒细胞百分比(%);
淋巴细胞百分比; PT%; PTA(%); AFP-L3%; 甲胎异质体; 年龄(岁); Age; HBV-DNA(IU/mL);
HBeAg; 复发日期; PFS(月); 尿肌酐; 白蛋白/球蛋白; ALT/AST; BUN; 尿素氮; 备注; 电话;
住院天数; D-二聚体; Child-Pugh分级; 参考范围; CA19-9; GGT; 间接胆红素; 肝静脉癌栓;
糖化血红蛋白; 出院日期; 总蛋白; 血糖; LDH
"""


def headers():
    for line in HEADERS.strip().splitlines():
        name, found = line.split(" = ")
        yield from (
            (header.strip(), tuple(name.split("."))) for header in found.split("; ")
        )


def test_headers_find_their_fields_and_no_others():
    known = list(headers())
    found = {
        (header, truth): [
            (each.table, each.field, each.score) for each in list_matches(header)
        ]
        for header, truth in known
    }
    right = [
        key for key, each in found.items() if key[1] in [match[:2] for match in each]
    ]
    missed = [key for key, each in found.items() if not each]
    wrong = [key for key in found if key not in right and key not in missed]
    others = [text.strip() for text in OTHERS.split(";")]
    taken = [text for text in others if list_matches(text)]
    assert len(right) / len(known) >= 0.98, missed
    assert not wrong
    assert not taken


def test_no_name_stands_for_two_fields_of_a_table():
    assert FIELDS.keys() == EXPORTS.keys()
    for table, fields in FIELDS.items():
        assert fields.keys() == {field.name for field in EXPORTS[table]}
        names = [name for each in fields.values() for name in each]
        assert len(names) == len(set(names)), table


def column(name, *texts):
    return Column(name, pl.Series(name, texts, pl.String))


def draft(*columns, path="export.csv", sheet=None):
    content = draft_codebook("x", [Sheet(path, sheet, {}, list(columns))], [])
    return yaml.safe_load(content)["tables"], content


def labs(*columns):
    number = column("MRN", *map(str, range(columns[0].texts.len())))
    dates = column("Sample date", *["2021-03-05"] * columns[0].texts.len())
    tables, content = draft(number, dates, *columns, path="labs.csv")
    return tables["labs"][0]["fields"], content


@pytest.mark.parametrize(
    ("header", "texts", "field", "unit"),
    [
        ("Albumin", ["3.1", "4.0", "3.6"], "albumin_g_l", "g/dL"),
        ("Albumin", ["31", "40", "36"], "albumin_g_l", "g/L"),
        ("Creatinine", ["0.8", "1.1", "0.9"], "creatinine_umol_l", "mg/dL"),
        ("Creatinine", ["71", "99", "82"], "creatinine_umol_l", "umol/L"),
        ("总胆红素", ["0.7", "1.4", ">1.0"], "bilirubin_umol_l", "mg/dL"),
        ("总胆红素", ["12", "23", "18"], "bilirubin_umol_l", "umol/L"),
        ("PLT", ["120000", "98000"], "platelets_10_9_l", "/uL"),
        ("AFP", ["120", "5"], "afp_ng_ml", None),  # 1.21 times is told by no median
    ],
)
def test_a_unit_is_guessed_from_values_that_fit_one_alone(header, texts, field, unit):
    fields, content = labs(column(header, *texts))
    assert fields[field].get("unit") == unit
    assert fields[field]["guess"]["confidence"] < 0.8
    assert ("unit not found: one of" in content) == (unit is None)


def test_a_stated_unit_that_the_values_speak_against_is_not_sure():
    fields, _ = labs(column("白蛋白(g/L)", "3.1", "4.0", "3.6"))
    guess = fields["albumin_g_l"]["guess"]
    assert guess["confidence"] < 0.5
    assert "usual in g/dL" in guess["evidence"]


def test_a_refused_unit_leaves_the_field_out_with_the_reason():
    fields, content = labs(
        column("PIVKA-II (ng/mL)", "7", "9"), column("PT(%)", "80", "90")
    )
    assert fields.keys() == {"patient_id", "sample_date"}
    assert "is of another assay" in content


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (("25/03/2021", "01/02/2021"), "dmy"),
        (("03/25/2021", "01/02/2021"), "mdy"),
        (("03/04/2021", "01/02/2021"), None),
        (("25/03/2021", "03/25/2021"), None),
        (("2021/3/5", "2021-03-25"), None),
    ],
)
def test_dates_that_allow_one_order_decide(texts, order):
    tables, content = draft(column("MRN", "1", "2"), column("Date of birth", *texts))
    field = tables["patients"][0]["fields"]["birth_date"]
    assert field.get("date_order") == order
    asked = order is None and "/20" in texts[0]
    assert ("say date_order" in content) == asked
    assert (field["guess"]["confidence"] < 0.8) == asked


def codes(header, *texts, beside=()):
    names = ("MRN", *map(str, range(len(texts))))
    tables, content = draft(column(*names), column(header, *texts), *beside)
    fields = {k: v for each in tables.values() for k, v in each[0]["fields"].items()}
    return fields, content


def test_codes_are_words_or_what_the_header_or_another_column_says():
    assert codes("性别", "男", "女")[0]["sex"]["codes"] == {
        "男": "male",
        "女": "female",
    }
    assert "codes" not in codes("性别", "1", "2")[0]["sex"]
    stated = codes("性别(1男2女)", "1", "2")[0]["sex"]["codes"]
    assert stated == {"1": "male", "2": "female"}
    numbers = column("身份证号", "11010119800101001X", "110101198001010028")
    told = codes("性别", "2", "1", beside=[numbers])[0]["sex"]
    assert told["codes"] == {"2": "male", "1": "female"}
    assert "national number" in told["guess"]["evidence"]
    died = column("死亡日期", "2022-01-01", None, None)
    told = codes("生存状态", "0", "1", "1", beside=[died])[0]["vital_status"]
    assert told["codes"] == {"0": "dead", "1": "alive"}
    assert codes("Alive", "1", "0")[0]["vital_status"]["codes"]["1"] == "alive"
    flags = codes("HBsAg", "+", "-", "＋", "未查")[0]["hbv"]["codes"]
    assert flags == {"+": True, "＋": True, "-": False}


def test_gaps_are_words_everywhere_and_numbers_that_cannot_be():
    fields, content = labs(
        column("AFP(ng/mL)", "999", "999", "999", "12"),
        column("ALB(g/L)", "999", "999", "999", "40"),
        column("ALT(U/L)", "30", "未查", "-", "31"),
    )
    assert "missing" not in fields["afp_ng_ml"]
    assert fields["albumin_g_l"]["missing"] == ["", "999"]
    assert fields["alt_u_l"]["missing"] == ["", "未查", "-"]
    assert "missing: ['', 未查]" in content


def test_title_unit_row_and_totals_are_found():
    rows = pl.DataFrame(
        {
            "source_row": range(2, 8),
            "检验结果": ["病案号", None, "0071", "0072", "0073", "合计"],
            "(column 2)": ["采样日期", None, *["2021/3/5"] * 3, None],
            "(column 3)": ["总胆红素", "umol/L", "12", "14", "15", "41"],
        }
    )
    sheet = find_table(rows)
    assert sheet.how == {"header": 2, "units": True, "totals": "合计"}
    assert [each.name for each in sheet.columns] == ["病案号", "采样日期", "总胆红素"]
    assert sheet.columns[2].under == "umol/L"
    assert sheet.columns[0].texts.to_list() == ["0071", "0072", "0073"]


def test_long_laboratory_values():
    tables, content = draft(
        column("病案号", *"112233"),
        column("采样时间", *["2021-03-05"] * 6),
        column("项目", "总胆红素", "ALB", "AFP甲胎", "PIVKA-II", "总胆红素", "血糖"),
        column("结果", "12", "40", ">60500", "33", "14", "5"),
        column("单位", "μmol/L", "g/L", "ng/mL", "ng/mL", "umol/L", "mmol/L"),
    )
    (part,) = tables["labs"]
    assert part["items"] == {"column": "项目", "value": "结果", "unit": "单位"}
    found = {k: each["items"] for k, each in part["fields"].items() if "items" in each}
    assert found == {
        "bilirubin_umol_l": ["总胆红素"],
        "albumin_g_l": ["ALB"],
        "afp_ng_ml": ["AFP甲胎"],
        "pivka_mau_ml": ["PIVKA-II"],
    }
    assert "pivka_mau_ml: unit ng/mL is of another assay" in content
    assert part["fields"]["pivka_mau_ml"]["guess"]["confidence"] < 0.8


def test_wide_laboratory_values():
    tables, content = draft(
        column("MRN", "1", "2"),
        column("Date_D0", "2021-03-05", "2021-03-06"),
        column("Sample date_D0", "2021-03-05", "2021-03-06"),
        column("Sample date_C2", "2021-04-05", "2021-04-06"),
        column("ALT_D0 (U/L)", "30", "31"),
        column("ALT_C2 (U/L)", "40", "41"),
        column("ALB_D0 (g/L)", "40", "41"),
    )
    (part,) = tables["labs"]
    assert part["repeats"] == ["D0", "C2"]
    assert part["fields"]["alt_u_l"]["column"] == "ALT_{repeat} (U/L)"
    assert part["fields"]["alt_u_l"]["unit"] == "U/L"
    assert part["fields"]["sample_date"]["column"] == "Sample date_{repeat}"
    assert "not used: Date_{repeat}" in content


def test_treatments_side_by_side_name_drugs_that_tell_their_class():
    tables, _ = draft(
        column("MRN", "1", "2"),
        column("Drug 1", "sintilimab", "lenvatinib"),
        column("Start 1", "05-MAR-2021", "06-MAR-2021"),
        column("Drug 2", "bevacizumab", None),
        column("Start 2", "05-MAR-2021", None),
        column("T.Bil (mg/dL) baseline", "0.8", "1.1"),
        column("T.Bil (mg/dL) restaging", "0.9", "1.0"),
    )
    (part,) = tables["treatments"]
    assert part["repeats"] == ["1", "2"]
    assert part["fields"]["start_date"]["column"] == "Start {repeat}"
    assert part["fields"]["drug_class"]["column"] == "Drug {repeat}"
    (part,) = tables["labs"]
    assert part["repeats"] == ["baseline", "restaging"]
    assert part["fields"]["bilirubin_umol_l"]["unit"] == "mg/dL"


def test_bytes_of_another_encoding_are_replaced_and_told(tmp_path):
    text = "MRN,性别,出生日期\n1,男,1960-01-01\n2,女,1961-01-01\n".encode("gb18030")
    (tmp_path / "x.csv").write_bytes(text.replace(b"1960", b"19\xff60"))
    sheets, faults = read_sheets(tmp_path)
    assert "cannot be decoded" in faults[0]
    assert sheets[0].how == {"encoding": "gb18030", "undecodable": "replace"}
    assert [each.name for each in sheets[0].columns] == ["MRN", "性别", "出生日期"]


def test_one_file_of_several_tables():
    tables, _ = draft(
        column("MRN", "1", "2"),
        column("Sex", "M", "F"),
        column("DOB", "1960-01-01", "1961-01-01"),
        column("Date of surgery", "2021-05-05", None),
        column("MVI", "M1", None),
        column("Date of last follow-up", "2023-01-01", "2023-01-02"),
        column("Date of death", None, "2023-01-02"),
    )
    assert tables.keys() == {"patients", "surgeries", "follow_ups"}
    assert tables["surgeries"][0]["only_with"] == "Date of surgery"


# Two centres, each table with the values of its columns.
CENTRES = {
    "chinese": """
基本信息: 病案号=0071,0072 性别=男,女 出生日期=1960/3/5,1961/3/5 乙肝=阳性,阴性 病理类型=肝细胞癌,混合型 首次用药日期=2021/3/5,2021/3/6
影像: 病案号=0071,0072 检查日期=2021/3/5,2021/3/6 靶病灶总和(mm)=60.1,55.2 新发病灶=有,无 病灶数目=3,1 门静脉癌栓=有,无 肝外转移=无,有
    ECOG评分=0,1 Child-Pugh评分=5,6 MDT可切除=是,否 可R0切除=是,否 残余肝足够=是,否 切缘足够=是,否 血管可切除重建=是,否 肝外病灶无活性=是,否
    严重不良反应=是,否 手术禁忌=是,否
检验: 病案号=0071,0072 采样日期=2021-03-05,2021-03-06 总胆红素(umol/L)=12.1,14.5 白蛋白(g/L)=40,41 AFP(ng/mL)=12,＞60500
用药: 病案号=0071,0072 药物类别=免疫,靶向 周期数=3,4 开始日期=2021/3/5,2021/3/6 结束日期=2021/6/5,2021/6/6
手术: 病案号=0071,0072 手术日期=2021/7/5,2021/7/6 存活肿瘤比例(%)=10,20 切缘=R0切除,R1切除
随访: 病案号=0071,0072 末次随访日期=2023/7/5,2023/7/6 末次影像日期=2023/7/5,2023/7/6 进展日期=2022/7/5,2022/7/6 死亡日期=2023/7/5,2023/7/6
""",  # noqa: E501
    "english": """
Demographics: MRN=71,72 Sex=M,F Date_of_birth=05-MAR-1960,06-MAR-1961 HBsAg=Y,N Histology=HCC,cHCC-CCA First_dose=05-MAR-2021,06-MAR-2021
Imaging: MRN=71,72 Exam_date=2021-03-05,2021-03-06 Sum_of_targets_(cm)=6.1,5.2 New_lesion=Y,N Number_of_lesions=3,1 PVTT=Y,N Extrahepatic=N,Y
    ECOG_PS=0,1 Child-Pugh_score=5,6 Resectable_(MDT)=Y,N R0_feasible=Y,N Remnant_adequate=Y,N Margin_adequate=Y,N Vessels_resectable=Y,N
    Extrahepatic_inactive=Y,N Severe_AE=Y,N Contraindication=Y,N
Laboratory: MRN=71,72 Sample_date=05-MAR-2021,06-MAR-2021 Total_bilirubin_(mg/dL)=0.7,0.9 Albumin_(g/dL)=4.1,3.9 AFP_(kU/L)=12,40
Treatment: MRN=71,72 Drug_class=ICI,TKI Cycles=3,4 Start=2021-03-05,2021-03-06 Stop=2021-06-05,2021-06-06
Surgery: MRN=71,72 Date_of_surgery=05-JUL-2021,06-JUL-2021 Viable_tumour_(%)=10,20 Resection=R0,R1
Follow-up: MRN=71,72 Last_contact=2023-07-05,2023-07-06 Last_imaging=2023-07-05,2023-07-06 Progression=2022-07-05,2022-07-06 Death=2023-07-05,2023-07-06
""",  # noqa: E501
}


def write_folder(folder, centre):
    for block in re.split(r"\n(?! )", centre.strip()):
        name, _, cells = block.partition(": ")
        columns = [cell.split("=", 1) for cell in cells.split()]
        lines = [",".join(header.replace("_", " ") for header, _ in columns)]
        lines += map(
            ",".join, zip(*(texts.split(",") for _, texts in columns), strict=True)
        )
        (folder / f"{name}.csv").write_text("\n".join(lines), encoding="gb18030")


def take_guesses_out(book):
    for parts in book["tables"].values():
        for part in parts:
            for field in part["fields"].values():
                field.pop("guess", None)
    return book


@pytest.mark.parametrize("name", CENTRES)
def test_a_draft_is_a_codebook_once_its_guesses_are_confirmed(name, tmp_path):
    write_folder(tmp_path, CENTRES[name])
    sheets, faults = read_sheets(tmp_path)
    content = draft_codebook("x", sheets, faults)
    assert not faults
    assert "not found: patients." not in content
    book = yaml.safe_load(content)
    needed = [
        f"{t}.{f.name}" for t, fs in EXPORTS.items() for f in fs if not f.optional
    ]
    found = [
        f"{t}.{f}" for t, parts in book["tables"].items() for f in parts[0]["fields"]
    ]
    lacking = {
        x for x in needed if x not in found and x.split(".")[0] in book["tables"]
    }
    assert not lacking
    with pytest.raises(ValueError, match="a guess that nobody confirmed"):
        Codebook.model_validate(book)
    Codebook.model_validate(take_guesses_out(book))


def test_a_draft_holds_no_value_of_a_patient():
    texts = ("王某某", "carcinoma of Mr Wang", "1960-03-17", "77.125")
    _, content = draft(
        column("病案号", "zq81", "zq82"),
        column("姓名", texts[0], "李某某"),
        column("病理类型", texts[1], "肝细胞癌"),
        column("出生日期", texts[2], "1961-01-01"),
        column("体重", texts[3], "60"),
        column("备注", "见李某某", "zq83"),
    )
    for text in (*texts, "李某某", "zq8"):
        assert text not in content
    assert "not used: 备注" in content
    assert "1 more texts have no code" in content


def test_command_refuses_what_it_cannot_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config/codebooks").mkdir(parents=True)
    exports = tmp_path / "exports"
    exports.mkdir()
    (exports / "x.csv").write_text("MRN,Sex\n1,M\n2,F\n")
    (exports / "y.docx").write_text("no table")
    assert "Say make codebook" in main([])
    assert "small letters" in main(["West!", "exports"])
    assert "no folder" in main(["west", "nowhere"])
    assert main(["west", "exports"]) == ""
    written = (tmp_path / "config/codebooks/west.yaml").read_text(encoding="utf-8")
    assert "# cannot be read: y.docx" in written
    assert "# not found: table labs (needed)" in written
    assert "is there already" in main(["west", "exports"])
    (exports / "x.csv").unlink()
    assert "No file" in main(["east", "exports"])


def test_a_header_parts_into_name_and_unit():
    assert parse_header("AFP (kU/L)")[:2] == ("afp", "kU/L")
    assert parse_header("PLT(×10⁹/L)")[:2] == ("plt", "10^9/L")


NESTED = """[
  {"病案号": "0001", "性别": "男", "出生日期": "1960-01-02", "day": "x", "visits": [
    {"检查日期": "2021-03-05", "ECOG PS": 1, "性别": null,
     "lesions": [{"长径(mm)": 35.5, "靶病灶": "是"}, {"长径(mm)": 12}]}],
   "lab": {"results": [
     {"检验项目": "总胆红素", "结果": "12", "单位": "umol/L", "采样日期": "2021-03-01"},
     {"检验项目": "白蛋白", "结果": "40", "单位": "g/L", "采样日期": "2021-03-01"}]},
   "pets": [{"kind": "cat"}]},
  {"病案号": "0002", "性别": "女", "出生日期": "1950-11-12", "visits": []}
]"""


def test_records_within_records_are_drafted_by_their_way(tmp_path):
    (tmp_path / "a.json").write_text(NESTED, encoding="utf-8")

    drafted = draft_codebook("west", *read_sheets(tmp_path))

    tables = yaml.safe_load(drafted)["tables"]
    ways = {name: [part.get("records") for part in tables[name]] for name in tables}
    assert ways == {
        "patients": [None],
        "assessments": ["visits"],
        "lesions": ["visits.lesions"],
        "labs": ["lab.results"],
    }
    (labs,), (lesions,) = tables["labs"], tables["lesions"]
    assert labs["items"] == {
        "column": "lab.results.检验项目",
        "value": "lab.results.结果",
        "unit": "lab.results.单位",
    }
    assert labs["fields"]["sample_date"]["column"] == "lab.results.采样日期"
    columns = {name: each["column"] for name, each in lesions["fields"].items()}
    assert columns == {
        "patient_id": "病案号",
        "exam_date": "visits.检查日期",
        "target": "visits.lesions.靶病灶",
        "long_mm": "visits.lesions.长径(mm)",
    }
    assert "# nothing known in it: a.json, records pets" in drafted
    assert "0001" not in drafted
    for name, (part,) in tables.items():
        rows = read_file(tmp_path / "a.json", records=part.get("records")).rows
        asked = {each.get("column") for each in part["fields"].values()} - {None}
        assert asked <= {*rows.columns}, name
