"""Filling in a child's details from a file of the school's system: nothing before it is agreed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import ClassVar, NamedTuple

from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, Rule, Static

from shared.values.days import InvalidDate, read_day
from shared.values.identifiers import normalise_postcode, normalise_upn
from tui.core.commands import command
from tui.people.ctf import Pupil, SchoolFile
from tui.people.ctf_codes import ANSWERS, answer_words
from tui.people.questions import QUESTIONS, FieldTexts, answer_text
from tui.widgets.dialog import Action, Dialog, SecondaryAction
from tui.widgets.finder import Finder
from tui.widgets.keyline import KeyLine
from tui.widgets.tick import Tick

MAX_FOUND = 200
IDENTIFYING = ("born", "upn")
ANOTHER = "The date of birth or the UPN is not what you typed. Is this the same child?"
MAX_UNUSED = 20
FIND_HELP = "Type the beginning of a name, a UPN or a date of birth; Down goes to the list."
NORMAL = {"upn": normalise_upn, "postcode": normalise_postcode}
CHECK_HELP = (
    "Up and Down move, Space takes a value or leaves it out. What you have typed differently is "
    "left as it is unless you tick it. Nothing changes before Use these."
)


class ChoosePupil(Dialog[Pupil]):
    """The pupils of a file, to choose one; returns None on Esc."""

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
        count = f"{len(self._pupils):,} pupils are in the file."
        yield Static(count, classes="hint", markup=False)
        yield Finder(self._find, lambda pupil: pupil.line, "Name, UPN or date of birth")
        with Horizontal(classes="actions"):
            yield Action("Close", id="close")
        yield Rule()
        yield KeyLine()

    async def _find(self, words: str) -> list[Pupil]:
        starts = words.casefold().split()
        return [pupil for pupil in self._pupils if _has(pupil.line, starts)][:MAX_FOUND]

    @on(Finder.Chosen)
    def _chosen(self, event: Finder.Chosen) -> None:
        chosen = event.finder.choice
        self.dismiss(chosen if isinstance(chosen, Pupil) else None)

    @on(Button.Pressed)
    def action_close(self) -> None:
        """Close without a pupil."""
        self.dismiss(None)


def _has(line: str, starts: list[str]) -> bool:
    words = line.casefold().replace("-", " ").split()
    return all(any(word.startswith(start) for word in words) for start in starts)


def _are_same(name: str, typed: str, value: str) -> bool:
    """Whether two values of a field are equivalent, however they are written."""
    if name == "born":
        with suppress(InvalidDate):
            return read_day(typed) == read_day(value)
    normal = NORMAL.get(name, str.casefold)
    return normal(typed) == normal(value)


class AcceptedValues(NamedTuple):
    """The values that the user accepted: details of the child, and answers for the request."""

    details: FieldTexts
    answers: FieldTexts


class CheckValues(Dialog[AcceptedValues]):
    """Each value of a pupil with a tick to take it or not; returns None on Esc."""

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
        given, own = pupil.details, {name: typed[name].strip() for name in IDENTIFYING}
        self._is_another = any(
            own[name] and name in given and not _are_same(name, own[name], given[name])
            for name in IDENTIFYING
        )

    def compose(self) -> ComposeResult:
        """Lay out the values above the ways on."""
        yield Static(f"From your school's file: {self._pupil.name}", classes="title", markup=False)
        yield Static("Check each value. Nothing is saved yet.", classes="hint")
        if self._warning:
            yield Static(f"! {self._warning}", classes="warning", markup=False)
        if self._is_another:
            yield Static(f"! {ANOTHER}", classes="warning", markup=False)
        with VerticalScroll(can_focus=False):
            yield from self._details()
            yield from self._answers()
            yield from self._unused()
        with Horizontal(classes="actions"):
            yield Action("Use these", id="use")
            yield SecondaryAction("Close", id="close")
        yield Rule()
        yield KeyLine()

    def on_resize(self) -> None:
        """Keep the value that has the focus in view."""
        if self.focused:
            self.call_after_refresh(self.focused.scroll_visible, animate=False)

    def _details(self) -> Iterator[Static | Tick]:
        for question in QUESTIONS:
            value, typed = (
                self._pupil.details.get(question.name),
                self._typed[question.name].strip(),
            )
            if value is None:
                continue
            # A yes-or-no choice is initially no.
            differs = typed not in {"", "no"} and not _are_same(question.name, typed, value)
            words = f"{question.label}: {answer_text(question.name, value)}"
            yield Tick(words, not differs, id=f"detail-{question.name}")
            if differs:
                note = f"you have: {answer_text(question.name, typed)}"
                yield Static(note, classes="note", markup=False)

    def _answers(self) -> Iterator[Static | Tick]:
        if not self._pupil.answers:
            return
        yield Static("For the request form, offered when you open it", classes="heading")
        for name, label in ANSWERS.items():
            if value := self._pupil.answers.get(name):
                of_year = f" ({self._pupil.attendance_of})" if name == "attendance" else ""
                words = f"{label}: {answer_words(name, value)}{of_year}"
                yield Tick(words, not self._is_another, id=f"answer-{name}")

    def _unused(self) -> Iterator[Static]:
        unused = self._pupil.unused
        if unused:
            yield Static("Not used", classes="heading")
        for value in unused[:MAX_UNUSED]:
            line = f"✗ {value.label}: {value.value or 'nothing'} – {value.why}"
            yield Static(line, classes="unused", markup=False)
        if (more := len(unused) - MAX_UNUSED) > 0:
            yield Static(f"and {more:,} more", classes="unused", markup=False)

    def _ticked(self, kind: str, values: FieldTexts) -> FieldTexts:
        ticks = {tick.id for tick in self.query(Tick) if tick.value}
        return {name: value for name, value in values.items() if f"{kind}-{name}" in ticks}

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "use":
            self.action_use()
        else:
            self.action_close()

    def action_use(self) -> None:
        """Return the values that are ticked."""
        details = self._ticked("detail", self._pupil.details)
        self.dismiss(AcceptedValues(details, self._ticked("answer", self._pupil.answers)))

    def action_close(self) -> None:
        """Close and change nothing."""
        self.dismiss(None)


def ask_for_values(
    app: App[object], file: SchoolFile, typed: FieldTexts, take: Callable[[AcceptedValues], None]
) -> None:
    """Ask which pupil of a file to use, if there are several, and which values to accept."""

    def on_values(accepted: AcceptedValues | None) -> None:
        if accepted is not None:
            take(accepted)

    def on_pupil(pupil: Pupil | None) -> None:
        if pupil is not None:
            app.push_screen(CheckValues(pupil, file.warning, typed), on_values)

    if file.pupils[1:]:
        app.push_screen(ChoosePupil(file), on_pupil)
    else:
        on_pupil(file.pupils[0])
