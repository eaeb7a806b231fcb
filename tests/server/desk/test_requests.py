"""Submitted requests over HTTP: accepted, returned and submitted again."""

from uuid import UUID

import pytest

from server.core.database import Services
from server.people.tables import ListedPerson
from tests.advice import find_form_row
from tests.parts import Factory, Someone
from tests.server.accounts.steps import code_of
from tests.server.steps import add_child, ok, rows, save, submission_path, submit, submit_request


@pytest.fixture
def other(someone: Factory) -> Someone:
    return someone("other@elsewhere.example")


def return_form(officer: Someone, submission: UUID, missing: str = "The attendance.") -> None:
    ok(officer.post(f"/v1/desk/submissions/{submission}/return", json={"missing": missing}))


def test_returned_request_shows_what_is_missing_until_resubmitted(
    me: Someone, officer: Someone
) -> None:
    person = add_child(me)
    submission = submit_request(me, person)
    for _ in range(2):
        return_form(officer, submission)
    row = find_form_row(me, person, submission)
    assert (row["returned"], row["editable"]) == ("The attendance.", True)
    assert ok(me.get(f"/v1/people/{person}/progress")).json()["state"] == "returned_for_info"
    subjects = [row["subject"] for row in ok(me.get("/v1/messages")).json()["rows"]]
    assert subjects.count("A form was returned to you") == 1
    ok(save(me, submission, {"attendance": "91"}))
    assert ok(submit(me, submission)).json()["number"] == 2
    assert find_form_row(me, person, submission)["returned"] == ""
    assert ok(me.get(f"/v1/people/{person}/progress")).json()["state"] == "submitted"


def test_returned_request_puts_the_child_back_on_the_list(
    me: Someone, officer: Someone, services: Services
) -> None:
    person = add_child(me)
    submission = submit_request(me, person)
    ok(me.delete(f"/v1/people/{person}"))
    return_form(officer, submission)
    assert ok(me.get(submission_path(submission))).json()["returned"] == "The attendance."
    assert find_form_row(me, person, submission)["editable"]
    [entry] = rows(services, ListedPerson)
    assert (entry.account_id, entry.through) == (me.id, submission)


def test_returned_request_does_not_change_a_list_with_the_child(
    me: Someone, officer: Someone, services: Services
) -> None:
    person = add_child(me)
    submission = submit_request(me, person)
    ok(me.put(f"/v1/people/{person}/hidden"))
    before = rows(services, ListedPerson)
    return_form(officer, submission)
    assert rows(services, ListedPerson) == before


def test_missing_information_is_hidden_from_others(
    me: Someone, other: Someone, officer: Someone
) -> None:
    person = add_child(me)
    submission = submit_request(me, person)
    return_form(officer, submission)
    allocation = {"account": str(other.id)}
    ok(officer.post(f"/v1/desk/people/{person}/allocations", json=allocation))
    row = find_form_row(other, person, submission)
    assert (row["returned"], row["editable"], row["withdrawable"], row["closed"]) == (
        "",
        False,
        False,
        "",
    )
    reply = other.post(f"{submission_path(submission)}/withdraw")
    assert (reply.status_code, code_of(reply)) == (404, "not_found")
