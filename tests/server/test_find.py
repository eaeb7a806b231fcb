"""The global search over HTTP: what each kind of account can and cannot find."""

from typing import Any

import pytest

from server.core.database import Services
from server.forms.tables import Submission
from shared.accounts import Staff
from shared.home import FIND_ROWS
from tests.parts import Clock, Factory, Someone
from tests.server.desk.steps import case_of
from tests.server.statements import record_statements
from tests.server.steps import add_child, ok, rows, send, share, start, submitted


def find(me: Someone, words: str) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = ok(me.get("/v1/find", params={"q": words})).json()["results"]
    return results


def places(me: Someone, words: str) -> list[str]:
    """List where the results lead, without messages: a submission sends some."""
    found = [result["place"] for result in find(me, words)]
    return [place for place in found if not place.startswith("messages/")]


def test_a_child_is_found_by_any_words_of_their_details(me: Someone) -> None:
    person = add_child(me)
    add_child(
        me,
        first_name="Nell",
        last_name="Quayle",
        born="2019-01-02",
        postcode="LE1 1AA",
        school="Tansy Bank",
    )
    for words in ("ivo", "IVO lark", "dunne", "14/03/2018", "le3 9rn", "wren hollow"):
        assert places(me, words) == [f"people/{person}"], words
    [result] = find(me, "ivo")
    assert result["words"] == "Ivo Larkspur-Dunne"
    assert result["hint"] == "born 14/03/2018 · Wren Hollow Primary School"
    assert find(me, "zo") == find(me, "  ") == []


def test_a_hidden_child_is_found_too(me: Someone) -> None:
    person = add_child(me)
    ok(me.put(f"/v1/people/{person}/hidden"))
    assert places(me, "ivo") == [f"people/{person}"]


def test_a_form_is_found_by_its_child_its_title_and_its_reference(
    me: Someone, services: Services, clock: Clock
) -> None:
    person = add_child(me)
    draft = start(me, person)
    clock.move(minutes=1)
    other = submitted(me, add_child(me, first_name="Nell"))
    [reference] = [row.reference for row in rows(services, Submission) if row.reference]
    assert places(me, "ivo") == [f"people/{person}", f"forms/{draft}/go-on"]
    assert places(me, "request nell") == [f"forms/{other}/versions"]
    assert places(me, "request") == [f"forms/{other}/versions", f"forms/{draft}/go-on"]
    assert places(me, reference.lower()) == [f"forms/{other}/versions"]
    result = find(me, reference)[0]
    assert reference in result["hint"]
    assert "Nell Larkspur-Dunne" in result["words"]


def test_a_message_is_found_and_names_no_child(me: Someone, services: Services) -> None:
    send(services, me, "Advice is needed")
    [message] = me.get("/v1/messages").json()["rows"]
    [result] = find(me, "advice needed")
    assert result["place"] == f"messages/{message['id']}"
    assert result["words"] == "Advice is needed"
    assert "Larkspur" not in f"{find(me, 'larkspur')}"


def test_others_find_nothing_but_what_is_shared_with_them(
    me: Someone, bea: Someone, outsider: Someone, services: Services
) -> None:
    person = add_child(me)
    shared, submission = start(me, person), submitted(me, person)
    send(services, me, "Ivo")
    share(me, shared, bea)
    assert places(bea, "ivo") == [f"people/{person}", f"forms/{shared}/go-on"]
    [reference] = [row.reference for row in rows(services, Submission) if row.id == submission]
    for words in ("ivo", "request", reference or ""):
        assert find(outsider, words) == [], words
    assert f"forms/{submission}/versions" not in places(bea, "request")


def test_an_officer_finds_cases_by_child_and_by_reference(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = case_of(me, services)
    start(me, add_child(me, first_name="Ivor"))  # not known to the authority yet
    assert places(officer, "ivo") == [f"cases/{case}"]
    [result] = find(officer, "ivo")
    assert (result["words"], result["hint"]) == (
        "Larkspur-Dunne, Ivo",
        "born 14/03/2018 · Request received",
    )
    [reference] = [row.reference for row in rows(services, Submission) if row.reference]
    assert places(officer, f" {reference.lower()} ") == [f"cases/{case}"]
    me_withdraws = [row.id for row in rows(services, Submission) if row.reference]
    ok(me.post(f"/v1/submissions/{me_withdraws[0]}/withdraw"))
    assert places(officer, "ivo") == [f"cases/{case}"]  # a closed case


def test_support_finds_accounts_and_no_child(
    me: Someone, someone: Factory, services: Services
) -> None:
    support = someone("support@leicester.example", staff=Staff.SUPPORT)
    case_of(me, services)
    assert find(support, "ivo") == []
    [result] = find(support, me.email)
    assert (result["place"], result["words"]) == (f"support/accounts/{me.id}", me.email)


@pytest.mark.parametrize("words", ["", "x", "x" * 201])
def test_nothing_and_too_much_are_refused(me: Someone, words: str) -> None:
    assert me.get("/v1/find", params={"q": words}).status_code == 422


@pytest.mark.parametrize("words", ["%%", "__", "''", "\N{PILE OF POO}" * 2])
def test_signs_are_only_signs(me: Someone, services: Services, words: str) -> None:
    send(services, me, "Advice is needed")
    submitted(me)
    assert places(me, words) == []
    assert "Advice is needed" not in [result["words"] for result in find(me, words)]


def test_a_search_takes_as_many_statements_as_ever_and_shows_the_first(
    services: Services, someone: Factory
) -> None:
    counts = []
    for count in (1, FIND_ROWS + 1):
        me = someone(f"me{count}@osierbeck.example")
        for number in range(count):
            person = add_child(me, first_name="Nell", last_name=f"{number} of {count}")
            submitted(me, person)
        with record_statements(services) as statements:
            results = find(me, "nell")
        counts.append(len(statements))
        kinds = [result["place"].split("/")[0] for result in results]
        for kind in ("people", "forms", "messages"):
            assert kinds.count(kind) == min(count, FIND_ROWS), kinds
    assert counts[0] == counts[1]
