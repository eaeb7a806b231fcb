"""The list of tasks: mine, everybody's, or those I have done."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal

from shared.casework import TaskQuery, TaskRow, TaskSort, TaskView
from shared.places import PlaceKind
from tui.casework import api
from tui.casework.dialogs import WriteTask
from tui.core.commands import command
from tui.documents.save_list import CsvList, CsvScreen
from tui.widgets.filter_line import create_filter_line
from tui.widgets.focus_marker import MARK
from tui.widgets.header import Link
from tui.widgets.list_screen import ListScreen
from tui.widgets.screen import SEND_LINKS
from tui.widgets.states import coloured_cell
from tui.widgets.table import Column, RowTable, fit_columns
from tui.widgets.window import Page

VIEWS = {TaskView.MINE: "Mine", TaskView.ALL: "Everybody's", TaskView.DONE: "Done by me"}
EMPTY_MESSAGES = {
    TaskView.MINE: "You have nothing to do. Press {tasks.add} to add a task.",
    TaskView.ALL: "Nobody has anything to do. Press {tasks.add} to add a task.",
    TaskView.DONE: "No task of yours is done.",
}
DUE_WIDTH = len("28/02/2026 · 123 days left")
DAYS_WIDTH = len("123 days left")
WIDE = 100
"""The width from which days left are beside the dates."""
COLUMNS = (
    Column(20, 60, 1),
    Column(14, 30, 2),
    Column(12, 24, 3),
)


class TaskTable(RowTable[TaskRow]):
    """The table of tasks, by their day."""

    HEADINGS = {TaskSort.DUE: "By", "text": "Task", "name": "Child", "officer": "Whose"}
    help_text = (
        "Up and Down move. {list.open} opens the notes and tasks of the case, {tasks.done} marks a "
        "task as done or reopens it, {tasks.change} changes it."
    )

    def __init__(self) -> None:
        super().__init__(TaskQuery(), id="tasks")

    def widths(self) -> tuple[int, ...]:
        """Return the column widths; the day and the task get space first."""
        due_width = DUE_WIDTH if self.size.width >= WIDE else DAYS_WIDTH
        columns = (Column(due_width, due_width, 0), *COLUMNS)
        return fit_columns(self.size.width - len(MARK), columns)

    def cells(self, row: TaskRow) -> list[Text]:
        """Return the cells of a task."""
        late = row.due_words.endswith("late")
        days = row.due_words.rpartition(" · ")[2]
        due = row.due_words if len(row.due_words) <= self.widths()[0] else days
        text = f"✓ {row.text}" if row.done else f"! {row.text}" if late else row.text
        return [coloured_cell(due), coloured_cell(text), Text(row.name), Text(row.officer)]


class Tasks(CsvScreen, ListScreen[TaskRow, TaskQuery]):
    """Tasks by their day, loaded page by page."""

    CSS_PATH = "casework.tcss"
    LOCATION = "Cases › Tasks"
    LINKS = SEND_LINKS
    HELP_TEXT = (
        "What officers have to do, by the day until when. {tasks.add} adds a task without a case; "
        "one of a case is added there. Type words of the task or of the child's name into the "
        "filter."
    )
    AUTO_FOCUS = "TaskTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        command("tasks.done", "x", "done", "done", "Mark the task as done, or reopen it."),
        command("tasks.add", "a", "add", "add", "Add a task without a case."),
        command("tasks.change", "e", "change", "change", "Change the task."),
    ]

    def __init__(self) -> None:
        super().__init__(TaskQuery())

    def body(self) -> ComposeResult:
        """Lay out the filter above the table."""
        label = self.portal.with_keys("{list.filter}")
        yield create_filter_line(label, "Words", VIEWS, TaskView.MINE)
        yield TaskTable()
        with Horizontal(classes="actions"):
            yield Link("Add a task", id="add")
            yield Link("Back", id="back")

    @property
    def table(self) -> RowTable[TaskRow]:
        """The table of tasks."""
        return self.query_one(TaskTable)

    async def fetch_page(self, query: TaskQuery) -> Page[TaskRow]:
        """Load a page of tasks."""
        return await api.list_tasks(self.portal.client, query)

    def csv_list(self) -> CsvList:
        """Return the tasks of the view."""
        query = self._query.model_dump(mode="json", exclude_none=True, exclude={"cursor", "end"})
        return CsvList("this list of tasks", f"{api.BASE}/tasks.csv", query)

    def empty_message(self, query: TaskQuery) -> str:
        """Explain why the table is empty, and what to do."""
        if query.find:
            return (
                f"No task is found by “{query.find}”. Press {{list.filter}} to change the filter."
            )
        return EMPTY_MESSAGES[query.view]

    def action_sort(self) -> None:
        """Turn the order round; tasks are sorted by their day only."""
        self._update_query(descending=not self._query.descending)

    def action_open(self) -> None:
        """Open the case of the current task, or the task if it has none."""
        row = self.table.current
        if row is not None and row.case is not None:
            self.portal.navigation.open_place(PlaceKind.CASEWORK.of(row.case))
        else:
            self.action_change()

    def action_done(self) -> None:
        """Mark the current task as done, or reopen it."""
        if row := self.table.current:
            self.call(self._set_done(row), group="change")

    async def _set_done(self, row: TaskRow) -> None:
        changed = await api.set_done(self.portal.client, row.id, done=not row.done)
        self.notify(f"{'Done' if changed.done else 'Reopened'}: {row.text}", markup=False)
        self.reload()

    @on(Link.Chosen, "#add")
    def action_add(self) -> None:
        """Add a task without a case."""
        self.call(self._ask(None), group="ask")

    def action_change(self) -> None:
        """Change the current task."""
        if row := self.table.current:
            self.call(self._ask(row), group="ask")

    async def _ask(self, task: TaskRow | None) -> None:
        officers = await api.list_officers(self.portal.client)
        account = self.portal.session.account
        if account and self.is_on_top:
            self.app.push_screen(WriteTask(officers, account.id, task=task))

    @on(Link.Chosen, "#back")
    def action_back(self) -> None:
        """Go from the filter to the table, or from the table to the previous place."""
        super().action_back()
