"""Submitting, submitted versions, and the effect of a decision."""

import re
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import IntegrityError
from sqlmodel import select

from server.core.database import Services
from server.forms.submitting import new_reference
from server.forms.tables import Submission
from shared.cases.events import EventKind
from shared.values.identifiers import UNAMBIGUOUS
from tests.parts import Clock, Someone
from tests.server.accounts.steps import code_of
from tests.server.steps import (
    add_child,
    add_events,
    ok,
    required_answers,
    save,
    start,
    submission_path,
    submit,
    submit_request,
    upload,
)


def get_history(me: Someone, submission: UUID) -> dict[str, Any]:
    result: dict[str, Any] = ok(me.get(f"{submission_path(submission)}/versions")).json()
    return result


def missing_pointers(me: Someone, submission: UUID) -> set[str]:
    reply = submit(me, submission)
    assert (reply.status_code, code_of(reply)) == (422, "not_complete")
    return {error["pointer"] for error in reply.json()["errors"]}


def test_completed_form_is_submitted_and_confirmed(me: Someone) -> None:
    submission = start(me)
    ok(save(me, submission, required_answers(me)))
    reply = submit(me, submission)
    assert reply.status_code == 201
    confirmation = reply.json()
    assert re.fullmatch(f"[{UNAMBIGUOUS}]{{8}}", confirmation["reference"])
    assert (confirmation["form_title"], confirmation["person_name"], confirmation["number"]) == (
        "Professional Request for Statutory EHC Assessment",
        "Ivo Larkspur-Dunne",
        1,
    )
    assert confirmation["decision_due"] == "2026-04-13"
    form = me.get(submission_path(submission)).json()
    assert (form["state"], form["reference"]) == ("submitted", confirmation["reference"])
    [message] = me.get("/v1/messages").json()["rows"]
    assert confirmation["reference"] in me.get(f"/v1/messages/{message['id']}").json()["body"]


def test_incomplete_form_cannot_be_submitted(me: Someone) -> None:
    submission = start(me)
    assert missing_pointers(me, submission) == {
        "/work_details",
        "/contacts",
        "/declaration",
        "/sharing",
    }
    ok(save(me, submission, required_answers(me) | {"contacts": [{"id": "a", "name": "Dana"}]}))
    assert missing_pointers(me, submission) == {"/contacts/0/contact_details"}
    assert get_history(me, submission)["versions"] == []
    assert me.get(submission_path(submission)).json()["reference"] is None


@pytest.mark.parametrize("field", ["declaration", "sharing"])
@pytest.mark.parametrize("value", [False, None])
def test_both_declarations_are_required(me: Someone, field: str, value: bool | None) -> None:
    submission = start(me)
    ok(save(me, submission, required_answers(me) | {field: value}))
    assert missing_pointers(me, submission) == {f"/{field}"}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"attendance": "101"}, {"/attendance"}),
        ({"started_at_setting": "31/02/2020"}, {"/started_at_setting"}),
        ({"primary_need": "mld", "secondary_need": "mld"}, {"/secondary_need"}),
        ({"work_details": str(uuid4())}, {"/work_details"}),
        ({"documents": [{"id": "a", "file": str(uuid4())}]}, {"/documents/0/file"}),
        ({"documents": [{"id": "a", "file": "no id"}]}, {"/documents/0/file"}),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_invalid_answer_is_saved_and_prevents_submission(
    me: Someone, answer: dict[str, object], expected: set[str]
) -> None:
    submission = start(me)
    ok(save(me, submission, required_answers(me) | answer))
    assert missing_pointers(me, submission) == expected


def test_text_over_the_limit_is_saved_but_cannot_be_submitted(me: Someone) -> None:
    submission = start(me)
    ok(save(me, submission, required_answers(me) | {"strengths": "x" * 30_001}))
    reply = submit(me, submission)
    [error] = reply.json()["errors"]
    assert error["pointer"] == "/strengths"
    assert "30,000 characters or less. It is 30,001." in error["message"]
    assert len(me.get(submission_path(submission)).json()["answers"]["strengths"]) == 30_001
    ok(save(me, submission, {"strengths": "x" * 30_000}))
    assert submit(me, submission).status_code == 201


