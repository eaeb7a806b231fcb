"""Sections of a case: rows of text with action links."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from operator import attrgetter, itemgetter
from typing import NamedTuple
from uuid import UUID

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Static

from shared.cases.actions import DeadlineRow, EventRow
from shared.cases.deadlines import DEADLINE_LABELS, DeadlineKind
from shared.cases.dispute_rules import DISPUTES
from shared.cases.events import EventKind
from shared.cases.rules import RULES
from shared.cases.state_sets import ADVICE_STATES, REASON
from shared.cases.states import UNDECIDED, CaseState, FormRow
from shared.desk import (
    AuditRow,
    CaseOut,
    EndedAccessRow,
    FiledRow,
    OtherCase,
    ProfessionalRow,
)
from shared.documents import SCAN_NOTES, ScanState
from shared.places import PlaceKind
from shared.publications import PUBLICATION_LABELS, PublishedRow
from shared.values.days import format_datetime, format_day, london_day
from tui.cases.rows import PARENT_REQUEST, row_text
from tui.desk.advice_parts import advice_summary, past_steps
from tui.widgets.header import Link
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
LINKS_IN_ROW = 4
"""Links in a row, so that they fit in 60 columns."""
YOUNG_PERSON = "young person"
FIXED_EVENTS = frozenset(
    {EventKind.DAY_CORRECTED, EventKind.JOINED, EventKind.RETURNED, EventKind.RESUBMITTED}
)
"""Events that belong to a form or to another case, and can't be corrected by themselves."""
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


class Item(Vertical):
    """Lines of text with their action links below."""

    def __init__(self, *lines: str, links: Sequence[Link] = (), classes: str = "") -> None:
        super().__init__(classes=classes)
        self._lines = [line for line in lines if line]
        self._links = links

    def compose(self) -> ComposeResult:
        """Lay out the lines above the links."""
        for index, line in enumerate(self._lines):
            yield Static(coloured_content(line), classes="more" if index else "")
        for start in range(0, len(self._links), LINKS_IN_ROW):
            with Horizontal(classes="more"):
                yield from self._links[start : start + LINKS_IN_ROW]


def action_links(*links: tuple[CaseAction, str]) -> list[Link]:
    """Create a link for each pair of an action and a label."""
    return [_action_link(action, label) for action, label in links]


def _action_items(*links: tuple[CaseAction, str]) -> list[LazyItem]:
    return [LazyItem(partial(_action_link, *link), 1) for link in links]


def _action_link(action: CaseAction, label: str) -> Link:
    return Link(label, value=action, id=action.link_id, classes="do")


def _text_item(text: str, classes: str = "") -> LazyItem:
    return LazyItem(partial(Static, text, classes=classes, markup=False), text_height(text))


def build_now_section(case: CaseOut) -> list[LazyItem]:
    """Build the section with the allowed actions, the deadlines and the next steps."""
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
        _text_item("What may be done now", "title heading" if items else "title"),
        *_action_items(*decisions),
    ]
    groups = (
        ("Work on the case", work),
        ("Mediation and appeal", disputes),
        ("Time limits that could not be kept", _exception_actions(case.deadlines)),
        ("Rarely needed", rare),
    )
    for heading, actions in groups:
        if actions:
            items += [_text_item(heading, "hint"), *_action_items(*actions)]
    items.append(_text_item("What happens now?", "title heading"))
    return [*items, _text_item(case.now_words)]


def _due_items(case: CaseOut) -> list[LazyItem]:
    """List the deadlines and the first of the awaited advice, by day, under a heading."""
    rows = [(row.due, _deadline_item(row)) for row in case.deadlines]
    awaited = [row for row in case.advice if row.awaited and not row.excused]
    if awaited:
        first = min(awaited, key=attrgetter("due"))
        more = f" ({len(awaited) - 1} more)" if len(awaited) > 1 else ""
        text = late_text(f"Advice {first.due_words}") + more
        rows.append((first.due, LazyItem(partial(Item, text, classes="tight"), 1)))
    items = [item for _, item in sorted(rows, key=itemgetter(0))]
    return [_text_item("What is due", "title"), *items] if items else []


def _deadline_item(row: DeadlineRow) -> LazyItem:
    lines = [deadline_text(row), *([f"Exception: {row.excused}"] if row.excused else [])]
    return LazyItem(partial(Item, *lines, classes="tight"), len(lines))


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
        return [_text_item("No form was submitted in this case.", "hint")]
    return [LazyItem(partial(_form_item, case, row), 4) for row in case.forms]


