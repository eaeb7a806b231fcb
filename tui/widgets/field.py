"""A form field: label, hint, input and error."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import DescendantBlur
from textual.widget import Widget
from textual.widgets import Input, Static

from tui.widgets.dialog import Action
from tui.widgets.line_input import DateInput

STAR = (" *", "bold $wrong")
"""The sign of what is required, with its style."""


class FieldErrors(Vertical):
    """The errors of a screen's fields in one place; see `ErrorSummary`."""

    def remove_error(self, name: str) -> None:
        """Remove the error of a field."""
        raise NotImplementedError  # a widget can't be an abstract class: its metaclass is Textual's


class Field(Vertical):
    """A labelled input; errors refer to it by `name`, the last part of a JSON pointer.

    F1 shows `help_text`. Errors appear below the input. Enter in a one-line input goes on: to the
    next field, or to the primary button below the last one.
    """

    ENTER_GOES_ON: ClassVar[bool] = True

    def __init__(
        self,
        name: str,
        label: str,
        control: Widget,
        *,
        required: bool = False,
        hint: str = "",
        help_text: str = "",
    ) -> None:
        super().__init__(name=name, id=f"field-{name}")
        self.label = label
        self.control = control
        self.required = required
        self.hint = hint
        self.help_text = help_text
        self.error = ""
        self.warning = ""
        self._was_empty = False
        """Whether nothing was entered when the error was shown."""
        self._message: Static | None = None
        """The line below the input, once there has been an error or a warning."""

    def compose(self) -> ComposeResult:
        """Lay out label, hint and input."""
        yield Static(self._label_markup(), classes="label", markup=True)
        if self.hint:
            yield Static(self.hint, classes="hint", markup=False)
        yield self.control

    def _label_markup(self) -> str:
        star = "[bold $wrong]*[/]" if self.required else ""
        return f"{self.label.replace('[', chr(92) + '[')} {star}"

    def show_label(self, label: str, *, required: bool) -> None:
        """Show another label."""
        self.label, self.required = label, required
        self.query_one(".label", Static).update(self._label_markup())

    @property
    def value(self) -> str:
        """The current text or selected value, or '' if none."""
        if isinstance(self.control, Input):
            return self.control.value
        from textual.widgets import (
            Select,
            TextArea,
        )  # slow to import, and not needed on the first screen

        if isinstance(self.control, Select):
            return "" if self.control.is_blank() else str(self.control.value)
        if isinstance(self.control, TextArea):
            return self.control.text
        raise TypeError(self.control)

    def load(self, text: str) -> None:
        """Replace the text or the selected value."""
        if isinstance(self.control, Input):
            self.control.value = text
            return
        from textual.widgets import (
            Select,
            TextArea,
        )  # slow to import, and not needed on the first screen

        if isinstance(self.control, TextArea):
            self.control.load_text(text)
        elif isinstance(self.control, Select):
            if text:
                self.control.value = text
            else:
                self.control.clear()

    def show_error(self, error: str) -> None:
        """Show an error below the input, or clear it with ''."""
        self._was_empty = bool(error) and self._is_empty
        if isinstance(self.control, DateInput):
            self.control.replaces = bool(error)
        if error != self.error:
            self.error = error
            self._update_message()

    @property
    def _is_empty(self) -> bool:
        """Whether nothing is entered; a control without a text, such as a search, never is."""
        try:
            return not self.value.strip()
        except TypeError:
            return False

    @on(DescendantBlur)
    def _clear_error_once_filled(self) -> None:
        if self._was_empty and not self._is_empty:
            self.clear_error()

    def clear_error(self) -> None:
        """Clear the error, also in the summary of the screen."""
        self.show_error("")
        for summary in self.screen.query(FieldErrors):
            summary.remove_error(self.name or "")

    def show_warning(self, warning: str) -> None:
        """Show a warning below the input, or clear it with ''."""
        if warning != self.warning:
            self.warning = warning
            self._update_message()

    def _update_message(self) -> None:
        text = f"✗ {self.error}" if self.error else f"! {self.warning}" if self.warning else ""
        message = self._message
        if message is None:
            # Most fields never have one, and each widget takes time to mount.
            message = self._message = Static("", classes="error", markup=False)
            self.mount(message)
        message.update(text)
        message.set_class(bool(self.error), "-wrong")
        message.display = bool(text)
        self.set_class(bool(self.error), "-wrong")

    def focus_control(self) -> None:
        """Focus the input and scroll it into view."""
        self.control.focus()
        self.scroll_visible(animate=False)

    @on(Input.Submitted)
    def _enter_pressed(self, event: Input.Submitted) -> None:
        if self.ENTER_GOES_ON and event.input is self.control:
            event.stop()
            self.go_on()

    def go_on(self) -> None:
        """Focus the next field, or press the primary button below the last one."""
        _go_on_from(self.control)


class SearchField(Field):
    """A field in which Enter searches or opens, which its screen handles."""

    ENTER_GOES_ON = False


def _go_on_from(control: Widget) -> None:
    """Focus the next field, or press the primary button below the last one.

    Links and secondary buttons in between are skipped. If only those follow, the next is focused.
    """
    from textual.widgets import Checkbox  # slow to import, and not needed on the first screen

    chain = control.screen.focus_chain
    for widget in chain[chain.index(control) + 1 :]:
        if isinstance(widget, Checkbox) or any(isinstance(a, Field) for a in widget.ancestors):
            widget.focus()
            return
        if isinstance(widget, Action) and widget.PRIMARY:
            widget.press()
            return
    control.screen.focus_next()
