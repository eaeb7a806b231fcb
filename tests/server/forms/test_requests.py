"""A submitted request: accepted, returned, submitted again, withdrawn, over HTTP, by actor."""

from typing import Any
from uuid import UUID

import pytest

from server.core.database import Services
from server.people.tables import ListedPerson
from tests.advice import row_of
from tests.parts import Factory, Someone
from tests.server.accounts.steps import code_of
from tests.server.steps import add_child, done, enough, rows, save, start, submit, submitted


@pytest.fixture
def other(someone: Factory) -> Someone:
    return someone("other@elsewhere.example")


def at(submission: UUID) -> str:
    return f"/v1/submissions/{submission}"


def cases(officer: Someone) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = done(officer.get("/v1/desk/cases")).json()["rows"]
    return found


def give_back(officer: Someone, submission: UUID, missing: str = "The attendance.") -> None:
    done(officer.post(f"/v1/desk/submissions/{submission}/return", json={"missing": missing}))


def test_a_returned_request_says_what_is_missing_until_it_is_submitted_again(
    me: Someone, officer: Someone
) -> None:
    person = add_child(me)
    submission = submitted(me, person)
    for _ in range(2):
        give_back(officer, submission)
    row = row_of(me, person, submission)
    assert (row["returned"], row["editable"]) == ("The attendance.", True)
    assert done(me.get(f"/v1/people/{person}/progress")).json()["state"] == "returned_for_info"
    subjects = [one["subject"] for one in done(me.get("/v1/messages")).json()["rows"]]
    assert subjects.count("A form was returned to you") == 1
    done(save(me, submission, {"attendance": "91"}))
    assert done(submit(me, submission)).json()["number"] == 2
    assert row_of(me, person, submission)["returned"] == ""
    assert done(me.get(f"/v1/people/{person}/progress")).json()["state"] == "submitted"


def test_a_returned_request_brings_the_child_back_to_the_list(
    me: Someone, officer: Someone, services: Services
) -> None:
    person = add_child(me)
    submission = submitted(me, person)
    done(me.delete(f"/v1/people/{person}"))
    give_back(officer, submission)
    assert done(me.get(at(submission))).json()["returned"] == "The attendance."
    assert row_of(me, person, submission)["editable"]
    [listed] = rows(services, ListedPerson)
    assert (listed.account_id, listed.through) == (me.id, submission)


def test_a_returned_request_leaves_a_list_that_has_the_child_as_it_is(
    me: Someone, officer: Someone, services: Services
) -> None:
    person = add_child(me)
    submission = submitted(me, person)
    done(me.put(f"/v1/people/{person}/hidden"))
    before = rows(services, ListedPerson)
    give_back(officer, submission)
    assert rows(services, ListedPerson) == before


def test_what_is_missing_is_told_to_nobody_else(
    me: Someone, other: Someone, officer: Someone
) -> None:
    person = add_child(me)
    submission = submitted(me, person)
    give_back(officer, submission)
    allocation = {"account": str(other.id)}
    done(officer.post(f"/v1/desk/people/{person}/allocations", json=allocation))
    row = row_of(other, person, submission)
    assert (row["returned"], row["editable"], row["withdrawable"], row["closed"]) == (
        "", False, False, "",
    )  # fmt: skip
    refused = other.post(f"{at(submission)}/withdraw")
    assert (refused.status_code, code_of(refused)) == (404, "not_found")


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
    done(save(me, submission, enough(me)))
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
