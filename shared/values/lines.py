"""The characters allowed in a single line of text, and how stored lines are displayed."""

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BaseModel, field_validator

MAX_LINE_LENGTH = 200
"""Characters of a single line."""

REPLACEMENT = "\ufffd"
_BLANK_MARKS = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\ufffd"
    "\U000e0100-\U000e01ef]"
)
"""Letters and marks that are drawn as nothing, and what stands for an unreadable character."""
_JOINERS = "\u200c\u200d"
_SCRIPTS = "ARABIC SYRIAC NKO DEVANAGARI BENGALI GURMUKHI GUJARATI ORIYA TAMIL TELUGU KANNADA"
_JOINING = (*_SCRIPTS.split(" "), "MALAYALAM", "SINHALA", "MYANMAR", "KHMER", "MONGOLIAN")
"""Scripts that are spelt with joiners: a name in Persian or Malayalam may need one."""


def _is_hidden(text: str, place: int) -> bool:
    character = text[place]
    if character in _JOINERS:
        before = text[place - 1] if place else ""
        return not (before and unicodedata.name(before, "").startswith(_JOINING))
    category = unicodedata.category(character)
    return category[0] == "C" or category in {"Zl", "Zp"} or bool(_BLANK_MARKS.match(character))


def hidden_character(text: str) -> str:
    """Return the first character of a line that hides or reorders text, or ''.

    These are control characters, line breaks, marks of direction, characters without width, and
    joiners outside the scripts that are spelt with them.
    """
    if text.isprintable() and not _BLANK_MARKS.search(text):
        return ""
    return next((text[i] for i in range(len(text)) if _is_hidden(text, i)), "")


def masked(text: str) -> str:
    """Return a line with a � for each hidden character."""
    if not hidden_character(text):
        return text
    return "".join(REPLACEMENT if _is_hidden(text, i) else c for i, c in enumerate(text))


def shown(text: str) -> str:
    """Return a stored line in a form safe to display: masked, and with single spaces."""
    return " ".join(masked(text).split())


Shown = Annotated[str, AfterValidator(shown)]
"""A line of a reply that somebody typed: in the client it is safe to show anywhere."""


class ShownLines(BaseModel):
    """A reply whose texts are all lines that somebody typed."""

    @field_validator("*", mode="after")
    @classmethod
    def _shown(cls, value: object) -> object:
        return shown(value) if type(value) is str else value
