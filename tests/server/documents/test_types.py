"""File types are recognised by content, not by name."""

import io
import struct
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.documents.types import content_error, detect_kind

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


def docx(extra_parts: dict[str, bytes] | None = None, *, text: str = "word/document.xml") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        parts = {"[Content_Types].xml": b"<Types/>", text: b"<w:document/>", **(extra_parts or {})}
        for name, content in parts.items():
            package.writestr(name, content)
    return buffer.getvalue()


def doc(stream: str = "WordDocument") -> bytes:
    """Build an OLE file with a sector table, a directory and one stream of eight sectors."""
    chain = [FAT, LAST, *range(3, 10), LAST]
    table = struct.pack("<128I", *chain, *[FREE] * 118)
    header = OLE + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    header += struct.pack("<IIIIIIIIII", 0, 1, 1, 0, 4096, LAST, 0, LAST, 0, 0)
    header += struct.pack("<108I", *[FREE] * 108)

    def entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
        encoded_name = (name + "\0").encode("utf-16-le")
        links = struct.pack("<HBBIII", len(encoded_name), kind, 1, FREE, FREE, child)
        return encoded_name.ljust(64, b"\0") + links + bytes(36) + struct.pack("<IQ", start, size)

    directory = entry("Root Entry", 5, 1, LAST, 0) + entry(stream, 2, FREE, 2, 4096)
    return header + table + directory.ljust(512, b"\0") + bytes(4096)


def get_content_error(name: str, content: bytes) -> str | None:
    return content_error(name, io.BytesIO(content))


VALID_FILES = {
    "report.pdf": (b"%PDF-1.7\n", "application/pdf"),
    "Photo.PNG": (png(3, 2), "image/png"),
    "photo.jpg": (jpeg(3, 2), "image/jpeg"),
    "photo.jpeg": (jpeg(3, 2), "image/jpeg"),
    "photo.bmp": (bmp(3, -2), "image/bmp"),
    "letter.doc": (doc(), "application/msword"),
    "letter.docx": (docx(), WORD),
}


@pytest.mark.parametrize("name", VALID_FILES)
def test_file_that_matches_its_name_is_accepted(name: str) -> None:
    content, media_type = VALID_FILES[name]
    kind = detect_kind(name, content)
    assert kind is not None and kind.media_type == media_type
    assert get_content_error(name, content) is None


@pytest.mark.parametrize("name", VALID_FILES)
def test_content_of_another_type_is_rejected(name: str) -> None:
    for other, (content, media_type) in VALID_FILES.items():
        if media_type != VALID_FILES[name][1]:
            assert detect_kind(name, content) is None, other
    assert detect_kind(name, b"MZ\x90\x00" + bytes(2000)) is None
    assert detect_kind(f"{name}.exe", VALID_FILES[name][0]) is None


def test_truncated_pdf_or_picture_is_rejected() -> None:
    assert detect_kind("a.bmp", b"BMW parts, as listed by the garage in June") is None
    assert detect_kind("a.pdf", bytes(1019) + b"%PDF-1.4") is not None
    assert detect_kind("a.pdf", bytes(1020) + b"%PDF-1.4") is None


def test_docx_must_contain_a_word_document_without_macros() -> None:
    reason = get_content_error("a.docx", docx(text="xl/workbook.xml")) or ""
    assert reason.startswith("a.docx says it is a Word document, but there is no Word text in it.")
    assert "but it can't be opened." in (get_content_error("a.docx", docx()[:-30]) or "")
    assert "macros" in (get_content_error("a.docx", docx({"word/vbaProject.bin": b"x"})) or "")


def test_zip_bomb_is_rejected_and_large_report_accepted() -> None:
    bomb = docx({"word/image.bmp": bytes(2_000_000)})
    assert "too large once unpacked" in (get_content_error("a.docx", bomb) or "")
    assert get_content_error("a.docx", docx({"word/image.bmp": bytes(1_000_000)})) is None
    # The directory declares 201 MB, although no entry is compressed better than in a report.
    archive = bytearray(docx({f"word/{i}.xml": b"x" for i in range(201)}))
    position = archive.find(b"PK\x01\x02")
    while position >= 0:
        struct.pack_into("<II", archive, position + 20, 100_000, 1024 * 1024)
        position = archive.find(b"PK\x01\x02", position + 4)
    assert "too large once unpacked" in (get_content_error("a.docx", bytes(archive)) or "")


def test_doc_must_contain_a_word_document() -> None:
    assert "there is no Word text in it" in (get_content_error("a.doc", doc("Workbook")) or "")
    assert "can't be opened" in (get_content_error("a.doc", OLE + bytes(100)) or "")
    no_sectors = doc()[:30] + b"\0" + doc()[31:]
    assert "can't be opened" in (get_content_error("a.doc", no_sectors) or "")


@pytest.mark.parametrize(("name", "make"), [("a.png", png), ("a.bmp", bmp), ("a.jpg", jpeg)])
def test_pictures_are_limited_to_50_million_pixels(
    name: str, make: Callable[[int, int], bytes]
) -> None:
    assert get_content_error(name, make(10_000, 5_000)) is None
    assert get_content_error(name, make(10_000, 5_001)) == (
        f"{name} has 10,000 x 5,001 pixels. Make it smaller, then choose it."
    )
    assert "can't be read" in (get_content_error(name, make(0, 5)) or "")
    assert "can't be read" in (get_content_error(name, make(5, 5)[:20]) or "")


def test_jpeg_size_is_found_after_other_segments() -> None:
    tables = b"\xff\xc4\x00\x04ab" + b"\xff" * 9 + b"\xfe\x00\x07\xff\xc0\x00\x00\x01"
    assert "20,000 x 20,000" in (
        get_content_error("a.jpg", jpeg(20_000, 20_000, before=tables)) or ""
    )
    endless = b"\xff\xfe\x00\x02" * 1_000_000
    assert "can't be read" in (get_content_error("a.jpg", jpeg(3, 2, before=endless)) or "")


@given(st.sampled_from(sorted(VALID_FILES)), st.data())
def test_damaged_file_never_raises(name: str, data: st.DataObject) -> None:
    content = bytearray(VALID_FILES[name][0])
    positions = st.integers(0, len(content) - 1)
    for position in data.draw(st.lists(positions, min_size=1, max_size=8)):
        content[position] = data.draw(st.integers(0, 255))
    assert (get_content_error(name, bytes(content[: data.draw(positions) + 1])) or name).startswith(
        name
    )
