"""Every reply that shows a child is in the audit log before it is sent."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from sqlalchemy import event
from sqlmodel import col, select

from server.core.audit import Action, AuditEvent, AuditShown, events_about
from server.core.database import Services
from server.forms.tables import Submission
from server.messages.service import send_message
from server.people.tables import Person
from shared.accounts import Staff
from shared.places import Place, PlaceKind
from tests.parts import Clock, Factory, Someone
from tests.server.routes import TABLE, PathObjects, send_request
from tests.server.statements import record_statements
from tests.server.steps import add_child, audit_of, ok, rows

FORMS = "GET /v1/forms"
"""Its help names a made-up child of the same name."""
FIGURES = "GET /v1/figures/latest"
"""Only officers read them."""
ABOUT_A_CHILD = ("{person}", "{submission}", "{document}", "{case}")


def recorded_children(services: Services, account: UUID, since: int) -> set[UUID]:
    """Return the children, or accounts, in an account's entries after one."""
    with services.transaction() as tx:
        entries = select(AuditEvent).where(
            col(AuditEvent.id) > since, AuditEvent.account_id == account
        )
        events = tx.session.exec(entries).all()
        shown = select(AuditShown.shown_id).where(
            col(AuditShown.event_id).in_([entry.id for entry in events])
        )
        return {entry.person_id for entry in events if entry.person_id} | set(
            tx.session.exec(shown)
        )


def newest_entry(services: Services) -> int:
    return max((entry.id or 0 for entry in audit_of(services)), default=0)


def add_message(services: Services, to: Someone, person: UUID) -> str:
    with services.transaction() as tx:
        send_message(
            tx,
            to_account=to.id,
            subject=f"News of {tx.session.get_one(Person, person).first_name}",
            body="Please write about this child.",
            person=person,
            place=Place(PlaceKind.PEOPLE),
            place_label="Open it",
        )
    [message, *_] = to.get("/v1/messages").json()["rows"]
    return str(message["id"])


def is_polling(app: FastAPI, route: str) -> bool:
    return any(
        f"GET {context.path}" == route
        and getattr(getattr(context, "endpoint", None), "__polling__", False)
        for context in iter_route_contexts(app.routes)
    )


@pytest.mark.parametrize("kind", ["professional", "officer"])
@pytest.mark.parametrize("minutes", [0, 2], ids=["", "session-extended"])
def test_every_route_that_shows_a_child_is_audited(
    kind: str,
    minutes: int,
    mine: Someone,
    path_objects: PathObjects,
    someone: Factory,
    app: FastAPI,
    services: Services,
    clock: Clock,
    subtests: pytest.Subtests,
) -> None:
    [submitted] = [row for row in rows(services, Submission) if row.submitted_at]
    if kind == "officer":
        account = someone("officer@leicester.example", staff=Staff.OFFICER)
        ok(account.put(f"/v1/desk/cases/{path_objects['case']}/officer"))
        path_objects |= {"submission": submitted.id}
    else:
        account = mine
    child = submitted.person_id if kind == "officer" else UUID(str(path_objects["person"]))
    path_objects |= {"message": add_message(services, account, child)}
    clock.move(minutes=2)
    ok(account.get("/v1/session"))
    people = rows(services, Person)
    audited = set()
    for route, row in TABLE.items():
        if not route.startswith("GET ") or is_polling(app, route) or route == FORMS:
            continue
        ok(account.get("/v1/session"))  # a refused request does not extend the session
        clock.move(minutes=minutes)
        before = newest_entry(services)
        reply = send_request(account, route, row, path_objects)
        if not reply.is_success:
            continue
        shown = {
            person.id
            for person in people
            if re.search(rf"\b({person.first_name}|{person.id})\b", reply.text)
        }
        with subtests.test(route=route):
            assert shown <= recorded_children(services, account.id, before)
            if shown or any(part in route for part in ABOUT_A_CHILD):
                assert recorded_children(services, account.id, before)
                audited.add(route)
    assert len(audited) == (13 if kind == "professional" else 18), audited


