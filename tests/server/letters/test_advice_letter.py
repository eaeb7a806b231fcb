"""The letter that asks for advice is written and made from the request by post."""

from uuid import UUID, uuid4

import pytest
from httpx import Response
from sqlmodel import update

from server.core import pdf
from server.core.audit import Action
from server.core.database import Services
from server.letters.tables import LetterDraftRow, LetterRecord
from server.people.tables import Person
from shared.letters import LetterDraft, LetterRow
from tests.advice import ADVICE
from tests.letters import LETTERS, pdf_text, squeeze
from tests.parts import Clock, Someone
from tests.server.accounts.steps import code_of
from tests.server.desk.steps import (
    advice_body,
    create_case_in_assessment,
    match_child,
    move_days,
    record_event,
)
from tests.server.desk.taking_back import entries_of, read
from tests.server.desk.test_exemptions import ISSUE_EVENTS, REASSESSMENT_EVENTS
from tests.server.letters.steps import download, list_letters, path, text_of
from tests.server.repeat_requests import new_id
from tests.server.steps import if_match, ok, rows

KIND = "advice_requested"
GP = {"name": "Dr Fenwick", "role": "GP, Osier Surgery"}
ADDRESS = "12 Osier Street, Leicester, LE1 1FZ"


def ask(officer: Someone, case: UUID, **more: str) -> UUID:
    """Ask a GP for advice by post, and return the id of the request."""
    id = uuid4()
    body = {"id": str(id), "form": "health-advice", "asked_on": "2026-03-02", **GP, **more}
    ok(officer.post(f"/v1/desk/cases/{case}/advice/post", json=body))
    return id


def letter_path(advice: UUID) -> str:
    return f"/v1/desk/advice/{advice}/letter"


def read_draft(officer: Someone, advice: UUID) -> LetterDraft:
    return LetterDraft.model_validate(ok(officer.get(letter_path(advice))).json())


def save(officer: Someone, advice: UUID, version: int = 0, **texts: str) -> LetterDraft:
    reply = officer.put(letter_path(advice), json={"texts": texts}, headers=if_match(version))
    return LetterDraft.model_validate(ok(reply).json())


def make(officer: Someone, advice: UUID, version: int, id: UUID) -> Response:
    body = {"id": str(id), "version": version}
    reply: Response = officer.post(letter_path(advice), json=body)
    return reply