def test_repeated_submission_gets_the_same_confirmation(me: Someone) -> None:
    submission, version = start(me), uuid4()
    ok(save(me, submission, required_answers(me)))
    first = submit(me, submission, version)
    for repeat in (submit(me, submission, version), submit(me, submission)):
        assert (repeat.status_code, repeat.json()) == (201, first.json())
    assert len(get_history(me, submission)["versions"]) == 1
    assert me.get("/v1/messages").json()["total"] == 1
    other = start(me, UUID(me.get(submission_path(submission)).json()["person"]))
    reply = submit(me, other, version)
    assert (reply.status_code, code_of(reply)) == (409, "conflict")


def test_edit_adds_a_second_version_and_keeps_the_first(me: Someone, clock: Clock) -> None:
    submission = start(me)
    person = UUID(me.get(submission_path(submission)).json()["person"])
    file = ok(upload(me, person)).json()
    documents = {"documents": [{"id": "a", "description": "school_report", "file": file["id"]}]}
    ok(save(me, submission, required_answers(me) | documents | {"strengths": "First"}))
    first = ok(submit(me, submission)).json()
    clock.move(minutes=20)
    ok(save(me, submission, {"strengths": "Second", "documents": None}))
    second = ok(submit(me, submission)).json()
    assert (second["number"], second["reference"]) == (2, first["reference"])
    assert second["decision_due"] == first["decision_due"]
    versions = get_history(me, submission)
    assert (versions["reference"], versions["submitted_by_you"]) == (first["reference"], True)
    assert [version["number"] for version in versions["versions"]] == [1, 2]
    assert [v["answers"]["strengths"] for v in versions["versions"]] == ["First", "Second"]
    assert [v["documents"] for v in versions["versions"]] == [[file], []]
    assert {v["submitted_by"] for v in versions["versions"]} == {"Ada Senco"}
    assert {v["work_details"]["organisation"] for v in versions["versions"]} == {
        "Osierbeck Academy"
    }
    assert versions["versions"][0]["submitted_at"] < versions["versions"][1]["submitted_at"]


def test_submitted_version_keeps_the_work_details(me: Someone) -> None:
    submission = submit_request(me)
    card = me.get("/v1/account").json()["work_details"][0]
    changed = card | {"organisation": "Rushmere Academy"}
    ok(me.put(f"/v1/account/work-details/{me.work}", json=changed))
    [version] = get_history(me, submission)["versions"]
    assert version["work_details"]["organisation"] == "Osierbeck Academy"


def test_form_is_read_only_after_the_decision(me: Someone, services: Services) -> None:
    person = add_child(me)
    submission, edited_submission = submit_request(me, person), submit_request(me, person)
    ok(save(me, edited_submission, {"strengths": "Too late"}))
    add_events(services, person, EventKind.DECIDED_TO_ASSESS)
    for reply in (
        save(me, submission, {"strengths": "x"}),
        submit(me, edited_submission),
        me.delete(submission_path(edited_submission)),
    ):
        assert (reply.status_code, code_of(reply)) == (409, "decided")
    form = me.get(submission_path(submission)).json()
    assert form["editable"] is False
    assert "can be read, and not be changed" in form["why_not_editable"]
    assert len(get_history(me, submission)["versions"]) == 1


def test_reference_has_8_unambiguous_characters(me: Someone, services: Services) -> None:
    for ambiguous in ("0OQ", "1I", "2Z", "5S", "6G", "8B", "UV"):
        assert len(set(ambiguous) & set(UNAMBIGUOUS)) <= 1
    with services.transaction() as tx:
        references = {new_reference(tx) for _ in range(500)}
    assert len(references) == 500
    assert all(re.fullmatch(f"[{UNAMBIGUOUS}]{{8}}", reference) for reference in references)


def test_references_are_unique(me: Someone, services: Services) -> None:
    person = add_child(me)
    for _ in range(2):
        submit_request(me, person)
    with pytest.raises(IntegrityError), services.transaction() as tx:
        first, second = tx.session.exec(select(Submission)).all()
        assert first.reference != second.reference
        second.reference = first.reference
        tx.session.add(second)
