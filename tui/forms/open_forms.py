"""The signed-in user's forms that are open, being saved or uploading."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol
from uuid import UUID

from tui.core.client import Client
from tui.core.errors import PortalError, Refused, is_signed_out, is_transient
from tui.saving.journal import Journal

if TYPE_CHECKING:
    from shared.documents import DocumentOut
    from shared.forms.submissions import SubmissionOut
    from tui.documents.upload import Upload
    from tui.forms.uploads import FileSlot, FormUploads
    from tui.saving.draft import SentSave, Unsaved
    from tui.saving.saver import Saver


class HasForms(Protocol):
    """The app, as seen by screens that open forms or report on them."""

    forms: OpenForms


class OpenedForm(NamedTuple):
    """An open form; `is_restored` if it has unsaved input from the journal."""

    submission: SubmissionOut
    saver: Saver
    is_restored: bool


class CannotBeSent(PortalError):
    """Raised for a form with unsaved input that can no longer be edited."""

    def __init__(self, reason: str, unsaved: Unsaved) -> None:
        super().__init__(reason)
        self.unsaved = unsaved


class OpenForms:
    """Open forms, and closed ones that are still being saved or uploading.

    `notify` shows a notice about a closed form.
    """

    def __init__(self, client: Client, journal: Journal, notify: Callable[[str], None]) -> None:
        self._client = client
        self._journal = journal
        self._notify = notify
        self._savers: dict[UUID, Saver] = {}
        self._uploads: dict[UUID, FormUploads] = {}
        self._opening: dict[UUID, list[tuple[FileSlot, UUID]]] = {}
        """Documents stored while their form is being opened."""
        self._sessions = 0

    async def open(self, account: UUID, form: UUID) -> OpenedForm:
        """Open a form with any unsaved input from the journal. Raises PortalError.

        Raises CannotBeSent if the form can no longer be edited. If opening fails, the previous
        saver resumes.
        """
        previous, session = self._savers.get(form), self._sessions
        self._opening.setdefault(form, [])
        try:
            if previous:
                await previous.stop()
            opened_form = await self._open(account, form)
            if session == self._sessions:
                self._savers[form] = opened_form.saver
            else:  # the user has signed out since
                opened_form.saver.halt()
        finally:
            if previous and self._savers.get(form) is previous:
                previous.resume()
            for slot, document in self._opening.pop(form, []):
                self._attach(form, slot, document)
        if not opened_form.saver.is_settled:
            opened_form.saver.input_changed()
        return opened_form

    async def _open(self, account: UUID, form: UUID) -> OpenedForm:
        from tui.forms.closed_form import ClosedForm
        from tui.saving import api
        from tui.saving.draft import Draft
        from tui.saving.saver import Saver

        await self._journal.open()
        unsaved = await self._journal.read(account, form)
        try:
            if unsaved and unsaved.sent:
                unsaved = await self._resend(form, unsaved, unsaved.sent)
            submission = await api.open_submission(self._client, form)
        except Refused as refused:
            if unsaved and not is_transient(refused) and not is_signed_out(refused):
                raise CannotBeSent(str(refused), unsaved) from None
            raise
        if unsaved and not submission.editable:
            raise CannotBeSent(submission.why_not_editable or "", unsaved)
        draft = Draft(submission)
        if unsaved:
            draft.restore(unsaved)
        view = ClosedForm(draft, self._notify)
        saver = Saver(draft, self._client, self._journal, account, view)
        if unsaved and unsaved.submitting:
            saver.submit(unsaved.submitting, is_sent=True)
        elif unsaved and draft.is_settled:
            await self._journal.remove(account, form)
        return OpenedForm(submission, saver, not draft.is_settled)

    async def _resend(self, form: UUID, unsaved: Unsaved, sent: SentSave) -> Unsaved:
        """Resend a save that was in progress when the program ended."""
        from shared.problems import ProblemCode
        from tui.saving import api
        from tui.saving.draft import mark_sent_saved

        try:
            await api.save(self._client, form, sent)
        except Refused as refused:
            if refused.code in {ProblemCode.STALE, ProblemCode.DECIDED, ProblemCode.INVALID}:
                return unsaved
            raise
        return mark_sent_saved(unsaved)

    async def discard(self, account: UUID, form: UUID) -> None:
        """Discard the unsaved input of a form that can no longer be edited."""
        if saver := self._savers.pop(form, None):
            saver.halt()  # a running saver would write the journal again
        await self._journal.remove(account, form)

    def uploads(self, form: UUID) -> FormUploads:
        """Return the uploads of a form, which continue after it is closed."""
        from tui.forms import texts
        from tui.forms.uploads import FormUploads

        def attach(slot: FileSlot, document: DocumentOut) -> None:
            if form in self._opening:
                self._opening[form].append((slot, document.id))
            self._attach(form, slot, document.id)

        def on_failure(upload: Upload) -> None:
            if saver := self._savers.get(form):
                self._notify(texts.background_upload_notice(saver.draft.title, upload))

        if form not in self._uploads:
            self._uploads[form] = FormUploads(attach, on_failure)
        return self._uploads[form]

    def _attach(self, form: UUID, slot: FileSlot, document: UUID) -> None:
        if saver := self._savers.get(form):
            saver.collect()
            saver.draft.attach(*slot, document)
            saver.input_changed()

    def detach(self, saver: Saver) -> None:
        """Replace the view of a closed form; saving continues."""
        from tui.forms.closed_form import ClosedForm

        saver.view = ClosedForm(saver.draft, self._notify)
        form = saver.draft.id
        if form in self._uploads and self._savers.get(form) is saver:
            self._uploads[form].detach()

    async def load_unsaved_titles(self, account: UUID) -> dict[UUID, str]:
        """Return the titles of forms in the journal, by form id."""
        await self._journal.open()
        return await self._journal.unsaved_titles(account)

    def uploading_names(self) -> list[str]:
        """Return the names of files being uploaded."""
        running = (upload for uploads in self._uploads.values() for upload in uploads.running)
        return [upload.file.name for upload in running]

    @property
    def has_opened_forms(self) -> bool:
        """Whether any form has been opened since signing in."""
        return bool(self._savers)

    @property
    def is_stored_locally(self) -> bool:
        """Whether all unsaved input is on this machine's disk."""
        return not self._journal.has_memory_only

    def unsaved_titles(self) -> list[str]:
        """Return the titles of forms that are not saved completely."""
        return [saver.draft.title for saver in self._savers.values() if not saver.is_settled]

    def resume(self) -> None:
        """Resume saving and uploading after signing in again."""
        for saver in self._savers.values():
            saver.send_now()
        for uploads in self._uploads.values():
            uploads.resume()

    async def stop(self) -> None:
        """Stop saving and uploading on sign-out; unsaved input stays in the journal."""
        self._sessions += 1
        savers, self._savers = list(self._savers.values()), {}
        for saver in savers:
            saver.halt()
        for uploads in self._uploads.values():
            uploads.stop()
        self._uploads.clear()
        for saver in savers:
            await saver.stop()

    async def store_for_exit(self) -> bool:
        """Journal all input before exiting and return whether it is on disk."""
        for saver in self._savers.values():
            saver.collect()
            await saver.write_journal()
        return self.is_stored_locally
