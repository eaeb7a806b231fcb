"""Every change or reading of a child's record is audited in the same transaction."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event
from sqlmodel import SQLModel

from server.core.audit import Action, AuditEvent
from server.core.database import Services
from server.documents.tables import Document
from server.forms.tables import StoredAnswer, Submission, SubmissionVersion
from server.people.tables import ListedPerson, Person
from tests.parts import Factory, Someone
from tests.server.accounts.steps import code_of
from tests.server.steps import (
    add_child,
    audit_of,
    child,
    ok,
    required_answers,
    rows,
    save,
    start,
    start_body,
    submit,
    submit_request,
    upload,
    version_of,
)


@dataclass
class Record:
    """A child's record, with one item of each kind."""

    person: UUID
    draft: UUID
    ready: UUID
    version: str
    submitted: UUID
    document: UUID


@pytest.fixture
def record(me: Someone) -> Record:
    person = add_child(me)
    draft, ready, sent = start(me, person), start(me, person), submit_request(me, person)
    ok(save(me, ready, required_answers(me)))
    document = UUID(ok(upload(me, person)).json()["id"])
    return Record(person, draft, ready, version_of(me, draft), sent, document)


ActionCall = Callable[[Someone, Record], object]

ACTIONS: dict[Action, ActionCall] = {
    Action.PERSON_ADDED: lambda me, _: me.post("/v1/people", json=child(first_name="Ada")),
    Action.PERSON_READ: lambda me, record: me.get(f"/v1/people/{record.person}"),
    Action.PERSON_CHANGED: lambda me, record: me.put(
        f"/v1/people/{record.person}", json=child(school="Elm"), headers={"If-Match": '"1"'}
    ),
    Action.PERSON_HIDDEN: lambda me, record: me.put(f"/v1/people/{record.person}/hidden"),
    Action.FORM_STARTED: lambda me, record: me.post(
        "/v1/submissions", json=start_body(record.person)
    ),
    Action.FORM_READ: lambda me, record: me.get(f"/v1/submissions/{record.draft}"),
    Action.FORM_SAVED: lambda me, record: save(
        me, record.draft, {"strengths": "Osprey"}, record.version
    ),
    Action.FORM_SUBMITTED: lambda me, record: submit(me, record.ready),
    Action.FORM_DISCARDED: lambda me, record: me.delete(f"/v1/submissions/{record.draft}"),
    Action.DOCUMENT_ADDED: lambda me, record: upload(me, record.person),
    Action.DOCUMENT_READ: lambda me, record: me.get(f"/v1/documents/{record.document}/content"),
    Action.DOCUMENT_REMOVED: lambda me, record: me.delete(f"/v1/documents/{record.document}"),
    Action.PERSON_REMOVED: lambda me, record: me.delete(
        f"/v1/people/{record.person}", params={"drafts": True}
    ),
}
"""Actions of a professional on a child's record, by the action in the audit."""

READS: dict[str, tuple[ActionCall, Action]] = {
    "progress": (
        lambda me, record: me.get(f"/v1/people/{record.person}/progress"),
        Action.PERSON_READ,
    ),
    "versions": (
        lambda me, record: me.get(f"/v1/submissions/{record.submitted}/versions"),
        Action.FORM_READ,
    ),
    "copy": (
        lambda me, record: me.get(
            f"/v1/submissions/{record.submitted}/copy", params={"kind": "text"}
        ),
        Action.FORM_READ,
    ),
    "copy of a draft": (
        lambda me, record: me.get(f"/v1/submissions/{record.draft}/copy", params={"kind": "text"}),
        Action.FORM_READ,
    ),
}

TABLES = (Person, ListedPerson, Submission, StoredAnswer, SubmissionVersion, Document)


def snapshot(services: Services) -> list[tuple[SQLModel, ...]]:
    return [tuple(rows(services, table)) for table in TABLES]


def perform_and_get_entries(
    perform: ActionCall, me: Someone, record: Record, services: Services
) -> list[AuditEvent]:
    before = len(audit_of(services))
    reply = perform(me, record)
    assert getattr(reply, "is_success", False), getattr(reply, "text", "")
    return audit_of(services)[before:]


def test_each_action_is_audited_with_account_time_and_address(
    me: Someone, record: Record, services: Services, subtests: pytest.Subtests
) -> None:
    for action, perform in ACTIONS.items():
        with subtests.test(action=action):
            entries = perform_and_get_entries(perform, me, record, services)
            assert action in {entry.action for entry in entries}
            for entry in entries:
                assert entry.account_id == me.id
                assert entry.person_id is not None
                assert entry.subject_id is not None
                assert entry.at.isoformat().startswith("2026-03-02T10:42")
            assert {entry.address for entry in entries if entry.action == action} == {"testclient"}
            if action is not Action.PERSON_ADDED:
                assert {entry.person_id for entry in entries} == {record.person}


@pytest.mark.parametrize("name", READS)
def test_other_reads_are_audited(
    name: str, me: Someone, record: Record, services: Services
) -> None:
    perform, action = READS[name]
    [entry] = perform_and_get_entries(perform, me, record, services)
    assert (entry.action, entry.account_id, entry.person_id) == (action, me.id, record.person)


def test_action_fails_if_it_cannot_be_audited(
    me: Someone, record: Record, services: Services, subtests: pytest.Subtests
) -> None:
    before, entries = snapshot(services), len(audit_of(services))

    def refuse(*_: object) -> None:
        raise OSError("the audit can't be written")

    event.listen(AuditEvent, "before_insert", refuse)
    try:
        for action, perform in ACTIONS.items():
            with subtests.test(action=action):
                assert getattr(perform(me, record), "status_code", 0) == 500
                assert snapshot(services) == before
                assert len(audit_of(services)) == entries
    finally:
        event.remove(AuditEvent, "before_insert", refuse)


def test_refused_requests_are_not_audited(
    me: Someone, record: Record, someone: Factory, services: Services
) -> None:
    other = someone(email="head@osierbeck.example")
    before = len(audit_of(services))
    for reply in (
        other.get(f"/v1/people/{record.person}"),
        other.get(f"/v1/submissions/{record.submitted}/versions"),
        other.get(f"/v1/submissions/{record.submitted}/copy"),
        other.get(f"/v1/documents/{record.document}/content"),
        me.get(f"/v1/people/{uuid4()}"),
    ):
        assert code_of(reply) == "not_found"
    assert len(audit_of(services)) == before


def test_audit_contains_ids_and_no_content(me: Someone, record: Record, services: Services) -> None:
    for action in ACTIONS:
        if action is not Action.PERSON_REMOVED:
            ACTIONS[action](me, record)
    ACTIONS[Action.PERSON_REMOVED](me, record)
    log_text = "\n".join(str(entry.model_dump()) for entry in audit_of(services)).casefold()
    for word in ("ivo", "larkspur", "tallowmere", "osprey", "report", me.email, "senco"):
        assert word not in log_text
    assert {entry.action for entry in audit_of(services)} <= set(Action)
    assert set(ACTIONS) <= {entry.action for entry in audit_of(services)}
