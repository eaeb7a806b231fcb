"""Copies of forms as PDF and text: content, size and receipts."""

import json
import re
from base64 import b64encode
from uuid import UUID

import pytest
from httpx import Client, Response
from pypdfium2 import PdfDocument, raw

from benchmarks.full_form import build_full_answers
from server.core import pdf
from server.core.database import Services
from server.documents.tables import Document
from server.forms.copies import DRAFT
from shared.forms.answers import facts_for
from shared.forms.copy import CopyKind, names_of, sections
from shared.forms.receipts import (
    CHANGED,
    NO_RECEIPT,
    NOT_SIGNED,
    OTHER_KEY,
    BadReceipt,
    Receipt,
    ReceiptKey,
    add_receipt,
    check_signature,
    find_receipt,
    key_id,
    receipt_of_file,
    sha256,
)
from shared.forms.submissions import SubmissionHistory
from shared.values.days import london_day
from tests.parts import Clock, Someone, watch_open
from tests.server.accounts.steps import code_of
from tests.server.steps import (
    add_child,
    ok,
    required_answers,
    save,
    start,
    submission_path,
    submit,
    submitted,
    upload,
)
from tests.shared.forms.catalogue import REQUEST

MARKUP = "#strong[x] *b* $x$ \\ <label> @ref = no heading\n- no list"
MAX_BYTES = 3 * 1024 * 1024


def copy(
    who: Someone, submission: UUID, kind: CopyKind = CopyKind.TEXT, version: int | None = None
) -> Response:
    chosen = {"kind": kind.value} | ({"version": str(version)} if version else {})
    reply: Response = who.get(f"{submission_path(submission)}/copy", params=chosen)
    return reply


def pages(content: bytes) -> list[str]:
    """Read each page of a PDF without white space, as lines are broken anywhere."""
    read = [page.get_textpage().get_text_range() for page in PdfDocument(content)]
    return ["".join(page.replace("\ufffe", "-").split()) for page in read]  # a broken word


def key_of(http: Client) -> ReceiptKey:
    return ReceiptKey.model_validate(ok(http.get("/v1/receipts/key")).json())


def words_on_screen(me: Someone, submission: UUID) -> list[str]:
    """Return the words of View details in order."""
    history = SubmissionHistory.model_validate(
        ok(me.get(f"{submission_path(submission)}/versions")).json()
    )
    version = history.versions[-1]
    work = [version.work_details] if version.work_details else []
    facts = facts_for(history.person_born, london_day(version.submitted_at))
    names = names_of(version.documents, work)
    words = []
    for section in sections(history.form, version.answers, facts, names, version.written_by):
        words.append(section.title)
        for line in section.lines:
            words += [part for part in (line.label, line.text) if part]
    return words


def assert_in_order(words: list[str], whole: str) -> None:
    place = 0
    for part in words:
        found = whole.find("".join(part.split()), place)
        assert found >= 0, f"{part[:80]!r} is not there, or not in its place"
        place = found + 1


@pytest.fixture
def longest(me: Someone) -> UUID:
    """A request with every field at its limit, submitted."""
    person = add_child(me, born="2007-03-14")
    files = [ok(upload(me, person, name=f"report-{n}.pdf")).json()["id"] for n in range(2)]
    submission = start(me, person)
    ok(save(me, submission, build_full_answers(REQUEST, str(me.work), files)))
    ok(submit(me, submission))
    return submission


def test_the_longest_request_as_pdf_is_whole_in_order_and_small(me: Someone, longest: UUID) -> None:
    reply = ok(copy(me, longest, CopyKind.PDF))
    assert reply.headers["Content-Type"] == "application/pdf"
    assert len(reply.content) <= MAX_BYTES
    found = pages(reply.content)
    confirmed = ok(submit(me, longest)).json()
    status = "Version 1, submitted 02/03/2026 10:42 (UK time) by Ada Senco"
    footer = "".join(f"Reference: {confirmed['reference']} · {status}".split())
    body = ""
    for number, page in enumerate(found, 1):
        assert page.startswith("LeicesterCitySEND")
        assert page.endswith(f"{footer}Page{number}of{len(found)}")
        body += page.removeprefix("LeicesterCitySEND").rpartition(footer)[0]
    assert_in_order(
        [
            REQUEST.title,
            "for Ivo Larkspur-Dunne, born 14/03/2007",
            f"Reference: {confirmed['reference']}",
            status,
            "Documents",
            "report-1.pdf · PDF document · 15 bytes",
            "report-0.pdf · PDF document · 15 bytes",
            *words_on_screen(me, longest),
            "Receipt",
        ],
        body,
    )


def test_the_longest_request_as_text_is_whole_and_in_order(me: Someone, longest: UUID) -> None:
    reply = ok(copy(me, longest))
    assert reply.headers["Content-Type"] == "text/plain; charset=utf-8"
    words = words_on_screen(me, longest)
    assert_in_order(["Documents", "report-1.pdf", *words, "Receipt"], "".join(reply.text.split()))
    for part in words:
        assert part in reply.text


