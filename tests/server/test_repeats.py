"""Repeated requests: all that was sent under an id that the client made is compared.

Each route is sent a request, the same at the same time, the same again, and then with each field
changed by turns. `test_every_id_of_a_client_is_sent_here` fails for a route that is not listed.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, get_args
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from httpx import Response

from server.core.audit import AuditEvent
from server.core.database import Services
from server.core.sent_ids import OTHER_CONTENT, SentId
from server.core.settings import Settings
from server.forms.tables import StoredSave
from shared.accounts import Staff
from shared.values.sending import Mark
from tests.letters import LETTERS
from tests.parts import Factory, Someone
from tests.server.casework.steps import CASEWORK
from tests.server.desk.steps import create_case, record_event
from tests.server.repeat_requests import (
    DAY,
    GROUPS,
    Sending,
    World,
    find_models,
    find_new_ids,
    variants,
)
from tests.server.steps import add_child, audit_of, child, ok, rows, share, start, version_of

REFUSED = {403, 404, 409}
OWN_COMPARISON = {
    "POST /v1/registrations": "the digest of the whole body is stored with the registration",
    "POST /v1/provider-sign-ins": "the row holds all that is sent",
    "POST /v1/sessions": "it needs the password, and repeats only the start of a session",
    "PATCH /v1/submissions/{submission}/answers": "the digest is stored with the save",
}
"""Routes with an id that is no `NewId`, and how a repeated request is recognised."""
NOTHING_DONE = {
    "POST /v1/desk/several/check",
    "POST /v1/casework/panels/{panel}/several/check",
}
REPLACING = {
    "PUT /v1/account/about": "one's own, as last sent",
    "PUT /v1/account/work-details/{card}": "one's own, as last sent",
    "PUT /v1/account/password": "needs the current one",
    "PUT /v1/account/email": "is confirmed by a code",
    "PUT /v1/account/second-step": "is confirmed by a code",
    "PUT /v1/account/ssh-keys/{key}": "the row holds all that is sent",
    "PUT /v1/phrases/{phrase}": "one's own, as last sent",
    "PUT /v1/desk/views/{view}": "one's own, as last sent",
    "PUT /v1/placements/cases/{case}/sen2": "one answer to each field, as last sent",
    "PUT /v1/desk/advice/{advice_request}/contacts": "has a `NewId`",
    "PUT /v1/desk/cases/{case}/events/{event}": "has a `NewId`",
}
"""PUTs of what has no version, and why a second one does no harm."""
REFERENCES = {
    *("account", "advice", "case", "cases", "cover", "document", "officer", "organisation"),
    *("organisation_id", "person", "readers", "same_as", "to"),
}
"""Fields with ids of what there is already."""
COVERED = {
    ("AskAdvice", "submission"),
    ("PaperRequest", "version"),
    ("Parent", "id"),
    ("PaperDocumentIn", "id"),  # those of the receipt, which is taken back once
    ("PaperRemovalIn", "id"),
}
"""Further ids: each is part of what is sent under a `NewId`, or of what there is already."""


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"letters": LETTERS})


@pytest.fixture
def world(
    me: Someone, other: Someone, officer: Someone, someone: Factory, services: Services
) -> World:
    second = someone("second@leicester.example", staff=Staff.OFFICER)
    return World(me, other, officer, second, services)


def bodies_of(app: FastAPI) -> dict[str, object]:
    """Return the type of the body of each route that has one."""
    bodies: dict[str, object] = {}
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute) and route.body_field is not None:
            method = next(iter(route.methods or ()))
            bodies[f"{method} {context.path}"] = route.body_field.field_info.annotation
    return bodies


def send_at_once(*requests: Callable[[], Response]) -> list[Response]:
    """Send requests at the same moment, and return their replies."""
    with ThreadPoolExecutor(len(requests)) as threads:
        return [future.result() for future in [threads.submit(send) for send in requests]]


def done(services: Services) -> list[AuditEvent]:
    """Return the entries of what was done, without what was only read."""
    return [
        entry
        for entry in audit_of(services)
        if not entry.action.endswith("_read") and not entry.action.startswith("shown_")
    ]


@pytest.mark.both_databases
@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.__name__)
def test_all_that_was_sent_is_compared(
    group: Callable[[World], Iterator[Sending]], world: World, app: FastAPI
) -> None:
    bodies, services = bodies_of(app), world.services
    routes = set()
    for sending in group(world):
        routes.add(sending.route)
        before = len(done(services))
        replies = send_at_once(sending.send, sending.send)
        assert all(reply.is_success for reply in replies), (sending, [r.text for r in replies])
        after, sent = len(done(services)), rows(services, SentId)
        assert after > before, sending.route
        again = sending.send()
        assert (again.status_code, again.content) == (
            ok(replies[0]).status_code,
            replies[0].content,
        )
        for by in (world.other, world.second):
            assert sending.send(by=by).status_code in REFUSED, sending.route
        for label, body in variants(bodies[sending.route], sending.body):
            reply = sending.send(body)
            is_reference = label.rpartition(".")[2] in REFERENCES  # which may be looked for first
            expected = {404, 409} if is_reference else {409}
            assert reply.status_code in expected, (sending.route, label, reply.text)
        assert len(done(services)) == after, sending.route
        assert sorted(row.id for row in rows(services, SentId)) == sorted(row.id for row in sent)
    assert routes == GROUPS[group]


def test_every_id_of_a_client_is_sent_here(app: FastAPI) -> None:
    """A new route, or a new field with an id, must be decided on."""
    bodies = bodies_of(app)
    compared = {route for route, body in bodies.items() if find_new_ids(body)}
    assert compared == set.union(*GROUPS.values()) | NOTHING_DONE
    others = {
        (model.__name__, name)
        for route, body in bodies.items()
        if route not in OWN_COMPARISON
        for model in find_models(body)
        for name, field in model.model_fields.items()
        if UUID in (field.annotation, *find_parts(field.annotation))
        and Mark.NEW_ID not in field.metadata
        and name not in REFERENCES
    }
    assert others == COVERED


def test_what_is_put_has_a_version_or_is_replaced(app: FastAPI) -> None:
    """Two people must not replace the same row without seeing what the other one wrote."""
    unversioned = {
        f"PUT {context.path}"
        for context in iter_route_contexts(app.routes)
        if isinstance(route := context.original_route, APIRoute)
        and route.methods == {"PUT"}
        and route.body_field is not None
        and 428 not in route.responses
    }
    assert unversioned == REPLACING.keys()


def find_parts(annotation: object) -> Iterator[object]:
    """Yield all parts of an annotation."""
    for part in get_args(annotation):
        yield part
        yield from find_parts(part)


@pytest.mark.both_databases
def test_one_of_two_different_requests_with_an_id_is_done(world: World) -> None:
    officer, services = world.officer, world.services
    notes = f"{CASEWORK}/cases/{create_case(world.me, services)}/notes"
    note, person = {"id": str(uuid4())}, child(first_name="Ada", born="2017-05-02")
    cover = {"id": str(uuid4()), "officer": str(officer.id), "cover": str(world.second.id)}
    cover |= {"from_on": DAY}
    pairs: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        (notes, {**note, "text": "One"}, {**note, "text": "Two"}),
        ("/v1/desk/covers", {**cover, "until_on": DAY}, {**cover, "until_on": "2026-03-09"}),
        ("/v1/desk/people", {**person, "school": "A"}, {**person, "school": "B"}),
    ]
    for path, *bodies in pairs:
        before = len(done(services))
        replies = send_at_once(*(partial(officer.post, path, json=body) for body in bodies))
        assert [reply.status_code for reply in replies if not reply.is_success] == [409], path
        assert len(done(services)) == before + 1


def test_warning_that_was_read_is_no_content(world: World) -> None:
    """After a lost reply to a confirmed request, the client warns again, and sends the same."""
    new = child(first_name="Ada", born="2017-05-02")
    for confirmed in (True, False, True):
        reply = world.officer.post("/v1/desk/people", json={**new, "confirmed": confirmed})
        assert ok(reply).json()["added"]["id"] == new["id"]


def test_what_was_only_checked_can_be_sent_with_other_content(world: World) -> None:
    officer = world.officer
    add_child(world.me, first_name="Ada")
    new = child(first_name="Ada")
    shown = ok(officer.post("/v1/desk/people", json=new)).json()
    assert shown["known"] and shown["added"] is None
    other = {**new, "school": "Oakham Road", "confirmed": True}
    assert ok(officer.post("/v1/desk/people", json=other)).json()["added"]


def test_what_an_earlier_version_recorded_is_compared_as_it_was(world: World) -> None:
    officer, services = world.officer, world.services
    case = create_case(world.me, services)
    note = {"id": str(uuid4()), "text": "Called back."}
    path = f"{CASEWORK}/cases/{case}/notes"
    ok(officer.post(path, json=note))
    with services.transaction() as tx:
        tx.session.delete(tx.session.get_one(SentId, UUID(note["id"])))
    ok(officer.post(path, json=note))
    assert officer.post(path, json={**note, "text": "Other."}).status_code == 409


def test_refusal_says_what_to_do(world: World) -> None:
    case = create_case(world.me, world.services)
    id = str(uuid4())
    ok(record_event(world.officer, case, "decided_to_assess", id=id))
    reply = record_event(world.officer, case, "decided_to_assess", id=id, reason="More.")
    assert reply.json()["detail"] == OTHER_CONTENT


def test_save_is_compared_with_what_was_saved_under_its_id(world: World) -> None:
    me, other, services = world.me, world.other, world.services
    form = start(me)
    share(me, form, other)
    path, id = f"/v1/submissions/{form}/answers", str(uuid4())
    headers, same = {"If-Match": version_of(me, form)}, {"attainment": "Reads."}

    def send(by: Someone, changes: dict[str, str]) -> Response:
        reply: Response = by.patch(path, json={"save": id, "changes": changes}, headers=headers)
        return reply

    assert ok(send(me, same)).json() == ok(send(me, same)).json()
    for sender, changes in ((me, {"attainment": "Writes."}), (me, {}), (other, same)):
        reply = send(sender, changes)
        assert (reply.status_code, reply.json()["detail"]) == (409, OTHER_CONTENT)
    with services.transaction() as tx:
        tx.session.get_one(StoredSave, UUID(id)).digest = None  # stored by an earlier version
    ok(send(me, {}))
