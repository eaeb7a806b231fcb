"""Requests under ids that a client makes, and the same requests with a field changed.

`tests.server.test_repeats` repeats them.
"""

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Any, NamedTuple, get_args
from uuid import UUID, uuid4

from httpx import Response
from pydantic import BaseModel, ValidationError

from server.cases.tables import Case
from server.core.database import Services
from shared.values.sending import Mark
from tests.parts import Someone
from tests.server.casework.steps import CASEWORK, add_panel, add_to_panel
from tests.server.desk.steps import create_case, record_parent
from tests.server.letters.steps import save as save_letter
from tests.server.placements.steps import create_drafted_case
from tests.server.steps import child, if_match, ok, required_answers, rows, save, start_body, upload

DAY = "2026-03-02"
CARE: dict[str, str | bool] = {
    "looked_after": True,
    "looked_after_by": "Leicester City Council",
    "social_worker": "Sam Holt",
}


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
    was = {name: post[name] for name in ("name", "role", "address")}
    body = {**new_id(), **was, "phone": "0116 496 0101", "replaces": was}
    route_of_contacts = "PUT /v1/desk/advice/{advice_request}/contacts"
    yield Sending(route_of_contacts, f"{at}/contacts", body, officer)
    yield Sending(f"{advice}/letter", f"{at}/letter", {**new_id(), "version": 0}, officer)
    kind = {"form": "educational-advice", "replaces": "health-advice", "reason": "A slip."}
    yield Sending(f"{advice}/kind", f"{at}/kind", {**new_id(), **kind}, officer)
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
        "PUT /v1/desk/advice/{advice_request}/contacts",
        f"{DESK_CASE}/advice/post",
        f"{ADVICE}/chase",
        f"{ADVICE}/chase/post",
        f"{ADVICE}/letter",
        f"{ADVICE}/kind",
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


def find_models(annotation: object) -> Iterator[type[BaseModel]]:
    """Yield the models in an annotation, and in their fields."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        for field in annotation.model_fields.values():
            yield from find_models(field.annotation)
    for part in get_args(annotation):
        yield from find_models(part)


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
    {"name": "Jo Wren"},
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
