"""What officers did about requested advice: chasing it, and returning it as incomplete."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select

from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.core.database import Transaction
from server.forms.tables import AdviceRequest, AdviceStepRow
from shared.advice import AdviceStep, AdviceStepKind

AUTHORITY = "the Local Authority"


def add_step(
    tx: Transaction, actor: Actor, id: UUID, advice: AdviceRequest, kind: AdviceStepKind, text: str
) -> None:
    """Record what the actor did about requested advice, with the text that was sent."""
    tx.session.add(
        AdviceStepRow(
            id=id,
            advice_id=advice.id,
            kind=kind,
            account_id=actor.account_id,
            at=tx.now,
            text=text,
        )
    )


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
                by=account.name if account else AUTHORITY,
                text=step.text,
            )
        )
    return steps
