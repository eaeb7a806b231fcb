"""What an officer does again and again over HTTP."""

from datetime import timedelta
from uuid import UUID, uuid4

from httpx import Response
from sqlmodel import update

from server.accounts.tables import StoredSession
from server.cases.tables import Case
from server.core.database import Services
from tests.parts import Clock, Someone
from tests.server.steps import add_child, done, rows, submitted


def case_of(me: Someone, services: Services, **child: str | bool) -> UUID:
    """Let a professional request an assessment for a child of theirs; gives the case."""
    person = add_child(me, **child)
    submitted(me, person)
    return next(case.id for case in rows(services, Case) if case.person_id == person)


def move_days(clock: Clock, services: Services, days: int) -> None:
    """Let days pass in which everyone stays signed in."""
    clock.move(days=days)
    with services.transaction() as tx:
        later = {"last_used_at": tx.now, "ends_at": tx.now + timedelta(hours=12)}
        tx.session.exec(update(StoredSession).values(**later))


def happen(
    officer: Someone, case: UUID, kind: str, on: str = "2026-03-02", reason: str = "", id: str = ""
) -> Response:
    """Record an event of a case."""
    reply: Response = officer.post(
        f"/v1/desk/cases/{case}/events",
        json={"id": id or str(uuid4()), "kind": kind, "on": on, "reason": reason},
    )
    return reply


def assessing(me: Someone, officer: Someone, services: Services, **child: str | bool) -> UUID:
    """Make a case in which it was decided to assess."""
    case = case_of(me, services, **child)
    done(happen(officer, case, "decided_to_assess"))
    return case


def asking(who: Someone, form: str, **given: str) -> dict[str, object]:
    """Say whom to ask for advice with which form."""
    one = {"id": str(uuid4()), "submission": str(uuid4()), "account": str(who.id), "form": form}
    return {"requests": [{**one, **given}]}
