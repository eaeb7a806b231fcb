"""The global search over HTTP: what each kind of account can and cannot find."""

from typing import Any

import pytest

from server.core.database import Services
from server.forms.tables import Submission
from shared.accounts import Staff
from shared.home import FIND_ROWS
from tests.parts import Clock, Factory, Someone
from tests.server.desk.steps import (
    create_case,
    create_case_in_assessment,
    match_child,
    record_event,
)
from tests.server.desk.test_advice_kind import ask_by_post
from tests.server.placements.steps import add_school, consult
from tests.server.placements.steps import read as read_placements
from tests.server.statements import record_statements
from tests.server.steps import add_child, ok, rows, send, share, start, submit_request

pytestmark = pytest.mark.both_databases


def find(me: Someone, query: str) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = ok(me.get("/v1/find", params={"q": query})).json()["results"]
    return results


def find_places(me: Someone, query: str) -> list[str]:
    """Return the places of the results, without the messages that submitting sends."""
    places = [result["place"] for result in find(me, query)]
    return [place for place in places if not place.startswith("messages/")]


def test_child_is_found_by_words_of_any_detail(me: Someone) -> None:
    person = add_child(me)
    add_child(
        me,
        first_name="Nell",
        last_name="Quayle",
        born="2019-01-02",
        postcode="LE1 1AA",
        school="Tansy Bank",
    )
    for query in ("ivo", "IVO lark", "dunne", "14/03/2018", "le3 9rn", "wren hollow"):
        assert find_places(me, query) == [f"people/{person}"], query
    [result] = find(me, "ivo")
    assert result["words"] == "Ivo Larkspur-Dunne"
    assert result["hint"] == "born 14/03/2018 · Wren Hollow Primary School"
    assert find(me, "zo") == find(me, "  ") == []


def test_hidden_child_is_found(me: Someone) -> None:
    person = add_child(me)
    ok(me.put(f"/v1/people/{person}/hidden"))
    assert find_places(me, "ivo") == [f"people/{person}"]


def test_form_is_found_by_child_title_and_reference(
    me: Someone, services: Services, clock: Clock
) -> None:
    person = add_child(me)
    draft = start(me, person)
    clock.move(minutes=1)
    other = submit_request(me, add_child(me, first_name="Nell"))
    [reference] = [row.reference for row in rows(services, Submission) if row.reference]
    assert find_places(me, "ivo") == [f"people/{person}", f"forms/{draft}/go-on"]
    assert find_places(me, "request nell") == [f"forms/{other}/versions"]
    assert find_places(me, "request") == [f"forms/{other}/versions", f"forms/{draft}/go-on"]
    assert find_places(me, reference.lower()) == [f"forms/{other}/versions"]
    result = find(me, reference)[0]
    assert reference in result["hint"]
    assert "Nell Larkspur-Dunne" in result["words"]


def test_message_is_found_by_subject_but_not_by_child(me: Someone, services: Services) -> None:
    send(services, me, "Advice is needed")
    [message] = me.get("/v1/messages").json()["rows"]
    [result] = find(me, "advice needed")
    assert result["place"] == f"messages/{message['id']}"
    assert result["words"] == "Advice is needed"
    assert "Larkspur" not in f"{find(me, 'larkspur')}"


def test_others_find_only_shared_forms(
    me: Someone, bea: Someone, outsider: Someone, services: Services
) -> None:
    person = add_child(me)
    shared, submission = start(me, person), submit_request(me, person)
    send(services, me, "Ivo")
    share(me, shared, bea)
    assert find_places(bea, "ivo") == [f"people/{person}", f"forms/{shared}/go-on"]
    [reference] = [row.reference for row in rows(services, Submission) if row.id == submission]
    for query in ("ivo", "request", reference or ""):
        assert find(outsider, query) == [], query
    assert f"forms/{submission}/versions" not in find_places(bea, "request")


def test_officer_finds_cases_by_child_and_reference(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case(me, services)
    start(me, add_child(me, first_name="Ivor"))  # not known to the authority yet
    assert find_places(officer, "ivo") == [f"cases/{case}"]
    [result] = find(officer, "ivo")
    assert (result["words"], result["hint"]) == (
        "Larkspur-Dunne, Ivo",
        "born 14/03/2018 · Request received",
    )
    [reference] = [row.reference for row in rows(services, Submission) if row.reference]
    assert find_places(officer, f" {reference.lower()} ") == [f"cases/{case}"]
    submitted_ids = [row.id for row in rows(services, Submission) if row.reference]
    ok(me.post(f"/v1/submissions/{submitted_ids[0]}/withdraw"))
    assert find_places(officer, "ivo") == [f"cases/{case}"]  # a closed case


def test_officer_finds_a_case_by_any_reference_of_its_letters_and_forms(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case_in_assessment(me, officer, services)
    match_child(officer, case)
    create_case(me, services, first_name="Nell")
    by_post = ask_by_post(officer, case)
    for kind in ("decided_to_issue", "draft_served"):
        ok(record_event(officer, case, kind))
    ok(consult(officer, case, add_school(services)))
    [setting] = read_placements(officer, case).consultations
    forms = [row for row in rows(services, Submission) if row.case_id == case]
    references = [setting.reference, by_post["id"][:8], *(row.reference for row in forms)]
    for reference in filter(None, references):
        for text in (reference.lower(), f" {reference.upper()} "):
            assert find_places(officer, text) == [f"cases/{case}"], reference
            page = ok(officer.get("/v1/desk/cases", params={"find": text, "view": "all"})).json()
            assert [row["id"] for row in page["rows"]] == [str(case)], reference
    assert find_places(officer, "0" * 8) == find_places(officer, setting.reference[:7]) == []
    assert find_places(me, setting.reference) == []


def test_support_finds_accounts_but_no_children(
    me: Someone, someone: Factory, services: Services
) -> None:
    support = someone("support@leicester.example", staff=Staff.SUPPORT)
    create_case(me, services)
    assert find(support, "ivo") == []
    [result] = find(support, me.email)
    assert (result["place"], result["words"]) == (f"support/accounts/{me.id}", me.email)


@pytest.mark.parametrize("query", ["", "x", "x" * 201])
def test_empty_or_overlong_query_is_rejected(me: Someone, query: str) -> None:
    assert me.get("/v1/find", params={"q": query}).status_code == 422


@pytest.mark.parametrize("query", ["%%", "__", "''", "\N{PILE OF POO}" * 2])
def test_special_characters_are_matched_literally(
    me: Someone, services: Services, query: str
) -> None:
    send(services, me, "Advice is needed")
    submit_request(me)
    assert find_places(me, query) == []
    assert "Advice is needed" not in [result["words"] for result in find(me, query)]


def test_search_limits_results_and_runs_a_constant_number_of_statements(
    services: Services, someone: Factory
) -> None:
    counts = []
    for count in (1, FIND_ROWS + 1):
        me = someone(f"me{count}@osierbeck.example")
        for number in range(count):
            person = add_child(me, first_name="Nell", last_name=f"{number} of {count}")
            submit_request(me, person)
        with record_statements(services) as statements:
            results = find(me, "nell")
        counts.append(len(statements))
        kinds = [result["place"].split("/")[0] for result in results]
        for kind in ("people", "forms", "messages"):
            assert kinds.count(kind) == min(count, FIND_ROWS), kinds
    assert counts[0] == counts[1]