def test_supports_search_for_accounts_is_audited(
    someone: Factory, me: Someone, services: Services, clock: Clock
) -> None:
    support = someone("support@leicester.example", staff=Staff.SUPPORT)
    for path, query in (("/v1/support/accounts", {"email": "sen"}), ("/v1/find", {"q": "sen"})):
        clock.move(minutes=2)
        before = newest_entry(services)
        ok(support.get(path, params=query))
        assert recorded_children(services, support.id, before) == {me.id}, path
    account = ok(support.get(f"/v1/support/accounts/{me.id}")).json()
    assert "shown" not in str(account["events"]).lower()


def listings(services: Services) -> list[set[UUID]]:
    """Return the children of each entry of Select Person, in order."""
    shown: dict[int, set[UUID]] = {
        entry.id or 0: set() for entry in audit_of(services) if entry.action == Action.SHOWN_IN_LIST
    }
    for row in rows(services, AuditShown):
        if row.event_id in shown:
            shown[row.event_id].add(row.shown_id)
    return list(shown.values())


def test_repeated_lists_are_audited_once_a_minute(
    me: Someone, other: Someone, services: Services, clock: Clock
) -> None:
    ivo, nell = add_child(me), add_child(me, first_name="Nell")
    ok(me.get("/v1/people", params={"find": "ivo"}))
    assert listings(services) == [{ivo}]
    for find in ("", "ne", "nell"):
        ok(me.get("/v1/people", params={"find": find}))
    assert listings(services) == [{ivo}, {nell}]
    ok(other.get("/v1/people"))
    clock.move(seconds=61)
    ok(me.get("/v1/people"))
    assert listings(services) == [{ivo}, {nell}, {ivo, nell}]
    wren = add_child(other, first_name="Wren")
    ok(other.get("/v1/people"))
    assert listings(services)[-1] == {wren}


@contextmanager
def failing_log(services: Services) -> Iterator[None]:
    """Fail every statement that adds to the audit log."""

    def fail(*arguments: object) -> None:
        if str(arguments[2]).startswith("INSERT INTO audit_event"):
            raise OSError("the audit can't be written")

    event.listen(services.engine, "before_cursor_execute", fail)
    try:
        yield
    finally:
        event.remove(services.engine, "before_cursor_execute", fail)


def test_list_is_not_sent_if_it_can_not_be_audited(me: Someone, services: Services) -> None:
    child = add_child(me)
    with failing_log(services):
        for path in ("/v1/people", f"/v1/people/{child}/removal"):
            reply = me.get(path)
            assert reply.status_code == 500
            assert "Ivo" not in reply.text
    before = newest_entry(services)
    ok(me.get("/v1/people"))
    assert recorded_children(services, me.id, before) == {child}


def test_polling_writes_nothing(
    mine: Someone, someone: Factory, path_objects: PathObjects, services: Services, app: FastAPI
) -> None:
    polled = [route for route in TABLE if route.startswith("GET ") and is_polling(app, route)]
    assert len(polled) == 4
    officer = someone("officer@leicester.example", staff=Staff.OFFICER)
    with record_statements(services) as statements:
        for route in polled:
            by = officer if route == FIGURES else mine
            ok(send_request(by, route, TABLE[route], path_objects))
    assert {statement.split()[0] for statement in statements} == {"SELECT"}


def test_childs_log_says_where_the_child_was_shown(
    me: Someone, officer: Someone, services: Services
) -> None:
    ivo, nell = add_child(me), add_child(me, first_name="Nell")
    ok(me.get("/v1/people"))
    ok(me.get(f"/v1/people/{ivo}/removal"))
    for child, expected in (
        (ivo, ["Trail read", "Removal checked", "Shown in list", "Person added"]),
        (nell, ["Trail read", "Shown in list", "Person added"]),
    ):
        entries = ok(officer.get(f"/v1/desk/people/{child}/trail")).json()["rows"]
        assert [entry["action"] for entry in entries] == expected
        assert entries[-2]["by"] == entries[-1]["by"] == "Ada Senco"


def test_log_of_a_child_is_read_by_indexes(
    me: Someone, officer: Someone, services: Services
) -> None:
    if services.engine.name != "sqlite":
        return  # PostgreSQL chooses its plans by the number of rows
    with services.engine.connect() as connection:
        query = events_about([add_child(me)], 1_000, 200).compile(
            services.engine, compile_kwargs={"literal_binds": True}
        )
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}").all()
    searches = [row.detail for row in plan if "audit_" in row.detail]
    assert len(searches) == 2
    assert all("USING COVERING INDEX" in detail for detail in searches)
