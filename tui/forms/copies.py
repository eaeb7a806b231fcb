"""Dialog that saves a copy of a form as PDF or plain text."""

from __future__ import annotations

from uuid import UUID

from shared.forms.copy import CopyKind, copy_file_name
from tui.documents.save import Download, SaveCopy
from tui.forms import api

LABELS = {CopyKind.PDF: "Save as PDF", CopyKind.TEXT: "Save as text"}


def save_form_copy(submission: UUID, reference: str | None, version: int | None = None) -> SaveCopy:
    """Create the dialog for a version of a form, or for the form as saved now."""
    subject = f"version {version}" if version else "this form as it is saved now"
    files = [
        Download(
            api.copy_path(submission, kind, version),
            copy_file_name(kind, reference, version),
            label,
        )
        for kind, label in LABELS.items()
    ]
    return SaveCopy(subject, files)
