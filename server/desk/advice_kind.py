"""Correcting the kind of advice that was asked for by post."""

from uuid import UUID

from sqlmodel import col, select

from server.accounts.actor import Actor
from server.cases.service import find_case
from server.cases.tables import Case, CaseDocument
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import PortalProblem, invalid_field, not_found
from server.desk.advice import lock_advice
from server.desk.advice_steps import add_step
from server.forms.advice import update_awaited
from server.forms.catalogue import pin_form, pinned_form
from server.forms.tables import AdviceRequest, AdviceStepRow, PaperAdvice, Submission
from shared.advice import AdviceKindIn, AdviceStepKind
from shared.cases.clock import advice_due
from shared.forms.definition import FormDefinition
from shared.problems import ProblemCode

OTHER_ADVICE = "Other advice was corrected under this id."
KIND_CHANGED = "Somebody else corrected this kind meanwhile. Nothing was saved."


def correct_kind(tx: Transaction, actor: Actor, advice_id: UUID, new: AdviceKindIn) -> Case:
    """Correct the kind of advice that was asked for by post; idempotent.

    A due date that followed from the kind follows from the new one. Raises NOT_FOUND, INVALID
    without a reason, and CONFLICT if its kind is not any more what this replaces.
    """
    advice, form = lock_advice(tx, advice_id)
    case = find_case(tx, actor, advice.case_id)
    if not advice.by_name:
        raise not_found()
    if (step := tx.session.get(AdviceStepRow, new.id)) is not None:
        if step.advice_id != advice.id:
            raise PortalProblem(ProblemCode.CONFLICT, OTHER_ADVICE)
        return case
    if not new.reason.strip():
        raise invalid_field("/reason", "Enter the reason.")
    if form.form == new.form:
        return case
    if form.form != new.replaces:
        raise PortalProblem(ProblemCode.CONFLICT, KIND_CHANGED)
    before = pinned_form(tx, form.form, form.form_version)
    after = pin_form(tx, new.form)
    if not after.asked_for:
        raise not_found()
    _rename_documents(tx, advice, before, after)
    _replace_kind(tx, advice, form, before, after)
    text = f"Kind of advice: {before.short} → {after.short}. {new.reason.strip()}"
    add_step(tx, actor, new.id, advice, AdviceStepKind.CONTACTS_CORRECTED, text)
    update_awaited(tx, case.id)
    actor.record(tx, Action.ADVICE_KIND_CORRECTED, subject=advice.id, person=form.person_id)
    return case


def _replace_kind(
    tx: Transaction,
    advice: AdviceRequest,
    form: Submission,
    before: FormDefinition,
    after: FormDefinition,
) -> None:
    """Give advice another kind, and the due date of that kind unless a day was entered."""
    asked_on, periods = advice.asked_on, tx.services.settings.periods
    if advice.due_on == advice_due(asked_on, periods, before.due_days):
        advice.due_on = advice_due(asked_on, periods, after.due_days)
    form.form, form.form_version = after.id, after.version
    tx.session.add_all((advice, form))


def _rename_documents(
    tx: Transaction, advice: AdviceRequest, before: FormDefinition, after: FormDefinition
) -> None:
    """Rename the documents of advice whose titles begin with its kind."""
    documents = tx.session.exec(
        select(CaseDocument)
        .join(PaperAdvice, col(PaperAdvice.document_id) == col(CaseDocument.document_id))
        .where(PaperAdvice.advice_id == advice.id, CaseDocument.case_id == advice.case_id)
    )
    for document in documents:
        if document.title.startswith(f"{before.title}, "):
            document.title = document.title.replace(before.title, after.title, 1)
            tx.session.add(document)
