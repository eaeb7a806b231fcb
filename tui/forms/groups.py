"""Repeating groups of fields, with numbered entries to add, open and remove."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast
from uuid import UUID

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Button, Static

from shared.forms.definition import (
    AtLeastEntries,
    FileUpload,
    Group,
    Need,
    SimpleField,
    Step,
    WorkDetailsCard,
)
from shared.forms.shapes import ENTRIES_LIMIT
from shared.forms.submissions import Answer, Entry
from tui.core.portal import Portal
from tui.documents.upload import Upload
from tui.documents.upload_row import UploadRow
from tui.forms import texts
from tui.forms.entry_list import EntryList, entry_row
from tui.forms.fields import EXPECTED, Question, field_name, process_keys
from tui.forms.state import FormState
from tui.forms.uploads import FileSlot, SlotUploads
from tui.forms.work_cards import WorkCards
from tui.widgets import dialog
from tui.widgets.dialog import SecondaryAction
from tui.widgets.field import STAR

if TYPE_CHECKING:
    from shared.documents import DocumentOut


def make_question(
    state: FormState,
    field: SimpleField,
    answer: Answer | None,
    entry: str = "",
    group: str = "",
) -> Question:
    """Create the question for a field, with its control and answer."""
    control: Widget | None = None
    if isinstance(field, FileUpload):
        slot = FileSlot(group, entry, field.id)
        control = UploadRow(
            state.person,
            document=_find_document(state, answer),
            upload=state.uploads.find(slot),
            owner=SlotUploads(state.uploads, slot),
        )
    elif isinstance(field, WorkDetailsCard):
        control = WorkCards(state.work_details, str(answer or ""))
    is_help_shown = isinstance(field, FileUpload) and bool(group)
    return Question(field, answer, entry=entry, control=control, show_help=not is_help_shown)


def _find_document(state: FormState, answer: Answer | None) -> DocumentOut | None:
    if not isinstance(answer, str):
        return None
    return next((d for id, d in state.documents.items() if str(id) == answer), None)


@dataclass
class GroupEdited(Message):
    """An entry or a file of a group was added or removed."""


def needs_entries(step: Step, group: Group) -> bool:
    """Return whether the form can't be submitted without an entry of a group."""
    return any(
        isinstance(rule, AtLeastEntries) and rule.need is Need.REQUIRED and rule.field == group.id
        for rule in step.rules
    )


class EntryBox(Vertical):
    """The open entry of a group."""

    DEFAULT_CSS = """
    EntryBox { height: auto; margin: 1 0; }
    EntryBox > Question { padding: 0 0 0 2; }
    """

    def __init__(self, state: FormState, group: Group, entry: Entry) -> None:
        super().__init__()
        self.entry = str(entry["id"])
        self._state = state
        self._group = group
        self._entry = entry

    def compose(self) -> ComposeResult:
        """Lay out the heading, the questions and the buttons."""
        yield Static("", classes="title heading", markup=False)
        for field in self._group.fields:
            yield make_question(
                self._state, field, self._entry.get(field.id), self.entry, self._group.id
            )
        with Horizontal(classes="actions"):
            yield SecondaryAction("Done", classes="done")
            yield SecondaryAction(self._group.remove, classes="remove")

    def show_number(self, index: int) -> None:
        """Show the number of the entry in its heading."""
        self.query_one(".heading", Static).update(f"{self._group.entry} {index + 1}")

    @on(UploadRow.Uploaded)
    def _document_uploaded(self, event: UploadRow.Uploaded) -> None:
        event.stop()
        self._store_document(event.row, event.document.id)

    @on(UploadRow.Checked)
    def _document_checked(self, event: UploadRow.Checked) -> None:
        event.stop()
        self._state.documents[event.document.id] = event.document

    @on(UploadRow.Removed)
    def _document_removed(self, event: UploadRow.Removed) -> None:
        event.stop()
        self._store_document(event.row, None)

    def _store_document(self, row: UploadRow, document: UUID | None) -> None:
        field = _find_question(row).definition.id
        self._state.answer_entry(self._group.id, self.entry, field, str(document or ""))
        self.post_message(GroupEdited())


