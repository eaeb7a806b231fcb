"""Notes and phone calls of a case: written, corrected by their author, struck."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.orm import aliased
from sqlmodel import col, select

from server.accounts.actor import Actor
from server.accounts.edits import require_version
from server.accounts.tables import Account
from server.cases.service import find_case
from server.cases.tables import Case
from server.casework.tables import Note, NoteVersion
from server.core.audit import Action
from server.core.database import Transaction
from server.core.pages import Cursor, decode_cursor, keyset_condition, unknown_cursor
from server.core.problems import PortalProblem, invalid_field, not_found
from shared.casework import (
    DIRECTION_LABELS,
    NOTES_SIZE,
    Call,
    Direction,
    NoteChange,
    NoteContent,
    NoteIn,
    NoteKind,
    NoteOut,
    NotesPage,
    Struck,
)
from shared.problems import ProblemCode
from shared.values.days import format_datetime


def add_note(tx: Transaction, actor: Actor, case_id: UUID, new: NoteIn) -> Case:
    """Add a note or a call to a case; idempotent by its id.

    Raises NOT_FOUND, INVALID, and CONFLICT if the id belongs to another note.
    """
    case = find_case(tx, actor, case_id)
    content = _build_version(tx, new.id, 1, new.text, new.call)
    existing = tx.session.get(Note, new.id)
    if existing is not None:
        if (existing.case_id, existing.account_id) != (case.id, actor.account_id):
            raise PortalProblem(ProblemCode.CONFLICT, "Another note was written under this id.")
        if _content(tx.session.get_one(NoteVersion, (new.id, 1))) != _content(content):
            raise PortalProblem(ProblemCode.CONFLICT, "This was added before, and said otherwise.")
        return _read_again(tx, actor, case)
    kind = NoteKind.CALL if new.call else NoteKind.NOTE
    tx.session.add(
        Note(
            id=new.id,
            case_id=case.id,
            kind=kind,
            account_id=actor.account_id,
            at=tx.now,
            edited_by=actor.account_id,
            edited_at=tx.now,
        )
    )
    tx.session.flush()
    tx.session.add(content)
    action = Action.CALL_ADDED if new.call else Action.NOTE_ADDED
    actor.record(tx, action, subject=new.id, person=case.person_id)
    return case


def correct_note(
    tx: Transaction, actor: Actor, note_id: UUID, change: NoteChange, version: int
) -> Case:
    """Correct one's own note, keeping what it said; safe to repeat.

    Raises NOT_FOUND, INVALID, STALE, and NOT_ALLOWED for a note that somebody else wrote or that
    was struck.
    """
    note, case = _lock_note(tx, actor, note_id)
    if note.account_id != actor.account_id:
        raise PortalProblem(ProblemCode.NOT_ALLOWED, "Only who wrote a note can correct it.")
    if note.struck_at is not None:
        raise PortalProblem(ProblemCode.NOT_ALLOWED, "This note was struck.")
    if (note.kind == NoteKind.CALL) is not (change.call is not None):
        raise invalid_field("/call", "A note stays a note, and a call stays a call.")
    current = tx.session.get_one(NoteVersion, (note.id, note.version))
    new = _build_version(tx, note.id, note.version + 1, change.text, change.call)
    if _content(current) == _content(new):
        return _read_again(tx, actor, case)
    _require_version(tx, actor, note, case, version)
    note.version, note.edited_by, note.edited_at = new.number, actor.account_id, tx.now
    tx.session.add_all([note, new])
    actor.record(tx, Action.NOTE_CORRECTED, subject=note.id, person=case.person_id)
    return case


def _require_version(tx: Transaction, actor: Actor, note: Note, case: Case, version: int) -> None:
    current = _text(tx.session.get_one(NoteVersion, (note.id, note.version)))
    require_version(tx, actor, note, version, person=case.person_id, current=current)


def _text(version: NoteVersion) -> str:
    """Return what a note says, below with whom, how and when its call was."""
    if (call := _call_out(version)) is None:
        return version.text
    parts = (call.with_whom, call.phone, DIRECTION_LABELS[call.direction], format_datetime(call.at))
    return "\n".join((" · ".join(filter(None, parts)), version.text))


def strike_note(tx: Transaction, actor: Actor, note_id: UUID, reason: str, version: int) -> Case:
    """Strike a note with a reason; it stays readable. Raises NOT_FOUND, INVALID, STALE."""
    note, case = _lock_note(tx, actor, note_id)
    if not reason.strip():
        raise invalid_field("/reason", "Enter the reason.")
    if note.struck_at is not None:
        return _read_again(tx, actor, case)
    _require_version(tx, actor, note, case, version)
    note.struck_at, note.struck_by = tx.now, actor.account_id
    note.struck_reason = reason.strip()
    tx.session.add(note)
    actor.record(tx, Action.NOTE_STRUCK, subject=note.id, person=case.person_id)
    return case


def _read_again(tx: Transaction, actor: Actor, case: Case) -> Case:
    """Audit a request that changes nothing: its reply shows the notes all the same."""
    actor.record(tx, Action.NOTES_READ, subject=case.id, person=case.person_id)
    return case


def _lock_note(tx: Transaction, actor: Actor, note_id: UUID) -> tuple[Note, Case]:
    """Lock a note after its case, the order in which cases are joined; raises NOT_FOUND."""
    note = tx.session.get(Note, note_id)
    if note is None:
        raise not_found()
    case = find_case(tx, actor, note.case_id)
    tx.session.refresh(note, with_for_update=True)
    return note, case


def _build_version(
    tx: Transaction, note: UUID, number: int, text: str, call: Call | None
) -> NoteVersion:
    if not text.strip():
        raise invalid_field("/text", "Write the note.")
    if call and call.at > tx.now:
        raise invalid_field("/call/at", "The call can't be later than now.")
    version = NoteVersion(note_id=note, number=number, at=tx.now, text=text.strip())
    if call:
        version.with_whom, version.phone = call.with_whom, call.phone
        version.direction, version.called_at = call.direction, call.at
    return version


def _content(version: NoteVersion) -> tuple[object, ...]:
    return (
        version.text,
        version.with_whom,
        version.phone,
        version.direction,
        version.called_at,
    )


def list_notes(tx: Transaction, actor: Actor, case: Case, cursor: str | None) -> NotesPage:
    """List a page of the notes of a case, newest first; raises MALFORMED for a wrong cursor."""
    striker = aliased(Account)
    query = (
        select(Note, Account, striker)
        .join(Account, col(Account.id) == col(Note.account_id))
        .join(striker, col(striker.id) == col(Note.struck_by), isouter=True)
        .where(Note.case_id == case.id)
        .order_by(col(Note.at).desc(), col(Note.id).desc())
        .limit(NOTES_SIZE + 1)
    )
    if cursor:
        position = tx.session.get(Note, decode_cursor(cursor).id)
        if position is None:
            raise unknown_cursor()
        last = aliased(Note)
        at = select(last.at).where(last.id == position.id).scalar_subquery()
        query = query.where(
            keyset_condition(col(Note.at), at, col(Note.id), position.id, ascending=False)
        )
    results = tx.session.execute(query).all()
    rows = results[:NOTES_SIZE]
    versions = _load_versions(tx, [note.id for note, *_ in rows])
    has_more = len(results) > len(rows)
    return NotesPage(
        rows=[
            _note_out(actor, note, author, striker, versions[note.id])
            for note, author, striker in rows
        ],
        next=Cursor(False, "", rows[-1][0].id).encode() if has_more else None,
    )


def _load_versions(tx: Transaction, notes: Sequence[UUID]) -> dict[UUID, list[NoteContent]]:
    """Load all versions of notes, newest first."""
    query = (
        select(NoteVersion)
        .where(col(NoteVersion.note_id).in_(notes))
        .order_by(col(NoteVersion.number).desc())
    )
    versions: dict[UUID, list[NoteContent]] = {note: [] for note in notes}
    for row in tx.session.exec(query) if notes else ():
        versions[row.note_id].append(
            NoteContent(number=row.number, at=row.at, text=row.text, call=_call_out(row))
        )
    return versions


def _call_out(row: NoteVersion) -> Call | None:
    if row.direction is None or row.called_at is None:
        return None
    return Call(
        with_whom=row.with_whom,
        phone=row.phone,
        direction=Direction(row.direction),
        at=row.called_at,
    )


def _note_out(
    actor: Actor, note: Note, author: Account, striker: Account | None, contents: list[NoteContent]
) -> NoteOut:
    struck = None
    if note.struck_at is not None:
        by = striker.name if striker else ""
        struck = Struck(at=note.struck_at, by=by, reason=note.struck_reason)
    return NoteOut(
        id=note.id,
        version=note.version,
        kind=NoteKind(note.kind),
        by=author.name,
        mine=note.account_id == actor.account_id,
        at=note.at,
        current=contents[0],
        earlier=contents[1:],
        struck=struck,
    )
