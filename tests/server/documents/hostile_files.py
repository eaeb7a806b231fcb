"""Files that could harm whoever opens them, each with words of its refusal."""

import io
import struct
from typing import NamedTuple

import pikepdf

from tests.pdfs import PDF, make_pdf
from tests.server.documents.files import (
    OLE,
    archive,
    bmp,
    doc,
    docx,
    jpeg,
    png,
    relation,
)

MACROS = "has macros in it. Save it without macros"
EMBEDDED = "has another file embedded in it."
TWO_FILES = "is two files in one."
LOADS = "loads a template, picture or file from another computer"
NOT_OPENED = "can't be opened."
OTHER_TYPE = "holds something other than its name says."
SCRIPT = "has a script in it. Print it to a new PDF"
STARTS = "starts something by itself when it is opened."
PASSWORD = "is protected by a password."
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-" + b"STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
PROGRAM = b"MZ" + bytes(62) + b"PE\0\0" + bytes(64)
HTML = b"<html><script>alert(1)</script></html>"


class HostileFile(NamedTuple):
    """A file by its name, and words of the sentence that refuses it."""

    name: str
    content: bytes
    sentence: str


def pdf(content: bytes, sentence: str) -> HostileFile:
    return HostileFile("report.pdf", content, sentence)


def word(content: bytes, sentence: str) -> HostileFile:
    return HostileFile("plan.docx", content, sentence)


def old_word(content: bytes, sentence: str) -> HostileFile:
    return HostileFile("plan.doc", content, sentence)


def action(text: bytes, key: bytes = b"/OpenAction") -> bytes:
    """Build a PDF with an action in its catalog."""
    return make_pdf(catalog=key + b" " + text)


def save_pdf(content: bytes, **options: object) -> bytes:
    """Save a PDF again with options of pikepdf."""
    buffer = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as opened:
        opened.save(buffer, **options)  # type: ignore[arg-type]  # passed on as given
    return buffer.getvalue()


def patch_directory(content: bytes, offset: int, layout: str, value: int) -> bytes:
    """Overwrite a field of the last entry in the directory of a ZIP archive."""
    changed = bytearray(content)
    struct.pack_into(layout, changed, content.rfind(b"PK\x01\x02") + offset, value)
    return bytes(changed)


JS = b"<</S/JavaScript/JS(app.alert(1))>>"
LAUNCH = b"<</S/Launch/F(cmd.exe)>>"
MACRO_TYPE = "application/vnd.ms-word.document.macroEnabled.main+xml"
VBA_TYPE = "application/vnd.ms-office.vbaProject"
UNC = "file://///files.example/share/evil.dotm"
LARGEST = docx({"word/media/image1.bin": bytes(900_000)})
DTD = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><Relationships>&b;</Relationships>'

