"""A professional's own phrases, kept with the account."""

from uuid import UUID

from sqlmodel import col, func, select

from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import PortalProblem, invalid_field, not_found
from server.forms.tables import PhraseRow
from shared.forms.phrases import PHRASES_LIMIT, Phrase, PhraseIn
from shared.forms.shapes import UNSTORABLE
from shared.problems import ProblemCode


def list_phrases(tx: Transaction, actor: Actor) -> list[Phrase]:
    """List the actor's phrases, oldest first."""
    rows = tx.session.exec(
        select(PhraseRow)
        .where(PhraseRow.account_id == actor.account_id)
        .order_by(col(PhraseRow.created_at), col(PhraseRow.id))
    )
    return [Phrase(id=row.id, text=row.text) for row in rows]


def save_phrase(tx: Transaction, actor: Actor, phrase_id: UUID, phrase: PhraseIn) -> Phrase:
    """Add or change a phrase; raises INVALID, NOT_FOUND, or NOT_ALLOWED over the limit."""
    if not phrase.text.strip() or UNSTORABLE.search(phrase.text):
        raise invalid_field("/text", "Write the phrase.")
    row = tx.session.get(PhraseRow, phrase_id)
    if row is None:
        _require_below_limit(tx, actor)
        row = PhraseRow(
            id=phrase_id, account_id=actor.account_id, text=phrase.text, created_at=tx.now
        )
        actor.record(tx, Action.PHRASE_ADDED, subject=phrase_id)
    elif row.account_id != actor.account_id:
        raise not_found()
    elif row.text != phrase.text:
        row.text = phrase.text
        actor.record(tx, Action.PHRASE_CHANGED, subject=phrase_id)
    tx.session.add(row)
    return Phrase(id=row.id, text=row.text)


def _require_below_limit(tx: Transaction, actor: Actor) -> None:
    # The lock keeps two simultaneous additions from exceeding the limit.
    tx.session.get_one(Account, actor.account_id, with_for_update=True)
    query = select(func.count()).where(PhraseRow.account_id == actor.account_id)
    if tx.session.exec(query).one() >= PHRASES_LIMIT:
        raise PortalProblem(
            ProblemCode.NOT_ALLOWED,
            f"You have {PHRASES_LIMIT} phrases, which is the limit. Delete one you no longer need.",
        )


def remove_phrase(tx: Transaction, actor: Actor, phrase_id: UUID) -> None:
    """Delete a phrase; raises NOT_FOUND, even if it was deleted before."""
    row = tx.session.get(PhraseRow, phrase_id)
    if row is None or row.account_id != actor.account_id:
        raise not_found()
    tx.session.delete(row)
    actor.record(tx, Action.PHRASE_REMOVED, subject=phrase_id)
