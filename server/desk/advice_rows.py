"""The advice requested in a case, as officers see it: its dates, its state and what was done."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.orm import aliased
from sqlmodel import col, select

from server.accounts.account import first_work_details
from server.accounts.tables import Account
from server.cases.service import exemption_text
from server.cases.tables import Case, Exemption
from server.core.database import Transaction
from server.desk.advice_steps import steps_by_advice
from server.forms.advice import awaits, due_text
from server.forms.catalogue import pinned_forms
from server.forms.tables import AdviceRequest, PaperAdvice, Submission
from shared.accounts import OwnWorkDetails
from shared.advice import AdviceStepKind, PaperAdviceOut
from shared.cases.deadlines import DeadlineKind
from shared.desk import AdviceRow, AdviceState
from shared.values.days import london_day

RECEIVED = frozenset({AdviceState.SUBMITTED, AdviceState.RETURNED, AdviceState.ACCEPTED})
"""States of advice that was received; what was returned was received before."""
CONTACT_KINDS = frozenset({AdviceStepKind.CONTACTS_CORRECTED})

_ASKER = aliased(Account)


def advice_rows(tx: Transaction, case: Case) -> list[AdviceRow]:
    """List the advice requested in a case, oldest request first."""
    requests = _find_requests(tx, case)
    work_details = first_work_details(tx, (account.id for _, _, account, *_ in requests))
    forms = pinned_forms(tx, ((form.form, form.form_version) for _, form, *_ in requests))
    ids, today = [advice.id for advice, *_ in requests], london_day(tx.now)
    exemptions, steps = _exemptions_by_advice(tx, ids), steps_by_advice(tx, ids)
    papers = _papers_by_advice(tx, ids)
    return [
        AdviceRow(
            id=advice.id,
            submission=submission.id,
            form=submission.form,
            title=forms[submission.form, submission.form_version].title,
            account=None if advice.by_name else account.id,
            by=advice.by_name or account.name,
            organisation=_organisation(advice, work_details),
            by_post=bool(advice.by_name),
            address=advice.by_address,
            phone=advice.by_phone,
            state=AdviceState(advice.state),
            awaited=awaited,
            asked_on=advice.asked_on,
            due=advice.due_on,
            due_words=due_text(advice, today, awaited=awaited),
            excused=exemption_text(exemptions.get(advice.id)),
            exemption=exemptions[advice.id].id if advice.id in exemptions else None,
            received_on=(received_on := _received_on(advice, submission, papers.get(advice.id))),
            late_days=_late_days(advice, today if awaited else received_on),
            submitted=submission.submitted_at is not None,
            paper=_paper_out(papers.get(advice.id)),
            steps=[step for step in steps[advice.id] if step.kind not in CONTACT_KINDS],
            contact_steps=[step for step in steps[advice.id] if step.kind in CONTACT_KINDS],
            asked_at=submission.started_at,
            asked_by=asker.name,
        )
        for advice, submission, account, asker, awaited in requests
    ]


def _find_requests(
    tx: Transaction, case: Case
) -> Sequence[Row[AdviceRequest, Submission, Account, Account, bool]]:
    """Find the advice requested, with its form, who is asked, who asked, and if it is awaited."""
    rows = tx.session.execute(
        select(AdviceRequest, Submission, Account, _ASKER)
        .add_columns(awaits())
        .join(Submission, col(Submission.id) == col(AdviceRequest.submission_id))
        .join(Account, col(Account.id) == col(AdviceRequest.account_id))
        .join(_ASKER, col(_ASKER.id) == col(AdviceRequest.asked_by))
        .where(col(AdviceRequest.case_id) == case.id)
        .order_by(col(Submission.started_at), col(Account.last_name))
    )
    return rows.all()


def _organisation(advice: AdviceRequest, work_details: Mapping[UUID, OwnWorkDetails]) -> str:
    if advice.by_name:
        return advice.by_role
    work = work_details.get(advice.account_id)
    return work.organisation_label if work else ""


def _papers_by_advice(tx: Transaction, ids: Sequence[UUID]) -> dict[UUID, PaperAdvice]:
    query = select(PaperAdvice).where(
        col(PaperAdvice.advice_id).in_(ids), col(PaperAdvice.removed_at).is_(None)
    )
    return {paper.advice_id: paper for paper in tx.session.exec(query)}


def _paper_out(paper: PaperAdvice | None) -> PaperAdviceOut | None:
    if paper is None:
        return None
    return PaperAdviceOut(
        id=paper.id,
        received_on=paper.received_on,
        given_by=paper.given_by,
        document=paper.document_id,
    )


def _received_on(
    advice: AdviceRequest, submission: Submission, paper: PaperAdvice | None
) -> date | None:
    """Return the day that advice was received last; None if it was not, or was withdrawn."""
    if paper is not None:
        return paper.received_on
    if advice.state not in RECEIVED or submission.submitted_at is None:
        return None
    return london_day(submission.submitted_at)


def _late_days(advice: AdviceRequest, day: date | None) -> int:
    """Return how late advice was received on a day, or is today; 0 without a day."""
    return max((day - advice.due_on).days, 0) if day else 0


def _exemptions_by_advice(
    tx: Transaction, advice_ids: Sequence[UUID]
) -> dict[UUID | None, Exemption]:
    query = select(Exemption).where(
        col(Exemption.advice_id).in_(advice_ids),
        Exemption.clock == DeadlineKind.ADVICE,
        col(Exemption.removed_at).is_(None),
    )
    return {exemption.advice_id: exemption for exemption in tx.session.exec(query)}
