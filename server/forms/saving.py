"""Saving answers. This is the most frequent request, so it uses few statements."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, exists, insert, or_, select, update

from server.accounts.actor import Actor
from server.accounts.tables import Account
from server.core.database import Services, Transaction, table_of
from server.core.metrics import SAVES
from server.core.problems import PortalProblem, invalid, not_found
from server.core.repeat import repeat
from server.core.save_runs import record_save
from server.core.sent_ids import OTHER_CONTENT, delete_old_digests, digest_of
from server.forms.access import grant_named_documents
from server.forms.advice import set_advice_state
from server.forms.answers import write_answers
from server.forms.catalogue import pinned_form
from server.forms.filling import require_open
from server.forms.references import documents_in
from server.forms.tables import (
    AdviceRequest,
    StoredAnswer,
    StoredSave,
    Submission,
    SubmissionShare,
)
from server.people.tables import ListedPerson
from shared.desk import AdviceState
from shared.forms.shapes import shape_errors
from shared.forms.submissions import OtherChange, SaveAnswers, Saved, SubmissionState
from shared.problems import ProblemCode

CLEANUP_SECONDS = 3600
SAVES_RETENTION = timedelta(days=1)
"""How long saves are stored, to recognise retries by the client."""

_FORM, _SAVE, _ADVICE = table_of(Submission), table_of(StoredSave), table_of(AdviceRequest)
_ANSWER = table_of(StoredAnswer)
_LISTED, _SHARE = table_of(ListedPerson), table_of(SubmissionShare)
_FIND_FORM = (
    select(
        *(_FORM.c.form, _FORM.c.form_version, _FORM.c.person_id, _FORM.c.case_id, _FORM.c.state),
        *(_FORM.c.version, _FORM.c.saved_at, _FORM.c.saved_by, _FORM.c.withdrawn_at),
        _SAVE.c.submission_id.label("save_of"),
        _SAVE.c.version.label("save_version"),
        _SAVE.c.saved_at.label("save_at"),
        _SAVE.c.account_id.label("save_by"),
        _SAVE.c.digest.label("save_digest"),
        _ADVICE.c.state.label("advice"),
    )
    .select_from(_FORM)
    .outerjoin(_SAVE, _SAVE.c.id == bindparam("save"))
    .outerjoin(_ADVICE, _ADVICE.c.submission_id == _FORM.c.id)
    .where(
        _FORM.c.id == bindparam("form"),
        exists().where(
            _LISTED.c.person_id == _FORM.c.person_id, _LISTED.c.account_id == bindparam("account")
        ),
        or_(
            _FORM.c.account_id == bindparam("account"),
            exists().where(
                _SHARE.c.submission_id == _FORM.c.id, _SHARE.c.account_id == bindparam("account")
            ),
        ),
    )
)
"""Finds a form that an account may fill, a stored save of it, and the state of its advice request.

