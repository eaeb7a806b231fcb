"""Exchanges a draft with the server: saves, the submission and others' changes."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from shared.forms.submissions import Confirmation, SubmissionOut
from shared.problems import ProblemCode
from tui.core.client import Client
from tui.core.errors import PortalError, Refused, is_signed_out, is_transient
from tui.saving import api
from tui.saving.draft import Draft, MergeReport, SentSave


class FormView(Protocol):
    """The view of a form being saved; replaced when the form is closed."""

    def collect(self) -> None:
        """Copy all input into the draft."""
        ...

    def show_merged(self, report: MergeReport) -> None:
        """Show others' changes that were merged into the draft."""
        ...

    def refresh(self, submission: SubmissionOut) -> None:
        """Update everything but the answers from a newly read form."""
        ...

    def show_status(self) -> None:
        """Show the save state."""
        ...

    def show_error(self, error: PortalError) -> None:
        """Show an error reported by the server."""
        ...

    def show_confirmation(self, confirmation: Confirmation) -> None:
        """Show the confirmation of a submission."""
        ...


class ExchangeOwner(Protocol):
    """What an exchange needs of the saver that it belongs to."""

    view: FormView

    def collect(self) -> None:
        """Copy all input into the draft."""
        ...

    async def write_journal(self) -> None:
        """Write unacknowledged answers to the journal, or remove it if there are none."""
        ...


class Exchange:
    """Sends one request at a time and applies the reply to the draft.

    `submitting` is the id of the version being submitted, until the server replies.
    """

    def __init__(self, draft: Draft, client: Client, saver: ExchangeOwner) -> None:
        self.submitting: UUID | None = None
        self._draft = draft
        self._client = client
        self._saver = saver
        self._submit_sent = False

    def submit(self, version: UUID, *, is_sent: bool) -> None:
        """Queue a version to submit after the last save, or first if it `is_sent` already."""
        self.submitting = version
        self._submit_sent = self._submit_sent or is_sent

    @property
    def _next_submit(self) -> UUID | None:
        """The version to submit; None while overlaps are unresolved."""
        return None if self._draft.overlaps else self.submitting

    @property
    def has_more(self) -> bool:
        """Whether there is anything to send; saves wait for a sent submission."""
        can_save = self._draft.has_save and not self._submit_sent
        return can_save or self._next_submit is not None

    async def send(self) -> None:
        """Send one save, or the submission after the last save. Raises PortalError."""
        self._saver.collect()
        sent = None if self._submit_sent else self._draft.next_save()
        if sent is not None:
            await self._save(sent)
        elif self._next_submit is not None:
            await self._submit(self._next_submit)
        await self._saver.write_journal()

    async def _save(self, sent: SentSave) -> None:
        await self._saver.write_journal()  # the id of the save must survive a crash
        try:
            reply = await api.save(self._client, self._draft.id, sent)
        except Refused as refused:
            if refused.code is ProblemCode.STALE:
                self._draft.reject_save()
                await self.refresh(refused.problem.changed_by or "")
                return
            if not is_signed_out(refused) and not is_transient(refused):
                self._draft.reject_save()
            raise
        self._saver.collect()
        self._show(self._draft.acknowledge_save(reply))

    async def _submit(self, version: UUID) -> None:
        self._submit_sent = True
        await self._saver.write_journal()
        try:
            confirmation = await api.submit(self._client, self._draft.id, version)
        except Refused as refused:
            self._submit_sent = is_signed_out(refused) or is_transient(refused)
            raise
        self._submit_sent, self.submitting = False, None
        self._saver.collect()
        self._saver.view.show_confirmation(confirmation)

    async def refresh(self, by: str = "") -> None:
        """Reload the form and merge it; `by` names a possible author of emptied answers."""
        submission = await api.open_submission(self._client, self._draft.id)
        self._saver.collect()
        report = self._draft.rebase(submission, by)
        self._saver.view.refresh(submission)
        self._show(report)

    def _show(self, report: MergeReport) -> None:
        if report.fields:
            self._saver.view.show_merged(report)
        self._saver.view.show_status()
