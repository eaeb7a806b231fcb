"""Correcting a family's request that an officer entered: who made it, its day and its answers."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID, uuid4

from sqlmodel import col, select

from server.accounts.actor import Actor
from server.accounts.edits import stale_edit
from server.accounts.tables import Account
from server.cases.service import events_of, find_case
from server.cases.tables import Case
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import PortalProblem, invalid, invalid_field, not_found
from server.core.versions import StaleEdit
from server.desk.advice import advice_submissions
from server.desk.correcting import replace_event
from server.desk.paper import FORM, SUBMITTED_BY, reason_of
from server.forms.access import load_answers
from server.forms.answers import write_answers
from server.forms.catalogue import pinned_form
from server.forms.filling import newest_version
from server.forms.tables import RequestCorrection, Submission, SubmissionVersion
from shared.cases.actions import CorrectionIn
from shared.cases.events import EventKind
from shared.desk import CorrectedRequest, PaperRequestOut, RequestCorrectionIn
from shared.forms.copy import within_sentence
from shared.forms.shapes import shape_errors
from shared.forms.submissions import Answer
from shared.problems import ProblemCode
from shared.values.days import format_datetime, format_day, london_day
from shared.values.identifiers import check_name


def read_request(tx: Transaction, actor: Actor, submission_id: UUID) -> PaperRequestOut:
    """Return a family's request as an officer entered it, and audit the reading.

    Raises NOT_FOUND.
    """
    form = tx.session.get(Submission, submission_id)
    if form is None:
        raise not_found()
    _require_family_request(form)
    actor.record(tx, Action.FORM_READ, subject=form.id, person=form.person_id)
    return _request_out(tx, form)


def correct_request(
    tx: Transaction, actor: Actor, submission_id: UUID, new: RequestCorrectionIn, version: int
) -> Case:
    """Correct a family's request by a new version of it; idempotent by the id.

    If its day began the case, the case begins on the corrected day. Raises NOT_FOUND, INVALID,
    CONFLICT, STALE, and NOT_ALLOWED if a later step would not be possible.
    """
    form = tx.session.get(Submission, submission_id, with_for_update=True)
    if form is None:
        raise not_found()
    case = find_case(tx, actor, _require_family_request(form))
    existing = tx.session.get(RequestCorrection, new.id)
    if existing is not None:
        if existing.submission_id != form.id:
            raise PortalProblem(
                ProblemCode.CONFLICT, "Another request was corrected under this id."
            )
        return case
    _require_valid(tx, form, new)
    before = _request_out(tx, form)
    answers = {field: answer for field, answer in new.answers.items() if answer.strip()}
    asked_by = new.asked_by.strip() or SUBMITTED_BY
    if (before.received_on, before.asked_by, before.answers) == (
        new.received_on,
        asked_by,
        answers,
    ):
        return case
    if form.version != version:
        raise _stale(tx, actor, form, before)
    _store(tx, actor, form, before, new, answers)
    form.received_on = new.received_on
    tx.session.add(form)
    tx.session.flush()
    _correct_start(tx, actor, case, form, before, new)
    actor.record(tx, Action.REQUEST_CORRECTED, subject=form.id, person=form.person_id)
    return case


def _require_family_request(form: Submission) -> UUID:
    """Return the case of a request that an officer entered; raises NOT_FOUND for other forms."""
    if form.form != FORM or form.account_id is not None or form.case_id is None:
        raise not_found()
    return form.case_id


def _require_valid(tx: Transaction, form: Submission, new: RequestCorrectionIn) -> None:
    if not new.reason.strip():
        raise invalid_field("/reason", "Enter the reason.")
    if error := check_name(new.asked_by).message:
        raise invalid_field("/asked_by", error)
    if new.received_on > london_day(tx.now):
        raise invalid_field("/received_on", "The date must be today or in the past.")
    definition = pinned_form(tx, form.form, form.form_version)
    if errors := shape_errors(definition, dict(new.answers)):
        raise invalid(errors, "Some answers can't be kept.")


def _request_out(tx: Transaction, form: Submission) -> PaperRequestOut:
    version = newest_version(tx, form.id)
    return PaperRequestOut(
        submission=form.id,
        version=form.version,
        form=pinned_form(tx, form.form, form.form_version),
        received_on=_received_on(form, version),
        asked_by=version.submitted_by if version else SUBMITTED_BY,
        answers={field: str(answer) for field, answer in load_answers(tx, form.id).items()},
    )


def _received_on(form: Submission, version: SubmissionVersion | None) -> date:
    """Return the day that a request was received, or entered if that was not recorded."""
    if form.received_on is not None:
        return form.received_on
    return london_day(form.submitted_at or (version.submitted_at if version else form.started_at))


def _store(
    tx: Transaction,
    actor: Actor,
    form: Submission,
    before: PaperRequestOut,
    new: RequestCorrectionIn,
    answers: dict[str, str],
) -> None:
    """Store the corrected answers as the next version, with what the request said before."""
    changes: dict[str, Answer | None] = dict.fromkeys(before.answers.keys() - answers.keys())
    write_answers(tx, form.id, changes | answers)
    newest = newest_version(tx, form.id)
    number = newest.number + 1 if newest else 1
    version = SubmissionVersion(
        id=uuid4(),
        submission_id=form.id,
        number=number,
        submitted_at=tx.now,
        submitted_by=new.asked_by.strip() or SUBMITTED_BY,
        answers=dict(answers),
    )
    correction = RequestCorrection(
        id=new.id,
        submission_id=form.id,
        number=number,
        received_on=before.received_on,
        asked_by=before.asked_by,
        reason=new.reason.strip(),
        account_id=actor.account_id,
        at=tx.now,
    )
    tx.session.add_all((version, correction))
    form.version += 1
    form.saved_at = tx.now


def _stale(tx: Transaction, actor: Actor, form: Submission, now: PaperRequestOut) -> StaleEdit:
    last = tx.session.exec(
        select(RequestCorrection).where(
            RequestCorrection.submission_id == form.id, RequestCorrection.at == form.saved_at
        )
    ).first()  # none if its day was corrected with the event's
    by = tx.session.get_one(Account, last.account_id).name if last else "Somebody else"
    labels = {field.id: field.label for step in now.form.steps for field in step.fields}
    asked_by = within_sentence(now.asked_by)
    lines = [f"Received {format_day(now.received_on)}, requested by {asked_by}"]
    lines += [f"{labels.get(field, field)}: {text}" for field, text in now.answers.items()]
    return stale_edit(
        actor,
        f"{by} corrected this request at {format_datetime(form.saved_at)}, after you opened it",
        subject=form.id,
        person=form.person_id,
        by=by,
        at=form.saved_at,
        version=form.version,
        current="\n".join(lines),
    )


def _correct_start(
    tx: Transaction,
    actor: Actor,
    case: Case,
    form: Submission,
    before: PaperRequestOut,
    new: RequestCorrectionIn,
) -> None:
    """Correct the event that a case began with, if it is that of a corrected request.

    A case begins with its earliest request.
    """
    first = events_of(tx, case)[0]
    if first.kind != EventKind.REQUEST_RECEIVED or first.id is None:
        return
    on = min(first.on, new.received_on)
    if before.received_on == new.received_on:
        on = first.on
    elif before.received_on == first.on:
        on = min([new.received_on, *_other_days(tx, case, form)])
    reason, requested = new.reason.strip(), reason_of(new.asked_by)
    # Versions before wrote a capital within the sentence.
    is_same = first.reason.casefold() == requested.casefold()
    names_other = first.at == form.submitted_at and not is_same
    if on == first.on and not names_other:
        return
    if names_other:
        was = f" (It gave the reason: {first.reason})" if first.reason else ""
        reason, first.reason = f"{reason}{was}", requested
        tx.session.add(first)
    correction = CorrectionIn(
        id=new.id, kind=EventKind.REQUEST_RECEIVED, on=on, day=first.day, reason=reason
    )
    try:
        replace_event(tx, actor, case, first.id, correction)
    except PortalProblem as error:
        if any(item.pointer == "/on" for item in error.problem.errors):
            raise invalid_field("/received_on", error.problem.errors[0].message) from None
        raise


def _other_days(tx: Transaction, case: Case, form: Submission) -> list[date]:
    """Return the days on which the other requests of a case were received."""
    rows = tx.session.exec(
        select(Submission).where(
            Submission.case_id == case.id,
            Submission.id != form.id,
            col(Submission.submitted_at).is_not(None),
            col(Submission.withdrawn_at).is_(None),
        )
    ).all()
    advice = advice_submissions(tx, case)
    return [_first_day(tx, row) for row in rows if row.id not in advice]


def _first_day(tx: Transaction, form: Submission) -> date:
    if form.received_on is not None:
        return form.received_on
    query = select(SubmissionVersion).where(SubmissionVersion.submission_id == form.id)
    first = tx.session.exec(query.order_by(col(SubmissionVersion.number))).first()
    return _received_on(form, None) if first is None else london_day(first.submitted_at)


def corrected_requests(tx: Transaction, case: Case) -> list[CorrectedRequest]:
    """List the corrections of a case's requests, oldest first, with what it said before."""
    rows: Sequence[tuple[RequestCorrection, Account]] = [
        (correction, account)
        for correction, account in tx.session.execute(
            select(RequestCorrection, Account)
            .join(Submission, col(Submission.id) == col(RequestCorrection.submission_id))
            .join(Account, col(Account.id) == col(RequestCorrection.account_id))
            .where(Submission.case_id == case.id)
            .order_by(col(RequestCorrection.at))
        )
    ]
    return [
        CorrectedRequest(
            submission=correction.submission_id,
            at=correction.at,
            by=account.name,
            text=(
                f"It was: received {format_day(correction.received_on)}, requested by "
                f"{within_sentence(correction.asked_by)}. {correction.reason}"
            ),
        )
        for correction, account in rows
    ]
