"""Advice by post: asked for from somebody without an account, and received on paper."""

from datetime import date
from uuid import UUID, uuid4

from sqlmodel import col, select

from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.cases.service import find_case
from server.cases.tables import Case
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import PortalProblem, invalid_field, not_found
from server.desk.advice import lock_advice, require_assessment, send_about_advice
from server.desk.advice_steps import add_step
from server.desk.filing import file_document
from server.forms.advice import is_awaited, update_awaited
from server.forms.catalogue import pin_form, pinned_form
from server.forms.filling import build_draft
from server.forms.tables import AdviceRequest, AdviceStepRow, PaperAdvice, Submission
from shared.advice import (
    AdviceContacts,
    AdviceContactsIn,
    AdviceStepKind,
    PaperAdviceIn,
    PaperDocumentIn,
    PaperRemovalIn,
    PostalAdviceIn,
)
from shared.cases.clock import advice_due
from shared.desk import AWAITED, AdviceState, FileIn
from shared.forms.definition import FormDefinition
from shared.problems import ProblemCode
from shared.values.days import format_day, london_day
from shared.values.identifiers import check_line, check_name

FUTURE = "The date must be today or in the past."
OTHER_DETAILS = "This was recorded before, with other details."
CONTACTS_CHANGED = "Somebody else corrected this meanwhile. Nothing was saved."
CONTACT_LABELS = {"name": "Name", "role": "Role", "address": "Address", "phone": "Phone"}
TITLE_LIMIT = 200


def ask_by_post(tx: Transaction, actor: Actor, case_id: UUID, new: PostalAdviceIn) -> Case:
    """Record that advice was asked for by post from somebody without an account; idempotent.

    Raises NOT_FOUND, INVALID, CONFLICT, and NOT_ALLOWED if no assessment is in progress.
    """
    case = find_case(tx, actor, case_id)
    existing = tx.session.get(AdviceRequest, new.id)
    if existing is not None:
        _require_same_request(case, existing, new)
        return case
    require_assessment(case)
    definition = pin_form(tx, new.form)
    if not definition.asked_for:
        raise not_found()
    _require_valid_request(tx, case, new)
    due = _due_on(tx, definition, new)
    form = _add_form(tx, case, definition)
    tx.session.add(
        AdviceRequest(
            id=new.id,
            case_id=case.id,
            submission_id=form.id,
            account_id=actor.account_id,
            by_name=new.name.strip(),
            by_role=new.role.strip(),
            by_address=new.address.strip(),
            by_phone=new.phone.strip(),
            state=AdviceState.REQUESTED,
            asked_on=new.asked_on,
            due_on=due,
            asked_by=actor.account_id,
        )
    )
    update_awaited(tx, case.id)
    actor.record(tx, Action.ADVICE_ASKED, subject=new.id, person=case.person_id)
    return case


def _add_form(tx: Transaction, case: Case, definition: FormDefinition) -> Submission:
    """Add a form that belongs to nobody, for the title and the kind of the advice."""
    form = build_draft(tx, uuid4(), definition, case.person_id, case=case.id)
    tx.session.add(form)
    tx.session.flush()
    return form


def _require_same_request(case: Case, existing: AdviceRequest, new: PostalAdviceIn) -> None:
    """Raise CONFLICT if something else was recorded under the id of a request.

    The contacts and the kind are not compared: they may have been corrected since.
    """
    if (existing.case_id, existing.asked_on) != (case.id, new.asked_on):
        raise PortalProblem(ProblemCode.CONFLICT, OTHER_DETAILS)


def _due_on(tx: Transaction, definition: FormDefinition, new: PostalAdviceIn) -> date:
    periods = tx.services.settings.periods
    return new.due or advice_due(new.asked_on, periods, definition.due_days)


def _require_valid_request(tx: Transaction, case: Case, new: PostalAdviceIn) -> None:
    _require_valid_contacts(new)
    if new.asked_on > london_day(tx.now):
        raise invalid_field("/asked_on", FUTURE)
    if new.asked_on < case.received_on:
        raise invalid_field(
            "/asked_on",
            f"The case began on {format_day(case.received_on)}. Enter that day or a later one.",
        )
    if new.due is not None and new.due < new.asked_on:
        raise invalid_field("/due", "The date must not be before the day that it was asked for.")


