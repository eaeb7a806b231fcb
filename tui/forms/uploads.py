"""Uploads of a form, which continue after the form is closed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from shared.documents import DocumentOut
from tui.core.errors import PortalError
from tui.documents.states import State
from tui.documents.upload import Upload

AT_ONCE = 3
"""Files of a form that are uploaded at the same time."""


class FileSlot(NamedTuple):
    """The field of a group's entry that a file belongs to."""

    group: str
    entry: str
    field: str


Attach = Callable[[FileSlot, DocumentOut], None]


class FormUploads:
    """The uploads of one form by slot; `attach` makes a stored document the answer.

    `documents` holds the stored documents, and `agreed` the groups whose terms of uploading the
    user agreed to. `changed` is called when an upload needs the user or has finished, `progressed`
    at each change of an upload. Without a screen, `failed` is called if an upload fails.
    """

    def __init__(self, attach: Attach, failed: Callable[[Upload], None]) -> None:
        self._attach = attach
        self._failed = failed
        self._limiter = asyncio.Semaphore(AT_ONCE)
        self.agreed: set[str] = set()
        self._uploads: dict[FileSlot, Upload] = {}
        self.documents: dict[UUID, DocumentOut] = {}
        self.detach()

    def detach(self) -> None:
        """Follow the uploads without a screen."""
        self.changed: Callable[[], None] = lambda: None
        self.progressed: Callable[[FileSlot, Upload], None] = self._report_failure

    def _report_failure(self, slot: FileSlot, upload: Upload) -> None:
        if upload.state is State.FAILED:
            self._failed(upload)

    def __iter__(self) -> Iterator[Upload]:
        return iter(self._uploads.values())

    def at(self, slot: FileSlot) -> Upload | None:
        """Return the upload of a slot, if any."""
        return self._uploads.get(slot)

    def add(self, slot: FileSlot, upload: Upload) -> None:
        """Hold an upload until it is stored, and start it if the user agreed."""
        self._uploads[slot] = upload

        def stored(document: DocumentOut) -> None:
            if self._uploads.get(slot) is upload:
                del self._uploads[slot]
            self.documents[document.id] = document
            self._attach(slot, document)
            self.changed()

        upload.on_stored = stored
        upload.on_blocked_changed = lambda: self.changed()
        upload.on_progress = lambda: self.progressed(slot, upload)
        upload.limiter = self._limiter
        if slot.group in self.agreed:
            upload.start()
        else:
            upload.validate()

    def agree(self, group: str) -> None:
        """Record that the user agreed to the terms of a group, and upload what was chosen in it."""
        if group not in self.agreed:
            self.agreed.add(group)
            self.start(slot for slot in self.not_uploaded() if slot.group == group)

    def start(self, slots: Iterable[FileSlot]) -> None:
        """Upload the chosen files of these slots."""
        for slot in list(slots):
            self._uploads[slot].start()

    def not_uploaded(self, groups: Collection[str] | None = None) -> list[FileSlot]:
        """List the slots with a file that is chosen but not being uploaded."""
        return [
            slot
            for slot, upload in self._uploads.items()
            if not upload.is_running and (groups is None or slot.group in groups)
        ]

    @property
    def pending(self) -> list[FileSlot]:
        """The slots with a file that is not stored yet."""
        return list(self._uploads)

    def discard(self, slots: Iterable[FileSlot]) -> None:
        """Cancel uploads and forget their files."""
        for slot in list(slots):
            self._uploads.pop(slot).stop()

    def cancel_entry(self, entry: str) -> None:
        """Cancel the uploads of an entry that is removed."""
        self.discard(slot for slot in self._uploads if slot.entry == entry)

    @property
    def blocking_error(self) -> PortalError | None:
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
            upload.stop()


@dataclass(frozen=True)
class SlotUploads:
    """The owner of the uploads of one slot, for its row."""

    uploads: FormUploads
    slot: FileSlot

    @property
    def has_agreed(self) -> bool:
        """Whether the user agreed to the terms of the slot's group."""
        return self.slot.group in self.uploads.agreed

    def agree(self) -> None:
        """Record that the user agreed, and upload what was chosen in the group."""
        self.uploads.agree(self.slot.group)

    def add_upload(self, upload: Upload) -> None:
        """Hold a new upload in place of the slot's previous one."""
        self.uploads.add(self.slot, upload)
