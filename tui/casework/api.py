"""Requests of the officers' casework."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from shared.cases.actions import EventIn
from shared.casework import (
    Casework,
    NoteChange,
    NoteIn,
    NoteOut,
    NotesPage,
    Officer,
    StrikeIn,
    TaskIn,
    TaskQuery,
    TaskRow,
    TasksPage,
)
from shared.diary import DiaryOut
from shared.panels import (
    DecideIn,
    DeferIn,
    ItemsIn,
    MinutesIn,
    NewItem,
    PanelIn,
    PanelOut,
)
from tui.core.client import Client, Params

BASE = "/v1/casework"


async def read_casework(client: Client, case: UUID) -> Casework:
    """Read the notes, tasks and panels of a case."""
    return await client.request("GET", f"{BASE}/cases/{case}", Casework)


async def read_notes(client: Client, case: UUID, cursor: str) -> NotesPage:
    """Read a further page of the notes of a case."""
    path = f"{BASE}/cases/{case}/notes"
    return await client.request("GET", path, NotesPage, params={"cursor": cursor})


async def find_note(client: Client, case: UUID, note: UUID) -> NoteOut | None:
    """Find a note of a case as it is now, page by page."""
    page = (await read_casework(client, case)).notes
    while all(row.id != note for row in page.rows) and page.next:
        page = await read_notes(client, case, page.next)
    return next((row for row in page.rows if row.id == note), None)


async def add_note(client: Client, case: UUID, note: NoteIn) -> Casework:
    """Add a note or a call to a case; safe to repeat."""
    path = f"{BASE}/cases/{case}/notes"
    return await client.request("POST", path, Casework, body=note, repeatable=True)


async def correct_note(client: Client, note: UUID, version: int, change: NoteChange) -> Casework:
    """Correct one's own note. Raises Refused with STALE or NOT_ALLOWED."""
    path = f"{BASE}/notes/{note}"
    return await client.request("PUT", path, Casework, body=change, if_match=version)


async def strike_note(client: Client, note: UUID, version: int, reason: str) -> Casework:
    """Strike a note; safe to repeat. Raises Refused with STALE."""
    path = f"{BASE}/notes/{note}/strike"
    body = StrikeIn(reason=reason)
    return await client.request(
        "POST", path, Casework, body=body, if_match=version, repeatable=True
    )


async def list_officers(client: Client) -> list[Officer]:
    """List the officers to whom a task can be given."""
    return await client.request("GET", f"{BASE}/officers", list[Officer])


async def list_tasks(client: Client, query: TaskQuery) -> TasksPage:
    """Read a page of tasks."""
    return await client.request("GET", f"{BASE}/tasks", TasksPage, params=query)


async def read_task(client: Client, task: UUID) -> TaskRow:
    """Read a task."""
    return await client.request("GET", f"{BASE}/tasks/{task}", TaskRow)


async def save_task(client: Client, task: UUID, version: int, body: TaskIn) -> TaskRow:
    """Add a task (version 0), or change it. Raises Refused with STALE."""
    path = f"{BASE}/tasks/{task}"
    return await client.request("PUT", path, TaskRow, body=body, if_match=version)


async def set_done(client: Client, task: UUID, *, done: bool) -> TaskRow:
    """Mark a task as done, or reopen it."""
    method = "PUT" if done else "DELETE"
    return await client.request(method, f"{BASE}/tasks/{task}/done", TaskRow)


async def read_diary(client: Client, day: date | None) -> DiaryOut:
    """Read the diary of the week of a day, by default this week's."""
    params: Params | None = {"day": day.isoformat()} if day else None
    return await client.request("GET", f"{BASE}/diary", DiaryOut, params=params)


def diary_path(day: date) -> str:
    """Return the URL path of the calendar file of a week."""
    return f"{BASE}/diary.ics?day={day.isoformat()}"


async def read_panel(client: Client, panel: UUID) -> PanelOut:
    """Read a panel with its cases."""
    return await client.request("GET", f"{BASE}/panels/{panel}", PanelOut)


async def save_panel(client: Client, panel: UUID, version: int, body: PanelIn) -> PanelOut:
    """Add a panel (version 0), or change it. Raises Refused with STALE."""
    path = f"{BASE}/panels/{panel}"
    return await client.request("PUT", path, PanelOut, body=body, if_match=version)


async def add_to_panel(client: Client, panel: UUID, item: NewItem) -> PanelOut:
    """Put a case on a panel; safe to repeat."""
    path = f"{BASE}/panels/{panel}/cases"
    return await client.request("POST", path, PanelOut, body=ItemsIn(items=[item]), repeatable=True)


async def remove_case(client: Client, panel: UUID, item: UUID) -> PanelOut:
    """Take a case off a panel."""
    return await client.request("DELETE", f"{BASE}/panels/{panel}/cases/{item}", PanelOut)


async def write_minutes(client: Client, item: UUID, version: int, text: str) -> PanelOut:
    """Write the minutes of a case. Raises Refused with STALE."""
    path = f"{BASE}/panel-cases/{item}/minutes"
    body = MinutesIn(text=text)
    return await client.request("PUT", path, PanelOut, body=body, if_match=version)


async def defer(client: Client, item: UUID, version: int, reason: str) -> PanelOut:
    """Record that a case was deferred; safe to repeat. Raises Refused with STALE."""
    path = f"{BASE}/panel-cases/{item}/defer"
    body = DeferIn(reason=reason)
    return await client.request(
        "POST", path, PanelOut, body=body, if_match=version, repeatable=True
    )


async def decide(client: Client, item: UUID, event: EventIn) -> PanelOut:
    """Record a panel's decision in the case; safe to repeat."""
    path = f"{BASE}/panel-cases/{item}/decision"
    return await client.request("POST", path, PanelOut, body=DecideIn(event=event), repeatable=True)


def agenda_path(panel: UUID) -> str:
    """Return the URL path of the agenda of a panel as text."""
    return f"{BASE}/panels/{panel}/agenda"
