"""What officers did about requested advice: chasing, returning, and recording what is posted."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from operator import attrgetter
from uuid import UUID

from sqlmodel import col, select

from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.core.database import Transaction
from server.documents.tables import Document
from server.forms.tables import AdviceRequest, AdviceStepRow, PaperAdvice
from shared.advice import AdviceStep, AdviceStepKind
from shared.values.days import format_day

AUTHORITY = "the Local Authority"


def add_step(
    tx: Transaction,
    actor: Actor,
    id: UUID,
    advice: AdviceRequest,
    kind: AdviceStepKind,
    text: str,
    on: date | None = None,
) -> None:
    """Record what the actor did about requested advice, with the text, and the day if entered."""
    tx.session.add(
        AdviceStepRow(
            id=id,
            advice_id=advice.id,
            kind=kind,
            account_id=actor.account_id,
            at=tx.now,
            on=on,
            text=text,
        )
    )


def contacts_corrected(tx: Transaction, case_id: UUID) -> dict[UUID, datetime]:
    """Return when the contacts of each request by post in a case were corrected last."""
    corrections = tx.session.exec(
        select(AdviceStepRow)
        .join(AdviceRequest, col(AdviceRequest.id) == col(AdviceStepRow.advice_id))
        .where(
            AdviceRequest.case_id == case_id,
            AdviceStepRow.kind == AdviceStepKind.CONTACTS_CORRECTED,
        )
        .order_by(col(AdviceStepRow.at))
    )
    return {step.advice_id: step.at for step in corrections}


def steps_by_advice(tx: Transaction, advice_ids: Sequence[UUID]) -> dict[UUID, list[AdviceStep]]:
    """Return the steps of each request for advice, oldest first."""
    rows = tx.session.execute(
        select(AdviceStepRow, Account)
        .join(Account, col(Account.id) == col(AdviceStepRow.account_id), isouter=True)
        .where(col(AdviceStepRow.advice_id).in_(advice_ids))
        .order_by(col(AdviceStepRow.at), col(AdviceStepRow.id))
    )
    steps: dict[UUID, list[AdviceStep]] = {id: [] for id in advice_ids}
    for step, account in rows:
        steps[step.advice_id].append(
            AdviceStep(
                kind=AdviceStepKind(step.kind),
                at=step.at,
                on=step.on,
                by=account.name if account else AUTHORITY,
                text=step.text,
            )
        )
    for advice_id, step in _steps_on_paper(tx, advice_ids):
        steps[advice_id].append(step)
    return {id: sorted(of_advice, key=attrgetter("at")) for id, of_advice in steps.items()}


def _steps_on_paper(
    tx: Transaction, advice_ids: Sequence[UUID]
) -> Iterator[tuple[UUID, AdviceStep]]:
    """Yield each receipt of advice on paper, its document if added later, and its removal."""
    rows = tx.session.exec(
        select(PaperAdvice)
        .where(col(PaperAdvice.advice_id).in_(advice_ids))
        .order_by(col(PaperAdvice.at))
    ).all()
    ids = {id for row in rows for id in (row.account_id, row.document_by, row.removed_by)}
    accounts = tx.session.exec(select(Account).where(col(Account.id).in_(ids)))
    names: dict[UUID | None, str] = {account.id: account.name for account in accounts}
    documents = _document_names(tx, rows)
    for row in rows:
        given_by = f", from {row.given_by}" if row.given_by else ""
        received = f"{format_day(row.received_on)}{given_by}."
        steps: list[tuple[AdviceStepKind, datetime, UUID | None, str]] = [
            (AdviceStepKind.RECEIVED, row.at, row.account_id, f"On {received}")
        ]
        if row.document_at is not None:
            name = documents.get(row.document_id, "")
            text = f"Document added: {name}, of the advice received on {received}"
            # Of a kind that clients of the version before know.
            steps.append((AdviceStepKind.RECEIVED, row.document_at, row.document_by, text))
        if row.removed_at is not None:
            kind = AdviceStepKind.RECEIPT_REMOVED
            steps.append((kind, row.removed_at, row.removed_by, row.removed_reason))
        for kind, at, account, text in steps:
            by = names.get(account, AUTHORITY)
            on = row.received_on if at == row.at else None
            yield row.advice_id, AdviceStep(kind=kind, at=at, on=on, by=by, text=text)


def _document_names(tx: Transaction, rows: Sequence[PaperAdvice]) -> dict[UUID | None, str]:
    ids = [row.document_id for row in rows if row.document_at]
    documents = tx.session.exec(select(Document).where(col(Document.id).in_(ids)))
    return {document.id: document.name for document in documents} if ids else {}
