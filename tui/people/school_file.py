"""Filling in a child's details from a school's file, after the user has checked each value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import ClassVar, NamedTuple

from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, Rule, Static

from shared.values.days import InvalidDate, parse_day
from shared.values.identifiers import normalise_postcode, normalise_upn
from tui.core.commands import command
from tui.people.ctf import Pupil, SchoolFile
from tui.people.ctf_codes import ANSWER_LABELS, request_answer_text
from tui.people.questions import QUESTIONS, FieldTexts, answer_text
from tui.widgets.dialog import Action, Dialog, SecondaryAction
from tui.widgets.finder import Finder
from tui.widgets.keyline import KeyLine
from tui.widgets.states import coloured_content
from tui.widgets.tick import Tick

MAX_RESULTS = 200
IDENTIFYING_FIELDS = ("born", "upn")
OTHER_CHILD_WARNING = "The date of birth or the UPN is not what you typed. Is this the same child?"
MAX_UNUSED = 20
FIND_HELP = "Type the beginning of a name, a UPN or a date of birth; Down goes to the list."
NORMALISERS = {"upn": normalise_upn, "postcode": normalise_postcode}
CHECK_HELP = (
    "Up and Down move, Space takes a value or leaves it out. What you have typed differently is "
    "left as it is unless you tick it. Nothing changes before Use these."
)


class ChoosePupil(Dialog[Pupil]):
    """Asks which pupil of a file to use; returns None on Esc."""

    CSS_PATH = "people.tcss"
    AUTO_FOCUS = "Finder Input"
    BINDINGS: ClassVar[list[BindingType]] = [
        command("pupil.close", "escape", "close", "close", "Close and change nothing."),
        command("pupil.help", "f1", "app.help", "help", "Help on what has the focus."),
    ]
    help_text = FIND_HELP

    def __init__(self, file: SchoolFile) -> None:
        super().__init__()
        self._pupils = file.pupils

    def compose(self) -> ComposeResult:
        """Lay out the search above the pupils."""
        yield Static("Which pupil?", classes="title")
        count_text = f"{len(self._pupils):,} pupils are in the file."
        yield Static(count_text, classes="hint", markup=False)
        yield Finder(self._find, lambda pupil: pupil.line, "Name, UPN or date of birth")
        with Horizontal(classes="actions"):
            yield SecondaryAction("Close", id="close")
        yield Rule()
        yield KeyLine()

    async def _find(self, query: str) -> list[Pupil]:
        prefixes = query.casefold().split()
        return [pupil for pupil in self._pupils if _matches(pupil.line, prefixes)][:MAX_RESULTS]

    @on(Finder.Chosen)
    def _on_chosen(self, event: Finder.Chosen) -> None:
        pupil = event.finder.choice
        self.dismiss(pupil if isinstance(pupil, Pupil) else None)

    @on(Button.Pressed)
    def action_close(self) -> None:
        """Close without a pupil."""
        self.dismiss(None)


def _matches(line: str, prefixes: list[str]) -> bool:
    words = line.casefold().replace("-", " ").split()
    return all(any(word.startswith(prefix) for word in words) for prefix in prefixes)


def _are_equivalent(name: str, typed: str, value: str) -> bool:
    """Return whether two values of a field are equivalent."""
    if name == "born":
        with suppress(InvalidDate):
            return parse_day(typed) == parse_day(value)
    normalise = NORMALISERS.get(name, str.casefold)
    return normalise(typed) == normalise(value)


class AcceptedValues(NamedTuple):
    """The accepted values: details of the child, and answers of the request form."""

    details: FieldTexts
    answers: FieldTexts


class CheckValues(Dialog[AcceptedValues]):
    """Asks which values of a pupil to accept; returns None on Esc."""

    CSS_PATH = "people.tcss"
    AUTO_FOCUS = "Tick"
    BINDINGS: ClassVar[list[BindingType]] = [
        command("values.use", "ctrl+s", "use", "use these", "Fill in the values that are ticked."),
        command("values.close", "escape", "close", "close", "Close and change nothing."),
        command("values.help", "f1", "app.help", "help", "Help on what has the focus."),
        Binding("up", "app.focus_previous", "up", show=False),
        Binding("down", "app.focus_next", "down", show=False),
    ]
    help_text = CHECK_HELP

    def __init__(self, pupil: Pupil, warning: str, typed: FieldTexts) -> None:
        super().__init__()
        self._pupil = pupil
        self._warning = warning
        self._typed = typed
        own_texts = {name: typed[name].strip() for name in IDENTIFYING_FIELDS}
        self._is_other_child = any(
            own_texts[name]
            and name in pupil.details
            and not _are_equivalent(name, own_texts[name], pupil.details[name])
            for name in IDENTIFYING_FIELDS
        )

    def compose(self) -> ComposeResult:
        """Lay out the values above the buttons."""
        yield Static(f"From your school's file: {self._pupil.name}", classes="title", markup=False)
        yield Static("Check each value. Nothing is saved yet.", classes="hint")
        if self._warning:
            yield Static(coloured_content(f"! {self._warning}"), classes="warning")
        if self._is_other_child:
            yield Static(coloured_content(f"! {OTHER_CHILD_WARNING}"), classes="warning")
        with VerticalScroll(can_focus=False):
            yield from self._detail_widgets()
            yield from self._answer_widgets()
            yield from self._unused_widgets()
        with Horizontal(classes="actions"):
            yield Action("Use these", id="use")
            yield SecondaryAction("Close", id="close")
        yield Rule()
        yield KeyLine()

    def on_resize(self) -> None:
        """Keep the focused value in view."""
        if self.focused:
            self.call_after_refresh(self.focused.scroll_visible, animate=False)

    def _detail_widgets(self) -> Iterator[Static | Tick]:
        for question in QUESTIONS:
            value, typed = (
                self._pupil.details.get(question.name),
                self._typed[question.name].strip(),
            )
            if value is None:
                continue
            # "No" may be untouched, because it is the default of a yes-or-no choice.
            differs = typed not in {"", "no"} and not _are_equivalent(question.name, typed, value)
            label = f"{question.label}: {answer_text(question.name, value)}"
            yield Tick(label, not differs, id=f"detail-{question.name}")
            if differs:
                note = f"you have: {answer_text(question.name, typed)}"
                yield Static(note, classes="note", markup=False)

    def _answer_widgets(self) -> Iterator[Static | Tick]:
        if not self._pupil.answers:
            return
        yield Static("For the request form, offered when you open it", classes="heading")
        for name, label in ANSWER_LABELS.items():
            if value := self._pupil.answers.get(name):
                year_note = f" ({self._pupil.attendance_of})" if name == "attendance" else ""
                text = f"{label}: {request_answer_text(name, value)}{year_note}"
                yield Tick(text, not self._is_other_child, id=f"answer-{name}")

    def _unused_widgets(self) -> Iterator[Static]:
        unused = self._pupil.unused
        if unused:
            yield Static("Not used", classes="heading")
        for value in unused[:MAX_UNUSED]:
            line = f"✗ {value.label}: {value.value or 'nothing'} – {value.reason}"
            yield Static(coloured_content(line), classes="unused")
        if (more := len(unused) - MAX_UNUSED) > 0:
            yield Static(f"and {more:,} more", classes="unused", markup=False)

    def _ticked_values(self, kind: str, values: FieldTexts) -> FieldTexts:
        ticks = {tick.id for tick in self.query(Tick) if tick.value}
        return {name: value for name, value in values.items() if f"{kind}-{name}" in ticks}

    @on(Button.Pressed)
    def _on_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "use":
            self.action_use()
        else:
            self.action_close()

    def action_use(self) -> None:
        """Close and return the ticked values."""
        details = self._ticked_values("detail", self._pupil.details)
        self.dismiss(AcceptedValues(details, self._ticked_values("answer", self._pupil.answers)))

    def action_close(self) -> None:
        """Close and change nothing."""
        self.dismiss(None)


def ask_for_values(
    app: App[object],
    file: SchoolFile,
    typed: FieldTexts,
    on_accept: Callable[[AcceptedValues], None],
) -> None:
    """Ask which pupil of a file to use, if there are several, and which values to accept."""

    def on_values(accepted: AcceptedValues | None) -> None:
        if accepted is not None:
            on_accept(accepted)

    def on_pupil(pupil: Pupil | None) -> None:
        if pupil is not None:
            app.push_screen(CheckValues(pupil, file.warning, typed), on_values)

    if file.pupils[1:]:
        app.push_screen(ChoosePupil(file), on_pupil)
    else:
        on_pupil(file.pupils[0])
