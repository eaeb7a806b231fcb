"""Copies of forms as PDF and as plain text; those of submitted versions end with a receipt."""

import json
from base64 import b64encode
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
from server.documents.service import digests_of, documents_by_id
from server.forms.catalogue import pinned_form
from server.forms.filling import can_fill, find_submission, newest_version, submission_out
from server.forms.references import documents_in
from server.forms.submitting import version_out
from server.forms.tables import Submission, SubmissionVersion
from server.people.tables import Person
from shared.forms.answers import facts_for
from shared.forms.copy import CopyKind, FormCopy, document_words, names_of, sections
from shared.forms.receipts import Receipt, ReceiptKey, add_receipt, key_id, sha256
from shared.forms.submissions import Answers, SubmissionState
from shared.problems import ProblemCode
from shared.values.days import london_day, write_clock, write_day

TEMPLATE = Path(__file__).with_name("copy.typ")
MAX_CHARACTERS = 1_500_000
"""The longest form that can be made into a PDF, which takes about 2 s."""
DRAFT = "DRAFT – NOT SUBMITTED"
TOO_LONG = "This form is too long for a PDF. Nothing was saved; save it as text instead."
RECEIPT_TITLE = "Receipt"


@dataclass(frozen=True)
class CopyWithReceipt:
    """A copy, the moment of what it shows, and the receipt of a submitted version."""

    copy: FormCopy
    moment: datetime
    receipt: Receipt | None


def read_copy(
    tx: Transaction, actor: Actor, submission_id: UUID, number: int | None
) -> CopyWithReceipt:
    """Return the copy of a version, or of the draft without a number, and audit the reading.

    Without a number it is the newest version where nothing was saved since. Raises NOT_FOUND.
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
        return _draft(tx, actor, submission)
    return _submitted(tx, actor, submission, version)


def _submitted(
    tx: Transaction, actor: Actor, submission: Submission, row: SubmissionVersion
) -> CopyWithReceipt:
    definition = pinned_form(tx, submission.form, submission.form_version)
    person = tx.session.get_one(Person, submission.person_id)
    documents = documents_by_id(tx, documents_in(definition, cast("Answers", row.answers)))
    version = version_out(actor, row, definition, documents)
    work = [version.work_details] if version.work_details else []
    when = when_words(row.submitted_at)
    copy = FormCopy(
        portal=tx.services.settings.portal_name,
        title=definition.title,
        child=_child(person),
        reference=submission.reference or "",
        status=f"Version {row.number}, submitted {when} by {row.submitted_by}",
        draft=False,
        documents=[document_words(document) for document in version.documents],
        sections=sections(
            definition,
            version.answers,
            facts_for(person.born, london_day(row.submitted_at)),
            names_of(version.documents, work),
            version.written_by,
        ),
    )
    return CopyWithReceipt(copy, row.submitted_at, receipt_of(tx, submission, row, list(documents)))


def _draft(tx: Transaction, actor: Actor, submission: Submission) -> CopyWithReceipt:
    opened = submission_out(tx, actor, submission)
    attached = set(documents_in(opened.form, opened.answers))
    person = tx.session.get_one(Person, submission.person_id)
    what = "Changes to what was submitted" if opened.reference else "Draft"
    copy = FormCopy(
        portal=tx.services.settings.portal_name,
        title=opened.form.title,
        child=_child(person),
        reference=opened.reference or "",
        status=f"{what}, as saved {when_words(opened.saved_at)}: not submitted",
        draft=True,
        documents=[document_words(d) for d in opened.documents if d.id in attached],
        sections=sections(
            opened.form,
            opened.answers,
            facts_for(opened.person_born, opened.today),
            names_of(opened.documents, opened.work_details),
            {},
        ),
    )
    return CopyWithReceipt(copy, opened.saved_at, None)


def _child(person: Person) -> str:
    return f"for {person.name}, born {write_day(person.born)}"


def when_words(moment: datetime) -> str:
    """Write a day and time in London."""
    return f"{write_day(london_day(moment))} {write_clock(moment)} (UK time)"


def receipt_of(
    tx: Transaction, submission: Submission, version: SubmissionVersion, documents: list[UUID]
) -> Receipt:
    """Return the signed receipt of a version; `documents` are those that it names."""
    content = {
        "form": submission.form,
        "form_version": submission.form_version,
        "answers": version.answers,
        "work_details": version.work_details,
        "documents": digests_of(tx, documents),
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
    """Return the public key that checks this server's receipts."""
    public_key = keys.public_key(Purpose.RECEIPT)
    return ReceiptKey(key=key_id(public_key), public_key=b64encode(public_key).decode())


def _sign(keys: Keys, receipt: Receipt) -> Receipt:
    signature = b64encode(keys.sign(Purpose.RECEIPT, receipt.canonical())).decode()
    return receipt.model_copy(update={"signature": signature})


async def make_file(services: Services, copied: CopyWithReceipt, kind: CopyKind) -> bytes:
    """Return a copy as a file, with its receipt at the end; raises TOO_LARGE, BUSY, UNAVAILABLE."""
    words = _receipt_words(services)
    if kind is CopyKind.TEXT:
        body = _text(copied, words).encode()
    else:
        if _length(copied.copy) > MAX_CHARACTERS:
            raise PortalProblem(ProblemCode.TOO_LARGE, TOO_LONG)
        data = copied.copy.model_dump() | {
            "receipt": copied.receipt.block() if copied.receipt else "",
            "receipt_title": RECEIPT_TITLE,
            "receipt_words": words,
        }
        body = await make_pdf(TEMPLATE, data, copied.moment) + b"\n"
    if copied.receipt is None:
        return body
    return add_receipt(
        body,
        _sign(services.keys, copied.receipt.model_copy(update={"file": sha256(body)})),
    )


def _length(copy: FormCopy) -> int:
    return sum(len(line.text) for section in copy.sections for line in section.lines)


def _receipt_words(services: Services) -> str:
    return (
        f"{services.settings.portal_name} signed this receipt. It shows what was submitted and "
        "when (submitted_at is in UTC). Check this file with:\n"
        "portal receipt verify FILE\n"
        "or the receipt alone at:\n"
        f"{services.settings.public_url}/receipt"
    )


def _text(copied: CopyWithReceipt, receipt_words: str) -> str:
    copy = copied.copy
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
    return "\n".join([*lines, *_heading(RECEIPT_TITLE), receipt_words, "", ""])


def _heading(words: str) -> list[str]:
    return ["", words, "=" * len(words)]
