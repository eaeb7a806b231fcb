"""What was sent under the ids that clients make, so that a repeated request can be recognised.

A client that gets no reply sends the same again under the same id. What is compared is a digest of
all that was sent, stored in the transaction in which it was done.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Protocol, runtime_checkable
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import Field, SQLModel, col, delete, select

from server.core.database import Transaction
from server.core.problems import PortalProblem
from shared.problems import ProblemCode
from shared.values.sending import Mark

OTHER_CONTENT = (
    "This was sent before with other content, and that was recorded. What you sent now was not. "
    "Go back, look at what is recorded, and change it there."
)

STORED_FOR = timedelta(days=7)
"""How long digests are stored: a computer may sleep over a weekend before it sends again."""

Digests = Mapping[UUID, str]
"""The digest of what is sent under each id."""


class SentId(SQLModel, table=True):
    """An id that a client made, with the digest of what was done under it.

    `person_id` is the child that it is about; without it there is none, or there are several, and
    what was sent holds ids only.
    """

    __tablename__ = "sent_id"

    id: UUID = Field(primary_key=True)
    digest: str
    account_id: UUID | None = Field(
        default=None, foreign_key="account.id", ondelete="CASCADE", index=True
    )
    person_id: UUID | None = Field(
        default=None, foreign_key="person.id", ondelete="CASCADE", index=True
    )
    at: datetime = Field(index=True)


@runtime_checkable
class Sender(Protocol):
    """Who sends a request."""

    @property
    def account_id(self) -> UUID:
        """The account."""


def find_sender(values: Iterable[object]) -> Sender | None:
    """Return the first of some values that is a sender."""
    return next((value for value in values if isinstance(value, Sender)), None)


def digests_of(method: str, path: str, parts: Iterable[object]) -> Digests:
    """Return the digests of what a request sends, by the ids that the client made."""
    return {
        id: digest_of([method, path, _content(model)])
        for part in parts
        for id, model in _find_ids(part)
    }


def digest_of(content: object) -> str:
    """Return the SHA-256 of JSON content, whatever the order of its keys."""
    return sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _find_ids(part: object) -> Iterator[tuple[UUID, BaseModel]]:
    """Yield each id made by the client, with the model that it is in."""
    if isinstance(part, list):
        for item in part:
            yield from _find_ids(item)
    elif isinstance(part, BaseModel):
        for name, field in type(part).model_fields.items():
            value = getattr(part, name)
            if Mark.NEW_ID in field.metadata:
                yield value, part
            else:
                yield from _find_ids(value)


def _content(model: BaseModel) -> dict[str, object]:
    """Return what a model says, without defaults: a newer server may know further fields."""
    fields = type(model).model_fields.items()
    conditions = {name for name, field in fields if Mark.WARNING_READ in field.metadata}
    return model.model_dump(mode="json", exclude=conditions, exclude_defaults=True)


def check_and_store(tx: Transaction, sender: Sender | None, digests: Digests) -> None:
    """Store what was done under each id, after it was done and audited in this transaction.

    Raises CONFLICT, so that nothing is done, if something else was done under one of them. What an
    earlier version recorded has no digest: its service has compared what it can.
    """
    account = sender.account_id if sender else None
    rows = tx.session.exec(select(SentId).where(col(SentId.id).in_(digests))).all()
    if any((row.account_id, row.digest) != (account, digests[row.id]) for row in rows):
        raise PortalProblem(ProblemCode.CONFLICT, OTHER_CONTENT)
    if not tx.audited:
        return
    children = {person for person in tx.audited if person is not None}
    person = children.pop() if len(children) == 1 else None
    new = digests.keys() - {row.id for row in rows}
    tx.session.add_all(
        SentId(id=id, digest=digests[id], account_id=account, person_id=person, at=tx.now)
        for id in sorted(new)
    )


def delete_old_digests(tx: Transaction) -> None:
    """Delete the digests that are older than STORED_FOR."""
    tx.session.exec(delete(SentId).where(col(SentId.at) < tx.now - STORED_FOR))
