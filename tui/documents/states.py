"""How far an upload row is, and what it offers then."""

from enum import StrEnum


class State(StrEnum):
    """How far a row is."""

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
"""What each action says, and the states that offer it."""
