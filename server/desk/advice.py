"""Advice: asked for by an officer, accepted or returned, no longer needed, listed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlmodel import col, select

from server.accounts.account import first_work_details, refuse_disabled
from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.cases.allocating import put_on_list, put_on_list_of_each
from server.cases.service import exemption_words, find_case
from server.cases.tables import Case, Exemption
from server.core.audit import Action, record_each
from server.core.database import Transaction
from server.core.problems import PortalProblem, invalid_field, not_found
from server.forms.advice import advice_due_words
from server.forms.catalogue import catalogue, form_filled, forms_filled, forms_to_fill
from server.forms.tables import AdviceRequest, Submission
from server.messages.service import send_message
from server.people.tables import ListedPerson, Person
from shared.cases.clock import advice_due
from shared.cases.deadlines import DeadlineKind
from shared.cases.states import CaseState
from shared.desk import AWAITED, AdviceRow, AdviceState, AskableForm, AskAdvice
from shared.forms.definition import FormDefinition
from shared.forms.submissions import SubmissionState
from shared.places import PlaceKind
from shared.problems import ProblemCode
from shared.values.days import london_day, write_day

ASKED = "You are required to submit information"
ASSESSING = frozenset({CaseState.ASSESSING, CaseState.REASSESSING})


def askable_forms(tx: Transaction) -> list[AskableForm]:
    """List the forms that an officer may ask a professional to fill."""
    return [
        AskableForm(form=form.id, title=form.title, due=_due(tx, form))
        for form in catalogue(tx.services.settings.forms).values()
        if form.asked_for
    ]


def _due(tx: Transaction, definition: FormDefinition) -> date:
    return advice_due(london_day(tx.now), tx.services.settings.periods, definition.due_days)


def ask(tx: Transaction, actor: Actor, case_id: UUID, requests: list[AskAdvice]) -> Case:
    """Ask professionals for advice, each with a form and a date; safe to repeat.

    Raises NOT_FOUND, INVALID, CONFLICT, and NOT_ALLOWED where nothing is being assessed or the
    account is disabled.
    """
    case = find_case(tx, actor, case_id)
    new = _not_made_yet(tx, case, requests)
    if not new:
        return case
    if CaseState(case.state) not in ASSESSING:
        raise PortalProblem(
            ProblemCode.NOT_ALLOWED, "Advice is asked for once it was decided to assess."
        )
    definitions = forms_to_fill(tx, {wanted.form for wanted in new})
    accounts = _accounts_to_ask(tx, new)
    if not all(definition.asked_for for definition in definitions.values()):
        raise not_found()
    asked = [(wanted, _request(tx, actor, case, wanted, definitions)) for wanted in new]
    _refuse_repeats(tx, case, new, accounts, definitions)
    tx.session.add_all(_draft(tx, case, wanted, definitions[wanted.form]) for wanted in new)
    tx.session.flush()
    tx.session.add_all(advice for _, advice in asked)
    tx.session.flush()
    # Who is asked for several forms has the child by the first of them.
    through = {wanted.account: wanted.submission for wanted in reversed(new)}
    put_on_list_of_each(tx, case.person_id, through)
    record_each(
        tx, Action.ADVICE_ASKED, [wanted.id for wanted in new], account=actor.account_id,
        person=case.person_id, address=actor.address,
    )  # fmt: skip
    person = tx.session.get_one(Person, case.person_id)
    for wanted, advice in asked:
        title = definitions[wanted.form].title
        notify_advice_requested(
            tx, wanted.account, person.id, wanted.submission, title, advice.due_on
        )
    return case


def _not_made_yet(tx: Transaction, case: Case, requests: Iterable[AskAdvice]) -> list[AskAdvice]:
    """Leave out the requests that were made before; raises CONFLICT for another's id."""
    ids = {wanted.id for wanted in requests}
    rows = tx.session.exec(select(AdviceRequest).where(col(AdviceRequest.id).in_(ids)))
    made = {row.id: (row.case_id, row.account_id) for row in rows}
    new = []
    for wanted in requests:
        if wanted.id not in made:
            new.append(wanted)
        if made.setdefault(wanted.id, (case.id, wanted.account)) != (case.id, wanted.account):
            raise PortalProblem(ProblemCode.CONFLICT, "Someone else was asked under this id.")
    return new


