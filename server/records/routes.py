"""Routes for closing one's own account."""

from fastapi import APIRouter

from server.accounts.actor import Fresh, SignedIn
from server.accounts.tables import Account
from server.core.routing import TransactionRoute, Tx
from server.records import leaving
from shared.accounts import UnfinishedFormOut

router = APIRouter(prefix="/v1/account", route_class=TransactionRoute)


@router.get("/unfinished")
def list_unfinished(actor: SignedIn, tx: Tx) -> list[UnfinishedFormOut]:
    """List the forms that I have not finished, without the names of children."""
    return [
        UnfinishedFormOut(id=form.id, title=form.title, started_on=form.started_on)
        for form in leaving.list_unfinished(tx, actor.account_id)
    ]


@router.delete("", status_code=204)
def close(actor: Fresh, tx: Tx) -> None:
    """Close my account and end every session."""
    account = tx.session.get_one(Account, actor.account_id, with_for_update=True)
    leaving.close_account(tx, account, actor.address)
