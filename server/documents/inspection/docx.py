"""Checks of Word documents: every part is unpacked and measured, and none is believed."""

import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import BinaryIO
from xml.parsers import expat

import olefile

from server.documents.inspection.unsafe import (
    HAS_FILE,
    HAS_MACROS,
    HAS_PASSWORD,
    IS_TWO_FILES,
    SAVE_AGAIN,
    Unsafe,
    damaged,
)

MAX_UNPACKED = 200 * 1024 * 1024
MAX_RATIO = 200
SMALL_PART = 1024 * 1024  # a part up to this size is harmless at any compression ratio
MAX_PARTS = 5_000
MAX_XML_BYTES = 1024 * 1024
"""Limit on each part that is read as XML; a long report has 100 KB of relationships."""
CHUNK_BYTES = 64 * 1024
HEAD_BYTES = 1024

_TOO_LARGE = "is far too large once unpacked. Save it with fewer or smaller pictures."
_HAS_LINK = (
    "loads a template, picture or file from another computer when it is opened. Save it as a PDF, "
    "then choose the PDF."
)
_REQUIRED_PARTS = {"[content_types].xml", "word/document.xml"}
_ENCRYPTED = 0x1
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_END_OF_DIRECTORY = b"PK\x05\x06"
_END_BYTES = 22
_FORBIDDEN_TYPES = {
    "macroenabled": HAS_MACROS,
    "vbaproject": HAS_MACROS,
    "vbadata": HAS_MACROS,
    "oleobject": HAS_FILE,
    "activex": HAS_FILE,
}
_FORBIDDEN_RELATIONS = {
    "vbaproject": HAS_MACROS,
    "wordvbadata": HAS_MACROS,
    "oleobject": HAS_FILE,
    "package": HAS_FILE,
    "control": HAS_FILE,
    "activexcontrolbinary": HAS_FILE,
    "afchunk": HAS_FILE,
}
_EMBEDDED_SIGNATURES = (olefile.MAGIC, b"PK\x03\x04", b"{\\rtf", b"%PDF-")
_LOADED_FROM_FILE = {"attachedtemplate", "image"}
"""External relations that Word writes for an author's own disk, where readers have no such file."""
_LOCAL_PATH = re.compile(r"(?:file:///)?[a-z]:[/\\].*|[^:/\\%][^:]*", re.I | re.S)

Attributes = dict[str, str]


def check_docx(file: BinaryIO, label: str) -> None:
    """Refuse a .docx file with active content, or that unpacks to too much; raises Unsafe."""
    try:
        with zipfile.ZipFile(file) as package:
            _check_package(package, file, label)
    except (
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
        EOFError,
        NotImplementedError,
        OverflowError,
        ValueError,
        OSError,
    ):
        raise damaged(label) from None


def _check_package(package: zipfile.ZipFile, file: BinaryIO, label: str) -> None:
    parts = package.infolist()
    names = [part.filename.lower() for part in parts]
    if not _REQUIRED_PARTS.issubset(names):
        raise Unsafe(f"says it is a {label}, but there is no Word text in it. {SAVE_AGAIN}")
    if len(parts) > MAX_PARTS:
        raise Unsafe(_TOO_LARGE)
    if any(part.flag_bits & _ENCRYPTED for part in parts):
        raise Unsafe(HAS_PASSWORD)
    # Programs differ in which of two parts of one name they read.
    if len(set(names)) < len(names) or any(_is_odd_name(name) for name in names):
        raise damaged(label)
    file.seek(-_END_BYTES, 2)
    if not file.read().startswith(_END_OF_DIRECTORY) or min(p.header_offset for p in parts) > 0:
        raise Unsafe(IS_TWO_FILES)
    remaining = MAX_UNPACKED
    for part in parts:
        remaining -= _check_part(package, part, remaining, label)


def _is_odd_name(name: str) -> bool:
    return "\\" in name or name.startswith("/") or ".." in name.split("/")


def _check_part(package: zipfile.ZipFile, part: zipfile.ZipInfo, remaining: int, label: str) -> int:
    """Unpack a part, check its content and return its real size."""
    if part.compress_type not in _METHODS:
        raise damaged(label)
    name, declared_size = part.filename.lower(), part.file_size
    is_relations = name.endswith(".rels")
    is_read = is_relations or name == "[content_types].xml"
    content, size = bytearray(), 0
    part.file_size = MAX_UNPACKED + 1  # zipfile would stop at the declared size
    with package.open(part) as stream:
        while chunk := stream.read(CHUNK_BYTES):
            size += len(chunk)
            if size > remaining or (size > SMALL_PART and size > MAX_RATIO * part.compress_size):
                raise Unsafe(_TOO_LARGE)
            if is_read or len(content) < HEAD_BYTES:
                content += chunk
            if is_read and size > MAX_XML_BYTES:
                raise damaged(label)
    if size != declared_size:
        raise damaged(label)
    _refuse_embedded_file(name, bytes(content[:HEAD_BYTES]))
    if is_read:
        _parse(bytes(content), _check_relation if is_relations else _check_type, label)
    return size


def _refuse_embedded_file(name: str, head: bytes) -> None:
    """Refuse a part by its first bytes, because its name and type may be wrong."""
    if name.endswith("vbaproject.bin"):
        raise Unsafe(HAS_MACROS)
    is_program = head.startswith(b"MZ") and b"PE\0\0" in head
    if is_program or head.startswith(_EMBEDDED_SIGNATURES):
        raise Unsafe(HAS_FILE)


def _parse(xml: bytes, check: Callable[[str, Attributes], None], label: str) -> None:
    """Call `check` with each element's local name and attributes; a DTD is refused."""

    def refuse_dtd(*_: object) -> None:
        raise damaged(label)

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = refuse_dtd
    parser.StartElementHandler = lambda name, attributes: check(name.split(" ")[-1], attributes)
    try:
        parser.Parse(xml, True)
    except expat.ExpatError:
        raise damaged(label) from None


def _check_type(element: str, attributes: Attributes) -> None:
    content_type = attributes.get("ContentType", "").lower()
    for forbidden, refusal in _FORBIDDEN_TYPES.items():
        if element in ("Default", "Override") and forbidden in content_type:
            raise Unsafe(refusal)


def _check_relation(element: str, attributes: Attributes) -> None:
    if element != "Relationship":
        return
    kind = attributes.get("Type", "").strip().rsplit("/", 1)[-1].lower()
    if kind in _FORBIDDEN_RELATIONS:
        raise Unsafe(_FORBIDDEN_RELATIONS[kind])
    if attributes.get("TargetMode", "").strip().lower() != "external" or kind == "hyperlink":
        return
    target = attributes.get("Target", "").strip()
    if kind not in _LOADED_FROM_FILE or not _LOCAL_PATH.fullmatch(target):
        raise Unsafe(_HAS_LINK)
