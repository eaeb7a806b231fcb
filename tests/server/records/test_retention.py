"""Records are deleted when their period ends, not before, and once a day."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest
from anyio.from_thread import BlockingPortal
from sqlmodel import SQLModel, delete

from server.accounts.tables import (
    EmailedLink,
    IdentityCheck,
    KnownDevice,
    ProviderSignIn,
    Registration,
    StoredSession,
)
from server.app import create_app
from server.cli import main
from server.core.audit import AuditEvent
from server.core.database import Services, Transaction
from server.core.outbox import OutboxMail, post_mail
from server.core.throttle import Operation, Tries, record_failure
from server.desk.tables import Task
from server.people.tables import Person
from server.records.retention import LEASE, RetentionBusy, apply_daily
from server.records.tables import RetentionRun
from shared.values.days import utc_now
from tests.parts import TODAY, Clock, Someone, begin_session
from tests.server.audit.steps import add_entries, seal
from tests.server.records.steps import (
    apply_retention,
)
from tests.server.steps import (
    add_child,
    audit_of,
    rows,
)

pytestmark = pytest.mark.both_databases

START_SECONDS = 10.0

Table = type[SQLModel]
Add = Callable[[Transaction, UUID], None]


def add_link(tx: Transaction, account: UUID) -> None:
    tx.session.add(EmailedLink(digest="0" * 64, account_id=account, expires_at=tx.now))


def add_session(tx: Transaction, account: UUID) -> None:
    begin_session(tx.services, tx, account)
    for session in tx.session.new:
        if isinstance(session, StoredSession):
            session.ends_at = tx.now


def add_failure(tx: Transaction, account: UUID) -> None:
    record_failure(tx, Operation.CODE, str(account))


def add_mail(tx: Transaction, account: UUID, **values: datetime) -> None:
    post_mail(tx, to="a@osierbeck.example", subject="", body="")
    for mail in tx.session.new:
        if isinstance(mail, OutboxMail):
            mail.sqlmodel_update(values or {"sent_at": tx.now})


def add_given_up_mail(tx: Transaction, account: UUID) -> None:
    add_mail(tx, account, given_up_at=tx.now)


def add_registration(tx: Transaction, account: UUID) -> None:
    tx.session.add(
        Registration(
            id=uuid4(),
            email="a@osierbeck.example",
            password_hash="",
            details={},
            body_digest="",
            created_at=tx.now - timedelta(days=9),
            sent_at=tx.now,
        )
    )


def add_provider_sign_in(tx: Transaction, account: UUID) -> None:
    tx.session.add(
        ProviderSignIn(
            id=uuid4(), provider="", code="c", state_digest="s", expires_at=tx.now, grant="g"
        )
    )


def add_device(tx: Transaction, account: UUID) -> None:
    tx.session.add(
        KnownDevice(account_id=account, digest="d", address_digest="a", last_used_at=tx.now)
    )


def add_task(tx: Transaction, account: UUID) -> None:
    by = {"officer_id": account, "created_by": account, "changed_by": account}
    when = {"due": TODAY.date(), "created_at": tx.now, "changed_at": tx.now}
    values = {"id": uuid4(), "text": "Book leave", "done": True, **by, **when}
    tx.session.add(Task.model_validate(values))


def add_identity_check(tx: Transaction, account: UUID) -> None:
    tx.session.add(IdentityCheck(account_id=account, by_id=account, how="", at=tx.now))


@pytest.mark.parametrize(
    ("kind", "table", "add", "days"),
    [
        ("sessions", StoredSession, add_session, 30),
        ("links", EmailedLink, add_link, 30),
        ("attempts", Tries, add_failure, 30),
        ("emails", OutboxMail, add_mail, 30),
        ("emails", OutboxMail, add_given_up_mail, 30),
        ("registrations", Registration, add_registration, 30),
        ("provider_sign_ins", ProviderSignIn, add_provider_sign_in, 0),
        ("devices", KnownDevice, add_device, 90),
        ("tasks", Task, add_task, 365),
        ("identity_checks", IdentityCheck, add_identity_check, 6 * 365 + 2),
    ],
)
def test_rows_are_deleted_when_their_period_ends(
    me: Someone,
    services: Services,
    clock: Clock,
    kind: str,
    table: Table,
    add: Add,
    days: int,
) -> None:
    with services.transaction() as tx:
        tx.session.exec(delete(StoredSession))
        add(tx, me.id)
        begins = tx.now
    clock.now = begins + timedelta(days=days, seconds=-1)
    apply_retention(services)
    assert len(rows(services, table)) == 1
    clock.now = begins + timedelta(days=days)
    assert apply_retention(services)[kind] == 1
    assert rows(services, table) == []


def test_unsent_mail_and_live_sessions_are_kept(
    me: Someone, services: Services, clock: Clock
) -> None:
    with services.transaction() as tx:
        post_mail(tx, to=me.email, subject="", body="")
    clock.move(hours=11)
    apply_retention(services)
    assert len(rows(services, OutboxMail)) == len(rows(services, StoredSession)) == 1


def test_server_deletes_once_a_day(me: Someone, services: Services, clock: Clock) -> None:
    asyncio.run(apply_daily(services))
    with services.transaction() as tx:
        add_link(tx, me.id)
        tx.session.flush()
        tx.session.get_one(EmailedLink, "0" * 64).expires_at = tx.now - timedelta(days=30)
    asyncio.run(apply_daily(services))
    assert len(rows(services, EmailedLink)) == 1
    clock.move(days=1)
    asyncio.run(apply_daily(services))
    assert rows(services, EmailedLink) == []
    first, second = sorted(rows(services, RetentionRun), key=lambda row: row.day)
    assert (first.counts, second.counts) == ({}, {"links": 1})
    [entry] = [row for row in rows(services, AuditEvent) if row.action == "retention_applied"]
    assert (entry.subject_id, entry.person_id, entry.account_id) == (second.id, None, None)


def test_server_deletes_nothing_by_itself_if_its_clock_jumps_ahead(
    me: Someone, services: Services, clock: Clock
) -> None:
    person = add_child(me)
    asyncio.run(apply_daily(services))
    clock.move(days=365 * 40)
    asyncio.run(apply_daily(services))
    assert [row.id for row in rows(services, Person)] == [person]
    assert len(rows(services, RetentionRun)) == 1
    assert apply_retention(services)["children"] == 1


def test_sealed_audit_entries_are_deleted_after_their_period(
    services: Services, clock: Clock, loop: BlockingPortal
) -> None:
    add_entries(services, 3)
    seal(services, clock, loop)
    clock.move(days=365 * 36)
    add_entries(services, 2)
    seal(services, clock, loop)
    assert apply_retention(services)["audit"] == 3
    kept = [entry.action for entry in audit_of(services)]
    assert kept == ["person_read", "person_read", "retention_applied"]


def test_only_one_process_deletes_until_its_lease_ends(services: Services, clock: Clock) -> None:
    with services.transaction() as tx:
        run_of_today = {"day": tx.now.date(), "holder": uuid4(), "started_at": tx.now}
        tx.session.add(
            RetentionRun.model_validate(
                {**run_of_today, "lease_until": tx.now + LEASE, "counts": {}}
            )
        )
    with pytest.raises(RetentionBusy):
        apply_retention(services)
    asyncio.run(apply_daily(services))
    assert rows(services, RetentionRun)[0].finished_at is None
    clock.move(seconds=LEASE.total_seconds() + 1)
    asyncio.run(apply_daily(services))
    assert rows(services, RetentionRun)[0].finished_at is not None


def test_run_of_a_clock_that_was_ahead_holds_nobody_up(services: Services, clock: Clock) -> None:
    clock.move(days=400)
    asyncio.run(apply_daily(services))
    clock.now = TODAY
    asyncio.run(apply_daily(services))
    assert len(rows(services, RetentionRun)) == 2


@pytest.mark.usefixtures("command")
def test_dry_run_counts_and_deletes_nothing(
    me: Someone, services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    with services.transaction() as tx:
        for age in (timedelta(days=1), timedelta(days=1_000)):
            row = EmailedLink(digest=str(age), account_id=me.id, expires_at=utc_now() - age)
            tx.session.add(row)
    capsys.readouterr()
    for option, left in ((["--dry-run"], 2), ([], 1)):
        assert main(["retention", "run", *option]) == 0
        assert "       1  Emailed links" in capsys.readouterr().out
        assert len(rows(services, EmailedLink)) == left


@pytest.mark.usefixtures("command")
def test_periods_are_settings(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORTAL_RETENTION", '{"mail_days": 14}')
    assert main(["retention", "show"]) == 0
    output = capsys.readouterr().out
    assert "14 days             Emails" in output
    assert "until birthday 35   Children" in output
    for wrong in ('{"mails": 14}', '{"mail_days": 0}', "{"):
        monkeypatch.setenv("PORTAL_RETENTION", wrong)
        assert main(["retention", "show"]) == 2
        assert capsys.readouterr().err.startswith("PORTAL_RETENTION")


def test_server_deletes_at_startup(services: Services) -> None:
    app = create_app(services)

    async def begin() -> None:
        async with app.router.lifespan_context(app), asyncio.timeout(START_SECONDS):
            while not any(row.finished_at for row in rows(services, RetentionRun)):  # noqa: ASYNC110 - the database cannot signal changes
                await asyncio.sleep(0.01)

    asyncio.run(begin())
