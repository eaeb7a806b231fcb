"""File types are recognised by content, not by name."""

import random
from collections.abc import Callable
from tempfile import TemporaryFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.documents.types import content_error, detect_kind
from tests.pdfs import PDF
from tests.server.documents.files import OLE, WORD, bmp, doc, docx, jpeg, png


def get_content_error(name: str, content: bytes) -> str | None:
    with TemporaryFile() as file:
        file.write(content)
        file.flush()
        return content_error(name, file)


VALID_FILES = {
    "report.pdf": (PDF, "application/pdf"),
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
    assert detect_kind("a.pdf", b" %PDF-1.4") is None


def test_docx_must_contain_a_word_document_without_macros() -> None:
    reason = get_content_error("a.docx", docx(text="xl/workbook.xml")) or ""
    assert reason.startswith("a.docx says it is a Word document, but there is no Word text in it.")
    assert "but it can't be opened." in (get_content_error("a.docx", docx()[:-30]) or "")
    assert "macros" in (get_content_error("a.docx", docx({"word/vbaProject.bin": b"x"})) or "")


def test_zip_bomb_is_rejected_and_large_report_accepted() -> None:
    bomb = docx({"word/image.bmp": bytes(2_000_000)})
    assert "too large once unpacked" in (get_content_error("a.docx", bomb) or "")
    assert get_content_error("a.docx", docx({"word/image.bmp": bytes(1_000_000)})) is None
    # Together the parts are too large, although none is compressed better than in a report.
    part = random.Random(1).randbytes(6_000) + bytes(1_000_000)
    many = docx({f"word/{i}.bin": part for i in range(209)})
    assert "too large once unpacked" in (get_content_error("a.docx", many) or "")


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


@given(st.sampled_from(sorted(VALID_FILES.keys() - {"report.pdf"})), st.data())
def test_damaged_file_never_raises(name: str, data: st.DataObject) -> None:
    content = bytearray(VALID_FILES[name][0])
    positions = st.integers(0, len(content) - 1)
    for position in data.draw(st.lists(positions, min_size=1, max_size=8)):
        content[position] = data.draw(st.integers(0, 255))
    assert (get_content_error(name, bytes(content[: data.draw(positions) + 1])) or name).startswith(
        name
    )
