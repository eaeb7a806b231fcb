"""Panels: cases put on them, minutes, and decisions recorded in the cases."""

from typing import Any
from uuid import UUID, uuid4

from server.casework.tables import PanelCase
from server.core.database import Services
from shared.accounts import Staff
from tests.parts import Factory, Someone
from tests.server.accounts.steps import code_of
from tests.server.casework.steps import (
    CASEWORK,
    add_panel,
    add_to_panel,
    defer,
    read_casework,
    write_minutes,
)
from tests.server.desk.steps import create_case, record_event
from tests.server.statements import record_statements
from tests.server.steps import audit_of, if_match, ok, rows


def decision(kind: str, on: str = "2026-03-02", reason: str = "") -> dict[str, Any]:
    event = {"id": str(uuid4()), "kind": kind, "on": on, "reason": reason, "confirmed": True}
    return {"event": event}


def test_panel_decides_cases_by_the_rules_of_the_case(
    me: Someone, officer: Someone, services: Services
) -> None:
    cases = [create_case(me, services, first_name=name) for name in ("Ada", "Ben", "Cy")]
    panel = add_panel(officer, "Tuesday panel", "2026-03-02", starts="14:00", place="Room 3")
    for _ in range(2):
        shown = add_to_panel(officer, panel, *cases)
    assert [item["name"].split()[0] for item in shown["items"]] == ["Ada", "Ben", "Cy"]
    assert (shown["cases"], shown["waiting"]) == (3, 3)
    assess, refuse, later = [f"{CASEWORK}/panel-cases/{item['id']}" for item in shown["items"]]
    kinds = {choice["kind"] for choice in shown["items"][0]["choices"]}
    assert kinds == {"decided_to_assess", "refused_to_assess"}
    assert code_of(officer.post(f"{assess}/decision", json=decision("withdrawn"))) == "not_allowed"
    forbidden = decision("decided_to_issue")
    assert code_of(officer.post(f"{assess}/decision", json=forbidden)) == "not_allowed"
    future = decision("decided_to_assess", on="2026-03-03")
    assert officer.post(f"{assess}/decision", json=future).status_code == 422
    no_reason = decision("refused_to_assess")
    assert officer.post(f"{refuse}/decision", json=no_reason).status_code == 422
    assert {row.outcome for row in rows(services, PanelCase)} == {"waiting"}
    body = decision("decided_to_assess")
    for _ in range(2):
        ok(officer.post(f"{assess}/decision", json=body))
    again = officer.post(f"{assess}/decision", json=decision("refused_to_assess", reason="x"))
    assert code_of(again) == "not_allowed"
    reason = "Support at school is enough."
    ok(officer.post(f"{refuse}/decision", json=decision("refused_to_assess", reason=reason)))
    ok(defer(officer, later.rsplit("/", 1)[-1], "Advice is missing."))
    shown = ok(officer.get(f"{CASEWORK}/panels/{panel}")).json()
    assert [(item["outcome_words"], item["reason"]) for item in shown["items"]] == [
        ("Decided to assess", ""),
        ("Decided not to assess", reason),
        ("Deferred", "Advice is missing."),
    ]
    assert shown["waiting"] == 0
    detail = ok(officer.get(f"/v1/desk/cases/{cases[1]}")).json()
    assert (detail["state"], detail["events"][-1]["reason"]) == ("refused_to_assess", reason)
    [on_panel] = read_casework(officer, cases[2])["panels"]
    assert (on_panel["name"], on_panel["outcome_words"]) == ("Tuesday panel", "Deferred")
    ok(officer.post(f"{later}/decision", json=decision("decided_to_assess")))
    [on_panel] = read_casework(officer, cases[2])["panels"]
    assert on_panel["outcome_words"] == "Decided to assess"
    agenda = ok(officer.get(f"{CASEWORK}/panels/{panel}/agenda")).text
    assert agenda.startswith("Tuesday panel\n02/03/2026 · 14:00 · Room 3\n\n1. Ada")
    assert f"   Outcome: Decided not to assess: {reason}\n" in agenda
    assert "agenda_saved" in {entry.action for entry in audit_of(services)}
    actions = [str(entry.action) for entry in audit_of(services) if "panel" in entry.action]
    assert actions[:4] == ["panel_added", *["panel_case_added"] * 3]
    assert actions.count("panel_case_decided") == 3


