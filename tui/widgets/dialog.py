"""A question that needs an answer before the work goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Button, Static

from tui.core.commands import command

UNSENT = (
    "Close and lose what you typed?",
    "Nothing has been done yet.",
    (("stay", "Stay here"), ("close", "Close without doing it")),
)


Result = TypeVar("Result")


class Action(Button):
    """A button of one line, in brackets so that it is one without colour too."""

    def __init__(self, words: str, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(f"\\[ {words} ]", id=id, classes=classes, compact=True)
        self.active_effect_duration = 0  # while the effect lasts a second Enter would be lost


@contextmanager
def held(screen: Screen[Result], part: Widget) -> Iterator[None]:
    """Let nothing be typed into a part of a screen while what was typed is on its way."""
    focused = screen.focused
    part.disabled = True
    try:
        yield
    finally:
        part.disabled = False
        if focused is not None and focused.is_attached:
            focused.focus()


def uncover(screen: Screen[Result]) -> None:
    """Take away what stands on top of a screen."""
    while not screen.is_current and screen in screen.app.screen_stack:
        screen.app.pop_screen()


class Dialog(ModalScreen[Result]):
    """A screen on top of the work that is closed once.

    A slow line brings keys together: of two Enters the second must not close what is below.
    """

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Close with a result, where this is still on top."""
        return super().dismiss(result) if self.is_current else AwaitComplete()


class Question(Dialog[str]):
    """Asks with a title, a text and named answers; Esc gives '' and changes nothing.

    The first answer has the focus: Enter pressed twice must do nothing that can't be taken back.
    """

    AUTO_FOCUS = "Button"
    BINDINGS: ClassVar[list[BindingType]] = [
        command("dialog.close", "escape", "close", "close", "Close and change nothing."),
    ]

    def __init__(self, title: str, text: str, answers: tuple[tuple[str, str], ...]) -> None:
        super().__init__()
        self._title = title
        self._text = text
        self._answers = answers

    def compose(self) -> ComposeResult:
        """Lay out the question."""
        with Vertical(classes="dialog"):
            yield Static(self._title, classes="title", markup=False)
            with VerticalScroll(classes="text"):
                yield Static(self._text, markup=False)
            with Horizontal(classes="actions"):
                for name, words in self._answers:
                    yield Action(words, id=name)

    def on_mount(self) -> None:
        """Let a text that is longer than its room be scrolled by keys."""
        self.call_after_refresh(self._let_scroll)

    def _let_scroll(self) -> None:
        for text in self.query(VerticalScroll):
            text.can_focus = text.max_scroll_y > 0

    @on(Button.Pressed)
    def _answered(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id or "")

    def action_close(self) -> None:
        """Close without an answer."""
        self.dismiss("")


class Notice(Question):
    """Tells what happened, what was kept and what to do."""

    def __init__(self, title: str, text: str) -> None:
        super().__init__(title, text, (("ok", "OK"),))
