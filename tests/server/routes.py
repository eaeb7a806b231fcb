"""Every route: who may use it, and a request that works; see `test_permissions.py`.

Objects with an owner belong to the `professional`; all others get a 404.
"""

from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID, uuid4

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from httpx import Response

from server.accounts.tables import StoredSession
from server.core.database import Services
from server.core.keys import Purpose, new_token
from shared.accounts import SecondStep, SessionState, Staff
from tests.parts import PASSWORD, Factory, Someone
from tests.pdfs import PDF
from tests.server.accounts.steps import OTHER_PASSWORD, WORK, registration
from tests.server.steps import (
    FORM,
    child,
    start_body,
)

OK = 0
"""Access is granted: the reply has the row's status."""

NOBODY, HALF, ONE_STEP = "nobody", "half signed in", "professional without second step"
MINE, OTHERS = "professional", "another professional"
OFFICER, MANAGER, SUPPORT = "officer", "officer who manages staff", "support"


class Access(NamedTuple):
    """Expected status for each kind of actor."""

    nobody: int
    half: int
    one_step: int
    mine: int
    others: int
    officer: int
    support: int
    manager: int | None = None
    """None if the same as for any officer."""

    def status_for(self, actor: str) -> int:
        if actor == MANAGER:
            return self.officer if self.manager is None else self.manager
        names = (NOBODY, HALF, ONE_STEP, MINE, OTHERS, OFFICER, SUPPORT)
        return dict(zip(names, self[:-1], strict=True))[actor]


ANYONE = Access(OK, OK, OK, OK, OK, OK, OK)
NOT_BY_CLIENTS = Access(404, 404, 404, 404, 404, 404, 404)
SESSION = Access(401, OK, OK, OK, OK, OK, OK)
SIGNED_IN = Access(401, 401, OK, OK, OK, OK, OK)
OWN = Access(401, 401, 404, OK, 404, 404, 404)
PROFESSIONAL = Access(401, 401, 403, OK, OK, 403, 403)
OWN_CHILD = Access(401, 401, 403, OK, 404, 403, 403)
OWN_FORM = Access(401, 401, 403, OK, 404, 404, 403)
"""A professional's own form; an officer gets a 404 because it is not submitted."""
OFFICER_ONLY = Access(401, 401, 403, 403, 403, OK, 403)
SUPPORT_ONLY = Access(401, 401, 403, 403, 403, 403, OK)
STAFF_MANAGER = Access(401, 401, 403, 403, 403, 403, 403, manager=OK)
TWO_STEP = Access(401, 401, 403, OK, OK, OK, OK)
OWN_MESSAGE = Access(401, 401, 403, OK, 404, 404, 404)


CONTACTS = {"name": "Dr Wren", "replaces": {"name": "Dr Fenwick"}}
DECISION = {
    "id": "5e4f2f0c-52c7-4e0d-9d4b-0f9d3f9b8c11",
    "kind": "decided_to_assess",
    "on": "2026-03-02",
    "confirmed": True,
}

SEVERAL = {"id": "0a0f7d0c-8f0c-4c53-8c55-0f5f5f3f9b11", "kind": "chase"}

SSH_KEY = (
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICx6HLfh8GiE5JK31x5ORYFADySJjnSbPI9dUBJC0Ldh jo@laptop"
)

PathObjects = dict[str, object]
"""Objects of the professional, by the parameter names in paths."""


class Row(NamedTuple):
    """Row of the table: access, status if granted, and the request."""

    access: Access
    status: int
    body: Callable[[PathObjects], object] | None = None
    headers: dict[str, str] = {}
    query: dict[str, str] = {}


