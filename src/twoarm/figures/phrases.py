"""What figures say, in English and in Chinese.

A phrase is written in English where it is drawn, and is the key of its translation.
Labels of a study (arms, endpoints, covariates, designs) are the study's own words.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from twoarm.words import contrast_labels

BESIDE = ", with covariates"
NUMBER = re.compile(r"\d+(?:\.\d+)?")
SPOKEN = ContextVar("SPOKEN", default="en")
"""Language of the figures that are drawn."""
CHINESE = {
    # Survival curves and their table.
    "Months since {origin}": "自{origin}起的月数",
    "Months since time zero": "自零时点起的月数",
    "Months since first dose": "自首次用药起的月数",
    "time zero": "零时点",
    "treatment": "治疗",
    "first dose": "首次用药",
    "treatment or time zero": "治疗或零时点",
    "each trial's start": "各试验起点",
    "day #": "第 # 天",
    "{label}: cumulative incidence (%)": "{label}：累积发生率（%）",
    "Number at risk": "风险人数",
    "At risk": "在险",
    "Weighted": "加权",
    "Censored": "删失",
    "Events": "事件",
    "Difference\n(% points)": "差值\n（百分点）",
    "{arm} (too few to show)": "{arm}（人数过少，未显示）",
    "Each step: {n} events or more": "每一阶梯：至少 {n} 个事件",
    "Simon–Makuch curves: patients change arms": "Simon–Makuch 曲线：患者可换组",
    "Median {arm}: {estimate} mo": "{arm}中位时间：{estimate} 个月",
    "Median {arm}: {estimate}": "{arm}中位时间：{estimate}",
    "not reached": "未达到",
    "HR {estimate}, log-rank p {p_value}": "HR {estimate}，log-rank 检验 p {p_value}",
    "HR {estimate}, p {p_value}": "HR {estimate}，p {p_value}",
    "Subdistribution HR {estimate}, Gray's p {p_value}": (
        "亚分布 HR {estimate}，Gray 检验 p {p_value}"
    ),
    "Subdistribution HR {estimate}, p {p_value}": "亚分布 HR {estimate}，p {p_value}",
    # What the audit and the balance say.
    "Biased: immortal time": "存在偏倚：不死时间",
    "Biased: later information": "存在偏倚：使用了之后的信息",
    "Biased: selection by survival": "存在偏倚：按存活选择",
    "Biased: informative censoring": "存在偏倚：信息性删失",
    "Biased: time-varying confounding": "存在偏倚：时变混杂",
    "Not balanced": "未平衡",
    "Not balanced (greatest difference # SD)": "未平衡（最大差异 # SD）",
    # Lesions and courses.
    "Complete response": "完全缓解",
    "Partial response": "部分缓解",
    "Stable disease": "疾病稳定",
    "Progressive disease": "疾病进展",
    "New lesion": "新病灶",
    "Surgery afterwards": "之后手术",
    "Best change in target lesions (%)": "靶病灶最佳变化（%）",
    "Change in target lesions (%)": "靶病灶变化（%）",
    "Bars end at +{cap}%.": "柱止于 +{cap}%。",
    "Lines are cut at +{cap}%.": "线止于 +{cap}%。",
    "Each bar: the mean of {n} neighbours or more, of one arm.": (
        "每个柱：同组中变化相邻的至少 {n} 例患者的均值。"
    ),
    "Line: median. Area: quartiles.": "线：中位数。面积：四分位数。",
    "Borders are rounded down, so that a step stands for {n} patients or more.": (
        "边界向下取整，每一阶梯至少代表 {n} 例患者。"
    ),
    "Patients (%)": "患者（%）",
    "Dead": "死亡",
    "Alive after progression": "进展后存活",
    "Operated, free of progression": "已手术，无进展",
    "On treatment": "治疗中",
    "Off treatment": "停药",
    "End of follow-up": "随访结束",
    "Not shown: too few patients.": "未显示：患者过少。",
    "Patients (n = {n})": "患者（n = {n}）",
    "Patients": "患者数",
    "Criteria met": "符合手术标准",
    "Progression": "进展",
    "Surgery": "手术",
    "Death": "死亡",
    "Ongoing": "随访中",
    "Follow-up": "随访",
    "1 in {every} patients shown.": "每 {every} 例患者显示 1 例。",
    "; 1 in {every} shown": "；每 {every} 例显示 1 例",
    # Flow of patients.
    "Excluded": "排除",
    "Remaining": "保留",
    "Assessed for eligibility": "评估入组资格",
    "Patients read": "读入患者",
    "Records read": "读入记录",
    "Second record of a patient": "同一患者的重复记录",
    "Record of the patient could not be used": "患者记录无法使用",
    "not shown": "未显示",
    "Before their treatment": "治疗之前",
    "Other follow-up": "其余随访",
    "Median wait, months": "中位等待（月）",
    "Events that could not be": "不可能发生的事件数",
    "Verdict": "结论",
    "Sound": "合理",
    "Follow-up of {arm}, patient-months": "{arm}的随访（人月）",
    "All patients": "全部患者",
    "Arm": "组别",
    "Centre": "中心",
    "Any of them": "任一项",
    "Percent of the patients of a group. A dash hides a small number.": (
        "各组患者的百分比。横线表示数目过小而未显示。"
    ),
    "Hollow and grey: biased, by the audit.": "空心、灰色：经审核存在偏倚。",
    # Scores, balance and weights.
    "Propensity score": "倾向评分",
    "Preference score": "偏好评分",
    "Weight, as a multiple of its arm's mean": "权重（本组均值的倍数）",
    "Not shown: bars of fewer than {n} patients, and bars from which these could be "
    "derived.": "未显示：少于 {n} 例患者的柱，以及可由其推出这些数目的柱。",
    "Absolute standardised mean difference": "标准化均数差的绝对值",
    "Threshold {threshold:g}": "阈值 {threshold:g}",
    "Unadjusted": "未调整",
    "Clones at risk; dotted, their effective number": "在险克隆数；点线为有效数",
    "Left their strategy, and so censored": "偏离策略而删失",
    "Largest weight": "最大权重",
    "Weights just after the grace period": "宽限期刚结束时的权重",
    "Weight; mark: largest": "权重；标记：最大值",
    # Comparisons of designs, subgroups and regressions.
    "Hazard ratio": "风险比",
    "Hazard ratio (limits)": "风险比（置信限）",
    "{arm}: events / patients": "{arm}：事件 / 患者",
    "Interaction p": "交互作用 p",
    "not tested": "未检验",
    "yes": "是",
    "no": "否",
    "# and above": "# 及以上",
    "−# and above": "−# 及以上",
    "below #": "低于 #",
    "below −#": "低于 −#",
    "too few events": "事件过少",
    "← favours {arm}": "← {arm}更优",
    "favours {arm} →": "{arm}更优 →",
    "All, {label}": "全部，{label}",
    "Treatment": "治疗",
    "Alone": "单独",
    "Beside the others": "与其他因素一同",
    "Hazard ratio, per unit or against the first level": (
        "风险比（每单位，或与第一水平相比）"
    ),
    "Hazard ratio,\n{treated} against {control}": "风险比，\n{treated}比{control}",
    "Difference at {months:g} months,\npercentage points": (
        "{months:g} 个月时的差值，\n百分点"
    ),
    "Difference of means\nto {months:g} months, months": (
        "{months:g} 个月内均值\n之差，月"
    ),
    "Hollow: biased, by the audit. Dashed: what the naive contrast finds. A hazard "
    "ratio below 1 and a difference above 0 speak for “{arm}”.": (
        "空心：经审核存在偏倚。虚线：朴素比较的结果。风险比小于 1、差值大于 0 "
        "支持“{arm}”。"
    ),
    "Naive: ever treated": "朴素：曾经治疗",
    "Excluding immortal time": "排除不死时间",
    "Matched, ever treated": "匹配，曾经治疗",
    "Weighted, ever treated": "加权，曾经治疗",
    "Time-dependent treatment": "时依治疗",
    "Landmarks": "界标分析",
    "Risk-set match": "风险集匹配",
    "Sequential trials": "序贯试验",
    "Clone-censor-weight": "克隆-删失-加权",
    "Clock from the first dose": "自首次用药计时",
    "Endpoint": "终点",
    "Design": "设计",
    "Covariates": "协变量",
    "None": "无",
    "All of the study": "研究的全部",
    "A selection": "部分",
    # Restricted means.
    "{arm}: {mean} of {months:g} months": "{arm}：{months:g} 个月中的 {mean} 个月",
    "Free of the event (%)": "未发生事件（%）",
    "Difference,\nmonths": "差值，月",
    "Horizon, months": "时限（月）",
    "No design has restricted means.": "没有任何设计有限制性均值。",
    "Below: difference of the means up to each month, with pointwise limits, as far as "
    "enough are at risk. Mark: up to the horizon of the study, told above it. Above 0 "
    "speaks for “{arm}”. Grey and hollow: biased, by the audit.": (
        "下方：截至各月的均值之差及逐点置信限，画至在险人数足够为止。标记：截至研究"
        "时限，数值见其上方。大于 0 支持“{arm}”。灰色空心：经审核存在偏倚。"
    ),
    # Proportional hazards.
    "Arms alone": "仅两组",
    "Arms, with covariates": "两组，含协变量",
    "Months": "月",
    "Months, log scale": "月（对数刻度）",
    # Imputation.
    "Observed": "观察值",
    "Imputed, of each completed data set": "各完整数据集的插补值",
    "Nothing is drawn: no covariate has enough missing values to show.": (
        "未绘图：没有缺失值足够多的协变量。"
    ),
    "{label}: share of {level}": "{label}：{level} 的比例",
    "{label}: mean": "{label}：均值",
    "{label}: standard deviation": "{label}：标准差",
    "Iteration": "迭代",
    "Density": "密度",
    "Share": "比例",
    # What is known of the truth.
    "Bias of the log hazard ratio": "对数风险比的偏倚",
    "False findings": "假阳性",
    "Limits hold the truth": "置信限包含真值",
    "Against the truth; below 0 flatters treatment": "与真值相比；小于 0 偏向治疗",
    "Percent of cohorts": "队列百分比",
    "No twin of this cohort was drawn.": "未抽取本队列的孪生队列。",
    "no effect": "无效应",
    "effect as estimated": "效应如所估计",
    "hazard ratio #": "风险比 #",
    ", with covariates": "，含协变量",
    "No truth is known of what was drawn.": "所抽队列的真值未知。",
    "Bias of the log hazard ratio and its Monte Carlo limits, in the largest cohorts; "
    "below 0 flatters treatment. Full: the 95 % limits hold the truth in 90 % of the "
    "cohorts or more.": (
        "对数风险比的偏倚及其蒙特卡罗限（最大的队列）；小于 0 偏向治疗。实心：95 % "
        "置信限在至少 90 % 的队列中包含真值。"
    ),
}
"""English phrase to Chinese; # stands for a number, as in `say`."""


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Say everything in a language within a `with` block.

    Parameters
    ----------
    language
        `en` or `zh`.
    """
    token = SPOKEN.set(language)
    try:
        yield
    finally:
        SPOKEN.reset(token)


def say(words: str, **parts: Any) -> str:
    """Say words in the language that is spoken.

    Words without a translation, as the labels of a study, stay as they are.

    Parameters
    ----------
    words
        In English; numbers in them are kept.
    **parts
        What stands for the names in braces, if there are any.

    Examples
    --------
    >>> say("Months since {origin}", origin=say("day 90"))
    'Months since day 90'
    >>> with speaking("zh"):
    ...     say("Months since {origin}", origin=say("day 90"))
    '自第 90 天起的月数'
    """
    if SPOKEN.get() == "zh":
        shape = NUMBER.sub("#", words)
        if words in CHINESE:
            words = CHINESE[words]
        elif shape in CHINESE:
            numbers = iter(NUMBER.findall(words))
            words = re.sub("#", lambda _: next(numbers), CHINESE[shape])
    return words.format(**parts) if parts else words


def spoken_contrasts(designs: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """Name the contrasts of each design as `twoarm.words.contrast_labels` does."""
    named = contrast_labels({name: say(label) for name, label in designs.items()})
    return {key: label.replace(BESIDE, say(BESIDE)) for key, label in named.items()}
