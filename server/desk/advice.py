"""Advice: requesting, accepting, returning and cancelling it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID, uuid4

from sqlmodel import col, select

from server.accounts.account import require_enabled
from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.cases.allocating import put_on_list, put_on_lists
from server.cases.service import find_case
from server.cases.tables import Case
from server.core.audit import Action, record_each
from server.core.database import Transaction
from server.core.problems import PortalProblem, invalid_field, not_found
from server.desk.advice_steps import add_step
from server.forms.advice import awaits, update_awaited
from server.forms.catalogue import catalogue, pin_forms, pinned_form
from server.forms.filling import build_draft
from server.forms.tables import AdviceRequest, Submission
from server.messages.service import send_message
from server.people.service import find_access_end
from server.people.tables import ListedPerson, Person
from shared.advice import AdviceStepKind
from shared.cases.clock import advice_due
from shared.cases.state_sets import ADVICE_STATES
from shared.cases.states import CaseState
from shared.desk import AdviceState, AskableForm, AskAdvice
from shared.forms.definition import FormDefinition
from shared.places import PlaceKind
from shared.problems import ProblemCode
from shared.values.days import format_day, london_day

SUBJECT = "You are required to submit information"


def askable_forms(tx: Transaction) -> list[AskableForm]:
    """List the forms that an officer may request from a professional."""
    return [
        AskableForm(form=form.id, title=form.title, due=_due_date(tx, form))
        for form in catalogue(tx.services.settings.forms).values()
        if form.asked_for
    ]


def _due_date(tx: Transaction, definition: FormDefinition) -> date:
    return advice_due(london_day(tx.now), tx.services.settings.periods, definition.due_days)


def request_advice(tx: Transaction, actor: Actor, case_id: UUID, requests: list[AskAdvice]) -> Case:
    """Request advice from professionals, each with a form and a due date; idempotent.

    Raises NOT_FOUND, INVALID, CONFLICT, and NOT_ALLOWED if no assessment is in progress or the
    account is disabled.
    """
    case = find_case(tx, actor, case_id)
    new = _new_requests(tx, case, requests)
    if not new:
        return case
    require_assessment(case)
    definitions = pin_forms(tx, {item.form for item in new})
    accounts = _load_accounts(tx, new)
    if not all(definition.asked_for for definition in definitions.values()):
        raise not_found()
    pairs = [(item, _build_advice_request(tx, actor, case, item, definitions)) for item in new]
    _reject_duplicates(tx, case, new, accounts, definitions)
    for item in new:
        draft = build_draft(
            tx,
            item.submission,
            definitions[item.form],
            case.person_id,
            account=item.account,
            case=case.id,
        )
        tx.session.add(draft)
    tx.session.flush()
    tx.session.add_all(advice for _, advice in pairs)
    update_awaited(tx, case.id)
    # If an account gets several forms, the child is listed through the first.
    through = {item.account: item.submission for item in reversed(new)}
    put_on_lists(tx, actor, case.person_id, through)
    person = tx.session.get_one(Person, case.person_id)  # in use, so each message need not read it
    ids, by, address = [item.id for item in new], actor.account_id, actor.address
    record_each(tx, Action.ADVICE_ASKED, ids, account=by, person=person.id, address=address)
    for item, advice in pairs:
        title = definitions[item.form].title
        notify_advice_requested(tx, item.account, person.id, item.submission, title, advice.due_on)
    return case


def require_assessment(case: Case) -> None:
    """Raise NOT_ALLOWED if no assessment is in progress."""
    if CaseState(case.state) not in ADVICE_STATES:
        raise PortalProblem(
            ProblemCode.NOT_ALLOWED,
            "Advice is asked for from the decision to assess until the plan is final.",
        )


def _new_requests(tx: Transaction, case: Case, requests: Iterable[AskAdvice]) -> list[AskAdvice]:
    """Return the requests that are new; raises CONFLICT if an id belongs to another request."""
    ids = {item.id for item in requests}
    rows = tx.session.exec(select(AdviceRequest).where(col(AdviceRequest.id).in_(ids)))
    existing = {row.id: (row.case_id, row.account_id) for row in rows}
    new = []
    for item in requests:
        if item.id not in existing:
            new.append(item)
        if existing.setdefault(item.id, (case.id, item.account)) != (case.id, item.account):
            raise PortalProblem(ProblemCode.CONFLICT, "Someone else was asked under this id.")
    return new


def _load_accounts(tx: Transaction, requests: Iterable[AskAdvice]) -> dict[UUID, Account]:
    ids = {item.account for item in requests}
    rows = tx.session.exec(
        select(Account).where(col(Account.id).in_(ids), col(Account.staff).is_(None))
    )
    accounts = {account.id: account for account in rows}
    if ids - accounts.keys():
        raise not_found()
    for account in accounts.values():
        require_enabled(account)
    return accounts


def _reject_duplicates(
    tx: Transaction,
    case: Case,
    requests: Sequence[AskAdvice],
    accounts: Mapping[UUID, Account],
    definitions: Mapping[str, FormDefinition],
) -> None:
    """Raise CONFLICT for a used submission id, NOT_ALLOWED for a form already requested."""
    drafts = {item.submission for item in requests}
    existing = select(Submission.id).where(col(Submission.id).in_(drafts))
    if len(drafts) < len(requests) or tx.session.exec(existing).first() is not None:
        raise PortalProblem(ProblemCode.CONFLICT, "Another form was started under this id.")
    query = (
        select(AdviceRequest.account_id, Submission.form)
        .join(Submission, col(Submission.id) == col(AdviceRequest.submission_id))
        .where(
            AdviceRequest.case_id == case.id,
            awaits(),
        )
    )
    awaited = {(account, form) for account, form in tx.session.execute(query)}
    for item in requests:
        if (item.account, item.form) in awaited:
            raise PortalProblem(
                ProblemCode.NOT_ALLOWED,
                f"{accounts[item.account].name} has been asked for "
                f"{definitions[item.form].title} already, and has not given it yet. "
                "Nobody was asked: leave them out, or choose another form.",
            )
        awaited.add((item.account, item.form))


def _build_advice_request(
    tx: Transaction,
    actor: Actor,
    case: Case,
    item: AskAdvice,
    definitions: Mapping[str, FormDefinition],
) -> AdviceRequest:
    today = london_day(tx.now)
    due = item.due or _due_date(tx, definitions[item.form])
    if due < today:
        raise invalid_field("/due", "The date must be today or later.")
    return AdviceRequest(
        id=item.id,
        case_id=case.id,
        submission_id=item.submission,
        account_id=item.account,
        state=AdviceState.REQUESTED,
        asked_on=today,
        due_on=due,
        asked_by=actor.account_id,
    )


def notify_advice_requested(
    tx: Transaction, account: UUID, person_id: UUID, submission: UUID, title: str, due: date
) -> None:
    """Notify a professional of a request for advice, with a link to the form."""
    person = tx.session.get_one(Person, person_id)
    send_message(
        tx,
        to_account=account,
        subject=SUBJECT,
        body=(
            f"The Local Authority asks you for {title} for {person.name}. "
            f"It is due by {format_day(due)}."
        ),
        person=person.id,
        place=PlaceKind.FORM.of(submission),
        place_label=title,
    )


def advice_submissions(tx: Transaction, case: Case) -> set[UUID]:
    """Return the ids of a case's submissions that are advice."""
    query = select(AdviceRequest.submission_id).where(AdviceRequest.case_id == case.id)
    return set(tx.session.exec(query))


