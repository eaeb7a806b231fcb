"""Routes for sharing drafts with colleagues, and for withdrawing a submission."""

from uuid import UUID

from fastapi import APIRouter

from server.accounts.actor import Professional
from server.core.problems import problem_responses
from server.core.routing import TransactionRoute, Tx
from server.forms import sharing as service
from server.forms import withdrawing
from shared.forms.sharing import HandOver, Sharing

router = APIRouter(prefix="/v1/submissions/{submission}", route_class=TransactionRoute)


@router.get("/sharing")
def sharing(submission: UUID, actor: Professional, tx: Tx) -> Sharing:
    """Read the shares and contributors of a draft."""
    return service.read_sharing(tx, actor, submission)


@router.put("/shares/{account}", status_code=204, responses=problem_responses([429]))
def share(submission: UUID, account: UUID, actor: Professional, tx: Tx) -> None:
    """Share a draft with a colleague."""
    service.share(tx, actor, submission, account)


@router.delete("/shares/{account}", status_code=204)
def end_share(submission: UUID, account: UUID, actor: Professional, tx: Tx) -> None:
    """Stop sharing a draft with a colleague."""
    service.end_share(tx, actor, submission, account)


@router.post("/hand-over", status_code=204, responses=problem_responses([429]))
def hand_over(submission: UUID, body: HandOver, actor: Professional, tx: Tx) -> None:
    """Hand a draft over to a colleague."""
    service.hand_over(tx, actor, submission, body.to)


@router.post("/withdraw", status_code=204)
def withdraw(submission: UUID, actor: Professional, tx: Tx) -> None:
    """Withdraw a submission."""
    withdrawing.withdraw(tx, actor, submission)