class GroupField(Vertical):
    """A repeating group: a list of entries, with at most one of them open below it.

    It updates the state when an entry is added, removed or closed.
    """

    DEFAULT_CSS = "GroupField, GroupField > #entry { height: auto; }"

    def __init__(self, state: FormState, step: Step, group: Group) -> None:
        super().__init__(name=field_name(group.id))
        self.messages: Mapping[str, str] = {}
        """The visible errors, by field name."""
        self.group = group
        self._state = state
        self._step = step
        self._errors: dict[str, str] = {}
        self._entry_lock = asyncio.Lock()

    def compose(self) -> ComposeResult:
        """Lay out the title, the list, the open entry and the add button."""
        star = [STAR] if needs_entries(self._step, self.group) else []
        yield Static(Content.assemble(self.group.label, *star), classes="title")
        expected = EXPECTED if self.group.need is Need.EXPECTED else ""
        if hint := " ".join(part for part in (expected, self.group.help) if part):
            yield Static(hint, classes="hint", markup=False)
        for field in self.group.fields:
            if isinstance(field, FileUpload) and field.help:
                yield Static(field.help, classes="hint", markup=False)
                yield Static("", id="terms", classes="hint", markup=False)
        yield Static("None added yet.", id="none-yet")
        yield EntryList(self._row)
        yield Vertical(id="entry")
        yield Static("", id="group-error", classes="error", markup=False)
        yield SecondaryAction(f"+ {self.group.add}", classes="add")

    def on_mount(self) -> None:
        """Show the entries."""
        self._show_error("")
        self.show_rows()

    @property
    def _entries(self) -> list[Entry]:
        return self._state.entries(self.group.id)

    @property
    def _box(self) -> EntryBox | None:
        """The open entry."""
        return next(iter(self.query(EntryBox)), None)

    def show_rows(self) -> None:
        """Update the list of entries."""
        count = len(self._entries)
        self.query_one("#none-yet").display = not count
        self.query_one(EntryList).show(count)
        agreed = self.group.id in self._state.uploads.agreed_groups
        for terms in self.query("#terms").results(Static):
            terms.update(texts.TERMS_AGREED if agreed else texts.TERMS)

    def _row(self, index: int) -> str:
        if index >= len(self._entries):
            return ""  # removed, but the list is not updated yet
        entry = str(self._entries[index]["id"])
        is_open = self._box is not None and self._box.entry == entry
        error = self._errors.get(entry, "")
        return entry_row(self._state, self._step, self.group, index, is_open=is_open, error=error)

    def _find_index(self, entry: str) -> int | None:
        ids = [str(entry["id"]) for entry in self._entries]
        return ids.index(entry) if entry in ids else None

    def show_errors(self, errors: Mapping[str, str]) -> None:
        """Show errors by field name, at the group or in the rows of their entries."""
        self.messages = errors
        self._show_error(errors.get(self.name or "", ""))
        self._errors = {}
        for entry in self._entries if errors else []:
            id = str(entry["id"])
            names = [field_name(field.id, id) for field in self.group.fields]
            if error := next((errors[name] for name in names if name in errors), ""):
                self._errors[id] = error
        self.show_rows()

    def _show_error(self, error: str) -> None:
        line = self.query_one("#group-error", Static)
        line.update(f"✗ {error}")
        line.display = bool(error)

    def show_state(self) -> None:
        """Update the answers from the state, and the entries in a worker."""
        entries = {str(entry["id"]): entry for entry in self._entries}
        for question in self.query(Question):
            if question.entry in entries:
                answer = entries[question.entry].get(question.definition.id)
                question.show(answer)
                if isinstance(question.control, UploadRow):
                    question.control.show_document(_find_document(self._state, answer))
        self.run_worker(self._sync_entries(), exit_on_error=False)

    async def _sync_entries(self) -> None:
        """Close the open entry if it was removed, and update the list."""
        async with self._entry_lock:
            box = self._box
            if box is not None and self._find_index(box.entry) is None:
                await box.remove()
            self._show_changes()

    def _show_changes(self) -> None:
        self.show_rows()
        if self._box is not None and (index := self._find_index(self._box.entry)) is not None:
            self._box.show_number(index)
        self.post_message(GroupEdited())

    def open_field(self, name: str) -> bool:
        """Open the entry with the field named `name` and focus it; return whether it exists."""
        for entry in self._entries:
            for field in self.group.fields:
                if field_name(field.id, str(entry["id"])) == name:
                    self._start_opening(str(entry["id"]), field.id)
                    return True
        return False

    def _start_opening(self, entry: str, field: str = "") -> None:
        self.run_worker(self._open(entry, field), exit_on_error=False)

    async def _open(self, entry: str, field: str = "") -> None:
        """Open an entry, closing any other, and focus one of its fields."""
        async with self._entry_lock:
            if self._box is None or self._box.entry != entry:
                await self._close()
                index = self._find_index(entry)
                if index is None:
                    return  # another user removed the entry
                box = EntryBox(self._state, self.group, self._entries[index])
                await self.query_one("#entry").mount(box)
                self._show_changes()
                self.query_one(EntryList).move_to(index)
        questions = [
            question
            for question in self.query(Question)
            if not field or question.definition.id == field
        ]
        if questions:
            questions[0].focus_control()

    async def _close(self) -> None:
        """Collect the input of the open entry, and remove its widgets."""
        box = self._box
        if box is not None:
            await process_keys(box.query(Question))
            self.collect()
            await box.remove()

    def collect(self) -> None:
        """Copy the edited answers of the open entry into the state."""
        for question in self.query(Question):
            if question.is_edited:
                self._state.answer_entry(
                    self.group.id, question.entry, question.definition.id, question.collect_answer()
                )

    @on(EntryList.Chosen)
    def _choose(self, event: EntryList.Chosen) -> None:
        event.stop()
        if event.index < len(self._entries):
            self._start_opening(str(self._entries[event.index]["id"]))

    @on(Button.Pressed, ".done")
    async def _done(self, event: Button.Pressed) -> None:
        event.stop()
        self.screen.set_focus(self.query_one(EntryList))
        async with self._entry_lock:
            await self._close()
            self._show_changes()

    @on(Button.Pressed, ".add")
    def _add(self, event: Button.Pressed) -> None:
        event.stop()
        if len(self._entries) < ENTRIES_LIMIT:
            self._start_opening(self._state.add_entry(self.group.id))
        else:
            self.notify(texts.TOO_MANY_ENTRIES, markup=False)

    @on(Button.Pressed, ".remove")
    def _ask_to_remove(self, event: Button.Pressed) -> None:
        event.stop()
        box = next(node for node in event.button.ancestors if isinstance(node, EntryBox))
        number = (self._find_index(box.entry) or 0) + 1
        self.app.push_screen(
            dialog.ChoiceDialog(
                f"Delete {self.group.entry} {number}?",
                "What was entered in it goes with it. The others stay.",
                (("keep", "Keep"), ("remove", "Delete")),
            ),
            lambda answer: self._on_removal_answer(answer, box.entry),
        )

    def _on_removal_answer(self, answer: str | None, entry: str) -> None:
        if answer == "remove":
            self._state.remove_entry(self.group.id, entry)
            self.run_worker(self._remove_entry(), exit_on_error=False)

    async def _remove_entry(self) -> None:
        await self._sync_entries()
        self.screen.set_focus(
            self.query_one(EntryList) if self._entries else self.query_one(".add")
        )

    @on(UploadRow.FilesChosen)
    async def _add_files(self, event: UploadRow.FilesChosen) -> None:
        event.stop()
        field = _find_question(event.row).definition.id
        client = cast("Portal", self.app).client
        free_entries = ENTRIES_LIMIT - len(self._entries)
        if event.more[free_entries:]:
            self.notify(texts.TOO_MANY_ENTRIES, markup=False)
        for file in event.more[:free_entries]:
            upload = Upload(client, self._state.person, file)
            slot = FileSlot(self.group.id, self._state.add_entry(self.group.id), field)
            self._state.uploads.add(slot, upload)
        await self._sync_entries()


def _find_question(row: UploadRow) -> Question:
    return next(node for node in row.ancestors if isinstance(node, Question))
