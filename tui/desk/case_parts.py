"""What each section of a case shows, a row of words with links to what can be done about it."""

from __future__ import annotations

from collections.abc import Sequence
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
    ADVICE_WORDS,
    AWAITED,
    PUBLICATION_LABELS,
    AdviceRow,
    AdviceState,
    AuditRow,
    CaseOut,
    DeadlineRow,
    EventRow,
    ProfessionalRow,
    PublishedRow,
)
from shared.places import PlaceKind
from shared.values.days import london_day, write_day, write_received
from tui.cases.rows import PARENT_REQUEST, row_words
from tui.widgets.header import Link

ASSESSING = frozenset({CaseState.ASSESSING, CaseState.REASSESSING})
OVER = frozenset({AdviceState.ACCEPTED, AdviceState.CANCELLED})
READABLE = frozenset({AdviceState.SUBMITTED, AdviceState.RETURNED, AdviceState.ACCEPTED})
MATCH = "! Match the new child first: is it one you know?"


class Do(NamedTuple):
    """What a link of a case does, and with which event, form, advice or deadline."""

    what: str
    to: EventKind | DeadlineKind | UUID | None = None
    advice: UUID | None = None

    @property
    def link_id(self) -> str:
        """The id of the link, by which the focus is found again after the case is drawn anew."""
        return "-".join(str(part) for part in ("do", *self) if part is not None)


class Item(Vertical):
    """Words, each on a line of its own, and below them what can be done."""

    def __init__(self, *lines: str, links: Sequence[Link] = ()) -> None:
        super().__init__()
        self._lines = [line for line in lines if line]
        self._links = links

    def compose(self) -> ComposeResult:
        """Lay out the words above the links."""
        for place, line in enumerate(self._lines):
            yield Static(line, markup=False, classes="more" if place else "")
        if self._links:
            with Horizontal(classes="more"):
                yield from self._links


def doing(*links: tuple[Do, str]) -> list[Link]:
    """Make links, by what they do and their words."""
    return [Link(words, value=do, id=do.link_id, classes="do") for do, words in links]


def now_part(case: CaseOut) -> list[Widget]:
    """What may be done now, what is due, and what that means."""
    wanted = [(Do("match"), MATCH)] if case.new else []
    wanted += [(Do("event", one.kind), one.action) for one in case.allowed]
    if case.state in ASSESSING:
        wanted.append((Do("advice"), "Ask for advice"))
    wanted += [
        (Do("publish"), "Publish a document"),
        (Do("allocate"), "Allocate to a professional"),
        (Do("give_up"), "Give the case up") if case.mine else (Do("take"), "Take the case on"),
    ]
    parts: list[Widget] = [Static("What may be done now", classes="title"), *doing(*wanted)]
    if case.deadlines:
        parts.append(Static("What is due", classes="title heading"))
        parts += [_deadline(one) for one in case.deadlines]
    parts.append(Static("What happens now?", classes="title heading"))
    return [*parts, Static(case.now_words, markup=False)]


def _deadline(one: DeadlineRow) -> Widget:
    excused = f"Excused: {one.excused}" if one.excused else ""
    may = any(excuses(ground, one.kind) for ground in Ground) and not one.excused
    links = doing((Do("exempt", one.kind), "Record why it could not be kept")) if may else []
    return Item(deadline_words(one), excused, links=links)


def deadline_words(one: DeadlineRow) -> str:
    """Say a deadline, with a sign where it is late and nothing excuses that."""
    late = one.words.endswith("late")
    if one.excused:
        return f"{one.words}, excused"
    return f"! {one.words}" if late else one.words


def forms_part(case: CaseOut) -> list[Widget]:
    """The requests of the case."""
    if not case.forms:
        return [Static("No form was submitted in this case.", classes="hint")]
    return [_form(case, row) for row in case.forms]


def _form(case: CaseOut, row: FormRow) -> Widget:
    links = [_details(row.submission)]
    family = row.form == PARENT_REQUEST
    if not row.withdrawn:
        if case.state is CaseState.SUBMITTED:
            links += doing((Do("accept_form", row.submission), "Accept"))
        if case.state in {CaseState.SUBMITTED, CaseState.DECIDING} and not family:
            links += doing((Do("return_form", row.submission), "Return…"))
        if case.state in UNDECIDED and not family:
            links += doing((Do("reassign", row.submission), "Reassign…"))
    returned = f"! Returned: {row.returned}" if row.returned else ""
    return Item(row.title, row_words(row), returned, links=links)


