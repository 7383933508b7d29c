"""Pseudonyms: keyed hashes that stand for record numbers, national ids and names."""

import hashlib
import hmac
import re
import unicodedata

DEMONSTRATION = b"twoarm: the key of invented patients, which protects nobody"
"""Key of exports that a study simulates. It is public, as the patients are invented."""
HEX = 16
"""Length of a pseudonym: 64 bits. The chance that any two of n differ and have one
pseudonym is about n**2 / 2**65: 3e-10 for 100,000 patients, 3e-8 for a million."""
DOUBTED = "?"
"""Stands before the pseudonym of a national id that cannot be one."""
# SOURCE: GB 11643-1999: weights of the 17 digits, and check characters by remainder.
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECKS = "10X98765432"


def derive_pseudonym(
    text: str, field: str, *, key: bytes, within: str = "", digits: int | None = None
) -> str:
    """Give the first 16 hexadecimal digits of the HMAC-SHA256 of an identifier.

    Parameters
    ----------
    text
        The identifier as it is written.
    field
        Its name in the dictionary.
    key
        Secret.
    within
        Centre whose record numbers stay apart from others'; nothing for what tells a
        person at all centres.
    digits
        Length of a record number, zeros in front.

    References
    ----------
    .. [1] Krawczyk H, Bellare M, Canetti R. HMAC: keyed-hashing for message
       authentication. RFC 2104. 1997. doi:10.17487/RFC2104
    """
    plain, mark = unicodedata.normalize("NFKC", text).strip(), ""
    if field == "national_id":
        plain = parse_national_id(plain)
        mark = "" if is_national_id(plain) else DOUBTED
    elif field == "person_name":
        plain = parse_name(plain)
    elif digits and plain.isdecimal():
        plain = plain.zfill(digits)
    said = "\x1f".join((field, within, plain)).encode()
    return mark + hmac.new(key, said, hashlib.sha256).hexdigest()[:HEX]


def parse_name(text: str) -> str:
    """Bring a name to one form, whatever its width, spaces, dots and case.

    >>> parse_name("Ｚhang  Wei") == parse_name("ZHANGWEI"), parse_name("欧阳　·锋")
    (True, '欧阳锋')
    """
    # ASSUME: names are compared as they are written, not by their pinyin: that would
    # make different persons of one birth date agree, and surnames have readings of
    # their own. A name in letters at one centre and in characters at the other is
    # found by the review list.
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(each for each in plain if each.isalnum())


def parse_national_id(text: str) -> str:
    """Bring a Chinese identity number to its 18 characters, another to one form.

    >>> parse_national_id("110105 491231 002"), parse_national_id("11010519491231002x")
    ('11010519491231002X', '11010519491231002X')
    """
    plain = unicodedata.normalize("NFKC", text).upper()
    plain = "".join(each for each in plain if each.isalnum())
    if re.fullmatch(r"[0-9]{15}", plain):
        long = f"{plain[:6]}19{plain[6:]}"
        return long + find_check_sign(long)
    return plain


def is_national_id(text: str) -> bool:
    """Tell whether an identity number can be one: of 18, the last checks the others.

    Other documents, such as a passport, have no check; all of one character is none.

    >>> is_national_id("11010519491231002X"), is_national_id("110105194912310021")
    (True, False)
    """
    if re.fullmatch(r"[0-9]{17}[0-9X]", text):
        return find_check_sign(text[:17]) == text[17]
    return len(set(text)) > 1


def find_check_sign(digits: str) -> str:
    """Find the last sign of a Chinese identity number of 17 digits.

    >>> find_check_sign("11010519491231002")
    'X'
    """
    total = sum(w * int(d) for w, d in zip(WEIGHTS, digits, strict=True))
    return CHECKS[total % 11]
