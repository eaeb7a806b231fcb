"""Reminders before and after a deadline, each sent once."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from typing import TypeVar
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

from server.cases.tables import Case
from server.core.database import Services, Transaction
from server.desk import reminders
from server.messages.tables import Message
from shared.accounts import Staff
from tests.advice import ADVICE
from tests.emails import last_email
from tests.parts import Clock, Factory, Someone
from tests.server.desk.steps import (
    advice_body,
    create_case,
    create_case_in_assessment,
    move_days,
    record_event,
)
from tests.server.steps import ok, remind, rows

T = TypeVar("T")


def reminder_subjects(services: Services, account: Someone) -> list[str]:
    return [
        row.subject
        for row in sorted(rows(services, Message), key=lambda row: row.sent_at)
        if row.account_id == account.id and "deadline" in row.subject
    ]


def test_each_reminder_is_sent_once_and_its_mail_names_no_child(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    create_case(me, services)
    clock.move(days=42 - 15)
    assert remind(services) == 0
    clock.move(days=1)
    assert remind(services) == 1
    # This simulates another worker, or the same server after a restart.
    assert remind(replace(services)) == 0
    assert reminder_subjects(services, officer) == ["A deadline is near"]
    assert "Ivo" not in last_email(services, officer.email)
    clock.move(days=15)
    assert remind(services) == 1
    assert reminder_subjects(services, officer)[-1] == "A deadline has passed"
    assert remind(services) == 0


def test_only_the_latest_missed_reminder_is_sent(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    create_case(me, services)
    clock.move(days=60)
    assert remind(services) == 1
    assert reminder_subjects(services, officer) == ["A deadline has passed"]


def test_reminder_goes_only_to_the_officer_of_the_case(
    me: Someone, officer: Someone, someone: Factory, services: Services, clock: Clock
) -> None:
    other = someone("other@leicester.example", staff=Staff.OFFICER)
    case = create_case(me, services)
    ok(officer.put(f"/v1/desk/cases/{case}/officer"))
    clock.move(days=40)
    remind(services)
    assert (len(reminder_subjects(services, officer)), len(reminder_subjects(services, other))) == (
        1,
        0,
    )


def test_no_reminder_is_sent_for_an_exempted_deadline(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    create_case(me, services)
    with services.transaction() as tx:
        [case] = rows(services, Case)
        case.excused = True
        tx.session.add(tx.session.merge(case))
    clock.move(days=60)
    assert remind(services) == 0
    assert reminder_subjects(services, officer) == []


@dataclass(frozen=True)
class InterruptedServices(Services):
    """Services that call a function after each read."""

    after_read: Callable[[], object] = bool

    async def read(self, work: Callable[[Transaction], T]) -> T:
        result = await super().read(work)
        await asyncio.to_thread(self.after_read)
        return result


def interrupt_reminding(
    services: Services, days: int, after_read: Callable[[], object]
) -> Services:
    """Return services that call a function between listing and sending the reminders."""
    return InterruptedServices(
        settings=services.settings.model_copy(update={"remind_days": [days]}),
        engine=services.engine,
        keys=services.keys,
        store=services.store,
        clock=services.clock,
        worker_pools=services.worker_pools,
        after_read=after_read,
    )


def test_case_changed_during_reminding_gets_its_next_reminder(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_case(me, services)
    move_days(clock, services, 40)
    today = clock.now.date().isoformat()
    interrupted = interrupt_reminding(
        services, 3, lambda: ok(record_event(officer, case, "decided_to_assess", today))
    )
    assert remind(interrupted) == 0
    assert reminder_subjects(services, officer) == []
    clock.move(days=112 - 40 - 14)
    assert remind(services) == 1
    clock.move(days=11)
    assert remind(services) == 1


def test_no_reminder_is_sent_for_advice_exempted_during_reminding(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_case_in_assessment(me, officer, services)
    body = advice_body(me, ADVICE)
    [advice] = ok(officer.post(f"/v1/desk/cases/{case}/advice", json=body)).json()["advice"]
    move_days(clock, services, 43)
    exemption = {
        "id": str(uuid4()),
        "clock": "advice",
        "ground": "absent",
        "reason": "Abroad.",
        "advice": advice["id"],
    }
    interrupted = interrupt_reminding(
        services,
        -1,
        lambda: ok(officer.post(f"/v1/desk/cases/{case}/exemptions", json=exemption)),
    )
    assert remind(interrupted) == 0
    assert reminder_subjects(services, me) == []


def test_failed_reminder_does_not_stop_the_others(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    broken = create_case(me, services)
    create_case(me, services, first_name="Ivor")
    with services.transaction() as tx:
        tx.session.get_one(Case, broken).next_kind = "unheard_of"
    clock.move(days=40)
    with capture_logs() as logs:
        assert remind(services) == 1
    failures = {(log["event"], log["subject"], log["kind"]) for log in logs}
    assert failures == {("reminder_failed", str(broken), "ValueError")}
    assert reminder_subjects(services, officer) == ["A deadline is near"]


async def test_reminding_continues_after_an_error(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reminders, "CHECK_SECONDS", 0)
    checks, loop, second_check = count(), asyncio.get_running_loop(), asyncio.Event()

    def check() -> datetime:
        if next(checks) == 0:
            raise ValueError
        loop.call_soon_threadsafe(second_check.set)
        return services.clock()

    task = asyncio.create_task(reminders.run_reminders(replace(services, clock=check)))
    async with asyncio.timeout(10):
        await second_check.wait()
    assert not task.done()
    task.cancel()
    await asyncio.wait([task])
