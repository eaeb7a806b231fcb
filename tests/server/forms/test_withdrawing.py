"""What was submitted and is taken back, and what becomes of its case, over HTTP."""

from typing import Any

from tests.advice import row_of
from tests.parts import Someone
from tests.server.accounts.steps import code_of
from tests.server.desk.test_requests import give_back
from tests.server.steps import add_child, at, done, required_answers, save, start, submitted


def cases(officer: Someone) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = done(officer.get("/v1/desk/cases")).json()["rows"]
    return found


def test_a_withdrawn_request_ends_its_case_and_can_be_made_anew(
    me: Someone, officer: Someone
) -> None:
    person = add_child(me)
    submission = submitted(me, person)
    assert row_of(me, person, submission)["withdrawable"]
    for _ in range(2):
        assert me.post(f"{at(submission)}/withdraw").status_code == 204
    row = row_of(me, person, submission)
    assert (row["withdrawn"], row["editable"], row["withdrawable"]) == (True, False, False)
    told = done(me.get(f"/v1/people/{person}/progress")).json()
    assert told["state"] == "withdrawn"
    assert [form["form"] for form in told["to_start"]] == ["professional-request"]
    assert code_of(save(me, submission, {"strengths": "x"})) == "decided"
    refused = officer.post(f"/v1/desk/submissions/{submission}/accept")
    assert (refused.status_code, code_of(refused)) == (409, "not_allowed")
    submitted(me, person)
    assert done(me.get(f"/v1/people/{person}/progress")).json()["state"] == "submitted"


def test_a_case_goes_on_where_somebody_else_asked_too(me: Someone, officer: Someone) -> None:
    person = add_child(me)
    first, second = submitted(me, person), submitted(me, person)
    done(me.post(f"{at(first)}/withdraw"))
    assert done(me.get(f"/v1/people/{person}/progress")).json()["state"] == "submitted"
    for what, body in (("accept", {}), ("return", {"missing": "More."})):
        refused = officer.post(f"/v1/desk/submissions/{first}/{what}", json=body)
        assert (refused.status_code, code_of(refused)) == (409, "not_allowed")
    done(me.post(f"{at(second)}/withdraw"))
    assert done(me.get(f"/v1/people/{person}/progress")).json()["state"] == "withdrawn"


def test_a_returned_request_that_is_withdrawn_holds_up_no_other(
    me: Someone, officer: Someone
) -> None:
    person = add_child(me)
    first = submitted(me, person)
    submitted(me, person)
    give_back(officer, first)
    done(me.post(f"{at(first)}/withdraw"))
    assert done(me.get(f"/v1/people/{person}/progress")).json()["state"] == "submitted"


def test_a_draft_is_deleted_and_not_withdrawn(me: Someone) -> None:
    submission = start(me)
    done(save(me, submission, required_answers(me)))
    refused = me.post(f"{at(submission)}/withdraw")
    assert (refused.status_code, code_of(refused)) == (409, "not_allowed")


def test_what_was_decided_on_is_not_withdrawn(me: Someone, officer: Someone) -> None:
    person = add_child(me)
    submission = submitted(me, person)
    [case] = cases(officer)
    decided = {"id": str(person), "kind": "decided_to_assess", "on": "2026-03-02"}
    done(officer.post(f"/v1/desk/cases/{case['id']}/events", json=decided))
    refused = me.post(f"{at(submission)}/withdraw")
    assert (refused.status_code, code_of(refused)) == (409, "decided")


def test_the_officer_of_the_case_is_told_that_it_was_withdrawn(
    me: Someone, officer: Someone
) -> None:
    submission = submitted(me)
    [case] = cases(officer)
    done(officer.put(f"/v1/desk/cases/{case['id']}/officer"))
    done(me.post(f"{at(submission)}/withdraw"))
    told = done(officer.get("/v1/messages")).json()["rows"][0]
    assert told["subject"] == "A form of your case was withdrawn"
