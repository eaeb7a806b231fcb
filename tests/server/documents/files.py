"""Builders of pictures and Word documents, ordinary and hostile."""

import io
import struct
import zipfile

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
OLE = bytes.fromhex("D0CF11E0A1B11AE1")
FREE, LAST, FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def png(width: int, height: int) -> bytes:
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + header + bytes(4)


def bmp(width: int, height: int) -> bytes:
    return b"BM" + struct.pack("<IIIIiiHH", 58, 0, 54, 40, width, height, 1, 24) + bytes(28)


def jpeg(width: int, height: int, *, before: bytes = b"") -> bytes:
    frame = b"\xff\xc2" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\x00"
    return b"\xff\xd8\xff\xe0" + struct.pack(">H", 16) + bytes(14) + before + frame + b"\xff\xd9"


def docx(
    extra_parts: dict[str, bytes] | None = None,
    *,
    text: str = "word/document.xml",
    types: str = "",
    relations: str = "",
) -> bytes:
    """Build a .docx; `types` and `relations` are XML of its content types and relationships."""
    parts = {
        "[Content_Types].xml": f"<Types>{types}</Types>".encode(),
        text: b"<w:document/>",
        "word/_rels/document.xml.rels": f"<Relationships>{relations}</Relationships>".encode(),
        **(extra_parts or {}),
    }
    return archive(parts)


def archive(parts: dict[str, bytes]) -> bytes:
    """Build a ZIP archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return buffer.getvalue()


RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def relation(kind: str, target: str = "x", *, external: bool = False) -> str:
    """Build one relationship of a .docx."""
    mode = ' TargetMode="External"' if external else ""
    return f'<Relationship Id="r1" Type="{RELATIONS}/{kind}" Target="{target}"{mode}/>'


def doc(
    stream: str = "WordDocument",
    storage: str = "",
    inner: str = "",
    *,
    flags: int = 0,
    inner_kind: int = 2,
) -> bytes:
    """Build an OLE file with a stream, and a storage with an inner stream or storage."""
    chain = [FAT, LAST, LAST, *range(4, 11), LAST]
    table = struct.pack("<128I", *chain, *[FREE] * 117)
    header = OLE + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<IIIIIIIIII", 0, 1, 1, 0, 4096, LAST, 0, LAST, 0, 0)
    header += struct.pack("<108I", *[FREE] * 108)

    def entry(
        name: str, kind: int, *, right: int = FREE, child: int = FREE, start: int = 0, size: int = 0
    ) -> bytes:
        encoded_name = (name + "\0").encode("utf-16-le")
        links = struct.pack("<HBBIII", len(encoded_name), kind, 1, FREE, right, child)
        return encoded_name.ljust(64, b"\0") + links + bytes(36) + struct.pack("<IQ", start, size)

    directory = entry("Root Entry", 5, child=1, start=LAST)
    directory += entry(stream, 2, right=2 if storage else FREE, start=3, size=4096)
    if storage:
        directory += entry(storage, 1, child=3 if inner else FREE)
    if inner:
        directory += entry(inner, inner_kind, start=LAST)
    content = bytes(10) + struct.pack("<H", flags)
    return header + table + directory.ljust(512, b"\0") + bytes(512) + content.ljust(4096, b"\0")
