"""Edits of rows that several people change: each names the version that it is based on."""

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlmodel import Field, SQLModel

from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.core.audit import Action
from server.core.database import Transaction
from server.core.versions import StaleEdit
from shared.values.days import format_datetime


class EditedRow(SQLModel):
    """A row that several people edit: its version, and by whom and when that was made."""

    id: UUID = Field(primary_key=True)
    version: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    edited_by: UUID | None = None
    edited_at: datetime | None = None


def apply_edit(
    tx: Transaction,
    actor: Actor,
    row: EditedRow,
    values: dict[str, Any],
    version: int,
    *,
    person: UUID | None,
    current: str,
) -> bool:
    """Set columns of a locked row at a known version, and return whether any has changed.

    A request for what the row says already is a repeated one, whatever its version. Raises STALE
    with `current`, what the row of the child says now.
    """
    if all(getattr(row, name) == value for name, value in values.items()):
        return False
    require_version(tx, actor, row, version, person=person, current=current)
    row.sqlmodel_update(values)
    row.version += 1
    row.edited_by, row.edited_at = actor.account_id, tx.now
    tx.session.add(row)
    return True


def require_version(
    tx: Transaction,
    actor: Actor,
    row: EditedRow,
    version: int,
    *,
    person: UUID | None,
    current: str,
) -> None:
    """Raise STALE, with what a row says now, if it has another version."""
    if row.version == version:
        return
    editor = tx.session.get(Account, row.edited_by) if row.edited_by else None
    by = editor.name if editor else "Somebody else"
    at = f" at {format_datetime(row.edited_at)}" if row.edited_at else ""
    raise stale_edit(
        actor,
        f"{by} changed this{at}, after you opened it",
        subject=row.id,
        person=person,
        by=editor.name if editor else None,
        at=row.edited_at,
        version=row.version,
        current=current,
    )


def stale_edit(
    actor: Actor,
    changed: str,
    *,
    subject: UUID,
    person: UUID | None,
    by: str | None,
    at: datetime | None,
    version: int,
    current: str,
) -> StaleEdit:
    """Build the problem of an edit of what has changed since; `changed` says so to the user."""
    return StaleEdit(
        f"{changed}. Nothing was saved; what you typed is still here.",
        by=by,
        at=at,
        version=version,
        current=current,
        audit=partial(actor.record, action=Action.EDIT_REFUSED, subject=subject, person=person),
    )
