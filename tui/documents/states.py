"""The states of an upload row, and the actions available in each."""

from enum import StrEnum


class State(StrEnum):
    """The state of an upload row."""

    EMPTY = "empty"
    CHOSEN = "chosen"
    UPLOADING = "uploading"
    FAILED = "failed"
    STORED = "stored"


ACTIONS: dict[str, tuple[str, set[State]]] = {
    "choose": ("Choose file", {State.EMPTY}),
    "upload": ("Upload", {State.CHOSEN}),
    "retry": ("Try again", {State.FAILED}),
    "another": ("Choose another", {State.CHOSEN, State.FAILED}),
    "cancel": ("Cancel", {State.UPLOADING}),
    "save": ("Save a copy", {State.STORED}),
    "remove": ("Remove file", {State.STORED}),
}
"""The label of each action, and the states in which it is offered."""
