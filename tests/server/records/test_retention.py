"""Records are deleted when their period ends, not before, and once a day."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from anyio.from_thread import BlockingPortal
from sqlmodel import delete

from server.accounts.tables import Account, EmailedLink, IdentityCheck, Registration, StoredSession
from server.app import create_app
from server.cases.tables import Case
from server.cli import main
from server.core.audit import AuditEvent
from server.core.database import Services, Transaction
from server.core.keys import Purpose
from server.core.outbox import OutboxMail, post_mail
from server.core.retention import RetentionPeriods
from server.core.throttle import Operation, Tries, record_failure
from server.documents.tables import Document
from server.forms.tables import Submission
from server.messages.tables import Message
from server.people.tables import Person
from server.records.retention import LEASE, RetentionBusy, apply_daily, apply_now, count_due
from server.records.tables import RetentionRun
from shared.values.days import utc_now
from tests.emails import emails_to
from tests.parts import TODAY, Clock, Someone, begin_session
from tests.server.audit.steps import add_entries, seal
from tests.server.desk.steps import advice_body, create_case_in_assessment, move_days
from tests.server.documents.test_upload import sweep_now
from tests.server.records.steps import (
    ERASABLE_WORDS,
    FIRST_NAME,
    KEPT_WORDS,
    LAST_NAME,
    UNSUBMITTED,
    UPN,
    attach,
    create_full_record,
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
    submit_request,
)

NOTICE = "A draft will be deleted"
START_SECONDS = 10.0

Table = type[StoredSession | EmailedLink | Tries | OutboxMail | Registration | IdentityCheck]
Add = Callable[[Transaction, UUID], None]


def run(services: Services) -> dict[str, int]:
    """Delete what is due now, and return today's counts."""
    return asyncio.run(apply_now(services))


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
    run(services)
    assert len(rows(services, table)) == 1
    clock.now = begins + timedelta(days=days)
    assert run(services)[kind] == 1
    assert rows(services, table) == []


def test_unsent_mail_and_live_sessions_are_kept(
    me: Someone, services: Services, clock: Clock
) -> None:
    with services.transaction() as tx:
        post_mail(tx, to=me.email, subject="", body="")
    clock.move(hours=11)
    run(services)
    assert len(rows(services, OutboxMail)) == len(rows(services, StoredSession)) == 1


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
    assert run(services).get("draft_notices", 0) == 0
    clock.now = saved_at + timedelta(days=335)
    assert run(services)["draft_notices"] == run(services)["draft_notices"] == 1
    assert {notice.account_id for notice in notices(services)} == {me.id, other.id}
    assert "It will be deleted on 02/03/2027, unless" in notices(services)[0].body
    for mail in emails_to(services, me.email):
        assert LAST_NAME not in mail.subject + services.keys.decrypt(Purpose.MAIL, mail.body)
    clock.now = saved_at + timedelta(days=365, seconds=-1)
    run(services)
    assert len(rows(services, Submission)) == 1
    clock.now = notices(services)[0].sent_at + timedelta(days=30)
    run(services)
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
    run(services)
    ok(save(me, draft, {"attainment": "changed"}))
    for days, count in ((330, 1), (10, 2), (29, 2)):
        move_days(clock, services, days)
        run(services)
        assert len(notices(services)) == count
        assert len(rows(services, Submission)) == 1
    move_days(clock, services, 1)
    run(services)
    assert rows(services, Submission) == []


def test_late_notice_delays_the_deletion(me: Someone, services: Services, clock: Clock) -> None:
    create_draft(me)
    for days, left in ((500, 1), (29, 1), (1, 0)):
        clock.move(days=days)
        run(services)
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
        run(services)
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
    run(services)
    assert len(rows(services, Document)) == 2
    move_days(clock, services, 5)
    assert asyncio.run(count_due(services))["documents"] == 1
    run(services)
    assert [str(row.id) for row in rows(services, Document)] == [named]


def test_child_on_nobodys_list_is_deleted_after_a_year(
    me: Someone, services: Services, clock: Clock
) -> None:
    kept, unused = add_child(me, last_name="Marsh"), add_child(me)
    ok(me.delete(f"/v1/people/{unused}"))
    clock.move(days=364)
    run(services)
    assert len(rows(services, Person)) == 2
    clock.move(days=1)
    run(services)
    assert [row.id for row in rows(services, Person)] == [kept]


def test_record_is_kept_until_the_birthday(
    me: Someone, other: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    create_full_record(me, other, officer, services, clock)
    younger = add_child(me, last_name="Marsh", born="2019-03-14")
    submit_request(me, younger)
    clock.now = datetime(2053, 3, 13, 23, 59, tzinfo=UTC)
    run(services)
    words = (FIRST_NAME, LAST_NAME, UPN, *KEPT_WORDS)
    assert len(tables_with(stored_text(services), *words)) == len(words)
    clock.now = datetime(2053, 3, 14, 0, 0, tzinfo=UTC)
    assert run(services)["children"] == 1
    sweep_now(services)
    assert tables_with(stored_text(services), *words, *ERASABLE_WORDS) == {}
    assert [row.id for row in rows(services, Person)] == [younger]
    assert [row.person_id for row in rows(services, Case)] == [younger]


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
    assert run(services)["children"] == 1


def test_sealed_audit_entries_are_deleted_after_their_period(
    services: Services, clock: Clock, loop: BlockingPortal
) -> None:
    add_entries(services, 3)
    seal(services, clock, loop)
    clock.move(days=365 * 36)
    add_entries(services, 2)
    seal(services, clock, loop)
    assert run(services)["audit"] == 3
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
        run(services)
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


def test_shorter_period_applies_at_once(me: Someone, services: Services, clock: Clock) -> None:
    settings = services.settings.model_copy(
        update={"retention": RetentionPeriods(child_age_years=9)}
    )
    add_child(me, born="2017-03-02")
    add_child(me, born="2017-03-03", last_name="Marsh")
    run(replace(services, settings=settings))
    assert [row.last_name for row in rows(services, Person)] == ["Marsh"]


def test_server_deletes_at_startup(services: Services) -> None:
    app = create_app(services)

    async def begin() -> None:
        async with app.router.lifespan_context(app), asyncio.timeout(START_SECONDS):
            while not any(row.finished_at for row in rows(services, RetentionRun)):  # noqa: ASYNC110 - the database cannot signal changes
                await asyncio.sleep(0.01)

    asyncio.run(begin())


def test_account_that_left_gets_no_email(me: Someone, services: Services, clock: Clock) -> None:
    create_draft(me)
    with services.transaction() as tx:
        tx.session.get_one(Account, me.id).disabled_at = tx.now
    clock.move(days=340)
    run(services)
    assert len(notices(services)) == 1
    assert emails_to(services, me.email) == []
