"""Drafts and unnamed documents are deleted after a year, and their owners told before."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from server.accounts.tables import Account
from server.cases.tables import Case
from server.core.audit import Action
from server.core.database import Services
from server.core.keys import Purpose
from server.documents.tables import Document
from server.forms.tables import Submission
from server.messages.tables import Message
from server.records.retention import count_due
from tests.emails import emails_to
from tests.parts import Clock, Someone
from tests.server.desk.steps import advice_body, create_case, create_case_in_assessment, move_days
from tests.server.documents.test_upload import sweep_now
from tests.server.records.steps import (
    ERASABLE_WORDS,
    FIRST_NAME,
    LAST_NAME,
    UNSUBMITTED,
    apply_retention,
    attach,
    file_entry,
    stored_text,
    tables_with,
)
from tests.server.steps import (
    add_child,
    audit_of,
    ok,
    rows,
    save,
    share,
    start,
)

pytestmark = pytest.mark.both_databases

NOTICE = "A draft will be deleted"


def create_draft(me: Someone) -> UUID:
    """Create a draft with an answer and a document."""
    person = add_child(me, first_name=FIRST_NAME, last_name=LAST_NAME)
    draft = start(me, person)
    document = attach(me, person, UNSUBMITTED)
    ok(save(me, draft, {"attainment": "draftwords", **file_entry(document)}))
    return draft


def notices(services: Services) -> list[Message]:
    return [message for message in rows(services, Message) if message.subject == NOTICE]


def test_owner_is_told_of_a_draft_before_its_deletion(
    me: Someone, other: Someone, services: Services, clock: Clock
) -> None:
    draft = create_draft(me)
    share(me, draft, other)
    saved_at = rows(services, Submission)[0].saved_at
    clock.now = saved_at + timedelta(days=335, seconds=-1)
    assert apply_retention(services).get("draft_notices", 0) == 0
    clock.now = saved_at + timedelta(days=335)
    assert (
        apply_retention(services)["draft_notices"]
        == apply_retention(services)["draft_notices"]
        == 1
    )
    assert {notice.account_id for notice in notices(services)} == {me.id, other.id}
    assert "It will be deleted on 02/03/2027, unless" in notices(services)[0].body
    for mail in emails_to(services, me.email):
        assert LAST_NAME not in mail.subject + services.keys.decrypt(Purpose.MAIL, mail.body)
    clock.now = saved_at + timedelta(days=365, seconds=-1)
    apply_retention(services)
    assert len(rows(services, Submission)) == 1
    clock.now = notices(services)[0].sent_at + timedelta(days=30)
    apply_retention(services)
    sweep_now(services)
    assert tables_with(stored_text(services), *ERASABLE_WORDS) == {}
    assert not rows(services, Submission)
    assert not rows(services, Document)
    assert "draft_expired" in [entry.action for entry in audit_of(services)]


def test_changed_draft_is_kept_for_another_year(
    me: Someone, services: Services, clock: Clock
) -> None:
    draft = create_draft(me)
    move_days(clock, services, 340)
    apply_retention(services)
    ok(save(me, draft, {"attainment": "changed"}))
    for days, count in ((330, 1), (10, 2), (29, 2)):
        move_days(clock, services, days)
        apply_retention(services)
        assert len(notices(services)) == count
        assert len(rows(services, Submission)) == 1
    move_days(clock, services, 1)
    apply_retention(services)
    assert rows(services, Submission) == []


def test_late_notice_delays_the_deletion(me: Someone, services: Services, clock: Clock) -> None:
    create_draft(me)
    for days, left in ((500, 1), (29, 1), (1, 0)):
        clock.move(days=days)
        apply_retention(services)
        assert len(rows(services, Submission)) == left
    assert len(notices(services)) == 1


def test_submitted_forms_and_advice_are_kept(
    me: Someone, other: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_case_in_assessment(me, officer, services)
    body = advice_body(other, "educational-advice")
    ok(officer.post(f"/v1/desk/cases/{case}/advice", json=body))
    for _ in range(3):
        clock.move(days=500)
        apply_retention(services)
    assert len(rows(services, Submission)) == 2
    assert notices(services) == []


def test_document_that_no_form_names_is_deleted_after_a_year(
    me: Someone, services: Services, clock: Clock
) -> None:
    person = add_child(me)
    attach(me, person, UNSUBMITTED)
    named = attach(me, person, UNSUBMITTED)
    draft = start(me, person)
    move_days(clock, services, 360)
    ok(save(me, draft, file_entry(named)))
    apply_retention(services)
    assert len(rows(services, Document)) == 2
    move_days(clock, services, 5)
    assert asyncio.run(count_due(services))["documents"] == 1
    apply_retention(services)
    assert [str(row.id) for row in rows(services, Document)] == [named]


def test_unused_document_of_an_officer_is_deleted_after_two_weeks(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_case(me, services)
    [person] = [row.person_id for row in rows(services, Case)]
    kept, unused = (attach(officer, person, UNSUBMITTED) for _ in range(2))
    ok(officer.post(f"/v1/desk/cases/{case}/documents", json={"document": kept, "title": ""}))
    mine = attach(me, person, UNSUBMITTED)
    move_days(clock, services, 14)
    clock.move(hours=-1)
    assert "officers_documents" not in apply_retention(services)
    clock.move(hours=2)
    assert apply_retention(services)["officers_documents"] == 1
    assert {str(row.id) for row in rows(services, Document)} == {kept, mine}
    removed = audit_of(services)[-1]
    assert (removed.action, str(removed.subject_id)) == (Action.DOCUMENT_REMOVED, unused)
    assert (removed.person_id, removed.account_id) == (person, None)
    sweep_now(services)
    assert len([entry for page in services.store.list() for entry in page]) == 2


def test_account_that_left_gets_no_email(me: Someone, services: Services, clock: Clock) -> None:
    create_draft(me)
    with services.transaction() as tx:
        tx.session.get_one(Account, me.id).disabled_at = tx.now
    clock.move(days=340)
    apply_retention(services)
    assert len(notices(services)) == 1
    assert emails_to(services, me.email) == []
