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
from shared.forms.copy import CopyKind, build_sections, names_by_id
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
    extract_receipt,
    find_receipt,
    key_id,
    sha256,
)
from shared.forms.submissions import SubmissionHistory
from shared.values.days import london_day
from tests.parts import Clock, Someone, track_open_transactions
from tests.server.accounts.steps import code_of
from tests.server.steps import (
    add_child,
    ok,
    required_answers,
    save,
    start,
    submission_path,
    submit,
    submit_request,
    upload,
)
from tests.shared.forms.catalogue import REQUEST

MARKUP = "#strong[x] *b* $x$ \\ <label> @ref = no heading\n- no list"
MAX_BYTES = 3 * 1024 * 1024


def get_copy(
    account: Someone, submission: UUID, kind: CopyKind = CopyKind.TEXT, version: int | None = None
) -> Response:
    params = {"kind": kind.value} | ({"version": str(version)} if version else {})
    reply: Response = account.get(f"{submission_path(submission)}/copy", params=params)
    return reply


def read_pages(content: bytes) -> list[str]:
    """Read each page of a PDF without whitespace, because lines may break anywhere."""
    texts = [page.get_textpage().get_text_range() for page in PdfDocument(content)]
    return ["".join(page.replace("\ufffe", "-").split()) for page in texts]  # a hyphenated word


def get_receipt_key(http: Client) -> ReceiptKey:
    return ReceiptKey.model_validate(ok(http.get("/v1/receipts/key")).json())


def details_texts(me: Someone, submission: UUID) -> list[str]:
    """Return the texts of View details in order."""
    history = SubmissionHistory.model_validate(
        ok(me.get(f"{submission_path(submission)}/versions")).json()
    )
    version = history.versions[-1]
    work = [version.work_details] if version.work_details else []
    facts = facts_for(history.person_born, london_day(version.submitted_at))
    names = names_by_id(version.documents, work)
    texts = []
    for section in build_sections(history.form, version.answers, facts, names, version.written_by):
        texts.append(section.title)
        for line in section.lines:
            texts += [part for part in (line.label, line.text) if part]
    return texts


def assert_in_order(parts: list[str], text: str) -> None:
    start = 0
    for part in parts:
        index = text.find("".join(part.split()), start)
        assert index >= 0, f"{part[:80]!r} is missing or out of order"
        start = index + 1


@pytest.fixture
def longest_request(me: Someone) -> UUID:
    """Submitted request with every field at its limit."""
    person = add_child(me, born="2007-03-14")
    files = [ok(upload(me, person, name=f"report-{n}.pdf")).json()["id"] for n in range(2)]
    submission = start(me, person)
    ok(save(me, submission, build_full_answers(REQUEST, str(me.work), files)))
    ok(submit(me, submission))
    return submission


def test_pdf_of_the_longest_request_is_complete_ordered_and_small(
    me: Someone, longest_request: UUID
) -> None:
    reply = ok(get_copy(me, longest_request, CopyKind.PDF))
    assert reply.headers["Content-Type"] == "application/pdf"
    assert len(reply.content) <= MAX_BYTES
    page_texts = read_pages(reply.content)
    confirmation = ok(submit(me, longest_request)).json()
    status = "Version 1, submitted 02/03/2026 10:42 (UK time) by Ada Senco"
    footer = "".join(f"Reference: {confirmation['reference']} · {status}".split())
    body = ""
    for number, page in enumerate(page_texts, 1):
        assert page.startswith("LeicesterCitySEND")
        assert page.endswith(f"{footer}Page{number}of{len(page_texts)}")
        body += page.removeprefix("LeicesterCitySEND").rpartition(footer)[0]
    assert_in_order(
        [
            REQUEST.title,
            "for Ivo Larkspur-Dunne, born 14/03/2007",
            f"Reference: {confirmation['reference']}",
            status,
            "Documents",
            "report-1.pdf · PDF document · 373 bytes",
            "report-0.pdf · PDF document · 373 bytes",
            *details_texts(me, longest_request),
            "Receipt",
        ],
        body,
    )


def test_text_of_the_longest_request_is_complete_and_ordered(
    me: Someone, longest_request: UUID
) -> None:
    reply = ok(get_copy(me, longest_request))
    assert reply.headers["Content-Type"] == "text/plain; charset=utf-8"
    texts = details_texts(me, longest_request)
    assert_in_order(["Documents", "report-1.pdf", *texts, "Receipt"], "".join(reply.text.split()))
    for text in texts:
        assert text in reply.text


