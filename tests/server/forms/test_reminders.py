"""Reminders: before and after a deadline, each once, to who owes it and to the officer."""

from dataclasses import replace

from server.cases.tables import Case
from server.core.database import Services
from server.forms.reminders import remind_due
from server.messages.tables import Message
from shared.accounts import Staff
from tests.mails import last_mail
from tests.parts import Clock, Factory, Someone
from tests.server.desk import case_of
from tests.server.steps import done, rows


def told(services: Services, who: Someone) -> list[str]:
    return [
        row.subject
        for row in rows(services, Message)
        if row.account_id == who.id and "deadline" in row.subject
    ]


def test_each_reminder_comes_once_and_names_no_child_in_its_mail(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case_of(me, services)
    clock.move(days=42 - 15)
    assert remind_due(services) == 0
    clock.move(days=1)
    assert remind_due(services) == 1
    # Another worker, or the same server after a restart.
    assert remind_due(replace(services)) == 0
    assert told(services, officer) == ["A deadline is near"]
    assert "Ivo" not in last_mail(services, officer.email)
    clock.move(days=15)
    assert remind_due(services) == 1
    assert told(services, officer)[-1] == "A deadline has passed"
    assert remind_due(services) == 0


def test_after_a_time_without_a_server_only_the_latest_comes(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case_of(me, services)
    clock.move(days=60)
    assert remind_due(services) == 1
    assert told(services, officer) == ["A deadline has passed"]


def test_a_case_that_someone_has_is_theirs_alone(
    me: Someone, officer: Someone, someone: Factory, services: Services, clock: Clock
) -> None:
    other = someone("other@leicester.example", staff=Staff.OFFICER)
    case = case_of(me, services)
    done(officer.put(f"/v1/desk/cases/{case}/officer"))
    clock.move(days=40)
    remind_due(services)
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
    assert remind_due(services) == 0
    assert told(services, officer) == []