TABLE: dict[str, Row] = {
    "GET /openapi.json": Row(ANYONE, 200),
    "GET /activate/{token}": Row(ANYONE, 410),
    "POST /activate/{token}": Row(ANYONE, 410),
    "GET /reset/{token}": Row(ANYONE, 410),
    "POST /reset/{token}": Row(ANYONE, 422),
    "GET /sign-in/callback": Row(ANYONE, 422),
    "GET /sign-in/{code}": Row(ANYONE, 422),
    "POST /v1/provider-sign-ins": Row(
        ANYONE, 404, lambda _: {"id": str(uuid4()), "provider": "unknown"}
    ),
    "GET /v1/provider-sign-ins/{sign_in}": Row(ANYONE, 200),
    "POST /v1/provider-sign-ins/{sign_in}/session": Row(
        ANYONE, 422, lambda _: {"number": "123456"}
    ),
    "GET /receipt": Row(ANYONE, 200),
    "POST /receipt": Row(ANYONE, 422),
    "GET /v1/receipts/key": Row(ANYONE, 200),
    "GET /metrics": Row(NOT_BY_CLIENTS, 404),
    "GET /v1/portal": Row(ANYONE, 200),
    "GET /v1/health": Row(ANYONE, 200),
    "POST /v1/registrations": Row(ANYONE, 201, lambda _: registration()),
    "POST /v1/registrations/{registration_id}/email": Row(ANYONE, 404),
    "POST /v1/activations": Row(ANYONE, 410, lambda _: {"token": "x"}),
    "POST /v1/password/forgotten": Row(ANYONE, 204, lambda _: {"email": "x@osierbeck.example"}),
    "POST /v1/password/reset": Row(
        ANYONE, 410, lambda _: {"token": "x", "password": OTHER_PASSWORD}
    ),
    "POST /v1/sessions": Row(
        ANYONE, 201, lambda _: {"email": "mine@osierbeck.example", "password": PASSWORD}
    ),
    "GET /v1/session": Row(SESSION, 200),
    "POST /v1/session/code/email": Row(SESSION, 200),
    "POST /v1/session/code": Row(
        Access(401, 422, OK, OK, OK, OK, OK), 200, lambda _: {"code": "no code"}
    ),
    "DELETE /v1/session": Row(SESSION, 204),
    "GET /v1/sessions": Row(SIGNED_IN, 200),
    "DELETE /v1/sessions/{session_id}": Row(OWN, 204),
    "DELETE /v1/sessions": Row(SIGNED_IN, 204),
    "GET /v1/account": Row(SIGNED_IN, 200),
    "PUT /v1/account/about": Row(
        SIGNED_IN, 200, lambda _: {"first_name": "A", "last_name": "B", "phone": "0116 496 0199"}
    ),
    "PUT /v1/account/work-details/{card}": Row(OWN, 200, lambda _: WORK),
    "DELETE /v1/account/work-details/{card}": Row(Access(401, 401, 404, 409, 404, 404, 404), 409),
    "PUT /v1/account/password": Row(
        SIGNED_IN, 401, lambda _: {"current": OTHER_PASSWORD, "new": OTHER_PASSWORD}
    ),
    "PUT /v1/account/email": Row(SIGNED_IN, 200, lambda _: {"email": "new@osierbeck.example"}),
    "POST /v1/account/email/confirmation": Row(SIGNED_IN, 410, lambda _: {"token": "x"}),
    "POST /v1/account/second-step/app": Row(SIGNED_IN, 200),
    "POST /v1/account/recovery-codes": Row(SIGNED_IN, 200),
    "PUT /v1/account/second-step": Row(SIGNED_IN, 422, lambda _: {"method": "app", "code": "1"}),
    "GET /v1/account/ssh-keys": Row(SIGNED_IN, 200),
    "PUT /v1/account/ssh-keys/{key}": Row(OWN, 200, lambda _: {"line": SSH_KEY}),
    "DELETE /v1/account/ssh-keys/{key}": Row(OWN, 204),
    "GET /v1/organisations": Row(ANYONE, 200, query={"find": "osierbeck"}),
    "GET /v1/account/colleagues": Row(PROFESSIONAL, 200),
    "POST /v1/account/colleagues/{membership}/refuse": Row(PROFESSIONAL, 204),
    "POST /v1/account/colleagues/{membership}/confirm": Row(PROFESSIONAL, 204),
    "GET /v1/desk/memberships": Row(OFFICER_ONLY, 200),
    "GET /v1/desk/memberships.csv": Row(OFFICER_ONLY, 200),
    "POST /v1/desk/memberships/{membership}/refuse": Row(OFFICER_ONLY, 204),
    "POST /v1/desk/memberships/{membership}/end": Row(OFFICER_ONLY, 204),
    "POST /v1/desk/memberships/{membership}/confirm": Row(
        OFFICER_ONLY, 204, lambda _: {"version": 1}
    ),
    "GET /v1/account/unfinished": Row(SIGNED_IN, 200),
    "GET /v1/home": Row(TWO_STEP, 200),
    "GET /v1/find": Row(TWO_STEP, 200, query={"q": "ivo"}),
    "GET /v1/people": Row(PROFESSIONAL, 200),
    "POST /v1/people": Row(PROFESSIONAL, 201, lambda _: child(first_name="Ada")),
    "GET /v1/people/{person}": Row(OWN_CHILD, 200),
    "PUT /v1/people/{person}": Row(OWN_CHILD, 200, lambda _: child(), {"If-Match": '"1"'}),
    "PUT /v1/people/{person}/hidden": Row(OWN_CHILD, 204),
    "DELETE /v1/people/{person}/hidden": Row(OWN_CHILD, 204),
    "GET /v1/people/{person}/progress": Row(OWN_CHILD, 200),
    "GET /v1/people/{person}/removal": Row(OWN_CHILD, 200),
    "GET /v1/messages": Row(TWO_STEP, 200),
    "GET /v1/messages/news": Row(TWO_STEP, 200),
    "GET /v1/messages/{message}": Row(OWN_MESSAGE, 200),
    "PUT /v1/messages/{message}/read": Row(OWN_MESSAGE, 204),
    "DELETE /v1/messages/{message}/read": Row(OWN_MESSAGE, 204),
    "PUT /v1/messages/{message}/archived": Row(OWN_MESSAGE, 204),
    "DELETE /v1/messages/{message}/archived": Row(OWN_MESSAGE, 204),
    "GET /v1/forms": Row(Access(401, 401, 403, OK, OK, OK, 403), 200),
    "GET /v1/phrases": Row(PROFESSIONAL, 200),
    "PUT /v1/phrases/{phrase}": Row(OWN_CHILD, 200, lambda _: {"text": "Reads alone."}),
    "DELETE /v1/phrases/{phrase}": Row(OWN_CHILD, 204),
    "POST /v1/submissions": Row(
        OWN_CHILD, 201, lambda path_objects: start_body(UUID(str(path_objects["person"])))
    ),
    "GET /v1/submissions/{submission}": Row(OWN_CHILD, 200),
    "GET /v1/submissions/{submission}/version": Row(OWN_CHILD, 200),
    "PATCH /v1/submissions/{submission}/answers": Row(
        OWN_CHILD, 200, lambda _: {"save": str(uuid4()), "changes": {}}, {"If-Match": '"2"'}
    ),
    "POST /v1/submissions/{submission}/versions": Row(
        OWN_CHILD, 201, lambda _: {"id": str(uuid4())}
    ),
    "GET /v1/submissions/{submission}/versions": Row(OWN_FORM, 200),
    "GET /v1/submissions/{submission}/sharing": Row(OWN_CHILD, 200),
    "PUT /v1/submissions/{submission}/shares/{account}": Row(OWN_CHILD, 204),
    "DELETE /v1/submissions/{submission}/shares/{account}": Row(OWN_CHILD, 204),
    "GET /v1/support/accounts": Row(SUPPORT_ONLY, 200, query={"email": "mine"}),
    "GET /v1/support/accounts/{account}": Row(SUPPORT_ONLY, 200),
    "POST /v1/support/accounts/{account}/unlock": Row(SUPPORT_ONLY, 204),
    "POST /v1/support/registrations/{registration_id}/email": Row(SUPPORT_ONLY, 404),
    "POST /v1/support/accounts/{account}/second-step-reset": Row(
        SUPPORT_ONLY, 204, lambda _: {"how": "Called back on the number of the school."}
    ),
    "DELETE /v1/support/accounts/{account}/sessions": Row(SUPPORT_ONLY, 204),
    "PUT /v1/support/accounts/{account}/disabled": Row(SUPPORT_ONLY, 204),
    "DELETE /v1/support/accounts/{account}/disabled": Row(SUPPORT_ONLY, 204),
    "GET /v1/support/mails": Row(SUPPORT_ONLY, 200),
    "POST /v1/support/mails/{mail}/send": Row(SUPPORT_ONLY, 404),
    "GET /v1/staff": Row(STAFF_MANAGER, 200),
    "GET /v1/staff.csv": Row(STAFF_MANAGER, 200),
    "POST /v1/staff": Row(
        STAFF_MANAGER,
        201,
        lambda _: {
            "email": "maud@leicester.example",
            "staff": "officer",
            "first_name": "Maud",
            "last_name": "Ferriby",
            "phone": "0116 496 0107",
        },
    ),
    "PUT /v1/staff/{account}/right": Row(STAFF_MANAGER, 404),
    "DELETE /v1/staff/{account}/right": Row(STAFF_MANAGER, 404),
    "PUT /v1/staff/{account}/disabled": Row(STAFF_MANAGER, 404),
    "GET /v1/desk/cases": Row(OFFICER_ONLY, 200),
    "GET /v1/desk/cases/{case}": Row(OFFICER_ONLY, 200),
    "PUT /v1/desk/cases/{case}/officer": Row(OFFICER_ONLY, 204),
    "DELETE /v1/desk/cases/{case}/officer": Row(OFFICER_ONLY, 204),
    "PUT /v1/desk/cases/{case}/officer/{account}": Row(OFFICER_ONLY, 404),
    "GET /v1/desk/cases.csv": Row(OFFICER_ONLY, 200),
    "GET /v1/desk/views": Row(OFFICER_ONLY, 200),
    "PUT /v1/desk/views/{view}": Row(
        OFFICER_ONLY, 204, lambda _: {"name": "Mine", "query": {}, "columns": ["name"]}
    ),
    "DELETE /v1/desk/views/{view}": Row(OFFICER_ONLY, 204),
    "GET /v1/desk/officers": Row(OFFICER_ONLY, 200),
    "GET /v1/desk/officers.csv": Row(OFFICER_ONLY, 200),
    "POST /v1/desk/covers": Row(
        OFFICER_ONLY,
        404,
        lambda _: {
            "id": str(uuid4()),
            "officer": str(uuid4()),
            "cover": str(uuid4()),
            "from_on": "2026-03-02",
            "until_on": "2026-03-09",
        },
    ),
    "DELETE /v1/desk/covers/{cover}": Row(OFFICER_ONLY, 404),
    "POST /v1/desk/several/check": Row(
        OFFICER_ONLY, 200, lambda objects: {**SEVERAL, "cases": [str(objects["case"])]}
    ),
    "POST /v1/desk/several": Row(
        OFFICER_ONLY, 200, lambda objects: {**SEVERAL, "cases": [str(objects["case"])]}
    ),
    "POST /v1/desk/submissions/{submission}/accept": Row(OFFICER_ONLY, 404),
    "POST /v1/desk/submissions/{submission}/return": Row(
        OFFICER_ONLY, 404, lambda _: {"missing": "The attendance."}
    ),
    "POST /v1/desk/submissions/{submission}/reassign": Row(
        OFFICER_ONLY, 404, lambda _: {"to": str(uuid4())}
    ),
    "POST /v1/desk/cases/{case}/events": Row(OFFICER_ONLY, 200, lambda _: DECISION),
    "PUT /v1/desk/cases/{case}/events/{event}": Row(
        OFFICER_ONLY,
        404,
        lambda _: {
            "id": str(uuid4()),
            "kind": "request_accepted",
            "on": "2026-03-02",
            "reason": "The wrong day.",
        },
    ),
    "POST /v1/desk/cases/{case}/events/{event}/undo": Row(
        OFFICER_ONLY, 404, lambda _: {"version": 1}
    ),
    "POST /v1/desk/exemptions/{exemption}/remove": Row(
        OFFICER_ONLY, 404, lambda _: {"reason": "They were not away."}
    ),
    "POST /v1/desk/cases/{case}/exemptions": Row(
        OFFICER_ONLY,
        200,
        lambda _: {
            "id": str(uuid4()),
            "clock": "final",
            "ground": "absent",
            "reason": "Away.",
        },
    ),
    "POST /v1/desk/cases/{case}/publications": Row(
        OFFICER_ONLY,
        422,
        lambda _: {
            "id": str(uuid4()),
            "document": str(uuid4()),
            "kind": "other",
            "readers": [str(uuid4())],
        },
    ),
    "POST /v1/desk/publications/{publication}/readers": Row(
        OFFICER_ONLY, 404, lambda _: {"readers": [str(uuid4())]}
    ),
    "POST /v1/desk/publications/{publication}/withdraw": Row(
        OFFICER_ONLY, 404, lambda _: {"reason": "The wrong child."}
    ),
    "POST /v1/desk/cases/{case}/documents": Row(
        OFFICER_ONLY, 422, lambda _: {"document": str(uuid4())}
    ),
    "GET /v1/desk/cases/{case}/letters": Row(OFFICER_ONLY, 200),
    "GET /v1/desk/cases/{case}/letters/{kind}": Row(OFFICER_ONLY, 200),
    "PUT /v1/desk/cases/{case}/letters/{kind}": Row(
        OFFICER_ONLY, 200, lambda _: {"texts": {"own": "See above."}}, {"If-Match": '"0"'}
    ),
    "PUT /v1/desk/cases/{case}/letters/made/{document}/posted": Row(
        OFFICER_ONLY, 404, lambda _: {"on": "2026-03-02"}, {"If-Match": '"0"'}
    ),
    "POST /v1/desk/cases/{case}/letters/{kind}": Row(
        OFFICER_ONLY, 422, lambda _: {"id": str(uuid4()), "version": 1}
    ),
    "POST /v1/desk/people/{person}/access/{account}/end": Row(
        OFFICER_ONLY, 404, lambda _: {"reason": "Moved to another school."}
    ),
    "POST /v1/desk/cases/{case}/advice": Row(
        OFFICER_ONLY,
        404,
        lambda _: {
            "requests": [
                {
                    "id": str(uuid4()),
                    "submission": str(uuid4()),
                    "account": str(uuid4()),
                    "form": FORM,
                }
            ]
        },
    ),
    "POST /v1/desk/advice/{advice_request}/accept": Row(OFFICER_ONLY, 404),
    "POST /v1/desk/advice/{advice_request}/return": Row(
        OFFICER_ONLY, 404, lambda _: {"missing": "More."}
    ),
    "POST /v1/desk/advice/{advice_request}/cancel": Row(OFFICER_ONLY, 404),
    "GET /v1/desk/advice/{advice_request}/chase": Row(OFFICER_ONLY, 404),
    "POST /v1/desk/advice/{advice_request}/chase": Row(
        OFFICER_ONLY, 404, lambda _: {"id": str(uuid4()), "text": "Please send it."}
    ),
    "POST /v1/desk/cases/{case}/advice/post": Row(
        OFFICER_ONLY,
        200,
        lambda _: {
            "id": str(uuid4()),
            "form": "health-advice",
            "name": "Dr Fenwick",
            "asked_on": "2026-03-02",
        },
    ),
    "GET /v1/desk/advice/{advice_request}/chase/post": Row(OFFICER_ONLY, 404),
    "POST /v1/desk/advice/{advice_request}/chase/post": Row(
        OFFICER_ONLY,
        404,
        lambda _: {"id": str(uuid4()), "by": "phone", "on": "2026-03-02", "text": "Soon."},
    ),
    "GET /v1/desk/advice/{advice_request}/letter": Row(OFFICER_ONLY, 404),
    "PUT /v1/desk/advice/{advice_request}/letter": Row(
        OFFICER_ONLY, 404, lambda _: {"texts": {"own": "See above."}}, {"If-Match": '"0"'}
    ),
    "POST /v1/desk/advice/{advice_request}/letter": Row(
        OFFICER_ONLY, 404, lambda _: {"id": str(uuid4()), "version": 1}
    ),
    "PUT /v1/desk/advice/{advice_request}/contacts": Row(
        OFFICER_ONLY, 404, lambda _: CONTACTS | {"id": str(uuid4())}
    ),
    "POST /v1/desk/advice/{advice_request}/kind": Row(
        OFFICER_ONLY,
        404,
        lambda _: {
            "id": str(uuid4()),
            "form": "health-advice",
            "replaces": "educational-advice",
            "reason": "A slip.",
        },
    ),
    "POST /v1/desk/advice/{advice_request}/paper": Row(
        OFFICER_ONLY, 404, lambda _: {"id": str(uuid4()), "received_on": "2026-03-02"}
    ),
    "POST /v1/desk/advice/{advice_request}/paper/document": Row(
        OFFICER_ONLY, 404, lambda _: {"id": str(uuid4()), "document": str(uuid4())}
    ),
    "POST /v1/desk/advice/{advice_request}/paper/remove": Row(
        OFFICER_ONLY, 404, lambda _: {"id": str(uuid4()), "reason": "Another child."}
    ),
    "GET /v1/desk/requests/{submission}": Row(OFFICER_ONLY, 404),
    "PUT /v1/desk/requests/{submission}": Row(
        OFFICER_ONLY,
        404,
        lambda _: {
            "id": str(uuid4()),
            "received_on": "2026-03-01",
            "answers": {},
            "reason": "A slip.",
        },
        {"If-Match": '"1"'},
    ),
    "POST /v1/desk/requests": Row(
        OFFICER_ONLY,
        201,
        lambda path_objects: {
            "submission": str(uuid4()),
            "version": str(uuid4()),
            "person": str(path_objects["person"]),
            "received_on": "2026-03-01",
            "answers": {},
        },
    ),
    "POST /v1/desk/people/{person}/cases": Row(
        OFFICER_ONLY,
        409,
        lambda _: {
            "id": str(uuid4()),
            "kind": "became_responsible",
            "on": "2026-03-02",
            "reason": "Moved here.",
        },
    ),
    "GET /v1/desk/forms": Row(OFFICER_ONLY, 200),
    "GET /v1/desk/professionals": Row(OFFICER_ONLY, 200),
    "GET /v1/desk/people": Row(OFFICER_ONLY, 200),
    "POST /v1/desk/people": Row(OFFICER_ONLY, 200, lambda _: child(first_name="Ada")),
    "PUT /v1/desk/people/{person}/details": Row(
        OFFICER_ONLY, 204, lambda _: {**child(), "reason": "A slip."}, {"If-Match": '"2"'}
    ),
    "PUT /v1/desk/people/{person}/parents": Row(
        OFFICER_ONLY,
        204,
        lambda _: {"id": str(uuid4()), "parents": [], "reason": "None."},
        {"If-Match": '"2"'},
    ),
    "GET /v1/desk/people/{person}/matching": Row(OFFICER_ONLY, 200),
    "POST /v1/desk/people/{person}/match": Row(OFFICER_ONLY, 204, lambda _: {}),
    "POST /v1/desk/people/{person}/allocations": Row(
        OFFICER_ONLY, 404, lambda _: {"account": str(uuid4())}
    ),
    "GET /v1/desk/people/{person}/trail": Row(OFFICER_ONLY, 200),
    "GET /v1/casework/cases/{case}": Row(OFFICER_ONLY, 200),
    "GET /v1/casework/cases/{case}/notes": Row(OFFICER_ONLY, 400, query={"cursor": "x"}),
    "POST /v1/casework/cases/{case}/notes": Row(
        OFFICER_ONLY,
        201,
        lambda _: {
            "id": str(uuid4()),
            "text": "Called back.",
            "call": {
                "with_whom": "Ms Quill",
                "phone": "0116 496 0103",
                "direction": "out",
                "at": "2026-03-01T09:00:00Z",
            },
        },
    ),
    "PUT /v1/casework/notes/{note}": Row(
        OFFICER_ONLY, 404, lambda _: {"text": "Called back."}, {"If-Match": '"1"'}
    ),
    "POST /v1/casework/notes/{note}/strike": Row(
        OFFICER_ONLY, 404, lambda _: {"reason": "Another child."}, {"If-Match": '"1"'}
    ),
    "GET /v1/casework/officers": Row(OFFICER_ONLY, 200),
    "GET /v1/casework/tasks": Row(OFFICER_ONLY, 200),
    "GET /v1/casework/tasks.csv": Row(OFFICER_ONLY, 200),
    "PUT /v1/casework/tasks/{task}": Row(
        OFFICER_ONLY,
        200,
        lambda path_objects: {
            "text": "Call the school.",
            "due": "2026-03-09",
            "case": str(path_objects["case"]),
        },
        {"If-Match": '"1"'},
    ),
    "GET /v1/casework/tasks/{task}": Row(OFFICER_ONLY, 200),
    "PUT /v1/casework/tasks/{task}/done": Row(OFFICER_ONLY, 200),
    "DELETE /v1/casework/tasks/{task}/done": Row(OFFICER_ONLY, 200),
    "GET /v1/casework/diary": Row(OFFICER_ONLY, 200),
    "GET /v1/casework/diary.csv": Row(OFFICER_ONLY, 200),
    "GET /v1/casework/diary.ics": Row(OFFICER_ONLY, 200, query={"day": "2026-03-09"}),
    "GET /v1/casework/panels": Row(OFFICER_ONLY, 200),
    "GET /v1/casework/panels.csv": Row(OFFICER_ONLY, 200),
    "PUT /v1/casework/panels/{panel}": Row(
        OFFICER_ONLY,
        200,
        lambda _: {"name": "Tuesday panel", "on": "2026-03-10"},
        {"If-Match": '"1"'},
    ),
    "POST /v1/casework/panels/{panel}/cases": Row(
        OFFICER_ONLY,
        200,
        lambda path_objects: {
            "items": [{"id": str(path_objects["item"]), "case": str(path_objects["case"])}]
        },
    ),
    "POST /v1/casework/panels/{panel}/several/check": Row(
        OFFICER_ONLY, 200, lambda objects: {"id": str(uuid4()), "cases": [str(objects["case"])]}
    ),
    "POST /v1/casework/panels/{panel}/several": Row(
        OFFICER_ONLY, 200, lambda objects: {"id": str(uuid4()), "cases": [str(objects["case"])]}
    ),
    "GET /v1/casework/panels/{panel}": Row(OFFICER_ONLY, 200),
    "GET /v1/casework/panels/{panel}/agenda": Row(OFFICER_ONLY, 200),
    "PUT /v1/casework/panel-cases/{item}/minutes": Row(
        OFFICER_ONLY, 200, lambda _: {"text": "Agreed."}, {"If-Match": '"1"'}
    ),
    "POST /v1/casework/panel-cases/{item}/defer": Row(
        OFFICER_ONLY, 200, lambda _: {"reason": "Advice is missing."}, {"If-Match": '"2"'}
    ),
    "POST /v1/casework/panel-cases/{item}/decision": Row(
        OFFICER_ONLY,
        409,  # the id is that of another request
        lambda _: {"event": DECISION},
    ),
    "DELETE /v1/casework/panels/{panel}/cases/{item}": Row(OFFICER_ONLY, 409),
    "GET /v1/support/scanning": Row(SUPPORT_ONLY, 200),
    "PUT /v1/people/{person}/documents/{document}": Row(
        Access(401, 401, 403, OK, 404, 409, 403),
        201,
        lambda _: PDF,
        query={"name": "report.pdf"},
    ),
    "GET /v1/documents/{document}": Row(OWN_FORM, 200),
    "GET /v1/documents/{document}/content": Row(OWN_FORM, 200),
    "GET /v1/figures/latest": Row(OFFICER_ONLY, 200),
    "GET /v1/figures": Row(OFFICER_ONLY, 200),
    "POST /v1/figures/computations": Row(OFFICER_ONLY, 200),
    "GET /v1/figures/file": Row(OFFICER_ONLY, 200, query={"kind": "csv"}),
    "GET /v1/placements/settings": Row(OFFICER_ONLY, 200),
    "GET /v1/placements/cases/{case}": Row(OFFICER_ONLY, 200),
    "GET /v1/placements/cases/{case}/history": Row(OFFICER_ONLY, 200),
    "GET /v1/placements/cases/{case}/consultations.csv": Row(OFFICER_ONLY, 200),
    "POST /v1/placements/cases/{case}/consultations": Row(
        OFFICER_ONLY,
        409,
        lambda _: {"settings": [{"id": str(uuid4()), "organisation": str(uuid4())}]},
    ),
    "POST /v1/placements/consultations/{consultation}/chase": Row(OFFICER_ONLY, 404),
    "PUT /v1/placements/consultations/{consultation}/reply": Row(
        OFFICER_ONLY, 404, lambda _: {"reply": "yes", "on": "2026-03-01"}, {"If-Match": '"1"'}
    ),
    "GET /v1/placements/consultations/{consultation}/letter": Row(OFFICER_ONLY, 404),
    "PUT /v1/placements/consultations/{consultation}/letter": Row(
        OFFICER_ONLY, 404, lambda _: {"texts": {"own": "See above."}}, {"If-Match": '"0"'}
    ),
    "POST /v1/placements/consultations/{consultation}/letter": Row(
        OFFICER_ONLY, 404, lambda _: {"id": str(uuid4()), "version": 1}
    ),
    "PUT /v1/placements/cases/{case}/requests/{request}": Row(
        OFFICER_ONLY,
        409,
        lambda _: {"kind": "academy", "name": "Elm", "on": "2026-03-01"},
        {"If-Match": '"0"'},
    ),
    "PUT /v1/placements/requests/{request}/decision": Row(
        OFFICER_ONLY, 404, lambda _: {"agreed": True, "on": "2026-03-01"}, {"If-Match": '"1"'}
    ),
    "PUT /v1/placements/cases/{case}/placements/{placement}": Row(
        OFFICER_ONLY, 409, lambda _: {"name": "Elm", "starts_on": "2026-03-01"}, {"If-Match": '"0"'}
    ),
    "GET /v1/placements/cases/{case}/sen2": Row(OFFICER_ONLY, 200),
    "PUT /v1/placements/cases/{case}/sen2": Row(
        OFFICER_ONLY, 200, lambda _: {"answers": {"ethnicity": "WBRI"}}
    ),
    "DELETE /v1/documents/{document}": Row(OWN_FORM, 204),
    "GET /v1/submissions/{submission}/copy": Row(OWN_FORM, 200, query={"kind": "text"}),
    "DELETE /v1/submissions/{submission}": Row(OWN_CHILD, 204),
    "POST /v1/submissions/{submission}/withdraw": Row(OWN_CHILD, 204),
    "POST /v1/submissions/{submission}/hand-over": Row(
        OWN_CHILD, 409, lambda path_objects: {"to": str(path_objects["account"])}
    ),
    "DELETE /v1/people/{person}": Row(OWN_CHILD, 204, query={"drafts": "true"}),
    # The last row, because it closes the account.
    "DELETE /v1/account": Row(Access(401, 401, OK, OK, OK, 409, 409), 204),
}
"""Rows in the order of the requests; removals come after reads."""

