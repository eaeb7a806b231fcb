"""A family's request on paper or by phone, entered by an officer."""

from server.accounts.actor import Actor
from server.cases.service import newest_case, open_case
from server.cases.tables import Case
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import PortalProblem, field_error, invalid, invalid_field
from server.desk.filing import file_document
from server.forms.answers import write_answers
from server.forms.catalogue import pin_form
from server.forms.submitting import new_reference
from server.forms.tables import Submission, SubmissionVersion
from server.people.service import get_person
from server.people.tables import Person
from shared.cases.events import EventKind
from shared.cases.rules import RULES
from shared.desk import FileIn, PaperRequest
from shared.forms.copy import within_sentence
from shared.forms.shapes import shape_errors
from shared.forms.submissions import SubmissionState
from shared.problems import ProblemCode
from shared.values.days import format_day, london_day
from shared.values.identifiers import check_name

FORM = "parent-request"
SUBMITTED_BY = "the family"


def enter_request(tx: Transaction, actor: Actor, request: PaperRequest) -> Case:
    """Enter a family's request, visible to the child's professionals; idempotent.

    Opens a case as of the day of receipt, or joins the open one. The scan of its letter is for
    officers only. Raises NOT_FOUND, INVALID, CONFLICT, and NEEDS_CONFIRMATION for a child with an
    open case.
    """
    person = get_person(tx, actor, request.person)
    existing = tx.session.get(Submission, request.submission)
    if existing is not None:
        if (existing.form, existing.person_id) != (FORM, person.id) or existing.case_id is None:
            raise PortalProblem(ProblemCode.CONFLICT, "Another form was started under this id.")
        return tx.session.get_one(Case, existing.case_id)
    definition = pin_form(tx, FORM)
    if errors := shape_errors(definition, dict(request.answers)):
        raise invalid(errors, "Some answers can't be kept.")
    if error := check_name(request.asked_by).message:
        raise invalid_field("/asked_by", error)
    if request.received_on > london_day(tx.now):
        raise invalid([field_error("/received_on", "The date must be today or in the past.")])
    if not request.confirmed:
        _warn_of_open_case(tx, person)
    reason = reason_of(request.asked_by)
    case = open_case(tx, person.id, actor.account_id, request.received_on, reason)
    _add_submission(tx, actor, case, request, definition.version)
    if request.document is not None:
        title = RULES[EventKind.REQUEST_RECEIVED].label  # its day may be corrected
        letter = FileIn(document=request.document, title=title)
        file_document(tx, actor, case.id, letter, request=request.submission)
    actor.record(tx, Action.FORM_SUBMITTED, subject=case.id, person=case.person_id)
    return case


def reason_of(asked_by: str) -> str:
    """Return the reason of the event that a family's request opens a case with."""
    name = within_sentence(asked_by)
    return "" if name in {"", SUBMITTED_BY} else f"Requested by {name}."


def _warn_of_open_case(tx: Transaction, person: Person) -> None:
    """Raise NEEDS_CONFIRMATION if a child has an open case, which the request would join."""
    case = newest_case(tx, person.id)
    if case is not None and not case.closed:
        raise PortalProblem(
            ProblemCode.NEEDS_CONFIRMATION,
            f"{person.name}, born {format_day(person.born)}, has an open case.\n"
            f"It was opened by a request of {format_day(case.received_on)}. This request joins it, "
            "and the 6 weeks run from the earlier of the two days.",
        )


def _add_submission(
    tx: Transaction, actor: Actor, case: Case, request: PaperRequest, version: int
) -> None:
    answers = {field: answer for field, answer in request.answers.items() if answer.strip()}
    tx.session.add(
        Submission(
            id=request.submission,
            form=FORM,
            form_version=version,
            person_id=case.person_id,
            case_id=case.id,
            state=SubmissionState.SUBMITTED,
            reference=new_reference(tx),
            started_at=tx.now,
            saved_at=tx.now,
            saved_by=actor.account_id,
            submitted_at=tx.now,
            received_on=request.received_on,
        )
    )
    tx.session.flush()
    write_answers(tx, request.submission, answers)
    tx.session.add(
        SubmissionVersion(
            id=request.version,
            submission_id=request.submission,
            number=1,
            submitted_at=tx.now,
            submitted_by=request.asked_by.strip() or SUBMITTED_BY,
            answers=dict(answers),
        )
    )