Selecting columns is faster than selecting mapped rows.
"""
_LOCK_FORM = select(_FORM.c.id).where(_FORM.c.id == bindparam("form")).with_for_update()
"""A separate statement, so that the next one sees saves committed while it waited."""
_UPDATE_FORM = (
    update(_FORM)
    .where(_FORM.c.id == bindparam("submission"))
    .values(
        version=bindparam("to_version"),
        state=bindparam("to_state"),
        saved_at=bindparam("now"),
        saved_by=bindparam("account"),
    )
)
_INSERT_SAVE = insert(_SAVE)
_DELETE_OLD_SAVES = delete(_SAVE).where(_SAVE.c.saved_at < bindparam("before"))
_SAVES_BETWEEN = (
    select(_SAVE.c.fields, _SAVE.c.account_id)
    .where(
        _SAVE.c.submission_id == bindparam("form"),
        _SAVE.c.version > bindparam("after"),
        _SAVE.c.version < bindparam("before"),
        _SAVE.c.fields.is_not(None),
    )
    .order_by(_SAVE.c.version)
)
"""The saves of a form between two versions, both exclusive."""
_ANSWERS = select(_ANSWER.c.field, _ANSWER.c.answer).where(
    _ANSWER.c.submission_id == bindparam("form"),
    _ANSWER.c.field.in_(bindparam("fields", expanding=True)),
)


def save(tx: Transaction, actor: Actor, submission: UUID, body: SaveAnswers, version: int) -> Saved:
    """Save answers, valid or not; idempotent by the id of the save.

    Other people's changes since `version` are kept and returned. Raises NOT_FOUND, DECIDED,
    STALE if one of these fields was changed since, and INVALID for answers of the wrong shape.
    """
    form = _find_form(tx, actor, submission, body.save)
    if form.save_of is not None:
        _require_same_save(actor, submission, form, body)
        authors = _authors_since(tx, submission, version, form.save_version)
        if authors is None:  # later saves are deleted, so the client must reload the form
            raise _stale_problem(tx, form, {}, body)
        others = _other_changes(tx, actor, submission, authors)
        return Saved(version=form.save_version, saved_at=form.save_at, others=others)
    if form.case_id is not None or form.withdrawn_at is not None or form.advice is not None:
        require_open(tx, tx.session.get_one(Submission, submission))
    definition = pinned_form(tx, form.form, form.form_version)
    if errors := shape_errors(definition, body.changes):
        raise invalid(errors, "Some answers can't be kept.")
    authors = _authors_since(tx, submission, version, form.version + 1)
    if authors is None or not authors.keys().isdisjoint(body.changes):
        raise _stale_problem(tx, form, authors or {}, body)
    answers = {field: answer for field, answer in body.changes.items() if answer is not None}
    if documents_in(definition, answers):
        row = tx.session.get_one(Submission, submission)
        grant_named_documents(tx, row, body.changes, actor.account_id)
    write_answers(tx, submission, body.changes, actor.account_id)
    if form.advice == AdviceState.REQUESTED:
        set_advice_state(tx, submission, AdviceState.STARTED)
    _record_save(tx, actor, submission, form, body)
    others = _other_changes(tx, actor, submission, authors)
    return Saved(version=form.version + 1, saved_at=tx.now, others=others)


def _find_form(
    tx: Transaction, actor: Actor, submission: UUID, save: UUID
) -> Row[*tuple[Any, ...]]:
    parameters = {"form": submission, "account": actor.account_id, "save": save}
    connection = tx.connection
    if connection.dialect.name == "postgresql":  # SQLite has one writer at a time
        connection.execute(_LOCK_FORM, {"form": submission})
    form = connection.execute(_FIND_FORM, parameters).first()
    if form is None:
        raise not_found()
    return form


def _require_same_save(
    actor: Actor, submission: UUID, form: Row[*tuple[Any, ...]], body: SaveAnswers
) -> None:
    """Raise CONFLICT if something else was saved under the id of a save."""
    if form.save_of != submission:
        raise PortalProblem(ProblemCode.CONFLICT, "This save was made for another form.")
    if form.save_digest is None:
        return
    if (form.save_by, form.save_digest) != (actor.account_id, digest_of(body.changes)):
        raise PortalProblem(ProblemCode.CONFLICT, OTHER_CONTENT)


def _authors_since(
    tx: Transaction, submission: UUID, version: int, before: int
) -> dict[str, UUID] | None:
    """Map each field changed since a version to its last author; None if saves are missing."""
    if version == before - 1:
        return {}
    parameters = {"form": submission, "after": version, "before": before}
    saves = tx.connection.execute(_SAVES_BETWEEN, parameters).all()
    if len(saves) != before - 1 - version:
        return None
    return {field: account for fields, account in saves for field in fields}


def _other_changes(
    tx: Transaction, actor: Actor, submission: UUID, authors: Mapping[str, UUID]
) -> dict[str, OtherChange]:
    """Return changed answers with the names of their authors; '' means the actor."""
    if not authors:
        return {}
    rows = tx.connection.execute(_ANSWERS, {"form": submission, "fields": list(authors)})
    answers = {row.field: row.answer for row in rows}
    names = {account: tx.session.get_one(Account, account).name for account in authors.values()}
    names[actor.account_id] = ""
    return {
        field: OtherChange(answer=answers.get(field), by=names[account])
        for field, account in authors.items()
    }


def _stale_problem(
    tx: Transaction,
    form: Row[*tuple[Any, ...]],
    authors: Mapping[str, UUID],
    body: SaveAnswers,
) -> PortalProblem:
    author_id = next((authors[field] for field in body.changes if field in authors), form.saved_by)
    author = tx.session.get_one(Account, author_id) if author_id else None
    return PortalProblem(
        ProblemCode.STALE,
        "This form was changed elsewhere while you typed. Yours is kept here; look at both.",
        changed_by=author.name if author else None,
        changed_at=form.saved_at.isoformat(),
    )


def _record_save(
    tx: Transaction, actor: Actor, submission: UUID, form: Row[*tuple[Any, ...]], body: SaveAnswers
) -> None:
    """Increment the form's version, store the save, audit and count it."""
    was_submitted = form.state == SubmissionState.SUBMITTED
    version = form.version + 1
    tx.after_commit.append(SAVES.inc)
    connection = tx.connection
    connection.execute(
        _UPDATE_FORM,
        {
            "submission": submission,
            "account": actor.account_id,
            "now": tx.now,
            "to_version": version,
            "to_state": SubmissionState.EDITING if was_submitted else form.state,
        },
    )
    connection.execute(
        _INSERT_SAVE,
        {
            "id": body.save,
            "submission_id": submission,
            "version": version,
            "saved_at": tx.now,
            "account_id": actor.account_id,
            "fields": list(body.changes),
            "digest": digest_of(body.changes),
        },
    )
    record_save(
        tx, account=actor.account_id, form=submission, person=form.person_id, address=actor.address
    )


async def run_save_cleanup(services: Services) -> None:
    """Delete what recognises repeated requests, once it is old, every hour until cancelled."""
    await repeat("forgetting", CLEANUP_SECONDS, partial(services.write, forget_sent))


def forget_sent(tx: Transaction) -> None:
    """Delete the saves that are older than SAVES_RETENTION, and the old digests of other ids."""
    tx.connection.execute(_DELETE_OLD_SAVES, {"before": tx.now - SAVES_RETENTION})
    delete_old_digests(tx)
