"""'There is a problem': what is wrong on the screen, each line leading to its field."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from tui.widgets.field import Field
from tui.widgets.header import Link

if TYPE_CHECKING:
    from shared.problems import FieldError


class ErrorSummary(Vertical):
    """Stands on top of a screen while something is wrong, and takes the focus when told."""

    @dataclass
    class Elsewhere(Message):
        """An error was chosen whose field is out of sight, or none: the screen leads there."""

        name: str

    def on_mount(self) -> None:
        """Begin out of sight."""
        self.display = False

    def tell(self, errors: Sequence[tuple[str, str]]) -> None:
        """Show the errors as (field name, sentence) pairs; none takes the summary away."""
        self.remove_children()
        self.display = bool(errors)
        if not errors:
            return
        self.mount(Static("There is a problem", classes="problem-title", markup=False))
        links = [Link(f"✗ {message}", value=name) for name, message in errors]
        self.mount_all(links)
        self.call_after_refresh(self._come_into_sight, links[0])

    def _come_into_sight(self, first: Link) -> None:
        first.focus(scroll_visible=False)
        self.scroll_visible(animate=False, top=True)

    @on(Link.Chosen)
    def _to_field(self, event: Link.Chosen) -> None:
        event.stop()
        for field in self.screen.query(Field):
            shown = all(node.display for node in field.ancestors_with_self)
            if shown and field.name == event.link.value:
                field.focus_control()
                return
        self.post_message(self.Elsewhere(str(event.link.value)))


def tell_fields(
    fields: Iterable[Field], summary: ErrorSummary, errors: Iterable[FieldError], fallback: str
) -> None:
    """Say each error at its field and in the summary; `fallback` where no field is named."""
    wrong = {error.pointer.rsplit("/", 1)[-1]: error.message for error in errors}
    told = []
    for field in fields:
        message = wrong.pop(field.name or "", "")
        field.say_error(message)
        if message:
            told.append((field.name or "", message))
    told += [("", message) for message in wrong.values()]
    summary.tell(told or ([("", fallback)] if fallback else []))
