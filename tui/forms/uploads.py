"""Uploads of a form, which continue after the form is closed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from shared.documents import DocumentOut
from tui.core.errors import PortalError
from tui.documents.states import UploadState
from tui.documents.upload import Upload

MAX_CONCURRENT = 3
"""Maximum number of concurrent uploads per form."""


class FileSlot(NamedTuple):
    """The field of a group's entry that a file belongs to."""

    group: str
    entry: str
    field: str


Attach = Callable[[FileSlot, DocumentOut], None]


class FormUploads:
    """The uploads of one form by slot; `attach` makes a stored document the answer.

    `documents` holds the stored documents, and `agreed_groups` the groups whose upload terms the
    user has accepted. `on_change` is called when an upload has finished or is blocked until the
    user signs in, and `on_progress` on each change of an upload. Once detached from a screen,
    `on_failure` is called for each failed upload.
    """

    def __init__(self, attach: Attach, on_failure: Callable[[Upload], None]) -> None:
        self._attach = attach
        self._on_failure = on_failure
        self._limiter = asyncio.Semaphore(MAX_CONCURRENT)
        self.agreed_groups: set[str] = set()
        self._uploads: dict[FileSlot, Upload] = {}
        self.documents: dict[UUID, DocumentOut] = {}
        self.detach()

    def detach(self) -> None:
        """Stop reporting to a screen; failures are reported with `on_failure`."""
        self.on_change: Callable[[], None] = lambda: None
        self.on_progress: Callable[[FileSlot, Upload], None] = self._report_failure

    def _report_failure(self, slot: FileSlot, upload: Upload) -> None:
        if upload.state is UploadState.FAILED:
            self._on_failure(upload)

    def __iter__(self) -> Iterator[Upload]:
        return iter(self._uploads.values())

    def find(self, slot: FileSlot) -> Upload | None:
        """Return the upload of a slot, if any."""
        return self._uploads.get(slot)

    def add(self, slot: FileSlot, upload: Upload) -> None:
        """Add an upload, and start it if the user has agreed to the terms."""
        self._uploads[slot] = upload

        def on_stored(document: DocumentOut) -> None:
            if self._uploads.get(slot) is upload:
                del self._uploads[slot]
            self.documents[document.id] = document
            self._attach(slot, document)
            self.on_change()

        upload.on_stored = on_stored
        upload.on_blocked_changed = lambda: self.on_change()
        upload.on_progress = lambda: self.on_progress(slot, upload)
        upload.limiter = self._limiter
        if slot.group in self.agreed_groups:
            upload.start()
        else:
            upload.validate()

    def agree(self, group: str) -> None:
        """Record agreement to the terms of a group, and upload its chosen files."""
        if group not in self.agreed_groups:
            self.agreed_groups.add(group)
            self.start(slot for slot in self.slots_not_uploaded() if slot.group == group)

    def start(self, slots: Iterable[FileSlot]) -> None:
        """Upload the chosen files of the slots."""
        for slot in list(slots):
            self._uploads[slot].start()

    def slots_not_uploaded(self, groups: Collection[str] | None = None) -> list[FileSlot]:
        """Return the slots with a file that is chosen but not being uploaded."""
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
        """Cancel the uploads of the slots and remove their files."""
        for slot in list(slots):
            self._uploads.pop(slot).stop()

    def cancel_entry(self, entry: str) -> None:
        """Cancel the uploads of a removed entry."""
        self.discard(slot for slot in self._uploads if slot.entry == entry)

    @property
    def blocking_error(self) -> PortalError | None:
        """The error that requires the user to sign in again, or None."""
        return next((upload.blocking_error for upload in self if upload.blocking_error), None)

    @property
    def running(self) -> list[Upload]:
        """The uploads that are being sent or waiting for a retry."""
        return [upload for upload in self if upload.is_running]

    def resume(self) -> None:
        """Continue after the user has signed in again."""
        for upload in self:
            upload.retry_now()

    def stop(self) -> None:
        """Stop all uploads."""
        for upload in self:
            upload.stop()


@dataclass(frozen=True)
class SlotUploads:
    """The UploadOwner for the row of one slot."""

    uploads: FormUploads
    slot: FileSlot

    @property
    def has_agreed(self) -> bool:
        """Whether the user agreed to the terms of the slot's group."""
        return self.slot.group in self.uploads.agreed_groups

    def agree(self) -> None:
        """Record the agreement, and upload the chosen files of the group."""
        self.uploads.agree(self.slot.group)

    def add_upload(self, upload: Upload) -> None:
        """Add an upload in place of the slot's previous one."""
        self.uploads.add(self.slot, upload)
