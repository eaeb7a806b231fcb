"""Routes of the inbox."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from server.accounts.actor import Professional
from server.core.database import Tx
from server.messages import service
from shared.messages import MessageOut, MessagesPage

PAGE_SIZE = 50
PAGE_MOST = 200

router = APIRouter(prefix="/v1/messages")


@router.get("")
def inbox(
    actor: Professional,
    tx: Tx,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_MOST)] = PAGE_SIZE,
) -> MessagesPage:
    """List a page of my messages."""
    return service.list_messages(tx, actor, cursor, limit)


@router.get("/{message}")
def read(message: UUID, actor: Professional, tx: Tx) -> MessageOut:
    """Open a message."""
    return service.read_message(tx, actor, message)


@router.put("/{message}/read", status_code=204)
def mark_read(message: UUID, actor: Professional, tx: Tx) -> None:
    """Mark a message as read."""
    service.mark_read(tx, actor, message)
