"""The states of an upload row, and the actions available in each."""

from enum import StrEnum


class UploadState(StrEnum):
    """The state of an upload row."""

    EMPTY = "empty"
    CHOSEN = "chosen"
    UPLOADING = "uploading"
    FAILED = "failed"
    STORED = "stored"
    HELD = "held"
    """Stored, and a virus was found in it."""


ACTIONS: dict[str, tuple[str, set[UploadState]]] = {
    "choose": ("Choose file", {UploadState.EMPTY}),
    "upload": ("Upload", {UploadState.CHOSEN}),
    "retry": ("Try again", {UploadState.FAILED}),
    "another": ("Choose another", {UploadState.CHOSEN, UploadState.FAILED}),
    "cancel": ("Cancel", {UploadState.UPLOADING}),
    "save": ("Save a copy", {UploadState.STORED}),
    "remove": ("Remove file", {UploadState.STORED, UploadState.HELD}),
}
"""The label of each action, and the states in which it is offered."""
