"""Withdrawing submitted forms, and the effect on the case, over HTTP."""

from typing import Any
from uuid import uuid4

from tests.advice import find_form_row
from tests.parts import Someone
from tests.server.accounts.steps import code_of
from tests.server.desk.test_requests import return_form
from tests.server.steps import (
    add_child,
    ok,
    required_answers,
    save,
    start,
    submission_path,
    submit_request,
)


def list_cases(officer: Someone) -> list[dict[str, Any]]:
    result: list[dict[str, Any]] = ok(officer.get("/v1/desk/cases")).json()["rows"]
    return result


def test_withdrawn_request_ends_its_case_and_can_be_repeated(me: Someone, officer: Someone) -> None:
    person = add_child(me)
    submission = submit_request(me, person)
    assert find_form_row(me, person, submission)["withdrawable"]
    for _ in range(2):
        assert me.post(f"{submission_path(submission)}/withdraw").status_code == 204
    row = find_form_row(me, person, submission)
    assert (row["withdrawn"], row["editable"], row["withdrawable"]) == (True, False, False)
    page = ok(me.get(f"/v1/people/{person}/progress")).json()
    assert page["state"] == "withdrawn"
    assert [form["form"] for form in page["to_start"]] == ["professional-request"]
    assert code_of(save(me, submission, {"strengths": "x"})) == "decided"
    reply = officer.post(f"/v1/desk/submissions/{submission}/accept")
    assert (reply.status_code, code_of(reply)) == (409, "not_allowed")
    submit_request(me, person)
    assert ok(me.get(f"/v1/people/{person}/progress")).json()["state"] == "submitted"


def test_case_continues_with_another_request(me: Someone, officer: Someone) -> None:
    person = add_child(me)
    first, second = submit_request(me, person), submit_request(me, person)
    ok(me.post(f"{submission_path(first)}/withdraw"))
    assert ok(me.get(f"/v1/people/{person}/progress")).json()["state"] == "submitted"
    for action, body in (("accept", {}), ("return", {"missing": "More."})):
        reply = officer.post(f"/v1/desk/submissions/{first}/{action}", json=body)
        assert (reply.status_code, code_of(reply)) == (409, "not_allowed")
    ok(me.post(f"{submission_path(second)}/withdraw"))
    assert ok(me.get(f"/v1/people/{person}/progress")).json()["state"] == "withdrawn"


def test_withdrawing_a_returned_request_does_not_block_others(
    me: Someone, officer: Someone
) -> None:
    person = add_child(me)
    first = submit_request(me, person)
    submit_request(me, person)
    return_form(officer, first)
    ok(me.post(f"{submission_path(first)}/withdraw"))
    assert ok(me.get(f"/v1/people/{person}/progress")).json()["state"] == "submitted"


def test_case_without_a_request_continues_when_a_later_one_is_withdrawn(
    me: Someone, officer: Someone
) -> None:
    person = add_child(me)
    opening = {
        "id": str(uuid4()),
        "kind": "became_responsible",
        "on": "2026-03-02",
        "reason": "The family moved here.",
    }
    ok(officer.post(f"/v1/desk/people/{person}/cases", json=opening))
    for is_returned in (False, True):
        submission = submit_request(me, person)
        if is_returned:
            return_form(officer, submission)
        ok(me.post(f"{submission_path(submission)}/withdraw"))
        [case] = list_cases(officer)
        assert case["state"] == "submitted"
        assert case["next_due"] == "2026-04-13"


def test_draft_cannot_be_withdrawn(me: Someone) -> None:
    submission = start(me)
    ok(save(me, submission, required_answers(me)))
    reply = me.post(f"{submission_path(submission)}/withdraw")
    assert (reply.status_code, code_of(reply)) == (409, "not_allowed")


def test_decided_request_cannot_be_withdrawn(me: Someone, officer: Someone) -> None:
    person = add_child(me)
    submission = submit_request(me, person)
    [case] = list_cases(officer)
    decision = {
        "id": str(uuid4()),
        "kind": "decided_to_assess",
        "on": "2026-03-02",
        "confirmed": True,
    }
    ok(officer.post(f"/v1/desk/cases/{case['id']}/events", json=decision))
    reply = me.post(f"{submission_path(submission)}/withdraw")
    assert (reply.status_code, code_of(reply)) == (409, "decided")


def test_withdrawal_notifies_the_officer_of_the_case(me: Someone, officer: Someone) -> None:
    submission = submit_request(me)
    [case] = list_cases(officer)
    ok(officer.put(f"/v1/desk/cases/{case['id']}/officer"))
    ok(me.post(f"{submission_path(submission)}/withdraw"))
    message = ok(officer.get("/v1/messages")).json()["rows"][0]
    assert message["subject"] == "A form of your case was withdrawn"