def _accounts_to_ask(tx: Transaction, requests: Iterable[AskAdvice]) -> dict[UUID, Account]:
    ids = {wanted.account for wanted in requests}
    rows = tx.session.exec(
        select(Account).where(col(Account.id).in_(ids), col(Account.staff).is_(None))
    )
    accounts = {account.id: account for account in rows}
    if ids - accounts.keys():
        raise not_found()
    for account in accounts.values():
        refuse_disabled(account)
    return accounts


def _refuse_repeats(
    tx: Transaction,
    case: Case,
    requests: Sequence[AskAdvice],
    accounts: Mapping[UUID, Account],
    definitions: Mapping[str, FormDefinition],
) -> None:
    """Refuse a form's id that was used, and a form that somebody was asked for already."""
    drafts = {wanted.submission for wanted in requests}
    used = select(Submission.id).where(col(Submission.id).in_(drafts))
    if len(drafts) < len(requests) or tx.session.exec(used).first() is not None:
        raise PortalProblem(ProblemCode.CONFLICT, "Another form was started under this id.")
    awaited = (
        select(AdviceRequest.account_id, Submission.form)
        .join(Submission, col(Submission.id) == col(AdviceRequest.submission_id))
        .where(
            AdviceRequest.case_id == case.id,
            col(AdviceRequest.state).in_([state.value for state in AWAITED]),
        )
    )
    asked = {(one, two) for one, two in tx.session.execute(awaited)}
    for wanted in requests:
        if (wanted.account, wanted.form) in asked:
            raise PortalProblem(
                ProblemCode.NOT_ALLOWED,
                f"{accounts[wanted.account].name} has been asked for "
                f"{definitions[wanted.form].title} already, and has not given it yet. "
                "Nobody was asked: leave them out, or choose another form.",
            )
        asked.add((wanted.account, wanted.form))


def _draft(
    tx: Transaction, case: Case, wanted: AskAdvice, definition: FormDefinition
) -> Submission:
    return Submission(
        id=wanted.submission, form=definition.id, form_version=definition.version,
        person_id=case.person_id, account_id=wanted.account, case_id=case.id,
        state=SubmissionState.DRAFT, started_at=tx.now, saved_at=tx.now,
    )  # fmt: skip


def _request(
    tx: Transaction,
    actor: Actor,
    case: Case,
    wanted: AskAdvice,
    definitions: Mapping[str, FormDefinition],
) -> AdviceRequest:
    today = london_day(tx.now)
    due = wanted.due or _due(tx, definitions[wanted.form])
    if due < today:
        raise invalid_field("/due", "The date must be today or later.")
    return AdviceRequest(
        id=wanted.id, case_id=case.id, submission_id=wanted.submission,
        account_id=wanted.account, state=AdviceState.REQUESTED, asked_on=today, due_on=due,
        asked_by=actor.account_id,
    )  # fmt: skip


def notify_advice_requested(
    tx: Transaction, account: UUID, person_id: UUID, submission: UUID, title: str, due: date
) -> None:
    """Tell a professional that they owe advice, with the form as a link."""
    person = tx.session.get_one(Person, person_id)
    send_message(
        tx,
        to_account=account,
        subject=ASKED,
        body=(
            f"The Local Authority asks you for {title} for {person.name}. "
            f"It is due by {write_day(due)}."
        ),
        person=person.id,
        place=PlaceKind.FORM.of(submission),
        place_label=title,
    )


def advice_submissions(tx: Transaction, case: Case) -> set[UUID]:
    """Tell which submissions of a case are advice."""
    found = select(AdviceRequest.submission_id).where(AdviceRequest.case_id == case.id)
    return set(tx.session.exec(found))


def find_advice(tx: Transaction, advice: UUID) -> tuple[AdviceRequest, Submission]:
    """Find a request for advice with its form, locked against others; raises NOT_FOUND.

    Who fills the form locks it, and only then looks at the request: so it is done here.
    """
    found = tx.session.get(AdviceRequest, advice)
    if found is None:
        raise not_found()
    submission = tx.session.get_one(Submission, found.submission_id, with_for_update=True)
    tx.session.refresh(found)
    return found, submission


def accept(tx: Transaction, actor: Actor, advice: UUID) -> Case:
    """Accept advice that was submitted; raises NOT_FOUND, NOT_ALLOWED."""
    found, submission = find_advice(tx, advice)
    if found.state != AdviceState.ACCEPTED:
        _refuse_unless_submitted(found)
        found.state = AdviceState.ACCEPTED
        found.closed_at = tx.now
        tx.session.add(found)
        actor.record(tx, Action.ADVICE_ACCEPTED, subject=found.id, person=submission.person_id)
    return tx.session.get_one(Case, found.case_id)


