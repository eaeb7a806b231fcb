"""Chasing advice: the message that is suggested, and sending it."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID, uuid5

from sqlmodel import col, select

from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.cases.service import find_case
from server.cases.tables import Case
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import PortalProblem, invalid_field, not_found
from server.desk.advice import lock_advice
from server.desk.advice_steps import add_step, steps_by_advice
from server.forms.access import accounts_with_access
from server.forms.advice import advice_due_text, is_awaited
from server.forms.catalogue import pinned_form
from server.forms.tables import AdviceRequest, AdviceStepRow, Submission
from server.messages.service import MAIL_BODY, MAIL_SUBJECT, send_message
from server.people.service import filter_listed
from server.people.tables import Person
from shared.advice import AdviceStepKind, ChaseIn, ChaseOut
from shared.places import PlaceKind
from shared.problems import ProblemCode
from shared.values.days import format_datetime, london_day

PAUSE = timedelta(minutes=1)
"""After chasing advice, it can't be chased again by accident for this time."""
OVERDUE = "Advice is overdue: please send it"
NOT_OVERDUE = "Advice is due: please send it"
NOT_AWAITED = "This advice is not awaited any more. Nothing was sent."
NO_RECIPIENT = (
    "Nobody who can fill in this form has the child on their list. Nothing was sent: ask somebody "
    "else."
)


def read_chase(tx: Transaction, actor: Actor, advice_id: UUID) -> ChaseOut:
    """Return the message that is suggested to chase advice, and audit the reading.

    Raises NOT_FOUND, and NOT_ALLOWED if the advice is not awaited.
    """
    advice = tx.session.get(AdviceRequest, advice_id)
    if advice is None:
        raise not_found()
    form = tx.session.get_one(Submission, advice.submission_id)
    recipients = _require_recipients(tx, advice, form)
    actor.record(tx, Action.CASE_READ, subject=advice.case_id, person=form.person_id)
    names = select(Account).where(col(Account.id).in_(recipients))
    return ChaseOut(
        to=sorted(account.name for account in tx.session.exec(names)),
        subject=_subject(tx, advice),
        text=suggest_text(tx, advice, form),
        mail_subject=MAIL_SUBJECT,
        mail=MAIL_BODY.strip(),
    )


def chase(tx: Transaction, actor: Actor, advice_id: UUID, new: ChaseIn) -> Case:
    """Chase advice with an officer's text; idempotent by its id.

    Raises NOT_FOUND, and NOT_ALLOWED if the advice is not awaited, nobody would get the message, or
    it was chased within the last minute.
    """
    advice, form = lock_advice(tx, advice_id)
    case = find_case(tx, actor, advice.case_id)  # chasing in several cases locks no form
    tx.session.refresh(advice)
    if tx.session.get(AdviceStepRow, step_id(new.id, advice)) is not None:
        return case
    if not new.text.strip():
        raise invalid_field("/text", "Enter the message.")
    _require_recipients(tx, advice, form)
    # A time to come is of a clock that was wrong.
    if advice.chased_at is not None and timedelta(0) <= tx.now - advice.chased_at < PAUSE:
        steps = steps_by_advice(tx, [advice.id])[advice.id]
        last = [step.by for step in steps if step.kind is AdviceStepKind.CHASED][-1:]
        by = f" by {last[0]}" if last else ""
        raise PortalProblem(
            ProblemCode.NOT_ALLOWED,
            f"It was chased {format_datetime(advice.chased_at)}{by}, less than a minute ago. "
            "Nothing was sent.",
        )
    send_chase(tx, actor, advice, new.id, new.text)
    return case


def send_chase(
    tx: Transaction, actor: Actor, advice: AdviceRequest, chase_id: UUID, text: str = ""
) -> None:
    """Send a message about awaited advice to those who can fill in its form, and record it.

    Without a text, it is the suggested one.
    """
    form = tx.session.get_one(Submission, advice.submission_id)
    text = text.strip() or suggest_text(tx, advice, form)
    record_chase(tx, actor, advice, chase_id, text)
    for account in recipients_of(tx, form):
        send_message(
            tx,
            to_account=account,
            subject=_subject(tx, advice),
            body=text,
            person=form.person_id,
            place=PlaceKind.FORM.of(form.id),
            place_label=_title(tx, form),
        )


def record_chase(
    tx: Transaction,
    actor: Actor,
    advice: AdviceRequest,
    chase_id: UUID,
    text: str,
    on: date | None = None,
) -> None:
    """Record that advice was chased, with the words, and the day if that was entered."""
    advice.chased_at, advice.chase_id = tx.now, chase_id
    tx.session.add(advice)
    add_step(tx, actor, step_id(chase_id, advice), advice, AdviceStepKind.CHASED, text, on)
    form = tx.session.get_one(Submission, advice.submission_id)
    actor.record(tx, Action.ADVICE_CHASED, subject=advice.id, person=form.person_id)


def suggest_text(tx: Transaction, advice: AdviceRequest, form: Submission) -> str:
    """Return the usual words of a message that chases advice."""
    person = tx.session.get_one(Person, form.person_id)
    return (
        f"{person.name}. {_title(tx, form)}: {advice_due_text(tx, advice)}. Please send it as soon "
        "as you can, or tell us what is holding it up."
    )


def recipients_of(tx: Transaction, form: Submission) -> Sequence[UUID]:
    """Return the accounts that get a message about a form: who can fill it in, if on their list."""
    return sorted(filter_listed(tx, form.person_id, accounts_with_access(tx, form)))


def _require_recipients(tx: Transaction, advice: AdviceRequest, form: Submission) -> Sequence[UUID]:
    if not is_awaited(tx, advice):
        raise PortalProblem(ProblemCode.NOT_ALLOWED, NOT_AWAITED)
    recipients = recipients_of(tx, form)
    if not recipients:
        raise PortalProblem(ProblemCode.NOT_ALLOWED, NO_RECIPIENT)
    return recipients


def step_id(chase_id: UUID, advice: AdviceRequest) -> UUID:
    """Return the id of the step that a request to chase records, so that a repeat is recognised."""
    return uuid5(chase_id, f"chase {advice.id}")


def _title(tx: Transaction, form: Submission) -> str:
    return pinned_form(tx, form.form, form.form_version).title


def _subject(tx: Transaction, advice: AdviceRequest) -> str:
    return OVERDUE if advice.due_on < london_day(tx.now) else NOT_OVERDUE
