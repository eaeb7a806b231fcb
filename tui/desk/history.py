"""The history of a case: its events, advice, exceptions, settings and corrected requests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from functools import partial
from operator import attrgetter
from uuid import UUID

from textual.widget import Widget

from shared.cases.actions import EventRow
from shared.cases.deadlines import DEADLINE_LABELS
from shared.cases.events import EventKind
from shared.cases.rules import RULES
from shared.cases.state_sets import REASON
from shared.desk import CaseOut, CaseStep, OtherCase
from shared.places import PlaceKind
from shared.values.days import format_datetime, format_day, london_day
from tui.desk.advice_parts import past_steps, recorded_step
from tui.desk.case_parts import CaseAction, Item, action_links, text_item
from tui.widgets.header import Link
from tui.widgets.long_list import LazyItem, text_height

REQUEST_CORRECTED = "Request on paper corrected"
EXCEPTION_RECORDED = "Exception recorded"
EXCEPTION_REMOVED = "Exception taken back"
FIXED_EVENTS = frozenset(
    {EventKind.DAY_CORRECTED, EventKind.JOINED, EventKind.RETURNED, EventKind.RESUBMITTED}
)
"""Events that belong to a form or to another case, and can't be corrected by themselves."""


def build_history_section(
    case: CaseOut, placement_steps: Sequence[CaseStep] = ()
) -> list[LazyItem]:
    """Build the section with what happened, newest first, and other cases.

    Within a day, what was recorded last comes first.
    """
    items: list[LazyItem] = []
    done = [*past_steps(case), *_exemption_steps(case), *_request_steps(case)]
    steps = sorted([*done, *placement_steps], key=attrgetter("on", "at", "label"))
    for event in reversed(case.events):
        while steps and (steps[-1].on, steps[-1].at) >= (event.on, event.at):
            items.append(_step_item(steps.pop()))
        make = partial(_event_item, event, event.kind not in FIXED_EVENTS)
        items.append(LazyItem(make, 1 + text_height(event.reason)))
    items += [_step_item(step) for step in reversed(steps)]
    if case.earlier:
        items.append(text_item("Other cases of this child", "title heading"))
        items += [LazyItem(partial(_other_case_link, other), 1) for other in case.earlier]
    return items


def _request_steps(case: CaseOut) -> list[CaseStep]:
    return [
        recorded_step(item.at, REQUEST_CORRECTED, item.by, item.text) for item in case.corrected
    ]


def _exemption_steps(case: CaseOut) -> Iterator[CaseStep]:
    advice: dict[UUID | None, str] = {row.id: f"{row.title}, {row.by}" for row in case.advice}
    for item in case.exemptions:
        deadline = DEADLINE_LABELS[item.clock].removesuffix(" due")
        of = advice.get(item.advice, deadline)
        done = EXCEPTION_REMOVED if item.taken_back else EXCEPTION_RECORDED
        yield recorded_step(item.at, f"{done}: {of}", item.by, item.text)


def _step_item(step: CaseStep) -> LazyItem:
    heading = f"{_when(step.on, step.at)} · {step.label} · by {step.by}"
    lines = [step.text, f"! {step.late}" if step.late else "", *step.corrections]
    height = sum(text_height(line) for line in lines if line)
    return LazyItem(partial(Item, heading, *lines), 1 + height)


def _other_case_link(other: OtherCase) -> Link:
    return Link(
        f"{other.state_words} · received {format_day(other.received_on)}",
        place=PlaceKind.CASE.of(other.id),
        id=f"case-{other.id}",
    )


def _event_item(event: EventRow, is_correctable: bool) -> Widget:
    head = f"{_when(event.on, event.at)} · {event.words} · by {event.by}"
    if event.removed:
        return Item(f"✗ {head}", *event.corrections, event.removed)
    label = RULES[event.kind].reason
    lines = [
        f"{RULES[event.kind].day}: {format_day(event.day)}" if event.day else "",
        f"{label or REASON}: {event.reason}" if event.reason else "",
        f"Document: {event.document}, under Documents" if event.document else "",
        f"! {event.late}" if event.late else "",
        *event.corrections,
    ]
    links = []
    if event.undoable:
        links.append((CaseAction("undo", event.id), "Undo…"))
    if is_correctable:
        links.append((CaseAction("correct", event.id), "Correct…"))
    return Item(head, *lines, links=action_links(*links))


def _when(on: date, at: datetime) -> str:
    """Return the day of an event, with the time if it was recorded on that day."""
    if london_day(at) == on:
        return format_datetime(at)
    return f"{format_day(on)} (recorded {format_datetime(at)})"