def _form_item(case: CaseOut, row: FormRow) -> Widget:
    links = [details_link(row.submission)]
    is_family_request = row.form == PARENT_REQUEST
    if not row.withdrawn:
        if case.state is CaseState.SUBMITTED:
            links += action_links((CaseAction("accept_form", row.submission), "Accept"))
        if case.state in {CaseState.SUBMITTED, CaseState.DECIDING} and not is_family_request:
            links += action_links((CaseAction("return_form", row.submission), "Return…"))
        if case.state in UNDECIDED and not is_family_request:
            links += action_links((CaseAction("reassign", row.submission), "Reassign…"))
    returned = f"! Returned: {row.returned}" if row.returned else ""
    return Item(row.title, row_text(row), returned, links=links)


def details_link(submission: object) -> Link:
    """Create the link that opens what was submitted."""
    return Link("View details", place=PlaceKind.VERSIONS.of(submission), id=f"details-{submission}")


def build_advice_section(case: CaseOut) -> list[LazyItem]:
    """Build the section with a summary of the advice, and the links to its page."""
    links = [(CaseAction("advice_page"), "Open the advice")] if case.advice else []
    if case.state in ADVICE_STATES:
        links.append((CaseAction("advice"), "Ask for advice"))
    summary = advice_summary(case.advice)
    return [LazyItem(lambda: Static(coloured_content(summary)), 1), *_action_items(*links)]


def build_documents_section(case: CaseOut) -> list[LazyItem]:
    """Build the section with the published documents, and those for officers only."""
    items: list[LazyItem] = [
        _text_item(f"✗ {name} · {SCAN_NOTES[ScanState.INFECTED]}. Nobody can open it.")
        for name in case.held
    ]
    items += [LazyItem(partial(_published_item, row), 5) for row in case.published]
    if not case.published:
        items.append(_text_item("Nothing was published in this case.", "hint"))
    items += _action_items((CaseAction("publish"), "Publish a document"))
    items.append(_text_item("For officers only", "title heading"))
    items += [LazyItem(partial(_filed_item, row), 4) for row in case.filed]
    if not case.filed:
        items.append(_text_item("No document is kept for officers only.", "hint"))
    return [*items, *_action_items((CaseAction("keep"), "Keep a document for officers only"))]


def _published_item(row: PublishedRow) -> Widget:
    day = format_day(london_day(row.published_at))
    readers = ", ".join(row.readers) or "nobody in the portal"
    kind = PUBLICATION_LABELS[row.kind]
    title = row.title if row.title == kind else f"{row.title} ({kind})"
    links = _save_links(row.id, row.scan)
    file = " · ".join(filter(None, (row.name, f"published {day}", SCAN_NOTES[row.scan])))
    lines = [title, file, f"for {readers}"]
    if row.withdrawn_at is None:
        links += action_links((CaseAction("withdraw", row.id), "Withdraw…"))
    else:
        lines.append(
            f"✗ Withdrawn {format_datetime(row.withdrawn_at)} by {row.withdrawn_by}: "
            f"{row.withdrawn_reason}"
        )
    return Item(*lines, links=links)


def _filed_item(row: FiledRow) -> Widget:
    day = format_day(london_day(row.added_at))
    file = (row.name, "for officers only", f"added {day} by {row.by}", SCAN_NOTES[row.scan])
    links = _save_links(row.document, row.scan)
    return Item(row.title, " · ".join(filter(None, file)), links=links)


def _save_links(target: UUID, scan: ScanState) -> list[Link]:
    """Return a link that saves a copy, unless the document can't be opened."""
    can_open = scan in {ScanState.CLEAN, ScanState.UNSCANNED}
    return action_links((CaseAction("save", target), "Save a copy")) if can_open else []


def build_people_section(case: CaseOut) -> list[LazyItem]:
    """Build the section with the family, and the professionals who have access or had it."""
    items: list[LazyItem] = [LazyItem(partial(_family_item, case), 4)]
    items += [
        *_action_items((CaseAction("details"), "Correct the child's details")),
        _text_item(""),
    ]
    items += [LazyItem(partial(_professional_item, row), 4) for row in case.professionals]
    if not case.professionals:
        items.append(_text_item("No professional has this child on their list.", "hint"))
    items += _action_items((CaseAction("allocate"), "Allocate to a professional"))
    if case.ended:
        items.append(_text_item("Access that was ended", "title heading"))
        items += [LazyItem(partial(_ended_item, row), 3) for row in case.ended]
    return items


