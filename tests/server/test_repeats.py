"""Repeated requests: all that was sent under an id that the client made is compared.

Each route is sent a request, the same at the same time, the same again, and then with each field
changed by turns. `test_every_id_of_a_client_is_sent_here` fails for a route that is not listed.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from functools import partial
from typing import Any, NamedTuple, get_args
from uuid import UUID, uuid4

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from httpx import Response
from pydantic import BaseModel, ValidationError

from server.cases.tables import Case
from server.core.audit import AuditEvent
from server.core.database import Services
from server.core.sent_ids import OTHER_CONTENT, SentId
from server.core.settings import Settings
from server.forms.tables import StoredSave
from shared.accounts import Staff
from shared.values.sending import Mark
from tests.letters import LETTERS
from tests.parts import Factory, Someone
from tests.server.casework.steps import CASEWORK, add_panel, add_to_panel
from tests.server.desk.steps import create_case, record_event, record_parent
from tests.server.letters.steps import save as save_letter
from tests.server.placements.steps import create_drafted_case
from tests.server.steps import (
    add_child,
    audit_of,
    child,
    if_match,
    ok,
    required_answers,
    rows,
    save,
    share,
    start,
    start_body,
    upload,
    version_of,
)

DAY = "2026-03-02"
CARE: dict[str, str | bool] = {
    "looked_after": True,
    "looked_after_by": "Leicester City Council",
    "social_worker": "Sam Holt",
}
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
    "PUT /v1/desk/advice/{advice_request}/contacts": "says what it replaces",
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


class Sending(NamedTuple):
    """A request under an id that the client makes."""

    route: str
    path: str
    body: dict[str, Any]
    by: Someone
    headers: dict[str, str] = {}

    def send(self, body: object = None, by: Someone | None = None) -> Response:
        method = self.route.split()[0]
        reply: Response = (by or self.by).http.request(
            method, self.path, json=body or self.body, headers=self.headers
        )
        return reply


class World(NamedTuple):
    """Who sends, and what about."""

    me: Someone
    other: Someone
    officer: Someone
    second: Someone
    services: Services


def new_id() -> dict[str, Any]:
    return {"id": str(uuid4())}


def by_professionals(world: World) -> Iterator[Sending]:
    me = world.me
    new = child(first_name="Ada", **CARE)
    yield Sending("POST /v1/people", "/v1/people", new, me)
    form = start_body(UUID(str(new["id"])))
    yield Sending("POST /v1/submissions", "/v1/submissions", form, me)
    ok(save(me, UUID(form["id"]), required_answers(me)))
    path = f"/v1/submissions/{form['id']}/versions"
    yield Sending("POST /v1/submissions/{submission}/versions", path, new_id(), me)


def about_children(world: World) -> Iterator[Sending]:
    officer, desk = world.officer, "/v1/desk/people"
    new = child(first_name="Nell", born="2017-06-03", **CARE)
    yield Sending("POST /v1/desk/people", desk, {**new, "confirmed": False}, officer)
    body = {**new_id(), "school": "Oakham Road", "reason": "A slip."}
    path = f"{desk}/{new['id']}"
    route = "PUT /v1/desk/people/{person}"
    yield Sending(f"{route}/details", f"{path}/details", body, officer, if_match(1))
    body = {**new_id(), "parents": [{**new_id(), "name": "Ada"}], "reason": "Known now."}
    yield Sending(f"{route}/parents", f"{path}/parents", body, officer, if_match(2))
    body = {**new_id(), "kind": "became_responsible", "on": DAY, "reason": "Moved here."}
    yield Sending("POST /v1/desk/people/{person}/cases", f"{path}/cases", body, officer)
    ids = {"submission": str(uuid4()), "version": str(uuid4()), "person": new["id"]}
    body = {"received_on": DAY, "asked_by": "Ada", "answers": {"hopes": "Maps."}, "confirmed": True}
    yield Sending("POST /v1/desk/requests", "/v1/desk/requests", ids | body, officer)
    body = {**new_id(), "received_on": DAY, "asked_by": "Jo", "answers": {}, "reason": "A slip."}
    path = f"/v1/desk/requests/{ids['submission']}"
    yield Sending("PUT /v1/desk/requests/{submission}", path, body, officer, if_match(1))


def in_a_case(world: World) -> Iterator[Sending]:
    me, other, officer, services = world.me, world.other, world.officer, world.services
    case = create_case(me, services)
    record_parent(officer, case, "Ada Larkspur")
    person = str(next(row.person_id for row in rows(services, Case) if row.id == case))
    route, path = "POST /v1/desk/cases/{case}", f"/v1/desk/cases/{case}"
    body = {**new_id(), "clock": "decide", "ground": "absent", "reason": "Away."}
    yield Sending(f"{route}/exemptions", f"{path}/exemptions", body, officer)
    body = {**new_id(), "kind": "decided_to_assess", "on": DAY, "reason": "", "confirmed": True}
    yield Sending(f"{route}/events", f"{path}/events", body, officer)
    event = ok(officer.get(path)).json()["events"][-1]["id"]
    body = {**new_id(), "kind": "decided_to_assess", "on": DAY, "reason": "The wrong text."}
    at = f"{path}/events/{event}"
    yield Sending("PUT /v1/desk/cases/{case}/events/{event}", at, body, officer)
    asked = {**new_id(), "submission": str(uuid4()), "account": str(other.id)}
    requests = {"requests": [{**asked, "form": "educational-advice", "due": "2026-04-13"}]}
    yield Sending(f"{route}/advice", f"{path}/advice", requests, officer)
    advice, at = "POST /v1/desk/advice/{advice_request}", f"/v1/desk/advice/{asked['id']}"
    body = {**new_id(), "text": "Please send it."}
    yield Sending(f"{advice}/chase", f"{at}/chase", body, officer)
    post = {**new_id(), "form": "health-advice", "name": "Dr Fenwick", "role": "GP"}
    post |= {"address": "1 Surgery Row", "asked_on": DAY, "due": "2026-04-13"}
    yield Sending(f"{route}/advice/post", f"{path}/advice/post", post, officer)
    at = f"/v1/desk/advice/{post['id']}"
    body = {**new_id(), "by": "phone", "on": DAY, "text": "Please send it."}
    yield Sending(f"{advice}/chase/post", f"{at}/chase/post", body, officer)
    yield Sending(f"{advice}/letter", f"{at}/letter", {**new_id(), "version": 0}, officer)
    scan = ok(upload(officer, UUID(person))).json()["id"]
    body = {**new_id(), "received_on": DAY, "given_by": "Dr Fenwick", "document": scan}
    yield Sending(f"{advice}/paper", f"/v1/desk/advice/{post['id']}/paper", body, officer)
    plan = ok(upload(officer, UUID(person), name="plan.pdf")).json()["id"]
    body = {**new_id(), "document": plan, "kind": "other", "title": "A", "readers": [str(me.id)]}
    yield Sending(f"{route}/publications", f"{path}/publications", body, officer)
    body = {**new_id(), "text": "Called back."}
    notes = f"{CASEWORK}/cases/{case}/notes"
    yield Sending("POST /v1/casework/cases/{case}/notes", notes, body, officer)
    letter = f"{path}/letters/decided_to_assess"
    ok(save_letter(officer, case, 0, "decided_to_assess", own="See above."))
    yield Sending(f"{route}/letters/{{kind}}", letter, {**new_id(), "version": 1}, officer)


def on_panels(world: World) -> Iterator[Sending]:
    officer = world.officer
    cases = [create_case(world.me, world.services, first_name=f"Ivo{i}") for i in range(3)]
    panel = add_panel(officer, "Panel", "2026-03-09")
    route, path = "POST /v1/casework/panels/{panel}", f"{CASEWORK}/panels/{panel}"
    item = {**new_id(), "case": str(cases[0])}
    yield Sending(f"{route}/cases", f"{path}/cases", {"items": [item]}, officer)
    body = {**new_id(), "cases": [str(cases[1])]}
    yield Sending(f"{route}/several", f"{path}/several", body, officer)
    [*_, last] = add_to_panel(officer, panel, cases[2])["items"]
    event = {**new_id(), "kind": "decided_to_assess", "on": DAY, "confirmed": True}
    decision = f"{CASEWORK}/panel-cases/{last['id']}/decision"
    route = "POST /v1/casework/panel-cases/{item}/decision"
    yield Sending(route, decision, {"event": event}, officer)
    body = {**new_id(), "kind": "assign", "cases": [str(cases[0])], "account": str(officer.id)}
    yield Sending("POST /v1/desk/several", "/v1/desk/several", body, officer)


def of_officers(world: World) -> Iterator[Sending]:
    officer, services = world.officer, world.services
    body = {**new_id(), "officer": str(officer.id), "cover": str(world.second.id)}
    body |= {"from_on": DAY, "until_on": "2026-03-09"}
    yield Sending("POST /v1/desk/covers", "/v1/desk/covers", body, officer)
    case = create_drafted_case(world.me, officer, services, first_name="Bo")
    setting = {**new_id(), "name": "Brook House", "address": "1 High Street"}
    setting |= {"email": "office@brook.example"}
    path = f"/v1/placements/cases/{case}/consultations"
    route = "POST /v1/placements/cases/{case}/consultations"
    yield Sending(route, path, {"settings": [setting]}, officer)
    path = f"/v1/placements/consultations/{setting['id']}/letter"
    route = "POST /v1/placements/consultations/{consultation}/letter"
    yield Sending(route, path, {**new_id(), "version": 0}, officer)


DESK_CASE, ADVICE = "POST /v1/desk/cases/{case}", "POST /v1/desk/advice/{advice_request}"
GROUPS: dict[Callable[[World], Iterator[Sending]], set[str]] = {
    by_professionals: {
        "POST /v1/people",
        "POST /v1/submissions",
        "POST /v1/submissions/{submission}/versions",
    },
    about_children: {
        "POST /v1/desk/people",
        "PUT /v1/desk/people/{person}/details",
        "PUT /v1/desk/people/{person}/parents",
        "POST /v1/desk/people/{person}/cases",
        "POST /v1/desk/requests",
        "PUT /v1/desk/requests/{submission}",
    },
    in_a_case: {
        f"{DESK_CASE}/exemptions",
        f"{DESK_CASE}/events",
        "PUT /v1/desk/cases/{case}/events/{event}",
        f"{DESK_CASE}/advice",
        f"{DESK_CASE}/advice/post",
        f"{ADVICE}/chase",
        f"{ADVICE}/chase/post",
        f"{ADVICE}/letter",
        f"{ADVICE}/paper",
        f"{DESK_CASE}/publications",
        "POST /v1/casework/cases/{case}/notes",
        f"{DESK_CASE}/letters/{{kind}}",
    },
    on_panels: {
        "POST /v1/casework/panels/{panel}/cases",
        "POST /v1/casework/panels/{panel}/several",
        "POST /v1/casework/panel-cases/{item}/decision",
        "POST /v1/desk/several",
    },
    of_officers: {
        "POST /v1/desk/covers",
        "POST /v1/placements/cases/{case}/consultations",
        "POST /v1/placements/consultations/{consultation}/letter",
    },
}
"""What sends the requests, and the routes that it sends them to."""


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"letters": LETTERS})


@pytest.fixture
def world(
    me: Someone, other: Someone, officer: Someone, someone: Factory, services: Services
) -> World:
    second = someone("second@leicester.example", staff=Staff.OFFICER)
    return World(me, other, officer, second, services)


def find_models(annotation: object) -> Iterator[type[BaseModel]]:
    """Yield the models in an annotation, and in their fields."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from find_models(field.annotation)
    for part in get_args(annotation):
        yield from find_models(part)