def _details(submission: object) -> Link:
    return Link("View details", place=PlaceKind.VERSIONS.of(submission), id=f"details-{submission}")


def advice_part(case: CaseOut) -> list[Widget]:
    """The advice asked for, and the way to ask for more."""
    parts: list[Widget] = [_advice(row) for row in case.advice]
    if not parts:
        parts.append(Static("No advice was asked for yet.", classes="hint"))
    if case.state in ASSESSING:
        parts += doing((Do("advice"), "Ask for advice"))
    return parts


def _advice(row: AdviceRow) -> Widget:
    links = [_details(row.submission)] if row.state in READABLE else []
    if row.state is AdviceState.SUBMITTED:
        links += doing(
            (Do("accept_advice", row.id), "Accept"), (Do("return_advice", row.id), "Return…")
        )
    if row.state not in OVER:
        links += doing(
            (Do("cancel", row.id), "Cancel…"), (Do("reassign", row.submission), "Reassign…")
        )
    if row.state in AWAITED and not row.excused:
        links += doing((Do("exempt", DeadlineKind.ADVICE, row.id), "Exempt…"))
    by = f"{row.by}, {row.organisation}" if row.organisation else row.by
    excused = f"Excused: {row.excused}" if row.excused else ""
    return Item(f"{row.title} · {by}", advice_words(row), excused, links=links)


def advice_words(row: AdviceRow) -> str:
    """Say how far advice is and when it is due, with a sign where it is late."""
    late = row.due_words.endswith("late") and not row.excused
    excused = ", excused" if row.excused else ""
    return f"{'! ' if late else ''}{ADVICE_WORDS[row.state]} · {row.due_words}{excused}"


def documents_part(case: CaseOut) -> list[Widget]:
    """What was published, to whom, and who has read it."""
    parts: list[Widget] = [_published(row) for row in case.published]
    if not parts:
        parts.append(Static("Nothing was published in this case.", classes="hint"))
    return [*parts, *doing((Do("publish"), "Publish a document"))]


def _published(row: PublishedRow) -> Widget:
    day = write_day(london_day(row.published_at))
    readers = ", ".join(row.readers)
    kind = PUBLICATION_LABELS[row.kind]
    title = row.title if row.title == kind else f"{row.title} ({kind})"
    links = doing((Do("save", row.id), "Save a copy"))
    return Item(title, f"{row.name} · published {day}", f"for {readers}", links=links)


def people_part(case: CaseOut) -> list[Widget]:
    """The professionals who have the child on their list."""
    parts: list[Widget] = [_professional(row) for row in case.professionals]
    if not parts:
        parts.append(Static("No professional has this child on their list.", classes="hint"))
    return [*parts, *doing((Do("allocate"), "Allocate to a professional"))]


def _professional(row: ProfessionalRow) -> Widget:
    why = "put on their list by the Local Authority" if row.allocated else "added the child"
    work = " · ".join(words for words in (row.role, row.organisation, row.email) if words)
    return Item(f"{row.name} · {why}", work)


def history_part(case: CaseOut) -> list[Widget]:
    """What happened, the newest first, and the child's other cases."""
    parts: list[Widget] = [_event(event) for event in reversed(case.events)]
    if case.earlier:
        parts.append(Static("Other cases of this child", classes="title heading"))
        parts += [
            Link(
                f"{one.state_words} · received {write_day(one.received_on)}",
                place=PlaceKind.CASE.of(one.id), id=f"case-{one.id}",
            )
            for one in case.earlier
        ]  # fmt: skip
    return parts


def _event(event: EventRow) -> Widget:
    reason = f"Reason: {event.reason}" if event.reason else ""
    return Item(f"{write_day(event.on)} · {event.words} · by {event.by}", reason)


def trail_part(rows: Sequence[AuditRow]) -> list[Widget]:
    """Who did what with the child's record, the newest first."""
    return [Static("\n".join(_audit_line(row) for row in rows), markup=False)]


def _audit_line(row: AuditRow) -> str:
    line = f"{write_received(row.at)}  {row.action} · {row.by}"
    if row.to:
        line += f", for {row.to}"
    if row.times > 1 and row.last_at is not None:
        line += f" · {row.times} times until {write_received(row.last_at)}"
    return line
