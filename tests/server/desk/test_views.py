"""Officers' own views, sorting by two columns, and lists as CSV."""

import csv
from io import StringIO
from itertools import product
from uuid import UUID, uuid4

import pytest

from server.core.audit import Action, AuditShown
from server.core.database import Services
from server.desk import cases_csv, views
from shared.accounts import Staff
from tests.advice import ADVICE
from tests.parts import Clock, Factory, Someone
from tests.server.accounts.steps import code_of
from tests.server.desk.steps import advice_body, create_case, move_days, record_event
from tests.server.desk.test_desk import listed_names
from tests.server.desk.test_exemptions import exempt
from tests.server.steps import audit_of, ok, rows

pytestmark = pytest.mark.both_databases


@pytest.fixture
def other(someone: Factory) -> Someone:
    return someone("zoe@leicester.example", staff=Staff.OFFICER)


@pytest.fixture
def cases(
    me: Someone, officer: Someone, other: Someone, services: Services, clock: Clock
) -> dict[str, UUID]:
    """Six cases: two of each officer and two of nobody, of two stages in turn."""
    by_name = {}
    for index, name in enumerate(("Fay", "Eve", "Dot", "Cai", "Bea", "Ada")):
        by_name[name] = create_case(me, services, first_name=name, last_name=f"Z{name}")
        if index % 3:
            account = (officer, other)[index % 3 - 1]
            ok(officer.put(f"/v1/desk/cases/{by_name[name]}/officer/{account.id}"))
        move_days(clock, services, 1)
    for name in ("Eve", "Cai", "Ada"):
        ok(record_event(officer, by_name[name], "decided_to_assess", "2026-03-08"))
    return by_name


def test_list_is_sorted_by_two_columns_and_walked_in_pages(
    officer: Someone, cases: dict[str, UUID], subtests: pytest.Subtests
) -> None:
    by_due = {"sort": "officer", "then": "due"}
    assert listed_names(officer, **by_due) == ["Fay", "Cai", "Bea", "Eve", "Dot", "Ada"]
    page = ok(officer.get("/v1/desk/cases", params={"officer": "nobody"})).json()
    assert [row["name"] for row in page["rows"]] == ["ZFay, Fay", "ZCai, Cai"]
    assert listed_names(officer, sort="stage", then="due") == [
        *("Fay", "Dot", "Bea"),
        *("Eve", "Cai", "Ada"),
    ]
    for sort, then, descending in product(
        ("stage", "officer"), ("due", "stage", "officer"), (False, True)
    ):
        with subtests.test(sort=sort, then=then, descending=descending):
            query: dict[str, str | int] = {"sort": sort, "then": then, "descending": descending}
            names = listed_names(officer, **query)
            visited: list[str] = []
            page = ok(officer.get("/v1/desk/cases", params={**query, "limit": 2})).json()
            while True:
                assert page["start"] == len(visited)
                visited += [row["name"].split(", ")[1] for row in page["rows"]]
                if not page["next"]:
                    break
                more = {**query, "limit": 2, "cursor": page["next"]}
                page = ok(officer.get("/v1/desk/cases", params=more)).json()
            assert visited == names
            more = {**query, "limit": 2, "cursor": page["previous"]}
            previous = ok(officer.get("/v1/desk/cases", params=more)).json()
            assert [row["name"].split(", ")[1] for row in previous["rows"]] == names[2:4]
    bad = {"sort": "stage", "then": "due", "cursor": "bm9uc2Vuc2U="}
    assert officer.get("/v1/desk/cases", params=bad).status_code == 400


def test_own_view_is_saved_changed_and_deleted(
    officer: Someone, other: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = uuid4()
    body = {
        "name": "Zoe's, by stage",
        "query": {"view": "overdue", "officer": str(other.id), "sort": "stage", "then": "due"},
        "columns": ["name", "weeks", "advice"],
    }
    for name in ("First", body["name"]):
        ok(officer.put(f"/v1/desk/views/{view}", json={**body, "name": name}))
    [saved] = ok(officer.get("/v1/desk/views")).json()
    assert (saved["id"], saved["name"], saved["columns"]) == (
        str(view),
        body["name"],
        body["columns"],
    )
    assert saved["query"]["then"] == "due"
    assert ok(other.get("/v1/desk/views")).json() == []
    assert other.put(f"/v1/desk/views/{view}", json=body).status_code == 404
    ok(other.delete(f"/v1/desk/views/{view}"))
    monkeypatch.setattr(views, "VIEWS_LIMIT", 1)
    assert code_of(officer.put(f"/v1/desk/views/{uuid4()}", json=body)) == "not_allowed"
    ok(officer.delete(f"/v1/desk/views/{view}"))
    assert ok(officer.get("/v1/desk/views")).json() == []


def test_list_of_an_officer_has_more_columns(
    me: Someone, officer: Someone, cases: dict[str, UUID], services: Services, clock: Clock
) -> None:
    ok(officer.post(f"/v1/desk/cases/{cases['Eve']}/advice", json=advice_body(me, ADVICE)))
    move_days(clock, services, 15)
    query = {"officer": str(officer.id), "stage": "assessment"}
    [row] = ok(officer.get("/v1/desk/cases", params=query)).json()["rows"]
    assert (row["name"], row["weeks"], row["advice"]) == ("ZEve, Eve", 2, 1)
    assert row["last_words"] == "Decided to assess 08/03/2026"


def test_csv_has_every_row_and_no_formula(
    me: Someone,
    officer: Someone,
    cases: dict[str, UUID],
    services: Services,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cases_csv, "MAX_PAGE_SIZE", 2)
    create_case(me, services, first_name="Gus", last_name="=HYPERLINK(1)")
    query = {"sort": "name", "columns": ["name", "stage", "weeks", "due"]}
    reply = ok(officer.get("/v1/desk/cases.csv", params=query))
    assert reply.content.startswith(b"\xef\xbb\xbf")
    assert reply.headers["content-disposition"] == 'attachment; filename="cases.csv"'
    lines = list(csv.reader(StringIO(reply.content.decode("utf-8-sig"))))
    headings = ["Name", "Born", "Stage", "Weeks", "Next deadline", "What is due"]
    assert lines[0] == headings
    assert lines[1][1:] == ["2018-03-14", "Request", "0", "2026-04-19", "Decision due"]
    assert [line[0] for line in lines[1:]] == [
        "'=HYPERLINK(1), Gus",
        *(f"Z{name}, {name}" for name in sorted(cases)),
    ]
    saved = [entry.id for entry in audit_of(services) if entry.action == Action.CASES_SAVED]
    shown = [row for row in rows(services, AuditShown) if row.event_id in saved]
    assert len(shown) == len(lines) - 1
    ok(exempt(officer, cases["Ada"], "no_plan"))
    ok(exempt(officer, cases["Ada"], "final"))
    query = {"find": "ada", "columns": ["due", "last"]}
    text = ok(officer.get("/v1/desk/cases.csv", params=query)).text
    assert text.splitlines() == [
        "\ufeffNext deadline,What is due,Last event,What happened last",
        '2026-06-27,"Decision whether to issue a plan due, with an exception",2026-03-08,'
        "Decided to assess",
    ]
    bad = {"cursor": "x", "columns": ["none"]}
    assert officer.get("/v1/desk/cases.csv", params=bad).status_code == 422