def test_letter_that_asks_for_advice_is_written_and_made(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case_in_assessment(me, officer, services)
    gp, other = ask(officer, case, address=ADDRESS), ask(officer, case, address=ADDRESS)
    draft = read_draft(officer, gp)
    assert (draft.title, draft.missing) == (
        "Request for advice for an EHC needs assessment: Dr Fenwick",
        [],
    )
    assert text_of(draft, "to") == "Dr Fenwick"
    assert text_of(draft, "address") == ("GP, Osier Surgery\n12 Osier Street\nLeicester\nLE1 1FZ")
    assert text_of(draft, "reply_by") == "13/04/2026"  # six weeks
    saved = save(officer, gp, own="Please write about hearing too.")
    stale = officer.put(letter_path(gp), json={"texts": {}}, headers=if_match(0))
    assert code_of(stale) == "stale"
    assert text_of(read_draft(officer, other), "own") == ""
    id = uuid4()
    letter = LetterRow.model_validate(ok(make(officer, gp, saved.version, id)).json())
    assert ok(make(officer, gp, saved.version, id)).json()["document"] == str(id)
    assert code_of(make(officer, other, 0, id)) == "conflict"
    reference = gp.hex[:8].upper()
    assert letter.name == (
        "Request for advice for an EHC needs assessment, Dr Fenwick, 02-03-2026.pdf"
    )
    text = pdf_text(download(officer, letter.document))
    for words in (
        "Dr Fenwick GP, Osier Surgery 12 Osier Street Leicester LE1 1FZ",
        "needs of Ivo Larkspur",
        "On 2 March 2026 we asked you",
        "Health advice. Tell us",
        f"Our reference: {reference}",
        "Please send your advice by 13 April 2026",
        f"or by post to {LETTERS.address}, with our reference",
        "Please write about hearing too.",
    ):
        assert squeeze(words) in text
    assert [(row.about, row.document) for row in read(officer, case).letters] == [(gp, id)]
    assert me.get(f"/v1/documents/{id}/content").status_code == 404
    [record] = rows(services, LetterRecord)
    assert (record.about, record.event_id, record.kind) == (gp, None, KIND)
    assert len(entries_of(services, Action.LETTER_MADE)) == 1


def test_letter_that_asks_for_advice_lacks_an_address_until_it_is_entered(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_case_in_assessment(me, officer, services)
    gp = ask(officer, case, phone="0116 496 0101")  # asked by phone
    [missing] = read_draft(officer, gp).missing
    assert (missing.field, missing.text) == ("address", "Their address: not entered yet.")
    assert code_of(make(officer, gp, 0, uuid4())) == "not_complete"
    saved = save(officer, gp, address="12 Osier Street\nLeicester")
    assert (saved.missing, saved.letter.recipient[1:]) == ([], ["12 Osier Street", "Leicester"])
    move_days(clock, services, 42)  # the last day
    [missing] = read_draft(officer, gp).missing
    assert missing.field == "reply_by"
    assert rows(services, LetterDraftRow)[0].kind == f"{KIND}/{gp}"


def test_letter_to_a_health_service_has_what_it_finds_the_child_by(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case_in_assessment(me, officer, services)
    gp, school = ask(officer, case), ask(officer, case, form="educational-advice")
    known = "Ivo Larkspur-Dunne, born 14/03/2018"
    home = "3 Tallowmere Row, Leicester, LE3 9RN"
    draft = read_draft(officer, gp)
    assert draft.letter.about == f"{known}, {home}"
    [warning] = draft.warnings
    assert "NHS number is not known" in warning.text
    with services.transaction() as tx:
        tx.session.exec(update(Person).values(nhs_number="9434765919"))
    draft = read_draft(officer, gp)
    assert draft.letter.about == f"{known}, NHS number 943 476 5919, {home}"
    assert draft.warnings == []
    draft = read_draft(officer, school)
    assert (draft.letter.about, draft.warnings) == (known, [])


def test_letter_is_only_for_advice_that_is_asked_for_by_post(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case_in_assessment(me, officer, services)
    ok(officer.post(f"/v1/desk/cases/{case}/advice", json=advice_body(me, ADVICE)))
    [in_portal] = read(officer, case).advice
    assert officer.get(letter_path(in_portal.id)).status_code == 404
    assert officer.get(letter_path(uuid4())).status_code == 404
    assert officer.get(path(case, KIND)).status_code == 404
    assert KIND not in [choice.kind for choice in list_letters(officer, case).kinds]


def test_letter_is_made_only_while_the_advice_is_awaited(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case_in_assessment(me, officer, services)
    gp, id = ask(officer, case, address=ADDRESS), uuid4()
    match_child(officer, case)
    ok(make(officer, gp, 0, id))
    for kind in ISSUE_EVENTS:
        ok(record_event(officer, case, kind))
    assert "We are assessing" in read_draft(officer, gp).letter.blocks[0].text
    ok(make(officer, gp, 0, id))  # a late repeat
    version = read_draft(officer, gp).version
    assert code_of(make(officer, gp, version, uuid4())) == "not_allowed"
    for kind in REASSESSMENT_EVENTS:
        ok(record_event(officer, case, kind))
    assert code_of(make(officer, gp, version, uuid4())) == "not_allowed"
    again = ask(officer, case, address=ADDRESS)
    assert "We are reassessing" in read_draft(officer, again).letter.blocks[0].text
    ok(make(officer, again, 0, uuid4()))


def test_letter_to_a_corrected_address_is_not_made_from_the_former_one(
    me: Someone, officer: Someone, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = create_case_in_assessment(me, officer, services)
    gp, run = ask(officer, case, address=ADDRESS), pdf._run
    was = {**GP, "address": ADDRESS}
    correct = {**was, **new_id(), "address": "4 Far Lane, Oakham", "replaces": was}

    def run_and_correct(job: bytes) -> bytes:
        ok(officer.put(f"/v1/desk/advice/{gp}/contacts", json=correct))
        return run(job)

    monkeypatch.setattr(pdf, "_run", run_and_correct)
    assert code_of(make(officer, gp, 0, uuid4())) == "stale"
    assert not rows(services, LetterRecord)
    letter = LetterRow.model_validate(ok(make(officer, gp, 0, uuid4())).json())
    assert squeeze("4 Far Lane Oakham") in pdf_text(download(officer, letter.document))


def test_letter_is_outdated_once_it_is_known_how_to_reach_who_was_asked(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_case_in_assessment(me, officer, services)
    gp, other = ask(officer, case, address=ADDRESS), ask(officer, case, address=ADDRESS)
    for advice in (gp, other):
        ok(make(officer, advice, 0, uuid4()))
    clock.move(minutes=1)
    contacts = {**GP, "address": ADDRESS, "phone": ""}
    body = {**contacts, **new_id(), "address": "9 Wharf Lane, Leicester", "replaces": contacts}
    ok(officer.put(f"/v1/desk/advice/{gp}/contacts", json=body))
    outdated = {row.about: row.outdated for row in list_letters(officer, case).made}
    assert outdated == {gp: True, other: False}
    clock.move(minutes=1)
    ok(make(officer, gp, read_draft(officer, gp).version, uuid4()))
    assert sorted(row.outdated for row in list_letters(officer, case).made) == [False] * 3
