"""Repeating groups of fields: numbered entries that can be added and removed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast
from uuid import UUID

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Button, Static

from shared.forms.definition import FileUpload, Group, Need, SimpleField, WorkDetailsCard
from shared.forms.submissions import Answer, Entry
from tui.core.portal import Portal
from tui.documents.upload import Upload
from tui.documents.upload_row import UploadRow
from tui.forms.fields import EXPECTED, Question, field_name
from tui.forms.state import FormState
from tui.forms.uploads import FileSlot
from tui.forms.work_cards import WorkCards
from tui.widgets import dialog
from tui.widgets.dialog import OtherAction

if TYPE_CHECKING:
    from shared.documents import DocumentOut


def question_for(
    state: FormState,
    field: SimpleField,
    answer: Answer | None,
    entry: str = "",
    group: str = "",
) -> Question:
    """Create the question of a field, with its control and answer."""
    control: Widget | None = None
    if isinstance(field, FileUpload):
        slot = FileSlot(group, entry, field.id)
        control = UploadRow(
            state.person,
            document=_document(state, answer),
            upload=state.uploads.at(slot),
            on_new_upload=lambda upload: state.uploads.add(slot, upload),
        )
    elif isinstance(field, WorkDetailsCard):
        control = WorkCards(state.work_details, str(answer or ""))
    return Question(field, answer, entry=entry, control=control)


def _document(state: FormState, answer: Answer | None) -> DocumentOut | None:
    if not isinstance(answer, str):
        return None
    return next((d for id, d in state.documents.items() if str(id) == answer), None)


class EntryBox(Vertical):
    """One entry of a group."""

    DEFAULT_CSS = """
    EntryBox { height: auto; margin: 0 0 1 0; }
    EntryBox > Question { padding: 0 0 0 2; }
    """

    def __init__(self, state: FormState, group: Group, entry: Entry) -> None:
        super().__init__()
        self.entry = str(entry["id"])
        self._state = state
        self._group = group
        self._entry = entry

    def compose(self) -> ComposeResult:
        """Lay out the heading, the questions and the remove button."""
        yield Static("", classes="title heading", markup=False)
        for field in self._group.fields:
            yield question_for(
                self._state, field, self._entry.get(field.id), self.entry, self._group.id
            )
        yield OtherAction(self._group.remove, classes="remove")

    def number(self, index: int) -> None:
        """Show the number of the entry in its heading."""
        self.query_one(".heading", Static).update(f"{self._group.entry} {index + 1}")


class GroupField(Vertical):
    """A repeating group, which updates the state when entries change."""

    DEFAULT_CSS = "GroupField, GroupField > #entries { height: auto; }"

    @dataclass
    class Edited(Message):
        """An entry or a file was added or removed."""

    def __init__(self, state: FormState, group: Group) -> None:
        super().__init__(name=field_name(group.id))
        self.group = group
        self._state = state

    def compose(self) -> ComposeResult:
        """Lay out the title, the entries and the add button."""
        yield Static(self.group.label, classes="title", markup=False)
        hint = " ".join(
            part
            for part in (EXPECTED if self.group.need is Need.EXPECTED else "", self.group.help)
            if part
        )
        if hint:
            yield Static(hint, classes="hint", markup=False)
        yield Static("None added yet.", id="none-yet")
        with Vertical(id="entries"):
            yield from self._boxes(self._state.entries(self.group.id))
        yield Static("", id="group-error", classes="error", markup=False)
        yield OtherAction(f"+ {self.group.add}", classes="add")

    def on_mount(self) -> None:
        """Number the entries."""
        self.show_error("")
        self._number()

    def _boxes(self, entries: list[Entry]) -> Iterator[EntryBox]:
        for entry in entries:
            yield EntryBox(self._state, self.group, entry)

    def _number(self) -> None:
        self.query_one("#none-yet").display = not self.query(EntryBox)
        for index, box in enumerate(self.query(EntryBox)):
            box.number(index)

    def show_error(self, error: str) -> None:
        """Show an error for the whole group, or clear it with ''."""
        line = self.query_one("#group-error", Static)
        line.update(f"✗ {error}")
        line.display = bool(error)

    def show_state(self) -> None:
        """Update answers and entries from the state; entries follow in a worker."""
        entries = {str(entry["id"]): entry for entry in self._state.entries(self.group.id)}
        for question in self.query(Question):
            if question.entry in entries:
                answer = entries[question.entry].get(question.definition.id)
                question.show(answer)
                if isinstance(question.control, UploadRow):
                    question.control.show_document(_document(self._state, answer))
        self.run_worker(self._sync_entries(), exit_on_error=False)

    async def _sync_entries(self) -> None:
        """Add and remove entries to match the state; the other entries keep their widgets."""
        entries = self._state.entries(self.group.id)
        ids = {str(entry["id"]) for entry in entries}
        for box in list(self.query(EntryBox)):
            if box.entry not in ids:
                await box.remove()
        shown = {box.entry for box in self.query(EntryBox)}
        new = [entry for entry in entries if str(entry["id"]) not in shown]
        await self.query_one("#entries").mount_all(self._boxes(new))
        self._number()
        self.post_message(self.Edited())

    @on(Button.Pressed, ".add")
    async def _add(self, event: Button.Pressed) -> None:
        event.stop()
        self._state.add_entry(self.group.id)
        await self._sync_entries()
        box = list(self.query(EntryBox))[-1]
        box.query(Question).first().focus_control()

    @on(Button.Pressed, ".remove")
    def _ask_to_remove(self, event: Button.Pressed) -> None:
        event.stop()
        box = next(node for node in event.button.ancestors if isinstance(node, EntryBox))
        number = list(self.query(EntryBox)).index(box) + 1
        self.app.push_screen(
            dialog.Question(
                f"Delete {self.group.entry} {number}?",
                "What was entered in it goes with it. The others stay.",
                (("keep", "Keep"), ("remove", "Delete")),
            ),
            lambda answer: self._answered(answer, box.entry),
        )

    def _answered(self, answer: str | None, entry: str) -> None:
        if answer == "remove":
            self._state.remove_entry(self.group.id, entry)
            self.run_worker(self._sync_entries(), exit_on_error=False)

    @on(UploadRow.Uploaded)
    def _uploaded(self, event: UploadRow.Uploaded) -> None:
        event.stop()
        question = _question_of(event.row)
        self._store_document(question, event.document.id)

    @on(UploadRow.Removed)
    def _removed(self, event: UploadRow.Removed) -> None:
        event.stop()
        self._store_document(_question_of(event.row), None)

    def _store_document(self, question: Question, document: UUID | None) -> None:
        self._state.answer_entry(
            self.group.id, question.entry, question.definition.id, str(document or "")
        )
        self.post_message(self.Edited())

    @on(UploadRow.FilesChosen)
    async def _add_files(self, event: UploadRow.FilesChosen) -> None:
        event.stop()
        field = _question_of(event.row).definition.id
        client = cast("Portal", self.app).client
        for file in event.more:
            upload = Upload(client, self._state.person, file)
            slot = FileSlot(self.group.id, self._state.add_entry(self.group.id), field)
            self._state.uploads.add(slot, upload)
            upload.validate()
        await self._sync_entries()


def _question_of(row: UploadRow) -> Question:
    return next(node for node in row.ancestors if isinstance(node, Question))
