"""The forms in which dates are written: patterns of texts in lower case."""

_NAMES = (
    *("january", "february", "march", "april", "may", "june", "july", "august"),
    *("september", "october", "november", "december"),
)
MONTHS = {
    **{name: str(number) for number, name in enumerate(_NAMES, 1)},
    **{name[:3]: str(number) for number, name in enumerate(_NAMES, 1)},
    "sept": "9",
}
_NAME = rf"(?P<name>{'|'.join(sorted(MONTHS, key=len, reverse=True))})"
WEEKDAY = r"^(?:mon|tue|tues|wed|wednes|thu|thurs|fri|sat|satur|sun)(?:day)?\.?,? "
_CLOCK = (
    r"(?:[01]?\d|2[0-4])[:时点][0-5]?\d(?:[:分][0-5]?\d秒?(?:[.,]\d+)?|分)?(?: ?[ap]m)?"
)
_ZONE = r"(?: ?(?:z|utc|gmt|[+-]\d\d:?\d\d))?"
TIME = rf"(?:(\d)(?: ?t ?| )|([日号]) ?)(?:[上下]午 ?)?{_CLOCK}{_ZONE}$"
_SEP = " ?[-/. ] ?"
PLAIN = r"^[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}(?:[T ][0-9:.]+)?$|^(?:19|20)[0-9]{6}$"
_YEAR = r"(?P<year>(?:19|20)\d\d)"
_SEASON = "[春夏秋冬][季天]?|初|中|底|末|[上下]半年|第?[一二三四1-4]季度|度"
FORMS = (
    rf"^(?P<year>\d{{4}}){_SEP}(?P<month>\d\d?){_SEP}(?P<day>\d\d?)\.?$",
    rf"^{_YEAR}(?P<month>0[1-9]|1[0-2])(?P<day>\d\d)(?:\d{{4}}|\d{{6}})?$",
    rf"^{_YEAR}{_SEP}(?P<month>\d\d?)$",
    rf"^(?P<month>\d\d?){_SEP}{_YEAR}$",
    rf"^{_YEAR}(?P<month>0[1-9]|1[0-2])?$",
    r"^(?P<era>民国|民國)? ?(?P<year>\d{2,4}|元) ?年(?: ?(?P<month>\d\d?) ?月"
    rf"(?: ?(?P<day>\d\d?) ?[日号號]?|份|初|中|底|末|[上中下]旬)?| ?(?:{_SEASON}))?$",
    rf"^(?P<day>\d\d?)(?:st|nd|rd|th)?[-/. ]?{_NAME}"
    r"(?:, ?|[-/. ]?)(?P<year>\d{4}|\d\d)$",
    rf"^{_NAME}[-/. ]*(?P<day>\d\d?)(?:st|nd|rd|th)?(?:, ?| )(?P<year>\d{{4}}|\d\d)$",
    rf"^{_NAME}(?:, ?|[-/. ]*)(?P<year>\d{{4}})$",
    rf"^(?P<year>\d{{4}})[-/. ]?{_NAME}(?:[-/. ]?(?P<day>\d\d?))?$",
)
"""Forms that tell which part is the year. No text is of two of them."""
PARTS = (
    rf"^(?P<first>\d{{1,3}}){_SEP}(?P<second>\d\d?){_SEP}(?P<third>\d{{4}}|\d\d?)$",
    r"^(?P<first>\d\d)(?P<second>\d\d)(?P<third>(?:19|20)\d\d|\d\d)$",
    r"^(?P<first>\d{3})(?P<second>\d\d)(?P<third>\d\d)$",
)
"""Forms of three numbers that do not tell which is the day. No text is of two."""
HALF = rf"^\d\d?[-/]\d\d?$|^{_NAME}[-/. ]\d\d$"
"""Two of day, month and year, but which?"""
SERIAL = r"^(\d{1,5})(?:\.\d+)?$"
SECONDS = r"^-?\d{10}$"
MILLISECONDS = r"^-?(?:\d{12,13}|[02-9]\d{10}|1[0-2]\d{9})$"

_ONES = "一二三四五六七八九"
DIGITS = {
    **dict.fromkeys("〇零○o", "0"),
    **{sign: str(number) for number, sign in enumerate(_ONES, 1)},
}
"""Numerals of a year, which is told digit by digit; its 0 is written in many ways."""
COUNTS = {
    **{
        f"{zero}{sign}": str(n)
        for zero in ("", "零", "〇")
        for n, sign in enumerate(_ONES, 1)
    },
    **{f"十{sign}": str(n) for n, sign in enumerate(("", *_ONES), 10)},
    **{f"二十{sign}": str(n) for n, sign in enumerate(("", *_ONES), 20)},
    **{f"三十{sign}": str(n) for n, sign in enumerate(("", "一"), 30)},
}
"""Numerals of a month or a day, which is counted."""
_COUNT = "|".join(sorted(COUNTS, key=len, reverse=True))
NUMERALS = (
    rf"^((?:民国|民國)? ?)([{''.join(DIGITS)}0]{{2,4}}|元|[0-9]{{2,4}}) ?年"
    rf"(?: ?({_COUNT}|[0-9]{{1,2}}) ?月(?: ?({_COUNT}))?)?(.*)$"
)
"""A year, month and day of which some are Chinese numerals, and what stands behind."""
