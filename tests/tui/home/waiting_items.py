"""Items waiting for a professional on Home: a draft, advice, a returned form and messages."""

from uuid import UUID

from server.core.database import Services
from tests.advice import assess, request_advice
from tests.parts import Clock, Someone
from tests.server.steps import add_child, ok, save, start, submit_request
from tests.tui.messages.sending import send


def add_draft(me: Someone, person: UUID) -> UUID:
    """Start a form for a child and fill in its first step."""
    form = start(me, person)
    ok(save(me, form, {"work_details": str(me.work)}))
    return form


def add_waiting_items(me: Someone, officer: Someone, services: Services, clock: Clock) -> None:
    """Create one waiting item of each kind for a professional."""
    add_draft(me, add_child(me))
    clock.move(minutes=1)
    rafi = add_child(me, first_name="Rafi", last_name="Thornbury", born="2014-08-31")
    request_advice(officer, assess(officer, me, rafi), me)
    clock.move(minutes=1)
    nell = add_child(me, first_name="Nell", last_name="Quayle-Adeyemi", born="2022-11-02")
    returned = submit_request(me, nell)
    body = {"missing": "The attendance."}
    ok(officer.post(f"/v1/desk/submissions/{returned}/return", json=body))
    clock.move(minutes=1)
    send(services, me, subject="A form was shared with you")
