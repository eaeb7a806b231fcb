"""The settings that can be consulted: those of the list that teach, and any other by hand."""

from typing import Any
from uuid import uuid4

from server.accounts.tables import Organisation
from server.core.database import Services
from server.placements.tables import Consultation
from tests.parts import Someone
from tests.server.placements.steps import add_school, consult, create_drafted_case, read, reply
from tests.server.steps import ok, rows

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
        "17/03/2026, 15 days left",
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
