"""Copies of forms as PDF and as plain text; those of submitted versions end with a receipt."""

import json
from base64 import b64decode, b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import cast
from uuid import UUID

from sqlmodel import select

from server.accounts.actor import Actor
from server.core.audit import Action
from server.core.database import Services, Transaction
from server.core.keys import Keys, Purpose
from server.core.pdf import make_pdf
from server.core.problems import PortalProblem, not_found
from server.core.secret_key import receipt_keys
from server.documents.service import documents_by_id, load_digests
from server.forms.catalogue import pinned_form
from server.forms.entries import load_entries
from server.forms.filling import can_fill, find_submission, newest_version, submission_out
from server.forms.references import documents_in
from server.forms.submitting import version_out
from server.forms.tables import Submission, SubmissionVersion
from server.people.tables import Person
from shared.forms.answers import facts_for
from shared.forms.copy import (
    CopyKind,
    FormCopy,
    build_sections,
    document_text,
    entry_text,
    names_by_id,
    received_text,
)
from shared.forms.receipts import Receipt, ReceiptKey, add_receipt, key_id, sha256
from shared.forms.submissions import Answers, SubmissionState, SubmittedVersion
from shared.problems import ProblemCode
from shared.values.days import format_day, format_time, london_day

TEMPLATE = Path(__file__).with_name("copy.typ")
MAX_CHARACTERS = 1_500_000
"""Maximum length of a form to make into a PDF, which takes about 2 s."""
DRAFT = "DRAFT – NOT SUBMITTED"
TOO_LONG = "This form is too long for a PDF. Nothing was saved; save it as text instead."
RECEIPT_TITLE = "Receipt"


@dataclass(frozen=True)
class CopyWithReceipt:
    """A copy, the time of its content, and the receipt if it shows a submitted version."""

    copy: FormCopy
    moment: datetime
    receipt: Receipt | None


def read_copy(
    tx: Transaction, actor: Actor, submission_id: UUID, number: int | None
) -> CopyWithReceipt:
    """Copy a version, or the draft if `number` is None, and audit the reading.

    A draft without changes since the newest version is copied as that version. Raises NOT_FOUND.
    """
    submission = find_submission(tx, actor, submission_id)
    if number is None and submission.state == SubmissionState.SUBMITTED:
        version = newest_version(tx, submission.id)
    else:
        version = tx.session.exec(
            select(SubmissionVersion).where(
                SubmissionVersion.submission_id == submission.id,
                SubmissionVersion.number == number,
            )
        ).first()
    if version is None and (number is not None or not can_fill(tx, actor, submission)):
        raise not_found()
    actor.record(tx, Action.FORM_READ, subject=submission.id, person=submission.person_id)
    if version is None:
        return _copy_draft(tx, actor, submission)
    return _copy_version(tx, actor, submission, version)


def _copy_version(
    tx: Transaction, actor: Actor, submission: Submission, row: SubmissionVersion
) -> CopyWithReceipt:
    definition = pinned_form(tx, submission.form, submission.form_version)
    person = tx.session.get_one(Person, submission.person_id)
    documents = documents_by_id(tx, documents_in(definition, cast("Answers", row.answers)))
    version = version_out(
        actor, row, definition, documents, load_entries(tx, actor, submission).of(row.number)
    )
    work = [version.work_details] if version.work_details else []
    copy = FormCopy(
        portal=tx.services.settings.portal_name,
        title=definition.title,
        child=_child_text(person),
        reference=submission.reference or "",
        status=_status(version),
        draft=False,
        documents=[document_text(document) for document in version.documents],
        sections=build_sections(
            definition,
            version.answers,
            facts_for(person.born, london_day(row.submitted_at)),
            names_by_id(version.documents, work),
            version.written_by,
        ),
    )
    return CopyWithReceipt(
        copy, row.submitted_at, build_receipt(tx, submission, row, list(documents))
    )


def _status(version: SubmittedVersion) -> str:
    when, number = moment_text(version.submitted_at), f"Version {version.number}"
    if version.received_on is None:
        return f"{number}, submitted {when} by {version.submitted_by}"
    received = received_text(version.received_on, version.submitted_by)
    return f"{number} · {received} · {entry_text(version, when)}"


