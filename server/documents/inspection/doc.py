"""Checks of Word documents of the old format, .doc, which is an OLE file."""

import struct
from typing import BinaryIO

import olefile

from server.documents.inspection.unsafe import (
    HAS_FILE,
    HAS_MACROS,
    HAS_PASSWORD,
    SAVE_AGAIN,
    Unsafe,
    damaged,
)

_TEXT = "WordDocument"
_MACROS = {"macros", "vba", "_vba_project", "_vba_project_cur"}
_OBJECTS = {"\x01ole10native", "package"}
_FLAGS_AT, _IS_ENCRYPTED = 10, 0x0100  # of the FIB, with which the text's stream starts


def check_doc(file: BinaryIO, label: str) -> None:
    """Refuse a .doc file with macros, embedded files or a password; raises Unsafe."""
    file.seek(0)
    try:
        if not olefile.isOleFile(file):
            raise damaged(label)
        with olefile.OleFileIO(file) as package:
            _check_package(package, label)
    except (OSError, ValueError, RecursionError):  # olefile's errors for damaged files
        raise damaged(label) from None


def _check_package(package: olefile.OleFileIO, label: str) -> None:
    if not package.exists(_TEXT):
        raise Unsafe(f"says it is a {label}, but there is no Word text in it. {SAVE_AGAIN}")
    for path in package.listdir(streams=True, storages=True):
        names = [name.lower() for name in path]
        if _MACROS.intersection(names):
            raise Unsafe(HAS_MACROS)
        # Word keeps an empty pool in documents without objects.
        if _OBJECTS.intersection(names) or (names[0] == "objectpool" and len(names) > 1):
            raise Unsafe(HAS_FILE)
    header = package.openstream(_TEXT).read(_FLAGS_AT + 2)
    if len(header) < _FLAGS_AT + 2:
        raise damaged(label)
    if struct.unpack_from("<H", header, _FLAGS_AT)[0] & _IS_ENCRYPTED:
        raise Unsafe(HAS_PASSWORD)
