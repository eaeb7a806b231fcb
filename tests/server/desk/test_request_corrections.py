"""Correcting a family's request that an officer entered from paper."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from httpx import Response

from server.core.audit import Action
from server.core.database import Services
from shared.cases.deadlines import DeadlineKind
from shared.desk import CaseOut
from tests.parts import Clock, Someone
from tests.server.accounts.steps import code_of, pointers
from tests.server.desk.steps import create_case, move_days, record_event
from tests.server.desk.taking_back import entries_of, read
from tests.server.letters.steps import open_letter
from tests.server.steps import add_child, if_match, ok, submission_path, submit_request

ANSWERS = {"needs": "Words come slowly.", "hopes": "To read alone."}


def enter(officer: Someone, person: UUID, received_on: str, **more: object) -> CaseOut:
    """Enter a request and return its case."""
    body = {
        "submission": str(uuid4()),
        "version": str(uuid4()),
        "person": str(person),
        "received_on": received_on,
        "asked_by": "The father, by letter",
        "answers": ANSWERS,
        **more,
    }
    return CaseOut.model_validate(ok(officer.post("/v1/desk/requests", json=body)).json())


def request_of(page: CaseOut) -> UUID:
    return next(row.submission for row in page.forms if row.form == "parent-request")


def correct(officer: Someone, request: UUID, version: int = 1, **changes: object) -> Response:
    body: dict[str, Any] = {
        "id": str(uuid4()),
        "received_on": "2026-02-20",
        "asked_by": "The father, by letter",
        "answers": ANSWERS,
        "reason": "A slip.",
        **changes,
    }
    path = f"/v1/desk/requests/{request}"
    reply: Response = officer.put(path, json=body, headers=if_match(version))
    return reply


@pytest.mark.parametrize(
    "name", ["The\u202e mother", "Jo\u200b", "Jo\nDunne", "12", "Jo, 2/3/2026"]
)
def test_name_of_who_asked_is_one_that_can_be_read(
    me: Someone, officer: Someone, name: str
) -> None:
    person = add_child(me)
    body: dict[str, object] = {"submission": str(uuid4()), "version": str(uuid4())}
    body |= {"person": str(person), "received_on": "2026-02-20"}
    body |= {"asked_by": name, "answers": ANSWERS}
    assert pointers(officer.post("/v1/desk/requests", json=body)) == {"/asked_by"}
    request = request_of(enter(officer, person, "2026-02-20"))
    assert pointers(correct(officer, request, asked_by=name)) == {"/asked_by"}


def due_days(page: CaseOut) -> dict[DeadlineKind, str]:
    return {row.kind: row.due.isoformat() for row in page.deadlines}


def test_corrected_request_says_what_it_was_and_moves_the_deadlines(
    me: Someone, officer: Someone, services: Services
) -> None:
    person = add_child(me)
    case = enter(officer, person, "2026-02-20")
    request = request_of(case)
    letter = open_letter(officer, case.id, "request_received").letter
    assert letter.blocks[0].text.startswith("On 20 February 2026 we received your request for")
    shown = ok(officer.get(f"/v1/desk/requests/{request}")).json()
    assert (shown["received_on"], shown["asked_by"], shown["answers"], shown["version"]) == (
        "2026-02-20",
        "The father, by letter",
        ANSWERS,
        1,
    )
    assert pointers(correct(officer, request, received_on="2026-03-03")) == {"/received_on"}
    assert pointers(correct(officer, request, reason=" ")) == {"/reason"}
    change: dict[str, Any] = {
        "id": str(uuid4()),
        "received_on": "2026-02-23",
        "asked_by": "The mother, by letter",
        "answers": {"needs": "Words come slowly.", "hopes": "To read and write."},
    }
    for _ in range(2):
        ok(correct(officer, request, **change))
    page, other = read(officer, case.id), add_child(me, first_name="Nell")
    right = enter(officer, other, "2026-02-23", asked_by="The mother, by letter")
    assert (page.received_on, due_days(page)) == (right.received_on, due_days(right))
    assert (page.events[0].reason, page.stages) == (right.events[0].reason, right.stages)
    [event] = page.events[0].corrections
    assert "It was: Request received, 20/02/2026. A slip." in event
    assert "Requested by the father, by letter." in event
    [correction] = page.corrected
    assert (correction.submission, correction.by) == (request, "Ada Officer")
    assert correction.text == (
        "It was: received 20/02/2026, requested by the father, by letter. A slip."
    )
    versions = ok(officer.get(f"{submission_path(request)}/versions")).json()["versions"]
    assert [(row["answers"]["hopes"], row["corrected_by"]) for row in versions] == [
        ("To read alone.", ""),
        ("To read and write.", "Ada Officer"),
    ]
    assert [(row["received_on"], row["entered_by"]) for row in versions] == [
        ("2026-02-20", "Ada Officer"),
        ("2026-02-23", "Ada Officer"),
    ]
    [form] = page.forms
    assert (str(form.received_on), form.received_from, form.entered_by) == (
        "2026-02-23",
        "The mother, by letter",
        "Ada Officer",
    )
    for account, by in ((officer, "Ada Officer"), (me, "the Local Authority")):
        copy = f"{submission_path(request)}/copy"
        texts = [ok(account.get(copy, params={"kind": "text", "version": n})).text for n in (1, 2)]
        when = f"02/03/2026 10:42 (UK time) by {by}"
        for text, words in zip(
            texts,
            (
                f"1 · received 20/02/2026 from the father, by letter · entered {when}",
                f"2 · received 23/02/2026 from the mother, by letter · corrected {when}",
            ),
            strict=True,
        ):
            assert f"Version {words}" in text
    [_, seen] = ok(me.get(f"{submission_path(request)}/versions")).json()["versions"]
    assert (seen["submitted_by"], seen["corrected_by"]) == (
        "The mother, by letter",
        "the Local Authority",
    )
    assert len(entries_of(services, Action.REQUEST_CORRECTED)) == 1
    reply = correct(officer, request, version=1, asked_by="The aunt")
    assert (code_of(reply), reply.json()["version"]) == ("stale", 2)
    assert "To read and write." in reply.json()["current"]
    assert reply.json()["changed_by"] == "Ada Officer"
    ok(correct(officer, request, version=2, **{**change, "id": str(uuid4())}))
    assert len(read(officer, case.id).corrected) == 1  # it says that already


def test_case_begins_with_the_earliest_of_its_requests_after_a_correction(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    person = add_child(me)
    submit_request(me, person)
    case = enter(officer, person, "2026-02-20", confirmed=True)
    request = request_of(case)
    assert case.received_on.isoformat() == "2026-02-20"
    move_days(clock, services, 10)
    for version, (day, start) in enumerate(
        (("2026-03-05", "2026-03-02"), ("2026-02-16", "2026-02-16")), 1
    ):
        page = ok(correct(officer, request, version, received_on=day)).json()
        assert page["received_on"] == start
    ok(record_event(officer, case.id, "request_accepted", "2026-02-17"))
    reply = correct(officer, request, 3, received_on="2026-02-18")
    assert code_of(reply) == "not_allowed"
    assert read(officer, case.id).received_on.isoformat() == "2026-02-16"
    assert len(read(officer, case.id).corrected) == 2


def test_day_of_a_request_follows_the_event_that_it_began_the_case_with(
    me: Someone, officer: Someone, services: Services
) -> None:
    person = add_child(me)
    case = enter(officer, person, "2026-02-20")
    request = request_of(case)
    correct_start(officer, case, "2026-02-25")
    reply = correct(officer, request, 1, asked_by="The aunt")
    assert (code_of(reply), reply.json()["changed_by"]) == ("stale", "Somebody else")
    shown = ok(officer.get(f"/v1/desk/requests/{request}")).json()
    assert (shown["received_on"], shown["version"]) == ("2026-02-25", 2)
    ok(correct(officer, request, 2, received_on="2026-02-25", asked_by="The aunt"))
    assert read(officer, case.id).received_on.isoformat() == "2026-02-25"
    correct_start(officer, case, "2026-02-16")
    ok(correct(officer, request, 4, received_on="2026-02-23"))
    assert read(officer, case.id).received_on.isoformat() == "2026-02-23"
    enter(officer, person, "2026-02-17", confirmed=True)
    correct_start(officer, case, "2026-02-26")
    ok(correct(officer, request, 5, received_on="2026-02-23", asked_by="The aunt"))
    page = read(officer, case.id)
    assert page.received_on.isoformat() == "2026-02-26"
    days = [
        ok(officer.get(f"/v1/desk/requests/{row.submission}")).json()["received_on"]
        for row in page.forms
    ]
    assert sorted(days) == ["2026-02-23", "2026-02-26"]


def correct_start(officer: Someone, case: CaseOut, on: str) -> None:
    """Correct the day of the event that a case began with."""
    body = {"id": str(uuid4()), "kind": "request_received", "on": on, "reason": "A slip."}
    ok(officer.put(f"/v1/desk/cases/{case.id}/events/{case.events[0].id}", json=body))


def test_request_of_a_professional_is_not_corrected(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case(me, services)
    [row] = read(officer, case).forms
    assert code_of(correct(officer, row.submission)) == "not_found"
    assert code_of(officer.get(f"/v1/desk/requests/{row.submission}")) == "not_found"
