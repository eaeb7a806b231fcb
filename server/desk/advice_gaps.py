"""What the advice of an assessment lacks, for the page of a case and before its decision."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from typing import NamedTuple

from server.cases.tables import Case, CaseEvent
from server.core.database import Transaction
from server.forms.catalogue import catalogue
from server.people.tables import Person
from shared.cases.clock import is_from_year_9
from shared.cases.events import EventKind
from shared.cases.state_sets import ADVICE_STATES
from shared.cases.states import CaseState
from shared.desk import AdviceRow, AdviceState
from shared.values.days import london_day

NO_VIEWS = "The family's views are not recorded (Reg. 6(1)(a) and 7(a))."
FROM_YEAR_9 = "From year 9, advice on preparing for adulthood is part of it (Reg. 6(1)(g))."


class AdviceGaps(NamedTuple):
    """What the last assessment of a case lacks (Reg. 6(1)): nothing if none is in progress."""

    awaited: Sequence[AdviceRow] = ()
    outstanding: Sequence[str] = ()
    """The awaited advice in words."""
    never_asked: Sequence[str] = ()
    lacks_views: bool = False
    is_from_year_9: bool = False

    def texts(self) -> list[str]:
        """Return each gap as a sentence."""
        texts = []
        if self.outstanding:
            texts.append(f"Advice not received yet: {', '.join(self.outstanding)}.")
        if self.lacks_views:
            texts.append(NO_VIEWS)
        if self.never_asked:
            texts.append(f"Never asked for (Reg. 6(1)): {', '.join(self.never_asked)}.")
        if self.is_from_year_9:
            texts.append(FROM_YEAR_9)
        return texts

    def short_text(self) -> str:
        """Return what nobody was asked for in a line, or ''."""
        kinds = len(self.never_asked)
        what = f"{kinds} kinds of advice" if kinds > 1 else "".join(self.never_asked)
        if not kinds:
            return "The family's views are not recorded" if self.lacks_views else ""
        views = " · the family's views are not recorded" if self.lacks_views else ""
        return f"Not asked for yet: {what}{views}"


def find_gaps(
    tx: Transaction,
    case: Case,
    person: Person,
    events: Sequence[CaseEvent],
    rows: Sequence[AdviceRow],
) -> AdviceGaps:
    """Find what an assessment in progress lacks, from its events and the advice of the case."""
    if CaseState(case.state) not in ADVICE_STATES:  # a later plan follows none
        return AdviceGaps()
    start = _reassessed_from(events)
    forms = catalogue(tx.services.settings.forms)
    advice = [
        row
        for row in rows
        if row.state is not AdviceState.CANCELLED
        and (start is None or (row.asked_at is not None and row.asked_at >= start))
    ]
    requested = {row.form for row in advice}
    awaited = [row for row in advice if row.awaited]
    short = {form.id: form.short for form in forms.values()}
    return AdviceGaps(
        awaited,
        sorted(f"{short.get(row.form, row.form)} from {row.by}" for row in awaited),
        [form.short for form in forms.values() if form.asked_for and form.id not in requested],
        not _has_views(events, start),
        is_from_year_9(person.born, london_day(tx.now)),
    )


def _has_views(events: Sequence[CaseEvent], start: datetime | None) -> bool:
    """Whether the family's views are recorded for the last assessment."""
    return any(
        event.kind == EventKind.REPRESENTATIONS_RECORDED and (start is None or event.at >= start)
        for event in events
    )


def _reassessed_from(events: Sequence[CaseEvent]) -> datetime | None:
    """Return when the last reassessment was recorded, or None."""
    starts = [
        event.at
        for before, event in pairwise(events)
        if event.state == CaseState.REASSESSING != before.state
    ]
    return starts[-1] if starts else None
