"""Routes for the SSH keys of My Account."""

from uuid import UUID

from fastapi import APIRouter

from server.accounts import ssh_keys
from server.accounts.actor import Fresh, SignedIn
from server.core.routing import TransactionRoute, Tx
from shared.ssh_keys import SshKeyIn, SshKeyRow

router = APIRouter(prefix="/v1/account/ssh-keys", route_class=TransactionRoute)


@router.get("")
def list_ssh_keys(actor: SignedIn, tx: Tx) -> list[SshKeyRow]:
    """List my SSH keys."""
    return ssh_keys.list_keys(tx, actor.account_id)


@router.put("/{key}")
def add_ssh_key(key: UUID, body: SshKeyIn, actor: Fresh, tx: Tx) -> SshKeyRow:
    """Add an SSH key, and email me about it."""
    return ssh_keys.add_key(tx, actor, key, body.line)


@router.delete("/{key}", status_code=204)
def remove_ssh_key(key: UUID, actor: SignedIn, tx: Tx) -> None:
    """Remove an SSH key."""
    ssh_keys.remove_key(tx, actor, key)
