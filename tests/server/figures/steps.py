"""Helpers for the caseload in figures."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4

from sqlalchemy import insert
from sqlmodel import select

from benchmarks.p13_desk import build_person
from server.cases.service import update_derived
from server.cases.tables import Case, CaseEvent, Exemption
from server.core.database import Services
from server.forms.advice import update_awaited
from server.forms.catalogue import pin_form
from server.forms.tables import AdviceRequest, Submission, SubmissionVersion
from server.people.tables import Person
from shared.cases.deadlines import DeadlineKind
from shared.cases.events import EventKind
from shared.cases.machine import apply_event
from shared.cases.states import CaseState
from shared.desk import AdviceState
from shared.figures.figures import Figures, FiguresOut
from tests.parts import TODAY, Clock, Someone
from tests.server.steps import ok

E = EventKind
DAY = TODAY.date()
TO_PLAN = (
    E.DECIDED_TO_ASSESS,
    E.DECIDED_TO_ISSUE,
    E.DRAFT_SERVED,
    E.REPRESENTATIONS_RECORDED,
    E.FINAL_ISSUED,
)
FORM = "educational-advice"


def days_ago(days: int) -> date:
    """Return a day before the tests' today."""
    return DAY - timedelta(days=days)


def add_case(
    services: Services, officer: Someone, *events: tuple[EventKind, int], mine: bool = False
) -> UUID:
    """Add a child with a case of events, each so many days ago, and return the case's id."""
    person, case_id, status = uuid4(), uuid4(), None
    with services.transaction() as tx:
        number = str(case_id)[:8]
        row = build_person(person, f"Ada{number}", f"Marsh{number}", officer.id, tx.now)
        tx.session.execute(insert(Person), [row | {"known_at": tx.now}])
        case = Case(
            id=case_id,
            person_id=person,
            state=CaseState.SUBMITTED,
            received_on=days_ago(events[0][1]),
            opened_at=tx.now,
            officer_id=officer.id if mine else None,
        )
        tx.session.add(case)
        tx.session.flush()
        for kind, days in events:
            status = apply_event(status, kind)
            tx.session.add(
                CaseEvent(
                    case_id=case_id, kind=kind, state=status.state, on=days_ago(days), at=tx.now
                )
            )
        tx.session.flush()
        update_derived(tx, case)
    return case_id


def add_plan(services: Services, officer: Someone, received: int, issued: int) -> UUID:
    """Add a case with a plan: received and issued so many days ago."""
    kinds = ((kind, issued) for kind in TO_PLAN)
    return add_case(services, officer, (E.REQUEST_RECEIVED, received), *kinds)


def excuse(
    services: Services, officer: Someone, case: UUID, started_by: EventKind = E.REQUEST_RECEIVED
) -> None:
    """Record an exemption of the deadline for the final plan that an event started."""
    with services.transaction() as tx:
        row = tx.session.get_one(Case, case)
        start = select(CaseEvent.id).where(CaseEvent.case_id == case, CaseEvent.kind == started_by)
        tx.session.add(
            Exemption(
                id=uuid4(),
                case_id=case,
                clock=DeadlineKind.FINAL,
                started_by=tx.session.exec(start).one(),
                ground="personal",
                reason="Bereavement.",
                account_id=officer.id,
                at=tx.now,
            )
        )
        tx.session.flush()
        update_derived(tx, row)


def add_advice(
    services: Services,
    professional: Someone,
    case: UUID,
    asked: int,
    answered: int | None = None,
    state: AdviceState | None = None,
    form: str = FORM,
) -> None:
    """Add a request for advice, asked for and answered so many days ago, due after 42 days."""
    with services.transaction() as tx:
        row = tx.session.get_one(Case, case)
        submission = Submission(
            id=uuid4(),
            form=form,
            form_version=pin_form(tx, form).version,
            person_id=row.person_id,
            account_id=professional.id,
            case_id=case,
            state="draft" if answered is None else "submitted",
            started_at=tx.now,
            saved_at=tx.now,
        )
        tx.session.add(submission)
        tx.session.flush()
        usual = AdviceState.REQUESTED if answered is None else AdviceState.SUBMITTED
        tx.session.add(
            AdviceRequest(
                id=uuid4(),
                case_id=case,
                submission_id=submission.id,
                account_id=professional.id,
                state=state or usual,
                asked_on=days_ago(asked),
                due_on=days_ago(asked - 42),
                asked_by=professional.id,
            )
        )
        if answered is not None:
            tx.session.add(
                SubmissionVersion(
                    id=uuid4(),
                    submission_id=submission.id,
                    number=1,
                    submitted_at=datetime.combine(days_ago(answered), time(12), UTC),
                    submitted_by="Ada Marsh",
                    answers={},
                )
            )
        update_awaited(tx, case)


def compute(officer: Someone, clock: Clock) -> Figures:
    """Compute the figures again and return them."""
    clock.move(seconds=30)
    shown = FiguresOut.model_validate(ok(officer.post("/v1/figures/computations")).json())
    assert shown.figures is not None
    return shown.figures


def list_expected(officer: Someone) -> Sequence[tuple[UUID, date]]:
    """List the cases whose plan is expected after its deadline, with the day."""
    page = ok(officer.get("/v1/desk/cases", params={"view": "forecast"})).json()
    assert page["total"] == len(page["rows"])
    return [(UUID(row["id"]), date.fromisoformat(row["expected"])) for row in page["rows"]]