def _require_valid_contacts(new: PostalAdviceIn | AdviceContacts) -> None:
    if not new.name.strip():
        raise invalid_field("/name", "Enter the name.")
    for field in AdviceContacts.model_fields:
        check = check_name if field == "name" else check_line
        if error := check(getattr(new, field)).message:
            raise invalid_field(f"/{field}", error)


def correct_contacts(tx: Transaction, actor: Actor, advice_id: UUID, new: AdviceContactsIn) -> Case:
    """Correct who was asked for advice by post, and how to reach them; idempotent by the id.

    Raises NOT_FOUND, INVALID, and CONFLICT if they do not say any more what this replaces.
    """
    advice, form, case = _lock(tx, actor, advice_id)
    if not advice.by_name:
        raise not_found()
    if tx.session.get(AdviceStepRow, new.id) is not None:
        return case  # a late repeat: they may have been corrected again since
    _require_valid_contacts(new)
    stored = {name: getattr(advice, f"by_{name}") for name in AdviceContacts.model_fields}
    values = {name: getattr(new, name).strip() for name in stored}
    if stored != values:
        if stored != new.replaces.model_dump():
            raise PortalProblem(ProblemCode.CONFLICT, CONTACTS_CHANGED)
        text = "; ".join(
            f"{label}: {stored[name] or 'empty'} → {values[name] or 'empty'}"
            for name, label in CONTACT_LABELS.items()
            if stored[name] != values[name]
        )
        advice.sqlmodel_update({f"by_{name}": text for name, text in values.items()})
        tx.session.add(advice)
        add_step(tx, actor, new.id, advice, AdviceStepKind.CONTACTS_CORRECTED, text)
        actor.record(tx, Action.ADVICE_CONTACTS_CORRECTED, subject=advice.id, person=form.person_id)
    return case


def receive(tx: Transaction, actor: Actor, advice_id: UUID, new: PaperAdviceIn) -> Case:
    """Record that awaited advice was received on paper or by email, with its document; idempotent.

    Raises NOT_FOUND, INVALID, CONFLICT, and NOT_ALLOWED if the advice is not awaited.
    """
    advice, form, case = _lock(tx, actor, advice_id)
    if _is_received(tx, advice, new):
        return case
    if AdviceState(advice.state) not in AWAITED:
        raise PortalProblem(
            ProblemCode.NOT_ALLOWED, "This advice is not awaited any more. Nothing was recorded."
        )
    _require_valid_receipt(tx, advice, new)
    paper = PaperAdvice(
        id=new.id,
        advice_id=advice.id,
        received_on=new.received_on,
        given_by=new.given_by.strip(),
        state_before=advice.state,
        account_id=actor.account_id,
        at=tx.now,
    )
    tx.session.add(paper)
    if new.document is not None:
        _attach(tx, actor, case, form, paper, new.document)
    advice.state, advice.closed_at = AdviceState.ACCEPTED, tx.now
    tx.session.add(advice)
    update_awaited(tx, case.id)
    actor.record(tx, Action.ADVICE_RECEIVED, subject=advice.id, person=form.person_id)
    send_about_advice(
        tx,
        form,
        "Advice was received on paper",
        "The Local Authority received the advice for {child} on paper on "
        f"{format_day(new.received_on)}. You need not fill in the form. What you wrote is kept.",
    )
    return case


def _is_received(tx: Transaction, advice: AdviceRequest, new: PaperAdviceIn) -> bool:
    """Whether this is a repeated request; raises CONFLICT if its id is of another receipt."""
    existing = tx.session.get(PaperAdvice, new.id)
    if existing is None:
        return False
    sent = (advice.id, new.received_on, new.given_by.strip(), new.document)
    stored = (existing.advice_id, existing.received_on, existing.given_by)
    if (*stored, existing.document_id) != sent:
        raise PortalProblem(ProblemCode.CONFLICT, OTHER_DETAILS)
    return True


def _require_valid_receipt(tx: Transaction, advice: AdviceRequest, new: PaperAdviceIn) -> None:
    if error := check_name(new.given_by).message:
        raise invalid_field("/given_by", error)
    if new.received_on > london_day(tx.now):
        raise invalid_field("/received_on", FUTURE)
    if new.received_on < advice.asked_on:
        raise invalid_field(
            "/received_on",
            f"It was asked for on {format_day(advice.asked_on)}. Enter that day or a later one.",
        )


