"""Every list of the desk is saved as CSV: complete, audited, and without formulas."""

import csv
from io import StringIO
from uuid import UUID, uuid4

import pytest

from server.accounts.tables import Account
from server.cases.tables import Case
from server.casework import csv_lists
from server.core.audit import FILES, AuditShown
from server.core.csv_lists import write_cell
from server.core.database import Services
from tests.parts import Factory, Someone
from tests.server.casework.steps import add_panel, add_task, add_to_panel
from tests.server.desk.steps import create_case, match_child, record_event
from tests.server.organisations.steps import add_organisation
from tests.server.steps import audit_of, ok, rows

pytestmark = pytest.mark.both_databases


def read_csv(officer: Someone, path: str, **query: str) -> list[list[str]]:
    """Return the lines of a list, below its headings."""
    reply = ok(officer.get(path, params=query))
    assert reply.headers["content-disposition"].startswith("attachment; filename=")
    assert reply.content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(StringIO(reply.content.decode("utf-8-sig"))))[1:]


def saved_lists(services: Services) -> list[tuple[str, set[UUID]]]:
    """Return the action of each entry about a saved list, with the ids that the list showed."""
    shown = rows(services, AuditShown)
    return [
        (entry.action, {row.shown_id for row in shown if row.event_id == entry.id})
        for entry in audit_of(services)
        if entry.action in FILES
    ]


def test_lists_of_casework_are_saved(
    me: Someone, officer: Someone, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_lists, "MAX_PAGE_SIZE", 1)
    case = create_case(me, services, first_name="Ada", last_name="Marsh")
    ok(officer.put(f"/v1/desk/cases/{case}/officer"))
    add_task(officer, "+44 116 496 0103: call back", "2026-03-05", case)
    add_task(officer, "=HYPERLINK(1)", "2026-03-04")
    panel = add_panel(officer, "@Panel", "2026-03-06", starts="14:00", place="Room 3")
    add_to_panel(officer, panel, case)
    add_panel(officer, "Past panel", "2026-02-06")
    me_too = "Ada Officer"
    assert read_csv(officer, "/v1/casework/tasks.csv") == [
        ["2026-03-04", "'=HYPERLINK(1)", "", me_too, me_too, "no"],
        ["2026-03-05", "'+44 116 496 0103: call back", "Ada Marsh", me_too, me_too, "no"],
    ]
    assert read_csv(officer, "/v1/casework/tasks.csv", find="hyper", view="all", cursor="x") == [
        ["2026-03-04", "'=HYPERLINK(1)", "", me_too, me_too, "no"]
    ]
    upcoming = ["2026-03-06", "14:00", "'@Panel", "Room 3", "1", "1"]
    assert read_csv(officer, "/v1/casework/panels.csv") == [upcoming]
    assert read_csv(officer, "/v1/casework/panels.csv", past="true") == [
        ["2026-02-06", "", "Past panel", "", "0", "0"]
    ]
    assert read_csv(officer, "/v1/casework/diary.csv") == [
        ["2026-03-04", "", "'=HYPERLINK(1)", ""],
        ["2026-03-05", "", "'+44 116 496 0103: call back", "Ada Marsh"],
        ["2026-03-06", "14:00", "'@Panel, Room 3 · 1 case", ""],
    ]
    [child] = [row.person_id for row in rows(services, Case)]
    saved = [
        ("tasks_saved", set()),
        ("tasks_saved", {child}),
        ("tasks_saved", set()),
        ("panels_saved", set()),
        ("panels_saved", set()),
        ("diary_saved", {child}),
    ]
    assert saved_lists(services) == saved
    read_csv(officer, "/v1/casework/diary.csv")
    assert saved_lists(services) == [*saved, ("diary_saved", {child})]


def test_lists_of_people_and_settings_are_saved(
    me: Someone, officer: Someone, someone: Factory, services: Services
) -> None:
    someone("new@osierbeck.example", confirmed=False)
    case = create_case(me, services)
    match_child(officer, case)
    for kind in ("decided_to_assess", "decided_to_issue"):
        ok(record_event(officer, case, kind))
    organisation = add_organisation(services, "Elm Academy")
    setting = {"id": str(uuid4()), "organisation": str(organisation), "email": "h@elm.example"}
    path = f"/v1/placements/cases/{case}/consultations"
    ok(officer.post(path, json={"settings": [setting]}))
    [line] = read_csv(officer, f"{path}.csv")
    assert [*line[:3], *line[4:]] == [
        *("Elm Academy", "", "h@elm.example", "2026-03-02", "2026-03-17", "", "", "", "", "")
    ]
    assert officer.get(f"/v1/placements/cases/{uuid4()}/consultations.csv").status_code == 404
    assert read_csv(officer, "/v1/desk/officers.csv") == [["Ada Officer", "0", ""]]
    [line] = read_csv(officer, "/v1/desk/memberships.csv")
    assert line[:3] == ["Ada New", "new@osierbeck.example", "SEN Co-ordinator"]
    assert officer.get("/v1/staff.csv").status_code == 403
    with services.transaction() as tx:
        tx.session.get_one(Account, officer.id).may_manage_staff = True
    assert read_csv(officer, "/v1/staff.csv") == [
        ["Ada Officer", officer.email, "officer", "yes", "no"]
    ]
    [child] = [row.person_id for row in rows(services, Case)]
    assert saved_lists(services) == [
        ("consultations_saved", {child}),
        ("officers_saved", {officer.id}),
        ("memberships_saved", set()),
        ("staff_saved", {officer.id}),
    ]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_cell_is_no_formula(start: str) -> None:
    assert write_cell(f"{start}1") == f"'{start}1"
    assert write_cell(f"1{start}") == f"1{start}"
