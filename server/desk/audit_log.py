"""The audit log of a child, as an officer reads it."""

from uuid import UUID

from sqlalchemy.orm import aliased
from sqlmodel import col, select

from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.core.audit import Action, AuditEvent, SaveRun, events_about
from server.core.database import Transaction
from server.desk.case import AUTHORITY
from server.desk.details import correction_text
from server.people.service import find_records, get_person
from server.people.tables import PersonCorrection
from shared.desk import AuditPage, AuditRow

AUDIT_LIMIT = 200

_RECIPIENT = aliased(Account)


ACTION_WORDS: dict[str, str] = {
    Action.SEN2_READ: "SEN2 details read",
    Action.SEN2_CHANGED: "SEN2 details changed",
    Action.SEN2_CHECKED: "SEN2 return checked",
    Action.SEN2_EXPORTED: "SEN2 return exported",
    Action.DIARY_SAVED: "My week saved",
}
"""What actions are called whose names say it in other words than the screens."""


def read_audit_log(tx: Transaction, actor: Actor, person_id: UUID, cursor: int | None) -> AuditPage:
    """Return a page of a child's audit log, newest first, and audit the reading."""
    person = get_person(tx, actor, person_id)
    actor.record(tx, Action.AUDIT_LOG_READ, subject=person_id, person=person_id)
    ids = events_about([row.id for row in find_records(tx, person.id)], cursor, AUDIT_LIMIT + 1)
    results = tx.session.execute(
        select(AuditEvent, SaveRun, Account, _RECIPIENT)
        .add_columns(PersonCorrection)
        .join(SaveRun, col(SaveRun.event_id) == col(AuditEvent.id), isouter=True)
        .join(Account, col(Account.id) == col(AuditEvent.account_id), isouter=True)
        .join(_RECIPIENT, col(_RECIPIENT.id) == col(AuditEvent.to_account_id), isouter=True)
        .join(
            PersonCorrection,
            col(PersonCorrection.id) == col(AuditEvent.subject_id),
            isouter=True,
        )
        .where(col(AuditEvent.id).in_(ids))
        .order_by(col(AuditEvent.id).desc())
        .limit(AUDIT_LIMIT + 1)
    ).all()
    events = results[:AUDIT_LIMIT]
    rows = [
        AuditRow(
            at=event.at,
            by=account.name if account else AUTHORITY,
            action=_action_words(event.action),
            to=to.name if to else "",
            text=correction_text(correction) if correction else "",
            times=run.times if run else 1,
            last_at=run.last_at if run else None,
        )
        for event, run, account, to, correction in events
    ]
    return AuditPage(rows=rows, next=events[-1][0].id if len(results) > len(events) else None)


def _action_words(action: str) -> str:
    return ACTION_WORDS.get(action, action.replace("_", " ").capitalize())
