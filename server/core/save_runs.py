"""Runs of saves of a form in the audit log: one entry, with the number of its saves."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, exists, func, select, update

from server.core.audit import Action, AuditEvent, SaveRun
from server.core.database import Transaction, table_of

_AUDIT = table_of(AuditEvent)
_RUN = table_of(SaveRun)

SAVE_RUN_GAP = timedelta(minutes=30)
"""A longer pause between two saves starts a new run."""

_LAST_ENTRY = (
    select(func.max(_AUDIT.c.id))
    .where(_AUDIT.c.subject_id == bindparam("form"), _AUDIT.c.account_id == bindparam("account"))
    .scalar_subquery()
)
_COUNT_SAVE = (
    update(_RUN)
    .where(
        _RUN.c.event_id == _LAST_ENTRY,
        _RUN.c.last_at > bindparam("since"),
        exists().where(
            _AUDIT.c.id == _RUN.c.event_id, _AUDIT.c.address == bindparam("from_address")
        ),
    )
    .values(times=_RUN.c.times + 1, last_at=bindparam("now"))
)


def record_save(
    tx: Transaction,
    *,
    account: UUID,
    form: UUID,
    person: UUID,
    address: str,
    action: Action = Action.FORM_SAVED,
) -> None:
    """Record a save in the audit log, with one entry per run of saves of a form.

    A run ends with a pause, a new IP address, or any other action of the account on the form.
    """
    run = {"form": form, "account": account, "from_address": address}
    times = {"since": tx.now - SAVE_RUN_GAP, "now": tx.now}
    if tx.connection.execute(_COUNT_SAVE, {**run, **times}).rowcount == 0:
        values: dict[str, Any] = {"at": tx.now, "action": action, "address": address}
        values |= {"account_id": account, "subject_id": form, "person_id": person}
        entry = AuditEvent.model_validate(values)
        tx.session.add(entry)
        tx.session.flush()
        tx.session.add(SaveRun.model_validate({"event_id": entry.id, "last_at": tx.now}))
