"""The lists of tasks and panels, and the diary of a week, as CSV."""

from datetime import date

from fastapi import Request
from fastapi.responses import StreamingResponse

from server.accounts.actor import require_officer
from server.casework.diary import list_shown_entries, week_of
from server.casework.panels import list_panels
from server.casework.tasks import list_tasks
from server.core.audit import Action
from server.core.csv_lists import Columns, CsvPage, send_csv
from server.core.database import Transaction
from shared.casework import TaskQuery, TaskRow
from shared.diary import DiaryEntry
from shared.lists import MAX_PAGE_SIZE
from shared.panels import PanelRow
from shared.values.days import london_day

TASKS: Columns[TaskRow] = {
    "By": lambda row: row.due.isoformat(),
    "Task": lambda row: row.text,
    "Child": lambda row: row.name,
    "Whose": lambda row: row.officer,
    "From": lambda row: row.created_by,
    "Done": lambda row: "yes" if row.done else "no",
}
PANELS: Columns[PanelRow] = {
    "Day": lambda row: row.on.isoformat(),
    "Time": lambda row: row.starts,
    "Panel": lambda row: row.name,
    "Place": lambda row: row.place,
    "Cases": lambda row: str(row.cases),
    "Without an outcome": lambda row: str(row.waiting),
}
DIARY: Columns[DiaryEntry] = {
    "Day": lambda row: row.day.isoformat(),
    "Time": lambda row: row.starts,
    "What": lambda row: row.words,
    "Child": lambda row: row.name,
}


async def send_tasks(request: Request, query: TaskQuery) -> StreamingResponse:
    """Return the tasks of a list as CSV."""

    def read(tx: Transaction, cursor: str | None) -> CsvPage[TaskRow]:
        actor = require_officer(request, tx)
        values = {"cursor": cursor, "end": False, "limit": MAX_PAGE_SIZE}
        page = list_tasks(tx, actor, query.model_copy(update=values))
        actor.record_shown(tx, Action.TASKS_SAVED, (row.person for row in page.rows))
        return CsvPage(page.rows, page.next)

    return await send_csv(request, "tasks", TASKS, read)


async def send_panels(request: Request, *, past: bool) -> StreamingResponse:
    """Return the panels to come, or past ones, as CSV; they name no child."""

    def read(tx: Transaction, cursor: str | None) -> CsvPage[PanelRow]:
        actor = require_officer(request, tx)
        page = list_panels(tx, cursor, past=past)
        if cursor is None:
            actor.record(tx, Action.PANELS_SAVED)
        return CsvPage(page.rows, page.next)

    return await send_csv(request, "panels", PANELS, read)


async def send_diary(request: Request, day: date | None) -> StreamingResponse:
    """Return the diary of the week of a day, by default this week's, as CSV."""

    def read(tx: Transaction, _: str | None) -> CsvPage[DiaryEntry]:
        actor = require_officer(request, tx)
        entries = list_shown_entries(tx, actor, week_of(day, london_day(tx.now)))
        actor.record_shown(tx, Action.DIARY_SAVED, (entry.person for entry in entries))
        return CsvPage(entries)

    return await send_csv(request, "diary", DIARY, read)
