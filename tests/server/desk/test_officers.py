"""Assigning cases to officers, and covering for somebody away."""

from datetime import timedelta
from uuid import uuid4

import pytest

from server.core.audit import Action
from server.core.database import Services
from server.messages.tables import Message
from shared.accounts import Staff
from tests.parts import TODAY, Clock, Factory, Someone
from tests.server.accounts.steps import code_of
from tests.server.desk.steps import create_case, move_days
from tests.server.desk.test_lists import list_ids
from tests.server.desk.test_reminders import reminder_subjects
from tests.server.steps import audit_of, ok, remind, rows


@pytest.fixture
def other(someone: Factory) -> Someone:
    return someone("zoe@leicester.example", staff=Staff.OFFICER)


def subjects(services: Services, account: Someone) -> list[str]:
    return [
        message.subject
        for message in sorted(rows(services, Message), key=lambda row: row.sent_at)
        if message.account_id == account.id and "ase" in message.subject
    ]


def cover_body(officer: Someone, cover: Someone, days: int = 7) -> dict[str, str]:
    return {
        "id": str(uuid4()),
        "officer": str(officer.id),
        "cover": str(cover.id),
        "from_on": str(TODAY.date()),
        "until_on": str(TODAY.date() + timedelta(days=days)),
    }


def test_case_is_assigned_and_taken_over_with_messages(
    me: Someone, officer: Someone, other: Someone, services: Services
) -> None:
    case = create_case(me, services)
    for _ in range(2):
        ok(officer.put(f"/v1/desk/cases/{case}/officer/{other.id}"))
    assert subjects(services, other)[-1] == "A case was assigned to you"
    assert list_ids(other, "mine") == [case]
    ok(officer.put(f"/v1/desk/cases/{case}/officer"))
    assert subjects(services, other)[-1] == "Someone else has your case now"
    assert list_ids(officer, "mine") == [case]
    entries = [
        (entry.action, entry.account_id, entry.to_account_id)
        for entry in audit_of(services)
        if entry.action in {Action.CASE_ASSIGNED, Action.CASE_TAKEN}
    ]
    assert entries == [
        (Action.CASE_ASSIGNED, officer.id, other.id),
        (Action.CASE_TAKEN, officer.id, None),
    ]
    assert officer.put(f"/v1/desk/cases/{case}/officer/{me.id}").status_code == 404


def test_covering_officer_has_the_cases_and_reminders_meanwhile(
    me: Someone, officer: Someone, other: Someone, services: Services, clock: Clock
) -> None:
    case = create_case(me, services)
    ok(officer.put(f"/v1/desk/cases/{case}/officer"))
    move_days(clock, services, 42 - 14)
    body = cover_body(officer, other, days=30)
    for _ in range(2):
        ok(officer.post("/v1/desk/covers", json=body))
    assert list_ids(other, "mine") == list_ids(officer, "mine") == [case]
    assert remind(services) == 1
    assert reminder_subjects(services, other) == ["A deadline is near"]
    listed = {row["id"]: row for row in ok(other.get("/v1/desk/officers")).json()}
    [cover] = listed[str(officer.id)]["covers"]
    assert (cover["name"], cover["until_on"]) == ("Ada Zoe", "2026-04-01")
    assert (listed[str(officer.id)]["cases"], listed[str(other.id)]["you"]) == (1, True)
    move_days(clock, services, 3)
    assert list_ids(other, "mine") == []
    assert ok(other.get("/v1/desk/officers")).json()[0]["covers"] == []
    assert len([row for row in rows(services, Message) if "Cover" in row.subject]) == 1


def test_cover_ends_early(
    me: Someone, officer: Someone, other: Someone, services: Services
) -> None:
    case = create_case(me, services)
    ok(officer.put(f"/v1/desk/cases/{case}/officer"))
    body = cover_body(officer, other)
    ok(officer.post("/v1/desk/covers", json=body))
    for _ in range(2):
        ok(officer.delete(f"/v1/desk/covers/{body['id']}"))
    assert list_ids(other, "mine") == []
    actions = [entry.action for entry in audit_of(services)]
    assert (actions.count(Action.COVER_SET), actions.count(Action.COVER_ENDED)) == (1, 1)


def test_impossible_cover_is_refused(
    me: Someone, officer: Someone, other: Someone, subtests: pytest.Subtests
) -> None:
    body = cover_body(officer, other)
    cases = {
        "themselves": ({**body, "cover": str(officer.id)}, "invalid"),
        "past": ({**body, "from_on": "2026-02-01", "until_on": "2026-03-01"}, "invalid"),
        "order": ({**body, "from_on": "2026-04-02", "until_on": "2026-04-01"}, "invalid"),
        "professional": ({**body, "cover": str(me.id)}, "not_found"),
    }
    for name, (wrong, code) in cases.items():
        with subtests.test(name):
            assert code_of(officer.post("/v1/desk/covers", json=wrong)) == code
    ok(officer.post("/v1/desk/covers", json=body))
    other_pair = {**body, "officer": str(other.id), "cover": str(officer.id)}
    assert code_of(officer.post("/v1/desk/covers", json=other_pair)) == "conflict"
