"""The refusal of a document's content, and what every check shares."""

import re
import zipfile
from typing import BinaryIO

SAVE_AGAIN = "Save it again as that type, then choose it."
HAS_MACROS = "has macros in it. Save it without macros, then choose it."
HAS_FILE = "has another file embedded in it. Save it as a PDF, then choose the PDF."
HAS_PASSWORD = "is protected by a password. Save it without one, then choose it."  # noqa: S105 - a sentence
IS_TWO_FILES = "is two files in one. Save it again from the program it was made with."

_MARKUP = re.compile(rb"<(?:!doctype\s+html|html|head|body|script|iframe|svg|\?php)\b", re.I)
_MARKUP_WITHIN = 2048
"""Browsers look no further for HTML."""


class Unsafe(Exception):
    """A refusal; the message continues a sentence that starts with the file's name."""


def damaged(label: str) -> Unsafe:
    """Build the refusal of a file that can't be read as what its name says."""
    return Unsafe(f"says it is a {label}, but it can't be opened. {SAVE_AGAIN}")


def refuse_second_file(file: BinaryIO) -> None:
    """Refuse a PDF or picture that is also HTML or a ZIP archive; raises Unsafe.

    Other data after the end is accepted, because phones and scanners add such data. No program
    reads it: viewers stop at the end, and only an archive is read from the end of a file.
    """
    file.seek(0)
    if _MARKUP.search(file.read(_MARKUP_WITHIN)) or _is_archive(file):
        raise Unsafe(IS_TWO_FILES)


def _is_archive(file: BinaryIO) -> bool:
    try:
        with zipfile.ZipFile(file) as archive:
            return bool(archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return False
