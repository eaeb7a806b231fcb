"""An officer corrects a child's details, with a reason."""

from uuid import UUID, uuid4

from httpx import Response

from server.core.audit import Action
from server.core.database import Services
from server.forms.tables import SubmissionVersion
from server.people.tables import PersonCorrection
from tests.parts import Someone
from tests.server.accounts.steps import code_of, pointers
from tests.server.steps import (
    add_child,
    audit_of,
    child,
    if_match,
    ok,
    rows,
    store_lines,
    submit_request,
)


def correct(
    officer: Someone, person: UUID, version: int, reason: str = "A slip.", **details: str
) -> Response:
    """Correct a child's details, based on a version."""
    body = {**child(**details), "id": str(uuid4()), "reason": reason}
    path = f"/v1/desk/people/{person}/details"
    reply: Response = officer.put(path, json=body, headers=if_match(version))
    return reply


def test_officer_corrects_a_child_and_what_was_submitted_stays(
    me: Someone, officer: Someone, services: Services
) -> None:
    person = add_child(me)
    submit_request(me, person)
    submitted = [row.model_dump() for row in rows(services, SubmissionVersion)]
    new = {"first_name": "Ivor", "born": "2018-03-15", "gender": "other"}
    new["nhs_number"] = "999 100 1018"
    assert code_of(correct(officer, person, 1, reason=" ", **new)) == "invalid"
    impossible = correct(officer, person, 1, upn="X856000000001", nhs_number="999 100 1019")
    assert pointers(impossible) == {"/upn", "/nhs_number"}
    for _ in range(2):  # the reply to the first one was lost
        ok(correct(officer, person, 1, **new))
    ok(correct(officer, person, 2, **new, postcode="le39rn"))  # which corrects nothing
    [row] = ok(me.get("/v1/people", params={"find": "ivor"})).json()["rows"]
    assert (row["first_name"], row["born"]) == ("Ivor", "2018-03-15")
    assert [row.model_dump() for row in rows(services, SubmissionVersion)] == submitted
    [stored] = rows(services, PersonCorrection)
    assert stored.before == {
        "first_name": "Ivo",
        "born": "14/03/2018",
        "gender": "Male",
        "nhs_number": "",
    }
    refused = correct(officer, person, 1, school="Oakham Road School")
    assert (code_of(refused), refused.json()["version"]) == ("stale", 2)
    assert "First name: Ivor\nLast name:" in refused.json()["current"]
    assert audit_of(services)[-1].action == Action.EDIT_REFUSED
    part = {"id": str(uuid4()), "reason": "It moved.", "school": "Oakham Road School"}
    path = f"/v1/desk/people/{person}/details"
    ok(officer.put(path, json=part, headers=if_match(2)))
    [row] = ok(me.get("/v1/people", params={"find": "ivor"})).json()["rows"]
    assert (row["born"], row["school"]) == ("2018-03-15", "Oakham Road School")
    log = ok(officer.get(f"/v1/desk/people/{person}/trail")).json()["rows"]
    texts = [row["text"] for row in log if row["action"] == "Person corrected"]
    assert texts[-1] == (
        "First name was Ivo. Date of birth was 14/03/2018. Gender was Male. NHS number was empty. "
        "A slip."
    )
    assert correct(officer, uuid4(), 1, **new).status_code == 404


def test_name_that_was_stored_before_is_read_and_blocks_no_other_correction(
    me: Someone, officer: Someone, services: Services
) -> None:
    person = add_child(me)
    store_lines(services, person, parent_name="12/04/2018", last_name="12/04/2018")
    page = ok(me.get(f"/v1/people/{person}")).json()
    assert (page["last_name"], page["parent_name"]) == ("12/04/2018", "12/04/2018")
    path, headers = f"/v1/desk/people/{person}/details", if_match(page["version"])
    new = {"id": str(uuid4()), "school": "Elm School", "reason": "A slip."}
    assert pointers(officer.put(path, json=new, headers=headers)) == {"/last_name"}
    ok(officer.put(path, json=new | {"last_name": "Larkspur"}, headers=headers))
    assert ok(me.get(f"/v1/people/{person}")).json()["parent_name"] == "12/04/2018"
