"""A request of the family that came on paper or by phone, entered by an officer."""

from server.accounts.actor import Actor
from server.cases.service import open_case
from server.cases.tables import Case
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import PortalProblem, field_error, invalid
from server.forms.answers import write_answers
from server.forms.catalogue import form_to_fill
from server.forms.submitting import new_reference
from server.forms.tables import Submission, SubmissionVersion
from server.people.service import get_person
from shared.desk import PaperRequest
from shared.forms.answers import shape_errors
from shared.forms.submissions import SubmissionState
from shared.problems import ProblemCode
from shared.values.days import london_day

FORM = "parent-request"
BY = "the family"


def enter(tx: Transaction, actor: Actor, wanted: PaperRequest) -> Case:
    """Enter a family's request on the day it was received; professionals of the child see it.

    It opens a case, or joins the open one. Raises NOT_FOUND, INVALID, CONFLICT; safe to repeat.
    """
    person = get_person(tx, actor, wanted.person)
    kept = tx.session.get(Submission, wanted.submission)
    if kept is not None:
        if (kept.form, kept.person_id) != (FORM, person.id) or kept.case_id is None:
            raise PortalProblem(ProblemCode.CONFLICT, "Another form was started under this id.")
        return tx.session.get_one(Case, kept.case_id)
    definition = form_to_fill(tx, FORM)
    if errors := shape_errors(definition, dict(wanted.answers)):
        raise invalid(errors, "Some answers can't be kept.")
    if wanted.received_on > london_day(tx.now):
        raise invalid([field_error("/received_on", "The date must be today or in the past.")])
    case = open_case(tx, person.id, actor.account_id, wanted.received_on)
    person.known_at = person.known_at or tx.now
    tx.session.add(person)
    _submitted(tx, case, wanted, definition.version)
    actor.record(tx, Action.FORM_SUBMITTED, subject=case.id, person=case.person_id)
    return case


def _submitted(tx: Transaction, case: Case, wanted: PaperRequest, version: int) -> None:
    answers = {field: answer for field, answer in wanted.answers.items() if answer.strip()}
    tx.session.add(
        Submission(
            id=wanted.submission, form=FORM, form_version=version, person_id=case.person_id,
            case_id=case.id, state=SubmissionState.SUBMITTED, reference=new_reference(tx),
            started_at=tx.now, saved_at=tx.now, submitted_at=tx.now,
        )
    )  # fmt: skip
    tx.session.flush()
    write_answers(tx, wanted.submission, answers)
    tx.session.add(
        SubmissionVersion(
            id=wanted.version, submission_id=wanted.submission, number=1, submitted_at=tx.now,
            submitted_by=BY, answers=dict(answers),
        )
    )  # fmt: skip