def _copy_draft(tx: Transaction, actor: Actor, submission: Submission) -> CopyWithReceipt:
    draft = submission_out(tx, actor, submission)
    attached = set(documents_in(draft.form, draft.answers))
    person = tx.session.get_one(Person, submission.person_id)
    label = "Changes to what was submitted" if draft.reference else "Draft"
    copy = FormCopy(
        portal=tx.services.settings.portal_name,
        title=draft.form.title,
        child=_child_text(person),
        reference=draft.reference or "",
        status=f"{label}, as saved {moment_text(draft.saved_at)}: not submitted",
        draft=True,
        documents=[document_text(d) for d in draft.documents if d.id in attached],
        sections=build_sections(
            draft.form,
            draft.answers,
            facts_for(draft.person_born, draft.today),
            names_by_id(draft.documents, draft.work_details),
            {},
        ),
    )
    return CopyWithReceipt(copy, draft.saved_at, None)


def _child_text(person: Person) -> str:
    return f"for {person.name}, born {format_day(person.born)}"


def moment_text(moment: datetime) -> str:
    """Format a date and time in London."""
    return f"{format_day(london_day(moment))} {format_time(moment)} (UK time)"


def build_receipt(
    tx: Transaction, submission: Submission, version: SubmissionVersion, documents: list[UUID]
) -> Receipt:
    """Build the signed receipt of a version; `documents` are the ids that it names."""
    content = {
        "form": submission.form,
        "form_version": submission.form_version,
        "answers": version.answers,
        "work_details": version.work_details,
        "documents": load_digests(tx, documents),
    }
    receipt = Receipt(
        reference=submission.reference or "",
        form=submission.form,
        version=version.number,
        submitted_at=version.submitted_at.astimezone(UTC).isoformat(),
        content=sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()),
        key=receipt_key(tx.services.keys).key,
    )
    return _sign(tx.services.keys, receipt)


def receipt_key(keys: Keys) -> ReceiptKey:
    """Return the public key that verifies this server's receipts."""
    public_key = keys.public_key(Purpose.RECEIPT)
    return ReceiptKey(key=key_id(public_key), public_key=b64encode(public_key).decode())


def find_receipt_key(tx: Transaction, id: str) -> ReceiptKey:
    """Return the key of receipts with an id, also an old one; the current one if there is none."""
    keys = {key_id(b64decode(key)): key for key in receipt_keys(tx.session)}
    if id in keys:
        return ReceiptKey(key=id, public_key=keys[id])
    return receipt_key(tx.services.keys)


def _sign(keys: Keys, receipt: Receipt) -> Receipt:
    signature = b64encode(keys.sign(Purpose.RECEIPT, receipt.canonical())).decode()
    return receipt.model_copy(update={"signature": signature})


async def make_file(services: Services, source: CopyWithReceipt, kind: CopyKind) -> bytes:
    """Return a copy as a file, with its receipt at the end; raises TOO_LARGE, BUSY, UNAVAILABLE."""
    receipt_text = _receipt_text(services)
    if kind is CopyKind.TEXT:
        body = _render_text(source, receipt_text).encode()
    else:
        if _length(source.copy) > MAX_CHARACTERS:
            raise PortalProblem(ProblemCode.TOO_LARGE, TOO_LONG)
        data = source.copy.model_dump() | {
            "receipt": source.receipt.block() if source.receipt else "",
            "receipt_title": RECEIPT_TITLE,
            "receipt_words": receipt_text,
        }
        async with services.worker_pools.turns.turn():
            body = await make_pdf(TEMPLATE, data, source.moment) + b"\n"
    if source.receipt is None:
        return body
    return add_receipt(
        body,
        _sign(services.keys, source.receipt.model_copy(update={"file": sha256(body)})),
    )


def _length(copy: FormCopy) -> int:
    return sum(len(line.text) for section in copy.sections for line in section.lines)


def _receipt_text(services: Services) -> str:
    return (
        f"{services.settings.portal_name} signed this receipt. It shows what was submitted and "
        "when (submitted_at is in UTC). Check this file with:\n"
        f"portal --server {services.settings.public_url} receipt verify FILE\n"
        "or the receipt alone at:\n"
        f"{services.settings.public_url}/receipt"
    )


def _render_text(source: CopyWithReceipt, receipt_text: str) -> str:
    copy = source.copy
    lines = [copy.portal, copy.title, copy.child]
    if copy.reference:
        lines.append(f"Reference: {copy.reference}")
    lines += [copy.status, *_heading("Documents"), *(copy.documents or ["None attached."])]
    for section in copy.sections:
        lines += _heading(section.title)
        for line in section.lines:
            lines += ["", line.label, line.text] if line.label else ["", line.text]
    if copy.draft:
        return "\n".join([DRAFT, "", *lines, "", DRAFT, ""])
    return "\n".join([*lines, *_heading(RECEIPT_TITLE), receipt_text, "", ""])


def _heading(text: str) -> list[str]:
    return ["", text, "=" * len(text)]
