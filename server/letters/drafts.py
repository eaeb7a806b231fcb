"""Reading and saving a letter that is being written."""

from datetime import datetime

from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.core.audit import Action
from server.core.database import Transaction
from server.core.problems import PortalProblem, invalid_field
from server.core.save_runs import record_save
from server.letters.building import build_letter, find_missing
from server.letters.tables import LetterDraftRow
from server.letters.warnings import find_warnings
from server.letters.writing import OpenLetter, Writing, suggest_fields
from shared.letters import FIELD_LIMITS, FieldKind, LetterDraft, LetterField, SaveLetter
from shared.problems import ProblemCode
from shared.values.identifiers import check_line


def read_draft(tx: Transaction, actor: Actor, open_letter: OpenLetter) -> LetterDraft:
    """Return a letter as it stands, and audit the reading; raises NOT_FOUND."""
    return _read(tx, actor, open_letter(tx, actor))


def _read(tx: Transaction, actor: Actor, writing: Writing) -> LetterDraft:
    actor.record(tx, Action.LETTER_READ, subject=writing.case.id, person=writing.case.person_id)
    return _draft_out(writing)


def save_draft(
    tx: Transaction, actor: Actor, open_letter: OpenLetter, new: SaveLetter, version: int
) -> LetterDraft:
    """Save the texts of a letter at a known version; raises NOT_FOUND, INVALID, STALE."""
    writing = open_letter(tx, actor)
    texts = _changed_texts(writing, new.texts)
    if writing.version != version:
        if texts == writing.texts:
            return _read(tx, actor, writing)  # a repeated request
        raise stale(tx, writing)
    store_texts(tx, actor, writing, texts)
    record_save(
        tx,
        account=actor.account_id,
        form=writing.case.id,
        person=writing.case.person_id,
        address=actor.address,
        action=Action.LETTER_SAVED,
    )
    return _draft_out(open_letter(tx, actor))


def store_texts(
    tx: Transaction, actor: Actor, writing: Writing, texts: dict[str, str] | None
) -> None:
    """Store the texts of a letter as its next version; None once it is made."""
    draft = writing.draft or LetterDraftRow(
        case_id=writing.case.id,
        kind=writing.draft_kind,
        version=0,
        texts=None,
        account_id=actor.account_id,
        saved_at=tx.now,
    )
    draft.version, draft.texts = draft.version + 1, texts
    draft.account_id, draft.saved_at = actor.account_id, tx.now
    tx.session.add(draft)
    tx.session.flush()


def _changed_texts(writing: Writing, texts: dict[str, str]) -> dict[str, str]:
    """Return the texts that differ from what the case suggests; raises INVALID."""
    fields = {field.id: field for field in suggest_fields(writing)}
    if unknown := texts.keys() - fields.keys():
        raise invalid_field(f"/texts/{min(unknown)}", "This letter has no such part.")
    for name, text in texts.items():
        if error := _field_error(fields[name], text):
            raise invalid_field(f"/texts/{name}", error)
    return {name: text for name, text in texts.items() if text != fields[name].text}


def _field_error(field: LetterField, text: str) -> str:
    limit = FIELD_LIMITS[field.kind]
    if len(text) > limit:
        return f"{field.label} must be {limit} characters or fewer."
    lines = [] if field.kind is FieldKind.TEXT else text.splitlines()
    if field.kind is not FieldKind.LINES and len(lines) > 1:
        return f"{field.label} must be one line."
    return next(filter(None, (check_line(line).message for line in lines)), "")


def stale(tx: Transaction, writing: Writing) -> PortalProblem:
    """Return the problem of a letter that has changed meanwhile, with by whom and when."""
    draft = writing.draft
    return PortalProblem(
        ProblemCode.STALE,
        "This letter has changed since you opened it. Yours is kept here; read the other first.",
        changed_by=tx.session.get_one(Account, draft.account_id).name if draft else None,
        changed_at=draft.saved_at.isoformat() if draft else None,
    )


def _draft_out(writing: Writing) -> LetterDraft:
    template = writing.template.template
    draft = writing.draft
    saved_at: datetime | None = draft.saved_at if draft and draft.texts is not None else None
    return LetterDraft(
        case=writing.case.id,
        kind=template.kind,
        title=writing.title,
        law=template.law,
        child=writing.person.name,
        version=writing.version,
        saved_at=saved_at,
        fields=writing.fields(),
        missing=find_missing(writing),
        warnings=find_warnings(writing),
        letter=build_letter(writing),
    )