def test_pdf_is_tagged_and_has_title_language_and_date(me: Someone) -> None:
    content = ok(get_copy(me, submit_request(me), CopyKind.PDF)).content
    reader = PdfDocument(content)
    assert raw.FPDFCatalog_IsTagged(reader)
    metadata = reader.get_metadata_dict()
    assert (metadata["Title"], metadata["CreationDate"]) == (REQUEST.title, "D:20260302104200Z")
    for mark in (b"/Lang(en-GB)", b"<pdfuaid:part>1<"):
        assert mark in content


def test_answers_are_escaped_for_markup_and_terminals(me: Someone) -> None:
    submission = start(me)
    text_with_markup = f"{MARKUP}\n\x1b[31mred\r\nnext\x9b \U000f0000 😀 " + "x" * 500
    ok(save(me, submission, required_answers(me) | {"strengths": text_with_markup}))
    ok(submit(me, submission))
    text = ok(get_copy(me, submission)).text
    assert f"{MARKUP}\n[31mred\nnext \U000f0000 😀 " + "x" * 500 in text
    whole = "".join(read_pages(ok(get_copy(me, submission, CopyKind.PDF)).content))
    assert "".join(f"{MARKUP}[31mrednext".split()) in whole
    assert "x" * 500 in whole
    assert "Itscopyasplaintexthasallofthem" in whole


@pytest.mark.parametrize("kind", CopyKind)
def test_draft_is_marked_and_has_no_receipt(me: Someone, kind: CopyKind) -> None:
    submission = start(me)
    file = ok(upload(me, UUID(ok(me.get(submission_path(submission))).json()["person"]))).json()[
        "id"
    ]
    changes = {"documents": [{"id": "a", "file": file}], "strengths": "Builds bridges."}
    ok(save(me, submission, changes))
    content = ok(get_copy(me, submission, kind)).content
    with pytest.raises(BadReceipt, match=NO_RECEIPT):
        extract_receipt(content)
    if kind is CopyKind.TEXT:
        text = content.decode()
        assert text.startswith(DRAFT)
        assert text.endswith(f"{DRAFT}\n")
        whole = "".join(text.split())
    else:
        assert all("DRAFT–NOTSUBMITTED" in page for page in read_pages(content))
        whole = "".join(read_pages(content))
    assert "Draft,assaved02/03/202610:42(UKtime):notsubmitted" in whole
    assert "report.pdf" in whole
    assert "Buildsbridges." in whole
    assert "BEGIN" not in whole


def test_edit_is_copied_as_a_draft_and_versions_stay_available(
    me: Someone, officer: Someone, other: Someone
) -> None:
    submission = start(me)
    ok(save(me, submission, required_answers(me) | {"strengths": "First words"}))
    ok(submit(me, submission))
    assert "First words" in ok(get_copy(officer, submission)).text
    ok(save(me, submission, {"strengths": "Second words"}))
    edit = ok(get_copy(me, submission)).text
    assert "Changes to what was submitted, as saved 02/03/2026" in edit
    assert "Second words" in edit
    assert "First words" in ok(get_copy(me, submission, version=1)).text
    assert "First words" in ok(get_copy(officer, submission, version=1)).text
    for reply in (
        get_copy(officer, submission),
        get_copy(me, submission, version=2),
        get_copy(other, submission),
        get_copy(other, submission, version=1),
    ):
        assert (reply.status_code, code_of(reply)) == (404, "not_found")
    ok(submit(me, submission))
    assert "Second words" in ok(get_copy(me, submission)).text
    assert "Version 2, submitted" in ok(get_copy(officer, submission, version=2)).text