def _lock(tx: Transaction, actor: Actor, advice_id: UUID) -> tuple[AdviceRequest, Submission, Case]:
    """Lock and return a request for advice with its form and its case; raises NOT_FOUND."""
    advice, form = lock_advice(tx, advice_id)
    return advice, form, find_case(tx, actor, advice.case_id)


def _find_receipt(tx: Transaction, advice: AdviceRequest, id: UUID) -> PaperAdvice:
    """Return a receipt of a request for advice, also one taken back; raises NOT_FOUND."""
    paper = tx.session.get(PaperAdvice, id)
    if paper is None or paper.advice_id != advice.id:
        raise not_found()
    return paper


def _standing_receipt(tx: Transaction, advice: AdviceRequest) -> UUID:
    """Return the id of the receipt that was not taken back; raises NOT_FOUND."""
    standing = select(PaperAdvice.id).where(
        PaperAdvice.advice_id == advice.id, col(PaperAdvice.removed_at).is_(None)
    )
    if (id := tx.session.exec(standing).first()) is None:
        raise not_found()
    return id


def _attach(
    tx: Transaction, actor: Actor, case: Case, form: Submission, paper: PaperAdvice, document: UUID
) -> None:
    """Keep the document of advice with its case, for officers only."""
    advice = tx.session.get_one(AdviceRequest, paper.advice_id)
    asked = advice.by_name or tx.session.get_one(Account, advice.account_id).name
    title = pinned_form(tx, form.form, form.form_version).title
    file = FileIn(document=document, title=f"{title}, {paper.given_by or asked}"[:TITLE_LIMIT])
    file_document(tx, actor, case.id, file)
    paper.document_id = document
    tx.session.add(paper)


def add_document(tx: Transaction, actor: Actor, advice_id: UUID, new: PaperDocumentIn) -> Case:
    """Add the document to a receipt on paper that lacks it; idempotent.

    Raises NOT_FOUND, INVALID, CONFLICT, and NOT_ALLOWED if the receipt was taken back or has
    another document.
    """
    advice, form, case = _lock(tx, actor, advice_id)
    paper = _find_receipt(tx, advice, new.id or _standing_receipt(tx, advice))
    if paper.document_id is None:
        if paper.removed_at is not None:
            raise PortalProblem(
                ProblemCode.NOT_ALLOWED, "This receipt was taken back. Nothing was added."
            )
        paper.document_at, paper.document_by = tx.now, actor.account_id
        _attach(tx, actor, case, form, paper, new.document)
        actor.record(tx, Action.ADVICE_DOCUMENT_ADDED, subject=paper.id, person=form.person_id)
    elif paper.document_id != new.document:
        raise PortalProblem(
            ProblemCode.NOT_ALLOWED,
            "This advice has a document already. Keep another under Documents.",
        )
    return case


def take_back(tx: Transaction, actor: Actor, advice_id: UUID, removal: PaperRemovalIn) -> Case:
    """Take back a receipt of advice on paper, so that the advice is awaited again; idempotent.

    Raises NOT_FOUND, and INVALID without a reason.
    """
    advice, form, case = _lock(tx, actor, advice_id)
    paper = _find_receipt(tx, advice, removal.id)
    if paper.removed_at is not None:
        return case
    if not removal.reason.strip():
        raise invalid_field("/reason", "Enter the reason.")
    paper.removed_at, paper.removed_by = tx.now, actor.account_id
    paper.removed_reason = removal.reason.strip()
    advice.state, advice.closed_at = paper.state_before, None
    tx.session.add_all((paper, advice))
    update_awaited(tx, case.id)
    actor.record(tx, Action.ADVICE_RECEIPT_REMOVED, subject=advice.id, person=form.person_id)
    if is_awaited(tx, advice):
        send_about_advice(
            tx,
            form,
            "Your advice is awaited again",
            "The Local Authority recorded by mistake that the advice for {child} was received on "
            f"paper. It is due by {format_day(advice.due_on)}.",
        )
    return case
