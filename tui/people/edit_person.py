"""The screen for adding or editing a child or young person."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import ClassVar
from uuid import UUID, uuid4

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Button, Input, Select, Static

from shared.people import PersonNew, PersonOut
from shared.places import PlaceKind
from shared.problems import ProblemCode
from shared.values.days import london_day, utc_now
from tui.core.commands import command
from tui.core.errors import PortalError, Refused
from tui.people import api
from tui.people.ctf import UnreadableFile, read_school_file
from tui.people.edit_conflict import KEEP_MINE, TAKE_THEIRS, EditConflict
from tui.people.fields import create_field
from tui.people.questions import (
    CARE_FIELDS,
    QUESTIONS,
    FieldTexts,
    answer_text,
    check_answers,
    complete_birth_date,
    parse_person,
    to_field_texts,
)
from tui.people.school_file import AcceptedValues, ask_for_values
from tui.widgets.dialog import Action, ChoiceDialog, Notice, SecondaryAction
from tui.widgets.error_summary import ErrorSummary, show_field_errors
from tui.widgets.field import Field
from tui.widgets.header import Link
from tui.widgets.screen import SEND_LINKS, PortalScreen

FILLED_IN = "Filled in from the file. Nothing is saved until you save."
FILE_LINK = "Fill in from your school's file (CTF)"
FILE_HELP = "Fill in the details from a file of your school's system."
FILE_NOT_USED = "The file was not used"
UNSAVED_ANSWERS = (("stay", "Stay here"), ("save", "Save"), ("leave", "Leave without saving"))


class EditPerson(PortalScreen):
    """Form for a child's details; `person` is None for a new child."""

    LINKS = SEND_LINKS
    HELP_TEXT = (
        "Fields with * must be answered. {person.save} saves; {back} goes back and asks first. "
        "{person.file} fills in what a Common Transfer File (CTF) of your school's system says; "
        "you check each value."
    )
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        command("person.save", "ctrl+s", "save", "save", "Save the details."),
        command("person.file", "f5", "school_file", "school's file", FILE_HELP),
    ]

    def __init__(self, person: str | None = None) -> None:
        super().__init__()
        self._person = UUID(person) if person else None
        self._new_id = uuid4()
        self._version = 0
        self._saved_texts: FieldTexts = {}
        self._file_answers: FieldTexts = {}

    def body(self) -> ComposeResult:
        """Lay out a field for each question."""
        title = "Edit child / young person" if self._person else "Add child / young person"
        yield Static(title, classes="title")
        yield Static("Fields with * must be answered.", classes="hint")
        yield Link(FILE_LINK, id="school-file")
        yield ErrorSummary()
        if not self._person:
            yield from self._create_fields({})

    def _create_fields(self, texts: FieldTexts) -> Iterator[Widget]:
        """Create a field for each question, and the buttons."""
        for question in QUESTIONS:
            field = create_field(question, texts.get(question.name, ""))
            field.display = question.name not in CARE_FIELDS or texts.get("looked_after") == "yes"
            yield field
        yield Horizontal(
            Action("Save", id="save"), SecondaryAction("Back", id="back"), classes="actions"
        )

    def on_mount(self) -> None:
        """Load the person to edit, if any."""
        self.set_location("SEND")
        if self._person:
            self.call(self._load(self._person), on_error=self.handle_load_error)
        else:
            self._saved_texts = self._field_texts()
            self._focus_first()

    async def _load(self, person: UUID) -> None:
        stored = await api.read_person(self.portal.client, person)
        self._remember(stored)
        await self.query_one("#body").mount_all(self._create_fields(self._saved_texts))
        self._focus_first()

    def _focus_first(self) -> None:
        # Without scrolling, the heading stays visible.
        self.query(Field).first().control.focus(scroll_visible=False)

    def _remember(self, person: PersonOut) -> None:
        self.set_location(f"SEND › {person.name}")
        self._version = person.version
        self._saved_texts = to_field_texts(person)

    def _show_person(self, person: PersonOut) -> None:
        self._remember(person)
        for field in self.query(Field):
            self._set_value(field, self._saved_texts[field.name or ""])

    def _set_value(self, field: Field, text: str) -> None:
        if isinstance(field.control, Select):
            field.control.value = text or Select.NULL
        elif isinstance(field.control, Input):
            field.control.value = text

    def _field_texts(self) -> FieldTexts:
        return {field.name or "": field.value for field in self.query(Field)}

    @on(Select.Changed)
    def _toggle_care_fields(self) -> None:
        looked_after = self.query_one("#field-looked_after", Field).value == "yes"
        for name in CARE_FIELDS:
            field = self.query_one(f"#field-{name}")
            if field.display != looked_after:
                field.display = looked_after

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        """Check a field when it loses the focus, unless it is empty."""
        field = next((a for a in event.widget.ancestors if isinstance(a, Field)), None)
        if field is None or not self.is_on_top:
            return
        self._complete_birth_date()
        errors, warnings = check_answers(self._field_texts(), london_day(utc_now()))
        pointer = f"/{field.name}"
        message = next((e.message for e in errors if e.pointer == pointer), "")
        field.show_error(message if field.value.strip() else "")
        field.show_warning(next((w.message for w in warnings if w.pointer == pointer), ""))

    def _complete_birth_date(self) -> None:
        """Show how the date of birth was understood, such as 03/05/2017 for 3/5/17."""
        field = self.query_one("#field-born", Field)
        text = complete_birth_date(field.value, london_day(utc_now()))
        if text != field.value:
            self._set_value(field, text)

    @on(Button.Pressed, "#save")
    def action_save(self) -> None:
        """Save the details, or show the errors."""
        if not self.query(Field):
            return  # it is being loaded
        self._complete_birth_date()
        errors, _ = check_answers(self._field_texts(), london_day(utc_now()))
        show_field_errors(self.query(Field), self.query_one(ErrorSummary), errors, "")
        if not errors:
            self.send(self._save(), self._on_error)

    async def _save(self) -> None:
        texts = self._field_texts()
        person = parse_person(texts, london_day(utc_now()))
        client = self.portal.client
        if self._person:
            stored = await api.change_person(client, self._person, self._version, person)
        else:
            new_person = PersonNew(id=self._new_id, **person.model_dump())
            stored = await api.add_person(client, new_person)
        self._saved_texts = texts
        self._store_answers(stored.id)
        self.notify(f"{stored.name} is saved.", markup=False)
        self.finish()
        if not self._person:
            self.portal.navigation.open_place(PlaceKind.PERSON.of(stored.id))

    def _on_error(self, error: PortalError) -> None:
        if isinstance(error, Refused) and error.code is ProblemCode.STALE and self._person:
            self.call(self._show_conflict(self._person, error), group="save")
        elif isinstance(error, Refused) and (
            error.errors or error.code in {ProblemCode.INVALID, ProblemCode.ALREADY_ON_LIST}
        ):
            show_field_errors(
                self.query(Field), self.query_one(ErrorSummary), error.errors, str(error)
            )
        else:
            self.portal.show_error(error)

    async def _show_conflict(self, person: UUID, error: Refused) -> None:
        stored = await api.read_person(self.portal.client, person)
        own_texts, stored_texts = self._field_texts(), to_field_texts(stored)

        def on_answer(answer: str | None) -> None:
            if answer == KEEP_MINE:
                self._version = stored.version
                self.action_save()
            elif answer == TAKE_THEIRS:
                self._show_person(stored)
                for field in self.query(Field):
                    name = field.name or ""
                    if own_texts[name] != stored_texts[name]:
                        field.show_warning(f"You had: {answer_text(name, own_texts[name])}")

        await self.app.push_screen(EditConflict(own_texts, stored_texts, error.problem), on_answer)

    @on(Link.Chosen, "#school-file")
    def action_school_file(self) -> None:
        """Fill in the details from a school's file."""
        if not self._is_sending:
            self.portal.pick_school_file(self._read_file)

    def _read_file(self, file: Path) -> None:
        self.run_worker(self._load_file(file), group="file", exclusive=True, exit_on_error=False)

    async def _load_file(self, file: Path) -> None:
        try:
            school_file = await asyncio.to_thread(read_school_file, file, london_day(utc_now()))
        except UnreadableFile as error:
            self.app.push_screen(Notice(FILE_NOT_USED, f"{error}\n\nNothing was changed."))
        else:
            self._complete_birth_date()
            ask_for_values(self.app, school_file, self._field_texts(), self._use_values)

    def _use_values(self, accepted: AcceptedValues) -> None:
        for field in self.query(Field):
            if (value := accepted.details.get(field.name or "")) is not None:
                self._set_value(field, value)
                field.show_error("")
        self._file_answers = accepted.answers
        if self._person:
            self._store_answers(self._person)
        self.notify(FILLED_IN)

    def _store_answers(self, person: UUID) -> None:
        """Store the file's answers in memory for the child's request form."""
        if self._file_answers:
            self.portal.session.school_values[person] = self._file_answers

    @on(Button.Pressed, "#back")
    def action_back(self) -> None:
        """Leave, asking first if input is unsaved."""
        super().action_back()

    def leave_for(self, navigate: Callable[[], None]) -> None:
        """Navigate away, asking first if input is unsaved."""
        if self._is_sending or not self.has_unsaved_input:
            super().leave_for(navigate)
            return

        def on_answer(answer: str | None) -> None:
            if answer == "save":
                self.action_save()
            elif answer == "leave":
                navigate()

        question = ChoiceDialog(
            "Leave without saving?", "What you typed is not saved yet.", UNSAVED_ANSWERS
        )
        self.app.push_screen(question, on_answer)

    @property
    def has_unsaved_input(self) -> bool:
        """Whether leaving would lose input."""
        return self._field_texts() != self._saved_texts