def bodies_of(app: FastAPI) -> dict[str, object]:
    """Return the type of the body of each route that has one."""
    bodies: dict[str, object] = {}
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, APIRoute) and route.body_field is not None:
            method = next(iter(route.methods or ()))
            bodies[f"{method} {context.path}"] = route.body_field.field_info.annotation
    return bodies


def find_new_ids(annotation: object) -> list[str]:
    return [
        name
        for model in find_models(annotation)
        for name, field in model.model_fields.items()
        if Mark.NEW_ID in field.metadata
    ]


VALID: dict[str, object] = {
    "postcode": "LE2 2AA",
    "upn": "Q856000022001",
    "nhs_number": "943 476 5919",
    "parent_email": "jo@osierbeck.example",
    "parent_phone": "0116 496 0107",
    "email": "jo@brook.example",
}
"""Other values for fields whose content is checked."""
CANDIDATES: tuple[object, ...] = (
    *("Other words", "AB1 2CD", "2026-02-27", str(uuid4()), "educational-advice", True, False, 7),
    *("health-advice", "e@osierbeck.example", [str(uuid4())], [], {}, {"hopes": "Other words"}),
    [{"id": str(uuid4()), "name": "Jo"}],
    {"id": str(uuid4()), "document": str(uuid4()), "readers": [str(uuid4())]},
    {"with_whom": "Jo", "phone": "", "direction": "in", "at": "2026-03-02T09:30:00Z"},
)


