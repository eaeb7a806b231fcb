"""Reminders: before and after a deadline, each once, to who owes it and to the officer."""

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
from tests.mails import last_mail
from tests.parts import Clock, Factory, Someone
from tests.server.desk.steps import asking, assessing, case_of, happen, move_days
from tests.server.steps import done, remind, rows

T = TypeVar("T")


def told(services: Services, who: Someone) -> list[str]:
    return [
        row.subject
        for row in sorted(rows(services, Message), key=lambda row: row.sent_at)
        if row.account_id == who.id and "deadline" in row.subject
    ]


def test_each_reminder_comes_once_and_names_no_child_in_its_mail(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case_of(me, services)
    clock.move(days=42 - 15)
    assert remind(services) == 0
    clock.move(days=1)
    assert remind(services) == 1
    # Another worker, or the same server after a restart.
    assert remind(replace(services)) == 0
    assert told(services, officer) == ["A deadline is near"]
    assert "Ivo" not in last_mail(services, officer.email)
    clock.move(days=15)
    assert remind(services) == 1
    assert told(services, officer)[-1] == "A deadline has passed"
    assert remind(services) == 0


def test_after_a_time_without_a_server_only_the_latest_comes(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case_of(me, services)
    clock.move(days=60)
    assert remind(services) == 1
    assert told(services, officer) == ["A deadline has passed"]


def test_a_case_that_someone_has_is_theirs_alone(
    me: Someone, officer: Someone, someone: Factory, services: Services, clock: Clock
) -> None:
    other = someone("other@leicester.example", staff=Staff.OFFICER)
    case = case_of(me, services)
    done(officer.put(f"/v1/desk/cases/{case}/officer"))
    clock.move(days=40)
    remind(services)
    assert (len(told(services, officer)), len(told(services, other))) == (1, 0)


def test_what_is_excused_or_decided_is_not_reminded_of(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case_of(me, services)
    with services.transaction() as tx:
        [case] = rows(services, Case)
        case.excused = True
        tx.session.add(tx.session.merge(case))
    clock.move(days=60)
    assert remind(services) == 0
    assert told(services, officer) == []


@dataclass(frozen=True)
class Interrupted(Services):
    """A server where something happens after each reading transaction."""

    happens: Callable[[], object] = bool

    async def read(self, work: Callable[[Transaction], T]) -> T:
        result = await super().read(work)
        await asyncio.to_thread(self.happens)
        return result


def while_reminding(services: Services, days: int, happens: Callable[[], object]) -> Services:
    """Let something happen once what is due has been listed, before it is reminded of."""
    return Interrupted(
        settings=services.settings.model_copy(update={"remind_days": [days]}),
        engine=services.engine,
        keys=services.keys,
        store=services.store,
        clock=services.clock,
        units=services.units,
        happens=happens,
    )


def test_a_case_that_moves_meanwhile_is_reminded_of_what_is_next_in_its_time(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = case_of(me, services)
    move_days(clock, services, 40)
    today = clock.now.date().isoformat()
    decide = while_reminding(
        services, 3, lambda: done(happen(officer, case, "decided_to_assess", today))
    )
    assert remind(decide) == 0
    assert told(services, officer) == []
    clock.move(days=112 - 40 - 14)
    assert remind(services) == 1
    clock.move(days=11)
    assert remind(services) == 1


def test_advice_that_is_excused_meanwhile_is_not_reminded_of(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = assessing(me, officer, services)
    wanted = asking(me, ADVICE)
    [advice] = done(officer.post(f"/v1/desk/cases/{case}/advice", json=wanted)).json()["advice"]
    move_days(clock, services, 43)
    excuse = {
        "id": str(uuid4()),
        "clock": "advice",
        "ground": "absent",
        "reason": "Abroad.",
        "advice": advice["id"],
    }
    late = while_reminding(
        services, -1, lambda: done(officer.post(f"/v1/desk/cases/{case}/exemptions", json=excuse))
    )
    assert remind(late) == 0
    assert told(services, me) == []


def test_one_that_cannot_be_reminded_of_does_not_keep_the_others_from_theirs(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    broken = case_of(me, services)
    case_of(me, services, first_name="Ivor")
    with services.transaction() as tx:
        tx.session.get_one(Case, broken).next_kind = "unheard_of"
    clock.move(days=40)
    with capture_logs() as logs:
        assert remind(services) == 1
    failed = {(one["event"], one["subject"], one["kind"]) for one in logs}
    assert failed == {("reminder_failed", str(broken), "ValueError")}
    assert told(services, officer) == ["A deadline is near"]


async def test_reminding_goes_on_after_a_mistake(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reminders, "CHECK_SECONDS", 0)
    looks, loop, again = count(), asyncio.get_running_loop(), asyncio.Event()

    def look() -> datetime:
        if next(looks) == 0:
            raise ValueError
        loop.call_soon_threadsafe(again.set)
        return services.clock()

    reminding = asyncio.create_task(reminders.run_reminders(replace(services, clock=look)))
    async with asyncio.timeout(10):
        await again.wait()
    assert not reminding.done()
    reminding.cancel()
    await asyncio.wait([reminding])