@pytest.mark.parametrize("kind", CopyKind)
def test_receipt_verifies_only_an_unchanged_copy(me: Someone, http: Client, kind: CopyKind) -> None:
    submission = submit_request(me)
    content = ok(get_copy(me, submission, kind)).content
    receipt, key = extract_receipt(content), get_receipt_key(http)
    check_signature(receipt, key)
    assert receipt.reference == ok(submit(me, submission)).json()["reference"]
    assert (receipt.form, receipt.version) == ("professional-request", 1)
    assert receipt.submitted.isoformat().startswith("2026-03-02T10:42:00")
    step = max(1, len(content) // 300)
    for position in [
        *range(0, len(content) - 1500, step),
        *range(len(content) - 1500, len(content)),
    ]:
        other = b"y" if content[position : position + 1] == b"x" else b"x"
        with pytest.raises(BadReceipt):
            check_signature(
                extract_receipt(content[:position] + other + content[position + 1 :]), key
            )
    for altered in (content + b"\n", b" " + content, content[:-1]):
        with pytest.raises(BadReceipt):
            extract_receipt(altered)


def test_pdf_with_receipt_keeps_its_trailer(me: Someone) -> None:
    content = ok(get_copy(me, submit_request(me), CopyKind.PDF)).content
    ends = re.findall(rb"startxref\n(\d+)\n%%EOF\n", content)
    assert len(ends) == 2
    assert ends[0] == ends[1]
    assert content.endswith(b"%%EOF\n")


def test_receipt_printed_in_a_pdf_can_be_copied(me: Someone, http: Client) -> None:
    content = ok(get_copy(me, submit_request(me), CopyKind.PDF)).content
    printed_receipt = find_receipt(read_pages(content)[-1])
    check_signature(printed_receipt, get_receipt_key(http))
    assert printed_receipt.content == extract_receipt(content).content


def test_receipt_names_nobody_and_is_stable(me: Someone, clock: Clock) -> None:
    submission = submit_request(me)
    first = ok(get_copy(me, submission, version=1)).content
    clock.move(minutes=20)
    assert ok(get_copy(me, submission, version=1)).content == first
    block = extract_receipt(first).block()
    for name in ("Ivo", "Larkspur", "Ada", "Senco", "2018", str(submission)):
        assert name not in block


def test_receipt_covers_answers_and_documents(me: Someone, services: Services) -> None:
    def content(version: int) -> str:
        return extract_receipt(ok(get_copy(me, submission, version=version)).content).content

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


def test_receipt_signed_by_another_key_is_rejected(me: Someone, http: Client) -> None:
    receipt, key = (
        extract_receipt(ok(get_copy(me, submit_request(me))).content),
        get_receipt_key(http),
    )
    altered_receipt = receipt.model_copy(update={"submitted_at": "2026-02-01T00:00:00+00:00"})
    with pytest.raises(BadReceipt, match=NOT_SIGNED):
        check_signature(altered_receipt, key)
    other = b"k" * 32
    with pytest.raises(BadReceipt, match=OTHER_KEY):
        check_signature(
            receipt,
            ReceiptKey(key=key_id(other), public_key=b64encode(other).decode()),
        )
    body = b"Submitted a year ago.\n"
    forged = receipt.model_copy(update={"file": sha256(body)})
    with pytest.raises(BadReceipt, match=NOT_SIGNED):
        check_signature(extract_receipt(add_receipt(body, forged)), key)
    with pytest.raises(BadReceipt, match=CHANGED):
        extract_receipt(add_receipt(body, receipt))


@pytest.mark.parametrize(
    "text", ["", "{}", "{", '{"reference": 3}', "no receipt", "{" * 10_000, json.dumps([1])]
)
def test_invalid_receipt_is_rejected(text: str) -> None:
    with pytest.raises(BadReceipt):
        find_receipt(text)


def test_no_transaction_is_open_while_a_pdf_is_generated(
    me: Someone, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    submission = submit_request(me)
    open_transactions, open_during_run = track_open_transactions(services.engine), []
    run = pdf._run

    def record_and_run(job: bytes) -> bytes:
        open_during_run.append(list(open_transactions))
        return run(job)

    monkeypatch.setattr(pdf, "_run", record_and_run)
    ok(get_copy(me, submission, CopyKind.PDF))
    assert open_during_run == [[]]


def test_failed_pdf_suggests_saving_as_text(me: Someone, monkeypatch: pytest.MonkeyPatch) -> None:
    submission = submit_request(me)
    monkeypatch.setattr(pdf, "TIMEOUT_SECONDS", 0.001)
    reply = get_copy(me, submission, CopyKind.PDF)
    assert (reply.status_code, code_of(reply)) == (503, "unavailable")
    assert "Save it as text" in reply.json()["detail"]
    monkeypatch.setattr(pdf, "MAX_WAITING", 0)
    reply = get_copy(me, submission, CopyKind.PDF)
    assert (reply.status_code, code_of(reply)) == (503, "busy")
    ok(get_copy(me, submission))


def test_form_too_long_for_a_pdf_can_be_saved_as_text(me: Someone) -> None:
    submission = start(me)
    cycles = [{"id": f"{n}", "provision": "x" * 30_000, "impact": "x" * 30_000} for n in range(26)]
    ok(save(me, submission, {"cycles": cycles}))
    reply = get_copy(me, submission, CopyKind.PDF)
    assert (reply.status_code, code_of(reply)) == (413, "too_large")
    assert "save it as text" in reply.json()["detail"]
    assert ok(get_copy(me, submission)).text.count("x" * 30_000) == 52


def test_receipt_has_a_canonical_form() -> None:
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
