"""A family's request on paper or by phone, entered by an officer."""

from server.accounts.actor import Actor
from server.cases.service import open_case
from server.cases.tables import Case
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import PortalProblem, field_error, invalid
from server.forms.answers import write_answers
from server.forms.catalogue import pin_form
from server.forms.submitting import new_reference
from server.forms.tables import Submission, SubmissionVersion
from server.people.service import get_person
from shared.desk import PaperRequest
from shared.forms.shapes import shape_errors
from shared.forms.submissions import SubmissionState
from shared.problems import ProblemCode
from shared.values.days import london_day

FORM = "parent-request"
SUBMITTED_BY = "the family"


def enter_request(tx: Transaction, actor: Actor, request: PaperRequest) -> Case:
    """Enter a family's request, visible to the child's professionals; idempotent.

    Opens a case as of the day of receipt, or joins the open one. Raises NOT_FOUND, INVALID,
    CONFLICT.
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
    if request.received_on > london_day(tx.now):
        raise invalid([field_error("/received_on", "The date must be today or in the past.")])
    case = open_case(tx, person.id, actor.account_id, request.received_on)
    person.known_at = person.known_at or tx.now
    tx.session.add(person)
    _add_submission(tx, case, request, definition.version)
    actor.record(tx, Action.FORM_SUBMITTED, subject=case.id, person=case.person_id)
    return case


def _add_submission(tx: Transaction, case: Case, request: PaperRequest, version: int) -> None:
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
            submitted_at=tx.now,
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
            submitted_by=SUBMITTED_BY,
            answers=dict(answers),
        )
    )