def lock_advice(tx: Transaction, advice_id: UUID) -> tuple[AdviceRequest, Submission]:
    """Lock and return a request for advice with its form; raises NOT_FOUND.

    The form is locked before the request is read, in the same order as when it is filled.
    """
    advice = tx.session.get(AdviceRequest, advice_id)
    if advice is None:
        raise not_found()
    submission = tx.session.get_one(Submission, advice.submission_id, with_for_update=True)
    tx.session.refresh(advice)
    return advice, submission


def accept(tx: Transaction, actor: Actor, advice_id: UUID) -> Case:
    """Accept submitted advice; raises NOT_FOUND, NOT_ALLOWED."""
    advice, submission = lock_advice(tx, advice_id)
    if advice.state != AdviceState.ACCEPTED:
        _require_submitted(advice)
        advice.state = AdviceState.ACCEPTED
        advice.closed_at = tx.now
        tx.session.add(advice)
        actor.record(tx, Action.ADVICE_ACCEPTED, subject=advice.id, person=submission.person_id)
    return tx.session.get_one(Case, advice.case_id)


def _require_submitted(advice: AdviceRequest) -> None:
    if advice.state != AdviceState.SUBMITTED:
        raise PortalProblem(ProblemCode.NOT_ALLOWED, "This advice is not submitted.")


