"""Modal dialogs: questions and notices."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.layout import WidgetPlacement
from textual.messages import Prune
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import Button, Static

from tui.core.commands import command
from tui.widgets.focus_marker import FocusMarker
from tui.widgets.too_small import cover_if_too_small

DISCARD_INPUT = (
    "Close and lose what you typed?",
    "Nothing has been done yet.",
    (("stay", "Stay here"), ("close", "Close without doing it")),
)


MAX_IN_ROW = 4
"""More answers than these are listed below each other."""

Result = TypeVar("Result")

if TYPE_CHECKING:
    _Screen = Screen[Any]
else:
    _Screen = object  # Textual takes only the styles of the first base that is a widget


class Action(FocusMarker, Button):
    """A one-line button; the primary one is in brackets, the others are underlined."""

    PRIMARY: ClassVar[bool] = True

    def __init__(self, label: str, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(self._content(label), id=id, classes=classes, compact=True)
        self.active_effect_duration = 0  # the button ignores Enter during the effect
        self.set_class(self.PRIMARY, "-main")
        self.styles.line_pad = 0  # a stylesheet can't set 0

    def _content(self, label: str) -> Content:
        return Content(f"[ {label} ]" if self.PRIMARY else label)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """Return the width of the label, without the two columns that Textual adds."""
        return cell_len(str(self.label))

    def show_label(self, label: str) -> None:
        """Show another label."""
        self.label = self._content(label)
        self.refresh(layout=True)


class SecondaryAction(Action):
    """A button beside the primary one."""

    PRIMARY = False


class Guarded:
    """Mixin for a widget that ignores a key typed before the widget was in view."""

    NOT_PRESSED: ClassVar[str]
    """Notice that the key was ignored."""

    def was_offered_with(self, shown: object) -> bool:
        """Return whether a screen that showed these data offered it, in view or not."""
        return False


class GuardedAction(Guarded, Action):
    """A button that ignores a key typed before the button was in view."""


@contextmanager
def disabled_while_sending(screen: Screen[Result], part: Widget) -> Iterator[None]:
    """Disable a part of a screen while sending its input, then restore the focus."""
    focused = screen.focused
    part.disabled = True
    try:
        yield
    finally:
        part.disabled = False
        if focused is not None and focused.is_attached:
            focused.focus()


def close_screens_above(screen: Screen[Result]) -> None:
    """Close all screens above this one."""
    while not screen.is_current and screen in screen.app.screen_stack:
        screen.app.pop_screen()


class CentredFocus(_Screen):
    """A screen that scrolls to a new focus only if it is out of view once it is laid out.

    Textual takes a widget that is not laid out yet as out of view, and so would open a new screen
    with the focus in the middle and what explains it above the edge.
    """

    def scroll_to_center(
        self,
        widget: Widget,
        animate: bool = True,
        **options: Any,  # noqa: ANN401 - Textual's own options, passed on
    ) -> None:
        """Scroll to the centre of a widget after the next layout, if it is then out of view."""

        def scroll() -> None:
            if self.focused is widget and not self.can_view_entire(widget):
                super(CentredFocus, self).scroll_to_center(widget, animate, **options)

        self.call_after_refresh(scroll)


class Dialog(CentredFocus, ModalScreen[Result]):
    """A modal screen that closes only itself.

    Over a slow connection keys arrive in bursts; a second Enter must not close the screen below.
    """

    def on_resize(self) -> None:
        """Cover the dialog while the terminal is too small."""
        cover_if_too_small(self)

    async def on_prune(self, _: Prune) -> None:
        """End the work of a dialog that closes, while it still has its widgets."""
        await asyncio.sleep(0)  # Python warns of coroutines that end before they start
        self.workers.cancel_node(self)

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Close with a result if the dialog is still on top."""
        return super().dismiss(result) if self.is_current else AwaitComplete()


class DialogBody(VerticalScroll):
    """The part of a dialog that scrolls if the terminal has too few rows for all of it."""

    def process_layout(self, placements: list[WidgetPlacement]) -> list[WidgetPlacement]:
        """Leave out the margin below the last widget.

        With the style `:last-child`, mounting a widget anywhere in the app would restyle those
        beside it.
        """
        *others, last = placements
        return [*others, last._replace(margin=last.margin._replace(bottom=0))]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the height of the content, up to what the rest of the dialog leaves."""
        dialog = cast("Widget", self.parent)
        shown = [part for part in dialog.children if part.display]
        rest = sum(
            part.get_content_height(container, viewport, width) + part.styles.gutter.height
            for part in shown
            if part is not self
        )
        margins = [part.styles.margin for part in shown]
        rest += margins[0].top + margins[-1].bottom
        rest += sum(max(above.bottom, below.top) for above, below in pairwise(margins))
        if container.height:  # less than the terminal's while there is a notice
            room = container.height + self.styles.margin.height
        else:
            room = viewport.height - dialog.styles.gutter.height
        height = super().get_content_height(container, viewport, width)
        return min(height, max(room - rest, 1))


class ChoiceDialog(Dialog[str]):
    """Asks a question with a button for each answer; Esc returns '' and changes nothing.

    The first answer is focused, so it must be safe to choose by accident.
    """

    AUTO_FOCUS = "Button"
    BINDINGS: ClassVar[list[BindingType]] = [
        command("dialog.close", "escape", "close", "close", "Close and change nothing."),
        command("quit", "ctrl+q", "quit", "quit", "Leave the portal.", show=False),
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
            with DialogBody(classes="text"):
                yield Static(self._text, markup=False)
            is_column = len(self._answers) > MAX_IN_ROW
            with (
                Vertical(classes="actions -column") if is_column else Horizontal(classes="actions")
            ):
                for index, (name, label) in enumerate(self._answers):
                    yield (SecondaryAction if index else Action)(label, id=name)

    def on_mount(self) -> None:
        """Let the keyboard scroll a text that overflows."""
        self.call_after_refresh(self._enable_scrolling)

    def _enable_scrolling(self) -> None:
        for text in self.query(DialogBody):
            text.can_focus = text.max_scroll_y > 0

    @on(Button.Pressed)
    def _on_answer(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id or "")

    def action_close(self) -> None:
        """Close without an answer."""
        self.dismiss("")

    async def action_quit(self) -> None:
        """Close without an answer, and leave the portal, which may ask its own question."""
        self.dismiss("")
        await self.app.action_quit()


class Notice(ChoiceDialog):
    """A message with an OK button."""

    def __init__(self, title: str, text: str) -> None:
        super().__init__(title, text, (("ok", "OK"),))