def test_a_pdf_is_tagged_and_has_title_language_and_date(me: Someone) -> None:
    content = ok(copy(me, submitted(me), CopyKind.PDF)).content
    reader = PdfDocument(content)
    assert raw.FPDFCatalog_IsTagged(reader)
    metadata = reader.get_metadata_dict()
    assert (metadata["Title"], metadata["CreationDate"]) == (REQUEST.title, "D:20260302104200Z")
    for mark in (b"/Lang(en-GB)", b"<pdfuaid:part>1<"):
        assert mark in content


def test_what_was_written_is_no_markup_and_obeyed_by_no_terminal(me: Someone) -> None:
    submission = start(me)
    odd = f"{MARKUP}\n\x1b[31mred\r\nnext\x9b \U000f0000 😀 " + "x" * 500
    ok(save(me, submission, required_answers(me) | {"strengths": odd}))
    ok(submit(me, submission))
    text = ok(copy(me, submission)).text
    assert f"{MARKUP}\n[31mred\nnext \U000f0000 😀 " + "x" * 500 in text
    whole = "".join(pages(ok(copy(me, submission, CopyKind.PDF)).content))
    assert "".join(f"{MARKUP}[31mrednext".split()) in whole
    assert "x" * 500 in whole
    assert "Itscopyasplaintexthasallofthem" in whole


@pytest.mark.parametrize("kind", CopyKind)
def test_a_draft_is_marked_as_one_and_has_no_receipt(me: Someone, kind: CopyKind) -> None:
    submission = start(me)
    file = ok(upload(me, UUID(ok(me.get(submission_path(submission))).json()["person"]))).json()[
        "id"
    ]
    named = {"documents": [{"id": "a", "file": file}], "strengths": "Builds bridges."}
    ok(save(me, submission, named))
    content = ok(copy(me, submission, kind)).content
    with pytest.raises(BadReceipt, match=NO_RECEIPT):
        receipt_of_file(content)
    if kind is CopyKind.TEXT:
        text = content.decode()
        assert text.startswith(DRAFT)
        assert text.endswith(f"{DRAFT}\n")
        whole = "".join(text.split())
    else:
        assert all("DRAFT–NOTSUBMITTED" in page for page in pages(content))
        whole = "".join(pages(content))
    assert "Draft,assaved02/03/202610:42(UKtime):notsubmitted" in whole
    assert "report.pdf" in whole
    assert "Buildsbridges." in whole
    assert "BEGIN" not in whole


def test_an_edit_is_a_draft_to_who_fills_it_and_each_version_stays(
    me: Someone, officer: Someone, other: Someone
) -> None:
    submission = start(me)
    ok(save(me, submission, required_answers(me) | {"strengths": "First words"}))
    ok(submit(me, submission))
    assert "First words" in ok(copy(officer, submission)).text
    ok(save(me, submission, {"strengths": "Second words"}))
    edit = ok(copy(me, submission)).text
    assert "Changes to what was submitted, as saved 02/03/2026" in edit
    assert "Second words" in edit
    assert "First words" in ok(copy(me, submission, version=1)).text
    assert "First words" in ok(copy(officer, submission, version=1)).text
    for refused in (
        copy(officer, submission),
        copy(me, submission, version=2),
        copy(other, submission),
        copy(other, submission, version=1),
    ):
        assert (refused.status_code, code_of(refused)) == (404, "not_found")
    ok(submit(me, submission))
    assert "Second words" in ok(copy(me, submission)).text
    assert "Version 2, submitted" in ok(copy(officer, submission, version=2)).text


