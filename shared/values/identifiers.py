"""Validation of identifiers, postcodes and contact details."""

import re
from typing import Literal, NamedTuple

from shared.values.lines import REPLACEMENT, hidden_character

UNAMBIGUOUS = "ACDEFHJKLMNPRTUWXY3456789"
"""Characters that nobody confuses, on paper or over the phone."""
UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
LINE_BREAKS = "\n\r\v\f\x85\u2028\u2029"

_UPN = re.compile(r"[A-HJ-NP-RT-Z]\d{11}[\dA-HJ-NP-RT-Z]")
_POSTCODE = re.compile(
    r"(?:[A-Z]\d|[A-Z]\d\d|[A-Z]\d[A-Z]|[A-Z]{2}\d|[A-Z]{2}\d\d|[A-Z]{2}\d[A-Z])"
    r"\d[ABD-HJLNP-UW-Z]{2}"
)
_MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    "|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
_DAY = r"\d{1,2}(?:st|nd|rd|th)?"
_DATE = re.compile(
    r"(?<!\d)\d{1,4}\s*([./-])\s*\d{1,2}\s*\1\s*\d{1,4}(?!\d)"
    rf"|\b{_DAY}[\s.,/-]*(?:{_MONTHS})[\s.,/-]*\d{{2,4}}\b"
    rf"|\b(?:{_MONTHS})[\s.,/-]*{_DAY}[\s.,/-]+\d{{2,4}}\b",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")


class Verdict(NamedTuple):
    """Result of a check, with a message for users if it is not ok."""

    level: Literal["ok", "unusual", "impossible"]
    message: str = ""


OK = Verdict("ok")


def normalise_upn(text: str) -> str:
    """Return a UPN in capitals without spaces."""
    return re.sub(r"\s", "", text).upper()


def normalise_nhs_number(text: str) -> str:
    """Return an NHS number without spaces or hyphens."""
    return re.sub(r"[\s-]", "", text)


def normalise_postcode(text: str) -> str:
    """Return a postcode in capitals, with a space before the last three characters."""
    bare = re.sub(r"\s", "", text).upper()
    return f"{bare[:-3]} {bare[-3:]}" if len(bare) > 3 else bare


def check_line(text: str) -> Verdict:
    """Check that a text is a single line without invisible characters."""
    character = hidden_character(text)
    if not character:
        return OK
    description = f"a character that can't be seen (U+{ord(character):04X})"
    if character in LINE_BREAKS:
        description = "a line break"
    elif character == REPLACEMENT:
        description = f"{REPLACEMENT} in place of a character that can't be shown"
    return Verdict("impossible", f"Type this again: it holds {description}.")


def check_name(text: str) -> Verdict:
    """Check the name of a person: a line with at least one letter, and without a date."""
    if (verdict := check_line(text)) != OK or not text.strip():
        return verdict
    if _DATE.search(text):
        return Verdict("impossible", "Enter the name without a date.")
    if not any(character.isalpha() for character in text):
        return Verdict("impossible", "Enter the name in letters.")
    return OK


def check_upn(text: str) -> Verdict:
    """Check a Unique Pupil Number by its check letter; a temporary UPN is unusual.

    The letter is the sum of digit x position (2 to 13), modulo 23 (DfE UPN guide).
    """
    upn = normalise_upn(text)
    if not upn:
        return OK
    if not _UPN.fullmatch(upn):
        return Verdict(
            "impossible",
            "A UPN has 13 characters: a letter, then 12 digits (a temporary one ends in a letter).",
        )
    values = [int(c) if c.isdigit() else UPN_LETTERS.index(c) for c in upn[1:]]
    letter = UPN_LETTERS[sum(v * position for position, v in enumerate(values, 2)) % 23]
    if letter != upn[0]:
        return Verdict("impossible", f"This UPN can't be right: its letter would be {letter}.")
    if upn[-1].isalpha():
        return Verdict("unusual", "This is a temporary UPN. Give the permanent one if you have it.")
    return OK


def check_nhs_number(text: str) -> Verdict:
    """Check an NHS number by its check digit (weights 10 to 2, modulo 11)."""
    number = normalise_nhs_number(text)
    if not number:
        return OK
    if not re.fullmatch(r"\d{10}", number):
        return Verdict("impossible", "An NHS number has 10 digits.")
    check_digit = (
        11 - sum(int(d) * w for d, w in zip(number[:9], range(10, 1, -1), strict=True)) % 11
    )
    if check_digit == 10 or check_digit % 11 != int(number[9]):
        return Verdict("impossible", "This NHS number can't be right. Check each digit.")
    return OK


def check_postcode(text: str) -> Verdict:
    """Check the format of a UK postcode, ignoring case and spacing."""
    if not text.strip():
        return OK
    if not _POSTCODE.fullmatch(normalise_postcode(text).replace(" ", "")):
        return Verdict("impossible", "Enter a full UK postcode, for example LE1 1FZ.")
    return OK


def check_phone(text: str) -> Verdict:
    """Check a telephone number: 8 to 15 digits, with spaces, hyphens, brackets or +."""
    if not text.strip():
        return OK
    digits = re.sub(r"[\s()+-]", "", text)
    if not digits.isdecimal() or not 8 <= len(digits) <= 15:
        return Verdict("impossible", "Enter a telephone number, for example 0116 496 0101.")
    return OK


def check_email(text: str) -> Verdict:
    """Check that an email address looks like name@place.example."""
    if not text.strip():
        return OK
    if (verdict := check_line(text.strip())) != OK:
        return verdict
    if not _EMAIL.fullmatch(text.strip()) or len(text.strip()) > 254:
        return Verdict("impossible", "Enter an email address, for example name@school.example.")
    return OK
