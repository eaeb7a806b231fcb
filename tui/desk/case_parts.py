"""Sections of a case: rows of text with action links."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from itertools import takewhile
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from shared.cases.actions import DeadlineRow
from shared.cases.deadlines import DEADLINE_LABELS, DeadlineKind
from shared.cases.dispute_rules import DISPUTES
from shared.cases.events import EventKind
from shared.cases.state_sets import ADVICE_STATES
from shared.cases.states import UNDECIDED, CaseState, FormRow
from shared.casework import TaskRow
from shared.desk import AdviceRow, AuditRow, CaseOut
from shared.letters import DueLetter
from shared.places import PlaceKind
from shared.values.days import format_datetime
from tui.cases.rows import PARENT_REQUEST, row_text
from tui.desk.advice_parts import advice_summary
from tui.desk.pane import PaneRow
from tui.widgets.dialog import Guarded
from tui.widgets.header import Link
from tui.widgets.layouts import SettlingScreen
from tui.widgets.long_list import LazyItem, text_height
from tui.widgets.states import coloured_content

RARE_EVENTS = frozenset(
    {
        EventKind.WITHDRAWN,
        EventKind.MOVE_LEARNED,
        EventKind.TRANSFERRED_OUT,
        EventKind.REASSESSMENT_REQUESTED,
        EventKind.PHASE_TRANSFER_SET,
        EventKind.RECOMMENDED,
    }
)
"""Events that are listed apart from the usual ones."""
ROW_WIDTH = 57
"""Columns for a row of links in the smallest terminal, between its margins and the scrollbar."""
LINK_MARGINS = 3
"""Columns that a link needs besides its label."""
SHOWN_TASKS = 5
"""Tasks that are shown among what is due; the others are with the notes."""
NO_DECISION = "No step of the process is open."
MATCH = "! Match the new child first: is it one you know?"


class CaseAction(NamedTuple):
    """The action of a link, with its target: an event, form, advice or deadline."""

    name: str
    target: EventKind | DeadlineKind | UUID | int | None = None
    advice: UUID | None = None

    @property
    def link_id(self) -> str:
        """The id of the link, by which the focus is restored after a redraw."""
        return "-".join(str(part) for part in ("do", *self) if part is not None)


class ActionLink(Guarded, Link):
    """A link that does something in a case, never by a key typed before the case changed."""

    NOT_PRESSED = "Nothing was done: the list has changed. Look, then press Enter again."

    def was_offered_with(self, shown: object) -> bool:
        """Return whether the screen showed the case as it is now, in whatever section."""
        screen = self.screen
        return shown is not None and isinstance(screen, SettlingScreen) and shown == screen.shown


class Item(PaneRow):
    """Lines of text with their action links below."""

    def __init__(self, *lines: str, links: Sequence[Link] = (), classes: str = "") -> None:
        super().__init__(classes=classes)
        self._lines = [line for line in lines if line]
        self._links = links

    def compose(self) -> ComposeResult:
        """Lay out the lines above the links."""
        for index, line in enumerate(self._lines):
            yield Static(coloured_content(line), classes="more" if index else "")
        for links in _rows(self._links):
            with Horizontal(classes="more"):
                yield from links


def _rows(links: Sequence[Link]) -> list[list[Link]]:
    """Divide links into rows in which all labels fit."""
    rows: list[list[Link]] = []
    width = 0
    for link in links:
        width += cell_len(link.text) + LINK_MARGINS
        if not rows or width > ROW_WIDTH:
            rows.append([])
            width = cell_len(link.text) + LINK_MARGINS
        rows[-1].append(link)
    return rows


def action_links(*links: tuple[CaseAction, str]) -> list[Link]:
    """Create a link for each pair of an action and a label."""
    return [_action_link(action, label) for action, label in links]


def action_items(*links: tuple[CaseAction, str]) -> list[LazyItem]:
    """Create a row with a link for each pair of an action and a label."""
    return [LazyItem(partial(_action_link, *link), 1) for link in links]


def _action_link(action: CaseAction, label: str) -> Link:
    return ActionLink(label, value=action, id=action.link_id, classes="do")


def text_item(text: str, classes: str = "") -> LazyItem:
    """Create a row of text."""
    return LazyItem(partial(Static, text, classes=classes, markup=False), text_height(text))


def titled_item(title: str, *lines: Content, classes: str = "") -> LazyItem:
    """Create a row of lines below a title: one widget, as each takes time to mount and draw."""
    content = Content("\n").join([Content.styled(title, "bold"), *lines])
    return LazyItem(partial(Static, content, classes=classes), text_height(content.plain))


def build_now_section(case: CaseOut) -> list[LazyItem]:
    """Build the section with the allowed actions, what is due and the next steps."""
    events = [(CaseAction("event", choice.kind), choice.action) for choice in case.allowed]
    rare = [event for event in events if event[0].target in RARE_EVENTS]
    disputes = [event for event in events if event[0].target in DISPUTES]
    decisions = [(CaseAction("match"), MATCH)] if case.new else []
    decisions += [event for event in events if event not in rare and event not in disputes]
    work = [] if case.mine else [(CaseAction("take"), "Take the case on")]
    work.append((CaseAction("assign"), "Assign the case to an officer"))
    work.append((CaseAction("notes"), "Notes and tasks"))
    if case.state in ADVICE_STATES:
        work.append((CaseAction("advice"), "Ask for advice"))
    work += [
        (CaseAction("letters"), "Letters"),
        (CaseAction("publish"), "Publish a document"),
        (CaseAction("allocate"), "Allocate to a professional"),
        (CaseAction("placements"), "Settings and placement"),
        (CaseAction("sen2"), "SEN2 details"),
    ]
    if case.mine:
        rare.append((CaseAction("give_up"), "Stop working on the case"))
    items = _due_items(case)
    items += [
        text_item("What may be done now", "title heading" if items else "title"),
        *(action_items(*decisions) or [text_item(NO_DECISION, "hint")]),
    ]
    groups = (
        ("Work on the case", work),
        ("Mediation and appeal", disputes),
        ("Time limits: record an exception", _exception_actions(case.deadlines)),
        ("Rarely needed", rare),
    )
    for heading, actions in groups:
        if actions:
            items += [text_item(heading, "hint"), *action_items(*actions)]
    return [*items, titled_item("What happens now?", Content(case.now_words), classes="heading")]


class _Due(NamedTuple):
    """Something that is due on a day, in lines, or a task in one line that is a link."""

    day: date
    lines: list[str]
    task: UUID | None = None


def _due_items(case: CaseOut) -> list[LazyItem]:
    """List the deadlines, the first awaited advice and tasks by day, and what else is missing.

    Awaited advice with an exception has a line of its own, so that it hides no other.
    """
    rows = [_Due(row.due, _deadline_lines(row)) for row in case.deadlines]
    awaited = [row for row in case.advice if row.awaited]
    for advice in (
        [row for row in awaited if not row.excused],
        [row for row in awaited if row.excused],
    ):
        if advice:
            rows.append(_Due(min(row.due for row in advice), _advice_lines(advice)))
    rows += [_Due(task.due, [_task_text(task)], task.id) for task in case.tasks[:SHOWN_TASKS]]
    rows.sort(key=attrgetter("day"))
    first = list(takewhile(lambda row: len(row.lines) == 1 and not row.task, rows))
    items = [
        titled_item("What is due", *(coloured_content(row.lines[0]) for row in first)),
        *(_due_item(case, row) for row in rows[len(first) :]),
    ]
    if (more := len(case.tasks) - SHOWN_TASKS) > 0:
        label = "1 more task" if more == 1 else f"{more} more tasks"
        items.append(LazyItem(partial(_casework_link, case, label, "more-tasks"), 1))
    if case.gaps_now:
        items.append(text_item(case.gaps_now))
    if case.letter_due:
        items.append(LazyItem(partial(_due_letter_link, case, case.letter_due), 1))
    return items if rows or case.gaps_now or case.letter_due else []


def _due_item(case: CaseOut, row: _Due) -> LazyItem:
    if row.task:
        return LazyItem(partial(_casework_link, case, row.lines[0], f"task-{row.task}"), 1)
    return LazyItem(partial(Item, *row.lines, classes="tight"), len(row.lines))


def _task_text(task: TaskRow) -> str:
    return f"{late_text(f'Task due {task.due_words}')} · {task.officer}: {task.text}"


def _casework_link(case: CaseOut, label: str, id: str) -> Link:
    return Link(label, place=PlaceKind.CASEWORK.of(case.id), id=id)


def _due_letter_link(case: CaseOut, letter: DueLetter) -> Link:
    """Create the link that opens the letter to be made, or the list if there are several."""
    place = PlaceKind.LETTERS.of(case.id)
    if letter.kind:
        place = PlaceKind.LETTER.of(f"{case.id}/{letter.kind}")
    return Link(f"! Letter due: {letter.title}", place=place, id="letter-due")


def _deadline_lines(row: DeadlineRow) -> list[str]:
    return [deadline_text(row), *([f"Exception: {row.excused}"] if row.excused else [])]


def _advice_lines(awaited: Sequence[AdviceRow]) -> list[str]:
    """Return the line of the first of some awaited advice, with whose it is, and its exception."""
    first = min(awaited, key=attrgetter("due"))
    more = f" ({len(awaited) - 1} more)" if len(awaited) > 1 else ""
    due, lines = first.due_words, []
    if first.excused:
        due, lines = f"{due}, with an exception", [f"Exception: {first.excused}"]
    return [f"{late_text(f'Advice {due}')} · {first.by}{more}", *lines]


def _exception_actions(rows: Sequence[DeadlineRow]) -> list[tuple[CaseAction, str]]:
    """Return an action for each deadline that may have an exception, or has one."""
    actions = []
    for row in rows:
        name = DEADLINE_LABELS[row.kind].removesuffix(" due")
        if row.exemption:
            action = CaseAction("unexempt", row.exemption)
            actions.append((action, f"{name}: take the exception back"))
        elif row.grounds:
            action = CaseAction("exempt", row.kind)
            actions.append((action, f"{name}: record an exception"))
    return actions


def deadline_text(row: DeadlineRow) -> str:
    """Format a deadline, marked with ! if it is late without an exception."""
    return late_text(f"{row.words}, with an exception" if row.excused else row.words)


def late_text(words: str) -> str:
    """Mark the text of a deadline with ! if it is late."""
    return f"! {words}" if words.endswith("late") else words


def build_forms_section(case: CaseOut) -> list[LazyItem]:
    """Build the section with the requests of the case."""
    if not case.forms:
        return [text_item("No form was submitted in this case.", "hint")]
    return [LazyItem(partial(_form_item, case, row), 4) for row in case.forms]


def _form_item(case: CaseOut, row: FormRow) -> Widget:
    links = [details_link(row.submission)]
    is_family_request = row.form == PARENT_REQUEST
    if is_family_request:
        links += action_links((CaseAction("correct_request", row.submission), "Correct…"))
    if not row.withdrawn:
        if case.state is CaseState.SUBMITTED:
            links += action_links((CaseAction("accept_form", row.submission), "Accept"))
        if case.state in {CaseState.SUBMITTED, CaseState.DECIDING} and not is_family_request:
            links += action_links((CaseAction("return_form", row.submission), "Return…"))
        if case.state in UNDECIDED and not is_family_request:
            links += action_links((CaseAction("reassign", row.submission), "Reassign…"))
    returned = f"! Returned: {row.returned}" if row.returned else ""
    corrections = [
        f"Corrected {format_datetime(item.at)} by {item.by}. {item.text}"
        for item in case.corrected
        if item.submission == row.submission
    ]
    return Item(row.title, row_text(row), returned, *corrections, links=links)


def details_link(submission: object) -> Link:
    """Create the link that opens what was submitted."""
    return Link("View details", place=PlaceKind.VERSIONS.of(submission), id=f"details-{submission}")


def build_advice_section(case: CaseOut) -> list[LazyItem]:
    """Build the section with a summary of the advice, what is missing, and links to its page."""
    links = [(CaseAction("advice_page"), "Open the advice")] if case.advice else []
    if case.state in ADVICE_STATES:
        links.append((CaseAction("advice"), "Ask for advice"))
    summary = advice_summary(case.advice)
    return [
        LazyItem(lambda: Static(coloured_content(summary)), 1),
        *(text_item(gap) for gap in case.gaps),
        *action_items(*links),
    ]


def build_audit_section(rows: Sequence[AuditRow]) -> list[LazyItem]:
    """Build the section with the child's audit log, newest first."""
    return [text_item("\n".join(_format_audit_row(row) for row in rows))]


def _format_audit_row(row: AuditRow) -> str:
    line = f"{format_datetime(row.at)}  {row.action} · {row.by}"
    if row.to:
        line += f", for {row.to}"
    if row.text:
        line += f" · {row.text}"
    if row.times > 1 and row.last_at is not None:
        line += f" · {row.times} times until {format_datetime(row.last_at)}"
    return line
