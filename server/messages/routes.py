"""Routes for the inbox, for accounts signed in with two-step verification."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response

from server.accounts.actor import TwoStepVerified
from server.core.audit import Action
from server.core.problems import problem_responses
from server.core.routing import TransactionRoute, Tx, audited, polling
from server.core.versions import NOT_MODIFIED
from server.messages import inbox, service
from shared.messages import MessageOut, MessageQuery, MessagesPage

router = APIRouter(prefix="/v1/messages", route_class=TransactionRoute)


@router.get("", responses=problem_responses([404]))
def my_messages(
    actor: TwoStepVerified, tx: Tx, query: Annotated[MessageQuery, Query()]
) -> MessagesPage:
    """List a page of my messages."""
    page = inbox.list_messages(tx, actor, query)
    children = (query.person, *(row.person for row in page.rows))
    actor.record_shown(tx, Action.SHOWN_IN_MESSAGES, children)
    return page


@router.get("/news", response_model=MessagesPage, responses=NOT_MODIFIED)
@polling
def poll_inbox(
    actor: TwoStepVerified,
    tx: Tx,
    response: Response,
    if_none_match: Annotated[str | None, Header(max_length=200)] = None,
) -> MessagesPage | Response:
    """List the inbox's first page; 304 if the newest message and the unread count are the same."""
    current = inbox.inbox_etag(tx, actor)
    if if_none_match == current:
        return Response(status_code=304, headers={"ETag": current})
    response.headers["ETag"] = current
    return inbox.list_messages(tx, actor, MessageQuery())


@router.get("/{message}")
@audited
def read(message: UUID, actor: TwoStepVerified, tx: Tx) -> MessageOut:
    """Open a message."""
    return service.read_message(tx, actor, message)


@router.put("/{message}/read", status_code=204)
def mark_read(message: UUID, actor: TwoStepVerified, tx: Tx) -> None:
    """Mark a message as read."""
    service.mark_read(tx, actor, message, read=True)


@router.delete("/{message}/read", status_code=204)
def mark_unread(message: UUID, actor: TwoStepVerified, tx: Tx) -> None:
    """Mark a message as unread."""
    service.mark_read(tx, actor, message, read=False)


@router.put("/{message}/archived", status_code=204)
def archive(message: UUID, actor: TwoStepVerified, tx: Tx) -> None:
    """Archive a message."""
    service.archive(tx, actor, message, archived=True)


@router.delete("/{message}/archived", status_code=204)
def unarchive(message: UUID, actor: TwoStepVerified, tx: Tx) -> None:
    """Move an archived message back to the inbox."""
    service.archive(tx, actor, message, archived=False)
