"""The dates of requested advice, and chasing it by hand."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx import Response

from server.core.audit import Action
from server.core.database import Services
from server.core.outbox import OutboxMail
from server.desk import chasing, several
from shared.advice import ChaseIn
from shared.caseload import SeveralIn, SeveralKind
from tests.advice import minimal_advice, request_advice
from tests.parts import Clock, Factory, Someone
from tests.server.accounts.steps import code_of
from tests.server.desk.steps import create_case_in_assessment, move_days
from tests.server.desk.taking_back import end_access, entries_of, person_of, subjects
from tests.server.races import during_transaction, make_actor
from tests.server.steps import ok, rows, save, submit

TEXT = "Ivo's family waits.\n\nPlease send it."
NOT_OVERDUE = "Advice is due: please send it"


@pytest.fixture
def case(me: Someone, officer: Someone, services: Services) -> UUID:
    return create_case_in_assessment(me, officer, services)


def read_advice(officer: Someone, case: UUID) -> dict[str, Any]:
    [row] = ok(officer.get(f"/v1/desk/cases/{case}")).json()["advice"]
    return dict(row)


def chase(officer: Someone, advice: UUID, text: str = TEXT, id: UUID | None = None) -> Response:
    body = {"id": str(id or uuid4()), "text": text}
    reply: Response = officer.post(f"/v1/desk/advice/{advice}/chase", json=body)
    return reply


def act(officer: Someone, advice: UUID, action: str, **body: str) -> None:
    ok(officer.post(f"/v1/desk/advice/{advice}/{action}", json=body))


def test_advice_has_each_date_from_being_asked_for_to_being_accepted(
    me: Someone, officer: Someone, services: Services, clock: Clock, case: UUID
) -> None:
    [(advice, form)] = request_advice(officer, case, me)
    row = read_advice(officer, case)
    dates = ("asked_on", "due", "received_on", "late_days", "steps")
    assert [row[name] for name in dates] == ["2026-03-02", "2026-04-13", None, 0, []]
    move_days(clock, services, 45)  # 16 April
    ok(chase(officer, advice))
    move_days(clock, services, 1)
    ok(chase(officer, advice, "And again."))
    assert read_advice(officer, case)["late_days"] == 4
    ok(save(me, form, minimal_advice(me)))
    ok(submit(me, form))
    act(officer, advice, "return", missing="What helps in class.")
    row = read_advice(officer, case)
    assert (row["state"], row["received_on"], row["late_days"]) == ("returned", "2026-04-17", 4)
    move_days(clock, services, 3)
    ok(submit(me, form))
    act(officer, advice, "accept")
    move_days(clock, services, 9)
    row = read_advice(officer, case)
    assert (row["state"], row["received_on"], row["late_days"]) == ("accepted", "2026-04-20", 7)
    assert [(step["kind"], step["at"][:10], step["by"], step["text"]) for step in row["steps"]] == [
        ("chased", "2026-04-16", "Ada Officer", TEXT),
        ("chased", "2026-04-17", "Ada Officer", "And again."),
        ("returned", "2026-04-17", "Ada Officer", "What helps in class."),
    ]


def test_suggested_message_is_shown_with_its_readers_and_an_email_that_names_no_child(
    me: Someone, officer: Someone, services: Services, clock: Clock, case: UUID
) -> None:
    [(advice, _)] = request_advice(officer, case, me)
    path = f"/v1/desk/advice/{advice}/chase"
    message = ok(officer.get(path)).json()
    assert (message["to"], message["subject"]) == (["Ada Senco"], NOT_OVERDUE)
    move_days(clock, services, 43)
    message = ok(officer.get(path)).json()
    assert message["subject"] == "Advice is overdue: please send it"
    assert "Ivo Larkspur-Dunne" in message["text"]
    assert "due 13/04/2026 · 1 day late" in message["text"]
    assert message["text"].endswith("as soon as you can, or tell us what is holding it up.")
    ok(chase(officer, advice, message["text"]))
    mail = rows(services, OutboxMail)[-1]
    assert (mail.subject, subjects(me)[0]) == (message["mail_subject"], message["subject"])
    assert "Ivo" not in message["mail"]
    assert [entry.subject_id for entry in entries_of(services, Action.ADVICE_CHASED)] == [advice]


def test_chase_is_sent_once_if_repeated_and_not_again_within_a_minute(
    me: Someone, officer: Someone, someone: Factory, services: Services, clock: Clock, case: UUID
) -> None:
    [(advice, _)] = request_advice(officer, case, me)
    other = someone("other.officer@leicester.example", staff="officer")
    first = uuid4()
    for _ in range(2):
        ok(chase(officer, advice, id=first))
    reply = chase(other, advice)
    assert code_of(reply) == "not_allowed"
    assert "02/03/2026 10:42 by Ada Officer, less than a minute ago" in reply.json()["detail"]
    assert subjects(me).count(NOT_OVERDUE) == 1
    clock.move(seconds=61)
    ok(chase(other, advice))
    ok(chase(officer, advice, id=first))
    assert subjects(me).count(NOT_OVERDUE) == 2
    assert [step["by"] for step in read_advice(officer, case)["steps"]] == [
        "Ada Officer",
        "Ada Other.Officer",
    ]
    clock.move(seconds=-3600)  # the clock was put right
    ok(chase(other, advice))


@pytest.mark.both_databases
def test_two_officers_chase_at_once_and_one_message_is_sent(
    me: Someone, officer: Someone, someone: Factory, services: Services, case: UUID
) -> None:
    [(advice, _)] = request_advice(officer, case, me)
    other = someone("other.officer@leicester.example", staff="officer")
    replies: list[Response] = []
    with during_transaction(services, lambda: chase(other, advice), replies) as tx:
        chasing.chase(tx, make_actor(tx, officer), advice, ChaseIn(id=uuid4(), text=TEXT))
    assert code_of(replies[0]) == "not_allowed"
    assert subjects(me).count(NOT_OVERDUE) == 1


@pytest.mark.both_databases
def test_chase_by_hand_waits_for_one_in_several_cases(
    me: Someone, officer: Someone, someone: Factory, services: Services, clock: Clock, case: UUID
) -> None:
    [(advice, _)] = request_advice(officer, case, me)
    other = someone("other.officer@leicester.example", staff="officer")
    move_days(clock, services, 43)
    replies: list[Response] = []
    body = SeveralIn(id=uuid4(), kind=SeveralKind.CHASE, cases=[case])
    with during_transaction(services, lambda: chase(other, advice), replies) as tx:
        several.perform(tx, make_actor(tx, officer), body)
    assert code_of(replies[0]) == "not_allowed"
    assert subjects(me).count("Advice is overdue: please send it") == 1
    assert [step["by"] for step in read_advice(officer, case)["steps"]] == ["Ada Officer"]


def test_advice_that_nobody_owes_or_can_send_is_not_chased(
    me: Someone, outsider: Someone, officer: Someone, services: Services, case: UUID
) -> None:
    [(advice, form), (other, _)] = request_advice(officer, case, me, outsider)
    assert code_of(chase(officer, advice, " \n")) == "invalid"
    ok(save(me, form, minimal_advice(me)))
    ok(submit(me, form))
    ok(end_access(officer, person_of(services, case), outsider))
    for id in (advice, other):
        assert code_of(chase(officer, id)) == "not_allowed"
        assert code_of(officer.get(f"/v1/desk/advice/{id}/chase")) == "not_allowed"
    assert code_of(chase(officer, uuid4())) == "not_found"
    assert not entries_of(services, Action.ADVICE_CHASED)
