"""Items of the notes and tasks of a case."""

from __future__ import annotations

from functools import partial

from textual.widget import Widget
from textual.widgets import Static

from shared.casework import DIRECTION_LABELS, Casework, NoteKind, NoteOut, TaskRow
from shared.places import PlaceKind
from shared.values.days import format_datetime, format_day
from tui.desk.case_parts import CaseAction, Item, action_links
from tui.widgets.header import Link
from tui.widgets.headings import truncate
from tui.widgets.long_list import LazyItem, text_height

SHOWN_LENGTH = 800
"""Characters of a note shown in the list; the rest is read in a dialog."""
NO_NOTE = "No note was written and no call recorded."
NO_TASK = "There is no task."
NO_PANEL = "The case is on no panel."
MORE = CaseAction("more")


def build_items(casework: Casework) -> list[LazyItem]:
    """Build the tasks, the panels and the first page of notes."""
    items = [_text("Tasks", "title")]
    items += [LazyItem(partial(_task_item, row), 3) for row in casework.tasks]
    if not casework.tasks:
        items.append(_text(NO_TASK, "hint"))
    items.append(_text("Panels", "title heading"))
    for panel in casework.panels:
        label = f"{format_day(panel.on)} {panel.name} · {panel.outcome_words}"
        place = PlaceKind.PANEL.of(panel.panel)
        items.append(LazyItem(partial(Link, label, place=place, id=f"panel-{panel.panel}"), 1))
    if not casework.panels:
        items.append(_text(NO_PANEL, "hint"))
    items.append(_text("Notes and phone calls, newest first", "title heading"))
    if not casework.notes.rows:
        items.append(_text(NO_NOTE, "hint"))
    return [*items, *build_notes(casework.notes.rows, has_more=casework.notes.next is not None)]


def build_notes(notes: list[NoteOut], *, has_more: bool) -> list[LazyItem]:
    """Build a page of notes, with a link to the next one."""
    items = [LazyItem(partial(_note_item, note), 3 + text_height(_body(note))) for note in notes]
    if has_more:
        items.append(LazyItem(lambda: action_links((MORE, "Earlier notes"))[0], 1))
    return items


def _text(text: str, classes: str) -> LazyItem:
    return LazyItem(partial(Static, text, classes=classes, markup=False), 1)


def _task_item(row: TaskRow) -> Widget:
    if row.done:
        when = format_datetime(row.changed_at) if row.changed_at else ""
        lines = (f"✓ {row.text}", f"Done {when} by {row.changed_by}")
        return Item(*lines, links=action_links((CaseAction("reopen", row.id), "Reopen")))
    late = "! " if row.due_words.endswith("late") else ""
    reopened = f"Reopened {format_datetime(row.changed_at)}" if row.changed_at else ""
    given = f"given by {row.created_by}" if row.created_by != row.officer else ""
    who = " · ".join(filter(None, (row.due_words, row.officer, given, reopened)))
    links = action_links(
        (CaseAction("done", row.id), "Done"), (CaseAction("task", row.id), "Change…")
    )
    return Item(f"{late}{row.text}", who, links=links)


def _body(note: NoteOut) -> str:
    return truncate_text(note.current.text)


def truncate_text(text: str) -> str:
    """Shorten a long text at its end."""
    return text if len(text) <= SHOWN_LENGTH else truncate(text[:SHOWN_LENGTH], SHOWN_LENGTH) + "…"


def note_heading(note: NoteOut) -> str:
    """Say what a note is, by whom and when it was written."""
    kind = "Phone call" if note.kind is NoteKind.CALL else "Note"
    return f"{format_datetime(note.at)} · {kind} · {note.by}"


def call_text(note: NoteOut) -> str:
    """Say with whom, on which number, when, and who called; '' for a note."""
    call = note.current.call
    if call is None:
        return ""
    parts = (call.with_whom, call.phone, DIRECTION_LABELS[call.direction])
    return " · ".join(filter(None, (*parts, format_datetime(call.at))))


def _note_item(note: NoteOut) -> Widget:
    links = []
    if len(note.current.text) > SHOWN_LENGTH:
        links.append((CaseAction("read", note.id), "Read all"))
    if note.mine and note.struck is None:
        links.append((CaseAction("correct", note.id), "Correct…"))
    if note.struck is None:
        links.append((CaseAction("strike", note.id), "Strike…"))
    if note.earlier:
        links.append((CaseAction("earlier", note.id), "What it said before"))
    corrected = f"Corrected {format_datetime(note.current.at)}" if note.earlier else ""
    struck = note.struck
    why = f"✗ Struck {format_datetime(struck.at)} by {struck.by}: {struck.reason}" if struck else ""
    body = Static(_body(note), markup=False)
    return NoteItem(
        note_heading(note), call_text(note), corrected, why, body=body, links=action_links(*links)
    )


class NoteItem(Item):
    """A note: who and when above its text and links."""

    def __init__(self, *lines: str, body: Static, links: list[Link]) -> None:
        super().__init__(*lines, links=links)
        self.body = body
        body.add_class("more")

    def on_mount(self) -> None:
        """Put the text below its heading."""
        self.mount(self.body, after=0)


def earlier_text(note: NoteOut) -> str:
    """Return all that a note said before it was corrected, newest first."""
    return "\n\n".join(f"{format_datetime(v.at)}\n{v.text}" for v in note.earlier)
