"""Detecting a document's type by content, and rejecting unsafe files without unpacking."""

import struct
import zipfile
from collections.abc import Iterable
from typing import BinaryIO, NamedTuple

import olefile

from shared.documents import EXTENSIONS

MAX_UNPACKED = 200 * 1024 * 1024
MAX_PIXELS = 50_000_000
MAX_RATIO = 200
SMALL_ENTRY = 1024 * 1024  # an entry up to this size is harmless at any compression ratio
MAX_SEGMENTS = 10_000  # a photo has a few hundred segments before its size
PDF_SIGNATURE_WITHIN = 1024  # the signature of a PDF may follow other bytes
SAVE_AGAIN = "Save it again as that type, then choose it."

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_BMP_HEADERS = {12, 16, 40, 52, 56, 64, 108, 124}
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # the SOF markers of JPEG
_SCAN, _END = 0xDA, 0xD9
_DOCX_PARTS = {"[Content_Types].xml", "word/document.xml"}


class Kind(NamedTuple):
    """A type of document: its media type and its label for users."""

    media_type: str
    label: str


_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_KINDS = {
    ".doc": (Kind("application/msword", "Word document"), olefile.MAGIC),
    ".docx": (Kind(_DOCX, "Word document"), b"PK\x03\x04"),
    ".pdf": (Kind("application/pdf", "PDF document"), b"%PDF-"),
    ".png": (Kind("image/png", "PNG picture"), _PNG),
    ".jpeg": (Kind("image/jpeg", "JPEG picture"), _JPEG),
    ".jpg": (Kind("image/jpeg", "JPEG picture"), _JPEG),
    ".bmp": (Kind("image/bmp", "BMP picture"), b"BM"),
}


def detect_kind(name: str, head: bytes) -> Kind | None:
    """Detect the type from the first 64 KiB; None if it does not match the extension."""
    extension = _extension(name)
    if not extension:
        return None
    kind, signature = _KINDS[extension]
    is_match = (
        signature in head[:PDF_SIGNATURE_WITHIN]
        if extension == ".pdf"
        else head.startswith(signature)
    )
    return kind if is_match and (extension != ".bmp" or _is_bmp(head)) else None


def content_error(name: str, file: BinaryIO) -> str | None:
    """Return why a document is refused, or None; `file` must be seekable."""
    extension = _extension(name)
    if extension in ("", ".pdf"):
        return None
    claim = f"says it is a {_KINDS[extension][0].label}, but"
    checks = {".docx": _docx_error, ".doc": _doc_error}
    error = checks.get(extension, _picture_error)(file, claim)
    return f"{name} {error}" if error else None


def _extension(name: str) -> str:
    return next((extension for extension in EXTENSIONS if name.lower().endswith(extension)), "")


def _is_bmp(head: bytes) -> bool:
    if len(head) < 26 or not head.startswith(b"BM"):
        return False
    pixels_at, header = struct.unpack_from("<II", head, 10)
    return header in _BMP_HEADERS and pixels_at >= 14 + header


def _docx_error(file: BinaryIO, claim: str) -> str | None:
    try:
        with zipfile.ZipFile(file) as package:
            entries = package.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        return f"{claim} it can't be opened. {SAVE_AGAIN}"
    names = {entry.filename for entry in entries}
    if not names >= _DOCX_PARTS:
        return f"{claim} there is no Word text in it. {SAVE_AGAIN}"
    if any(entry.lower().endswith("vbaproject.bin") for entry in names):
        return "has macros in it. Save it without macros, then choose it."
    if _is_bomb(entries):
        return "is far too large once unpacked. Save it with fewer or smaller pictures."
    return None


def _is_bomb(entries: Iterable[zipfile.ZipInfo]) -> bool:
    sizes = [(entry.file_size, entry.compress_size) for entry in entries]
    return sum(size for size, _ in sizes) > MAX_UNPACKED or any(
        size > SMALL_ENTRY and size > MAX_RATIO * packed for size, packed in sizes
    )


def _doc_error(file: BinaryIO, claim: str) -> str | None:
    file.seek(0)
    try:
        if olefile.isOleFile(file):
            with olefile.OleFileIO(file) as package:
                if package.exists("WordDocument"):
                    return None
    except (OSError, ValueError, RecursionError):  # olefile's errors for damaged files
        return f"{claim} it can't be opened. {SAVE_AGAIN}"
    return f"{claim} there is no Word text in it. {SAVE_AGAIN}"


def _picture_error(file: BinaryIO, claim: str) -> str | None:
    file.seek(0)
    head = file.read(26)
    size = _jpeg_size(file) if head.startswith(_JPEG) else _png_or_bmp_size(head)
    if size is None or 0 in size:
        return f"{claim} its width and height can't be read. {SAVE_AGAIN}"
    if size[0] * size[1] > MAX_PIXELS:
        return f"has {size[0]:,} x {size[1]:,} pixels. Make it smaller, then choose it."
    return None


def _png_or_bmp_size(head: bytes) -> tuple[int, int] | None:
    if head.startswith(_PNG) and head[12:16] == b"IHDR" and len(head) >= 24:
        width, height = struct.unpack_from(">II", head, 16)
    elif _is_bmp(head):
        has_short_header = head[14] == 12
        width, height = struct.unpack_from("<HH" if has_short_header else "<ii", head, 18)
    else:
        return None
    return abs(width), abs(height)  # a top-down BMP has a negative height


def _jpeg_size(file: BinaryIO) -> tuple[int, int] | None:
    file.seek(2)
    for _ in range(MAX_SEGMENTS):
        head = file.read(9)  # FF, marker, length (2), precision, height (2), width (2)
        if len(head) < 9 or head[0] != 0xFF or head[1] in (_SCAN, _END):
            return None
        if head[1] in _FRAMES:
            height, width = struct.unpack_from(">HH", head, 5)
            return width, height
        length = int.from_bytes(head[2:4], "big")
        # FF before a marker is padding; a segment's length includes its own two bytes.
        file.seek(-8 if head[1] == 0xFF else length - 7, 1)
    return None
