"""The dialog that shows a letter before it is made."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Button, Static

from shared.letters import LetterDraft
from tui.core.commands import command
from tui.letters.texts import letter_content
from tui.widgets.dialog import Action, Dialog, SecondaryAction
from tui.widgets.keyline import KeyLine
from tui.widgets.states import coloured_content

MADE_ONCE = "Once made it is never changed: a new letter replaces it, and both are kept."


class PreviewLetter(Dialog[bool]):
    """Shows a letter; returns True to make it."""

    CSS_PATH = "letters.tcss"
    AUTO_FOCUS = ".text"
    BINDINGS: ClassVar[list[BindingType]] = [
        command("preview.make", "ctrl+s", "make", "make it", "Make the letter as a PDF."),
        command("dialog.close", "escape", "close", "close", "Close and change nothing."),
    ]

    def __init__(self, draft: LetterDraft) -> None:
        super().__init__()
        self._draft = draft

    def compose(self) -> ComposeResult:
        """Lay out the letter between what is missing and the buttons."""
        missing = self._draft.missing
        with Vertical(classes="dialog"):
            yield Static(
                f"{self._draft.title} · {self._draft.child}", classes="title", markup=False
            )
            notes = [f"! {item.text}" for item in (*missing, *self._draft.warnings)]
            note = "\n".join(notes if missing else [*notes, MADE_ONCE])
            yield Static(coloured_content(note), classes="note")
            with VerticalScroll(classes="text"):
                yield Static(letter_content(self._draft.letter))
            with Horizontal(classes="actions"):
                if not missing:
                    yield Action("Make the letter", id="make")
                yield SecondaryAction("Go on writing", id="close")
            yield KeyLine()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to make the letter only if nothing is missing."""
        return action != "make" or not self._draft.missing

    @on(Button.Pressed, "#make")
    def action_make(self) -> None:
        """Close, and make the letter."""
        self.dismiss(True)

    @on(Button.Pressed, "#close")
    def action_close(self) -> None:
        """Close, to go on writing."""
        self.dismiss(False)
