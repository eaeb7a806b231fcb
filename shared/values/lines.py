"""The characters allowed in a single line of text, and how stored lines are displayed."""

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BaseModel, field_validator

MAX_LINE_LENGTH = 200
"""Maximum number of characters in a single line."""

REPLACEMENT = "\ufffd"
_BLANK_MARKS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\ufffd"
    "\U000e0100-\U000e01ef]"
)
"""Letters and marks that are drawn blank, and the replacement character."""
_JOINERS = "\u200c\u200d"
_SCRIPTS = "ARABIC SYRIAC NKO DEVANAGARI BENGALI GURMUKHI GUJARATI ORIYA TAMIL TELUGU KANNADA"
_JOINING_SCRIPTS = (*_SCRIPTS.split(" "), "MALAYALAM", "SINHALA", "MYANMAR", "KHMER", "MONGOLIAN")
"""Scripts that are spelt with joiners: a name in Persian or Malayalam may need one."""


def _is_hidden(text: str, index: int) -> bool:
    character = text[index]
    if character in _JOINERS:
        previous = text[index - 1] if index else ""
        return not (previous and unicodedata.name(previous, "").startswith(_JOINING_SCRIPTS))
    category = unicodedata.category(character)
    return category[0] == "C" or category in {"Zl", "Zp"} or bool(_BLANK_MARKS.match(character))


def hidden_character(text: str) -> str:
    """Return the first character of a line that hides or reorders text, or ''.

    These are control characters, line breaks, direction marks, zero-width characters, and joiners
    outside the scripts that are spelt with them.
    """
    if text.isprintable() and not _BLANK_MARKS.search(text):
        return ""
    return next((text[i] for i in range(len(text)) if _is_hidden(text, i)), "")


def mask_hidden(text: str) -> str:
    """Replace each hidden character of a line by �."""
    if not hidden_character(text):
        return text
    return "".join(REPLACEMENT if _is_hidden(text, i) else c for i, c in enumerate(text))


def sanitise(text: str) -> str:
    """Make a stored line safe to display: mask hidden characters and collapse spaces."""
    return " ".join(mask_hidden(text).split())


SafeLine = Annotated[str, AfterValidator(sanitise)]
"""A line that somebody typed, made safe to display anywhere in the client."""


class SafeLinesModel(BaseModel):
    """Base model of responses whose strings are all lines that somebody typed."""

    @field_validator("*", mode="after")
    @classmethod
    def _sanitise(cls, value: object) -> object:
        return sanitise(value) if type(value) is str else value
