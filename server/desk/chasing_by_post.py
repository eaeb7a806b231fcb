"""Chasing somebody without an account by phone or by letter, which an officer does and records."""

from uuid import UUID

from server.accounts.actor import Actor
from server.cases.service import find_case
from server.cases.tables import Case
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import PortalProblem, invalid_field, not_found
from server.desk.advice import lock_advice
from server.desk.advice_letters import reference_of
from server.desk.chasing import record_chase, step_id
from server.forms.advice import is_awaited
from server.forms.catalogue import pinned_form
from server.forms.tables import AdviceRequest, AdviceStepRow, Submission
from server.letters.words import contact_words, long_day
from server.people.tables import Person
from shared.advice import ChasedBy, PostalChaseIn, PostalChaseOut
from shared.problems import ProblemCode
from shared.values.days import format_day, london_day

NOT_AWAITED = "This advice is not awaited any more. Nothing was recorded."
TEXT = """\
Dear {name}

On {asked_on} we asked you for advice about {child}, born {born}: {advice}. {due}

Please send it as soon as you can to {send_to}, or tell us what is holding it up, at {contact}.

Our reference: {reference}.

{author}
{council}"""
DUE, OVERDUE = "It is due by {day}.", "It was due by {day}, and has not come yet."
WAYS = {ChasedBy.PHONE: "By phone", ChasedBy.LETTER: "By letter"}


def read_chase(tx: Transaction, actor: Actor, advice_id: UUID) -> PostalChaseOut:
    """Return the words that are suggested to chase advice, and audit the reading.

    Raises NOT_FOUND, and NOT_ALLOWED if the advice is not awaited.
    """
    advice = tx.session.get(AdviceRequest, advice_id)
    if advice is None:
        raise not_found()
    _require_chasable(tx, advice)
    form = tx.session.get_one(Submission, advice.submission_id)
    actor.record(tx, Action.CASE_READ, subject=advice.case_id, person=form.person_id)
    return PostalChaseOut(text=_suggest_text(tx, actor, advice, form))


def chase(tx: Transaction, actor: Actor, advice_id: UUID, new: PostalChaseIn) -> Case:
    """Record that somebody without an account was chased; idempotent by its id.

    Raises NOT_FOUND, INVALID, and NOT_ALLOWED if the advice is not awaited.
    """
    advice, _ = lock_advice(tx, advice_id)
    case = find_case(tx, actor, advice.case_id)
    if tx.session.get(AdviceStepRow, step_id(new.id, advice)) is not None:
        return case
    _require_chasable(tx, advice)
    if not new.text.strip():
        raise invalid_field("/text", "Enter what was said or written.")
    if new.on > london_day(tx.now):
        raise invalid_field("/on", "The date must be today or in the past.")
    if new.on < advice.asked_on:
        asked = format_day(advice.asked_on)
        raise invalid_field("/on", f"It was asked for on {asked}. Enter that day or a later one.")
    text = f"{WAYS[new.by]} on {format_day(new.on)}: {new.text.strip()}"
    record_chase(tx, actor, advice, new.id, text, new.on)
    return case


def _require_chasable(tx: Transaction, advice: AdviceRequest) -> None:
    """Raise NOT_FOUND for advice that was asked for in the portal, NOT_ALLOWED if not awaited."""
    if not advice.by_name:
        raise not_found()
    if not is_awaited(tx, advice):
        raise PortalProblem(ProblemCode.NOT_ALLOWED, NOT_AWAITED)


def _suggest_text(tx: Transaction, actor: Actor, advice: AdviceRequest, form: Submission) -> str:
    person = tx.session.get_one(Person, form.person_id)
    settings = tx.services.settings
    due = OVERDUE if advice.due_on < london_day(tx.now) else DUE
    return TEXT.format(
        name=advice.by_name,
        asked_on=long_day(advice.asked_on),
        child=person.name,
        born=long_day(person.born),
        advice=pinned_form(tx, form.form, form.form_version).short,
        due=due.format(day=long_day(advice.due_on)),
        reference=reference_of(advice),
        author=actor.name,
        council=settings.council,
        **contact_words(settings),
    )