ACTORS: dict[str, Callable[[Factory], Someone | None]] = {
    NOBODY: lambda _: None,
    HALF: lambda someone: someone("half@osierbeck.example", signed_in=False),
    ONE_STEP: lambda someone: someone("one@osierbeck.example", two_step=SecondStep.NONE),
    MINE: lambda _: None,
    OTHERS: lambda someone: someone("others@osierbeck.example"),
    OFFICER: lambda someone: someone("officer@leicester.example", staff=Staff.OFFICER),
    MANAGER: lambda someone: someone(
        "manager@leicester.example", staff=Staff.OFFICER, may_manage_staff=True
    ),
    SUPPORT: lambda someone: someone("support@leicester.example", staff=Staff.SUPPORT),
}


def list_routes(app: FastAPI) -> set[str]:
    return {
        f"{method} {route.path}"
        for route in iter_route_contexts(app.routes)
        for method in (route.methods or ())
        if method != "HEAD"
    }


def start_session(services: Services, actor: Someone, state: SessionState) -> None:
    """Start a new session, because the previous request may have ended the last one."""
    token = new_token()
    with services.transaction() as tx:
        tx.session.add(
            StoredSession(
                account_id=actor.id,
                digest=services.keys.digest(Purpose.SESSION, token),
                state=state,
                created_at=tx.now,
                last_used_at=tx.now,
                proved_at=tx.now,
                ends_at=services.clock().replace(year=2027),
            )
        )
    actor.http.headers["Authorization"] = f"Bearer {token}"


def send_request(account: Someone, route: str, row: Row, path_objects: PathObjects) -> Response:
    method, path = route.split(" ")
    body = row.body(path_objects) if row.body else None
    content = {"content": body} if isinstance(body, bytes) else {"json": body}
    reply: Response = account.http.request(
        method, path.format(**path_objects), headers=row.headers, params=row.query, **content
    )
    return reply