def test_case_whose_decision_was_undone_is_decided_or_deferred_again(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case(me, services)
    panel = add_panel(officer, "Panel", "2026-03-02")
    [item] = add_to_panel(officer, panel, case)["items"]
    path = f"{CASEWORK}/panel-cases/{item['id']}"

    def decide_and_undo(kind: str) -> dict[str, Any]:
        ok(officer.post(f"{path}/decision", json=decision(kind, reason="Why.")))
        before = ok(officer.get(f"/v1/desk/cases/{case}")).json()
        undo = f"/v1/desk/cases/{case}/events/{before['events'][-1]['id']}/undo"
        ok(officer.post(undo, json={"version": before["version"]}))
        shown: dict[str, Any] = ok(officer.get(f"{CASEWORK}/panels/{panel}")).json()
        return shown

    shown = decide_and_undo("refused_to_assess")
    [item] = shown["items"]
    assert (shown["waiting"], item["outcome"]) == (1, "waiting")
    assert item["outcome_words"] == "Decided; the event was taken back since"
    assert {choice["kind"] for choice in item["choices"]} == {
        "decided_to_assess",
        "refused_to_assess",
    }
    [row] = ok(officer.get(f"{CASEWORK}/panels")).json()["rows"]
    assert row["waiting"] == 1
    decide_and_undo("decided_to_assess")
    shown = ok(defer(officer, item["id"], "Later.", version=3)).json()
    assert (shown["waiting"], shown["items"][0]["outcome"]) == (0, "deferred")


def test_panel_holds_a_joined_case_once(
    me: Someone, other: Someone, officer: Someone, someone: Factory, services: Services
) -> None:
    joined, remaining = create_case(me, services), create_case(other, services)
    panel = add_panel(officer, "Panel", "2026-03-09")
    earlier = add_panel(officer, "Earlier panel", "2026-03-02")
    items = add_to_panel(officer, panel, joined, remaining)["items"]
    add_to_panel(officer, earlier, joined)
    for item, text in zip(items, ("Of the joined case.", "Of the other."), strict=True):
        ok(write_minutes(officer, item["id"], text))
    people = [UUID(read_casework(officer, case)["person"]) for case in (joined, remaining)]
    ok(officer.post(f"/v1/desk/people/{people[1]}/match", json={}))
    colleague = someone("colleague@leicester.example", staff=Staff.OFFICER)
    ok(colleague.post(f"/v1/desk/people/{people[0]}/match", json={"same_as": str(people[1])}))
    on_panels = read_casework(officer, remaining)["panels"]
    assert [row["name"] for row in on_panels] == ["Panel", "Earlier panel"]
    with record_statements(services) as statements:
        shown = ok(officer.get(f"{CASEWORK}/panels/{panel}")).json()
    assert (shown["cases"], shown["waiting"]) == (1, 1)
    if services.engine.name == "sqlite":  # PostgreSQL chooses its plans by the number of rows
        with services.engine.connect() as connection:
            for statement in statements:
                explain, values = f"EXPLAIN QUERY PLAN {statement}", (None,) * statement.count("?")
                plan = [row.detail for row in connection.exec_driver_sql(explain, values)]
                assert not [step for step in plan if step.startswith("SCAN case")], statement
    [item] = shown["items"]
    assert (item["case"], bool(item["choices"])) == (str(remaining), True)
    assert item["minutes"] == "Of the other.\n\nOf the joined case."
    assert item["version"] == 3
    [stored] = [row for row in rows(services, PanelCase) if str(row.id) == item["id"]]
    assert stored.edited_by == colleague.id


def test_minutes_of_two_officers_do_not_overwrite_each_other(
    me: Someone, officer: Someone, someone: Factory, services: Services
) -> None:
    colleague = someone("colleague@leicester.example", staff=Staff.OFFICER)
    case = create_case(me, services)
    panel = add_panel(officer, "Panel", "2026-03-09")
    [item] = add_to_panel(officer, panel, case)["items"]
    for _ in range(2):
        ok(write_minutes(officer, item["id"], "Agreed."))
    assert code_of(write_minutes(colleague, item["id"], "Refused.")) == "stale"
    refused = defer(colleague, item["id"], "Advice is missing.")
    assert refused.json()["current"] == "No outcome yet\nMinutes: Agreed."
    shown = ok(write_minutes(colleague, item["id"], "More.", version=2)).json()
    assert shown["items"][0]["minutes"] == "More."
    assert code_of(officer.delete(f"{CASEWORK}/panels/{panel}/cases/{item['id']}")) == "not_allowed"


def test_case_is_taken_off_before_its_outcome_and_closed_ones_are_refused(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case(me, services)
    panel = add_panel(officer, "Panel", "2026-03-09")
    [item] = add_to_panel(officer, panel, case)["items"]
    path = f"{CASEWORK}/panels/{panel}/cases/{item['id']}"
    for _ in range(2):
        assert ok(officer.delete(path)).json()["items"] == []
    actions = [entry.action for entry in audit_of(services)]
    assert actions.count("panel_case_removed") == 1
    assert officer.delete(f"{CASEWORK}/panels/{uuid4()}/cases/{item['id']}").status_code == 404
    ok(record_event(officer, case, "withdrawn"))
    body = {"items": [{"id": str(uuid4()), "case": str(case)}]}
    reply = officer.post(f"{CASEWORK}/panels/{panel}/cases", json=body)
    assert code_of(reply) == "not_allowed"
    assert officer.post(f"{CASEWORK}/panels/{uuid4()}/cases", json=body).status_code == 404


def test_panels_are_listed_from_today_and_past_ones_newest_first(officer: Someone) -> None:
    days = ("2026-03-09", "2026-03-02", "2026-02-27", "2026-02-20")
    panels = {day: add_panel(officer, f"Panel of {day}", day) for day in days}

    def listed(**query: str | bool) -> list[str]:
        page = ok(officer.get(f"{CASEWORK}/panels", params=query)).json()
        return [row["on"] for row in page["rows"]]

    assert listed() == ["2026-03-02", "2026-03-09"]
    assert listed(past=True) == ["2026-02-27", "2026-02-20"]
    moved = {"name": "Panel", "on": "2026-03-16", "starts": "09:30", "place": ""}
    for _ in range(2):
        path = f"{CASEWORK}/panels/{panels['2026-03-02']}"
        ok(officer.put(path, json=moved, headers=if_match(1)))
    assert listed() == ["2026-03-09", "2026-03-16"]
    bad: UUID = uuid4()
    for change in ({"name": " "}, {"starts": "25:00"}, {"starts": "9:30"}):
        path = f"{CASEWORK}/panels/{bad}"
        reply = officer.put(path, json={**moved, **change}, headers=if_match(0))
        assert reply.status_code == 422, change


def test_several_cases_are_put_on_a_panel_once(
    me: Someone, officer: Someone, services: Services
) -> None:
    cases = [create_case(me, services, first_name=name) for name in ("Ada", "Ben", "Cy")]
    panel = add_panel(officer, "Tuesday panel", "2026-03-02")
    add_to_panel(officer, panel, cases[0])
    ok(record_event(officer, cases[1], "withdrawn"))
    path = f"{CASEWORK}/panels/{panel}/several"
    body = {"id": str(uuid4()), "cases": [str(case) for case in cases]}
    expected = ["it is on this panel already", "the case is closed", ""]
    for suffix in ("/check", "", ""):
        reply = ok(officer.post(f"{path}{suffix}", json=body)).json()
        left_out = {UUID(row["case"]): row["left_out"] for row in reply["rows"]}
        assert [left_out[case] for case in cases] == expected
    shown = ok(officer.get(f"{CASEWORK}/panels/{panel}")).json()
    assert [item["name"].split()[0] for item in shown["items"]] == ["Ada", "Cy"]
    by_view = {"id": str(uuid4()), "query": {"view": "all", "find": "cy"}}
    again = ok(officer.post(path, json=by_view)).json()
    assert [row["left_out"] for row in again["rows"]] == ["it is on this panel already"]
    assert officer.post(f"{CASEWORK}/panels/{uuid4()}/several", json=body).status_code == 404
    assert officer.post(path, json={"id": str(uuid4())}).status_code == 422