def _refuse_unless_submitted(found: AdviceRequest) -> None:
    if found.state != AdviceState.SUBMITTED:
        raise PortalProblem(ProblemCode.NOT_ALLOWED, "This advice is not submitted.")


def return_advice(tx: Transaction, actor: Actor, advice: UUID, missing: str) -> Case:
    """Return advice with what is missing; raises NOT_FOUND, NOT_ALLOWED."""
    found, submission = find_advice(tx, advice)
    if found.state != AdviceState.RETURNED or submission.returned != missing:
        _refuse_unless_submitted(found)
        found.state = AdviceState.RETURNED
        tx.session.add(found)
        notify_returned(tx, submission, missing)
        actor.record(tx, Action.FORM_RETURNED, subject=submission.id, person=submission.person_id)
    return tx.session.get_one(Case, found.case_id)


def notify_returned(tx: Transaction, submission: Submission, missing: str) -> None:
    """Note on a form what is missing, and tell who filled it; they have the child again."""
    submission.returned = missing
    tx.session.add(submission)
    if submission.account_id is None:
        return
    if tx.session.get(ListedPerson, (submission.account_id, submission.person_id)) is None:
        put_on_list(tx, submission.person_id, submission.account_id, through=submission.id)
    person = tx.session.get_one(Person, submission.person_id)
    title = form_filled(tx, submission.form, submission.form_version).title
    send_message(
        tx,
        to_account=submission.account_id,
        subject="A form was returned to you",
        body=f"{title} for {person.name} was returned. What is missing:\n\n{missing}",
        person=person.id,
        place=PlaceKind.FORM.of(submission.id),
        place_label=title,
    )


def cancel(tx: Transaction, actor: Actor, advice: UUID) -> Case:
    """Ask no longer for advice; raises NOT_FOUND, and NOT_ALLOWED once it is accepted."""
    found, submission = find_advice(tx, advice)
    if found.state != AdviceState.CANCELLED:
        if found.state == AdviceState.ACCEPTED:
            raise PortalProblem(ProblemCode.NOT_ALLOWED, "This advice was accepted.")
        found.state = AdviceState.CANCELLED
        found.closed_at = tx.now
        tx.session.add(found)
        actor.record(tx, Action.ADVICE_CANCELLED, subject=found.id, person=submission.person_id)
        person = tx.session.get_one(Person, submission.person_id)
        send_message(
            tx,
            to_account=found.account_id,
            subject="Advice is no longer needed",
            body=(
                f"The Local Authority no longer needs your advice for {person.name}. "
                "What you wrote is kept."
            ),
            person=person.id,
            place=PlaceKind.PERSON.of(person.id),
            place_label="Open the progress page",
        )
    return tx.session.get_one(Case, found.case_id)


def advice_rows(tx: Transaction, case: Case) -> list[AdviceRow]:
    """List the advice asked for in a case, in the order of asking."""
    rows = tx.session.execute(
        select(AdviceRequest, Submission, Account)
        .join(Submission, col(Submission.id) == col(AdviceRequest.submission_id))
        .join(Account, col(Account.id) == col(AdviceRequest.account_id))
        .where(AdviceRequest.case_id == case.id)
        .order_by(col(Submission.started_at), col(Account.last_name))
    )
    asked = [(advice, submission, account) for advice, submission, account in rows]
    cards = first_work_details(tx, (account.id for _, _, account in asked))
    forms = forms_filled(tx, ((one.form, one.form_version) for _, one, _ in asked))
    excused = _excused(tx, [advice.id for advice, _, _ in asked])
    return [
        AdviceRow(
            id=advice.id,
            submission=submission.id,
            form=submission.form,
            title=forms[submission.form, submission.form_version].title,
            account=account.id,
            by=account.name,
            organisation=cards[account.id].organisation if account.id in cards else "",
            state=AdviceState(advice.state),
            asked_on=advice.asked_on,
            due=advice.due_on,
            due_words=advice_due_words(tx, advice),
            excused=exemption_words(excused.get(advice.id)),
        )
        for advice, submission, account in asked
    ]


def _excused(tx: Transaction, advice: Sequence[UUID]) -> dict[UUID | None, Exemption]:
    found = select(Exemption).where(
        col(Exemption.advice_id).in_(advice), Exemption.clock == DeadlineKind.ADVICE
    )
    return {one.advice_id: one for one in tx.session.exec(found)}
