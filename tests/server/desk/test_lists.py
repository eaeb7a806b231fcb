"""Lists of cases show everything that is due, and whose it is."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from server.cases.tables import Case
from server.core.database import Services
from server.desk.recomputing import recompute
from tests.advice import ADVICE, minimal_advice
from tests.parts import TODAY, Clock, Factory, Someone
from tests.server.accounts.steps import code_of
from tests.server.desk.steps import (
    advice_body,
    create_case,
    create_case_in_assessment,
    match_child,
    move_days,
    record_event,
)
from tests.server.desk.taking_back import read_message
from tests.server.desk.test_exemptions import exempt
from tests.server.statements import record_statements
from tests.server.steps import ok, rows, save, submit

pytestmark = pytest.mark.both_databases


def list_ids(officer: Someone, view: str) -> list[UUID]:
    page = ok(officer.get("/v1/desk/cases", params={"view": view})).json()
    assert page["total"] == len(page["rows"])
    return [UUID(row["id"]) for row in page["rows"]]


def next_words(officer: Someone, case: UUID, view: str = "all") -> str:
    """Return what is next in a case, after checking that its page and its row agree."""
    page = ok(officer.get("/v1/desk/cases", params={"view": view})).json()
    [row] = [row for row in page["rows"] if row["id"] == str(case)]
    words: str = ok(officer.get(f"/v1/desk/cases/{case}")).json()["next_words"]
    assert words == row["next_words"] + (", with an exception" if row["excused"] else "")
    return words


def record_today(
    officer: Someone, clock: Clock, case: UUID, kind: str, reason: str = "As the panel said."
) -> None:
    ok(record_event(officer, case, kind, clock.now.date().isoformat(), reason))


def test_excused_deadline_hides_no_later_one(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_case(me, services)
    ok(exempt(officer, case, "decide"))
    assert next_words(officer, case).startswith("Decision whether to issue a plan due 22/06/2026")
    move_days(clock, services, 112 + 933)
    assert list_ids(officer, "overdue") == [case]
    assert next_words(officer, case).endswith("933 days late")
    for kind in ("no_plan", "final"):
        ok(exempt(officer, case, kind))
    assert list_ids(officer, "overdue") == []
    assert next_words(officer, case).endswith("days late, with an exception")


def test_late_and_soon_due_advice_is_listed(
    me: Someone, officer: Someone, someone: Factory, services: Services, clock: Clock
) -> None:
    case = create_case_in_assessment(me, officer, services)
    other = someone("ep@leicester.example")
    for account, days in ((me, 10), (other, 20)):
        due = str(TODAY.date() + timedelta(days=days))
        ok(
            officer.post(
                f"/v1/desk/cases/{case}/advice", json=advice_body(account, ADVICE, due=due)
            )
        )
    assert list_ids(officer, "due") == [case]
    assert next_words(officer, case) == "Advice due 12/03/2026 · 10 days left"
    move_days(clock, services, 11)
    assert list_ids(officer, "overdue") == [case]
    [first, second] = sorted(
        ok(officer.get(f"/v1/desk/cases/{case}")).json()["advice"], key=lambda row: row["due"]
    )
    ok(save(me, first["submission"], minimal_advice(me)))
    assert list_ids(officer, "overdue") == [case]  # advice that was only started is still late
    ok(submit(me, UUID(first["submission"])))
    assert (list_ids(officer, "overdue"), list_ids(officer, "due")) == ([], [case])
    ok(officer.post(f"/v1/desk/advice/{first['id']}/return", json={"missing": "The score."}))
    assert list_ids(officer, "overdue") == [case]
    ok(exempt(officer, case, "advice", advice=first["id"]))
    assert next_words(officer, case) == "Advice due 22/03/2026 · 9 days left"
    ok(officer.post(f"/v1/desk/advice/{second['id']}/cancel"))
    assert list_ids(officer, "due") == []
    [stored] = rows(services, Case)
    assert (stored.advice_awaited, stored.advice_due) == (1, None)


def test_late_advice_hides_no_deadline_that_is_due_soon(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_case_in_assessment(me, officer, services)
    ok(officer.post(f"/v1/desk/cases/{case}/advice", json=advice_body(me, ADVICE)))
    move_days(clock, services, 112 - 5)
    assert list_ids(officer, "due") == list_ids(officer, "overdue") == [case]


@pytest.mark.parametrize("kind", ["refused_to_assess", "decided_not_to_issue"])
def test_case_is_open_until_the_time_to_appeal_is_over(
    me: Someone, officer: Someone, services: Services, clock: Clock, kind: str
) -> None:
    case = create_case(me, services)
    if kind == "decided_not_to_issue":
        ok(record_event(officer, case, "decided_to_assess"))
        ok(officer.post(f"/v1/desk/cases/{case}/advice", json=advice_body(me, ADVICE)))
    record_today(officer, clock, case, kind)
    assert next_words(officer, case) == "Family may appeal until 05/05/2026 · 64 days left"
    move_days(clock, services, 64)
    assert (list_ids(officer, "all"), list_ids(officer, "closed")) == ([case], [])
    assert list_ids(officer, "overdue") == list_ids(officer, "due") == []
    move_days(clock, services, 1)
    assert (list_ids(officer, "all"), list_ids(officer, "closed")) == ([], [case])
    assert next_words(officer, case, "closed") == ""


def test_cases_are_in_the_order_of_the_days_shown(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    def page(**query: str) -> dict[str, Any]:
        params = {"view": "all", "limit": "1", **query}
        reply: dict[str, Any] = ok(officer.get("/v1/desk/cases", params=params)).json()
        return reply

    names = ("Ada", "Bryn", "Cai", "Dot", "Eve")
    cases = [create_case(me, services, first_name=name) for name in names]
    disputed, appeal, agreed, late, excused = cases
    for case in (disputed, appeal):
        record_today(officer, clock, case, "refused_to_assess")
    record_today(officer, clock, disputed, "mediation_advice")
    record_today(officer, clock, agreed, "decided_to_assess")
    for kind in ("decide", "no_plan", "final"):
        ok(exempt(officer, excused, kind))
    move_days(clock, services, 60)
    expected = {
        late: "Decision due 13/04/2026 · 18 days late",
        excused: "Decision due 13/04/2026 · 18 days late",
        appeal: "Family may appeal until 05/05/2026 · 4 days left",
        agreed: "Decision whether to issue a plan due 22/06/2026 · 52 days left",
        disputed: "Mediation advice",
    }
    first_two = sorted([late, excused], key=str)
    order = [*first_two, appeal, agreed, disputed]
    shown = ok(officer.get("/v1/desk/cases")).json()["rows"]
    assert [(row["id"], row["next_words"]) for row in shown] == [
        (str(case), expected[case]) for case in order
    ]
    assert (list_ids(officer, "overdue"), list_ids(officer, "due")) == ([late], [late])
    pages = [page()]
    while pages[-1]["next"]:
        pages.append(page(cursor=pages[-1]["next"]))
    assert [each["rows"][0]["id"] for each in pages] == [str(case) for case in order]
    pages = [page(end="true")]
    while pages[-1]["previous"]:
        pages.append(page(cursor=pages[-1]["previous"]))
    assert [each["rows"][0]["id"] for each in pages] == [str(case) for case in order[::-1]]
    assert [each["start"] for each in pages] == [4, 3, 2, 1, 0]


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_open_cases_are_counted_by_their_narrow_index(officer: Someone, services: Services) -> None:
    with record_statements(services) as statements:
        ok(officer.get("/v1/desk/cases"))
    searches = explain_count(services, statements)
    assert len(searches) == 2
    assert all("COVERING INDEX ix_case_open" in line for line in searches)


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_new_children_are_found_by_their_own_index(officer: Someone, services: Services) -> None:
    with record_statements(services) as statements:
        ok(officer.get("/v1/desk/cases", params={"view": "new"}))
    searches = explain_count(services, statements)
    assert any("ix_case_new" in line for line in searches), searches
    assert all("ix_case_new" in line or "person" in line for line in searches)


def explain_count(services: Services, statements: list[str]) -> list[str]:
    """Explain how the rows of a list were counted, as the lines that name an index."""
    [count] = [statement for statement in statements if "count(" in statement]
    with services.engine.connect() as connection:
        explain, values = f"EXPLAIN QUERY PLAN {count}", (None,) * count.count("?")
        plan = [row.detail for row in connection.exec_driver_sql(explain, values)]
    return [line for line in plan if line.startswith("SEARCH")]


def test_disputed_case_is_open_until_the_dispute_ends(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_case(me, services)
    record_today(officer, clock, case, "refused_to_assess")
    record_today(officer, clock, case, "mediation_wanted")
    move_days(clock, services, 20)
    assert list_ids(officer, "due") == [case]
    assert next_words(officer, case) == "Mediation meeting due 01/04/2026 · 10 days left"
    move_days(clock, services, 11)
    assert list_ids(officer, "overdue") == [case]
    for kind in ("mediation_arranged", "certificate_issued", "appeal_lodged", "appeal_answered"):
        record_today(officer, clock, case, kind)
    move_days(clock, services, 400)
    assert (list_ids(officer, "all"), list_ids(officer, "closed")) == ([case], [])
    assert next_words(officer, case) == "Appeal at the Tribunal"
    record_today(officer, clock, case, "dismissed")
    assert (list_ids(officer, "all"), list_ids(officer, "closed")) == ([], [case])


def test_refused_child_can_be_requested_again_during_the_time_to_appeal(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_case(me, services)
    person = rows(services, Case)[0].person_id
    record_today(officer, clock, case, "refused_to_assess")
    body = {
        "submission": str(uuid4()),
        "version": str(uuid4()),
        "person": str(person),
        "received_on": "2026-03-02",
        "answers": {"needs": "Words come slowly."},
    }
    new = UUID(ok(officer.post("/v1/desk/requests", json=body)).json()["id"])
    assert list_ids(officer, "all") == [new, case]


def test_rights_of_the_family_are_never_late(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_case_in_assessment(me, officer, services)
    match_child(officer, case)
    for kind in ("decided_to_issue", "draft_served"):
        record_today(officer, clock, case, kind)
    move_days(clock, services, 30)
    detail = ok(officer.get(f"/v1/desk/cases/{case}")).json()
    words = {row["kind"]: row["words"] for row in detail["deadlines"]}
    assert words["representations"] == "Family may give views until 16/03/2026 · the time is over"
    assert list_ids(officer, "overdue") == []
    assert next_words(officer, case).startswith("Final plan due")


def test_case_transferred_out_stays_at_its_stage(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_case_in_assessment(me, officer, services)
    record_today(officer, clock, case, "transferred_out")
    for stage, expected in (("assessment", [str(case)]), ("reviews", [])):
        query = {"view": "closed", "stage": stage}
        page = ok(officer.get("/v1/desk/cases", params=query)).json()
        assert [row["id"] for row in page["rows"]] == expected
        assert {row["stage"] for row in page["rows"]} <= {stage}


def test_time_to_appeal_is_shown_until_it_is_over(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_case(me, services)
    record_today(officer, clock, case, "refused_to_assess")

    def kinds() -> list[str]:
        page = ok(officer.get(f"/v1/desk/cases/{case}")).json()
        return [row["kind"] for row in page["deadlines"]]

    move_days(clock, services, 64)
    assert kinds() == ["appeal"]  # until today
    move_days(clock, services, 1)
    assert kinds() == []


def test_reassessment_counts_its_own_advice_only(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_case_in_assessment(me, officer, services)
    match_child(officer, case)
    ok(officer.post(f"/v1/desk/cases/{case}/advice", json=advice_body(me, ADVICE)))
    clock.move(minutes=1)
    for kind in ("decided_to_issue", "draft_served", "representations_recorded", "final_issued"):
        record_today(officer, clock, case, kind)
    for kind in ("reassessment_requested", "reassessment_agreed"):
        record_today(officer, clock, case, kind)
    clock.move(minutes=1)

    def warning() -> str:
        reply = record_event(officer, case, "decided_to_issue", confirmed=False)
        return str(reply.json()["detail"])

    assert "Educational" in warning().partition("Never asked for")[2]
    with services.transaction() as tx:  # as an earlier version counted
        row = tx.session.get_one(Case, case)
        row.advice_awaited, row.advice_due, row.computed_with = 1, clock.now.date(), "before"
        row.due_on = row.advice_due
    assert asyncio.run(recompute(services)) == 1
    [row] = rows(services, Case)
    assert (row.advice_awaited, row.advice_due) == (0, None)
    assert str(row.due_on) == "2026-06-08"  # the plan, 14 weeks after agreeing
    ok(officer.post(f"/v1/desk/cases/{case}/advice", json=advice_body(me, ADVICE)))
    assert "Educational" not in warning().partition("Never asked for")[2]


def test_list_names_the_young_person_whose_rights_they_are(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_case(me, services, born="2009-01-20")
    record_today(officer, clock, case, "refused_to_assess")
    words = "Young person may appeal until 05/05/2026 · 64 days left"
    assert next_words(officer, case) == words
    person = ok(officer.get(f"/v1/desk/cases/{case}")).json()["person"]["id"]
    assert ok(me.get(f"/v1/people/{person}/progress")).json()["due_words"] == words
    message = read_message(me, "Decided not to assess: news of a child on your list")
    assert "The young person has been told why" in message["body"]
    case = create_case_in_assessment(me, officer, services, born="2009-01-20", first_name="Ada")
    match_child(officer, case)
    asked = record_event(officer, case, "decided_not_to_issue", reason="Met.", confirmed=False)
    assert "The young person is to be told in writing" in asked.json()["detail"]
    for kind in ("decided_to_issue", "draft_served"):
        ok(record_event(officer, case, kind))
    refused = record_event(officer, case, "final_issued").json()["errors"][0]["message"]
    assert refused.startswith("The young person may give their views until 16/03/2026.")
    events = ok(officer.get(f"/v1/desk/cases/{case}")).json()["events"]
    path = f"/v1/desk/cases/{case}/events/{events[-1]['id']}"
    correction = {"kind": "final_issued", "on": "2026-03-02", "reason": "A slip."}
    refused = officer.put(path, json={**correction, "id": str(uuid4())}).json()
    assert "family" not in str(refused)
    assert code_of(record_event(officer, case, "transfer_notified")) == "not_allowed"
    reply = record_event(officer, case, "transfer_notified").json()["detail"]
    assert reply == "Tell the young person of the transfer can't be done where this case stands."


def test_home_lists_what_is_due_first(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_case_in_assessment(me, officer, services)
    ok(officer.put(f"/v1/desk/cases/{case}/officer"))
    ok(officer.post(f"/v1/desk/cases/{case}/advice", json=advice_body(me, ADVICE)))
    [row] = ok(officer.get("/v1/home")).json()["cases"]["rows"]
    assert row["due"] == "2026-04-13"
