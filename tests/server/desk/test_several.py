"""Doing one thing with several cases at once."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from server.cases.tables import Case
from server.core.audit import Action
from server.core.database import Services
from server.forms.tables import AdviceRequest
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
)
from tests.server.desk.test_lists import list_ids
from tests.server.steps import audit_of, ok, rows

CHASED = "Advice is overdue: please send it"


def body_for(kind: str, *cases: UUID, **values: str) -> dict[str, Any]:
    return {"id": str(uuid4()), "kind": kind, "cases": [str(case) for case in cases], **values}


def outcomes(officer: Someone, body: dict[str, Any], path: str = "") -> dict[UUID, str]:
    reply = ok(officer.post(f"/v1/desk/several{path}", json=body)).json()
    return {UUID(row["case"]): row["left_out"] for row in reply["rows"]}


def test_cases_of_a_view_are_assigned_at_once(
    me: Someone, officer: Someone, someone: Factory, services: Services
) -> None:
    other = someone("zoe@leicester.example", staff=Staff.OFFICER)
    cases = [create_case(me, services, first_name=name) for name in ("Ada", "Bea", "Cai")]
    body = {
        "id": str(uuid4()),
        "kind": "assign",
        "query": {"view": "all"},
        "account": str(other.id),
    }
    checked = ok(officer.post("/v1/desk/several/check", json=body)).json()
    assert ({row["left_out"] for row in checked["rows"]}, checked["people"]) == ({""}, 1)
    assert list_ids(other, "mine") == []
    for _ in range(2):
        assert outcomes(officer, body) == dict.fromkeys(cases, "")
    assert set(list_ids(other, "mine")) == set(cases)
    assigned = [entry for entry in audit_of(services) if entry.action == Action.CASE_ASSIGNED]
    assert {entry.subject_id for entry in assigned} == set(cases)
    assert len(assigned) == 3


def test_count_of_people_is_of_those_who_get_a_message(
    me: Someone, officer: Someone, someone: Factory, services: Services
) -> None:
    other = someone("zoe@leicester.example", staff=Staff.OFFICER)
    cases = [create_case(me, services, first_name=name) for name in ("Ada", "Bea")]

    def count(account: Someone) -> int:
        before = {message.id for message in rows(services, Message)}
        body = body_for("assign", *cases, account=str(account.id))
        checked: int = ok(officer.post("/v1/desk/several/check", json=body)).json()["people"]
        assert ok(officer.post("/v1/desk/several", json=body)).json()["people"] == checked
        messages = [message for message in rows(services, Message) if message.id not in before]
        assert len({message.account_id for message in messages}) == checked
        return checked

    # To oneself, to somebody, to whom it is already, and back from them.
    assert [count(account) for account in (officer, other, other, officer)] == [0, 1, 0, 1]


def test_overdue_advice_is_chased_once_a_day(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    late = create_case_in_assessment(me, officer, services, first_name="Ada")
    ok(officer.post(f"/v1/desk/cases/{late}/advice", json=advice_body(me, ADVICE)))
    other = create_case_in_assessment(me, officer, services, first_name="Bea")
    move_days(clock, services, 43)
    body = body_for("chase", late, other)
    expected = {late: "", other: "no advice is overdue"}
    assert outcomes(officer, body, "/check") == expected
    assert CHASED not in [message.subject for message in rows(services, Message)]
    for _ in range(2):
        assert outcomes(officer, body) == expected
    [message] = [row for row in rows(services, Message) if row.subject == CHASED]
    assert message.account_id == me.id
    assert "Ada" not in last_email(services, me.email).replace("Ada Senco", "")
    again = body_for("chase", late)
    assert outcomes(officer, again) == {late: "it was chased today already"}
    move_days(clock, services, 1)
    assert outcomes(officer, again) == {late: ""}
    chased = [entry for entry in audit_of(services) if entry.action == Action.ADVICE_CHASED]
    assert len(chased) == 2
    move_days(clock, services, -1)  # the clock was ahead
    assert outcomes(officer, body_for("chase", late)) == {late: ""}


def test_advice_is_asked_for_in_the_cases_that_are_assessed(
    me: Someone, officer: Someone, someone: Factory, services: Services
) -> None:
    ep = someone("ep@leicester.example")
    assessed = create_case_in_assessment(me, officer, services, first_name="Ada")
    asked = create_case_in_assessment(me, officer, services, first_name="Bea")
    undecided = create_case(me, services, first_name="Cai")
    ok(officer.post(f"/v1/desk/cases/{asked}/advice", json=advice_body(ep, ADVICE)))
    body = body_for("ask", assessed, asked, undecided, account=str(ep.id), form=ADVICE)
    expected = {
        assessed: "",
        asked: "they have been asked for it already",
        undecided: "it is not being assessed",
    }
    assert outcomes(officer, body, "/check") == expected
    for _ in range(2):
        assert outcomes(officer, body) == expected
    requests = rows(services, AdviceRequest)
    assert {request.case_id for request in requests} == {assessed, asked}
    assert len(requests) == 2
    assert {case.id: case.advice_awaited for case in rows(services, Case)}[assessed] == 1


def test_wrong_target_and_too_many_cases_are_refused(
    me: Someone, officer: Someone, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [create_case(me, services, first_name=name) for name in ("Ada", "Bea")]
    for kind, values in {
        "assign": {"account": str(me.id)},
        "ask": {"account": str(officer.id), "form": ADVICE},
    }.items():
        body = body_for(kind, *cases, **values)
        assert officer.post("/v1/desk/several", json=body).status_code == 404
    for kind in ("assign", "ask"):
        assert officer.post("/v1/desk/several", json=body_for(kind, *cases)).status_code == 422
    assert officer.post("/v1/desk/several", json=body_for("chase")).status_code == 422
    monkeypatch.setattr("server.desk.several.SEVERAL_LIMIT", 1)
    reply = officer.post("/v1/desk/several", json=body_for("chase", *cases))
    assert reply.json()["code"] == "not_allowed"
