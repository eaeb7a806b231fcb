"""The screen of the notes, phone calls, tasks and panels of a case."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.screen import ModalScreen
from textual.widgets import Static

from shared.casework import Casework, NoteKind, NoteOut, TaskRow
from shared.values.days import format_day
from tui.casework import api
from tui.casework.dialogs import StrikeNote, WriteCall, WriteNote, WriteTask
from tui.casework.notes_parts import build_items, build_notes, earlier_text, note_heading
from tui.casework.panel_dialogs import PutOnPanel
from tui.core.commands import command
from tui.desk.api import list_panels
from tui.desk.case_parts import CaseAction
from tui.widgets.dialog import Notice
from tui.widgets.header import Link
from tui.widgets.headings import fit_child_heading
from tui.widgets.long_list import LongList
from tui.widgets.screen import SEND_LINKS, PortalScreen

ID_LENGTH = 36
"""Length of the id of a task or note, with which the id of each of its links ends."""
NO_PANEL_PLANNED = "No panel is planned. Add one first: from Cases, My week, Panels."


class NotesAndTasks(PortalScreen):
    """Shows what officers wrote and have to do in a case; nobody else sees it."""

    CSS_PATH = "casework.tcss"
    LOCATION = "Cases › Notes and tasks"
    LINKS = SEND_LINKS
    AUTO_FOCUS = ""
    HELP_TEXT = (
        "Only officers see this. {notes.note} adds a note, {notes.call} a phone call, {notes.task} "
        "a task; {notes.panel} puts the case on a panel. A note is corrected by who wrote it, and "
        "what it said is kept; a wrong one is struck with a reason."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        command("notes.note", "n", "note", "note", "Add a note."),
        command("notes.call", "c", "call", "phone call", "Add a phone call."),
        command("notes.task", "t", "task", "task", "Add a task."),
        command("notes.panel", "p", "panel", "panel", "Put the case on a panel."),
    ]

    def __init__(self, case: str) -> None:
        super().__init__()
        self._case_id = UUID(case)
        self._casework: Casework | None = None
        self._notes: dict[UUID, NoteOut] = {}
        self._cursor: str | None = None
        self._was_reading = False

    def body(self) -> ComposeResult:
        """Lay out the actions above the tasks and notes."""
        yield Static("", id="child", classes="title", markup=False)
        with Horizontal(classes="actions"):
            yield Link("Add a note", id="add-note")
            yield Link("Add a call", id="add-call")
            yield Link("Add a task", id="add-task")
            yield Link("Add to panel", id="add-panel")
        yield LongList(id="work")

    def on_screen_resume(self) -> None:
        """Load what is in the case, unless a note was only read."""
        if self._was_reading:
            self._was_reading = False
            return
        self.call(self._load(), group="casework", on_error=self.handle_load_error)

    async def _load(self) -> None:
        await self._show(await api.read_casework(self.portal.client, self._case_id))

    async def _show(self, casework: Casework) -> None:
        is_first = self._casework is None
        self._casework = casework
        self._notes = {note.id: note for note in casework.notes.rows}
        self._cursor = casework.notes.next
        self._show_child()
        items, focused = self.query_one(LongList), self.focused
        subject = (focused.id or "")[-ID_LENGTH:] if focused else ""
        if focused and items in focused.ancestors:
            self.set_focus(None)  # otherwise Textual would move the focus out of the list
        await items.show(build_items(casework))
        if is_first or self.focused is None:
            same = [link for link in items.query(Link) if (link.id or "").endswith(subject)]
            (same[0] if same and subject else self.query_one("#add-note")).focus()

    def _show_child(self) -> None:
        casework, line = self._casework, self.query_one("#child", Static)
        if casework:
            born = f"born {format_day(casework.born)}"
            details = (f"{born} · {casework.state_words}", born)
            width = line.size.width or self.size.width
            line.update(fit_child_heading(casework.name, details, casework.school, width))

    def on_resize(self) -> None:
        """Fit the child's name to the new width."""
        super().on_resize()
        self.call_after_refresh(self._show_child)

    @on(Link.Chosen, "#add-note")
    def action_note(self) -> None:
        """Add a note."""
        self._ask(WriteNote(self._case_id))

    @on(Link.Chosen, "#add-call")
    def action_call(self) -> None:
        """Add a phone call."""
        self._ask(WriteCall(self._case_id))

    @on(Link.Chosen, "#add-task")
    def action_task(self) -> None:
        """Add a task."""
        self.call(self._ask_task(None))

    @on(Link.Chosen, "#add-panel")
    def action_panel(self) -> None:
        """Put the case on a panel."""
        self.call(self._ask_panel())

    def _ask(self, dialog: ModalScreen[Casework | None]) -> None:
        self.app.push_screen(dialog)  # the screen is loaded again when the dialog closes

    async def _ask_task(self, task: TaskRow | None) -> None:
        officers = await api.list_officers(self.portal.client)
        account = self.portal.session.account
        if account and self.is_on_top:
            self.app.push_screen(WriteTask(officers, account.id, self._case_id, task))

    async def _ask_panel(self) -> None:
        page = await list_panels(self.portal.client, past=False)
        if page.rows and self.is_on_top:
            self.app.push_screen(PutOnPanel(self._case_id, page.rows))
        elif not page.rows:
            self.notify(NO_PANEL_PLANNED, severity="warning", markup=False)

    @on(Link.Chosen, ".do")
    def _run_action(self, event: Link.Chosen) -> None:
        event.stop()
        match event.link.value:
            case CaseAction("done" | "reopen" as name, UUID() as task):
                self.call(self._set_done(task, done=name == "done"), group="change")
            case CaseAction("task", UUID() as task):
                rows = self._casework.tasks if self._casework else []
                self.call(self._ask_task(next(row for row in rows if row.id == task)))
            case CaseAction("more"):
                self.call(self._load_more(), group="casework")
            case CaseAction(name, UUID() as note):
                self._act_on_note(name, self._notes[note])

    def _act_on_note(self, name: str, note: NoteOut) -> None:
        match name:
            case "correct":
                write = WriteCall if note.kind is NoteKind.CALL else WriteNote
                self._ask(write(self._case_id, note))
            case "strike":
                self._ask(StrikeNote(note))
            case "earlier":
                self._read(Notice("What it said before", earlier_text(note)))
            case _:
                self._read(Notice(note_heading(note), note.current.text))

    def _read(self, notice: Notice) -> None:
        self._was_reading = True
        self.app.push_screen(notice)

    async def _set_done(self, task: UUID, *, done: bool) -> None:
        row = await api.set_done(self.portal.client, task, done=done)
        self.notify(f"{'Done' if done else 'Reopened'}: {row.text}", markup=False)
        await self._load()

    async def _load_more(self) -> None:
        """Add the next page of notes in the place of its link."""
        casework, cursor = self._casework, self._cursor
        if casework is None or cursor is None:
            return
        page = await api.read_notes(self.portal.client, self._case_id, cursor)
        self._notes |= {note.id: note for note in page.rows}
        self._cursor = page.next
        shown = casework.notes.model_copy(update={"rows": list(self._notes.values()), "next": None})
        items = build_items(casework.model_copy(update={"notes": shown}))
        await self.query_one(LongList).show(
            [*items, *build_notes([], has_more=page.next is not None)]
        )
