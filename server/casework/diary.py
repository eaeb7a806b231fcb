"""An officer's diary of a week: deadlines, advice, tasks and panels."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlmodel import col, select

from server.accounts.actor import Actor
from server.cases.covers import covered_officers
from server.cases.service import (
    events_by_case,
    exemption_for,
    exemptions_by_case,
    running_deadlines,
)
from server.cases.tables import Case
from server.casework.panels import panels_between
from server.core.audit import Action
from server.core.database import Transaction
from server.desk.tables import Task
from server.desk.tasks import read_rows, select_tasks
from server.forms.advice import awaits, is_excused
from server.forms.catalogue import pinned_forms
from server.forms.tables import AdviceRequest, Submission
from server.people.tables import Person
from shared.cases.clock import working_day_from
from shared.cases.deadlines import DEADLINE_LABELS, FAMILY_DEADLINES
from shared.diary import DiaryDay, DiaryEntry, DiaryOut, EntryKind
from shared.places import PlaceKind
from shared.values.days import london_day

MAX_LATE = 50
WEEK = timedelta(days=7)
DAY = timedelta(days=1)
ORDER = (EntryKind.PANEL, EntryKind.DEADLINE, EntryKind.ADVICE, EntryKind.TASK)


def read_diary(tx: Transaction, actor: Actor, day: date | None) -> DiaryOut:
    """Return the diary of the week of a day, by default the current one, and audit it."""
    today = london_day(tx.now)
    first = week_of(day, today)
    entries = list_shown_entries(tx, actor, first)
    late = [entry for entry in entries if entry.day < first]
    by_day = {first + DAY * index: list[DiaryEntry]() for index in range(7)}
    for entry in entries:
        if entry.day in by_day:
            by_day[entry.day].append(entry)
    shown = [*late[:MAX_LATE], *(entry for entries in by_day.values() for entry in entries)]
    actor.record_shown(tx, Action.SHOWN_IN_DIARY, (entry.person for entry in shown))
    return DiaryOut(
        today=today,
        days=[DiaryDay(day=day, entries=entries) for day, entries in by_day.items()],
        late=late[:MAX_LATE],
        late_more=max(0, len(late) - MAX_LATE),
    )


def week_of(day: date | None, today: date) -> date:
    """Return the Monday of a day's week, by default the week of the next working day or today."""
    day = day or working_day_from(today)
    return day - timedelta(days=day.weekday())


def list_shown_entries(tx: Transaction, actor: Actor, first: date) -> list[DiaryEntry]:
    """List the entries of a week by day, in the current week with the earlier ones before it."""
    is_now = first == week_of(None, london_day(tx.now))
    return [entry for entry in list_entries(tx, actor, first) if is_now or entry.day >= first]


def list_entries(tx: Transaction, actor: Actor, first: date) -> list[DiaryEntry]:
    """List the open entries up to the end of a week, and the panels in it, by day."""
    last = first + 6 * DAY
    officers = [actor.account_id, *covered_officers(tx, actor.account_id)]
    entries = [
        *_panels(tx, first, last),
        *_deadlines(tx, officers, last),
        *_advice(tx, officers, last),
        *_tasks(tx, actor, last),
    ]
    return sorted(entries, key=lambda entry: (entry.day, ORDER.index(entry.kind), entry.starts))


def _panels(tx: Transaction, first: date, last: date) -> Iterator[DiaryEntry]:
    for panel in panels_between(tx, first, last):
        cases = "1 case" if panel.cases == 1 else f"{panel.cases} cases"
        place = f", {panel.place}" if panel.place else ""
        yield DiaryEntry(
            uid=f"panel-{panel.id}",
            kind=EntryKind.PANEL,
            day=panel.on,
            starts=panel.starts,
            words=f"{panel.name}{place} · {cases}",
            place=PlaceKind.PANEL.of(panel.id).path,
        )


def _deadlines(tx: Transaction, officers: Sequence[UUID], last: date) -> Iterator[DiaryEntry]:
    """Yield the authority's deadlines of the officers' cases that are not excused."""
    due = select(Case.id).where(
        col(Case.officer_id).in_(officers),
        col(Case.closed).is_(False),
        col(Case.next_due) <= last,
    )
    cases = select(Case, Person).join(Person, col(Person.id) == col(Case.person_id))
    events_of, exemptions_of = events_by_case(tx, due), exemptions_by_case(tx, due)
    for case, person in tx.session.exec(cases.where(col(Case.id).in_(due))).all():
        events = events_of[case.id]
        for deadline in running_deadlines(tx, events):
            if (
                deadline.due > last
                or deadline.kind in FAMILY_DEADLINES
                or exemption_for(deadline, events, exemptions_of.get(case.id, []))
            ):
                continue
            yield DiaryEntry(
                uid=f"deadline-{case.id}-{deadline.kind}-{events[deadline.start_index].id}",
                kind=EntryKind.DEADLINE,
                day=deadline.due,
                words=DEADLINE_LABELS[deadline.kind],
                person=person.id,
                name=person.name,
                case=case.id,
                place=PlaceKind.CASE.of(case.id).path,
            )


def _advice(tx: Transaction, officers: Sequence[UUID], last: date) -> Iterator[DiaryEntry]:
    """Yield the advice that professionals owe in the officers' cases."""
    results = tx.session.execute(
        select(AdviceRequest, Submission, Person)
        .join(Submission, col(Submission.id) == col(AdviceRequest.submission_id))
        .join(Case, col(Case.id) == col(AdviceRequest.case_id))
        .join(Person, col(Person.id) == col(Case.person_id))
        .where(
            col(Case.officer_id).in_(officers),
            col(Case.closed).is_(False),
            awaits(),
            col(AdviceRequest.due_on) <= last,
            ~is_excused(),
        )
    ).all()
    forms = pinned_forms(tx, ((form.form, form.form_version) for _, form, _ in results))
    for advice, form, person in results:
        yield DiaryEntry(
            uid=f"advice-{advice.id}",
            kind=EntryKind.ADVICE,
            day=advice.due_on,
            words=f"{forms[form.form, form.form_version].title} due",
            person=person.id,
            name=person.name,
            case=advice.case_id,
            place=PlaceKind.ADVICE.of(advice.case_id).path,
        )


def _tasks(tx: Transaction, actor: Actor, last: date) -> Iterable[DiaryEntry]:
    query = select_tasks().where(
        col(Task.officer_id) == actor.account_id, col(Task.done).is_(False), col(Task.due) <= last
    )
    for row in read_rows(tx, query):
        place = PlaceKind.CASEWORK.of(row.case).path if row.case else PlaceKind.TASKS.value
        yield DiaryEntry(
            uid=f"task-{row.id}",
            kind=EntryKind.TASK,
            day=row.due,
            words=row.text,
            person=row.person,
            name=row.name,
            case=row.case,
            place=place,
        )
