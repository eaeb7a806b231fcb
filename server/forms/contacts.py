"""The contact details of a parent in the forms of a case."""

import re
from uuid import UUID

from sqlmodel import col, select

from server.core.database import Transaction
from server.forms.tables import Submission, SubmissionVersion
from server.people.parents import fold_name
from shared.values.identifiers import check_postcode, normalise_postcode

CONTACTS, NAME, DETAILS = "contacts", "name", "contact_details"
"""The group of a form with the people that it was discussed with, and what is asked of each."""
_POSTCODE = re.compile(r"\b[a-z]{1,2}\d[a-z\d]?\s?\d[a-z]{2}\b", re.IGNORECASE)
_LABEL = re.compile(r"^\s*(?:home\s+)?address\s*[:-]\s*", re.IGNORECASE)
PHONE_DIGITS = 8
"""Digits of the shortest phone number."""


def home_in_forms(tx: Transaction, case: UUID, name: str) -> str:
    """Return the address, by line, that the newest submitted form of a case gives for a name."""
    versions = tx.session.exec(
        select(SubmissionVersion)
        .join(Submission, col(Submission.id) == col(SubmissionVersion.submission_id))
        .where(Submission.case_id == case, col(Submission.withdrawn_at).is_(None))
        .order_by(col(SubmissionVersion.submitted_at).desc())
    )
    wanted = fold_name(name)
    for version in versions:
        contacts = version.answers.get(CONTACTS)
        for entry in contacts if isinstance(contacts, list) else ():
            if wanted and fold_name(str(entry.get(NAME, ""))) == wanted:
                return address_in(str(entry.get(DETAILS, "")))
    return ""


def address_in(text: str) -> str:
    """Return the postal address in contact details, by line; '' if none ends with a postcode."""
    lines: list[str] = []
    for part in re.split(r"[\n,;]", text):
        found = next(
            (match for match in _POSTCODE.finditer(part) if check_postcode(match[0]).level == "ok"),
            None,
        )
        before = _LABEL.sub("", part[: found.start()] if found else part).strip()
        is_line = "@" not in before and sum(map(str.isdigit, before)) < PHONE_DIGITS
        lines += [before] if before and is_line else []
        if found:
            return "\n".join([*lines, normalise_postcode(found[0])]) if lines else ""
    return ""
