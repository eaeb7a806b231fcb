"""The settings that can be consulted: those of the list that teach, and any other by hand."""

from typing import Any
from uuid import uuid4

from server.accounts.tables import Organisation, WorkDetailsRow
from server.core.audit import Action
from server.core.database import Services
from server.organisations.domains import add_organisation
from server.placements.tables import Consultation
from tests.parts import Factory, Someone
from tests.server.placements.steps import add_school, consult, create_drafted_case, read, reply
from tests.server.steps import audit_of, ok, rows

PINES = {"name": "The Pines", "address": "4 Far Lane, Oakham, LE15 6AB"}


def test_only_schools_and_colleges_are_offered(officer: Someone, services: Services) -> None:
    add_school(services)
    add_school(services, "Elm College", "130001")
    with services.transaction() as tx:
        for name in ("Elm Psychology Service", "Elm Health Visitors", "Elm Social Care"):
            tx.session.add(Organisation(name=name))
        centre = Organisation(name="Elm Centre", urn="140001", kind="Children's centre")
        tx.session.add(centre)
    found = ok(officer.get("/v1/placements/settings", params={"find": "elm"})).json()
    assert [row["name"] for row in found] == ["Elm College", "Elm Park School"]


def test_setting_that_was_added_by_hand_is_offered(
    me: Someone, officer: Someone, someone: Factory, services: Services
) -> None:
    def offered() -> list[str]:
        found = ok(officer.get("/v1/placements/settings", params={"find": "brook"})).json()
        return [row["name"] for row in found]

    with services.transaction() as tx:
        for name in ("Brook Clinic", "Brook House"):
            add_organisation(tx, name)
    assert offered() == []
    with services.transaction() as tx:
        [added] = {add_organisation(tx, "brook house", is_setting=True).id for _ in range(2)}
        add_organisation(tx, "Brook House")  # which leaves it a setting
    entries = [entry.action for entry in audit_of(services) if entry.subject_id == added]
    assert entries == [Action.ORGANISATION_ADDED, Action.ORGANISATION_CHANGED]
    senco = someone("senco@brook.example", organisation="Brook Lodge", confirmed=False)
    with services.transaction() as tx:  # whose school is not in the list
        work = tx.session.get_one(WorkDetailsRow, senco.work)
        tx.session.delete(tx.session.get_one(Organisation, work.organisation_id))
        work.organisation_id = None
    ok(officer.post(f"/v1/desk/memberships/{senco.work}/confirm", json={"version": 1}))
    assert offered() == ["Brook House", "Brook Lodge"]
    case = create_drafted_case(me, officer, services)
    ok(consult(officer, case, added))
    assert [row.name for row in read(officer, case).consultations] == ["Brook House"]


def test_setting_that_is_not_in_the_list_is_asked_by_post(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_drafted_case(me, officer, services)
    id = uuid4()
    for _ in range(2):
        ok(consult(officer, case, typed=PINES, id=id))
    [row] = rows(services, Consultation)
    assert (row.organisation_id, row.name, row.address, row.email) == (None, *PINES.values(), "")
    [shown] = read(officer, case).consultations
    assert (shown.name, shown.address, shown.due_words) == (
        *PINES.values(),
        "17/03/2026 · 15 days left",
    )
    again = consult(officer, case, typed=PINES | {"name": "the PINES"})
    assert "has not replied yet" in again.json()["detail"]
    assert consult(officer, case, typed={**PINES, "name": "The Firs"}, id=id).status_code == 409
    ok(reply(officer, row.id, "no", ground="resources"))
    ok(consult(officer, case, typed=PINES))


def test_setting_that_is_typed_needs_a_name_and_an_address(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_drafted_case(me, officer, services)
    wrong: dict[str, dict[str, Any]] = {
        "name": {"name": " "},
        "address": {"address": ""},
    }
    for field, values in wrong.items():
        refused = consult(officer, case, typed=PINES | values)
        assert refused.status_code == 422
        assert [error["pointer"] for error in refused.json()["errors"]] == [f"/{field}"]
    assert consult(officer, case, typed={**PINES, "name": "Pines\u202e"}).status_code == 422
    assert rows(services, Consultation) == []
