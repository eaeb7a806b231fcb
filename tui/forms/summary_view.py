"""The last step: a summary of all answers, the agreements, and Submit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import groupby

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Button, Static

from shared.forms.answers import Finding
from shared.forms.summary import Line
from tui.forms import texts
from tui.forms.step_view import StepView
from tui.widgets.dialog import GuardedAction, SecondaryAction
from tui.widgets.header import Link
from tui.widgets.long_list import LazyItem, LongList, text_height
from tui.widgets.states import coloured_content

SUBMIT_POINTER = "/submit"
"""Where Submit is, as the pointer of a field that no form has."""


class SubmitButton(GuardedAction):
    """The button that submits the form, which is never pressed unseen."""

    NOT_PRESSED = texts.NOT_SUBMITTED_YET


class SummaryView(StepView):
    """A summary of the answers, each with a link to change it."""

    DEFAULT_CSS = """
    SummaryView { height: auto; }
    SummaryView #missing { height: auto; text-style: bold; }
    SummaryView #first-missing { margin: 0 0 1 0; }
    SummaryView .answer-row { height: auto; margin: 0 0 1 0; }
    SummaryView .answer-row > Horizontal { height: auto; }
    SummaryView .answer-row Horizontal > Static { width: 1fr; height: auto; }
    SummaryView .answer { height: auto; padding: 0 0 0 2; }
    SummaryView .warning { height: auto; padding: 0 0 0 2; }
    SummaryView .agreement { height: auto; }
    """

    @dataclass
    class ChangeRequested(Message):
        """Posted to change the answer at `pointer`, in the step with id `step`."""

        step: str
        pointer: str

    class SubmitRequested(Message):
        """Posted to submit the form."""

    class CopyRequested(Message):
        """Posted to save a copy of the form."""

    def compose(self) -> ComposeResult:
        """Lay out the answers by step, then the agreements."""
        yield Static(self.step.intro, classes="intro", markup=False)
        if missing := self._state.missing_findings():
            text = f"! {texts.missing_count(len(missing))}."
            yield Static(coloured_content(text), id="missing")
            yield Link("Go to the first", value=missing[0], id="first-missing")
        lines = [line for line in self._state.summary() if line.step != self.step.id]
        yield LongList(list(_items(lines)))
        yield from self.questions()
        with Horizontal(classes="actions"):
            if self._state.editable:
                yield SubmitButton("Submit", id="submit")
            yield SecondaryAction("Save a copy", id="copy")

    def focus_field(self, name: str) -> bool:
        """Focus a field by its widget name, or Submit, if this version can be submitted."""
        if name != self.name_at(SUBMIT_POINTER):
            return super().focus_field(name)
        button = self.query(Button).first()
        button.focus()
        button.scroll_visible(animate=False)  # it may have the focus already, out of view
        return True

    def focus_first(self) -> bool:
        """Focus the first link and return whether there is one."""
        for widget in self.query(Link).results():
            widget.focus()
            return True
        return False

    @on(Link.Chosen)
    def _change(self, event: Link.Chosen) -> None:
        event.stop()
        target = event.link.value
        if isinstance(target, Line | Finding):
            self.post_message(self.ChangeRequested(target.step, target.pointer))

    @on(Button.Pressed, "#submit")
    def _submit(self, event: Button.Pressed) -> None:
        event.stop()
        self.post_message(self.SubmitRequested())

    @on(Button.Pressed, "#copy")
    def _copy(self, event: Button.Pressed) -> None:
        event.stop()
        self.post_message(self.CopyRequested())


def _items(lines: list[Line]) -> Iterator[LazyItem]:
    """Yield a title for each step, and its answers."""
    for title, step_lines in groupby(lines, key=lambda line: line.step_title):
        yield LazyItem(partial(Static, title, classes="title", markup=False), 1)
        for line in step_lines:
            yield LazyItem(partial(_row, line, title), 2 + text_height(line.text))


def _row(line: Line, title: str) -> Widget:
    label = "" if line.label == title else line.label
    change = Link("Change", value=line)
    return Vertical(*_parts(line, label, change), classes="answer-row")


def _parts(line: Line, label: str, change: Link) -> Iterator[Widget]:
    yield Horizontal(Static(label, classes="hint", markup=False), change)
    yield Static(line.text, classes="answer", markup=False)
    if line.warning:
        sign = "✗" if line.is_wrong else "!"
        yield Static(coloured_content(f"{sign} {line.warning}"), classes="warning")
