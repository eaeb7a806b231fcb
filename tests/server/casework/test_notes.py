"""Notes and phone calls of a case."""

from uuid import uuid4

import pytest
from httpx import Response

from server.casework.tables import Note, NoteVersion
from server.core.database import Services
from shared.accounts import Staff
from shared.casework import NOTE_LIMIT, NOTES_SIZE
from tests.parts import Clock, Factory, Someone
from tests.server.accounts.steps import code_of
from tests.server.casework.steps import CALL, CASEWORK, add_note, read_casework
from tests.server.desk.steps import create_case
from tests.server.steps import audit_of, if_match, ok, rows


@pytest.fixture
def colleague(someone: Factory) -> Someone:
    return someone("colleague@leicester.example", staff=Staff.OFFICER)


def test_note_is_corrected_by_its_author_and_struck_but_never_lost(
    me: Someone, officer: Someone, colleague: Someone, services: Services
) -> None:
    case = create_case(me, services)
    body = {"id": str(uuid4()), "text": "The school agrees."}
    for _ in range(2):
        ok(officer.post(f"{CASEWORK}/cases/{case}/notes", json=body))
    assert len(rows(services, Note)) == 1
    changed = officer.post(f"{CASEWORK}/cases/{case}/notes", json={**body, "text": "It objects."})
    assert code_of(changed) == "conflict"
    stolen = colleague.post(f"{CASEWORK}/cases/{case}/notes", json=body)
    assert code_of(stolen) == "conflict"
    path, change = f"{CASEWORK}/notes/{body['id']}", {"text": "The school objects."}
    first = if_match(1)
    assert code_of(colleague.put(path, json=change, headers=first)) == "not_allowed"
    for _ in range(2):
        ok(officer.put(path, json=change, headers=first))
    refused = officer.put(path, json={"text": "Other."}, headers=first)
    assert (code_of(refused), refused.json()["current"]) == ("stale", "The school objects.")
    [note] = read_casework(colleague, case)["notes"]["rows"]
    assert (note["by"], note["mine"], note["current"]["text"]) == (
        "Ada Officer",
        False,
        "The school objects.",
    )
    assert [version["text"] for version in note["earlier"]] == ["The school agrees."]
    strike = {"reason": "It is about another child."}
    assert code_of(colleague.post(f"{path}/strike", json=strike, headers=first)) == "stale"
    for _ in range(2):
        ok(colleague.post(f"{path}/strike", json=strike, headers=if_match(2)))
    [note] = read_casework(officer, case)["notes"]["rows"]
    assert (note["struck"]["by"], note["struck"]["reason"]) == (
        "Ada Colleague",
        "It is about another child.",
    )
    assert code_of(officer.put(path, json={"text": "More."}, headers=if_match(2))) == "not_allowed"
    assert len(rows(services, NoteVersion)) == 2
    actions = [str(entry.action) for entry in audit_of(services) if entry.person_id]
    note_actions = [action for action in actions if action.startswith("note")]
    assert note_actions == [
        *("note_added", "notes_read", "note_corrected", "notes_read", "notes_read"),
        *("note_struck", "notes_read", "notes_read"),
    ]


def test_call_keeps_with_whom_when_and_who_called(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case(me, services)
    note = add_note(officer, case, "She asks for a meeting.", call=CALL)
    [row] = read_casework(officer, case)["notes"]["rows"]
    assert (row["kind"], row["current"]["call"]) == ("call", CALL)

    def correct(call: dict[str, str] | None) -> Response:
        body, path = {"text": "x", "call": call}, f"{CASEWORK}/notes/{note}"
        reply: Response = officer.put(path, json=body, headers=if_match(1))
        return reply

    assert code_of(correct(None)) == "invalid"
    later = correct({**CALL, "at": "2026-03-03T09:30:00Z"})
    assert later.json()["errors"][0]["pointer"] == "/call/at"
    no_zone = {**CALL, "at": "2026-03-02T09:30:00"}
    assert correct(no_zone).status_code == 422
    ok(correct({**CALL, "phone": ""}))
    [row] = read_casework(officer, case)["notes"]["rows"]
    assert row["current"]["call"]["phone"] == ""
    assert row["earlier"][0]["call"]["phone"] == "0116 496 0103"
    log = ok(officer.get(f"/v1/desk/people/{read_casework(officer, case)['person']}/trail")).text
    assert "Call added" in log
    assert "meeting" not in log


def test_notes_are_pages_newest_first(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_case(me, services)
    for index in range(NOTES_SIZE + 2):
        add_note(officer, case, f"Note {index}")
        clock.move(seconds=index % 2)
    page = read_casework(officer, case)["notes"]
    texts = [row["current"]["text"] for row in page["rows"]]
    path, cursor = f"{CASEWORK}/cases/{case}/notes", page["next"]
    rest = ok(officer.get(path, params={"cursor": cursor})).json()
    texts += [row["current"]["text"] for row in rest["rows"]]
    assert sorted(texts) == sorted(f"Note {index}" for index in range(NOTES_SIZE + 2))
    assert texts[0] == f"Note {NOTES_SIZE + 1}"
    assert rest["next"] is None


def test_empty_or_too_long_note_is_refused(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case(me, services)
    for text in ("", " \n", "x" * (NOTE_LIMIT + 1)):
        body = {"id": str(uuid4()), "text": text}
        assert officer.post(f"{CASEWORK}/cases/{case}/notes", json=body).status_code == 422
    add_note(officer, case, "x" * NOTE_LIMIT)
    assert len(rows(services, Note)) == 1
