"""Writing and making the letters of a case over HTTP."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from httpx import Response
from pypdfium2 import PdfDocument, raw

from server.cases.tables import CaseEvent
from server.core import pdf
from server.core.audit import Action
from server.core.database import Services
from server.core.settings import Settings
from server.documents.tables import Document, UnreferencedKey
from server.letters.tables import LetterDraftRow, LetterRecord
from shared.letters import TEXT_LIMIT, LetterDraft, LetterRow, Letters, MissingFrom
from tests.letters import LETTERS, MARKUP, pdf_text, squeeze
from tests.parts import Clock, Factory, Someone, track_open_transactions
from tests.server.accounts.steps import code_of
from tests.server.desk.steps import create_case, match_child, record_event
from tests.server.desk.taking_back import entries_of, person_of, publish, read
from tests.server.documents.test_upload import stored_files
from tests.server.records.steps import apply_retention
from tests.server.steps import add_child, ok, rows

KIND = "refused_to_assess"
INVITATION = """
kind: panel_invitation
version: 1
title: Invitation to the panel
law: Local practice
events: []
must_carry: []
copies: []
fields: [{id: reasons, label: Reasons, required: true}]
body: [{text: "On {decided_on} we invite you to the panel. {reasons}"}, own]
"""
REASON = f"Progress is as expected. {MARKUP}"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"letters": LETTERS})


@pytest.fixture
def case(me: Someone, officer: Someone, services: Services) -> UUID:
    """A case whose assessment was refused on 02/03/2026."""
    case = create_case(me, services, parent_name="Ada Larkspur")
    ok(record_event(officer, case, KIND, reason=REASON))
    return case


def path(case: UUID, kind: str = KIND) -> str:
    return f"/v1/desk/cases/{case}/letters/{kind}"


def open_letter(officer: Someone, case: UUID, kind: str = KIND) -> LetterDraft:
    return LetterDraft.model_validate(ok(officer.get(path(case, kind))).json())


def save(officer: Someone, case: UUID, version: int, kind: str = KIND, **texts: str) -> Response:
    reply: Response = officer.put(
        path(case, kind), json={"texts": texts}, headers={"If-Match": f'"{version}"'}
    )
    return reply


def make(
    officer: Someone, case: UUID, kind: str = KIND, *, version: int = 0, id: UUID | None = None
) -> Response:
    body = {"id": str(id or uuid4()), "version": version}
    reply: Response = officer.post(path(case, kind), json=body)
    return reply


def make_letter(officer: Someone, case: UUID, kind: str = KIND, version: int = 0) -> LetterRow:
    return LetterRow.model_validate(ok(make(officer, case, kind, version=version)).json())


def list_letters(officer: Someone, case: UUID) -> Letters:
    return Letters.model_validate(ok(officer.get(f"/v1/desk/cases/{case}/letters")).json())


def download(officer: Someone, document: UUID) -> bytes:
    return ok(officer.get(f"/v1/documents/{document}/content")).content


def can_open(account: Someone, document: UUID) -> bool:
    return account.get(f"/v1/documents/{document}/content").is_success


def text_of(draft: LetterDraft, field: str) -> str:
    return next(row.text for row in draft.fields if row.id == field)


@pytest.mark.one_database
def test_letter_is_filled_from_the_case_and_made_as_it_was_shown(
    officer: Someone, case: UUID, services: Services
) -> None:
    draft = open_letter(officer, case)
    assert (draft.version, draft.missing, draft.child) == (0, [], "Ivo Larkspur-Dunne")
    assert text_of(draft, "to") == "Ada Larkspur"
    assert text_of(draft, "address") == "3 Tallowmere Row\nLeicester\nLE3 9RN"
    assert text_of(draft, "reasons") == REASON
    letter = make_letter(officer, case)
    assert (letter.title, letter.by, letter.template) == (draft.title, "Ada Officer", 1)
    assert letter.name == "Decision not to carry out an EHC needs assessment, 02-03-2026.pdf"
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


def test_draft_is_saved_and_survives_until_the_letter_is_made(
    officer: Someone, someone: Factory, case: UUID, services: Services, clock: Clock
) -> None:
    own = "x" * TEXT_LIMIT
    texts = {"reasons": REASON, "own": own, "to": "Ada Larkspur and Sam Dunne"}
    saved = LetterDraft.model_validate(ok(save(officer, case, 0, **texts)).json())
    assert (saved.version, text_of(saved, "own")) == (1, own)
    [row] = rows(services, LetterDraftRow)
    assert row.texts is not None
    assert row.texts.keys() == {"own", "to"}  # the reasons are still those of the case
    ok(save(officer, case, 0, **texts))  # a repeated request
    assert len(entries_of(services, Action.LETTER_READ)) == 1
    other = someone("other.officer@leicester.example", staff="officer")
    ok(save(other, case, 1, own="Enclosed: the advice."))
    reply = save(officer, case, 1, own="Enclosed: nothing.")
    assert (reply.status_code, reply.json()["changed_by"]) == (412, "Ada Other.Officer")
    assert reply.json()["changed_at"]
    assert text_of(open_letter(officer, case), "own") == "Enclosed: the advice."
    assert next(row for row in list_letters(officer, case).kinds if row.kind == KIND).draft
    assert len(entries_of(services, Action.LETTER_SAVED)) == 2  # one for each officer
    assert make(officer, case, version=1).status_code == 412
    letter = make_letter(officer, case, version=2)
    assert squeeze("Enclosed: the advice.") in pdf_text(download(officer, letter.document))
    assert [row.texts for row in rows(services, LetterDraftRow)] == [None]
    assert not any(row.draft for row in list_letters(officer, case).kinds)
    assert save(other, case, 1, own="Written before.").status_code == 412


@pytest.mark.one_database
def test_text_that_does_not_fit_is_refused(officer: Someone, case: UUID) -> None:
    wrong = {
        "own": "x" * (TEXT_LIMIT + 1),
        "to": "x" * 201,
        "address": "x" * 2001,
        "copies": "Wren Hollow\u202e",
        "unknown": "x",
    }
    for name, text in wrong.items():
        assert save(officer, case, 0, **{name: text}).status_code == 422, name
    assert save(officer, case, 0, to="Ada\nSam").json()["errors"][0]["pointer"] == "/texts/to"
    assert save(officer, case, 0, own="\x00").status_code == 422
    assert officer.put(path(case), json={"texts": {}}).status_code == 428


@pytest.mark.one_database
def test_what_is_missing_is_listed_and_keeps_the_letter_from_being_made(
    me: Someone, officer: Someone, services: Services, settings: Settings
) -> None:
    services.settings.letters = LETTERS.model_copy(update={"mediation_adviser": "", "address": ""})
    case = create_case(me, services)
    draft = open_letter(officer, case)
    found = [(item.where, item.field, item.text) for item in draft.missing]
    assert found == [
        (
            MissingFrom.CASE,
            "",
            "The case has no “Decided not to assess”. Record it on the case first.",
        ),
        (MissingFrom.LETTER, "to", "To (name of the parent): not entered yet."),
        (MissingFrom.LETTER, "reasons", "Reasons for the decision: not entered yet."),
        (
            MissingFrom.SETTINGS,
            "",
            "The authority's address is not set. Whoever runs the server sets address in "
            "[letters].",
        ),
        (
            MissingFrom.SETTINGS,
            "",
            "The name of the mediation adviser is not set. Whoever runs the server sets "
            "mediation_adviser in [letters].",
        ),
    ]
    assert "[decided on]" in draft.letter.blocks[0].text
    assert draft.letter.recipient[0] == "[name]"
    reply = make(officer, case)
    assert (reply.status_code, code_of(reply)) == (422, "not_complete")
    assert [error["pointer"] for error in reply.json()["errors"]] == [
        "/case",
        "/to",
        "/reasons",
        "/settings",
        "/settings",
    ]
    assert rows(services, LetterRecord) == []


@pytest.mark.one_database
def test_day_is_entered_for_a_letter_without_an_event(
    officer: Someone, case: UUID, services: Services, tmp_path: Path
) -> None:
    (tmp_path / "invitation.yaml").write_text(INVITATION)
    services.settings.letter_templates = tmp_path
    kind = "panel_invitation"
    texts = {"reasons": "To hear you.", "decided_on": "1 Mar 2026"}
    for version, day in enumerate(("", "31/02/2026", "03/03/2026")):  # the last is tomorrow
        reply = ok(save(officer, case, version, kind, reasons="Why.", decided_on=day))
        [missing] = LetterDraft.model_validate(reply.json()).missing
        assert missing.field == "decided_on"
    ok(save(officer, case, 3, kind, **texts))
    letter = make_letter(officer, case, kind, version=4)
    assert letter.event_on.isoformat() == "2026-03-01"
    text = pdf_text(download(officer, letter.document))
    assert squeeze("On 1 March 2026 we invite you to the panel. To hear you.") in text


@pytest.mark.one_database
def test_optional_part_that_is_empty_leaves_no_placeholder(
    officer: Someone, case: UUID, services: Services, tmp_path: Path
) -> None:
    template = INVITATION.replace("required: true", "required: false")
    (tmp_path / "invitation.yaml").write_text(template)
    services.settings.letter_templates = tmp_path
    kind = "panel_invitation"
    ok(save(officer, case, 0, kind, decided_on="1 Mar 2026"))
    letter = open_letter(officer, case, kind)
    assert letter.missing == []
    assert letter.letter.blocks[0].text == "On 1 March 2026 we invite you to the panel."


def test_letters_of_the_latest_event_come_first(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case(me, services)

    def fitting() -> list[str]:
        kinds = list_letters(officer, case).kinds
        assert len(kinds) >= 12
        fits = [row.kind for row in kinds if row.fits]
        assert fits == [row.kind for row in kinds[: len(fits)]]
        return fits

    assert fitting() == []
    ok(record_event(officer, case, "decided_to_assess"))
    assert fitting() == ["decided_to_assess"]
    match_child(officer, case)
    for kind in ("decided_to_issue", "draft_served"):
        ok(record_event(officer, case, kind))
    assert fitting() == ["draft_plan"]
    kinds = list_letters(officer, case).kinds
    assert [row.event for row in kinds[:3]] == [
        "Draft plan sent to the family, 02/03/2026",
        "Decided to assess, 02/03/2026",
        "",
    ]
    for kind in ("representations_recorded", "final_issued"):
        ok(record_event(officer, case, kind))
    assert fitting() == ["final_plan"]
    for kind in ("meeting_held", "amendment_proposed", "final_issued"):
        ok(record_event(officer, case, kind))
    assert fitting() == ["amended_final_plan"]


def test_plan_issued_after_a_transfer_is_an_amended_one(
    me: Someone, officer: Someone, services: Services
) -> None:
    person = add_child(me)
    ok(officer.post(f"/v1/desk/people/{person}/match", json={}))
    opening = {"kind": "plan_transferred_in", "on": "2026-03-02", "day": "2026-01-12"}
    body = {"id": str(uuid4()), **opening, "reason": "Rutland"}
    case = UUID(ok(officer.post(f"/v1/desk/people/{person}/cases", json=body)).json()["id"])
    for kind in ("meeting_held", "amendment_proposed", "representations_recorded", "final_issued"):
        ok(record_event(officer, case, kind))
    assert [row.kind for row in list_letters(officer, case).kinds if row.fits] == [
        "amended_final_plan"
    ]


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


def test_letter_is_seen_by_officers_and_by_whom_it_is_published_to(
    me: Someone, officer: Someone, someone: Factory, case: UUID
) -> None:
    letter = make_letter(officer, case)
    assert can_open(someone("other.officer@leicester.example", staff="officer"), letter.document)
    assert not can_open(me, letter.document)
    publish(officer, case, letter.document, me, kind="other")
    assert can_open(me, letter.document)
    assert [row.document for row in read(officer, case).published] == [letter.document]


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


def test_unknown_kind_and_case_are_not_found(officer: Someone, case: UUID) -> None:
    assert officer.get(path(case, "no_such_letter")).status_code == 404
    assert make(officer, case, "no_such_letter").status_code == 404
    assert officer.get(path(uuid4())).status_code == 404


def test_letter_and_draft_stay_with_the_case_of_a_merged_child(
    me: Someone, other: Someone, officer: Someone, case: UUID, services: Services
) -> None:
    letter = make_letter(officer, case)
    ok(save(officer, case, 1, own="Still to write."))
    twin, known = person_of(services, case), add_child(other)
    ok(officer.post(f"/v1/desk/people/{known}/match", json={}))
    ok(officer.post(f"/v1/desk/people/{twin}/match", json={"same_as": str(known)}))
    [made] = list_letters(officer, case).made
    assert made.document == letter.document
    assert text_of(open_letter(officer, case), "own") == "Still to write."
    assert can_open(officer, letter.document)
    assert {row.person_id for row in rows(services, Document)} == {known}


def test_draft_of_a_joined_case_does_not_replace_that_of_the_remaining_one(
    me: Someone, other: Someone, officer: Someone, services: Services
) -> None:
    joined, remaining = create_case(me, services), create_case(other, services)
    ok(save(officer, joined, 0, own="Of the joined case."))
    ok(save(officer, joined, 0, "not_issued", own="Of one case only."))
    ok(save(officer, remaining, 0, own="Of the remaining case."))
    twin, known = person_of(services, joined), person_of(services, remaining)
    ok(officer.post(f"/v1/desk/people/{known}/match", json={}))
    ok(officer.post(f"/v1/desk/people/{twin}/match", json={"same_as": str(known)}))
    assert text_of(open_letter(officer, remaining), "own") == "Of the remaining case."
    assert text_of(open_letter(officer, remaining, "not_issued"), "own") == "Of one case only."


def test_draft_that_is_never_made_is_deleted_after_its_period(
    officer: Someone, case: UUID, services: Services, clock: Clock
) -> None:
    for kind in (KIND, "not_issued"):
        ok(save(officer, case, 0, kind, own="Never made."))
    clock.move(days=364)
    assert "letter_drafts" not in apply_retention(services)
    clock.move(days=2)
    assert apply_retention(services)["letter_drafts"] == 2
    assert not rows(services, LetterDraftRow)
