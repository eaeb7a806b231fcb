"""Sections of a case: rows of text with links to actions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import NamedTuple
from uuid import UUID

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Static

from shared.cases.deadlines import DeadlineKind, Ground, excuses
from shared.cases.events import EventKind
from shared.cases.states import UNDECIDED, CaseState, FormRow
from shared.desk import (
    ADVICE_LABELS,
    AWAITED,
    PUBLICATION_LABELS,
    AdviceRow,
    AdviceState,
    AuditRow,
    CaseOut,
    DeadlineRow,
    EventRow,
    OtherCase,
    ProfessionalRow,
    PublishedRow,
)
from shared.places import PlaceKind
from shared.values.days import london_day, write_day, write_moment
from tui.cases.rows import PARENT_REQUEST, row_text
from tui.widgets.header import Link
from tui.widgets.long_list import LazyItem, text_height
from tui.widgets.states import coloured_content

ASSESSING = frozenset({CaseState.ASSESSING, CaseState.REASSESSING})
FINISHED = frozenset({AdviceState.ACCEPTED, AdviceState.CANCELLED})
READABLE = frozenset({AdviceState.SUBMITTED, AdviceState.RETURNED, AdviceState.ACCEPTED})
MATCH = "! Match the new child first: is it one you know?"


class CaseAction(NamedTuple):
    """The action of a link, with the event, form, advice or deadline it acts on."""

    name: str
    target: EventKind | DeadlineKind | UUID | None = None
    advice: UUID | None = None

    @property
    def link_id(self) -> str:
        """The id of the link, which restores the focus after the case is redrawn."""
        return "-".join(str(part) for part in ("do", *self) if part is not None)


class Item(Vertical):
    """Lines of text with their action links below."""

    def __init__(self, *lines: str, links: Sequence[Link] = ()) -> None:
        super().__init__()
        self._lines = [line for line in lines if line]
        self._links = links

    def compose(self) -> ComposeResult:
        """Lay out the lines above the links."""
        for index, line in enumerate(self._lines):
            yield Static(coloured_content(line), classes="more" if index else "")
        if self._links:
            with Horizontal(classes="more"):
                yield from self._links


def action_links(*links: tuple[CaseAction, str]) -> list[Link]:
    """Return a link for each (action, label) pair."""
    return [_action_link(action, label) for action, label in links]


def _action_items(*links: tuple[CaseAction, str]) -> list[LazyItem]:
    return [LazyItem(partial(_action_link, *link), 1) for link in links]


def _action_link(action: CaseAction, label: str) -> Link:
    return Link(label, value=action, id=action.link_id, classes="do")


def _text(text: str, classes: str = "") -> LazyItem:
    return LazyItem(partial(Static, text, classes=classes, markup=False), text_height(text))


def now_part(case: CaseOut) -> list[LazyItem]:
    """Build the section with possible actions, deadlines and what happens next."""
    actions = [(CaseAction("match"), MATCH)] if case.new else []
    actions += [(CaseAction("event", choice.kind), choice.action) for choice in case.allowed]
    if case.state in ASSESSING:
        actions.append((CaseAction("advice"), "Ask for advice"))
    actions += [
        (CaseAction("publish"), "Publish a document"),
        (CaseAction("allocate"), "Allocate to a professional"),
        (CaseAction("give_up"), "Give the case up")
        if case.mine
        else (CaseAction("take"), "Take the case on"),
    ]
    parts: list[LazyItem] = [_text("What may be done now", "title"), *_action_items(*actions)]
    if case.deadlines:
        parts.append(_text("What is due", "title heading"))
        parts += [LazyItem(partial(_deadline, row), 3) for row in case.deadlines]
    parts.append(_text("What happens now?", "title heading"))
    return [*parts, _text(case.now_words)]


def _deadline(row: DeadlineRow) -> Widget:
    excused = f"Excused: {row.excused}" if row.excused else ""
    excusable = any(excuses(ground, row.kind) for ground in Ground) and not row.excused
    exempt = (CaseAction("exempt", row.kind), "Record why it could not be kept")
    links = action_links(exempt) if excusable else []
    return Item(deadline_text(row), excused, links=links)


def deadline_text(row: DeadlineRow) -> str:
    """Return the text of a deadline, marked with ! if it is late and not excused."""
    late = row.words.endswith("late")
    if row.excused:
        return f"{row.words}, excused"
    return f"! {row.words}" if late else row.words


def forms_part(case: CaseOut) -> list[LazyItem]:
    """Build the section with the requests of the case."""
    if not case.forms:
        return [_text("No form was submitted in this case.", "hint")]
    return [LazyItem(partial(_form, case, row), 4) for row in case.forms]


def _form(case: CaseOut, row: FormRow) -> Widget:
    links = [_details(row.submission)]
    family = row.form == PARENT_REQUEST
    if not row.withdrawn:
        if case.state is CaseState.SUBMITTED:
            links += action_links((CaseAction("accept_form", row.submission), "Accept"))
        if case.state in {CaseState.SUBMITTED, CaseState.DECIDING} and not family:
            links += action_links((CaseAction("return_form", row.submission), "Return…"))
        if case.state in UNDECIDED and not family:
            links += action_links((CaseAction("reassign", row.submission), "Reassign…"))
    returned = f"! Returned: {row.returned}" if row.returned else ""
    return Item(row.title, row_text(row), returned, links=links)


def _details(submission: object) -> Link:
    return Link("View details", place=PlaceKind.VERSIONS.of(submission), id=f"details-{submission}")


def advice_part(case: CaseOut) -> list[LazyItem]:
    """Build the section with the requested advice, and a link to request more."""
    parts: list[LazyItem] = [LazyItem(partial(_advice, row), 4) for row in case.advice]
    if not parts:
        parts.append(_text("No advice was asked for yet.", "hint"))
    if case.state in ASSESSING:
        parts += _action_items((CaseAction("advice"), "Ask for advice"))
    return parts


def _advice(row: AdviceRow) -> Widget:
    links = [_details(row.submission)] if row.state in READABLE else []
    if row.state is AdviceState.SUBMITTED:
        links += action_links(
            (CaseAction("accept_advice", row.id), "Accept"),
            (CaseAction("return_advice", row.id), "Return…"),
        )
    if row.state not in FINISHED:
        links += action_links(
            (CaseAction("cancel", row.id), "Cancel…"),
            (CaseAction("reassign", row.submission), "Reassign…"),
        )
    if row.state in AWAITED and not row.excused:
        links += action_links((CaseAction("exempt", DeadlineKind.ADVICE, row.id), "Exempt…"))
    by = f"{row.by}, {row.organisation}" if row.organisation else row.by
    excused = f"Excused: {row.excused}" if row.excused else ""
    return Item(f"{row.title} · {by}", advice_text(row), excused, links=links)


def advice_text(row: AdviceRow) -> str:
    """Return the state and due date of advice, marked with ! if it is late."""
    late = row.due_words.endswith("late") and not row.excused
    excused = ", excused" if row.excused else ""
    return f"{'! ' if late else ''}{ADVICE_LABELS[row.state]} · {row.due_words}{excused}"


def documents_part(case: CaseOut) -> list[LazyItem]:
    """Build the section with the published documents and their readers."""
    parts: list[LazyItem] = [LazyItem(partial(_published, row), 5) for row in case.published]
    if not parts:
        parts.append(_text("Nothing was published in this case.", "hint"))
    return [*parts, *_action_items((CaseAction("publish"), "Publish a document"))]


def _published(row: PublishedRow) -> Widget:
    day = write_day(london_day(row.published_at))
    readers = ", ".join(row.readers)
    kind = PUBLICATION_LABELS[row.kind]
    title = row.title if row.title == kind else f"{row.title} ({kind})"
    links = action_links((CaseAction("save", row.id), "Save a copy"))
    return Item(title, f"{row.name} · published {day}", f"for {readers}", links=links)


def people_part(case: CaseOut) -> list[LazyItem]:
    """Build the section with the professionals who have the child on their list."""
    parts: list[LazyItem] = [LazyItem(partial(_professional, row), 3) for row in case.professionals]
    if not parts:
        parts.append(_text("No professional has this child on their list.", "hint"))
    return [*parts, *_action_items((CaseAction("allocate"), "Allocate to a professional"))]


def _professional(row: ProfessionalRow) -> Widget:
    why = "put on their list by the Local Authority" if row.allocated else "added the child"
    work = " · ".join(part for part in (row.role, row.organisation, row.email) if part)
    return Item(f"{row.name} · {why}", work)


def history_part(case: CaseOut) -> list[LazyItem]:
    """Build the section with the events, newest first, and the child's other cases."""
    parts: list[LazyItem] = [LazyItem(partial(_event, event), 2) for event in reversed(case.events)]
    if case.earlier:
        parts.append(_text("Other cases of this child", "title heading"))
        parts += [LazyItem(partial(_other_case, other), 1) for other in case.earlier]
    return parts


def _other_case(other: OtherCase) -> Link:
    return Link(
        f"{other.state_words} · received {write_day(other.received_on)}",
        place=PlaceKind.CASE.of(other.id),
        id=f"case-{other.id}",
    )


def _event(event: EventRow) -> Widget:
    reason = f"Reason: {event.reason}" if event.reason else ""
    return Item(f"{write_day(event.on)} · {event.words} · by {event.by}", reason)


def audit_part(rows: Sequence[AuditRow]) -> list[LazyItem]:
    """Build the section with the audit log of the child's record, newest first."""
    return [_text("\n".join(_audit_line(row) for row in rows))]


def _audit_line(row: AuditRow) -> str:
    line = f"{write_moment(row.at)}  {row.action} · {row.by}"
    if row.to:
        line += f", for {row.to}"
    if row.times > 1 and row.last_at is not None:
        line += f" · {row.times} times until {write_moment(row.last_at)}"
    return line
