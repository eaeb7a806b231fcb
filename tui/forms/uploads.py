"""The files of a form that are chosen and not stored: they outlive the page that shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple
from uuid import UUID

from shared.documents import DocumentOut
from tui.core.errors import PortalError
from tui.documents.upload import Upload


class Place(NamedTuple):
    """Where a file stands in a form."""

    group: str
    entry: str
    field: str


Attach = Callable[[Place, DocumentOut], None]


class FormUploads:
    """The uploads of one form, by place; `attach` makes what is stored the answer there.

    `documents` holds those that were stored, for whatever shows the form. `changed` is called when
    an upload begins to wait for its user, or has ended.
    """

    def __init__(self, attach: Attach) -> None:
        self._attach = attach
        self._uploads: dict[Place, Upload] = {}
        self.documents: dict[UUID, DocumentOut] = {}
        self.changed: Callable[[], None] = lambda: None

    def __iter__(self) -> Iterator[Upload]:
        return iter(self._uploads.values())

    def at(self, place: Place) -> Upload | None:
        """Find what is chosen at a place."""
        return self._uploads.get(place)

    def keep(self, place: Place, upload: Upload) -> None:
        """Keep an upload until it is stored."""
        self._uploads[place] = upload

        def stored(document: DocumentOut) -> None:
            if self._uploads.get(place) is upload:
                del self._uploads[place]
            self.documents[document.id] = document
            self._attach(place, document)
            self.changed()

        upload.on_stored = stored
        upload.on_user_needed = lambda: self.changed()

    def drop(self, entry: str) -> None:
        """Cancel and forget what is chosen in an entry that is removed."""
        for place in [place for place in self._uploads if place.entry == entry]:
            self._uploads.pop(place).end()

    @property
    def waits_for(self) -> PortalError | None:
        """What the user has to sign in for, so that uploads go on."""
        return next((upload.blocking_error for upload in self if upload.blocking_error), None)

    @property
    def under_way(self) -> list[Upload]:
        """Those that are being sent, or will be by themselves."""
        return [upload for upload in self if upload.is_running]

    def hurry(self) -> None:
        """Go on: the user has signed in again."""
        for upload in self:
            upload.retry_now()

    def end(self) -> None:
        """Send no more."""
        for upload in self:
            upload.end()