def return_advice(tx: Transaction, actor: Actor, advice_id: UUID, missing: str) -> Case:
    """Return advice as incomplete; raises NOT_FOUND, NOT_ALLOWED."""
    advice, submission = lock_advice(tx, advice_id)
    if advice.state != AdviceState.RETURNED or submission.returned != missing:
        _require_submitted(advice)
        advice.state = AdviceState.RETURNED
        tx.session.add(advice)
        update_awaited(tx, advice.case_id)
        add_step(tx, actor, uuid4(), advice, AdviceStepKind.RETURNED, missing)
        notify_returned(tx, actor, submission, missing)
        actor.record(tx, Action.FORM_RETURNED, subject=submission.id, person=submission.person_id)
    return tx.session.get_one(Case, advice.case_id)


def notify_returned(tx: Transaction, actor: Actor, submission: Submission, missing: str) -> None:
    """Mark a form as returned, notify its owner, and restore the child to their list."""
    submission.returned = missing
    tx.session.add(submission)
    if submission.account_id is None:
        return
    if find_access_end(tx, submission.person_id, submission.account_id):
        raise PortalProblem(
            ProblemCode.NOT_ALLOWED,
            "Their access to this child was ended. Give the form to someone else first.",
        )
    if tx.session.get(ListedPerson, (submission.account_id, submission.person_id)) is None:
        put_on_list(tx, actor, submission.person_id, submission.account_id, through=submission.id)
    person = tx.session.get_one(Person, submission.person_id)
    title = pinned_form(tx, submission.form, submission.form_version).title
    send_message(
        tx,
        to_account=submission.account_id,
        subject="A form was returned to you",
        body=f"{title} for {person.name} was returned. What is missing:\n\n{missing}",
        person=person.id,
        place=PlaceKind.FORM.of(submission.id),
        place_label=title,
    )


def cancel(tx: Transaction, actor: Actor, advice_id: UUID) -> Case:
    """Cancel a request for advice; raises NOT_FOUND, NOT_ALLOWED if accepted."""
    advice, submission = lock_advice(tx, advice_id)
    if advice.state != AdviceState.CANCELLED:
        if advice.state == AdviceState.ACCEPTED:
            raise PortalProblem(ProblemCode.NOT_ALLOWED, "This advice was accepted.")
        advice.state = AdviceState.CANCELLED
        advice.closed_at = tx.now
        tx.session.add(advice)
        update_awaited(tx, advice.case_id)
        actor.record(tx, Action.ADVICE_CANCELLED, subject=advice.id, person=submission.person_id)
        send_about_advice(
            tx,
            submission,
            "Advice is no longer needed",
            "The Local Authority no longer needs your advice for {child}. What you wrote is kept.",
        )
    return tx.session.get_one(Case, advice.case_id)


def send_about_advice(tx: Transaction, form: Submission, subject: str, text: str) -> None:
    """Send whose form it is a message with the name of the `{child}`, if they still have access."""
    owner = form.account_id
    if owner is None or find_access_end(tx, form.person_id, owner):
        return
    person = tx.session.get_one(Person, form.person_id)
    send_message(
        tx,
        to_account=owner,
        subject=subject,
        body=text.format(child=person.name),
        person=person.id,
        place=PlaceKind.PERSON.of(person.id),
        place_label="Open the progress page",
    )
