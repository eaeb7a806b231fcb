"""Retention by real processes: killed half-way, and two at once."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert

from benchmarks.p13_desk import build_case, build_person
from server.cases.tables import Case
from server.core.audit import AuditEvent
from server.core.database import Services
from server.core.outbox import OutboxMail
from server.forms.catalogue import pin_form
from server.forms.tables import Submission
from server.messages.tables import Message
from server.people.lists import Listing, add_to_lists
from server.people.tables import Person
from server.records.retention import LEASE, apply_now
from server.records.tables import RetentionRun
from shared.forms.submissions import SubmissionState
from shared.values.days import utc_now
from tests.forked import ForkedProcess
from tests.parts import Clock, Someone
from tests.server.core.test_mail_killed import build_environment
from tests.server.relay import wait_until
from tests.server.steps import FORM, rows

pytestmark = pytest.mark.both_databases

MAILS, CHILDREN, DRAFTS = 3_000, 40, 30
START_SECONDS = 60


def add_due_rows(services: Services, account: UUID) -> None:
    """Add rows that are due by the real clock, and a few that are not."""
    now = utc_now()
    old = now - timedelta(days=400)
    mail = {"to": "a@osierbeck.example", "subject": "", "body": "", "next_try_at": old}
    times = [*[{"created_at": old, "sent_at": old}] * MAILS, {"created_at": now, "sent_at": now}]
    people = [
        {**build_person(uuid4(), "Ada", f"Marsh{number}", account, now), "born": born}
        for number, born in enumerate([date(1980, 1, 1)] * CHILDREN + [date(2018, 3, 14)])
    ]
    young = people[-1]["id"]
    with services.transaction() as tx:
        version = pin_form(tx, FORM).version
        mails = [
            {**mail, **moment, "id": uuid4(), "priority": 2, "attempts": 1} for moment in times
        ]
        tx.session.execute(insert(OutboxMail), mails)
        tx.session.execute(insert(Person), people)
        cases = [build_case(0, UUID(str(person["id"])), [account], now) for person in people]
        tx.session.execute(insert(Case), cases)
        draft = {"form": FORM, "form_version": version, "person_id": young, "account_id": account}
        state = {"state": SubmissionState.DRAFT, "started_at": old, "saved_at": old, "version": 1}
        drafts = [{**draft, **state, "id": uuid4(), "returned": ""} for _ in range(DRAFTS)]
        tx.session.execute(insert(Submission), drafts)
        add_to_lists(tx, UUID(str(young)), [Listing(account, now)])


def start_command(services: Services, log: Path | None = None) -> ForkedProcess:
    """Start `portal-server retention run` in a process of its own."""
    environment = build_environment(services)
    return ForkedProcess("retention", "run", env=environment, log=str(log) if log else None)


def deleted_emails(services: Services) -> int:
    """Return how many emails today's run has counted."""
    return sum(run.counts.get("emails", 0) for run in rows(services, RetentionRun))


def assert_all_deleted_once(services: Services) -> None:
    """Assert that what is due is gone, was counted once, and the rest is there."""
    assert len([mail for mail in rows(services, OutboxMail) if mail.attempts]) == 1
    assert len(rows(services, Person)) == len(rows(services, Case)) == 1
    [run] = rows(services, RetentionRun)
    expected = {"emails": MAILS, "children": CHILDREN, "draft_notices": DRAFTS}
    assert expected.items() <= run.counts.items()
    assert len(rows(services, Message)) == len(rows(services, Submission)) == DRAFTS
    applied = [row for row in rows(services, AuditEvent) if row.action == "retention_applied"]
    assert len(applied) == 1


async def test_killed_run_is_finished_by_the_next(
    me: Someone, services: Services, tmp_path: Path
) -> None:
    add_due_rows(services, me.id)
    process = start_command(services)
    try:
        await wait_until(lambda: deleted_emails(services) > 0, START_SECONDS)
    finally:
        process.kill()
    left = len([mail for mail in rows(services, OutboxMail) if mail.attempts])
    assert 1 < left < MAILS
    assert deleted_emails(services) == MAILS + 1 - left
    log = tmp_path / "errors"
    assert start_command(services, log).wait(START_SECONDS) == 2
    assert log.read_text() == "Another process is deleting records. Try again later.\n"
    later = utc_now() + LEASE
    await apply_now(replace(services, clock=Clock(later)))
    assert_all_deleted_once(services)


def test_two_runs_at_once_delete_and_tell_once(me: Someone, services: Services) -> None:
    add_due_rows(services, me.id)
    processes = [start_command(services) for _ in range(2)]
    codes = sorted(process.wait(START_SECONDS) for process in processes)
    assert codes in ([0, 0], [0, 2])
    assert_all_deleted_once(services)
