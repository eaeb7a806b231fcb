"""Error summary: the errors of a screen, each with a link to its field."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import on
from textual.events import Key
from textual.message import Message
from textual.widgets import Input, Static

from tui.widgets.field import Field, FieldErrors
from tui.widgets.header import Link

if TYPE_CHECKING:
    from shared.problems import FieldError


class ErrorSummary(FieldErrors):
    """The errors at the top of a screen; takes the focus unless the user has gone on typing."""

    @dataclass
    class FieldHidden(Message):
        """Posted when the field of a chosen error is hidden or unknown."""

        name: str

    def on_mount(self) -> None:
        """Hide the summary until there are errors."""
        self.display = False

    def show(self, errors: Sequence[tuple[str, str]]) -> None:
        """Show (field name, message) pairs, or hide the summary if there are none."""
        self.remove_children()
        self.display = bool(errors)
        if not errors:
            return
        self.mount(Static("There is a problem", classes="problem-title", markup=False))
        links = [Link(f"✗ {message}", value=name) for name, message in errors]
        self.mount_all(links)
        # Dialogs don't have it: they are disabled while sending.
        if not getattr(self.screen, "typed_since_request", False):
            self.call_after_refresh(self._scroll_into_view, links[0])

    def keep_only(self, names: Collection[str]) -> None:
        """Keep only the errors of the named fields; hide the summary once it is empty."""
        links = list(self.query(Link))
        corrected = [link for link in links if link.value and link.value not in names]
        for link in corrected:
            link.remove()
        if corrected and len(corrected) == len(links):
            self.display = False

    def remove_error(self, name: str) -> None:
        """Remove the error of a field; hide the summary once it is empty."""
        self.keep_only({str(link.value) for link in self.query(Link)} - {name})

    def _scroll_into_view(self, first: Link) -> None:
        first.focus(scroll_visible=False)
        self.scroll_visible(animate=False, top=True)

    @on(Link.Chosen)
    def _focus_field(self, event: Link.Chosen) -> None:
        event.stop()
        if self._focus_field_of(event.link) is None:
            self.post_message(self.FieldHidden(str(event.link.value)))

    def _focus_field_of(self, link: Link) -> Field | None:
        """Focus the field of an error, and return it if it is shown."""
        for field in self.screen.query(Field):
            is_visible = all(node.display for node in field.ancestors_with_self)
            if is_visible and field.name == link.value:
                field.focus_control()
                return field
        return None

    def on_key(self, event: Key) -> None:
        """Put what is typed at an error into its field."""
        link = self.screen.focused
        if not (event.is_printable and event.character and isinstance(link, Link)):
            return
        field = self._focus_field_of(link)
        if field is None:
            return
        event.stop()
        from textual.widgets import TextArea  # slow to import, and not needed on the first screen

        for box in field.query("Input, TextArea"):  # a search has its box inside
            # After the focus, which may select what is there, and before the next key.
            if isinstance(box, Input):
                self.app.call_later(box.call_later, _type, box, event.character)
            elif isinstance(box, TextArea):
                self.app.call_later(box.call_later, box.insert, event.character)


def _type(box: Input, character: str) -> None:
    """Put a character in the place of what is selected, as its key does."""
    box.replace(character, *sorted(box.selection))


def show_field_errors(
    fields: Iterable[Field], summary: ErrorSummary, errors: Iterable[FieldError], fallback: str
) -> None:
    """Show errors at their fields and in the summary, or `fallback` if there are none."""
    messages = {error.pointer.rsplit("/", 1)[-1]: error.message for error in errors}
    entries = []
    for field in fields:
        message = messages.pop(field.name or "", "")
        field.show_error(message)
        if message:
            entries.append((field.name or "", message))
    entries += [("", message) for message in messages.values()]
    summary.show(entries or ([("", fallback)] if fallback else []))
