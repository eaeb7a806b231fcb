"""Making the letters of a case over HTTP."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from pypdfium2 import PdfDocument, raw

from server.cases.tables import CaseEvent
from server.core import pdf
from server.core.audit import Action
from server.core.database import Services
from server.documents.tables import Document, UnreferencedKey
from server.letters.tables import LetterRecord
from tests.letters import pdf_text, squeeze
from tests.parts import Clock, Factory, Someone, track_open_transactions
from tests.server.accounts.steps import code_of
from tests.server.desk.steps import move_days
from tests.server.desk.taking_back import entries_of, publish, read
from tests.server.documents.test_upload import stored_files
from tests.server.letters.steps import (
    REASON,
    can_open,
    download,
    list_letters,
    make,
    make_letter,
    open_letter,
    save,
    text_of,
)
from tests.server.steps import ok, rows


def test_letter_is_filled_from_the_case_and_made_as_it_was_shown(
    officer: Someone, case: UUID, services: Services
) -> None:
    draft = open_letter(officer, case)
    assert (draft.version, draft.missing, draft.child) == (0, [], "Ivo Larkspur-Dunne")
    assert text_of(draft, "to") == "Ada Larkspur"
    assert text_of(draft, "address") == "3 Tallowmere Row\nLeicester\nLE3 9RN"
    assert text_of(draft, "reasons") == REASON
    letter = make_letter(officer, case)
    title = "Decision not to carry out an EHC needs assessment"
    assert (letter.title, letter.by, letter.template) == (
        f"{title}: Ada Larkspur",
        "Ada Officer",
        1,
    )
    assert letter.name == f"{title}, Ada Larkspur, 02-03-2026.pdf"
    content = download(officer, letter.document)
    assert hashlib.sha256(content).hexdigest() == letter.sha256
    assert content.startswith(b"%PDF")
    text = pdf_text(content)
    for block in draft.letter.blocks:
        assert squeeze(block.heading + block.text) in text
    assert squeeze("The Tribunal must have your appeal by 5 May 2026") in text
    reader = PdfDocument(content)
    assert raw.FPDFCatalog_IsTagged(reader)
    metadata = reader.get_metadata_dict()
    assert (metadata["Title"], metadata["CreationDate"]) == (draft.title, "D:20260302104200Z")
    [record] = rows(services, LetterRecord)
    assert len(record.template_sha256) == 64
    actions = (Action.LETTER_READ, Action.LETTER_MADE, Action.DOCUMENT_ADDED)
    assert [len(entries_of(services, action)) for action in actions] == [1, 1, 1]


def test_letter_is_never_changed_and_a_new_one_replaces_it(
    officer: Someone, case: UUID, services: Services, clock: Clock
) -> None:
    ok(save(officer, case, 0, own="First words."))
    first = make_letter(officer, case, version=1)
    before = download(officer, first.document)
    clock.move(minutes=1)
    draft = open_letter(officer, case)
    assert (draft.version, text_of(draft, "own")) == (2, "First words.")
    ok(save(officer, case, 2, own="Second words. \U000f0000"))
    second = make_letter(officer, case, version=3)
    made = list_letters(officer, case).made
    assert [(row.document, row.replaced) for row in made] == [
        (second.document, False),
        (first.document, True),
    ]
    assert download(officer, first.document) == before
    text = pdf_text(download(officer, second.document))
    assert squeeze("Second words.") in text
    assert squeeze("and are shown as boxes") in text
    assert code_of(officer.delete(f"/v1/documents/{first.document}")) == "in_use"
    assert len(rows(services, CaseEvent)) == 2


def test_letters_of_a_day_are_told_apart_by_addressee_and_number(
    officer: Someone, case: UUID, services: Services, clock: Clock
) -> None:
    names = []
    for version, to in ((0, "Ada Larkspur"), (2, "Ben O'Neill / c/o Elm: House"), (4, "Ada")):
        ok(save(officer, case, version, to=to))
        names.append(make_letter(officer, case, version=version + 1))
    again = make_letter(officer, case, version=6)
    move_days(clock, services, 1)
    later = make_letter(officer, case, version=7)
    kind = "Decision not to carry out an EHC needs assessment"
    assert [(row.title, row.name) for row in (*names, again, later)] == [
        (f"{kind}: {to}", f"{kind}, {file}.pdf")
        for to, file in (
            ("Ada Larkspur", "Ada Larkspur, 02-03-2026"),
            ("Ben O'Neill / c/o Elm: House", "Ben O'Neill - c-o Elm- House, 02-03-2026"),
            ("Ada", "Ada, 02-03-2026"),
            ("Ada (2)", "Ada, 02-03-2026 (2)"),
            ("Ada", "Ada, 03-03-2026"),
        )
    ]


def test_letter_is_seen_by_officers_and_by_whom_it_is_published_to(
    me: Someone, officer: Someone, someone: Factory, case: UUID
) -> None:
    letter = make_letter(officer, case)
    assert can_open(someone("other.officer@leicester.example", staff="officer"), letter.document)
    assert not can_open(me, letter.document)
    publish(officer, case, letter.document, me, kind="other")
    assert can_open(me, letter.document)
    assert [row.document for row in read(officer, case).published] == [letter.document]


@pytest.mark.both_databases
def test_repeated_and_simultaneous_requests_make_one_letter(
    officer: Someone, case: UUID, services: Services
) -> None:
    id = uuid4()
    with ThreadPoolExecutor(2) as threads:
        replies = list(threads.map(lambda _: make(officer, case, id=id), range(2)))
    replies.append(make(officer, case, id=id))
    assert {reply.status_code for reply in replies} == {201}
    assert len({reply.json()["sha256"] for reply in replies}) == 1
    assert code_of(make(officer, case, "not_issued", id=id)) == "conflict"
    assert len(rows(services, LetterRecord)) == len(rows(services, Document)) == 1
    kept = {document.key for document in rows(services, Document)}
    unused = {row.key for row in rows(services, UnreferencedKey) if not row.uploading}
    assert {file.name for file in stored_files(services)} <= kept | unused


def test_no_transaction_is_open_while_the_pdf_is_made_and_a_failure_keeps_the_draft(
    officer: Someone, case: UUID, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    ok(save(officer, case, 0, own="Kept words."))
    open_transactions = track_open_transactions(services.engine)
    seen = []
    run = pdf._run

    def run_and_look(job: bytes) -> bytes:
        seen.append(len(open_transactions))
        return run(job)

    monkeypatch.setattr(pdf, "_run", run_and_look)
    monkeypatch.setattr(pdf, "TIMEOUT_SECONDS", 0.01)
    reply = make(officer, case, version=1)
    assert (reply.status_code, code_of(reply)) == (503, "unavailable")
    assert text_of(open_letter(officer, case), "own") == "Kept words."
    monkeypatch.setattr(pdf, "TIMEOUT_SECONDS", 20)
    ok(make(officer, case, version=1))
    assert seen == [0, 0]


def test_event_recorded_while_the_pdf_is_made_is_noticed(
    officer: Someone, case: UUID, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = pdf._run

    def run_and_save(job: bytes) -> bytes:
        ok(save(officer, case, 0, own="Later words."))
        return run(job)

    monkeypatch.setattr(pdf, "_run", run_and_save)
    assert code_of(make(officer, case)) == "stale"
    assert not rows(services, LetterRecord)
    assert not rows(services, Document)