def _family_item(case: CaseOut) -> Widget:
    """Show the parent's contacts, and whose the rights are."""
    person = case.person
    parent = " · ".join(part for part in (person.parent_name, person.parent_relationship) if part)
    contacts = " · ".join(part for part in (person.parent_phone, person.parent_email) if part)
    rights = "The rights are the young person's own." if case.family == YOUNG_PERSON else ""
    return Item(parent or "No parent or carer is named.", contacts, rights)


def _professional_item(row: ProfessionalRow) -> Widget:
    work = " · ".join(part for part in (row.role, row.organisation, row.email) if part)
    reasons = f"Why they have access: {', '.join(row.reasons)}"
    drafts = f"{count_drafts(row.drafts)} that nobody else can open" if row.drafts else ""
    links = action_links((CaseAction("end_access", row.account), "End access…"))
    return Item(row.name, work, reasons, drafts, links=links)


def _ended_item(row: EndedAccessRow) -> Widget:
    drafts = closed_drafts_text(row.drafts) if row.drafts else ""
    ended = f"✗ Ended {format_datetime(row.at)} by {row.by}: {row.reason}"
    return Item(row.name, ended, drafts)


def count_drafts(number: int) -> str:
    """Return a number of drafts in words."""
    return "1 unfinished form" if number == 1 else f"{number} unfinished forms"


def closed_drafts_text(number: int) -> str:
    """Say what becomes of drafts that only somebody whose access ends can open."""
    form, them = ("It is", "it") if number == 1 else ("The forms are", "them")
    return f"They have {count_drafts(number)}. {form} kept, but they can't open {them}."


def build_history_section(case: CaseOut) -> list[LazyItem]:
    """Build the section with events and steps of advice, newest first, and other cases."""
    items: list[LazyItem] = []
    steps = list(past_steps(case.advice))
    for event in reversed(case.events):
        while steps and steps[0][0] >= event.on:
            items.append(_step_item(*steps.pop(0)))
        items.append(LazyItem(partial(_event_item, event, event.kind not in FIXED_EVENTS), 2))
    items += [_step_item(*step) for step in steps]
    if case.earlier:
        items.append(_text_item("Other cases of this child", "title heading"))
        items += [LazyItem(partial(_other_case_link, other), 1) for other in case.earlier]
    return items


def _step_item(_: date, heading: str, text: str) -> LazyItem:
    return LazyItem(partial(Item, heading, text), 1 + text_height(text))


def _other_case_link(other: OtherCase) -> Link:
    return Link(
        f"{other.state_words} · received {format_day(other.received_on)}",
        place=PlaceKind.CASE.of(other.id),
        id=f"case-{other.id}",
    )


def _event_item(event: EventRow, is_correctable: bool) -> Widget:
    head = f"{format_day(event.on)} · {event.words} · by {event.by}"
    if event.removed:
        return Item(f"✗ {head}", event.removed)
    label = RULES[event.kind].reason
    lines = [
        f"{RULES[event.kind].day}: {format_day(event.day)}" if event.day else "",
        f"{label or REASON}: {event.reason}" if event.reason else "",
        f"! {event.late}" if event.late else "",
        *event.corrections,
    ]
    links = []
    if event.undoable:
        links.append((CaseAction("undo", event.id), "Undo…"))
    if is_correctable:
        links.append((CaseAction("correct", event.id), "Correct…"))
    return Item(head, *lines, links=action_links(*links))


def build_audit_section(rows: Sequence[AuditRow]) -> list[LazyItem]:
    """Build the section with the child's audit log, newest first."""
    return [_text_item("\n".join(_format_audit_row(row) for row in rows))]


def _format_audit_row(row: AuditRow) -> str:
    line = f"{format_datetime(row.at)}  {row.action} · {row.by}"
    if row.to:
        line += f", for {row.to}"
    if row.text:
        line += f" · {row.text}"
    if row.times > 1 and row.last_at is not None:
        line += f" · {row.times} times until {format_datetime(row.last_at)}"
    return line
