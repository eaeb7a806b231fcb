"""Detecting a document's type by content, and refusing unsafe content."""

from collections.abc import Callable
from typing import BinaryIO, NamedTuple

import olefile

from server.documents.inspection.doc import check_doc
from server.documents.inspection.docx import check_docx
from server.documents.inspection.pdf import check_pdf
from server.documents.inspection.pictures import JPEG, PNG, check_picture, is_bmp
from server.documents.inspection.unsafe import HAS_PASSWORD, Unsafe
from shared.documents import EXTENSIONS


class Kind(NamedTuple):
    """A type of document: its media type and its label for users."""

    media_type: str
    label: str


class _Format(NamedTuple):
    kind: Kind
    signature: bytes
    check: Callable[[BinaryIO, str], None]


_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_FORMATS = {
    ".doc": _Format(Kind("application/msword", "Word document"), olefile.MAGIC, check_doc),
    ".docx": _Format(Kind(_DOCX, "Word document"), b"PK\x03\x04", check_docx),
    ".pdf": _Format(Kind("application/pdf", "PDF document"), b"%PDF-", check_pdf),
    ".png": _Format(Kind("image/png", "PNG picture"), PNG, check_picture),
    ".jpeg": _Format(Kind("image/jpeg", "JPEG picture"), JPEG, check_picture),
    ".jpg": _Format(Kind("image/jpeg", "JPEG picture"), JPEG, check_picture),
    ".bmp": _Format(Kind("image/bmp", "BMP picture"), b"BM", check_picture),
}
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")


def detect_kind(name: str, head: bytes) -> Kind | None:
    """Detect the type from the first 64 KiB; None if it does not match the extension.

    Bytes before the signature are refused: they could be those of another type.
    """
    extension = _extension(name)
    if not extension:
        return None
    kind, signature, _ = _FORMATS[extension]
    is_match = head.startswith(signature) and (extension != ".bmp" or is_bmp(head))
    return kind if is_match else None


def mismatch_error(name: str, head: bytes) -> str:
    """Return why a file whose type does not match its extension is refused."""
    if head.startswith(olefile.MAGIC) and _ENCRYPTED_PACKAGE in head:  # as Word encrypts a .docx
        return f"{name} {HAS_PASSWORD}"
    return (
        f"{name} holds something other than its name says. Save it again from the program "
        "it was made with, then choose it again."
    )


def content_error(name: str, file: BinaryIO) -> str | None:
    """Return why a document is refused, or None; `file` must be seekable."""
    extension = _extension(name)
    if not extension:
        return None
    kind, _, check = _FORMATS[extension]
    try:
        check(file, kind.label)
    except Unsafe as refusal:
        return f"{name} {refusal}"
    return None


def _extension(name: str) -> str:
    return next((extension for extension in EXTENSIONS if name.lower().endswith(extension)), "")
