"""Tasks of officers."""

from datetime import timedelta
from uuid import uuid4

from server.core.database import Services
from shared.accounts import Staff
from tests.parts import TODAY, Factory, Someone
from tests.server.accounts.steps import code_of
from tests.server.casework.steps import CASEWORK, add_note, add_task, read_casework
from tests.server.desk.steps import create_case
from tests.server.desk.test_matching import match_child
from tests.server.steps import add_child, audit_of, if_match, ok, submit_request

DAY = TODAY.date()


def list_tasks(officer: Someone, **query: str | int) -> list[str]:
    page = ok(officer.get(f"{CASEWORK}/tasks", params=query)).json()
    assert page["total"] >= len(page["rows"])
    return [row["text"] for row in page["rows"]]


def test_task_is_done_and_reopened_and_says_by_whom(
    me: Someone, officer: Someone, someone: Factory, services: Services
) -> None:
    colleague = someone("colleague@leicester.example", staff=Staff.OFFICER)
    case = create_case(me, services)
    task = add_task(officer, "Call the school", DAY - timedelta(days=2), case)
    path = f"{CASEWORK}/tasks/{task}"
    row = ok(colleague.put(f"{path}/done")).json()
    assert (row["done"], row["changed_by"]) == (True, "Ada Colleague")
    ok(officer.put(f"{path}/done"))
    assert list_tasks(officer) == []
    assert list_tasks(officer, view="done") == ["Call the school"]
    row = ok(officer.delete(f"{path}/done")).json()
    assert (row["done"], row["changed_by"], row["name"]) == (
        False,
        "Ada Officer",
        "Ivo Larkspur-Dunne",
    )
    assert row["due_words"].endswith("2 days late")
    given = {"text": "Write to the school", "due": str(DAY), "officer": str(colleague.id)}
    ok(officer.put(path, json=given, headers=if_match(3)))
    assert list_tasks(officer) == []
    assert list_tasks(colleague) == ["Write to the school"]
    [shown] = read_casework(officer, case)["tasks"]
    assert (shown["officer"], shown["created_by"]) == ("Ada Colleague", "Ada Officer")
    other = {**given, "case": str(create_case(me, services, first_name="Nell"))}
    assert code_of(officer.put(path, json=other, headers=if_match(4))) == "conflict"
    to_professional = {**given, "officer": str(me.id)}
    assert officer.put(path, json=to_professional, headers=if_match(4)).status_code == 404
    actions = [str(entry.action) for entry in audit_of(services) if entry.subject_id == task]
    assert actions == ["task_added", "task_done", "task_reopened", "task_changed"]
    assert [officer["name"] for officer in ok(officer.get(f"{CASEWORK}/officers")).json()] == [
        *("Ada Colleague", "Ada Officer"),
    ]


def test_tasks_are_pages_by_day_and_found_by_words(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case(me, services)
    for days in (3, -1, 0, 2, 2):
        add_task(officer, f"Task of {days}", DAY + timedelta(days=days))
    add_task(officer, "Read the advice", DAY + timedelta(days=9), case)
    assert list_tasks(officer)[:3] == ["Task of -1", "Task of 0", "Task of 2"]
    assert list_tasks(officer, find="ivo") == list_tasks(officer, find="ADV") == ["Read the advice"]
    assert list_tasks(officer, find="100%") == []
    seen: list[str] = []
    query: dict[str, str | int] = {"limit": 2}
    while True:
        page = ok(officer.get(f"{CASEWORK}/tasks", params=query)).json()
        assert page["start"] == len(seen)
        seen += [row["text"] for row in page["rows"]]
        if page["next"] is None:
            break
        query = {"limit": 2, "cursor": page["next"]}
    assert seen == list_tasks(officer)
    back = ok(officer.get(f"{CASEWORK}/tasks", params={"limit": 4, "cursor": page["previous"]}))
    assert [row["text"] for row in back.json()["rows"]] == seen[:4]
    assert list_tasks(officer, end="true", limit=1) == ["Read the advice"]


def test_task_needs_a_case_that_exists(officer: Someone) -> None:
    body = {"text": "x", "due": str(DAY), "case": str(uuid4())}
    path = f"{CASEWORK}/tasks/{uuid4()}"
    assert officer.put(path, json=body, headers=if_match(0)).status_code == 404
    assert officer.put(f"{CASEWORK}/tasks/{uuid4()}/done").status_code == 404


def test_notes_and_tasks_follow_a_merged_child_and_a_joined_case(
    me: Someone, officer: Someone, someone: Factory, services: Services
) -> None:
    known = add_child(me)
    submit_request(me, known)
    match_child(officer, known)
    [row] = ok(officer.get("/v1/desk/cases")).json()["rows"]
    new = create_case(someone("head@osierbeck.example"), services, first_name="Iva")
    child = read_casework(officer, new)["person"]
    add_note(officer, new, "From the joined case")
    add_task(officer, "Of the joined case", DAY, new)
    match_child(officer, child, known)
    casework = read_casework(officer, row["id"])
    assert [note["current"]["text"] for note in casework["notes"]["rows"]] == [
        "From the joined case"
    ]
    assert [task["text"] for task in casework["tasks"]] == ["Of the joined case"]
    assert casework["tasks"][0]["person"] == str(known)


def test_case_shows_its_open_tasks_by_their_day(
    me: Someone, officer: Someone, services: Services
) -> None:
    case, other = create_case(me, services), create_case(me, services, first_name="Nell")
    add_task(officer, "Later", DAY + timedelta(days=9), case)
    add_task(officer, "Late", DAY - timedelta(days=2), case)
    add_task(officer, "Of another child", DAY, other)
    done = add_task(officer, "Done", DAY, case)
    ok(officer.put(f"{CASEWORK}/tasks/{done}/done"))
    shown = ok(officer.get(f"/v1/desk/cases/{case}")).json()["tasks"]
    assert [row["text"] for row in shown] == ["Late", "Later"]
