"""Files with active content, and files that are two at once, are refused; ordinary ones are not."""

import struct
from tempfile import TemporaryFile
from time import monotonic

import pikepdf
import pytest

from server.core.database import Services
from server.documents.inspection import pdf
from server.documents.tables import Document
from server.documents.types import content_error, detect_kind, mismatch_error
from tests.parts import Someone
from tests.pdfs import PDF, make_pdf
from tests.server.documents.files import bmp, doc, docx, jpeg, png, relation
from tests.server.documents.hostile_files import HOSTILE, save_pdf
from tests.server.steps import add_child, rows, upload

ANOTHER_PDF = make_pdf(b"0 g")

COMMENTS = "application/vnd.openxmlformats-officedocument.wordprocessingml.comments+xml"
WIDGET = b"<</Type/Annot/Subtype/Widget/FT/Tx/T(name)/Rect[0 0 1 1]>>"
LINK = b"<</Type/Annot/Subtype/Link/A<</S/URI/URI(https://ipsea.example)>>>>"

ORDINARY = {
    "scanned.pdf": PDF,
    "compressed.pdf": save_pdf(
        PDF, object_stream_mode=pikepdf.ObjectStreamMode.generate, linearize=True
    ),
    "with a link.pdf": make_pdf(further=(LINK,)),
    "with a form.pdf": make_pdf(catalog=b"/AcroForm<</Fields[5 0 R]>>", further=(WIDGET,)),
    "opens at a page.pdf": make_pdf(catalog=b"/OpenAction[3 0 R/XYZ null null 0]"),
    "goes to a page.pdf": make_pdf(catalog=b"/OpenAction<</S/GoTo/D[3 0 R/Fit]>>"),
    "not to be printed.pdf": save_pdf(PDF, encryption=pikepdf.Encryption(owner="a", user="")),
    "without a table.pdf": PDF[: PDF.index(b"xref")] + b"trailer<</Root 1 0 R>>\n%%EOF\n",
    "with a receipt.pdf": PDF + b"\n% Receipt\n% of the portal\n",
    "padded by a scanner.pdf": PDF + bytes(4096),
    "report.docx": docx(
        {
            "word/media/image1.png": png(3, 2),
            "word/comments.xml": b"<w:comments/>",
            "word/fonts/font1.odttf": b"MZ" + bytes(200),
        },
        types=f'<Override PartName="/word/comments.xml" ContentType="{COMMENTS}"/>',
        relations="".join(
            (
                relation("hyperlink", "https://ipsea.example/?a=1&amp;b=2", external=True),
                relation("hyperlink", "mailto:senco@osierbeck.example", external=True),
                relation("image", "media/image1.png"),
                relation("comments", "comments.xml"),
                relation("image", r"file:///C:\Users\ada\logo.png", external=True),
                relation("attachedTemplate", "file:///C:/Templates/Report.dotx", external=True),
                relation("attachedTemplate", "Report.dotx", external=True),
            )
        ),
    ),
    "old.doc": doc(storage="ObjectPool"),
    "phone.jpg": jpeg(3, 2) + jpeg(1, 1) + b"MotionPhoto_Data" + bytes(20) + b"ftypmp42",
    "cropped.png": png(3, 2) + struct.pack(">I", 0) + b"IEND\xaeB`\x82" + bytes(500),
    "photo.bmp": bmp(3, 2),
}


def refusal(name: str, content: bytes) -> str:
    """Return the sentence that refuses a file, or ''."""
    if detect_kind(name, content) is None:
        return mismatch_error(name, content)
    with TemporaryFile() as file:
        file.write(content)
        file.flush()
        return content_error(name, file) or ""


@pytest.mark.parametrize("file", HOSTILE.values(), ids=HOSTILE)
def test_hostile_file_is_refused_in_one_sentence(file: tuple[str, bytes, str]) -> None:
    name, content, sentence = file
    error = refusal(name, content)
    assert error.startswith(f"{name} ")
    assert sentence in error
    assert error.count("\n") == 0


@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_file_is_accepted(name: str) -> None:
    assert refusal(name, ORDINARY[name]) == ""


def test_hostile_files_leave_nothing_on_the_server(me: Someone, services: Services) -> None:
    person = add_child(me)
    for name, content, sentence in HOSTILE.values():
        reply = upload(me, person, content, name)
        assert (reply.status_code, reply.json()["code"]) == (415, "wrong_type")
        assert sentence in reply.json()["detail"]
    assert rows(services, Document) == []


def test_ordinary_files_are_stored_unchanged(me: Someone) -> None:
    person = add_child(me)
    for name, content in ORDINARY.items():
        document = upload(me, person, content, name).json()
        assert me.get(f"/v1/documents/{document['id']}/content").content == content


def test_deeply_nested_pdf_is_refused_quickly() -> None:
    deep = make_pdf(catalog=b"/X" + b"[" * 1_000_000 + b"]" * 1_000_000)
    started_at = monotonic()
    assert "can't be opened" in refusal("a.pdf", deep)
    assert monotonic() - started_at < 20


def test_inspection_leaves_the_file_readable_from_its_start() -> None:
    with TemporaryFile() as file:
        file.write(ANOTHER_PDF)
        file.flush()
        file.seek(0)
        assert content_error("a.pdf", file) is None
        file.seek(0)
        assert file.read() == ANOTHER_PDF


def test_slow_inspection_is_to_be_tried_again(
    me: Someone, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "TIMEOUT_SECONDS", 0)
    reply = upload(me, add_child(me), ANOTHER_PDF)
    assert (reply.status_code, reply.json()["code"]) == (503, "busy")
    assert rows(services, Document) == []
