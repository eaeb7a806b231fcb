"""Routes for the officers' casework: notes, calls, tasks."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from server.accounts.actor import Officer
from server.casework import case as casework_view
from server.casework import notes, tasks
from server.casework.csv_lists import send_tasks
from server.core.audit import Action
from server.core.problems import problem_responses
from server.core.routing import TransactionRoute, Tx, audited
from server.core.versions import IfMatch, set_etag
from shared import casework as wire
from shared.casework import (
    Casework,
    NoteChange,
    NoteIn,
    NotesPage,
    StrikeIn,
    TaskIn,
    TaskQuery,
    TaskRow,
    TasksPage,
)

router = APIRouter(prefix="/v1/casework", route_class=TransactionRoute)


@router.get("/cases/{case}")
@audited
def read_casework(case: UUID, actor: Officer, tx: Tx) -> Casework:
    """Read the notes, tasks and panels of a case."""
    return casework_view.read_casework(tx, actor, case)


@router.get("/cases/{case}/notes")
@audited
def read_notes(
    case: UUID, actor: Officer, tx: Tx, cursor: Annotated[str, Query(max_length=2000)]
) -> NotesPage:
    """Read a further page of the notes of a case."""
    return casework_view.read_notes(tx, actor, case, cursor)


@router.post("/cases/{case}/notes", status_code=201)
def add_note(case: UUID, body: NoteIn, actor: Officer, tx: Tx) -> Casework:
    """Add a note or a phone call to a case."""
    return casework_view.casework_out(tx, actor, notes.add_note(tx, actor, case, body))


@router.put("/notes/{note}")
def correct_note(
    note: UUID, body: NoteChange, actor: Officer, tx: Tx, version: IfMatch
) -> Casework:
    """Correct one of my notes, keeping what it said."""
    case = notes.correct_note(tx, actor, note, body, version)
    return casework_view.casework_out(tx, actor, case)


@router.post("/notes/{note}/strike")
def strike_note(note: UUID, body: StrikeIn, actor: Officer, tx: Tx, version: IfMatch) -> Casework:
    """Strike a note, which stays readable."""
    case = notes.strike_note(tx, actor, note, body.reason, version)
    return casework_view.casework_out(tx, actor, case)


@router.get("/officers")
def officers(_: Officer, tx: Tx) -> list[wire.Officer]:
    """List the officers to whom a task can be given."""
    return tasks.list_officers(tx)


@router.get("/tasks.csv", responses=problem_responses([401, 403]))
async def tasks_csv(request: Request, query: Annotated[TaskQuery, Query()]) -> StreamingResponse:
    """Save the tasks of a list as CSV."""
    return await send_tasks(request, query)


@router.get("/tasks")
def list_tasks(actor: Officer, tx: Tx, query: Annotated[TaskQuery, Query()]) -> TasksPage:
    """List a page of tasks by their day."""
    page = tasks.list_tasks(tx, actor, query)
    actor.record_shown(tx, Action.SHOWN_IN_TASKS, (row.person for row in page.rows))
    return page


@router.get("/tasks/{task}")
def read_task(task: UUID, actor: Officer, tx: Tx, response: Response) -> TaskRow:
    """Read a task."""
    return set_etag(response, tasks.read_task(tx, actor, task))


@router.put("/tasks/{task}")
def save_task(
    task: UUID, body: TaskIn, actor: Officer, tx: Tx, version: IfMatch, response: Response
) -> TaskRow:
    """Add a task, or change it; a new one has version 0."""
    return set_etag(response, tasks.save_task(tx, actor, task, body, version))


@router.put("/tasks/{task}/done")
def finish_task(task: UUID, actor: Officer, tx: Tx) -> TaskRow:
    """Mark a task as done."""
    return tasks.set_done(tx, actor, task, done=True)


@router.delete("/tasks/{task}/done")
def reopen_task(task: UUID, actor: Officer, tx: Tx) -> TaskRow:
    """Reopen a task."""
    return tasks.set_done(tx, actor, task, done=False)