HOSTILE: dict[str, HostileFile] = {
    "EICAR after the signature": pdf(b"%PDF-1.7\n" + EICAR, NOT_OPENED),
    "program before the PDF": pdf(PROGRAM + PDF, OTHER_TYPE),
    "HTML before the PDF": pdf(HTML + PDF, OTHER_TYPE),
    "HTML in a comment of the PDF": pdf(PDF[:9] + b"%" + HTML + b"\n" + PDF[9:], TWO_FILES),
    "archive after the PDF": pdf(PDF + archive({"a.class": b"x"}), TWO_FILES),
    "nothing but a PDF's frame": pdf(b"%PDF-1.7\n%%EOF\n", NOT_OPENED),
    "PDF without pages": pdf(PDF.replace(b"[3 0 R]/Count 1", b"[     ]/Count 0"), NOT_OPENED),
    "PDF that launches a program": pdf(action(LAUNCH), STARTS),
    "PDF with a script": pdf(action(JS), SCRIPT),
    "PDF with an escaped script": pdf(action(b"<</S/#4aavaScript/#4a#53(x)>>"), SCRIPT),
    "PDF with a script by name": pdf(
        make_pdf(catalog=b"/Names<</JavaScript<</Names[(a)%b]>>>>" % JS), SCRIPT
    ),
    "PDF with a script in an object stream": pdf(
        save_pdf(
            make_pdf(further=(JS,), catalog=b"/OpenAction 5 0 R"),
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
        ),
        SCRIPT,
    ),
    "PDF with a script that nothing uses": pdf(make_pdf(further=(JS,)), SCRIPT),
    "PDF with a launch in an array": pdf(make_pdf(further=(b"[[<</A[%b]>>]]" % LAUNCH,)), STARTS),
    "PDF that opens a web page": pdf(action(b"<</S/URI/URI(http://evil.example)>>"), STARTS),
    "PDF that opens a page, then the web": pdf(
        action(b"<</S/GoTo/D[3 0 R/Fit]/Next<</S/URI/URI(http://evil.example)>>>>"), STARTS
    ),
    "PDF that acts when it closes": pdf(
        action(b"<</WC<</S/URI/URI(http://evil.example)>>>>", b"/AA"), STARTS
    ),
    "PDF with an attachment": pdf(
        make_pdf(further=(b"<</Type/Filespec/F(a.exe)/EF<</F 4 0 R>>>>",)), EMBEDDED
    ),
    "PDF with a file in an annotation": pdf(
        make_pdf(further=(b"<</Type/Annot/Subtype/FileAttachment>>",)), EMBEDDED
    ),
    "PDF with rich media": pdf(
        make_pdf(further=(b"<</Type/Annot/Subtype/RichMedia>>",)), "has video or other media"
    ),
    "PDF with an XFA form": pdf(
        make_pdf(catalog=b"/AcroForm<</XFA 4 0 R>>"), "only some programs can show"
    ),
    "PDF with a password": pdf(
        save_pdf(PDF, encryption=pikepdf.Encryption(owner="a", user="b")), PASSWORD
    ),
    "macros by their name": word(docx({"word/vbaProject.bin": b"x"}), MACROS),
    "macros under another name": word(docx({"word/theme.xml": OLE + bytes(512)}), EMBEDDED),
    "macros by their type": word(
        docx(types=f'<Override PartName="/word/a.bin" ContentType="{VBA_TYPE}"/>'), MACROS
    ),
    "document that allows macros": word(
        docx(types=f'<Override PartName="/word/document.xml" ContentType="{MACRO_TYPE}"/>'), MACROS
    ),
    "macros by their relation": word(docx(relations=relation("vbaProject", "a.xml")), MACROS),
    "OLE object": word(docx(relations=relation("oleObject", "embeddings/a.bin")), EMBEDDED),
    "ActiveX control": word(docx(relations=relation("control", "activeX/a.xml")), EMBEDDED),
    "embedded package": word(docx({"word/embeddings/a.xlsx": archive({"a": b"x"})}), EMBEDDED),
    "imported HTML": word(docx(relations=relation("aFChunk", "a.html")), EMBEDDED),
    "embedded program": word(docx({"word/media/image1.png": PROGRAM}), EMBEDDED),
    "template on the web": word(
        docx(relations=relation("attachedTemplate", "http://evil.example/a.dotm", external=True)),
        LOADS,
    ),
    "template on another computer": word(
        docx(relations=relation("attachedTemplate", UNC, external=True)), LOADS
    ),
    "picture on another computer": word(
        docx(relations=relation("image", r"\\files.example\share\a.png", external=True)), LOADS
    ),
    "frame on the web": word(
        docx(relations=relation("frame", "https://evil.example/", external=True)), LOADS
    ),
    "entities in relationships": word(docx({"word/_rels/a.xml.rels": DTD}), NOT_OPENED),
    "relationships that are not XML": word(docx({"word/_rels/a.xml.rels": b"<a"}), NOT_OPENED),
    "too small a size": word(patch_directory(LARGEST, 24, "<I", 10), NOT_OPENED),
    "too large a size": word(patch_directory(LARGEST, 24, "<I", 9_000_000), NOT_OPENED),
    "docx with a password": word(patch_directory(docx(), 8, "<H", 1), PASSWORD),
    "two parts of one name": word(docx({"WORD/Document.xml": b"<w:document/>"}), NOT_OPENED),
    "part outside the document": word(docx({"../../a.xml": b"<a/>"}), NOT_OPENED),
    "data after the docx": word(docx() + PROGRAM, TWO_FILES),
    "archive before the docx": word(archive({"a": b"x"}) + docx(), TWO_FILES),
    "encrypted docx": word(doc("EncryptedPackage"), PASSWORD),
    ".doc with macros": old_word(doc(storage="Macros", inner="VBA", inner_kind=1), MACROS),
    ".doc with an empty VBA project": old_word(doc(storage="_VBA_PROJECT_CUR"), MACROS),
    ".doc with an object": old_word(doc(storage="ObjectPool", inner="_1"), EMBEDDED),
    ".doc with a package": old_word(doc(storage="a", inner="\x01Ole10Native"), EMBEDDED),
    ".doc with a password": old_word(doc(flags=0x0100), PASSWORD),
    "archive after a PNG": HostileFile("a.png", png(3, 2) + archive({"a": b"x"}), TWO_FILES),
    "archive after a JPEG": HostileFile("a.jpg", jpeg(3, 2) + archive({"a": b"x"}), TWO_FILES),
    "HTML in a BMP": HostileFile("a.bmp", bmp(3, 2) + HTML, TWO_FILES),
    "HTML in a JPEG": HostileFile("a.jpg", jpeg(3, 2, before=b"\xff\xfe\0\x28" + HTML), TWO_FILES),
}
