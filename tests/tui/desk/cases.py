"""Cases on an officer's desk, made over HTTP as their users make them."""

from datetime import timedelta
from uuid import UUID, uuid4

from server.cases.service import events_of, update_derived
from server.cases.tables import Case
from server.core.database import Services
from shared.accounts import Staff
from shared.cases.events import EventKind
from shared.desk import AskAdvice, AskIn, CaseOut, EventIn
from tests.parts import Factory, Someone
from tests.server.steps import add_child, done, save, submit, submitted, upload

OFFICER = "priya@leicester.example"
ADVICE_FORM = "educational-advice"


def officer(someone: Factory) -> Someone:
    """An officer of the authority."""
    return someone(OFFICER, staff=Staff.OFFICER)


def add_case(me: Someone, officer: Someone, **changed: str) -> CaseOut:
    """A child's request, submitted: gives its case."""
    child = add_child(me, **changed)
    submitted(me, child)
    page = done(officer.get("/v1/desk/cases?limit=200")).json()
    [row] = [row for row in page["rows"] if row["person"] == str(child)]
    return read_case(officer, UUID(row["id"]))


def read_case(officer: Someone, case: UUID) -> CaseOut:
    """A case as it stands."""
    return CaseOut.model_validate(done(officer.get(f"/v1/desk/cases/{case}")).json())


def event(officer: Someone, case: CaseOut, kind: EventKind, reason: str = "") -> None:
    """Something that happened in a case, on the day of its request."""
    wanted = EventIn(id=uuid4(), kind=kind, on=case.received_on, reason=reason)
    done(officer.post(f"/v1/desk/cases/{case.id}/events", json=wanted.model_dump(mode="json")))


def asked(officer: Someone, case: CaseOut, *accounts: UUID) -> None:
    """Advice asked for of each account."""
    wanted = AskIn(
        requests=[
            AskAdvice(id=uuid4(), submission=uuid4(), account=one, form=ADVICE_FORM)
            for one in accounts
        ]
    )
    done(officer.post(f"/v1/desk/cases/{case.id}/advice", json=wanted.model_dump(mode="json")))


def begin_earlier(services: Services, case: CaseOut, days: int) -> None:
    """Let a case have begun some days earlier."""
    with services.transaction() as tx:
        kept = tx.session.get_one(Case, case.id)
        kept.received_on -= timedelta(days=days)
        for one in events_of(tx, kept):
            one.on -= timedelta(days=days)
            tx.session.add(one)
        tx.session.flush()
        update_derived(tx, kept)


def give(me: Someone, submission: UUID) -> None:
    """Advice written with enough to be submitted, and submitted."""
    done(save(me, submission, {"work_details": str(me.work), "declaration": True, "sharing": True}))
    done(submit(me, submission))


def ask_again(me: Someone, officer: Someone, child: UUID) -> UUID:
    """Another request for a child whose case is over: gives the new case."""
    submitted(me, child)
    page = done(officer.get("/v1/desk/cases?limit=200")).json()
    [case] = [row["id"] for row in page["rows"] if row["person"] == str(child)]
    return UUID(case)


def publish(officer: Someone, child: UUID, case: UUID, reader: Someone) -> None:
    """Give someone a draft plan to read."""
    document = done(upload(officer, child, name="plan.pdf")).json()["id"]
    body = {
        "id": str(uuid4()),
        "document": document,
        "kind": "draft_plan",
        "readers": [str(reader.id)],
    }
    done(officer.post(f"/v1/desk/cases/{case}/publications", json=body))