@pytest.mark.parametrize("kind", CopyKind)
def test_a_receipt_verifies_and_a_copy_with_one_letter_changed_does_not(
    me: Someone, http: Client, kind: CopyKind
) -> None:
    submission = submitted(me)
    content = ok(copy(me, submission, kind)).content
    receipt, key = receipt_of_file(content), key_of(http)
    check_signature(receipt, key)
    assert receipt.reference == ok(submit(me, submission)).json()["reference"]
    assert (receipt.form, receipt.version) == ("professional-request", 1)
    assert receipt.submitted.isoformat().startswith("2026-03-02T10:42:00")
    step = max(1, len(content) // 300)
    for place in [*range(0, len(content) - 1500, step), *range(len(content) - 1500, len(content))]:
        other = b"y" if content[place : place + 1] == b"x" else b"x"
        with pytest.raises(BadReceipt):
            check_signature(receipt_of_file(content[:place] + other + content[place + 1 :]), key)
    for added in (content + b"\n", b" " + content, content[:-1]):
        with pytest.raises(BadReceipt):
            receipt_of_file(added)


def test_a_pdf_with_its_receipt_ends_as_the_pdf_did(me: Someone) -> None:
    content = ok(copy(me, submitted(me), CopyKind.PDF)).content
    ends = re.findall(rb"startxref\n(\d+)\n%%EOF\n", content)
    assert len(ends) == 2
    assert ends[0] == ends[1]
    assert content.endswith(b"%%EOF\n")


def test_the_receipt_printed_in_a_pdf_can_be_copied_from_it(me: Someone, http: Client) -> None:
    content = ok(copy(me, submitted(me), CopyKind.PDF)).content
    printed = find_receipt(pages(content)[-1])
    check_signature(printed, key_of(http))
    assert printed.content == receipt_of_file(content).content


def test_a_receipt_names_nobody_and_stays_the_same(me: Someone, clock: Clock) -> None:
    submission = submitted(me)
    first = ok(copy(me, submission, version=1)).content
    clock.move(minutes=20)
    assert ok(copy(me, submission, version=1)).content == first
    block = receipt_of_file(first).block()
    for name in ("Ivo", "Larkspur", "Ada", "Senco", "2018", str(submission)):
        assert name not in block


def test_the_content_of_a_receipt_covers_answers_and_documents(
    me: Someone, services: Services
) -> None:
    def content(version: int) -> str:
        return receipt_of_file(ok(copy(me, submission, version=version)).content).content

    submission = start(me)
    person = UUID(ok(me.get(submission_path(submission))).json()["person"])
    file = ok(upload(me, person)).json()["id"]
    ok(save(me, submission, required_answers(me) | {"documents": [{"id": "a", "file": file}]}))
    ok(submit(me, submission))
    ok(save(me, submission, {"strengths": "Builds bridges."}))
    ok(submit(me, submission))
    first = content(1)
    assert first != content(2)
    with services.transaction() as tx:
        tx.session.get_one(Document, UUID(file)).sha256 = "0" * 64
    assert first != content(1)


def test_a_receipt_that_another_signed_is_refused(me: Someone, http: Client) -> None:
    receipt, key = receipt_of_file(ok(copy(me, submitted(me))).content), key_of(http)
    moved = receipt.model_copy(update={"submitted_at": "2026-02-01T00:00:00+00:00"})
    with pytest.raises(BadReceipt, match=NOT_SIGNED):
        check_signature(moved, key)
    other = b"k" * 32
    with pytest.raises(BadReceipt, match=OTHER_KEY):
        check_signature(
            receipt,
            ReceiptKey(key=key_id(other), public_key=b64encode(other).decode()),
        )
    body = b"Submitted a year ago.\n"
    forged = receipt.model_copy(update={"file": sha256(body)})
    with pytest.raises(BadReceipt, match=NOT_SIGNED):
        check_signature(receipt_of_file(add_receipt(body, forged)), key)
    with pytest.raises(BadReceipt, match=CHANGED):
        receipt_of_file(add_receipt(body, receipt))


@pytest.mark.parametrize(
    "text", ["", "{}", "{", '{"reference": 3}', "no receipt", "{" * 10_000, json.dumps([1])]
)
def test_what_is_no_receipt_is_refused_in_words(text: str) -> None:
    with pytest.raises(BadReceipt):
        find_receipt(text)


def test_no_transaction_is_open_while_a_pdf_is_made(
    me: Someone, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    submission = submitted(me)
    is_open, seen = watch_open(services.engine), []
    make = pdf._run

    def look(order: bytes) -> bytes:
        seen.append(list(is_open))
        return make(order)

    monkeypatch.setattr(pdf, "_run", look)
    ok(copy(me, submission, CopyKind.PDF))
    assert seen == [[]]


def test_a_pdf_that_cannot_be_made_says_what_to_do(
    me: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    submission = submitted(me)
    monkeypatch.setattr(pdf, "SECONDS", 0.001)
    refused = copy(me, submission, CopyKind.PDF)
    assert (refused.status_code, code_of(refused)) == (503, "unavailable")
    assert "Save it as text" in refused.json()["detail"]
    monkeypatch.setattr(pdf, "MAX_WAITING", 0)
    refused = copy(me, submission, CopyKind.PDF)
    assert (refused.status_code, code_of(refused)) == (503, "busy")
    ok(copy(me, submission))


def test_a_form_too_long_for_a_pdf_can_be_saved_as_text(me: Someone) -> None:
    submission = start(me)
    cycles = [{"id": f"{n}", "provision": "x" * 30_000, "impact": "x" * 30_000} for n in range(26)]
    ok(save(me, submission, {"cycles": cycles}))
    refused = copy(me, submission, CopyKind.PDF)
    assert (refused.status_code, code_of(refused)) == (413, "too_large")
    assert "save it as text" in refused.json()["detail"]
    assert ok(copy(me, submission)).text.count("x" * 30_000) == 52


def test_receipts_of_one_content_are_written_in_one_way() -> None:
    receipt = Receipt(
        reference="K7MP4RVX",
        form="professional-request",
        version=1,
        submitted_at="2026-03-02T10:42:00+00:00",
        content="aa",
        key="bb",
        signature="cc",
    )
    assert receipt.canonical() == (
        b'{"content":"aa","form":"professional-request","key":"bb","reference":"K7MP4RVX",'
        b'"submitted_at":"2026-03-02T10:42:00+00:00","version":1}'
    )