def change(model: type[BaseModel], body: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a valid body that differs in one field."""
    field = model.model_fields[name]
    kinds = (field.annotation, *get_args(field.annotation))
    members = [
        e.value
        for kind in kinds
        if isinstance(kind, type) and issubclass(kind, StrEnum)
        for e in kind
    ]
    before = getattr(model.model_validate(body), name)
    for value in [VALID[name]] if name in VALID else [*members, *CANDIDATES]:
        try:
            after = getattr(model.model_validate({**body, name: value}), name)
        except ValidationError:
            continue
        if after != before:
            return {**body, name: value}
    raise AssertionError(f"No other {name} of {model.__name__}")


def variants(annotation: object, body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the body with each field changed by turns, also within its items with an id."""
    [model] = [m for m in (annotation,) if isinstance(m, type) and issubclass(m, BaseModel)]
    for name, field in model.model_fields.items():
        if Mark.NEW_ID in field.metadata:
            continue
        inner = next(find_models(field.annotation), None)
        value = body.get(name)
        if inner is not None and find_new_ids(inner) and value:
            item = value[0] if isinstance(value, list) else value
            for label, changed in variants(inner, item):
                yield f"{name}.{label}", {**body, name: [changed] if value == [item] else changed}
        elif Mark.WARNING_READ in field.metadata:
            continue
        else:
            yield name, change(model, body, name)


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
