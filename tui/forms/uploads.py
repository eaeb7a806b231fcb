"""Uploads of a form, which continue after the form is closed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple
from uuid import UUID

from shared.documents import DocumentOut
from tui.core.errors import PortalError
from tui.documents.upload import Upload


class FileSlot(NamedTuple):
    """The field of a group's entry that a file belongs to."""

    group: str
    entry: str
    field: str


Attach = Callable[[FileSlot, DocumentOut], None]


class FormUploads:
    """The uploads of one form by slot; `attach` makes a stored document the answer.

    `documents` holds the stored documents. `changed` is called when an upload needs the user or
    has finished.
    """

    def __init__(self, attach: Attach) -> None:
        self._attach = attach
        self._uploads: dict[FileSlot, Upload] = {}
        self.documents: dict[UUID, DocumentOut] = {}
        self.changed: Callable[[], None] = lambda: None

    def __iter__(self) -> Iterator[Upload]:
        return iter(self._uploads.values())

    def at(self, slot: FileSlot) -> Upload | None:
        """Return the upload of a slot, if any."""
        return self._uploads.get(slot)

    def add(self, slot: FileSlot, upload: Upload) -> None:
        """Hold an upload until it is stored."""
        self._uploads[slot] = upload

        def stored(document: DocumentOut) -> None:
            if self._uploads.get(slot) is upload:
                del self._uploads[slot]
            self.documents[document.id] = document
            self._attach(slot, document)
            self.changed()

        upload.on_stored = stored
        upload.on_user_needed = lambda: self.changed()

    def cancel_entry(self, entry: str) -> None:
        """Cancel the uploads of an entry that is removed."""
        for slot in [slot for slot in self._uploads if slot.entry == entry]:
            self._uploads.pop(slot).end()

    @property
    def waits_for(self) -> PortalError | None:
        """The error for which the user has to sign in again, or None."""
        return next((upload.blocking_error for upload in self if upload.blocking_error), None)

    @property
    def under_way(self) -> list[Upload]:
        """Uploads that are being sent, or will be without the user."""
        return [upload for upload in self if upload.is_running]

    def resume(self) -> None:
        """Continue after the user has signed in again."""
        for upload in self:
            upload.retry_now()

    def end(self) -> None:
        """Cancel all uploads."""
        for upload in self:
            upload.end()
