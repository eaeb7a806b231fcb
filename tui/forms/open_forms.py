"""The forms of who is signed in that something goes on for: saving, submitting, uploading."""

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
    from tui.forms.uploads import FormUploads, Place
    from tui.saving.draft import Sent, Unsaved
    from tui.saving.saver import Saver


class HasForms(Protocol):
    """The app, to what opens a form or tells what goes on for one."""

    forms: OpenForms


class Opened(NamedTuple):
    """A form as it was opened; `brought_back` says whether it was typed into here before."""

    submission: SubmissionOut
    saver: Saver
    brought_back: bool


class CannotBeSent(PortalError):
    """A form holds what was typed here, and cannot be filled any more."""

    def __init__(self, why: str, unsaved: Unsaved) -> None:
        super().__init__(why)
        self.unsaved = unsaved


class OpenForms:
    """Forms that are open, and those that were left while something goes on for them.

    `notify` tells the user what came of a form that was left.
    """

    def __init__(self, client: Client, journal: Journal, notify: Callable[[str], None]) -> None:
        self._client = client
        self._journal = journal
        self._notify = notify
        self._savers: dict[UUID, Saver] = {}
        self._uploads: dict[UUID, FormUploads] = {}
        self._opening: dict[UUID, list[tuple[Place, UUID]]] = {}
        """Forms that are being opened, with the documents that were stored for them meanwhile."""
        self._sessions = 0

    async def open(self, account: UUID, form: UUID) -> Opened:
        """Open a form with all that was typed into it here before; raises as a call does.

        Raises CannotBeSent where that is of no use to the server any more. Until the new saver
        stands, and where it never does, the one before is there.
        """
        before, session = self._savers.get(form), self._sessions
        self._opening.setdefault(form, [])
        try:
            if before:
                await before.stop()
            opened = await self._open(account, form)
            if session == self._sessions:
                self._savers[form] = opened.saver
            else:  # signed out meanwhile
                opened.saver.halt()
        finally:
            if before and self._savers.get(form) is before:
                before.resume()
            for place, document in self._opening.pop(form, []):
                self._attach(form, place, document)
        if not opened.saver.settled:
            opened.saver.typed()
        return opened

    async def _open(self, account: UUID, form: UUID) -> Opened:
        from tui.forms.left import LeftForm
        from tui.saving import api
        from tui.saving.draft import Draft
        from tui.saving.saver import Saver

        await self._journal.open()
        unsaved = await self._journal.find(account, form)
        try:
            if unsaved and unsaved.sent:
                unsaved = await self._send_again(form, unsaved, unsaved.sent)
            submission = await api.open_submission(self._client, form)
        except Refused as refused:
            if unsaved and not is_transient(refused) and not is_signed_out(refused):
                raise CannotBeSent(str(refused), unsaved) from None
            raise
        if unsaved and not submission.editable:
            raise CannotBeSent(submission.why_not_editable or "", unsaved)
        draft = Draft(submission)
        if unsaved:
            draft.bring_back(unsaved)
        left = LeftForm(draft, self._notify)
        saver = Saver(draft, self._client, self._journal, account, left)
        if unsaved and unsaved.submitting:
            saver.submit(unsaved.submitting, is_sent=True)
        elif unsaved and draft.settled:
            await self._journal.drop(account, form)
        return Opened(submission, saver, not draft.settled)

    async def _send_again(self, form: UUID, unsaved: Unsaved, sent: Sent) -> Unsaved:
        """Send a save again that was under way as the program ended: it may have been made."""
        from shared.problems import ProblemCode
        from tui.saving import api
        from tui.saving.draft import answered

        try:
            await api.save(self._client, form, sent)
        except Refused as refused:
            if refused.code in {ProblemCode.STALE, ProblemCode.DECIDED, ProblemCode.INVALID}:
                return unsaved
            raise
        return answered(unsaved)

    async def discard(self, account: UUID, form: UUID) -> None:
        """Forget what was typed into a form that cannot be filled any more."""
        if saver := self._savers.pop(form, None):
            saver.halt()  # one that was left would keep it again
        await self._journal.drop(account, form)

    def uploads(self, form: UUID) -> FormUploads:
        """Get the uploads of a form, which go on after it is left."""
        from tui.forms.uploads import FormUploads

        def attach(place: Place, document: DocumentOut) -> None:
            if form in self._opening:
                self._opening[form].append((place, document.id))
            self._attach(form, place, document.id)

        return self._uploads.setdefault(form, FormUploads(attach))

    def _attach(self, form: UUID, place: Place, document: UUID) -> None:
        if saver := self._savers.get(form):
            saver.collect()
            saver.draft.attach(*place, document)
            saver.typed()

    def closed(self, saver: Saver) -> None:
        """Note that a form was left: what goes on for it goes on."""
        from tui.forms.left import LeftForm

        saver.face = LeftForm(saver.draft, self._notify)

    async def unsaved(self, account: UUID) -> dict[UUID, str]:
        """List the forms, by id, that the server has not all of; with their titles."""
        await self._journal.open()
        return await self._journal.waiting(account)

    def uploading(self) -> list[str]:
        """List the names of the files that are being uploaded."""
        under_way = (one for uploads in self._uploads.values() for one in uploads.under_way)
        return [upload.file.name for upload in under_way]

    def signed_in_again(self) -> None:
        """Go on with what waited for the session."""
        for saver in self._savers.values():
            saver.hurry()
        for uploads in self._uploads.values():
            uploads.hurry()

    async def end(self) -> None:
        """Send nothing more for who was signed in; what is unsaved stays on this machine."""
        self._sessions += 1
        savers, self._savers = list(self._savers.values()), {}
        for saver in savers:
            saver.halt()
        for uploads in self._uploads.values():
            uploads.end()
        self._uploads.clear()
        for saver in savers:
            await saver.stop()

    async def outlives_program(self) -> bool:
        """Keep all on this machine, for a program that ends; says whether nothing would be lost."""
        for saver in self._savers.values():
            saver.collect()
            await saver.keep()
        return not self._journal.end_with_program
