"""The forms of who is signed in that something goes on for: saving, submitting, uploading."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from tui.core.client import Client
from tui.saving.journal import Journal
from tui.saving.savers import Opened, Savers

if TYPE_CHECKING:
    from shared.documents import DocumentOut
    from shared.forms.submissions import Confirmation
    from tui.forms.uploads import FormUploads, Place


class HasForms(Protocol):
    """The app, to what opens a form or tells what goes on for one."""

    forms: OpenForms


class OpenForms:
    """Forms that are open, and those that were left while something went on for them."""

    def __init__(
        self, client: Client, journal: Journal, tell: Callable[[Confirmation], None]
    ) -> None:
        self._savers = Savers(client, journal, tell)
        self._journal = journal
        self._uploads: dict[UUID, FormUploads] = {}

    async def open(self, account: UUID, form: UUID) -> Opened:
        """Open a form to fill it, with all that was typed into it here before."""
        return await self._savers.open(account, form)

    def uploads(self, form: UUID) -> FormUploads:
        """Get the uploads of a form, which go on after it is left."""
        from tui.forms.uploads import FormUploads

        def attach(place: Place, document: DocumentOut) -> None:
            self._savers.attach(form, place, document.id)

        return self._uploads.setdefault(form, FormUploads(attach))

    def closed(self, form: UUID) -> None:
        """Take that a form was left: what goes on for it goes on."""
        self._savers.closed(form)

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
        self._savers.signed_in_again()
        for uploads in self._uploads.values():
            uploads.hurry()

    async def end(self) -> None:
        """Send nothing more for who was signed in; what is unsaved stays on this machine."""
        for uploads in self._uploads.values():
            uploads.end()
        self._uploads.clear()
        await self._savers.end()

    async def saved_or_kept(self) -> bool:
        """Keep all on this machine, for a program that ends; says whether nothing would be lost."""
        await self._savers.keep_all()
        return not self._journal.end_with_program
