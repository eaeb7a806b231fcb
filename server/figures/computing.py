"""Computing the figures, every quarter of an hour and on demand.

Cases are read in batches, each in a short transaction that only reads; others come between them,
and so does a rest, unless somebody waits for the figures. One process at a time computes, known by
a lease in the row of the figures, which each batch extends.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from time import monotonic
from uuid import UUID, uuid4

from sqlalchemy import case as when
from sqlmodel import col, func, select

from server.accounts.tables import Account
from server.cases.service import is_open
from server.cases.tables import Case
from server.core.database import Result, Services, Transaction
from server.core.repeat import repeat
from server.figures.advice import count_advice, pace_start
from server.figures.cases import CaseCounts, Paces, count_batch, store_misses
from server.figures.plans import IssuedPlan, count_plans, find_plans, read_plans
from server.figures.tables import ONLY_ROW, FiguresRow
from shared.accounts import Staff
from shared.cases.clock import SIX_WEEKS, Periods
from shared.cases.deadlines import DeadlineKind
from shared.cases.states import Stage, stage_at
from shared.figures.figures import COMPUTED_EVERY, ComingPlans, Figures, OfficerFigures
from shared.figures.forecast import Outlook, Pace, usual_pace
from shared.values.days import london_day

CHECK_SECONDS = 60
LEAST_AGE = timedelta(seconds=10)
"""Figures that are younger are not computed again."""
LEASE = timedelta(minutes=2)


class FiguresBusy(Exception):
    """Raised if another process computes the figures."""


@dataclass(frozen=True)
class _Turn:
    """The turn of this process to compute, which lasts while it holds the lease."""

    services: Services
    holder: UUID
    rests: bool

    async def read(self, work: Callable[[Transaction], Result]) -> Result:
        """Read a batch, extend the lease, and rest as long; raises FiguresBusy if that is lost."""
        began = monotonic()
        result = await self.services.read(work)
        if not await self.services.write(partial(_extend, self.holder)):
            raise FiguresBusy
        if self.rests:
            await asyncio.sleep(monotonic() - began)
        return result


async def run_figures(services: Services) -> None:
    """Compute the figures periodically until cancelled."""
    await repeat("figures", CHECK_SECONDS, partial(compute_if_old, services))


async def compute_if_old(services: Services) -> None:
    """Compute the figures if they are old, unless another process is doing it."""
    if await services.read(partial(_is_older, COMPUTED_EVERY)):
        holder = uuid4()
        if await services.write(partial(_claim, holder)):
            with suppress(FiguresBusy):
                await _compute(_Turn(services, holder, rests=True))


async def compute_now(services: Services) -> None:
    """Compute the figures unless that was just done; raises FiguresBusy."""
    if not await services.read(partial(_is_older, LEAST_AGE)):
        return
    holder = uuid4()
    if not await services.write(partial(_claim, holder)):
        raise FiguresBusy
    await _compute(_Turn(services, holder, rests=False))


def _is_older(age: timedelta, tx: Transaction) -> bool:
    computed_at = tx.session.exec(select(FiguresRow.computed_at)).first()
    return computed_at is None or not tx.now - age < computed_at <= tx.now


def _claim(holder: UUID, tx: Transaction) -> bool:
    """Take the lease, and return whether it was free."""
    row = tx.session.get(FiguresRow, ONLY_ROW, with_for_update=True) or FiguresRow()
    # A lease from a clock that was ahead does not count.
    if row.lease_until is not None and tx.now < row.lease_until <= tx.now + LEASE:
        return False
    row.holder, row.lease_until = holder, tx.now + LEASE
    tx.session.add(row)
    return True


def _extend(holder: UUID, tx: Transaction) -> bool:
    """Extend the lease, and return whether it was still the holder's."""
    row = tx.session.get_one(FiguresRow, ONLY_ROW, with_for_update=True)
    if row.holder != holder:
        return False
    row.lease_until = tx.now + LEASE
    tx.session.add(row)
    return True


async def _compute(turn: _Turn) -> None:
    """Compute the figures and end the lease, also after an error; raises FiguresBusy."""
    figures: Figures | None = None
    try:
        figures = await _count(turn)
    finally:
        await turn.services.write(partial(_store, turn.holder, figures))


def _store(holder: UUID, figures: Figures | None, tx: Transaction) -> None:
    row = tx.session.get_one(FiguresRow, ONLY_ROW, with_for_update=True)
    if row.holder != holder:
        return  # a batch took longer than the lease, and another process has it
    row.holder = row.lease_until = None
    if figures is not None:
        row.content, row.computed_at = figures.model_dump(mode="json"), tx.now
    tx.session.add(row)


async def _count(turn: _Turn) -> Figures:
    today = london_day(turn.services.clock())
    advice = await turn.read(partial(count_advice, today=today))
    plans = await _read_plans(turn, pace_start(today), today)
    after_advice = _pace_after_advice(plans, turn.services.settings.periods)
    paces = Paces({item.form: item.pace.days for item in advice}, after_advice.days)
    stages, officers = await turn.read(
        lambda tx: (count_stages(tx, today), _count_by_officer(tx, today))
    )
    counts = await _count_cases(turn, paces)
    this_year = [plan for plan in plans if plan.issued_on.year == today.year]
    return Figures(
        year=today.year,
        stages=stages,
        weeks=counts.weeks,
        plans=count_plans(this_year),
        months=[
            count_plans(plan for plan in this_year if plan.issued_on.month == month)
            for month in range(1, today.month + 1)
        ],
        late_cases=sum(item.late for item in officers),
        late={kind: counts.late[kind] for kind in DeadlineKind if counts.late[kind]},
        advice=advice,
        after_advice=after_advice,
        outlook=dict(counts.outlook),
        coming=_coming_plans(counts.coming, today),
        undecided=counts.undecided,
        ordered=counts.ordered,
        officers=officers,
    )


def _coming_plans(counts: Mapping[tuple[date, Outlook], int], today: date) -> list[ComingPlans]:
    """Return the plans that are due in each month, from this one to the last in which any is."""
    due = [month for month, outlook in counts if outlook in {Outlook.IN_TIME, Outlook.MISSES}]
    month, last = today.replace(day=1), max(due, default=None)
    coming = []
    while last is not None and month <= last:
        in_time, late = (counts.get((month, o), 0) for o in (Outlook.IN_TIME, Outlook.MISSES))
        coming.append(ComingPlans(month=month, in_time=in_time, late=late))
        month = (month + timedelta(days=31)).replace(day=1)
    return coming


async def _read_plans(turn: _Turn, start: date, end: date) -> list[IssuedPlan]:
    plans = []
    for ids in await turn.read(partial(find_plans, start=start, end=end)):
        plans += await turn.read(partial(read_plans, ids=ids, start=start, end=end))
    return plans


async def _count_cases(turn: _Turn, paces: Paces) -> CaseCounts:
    """Count case by case, and store which plans are expected after their deadline."""
    counts, after = CaseCounts(), None
    while True:
        batch = await turn.read(partial(count_batch, after=after, paces=paces))
        counts += batch.counts
        if batch.misses:
            await turn.services.write(partial(store_misses, misses=batch.misses))
        if batch.last is None:
            return counts
        after = batch.last


def _pace_after_advice(plans: Iterable[IssuedPlan], periods: Periods) -> Pace:
    """Return the usual days from the last advice to the plan, or what the 20 weeks leave."""
    days = [(plan.issued_on - plan.last_advice).days for plan in plans if plan.last_advice]
    return usual_pace(days, max(0, periods.final_plan - periods.decide - SIX_WEEKS))


def count_stages(tx: Transaction, today: date) -> dict[Stage, int]:
    """Count open cases by stage."""
    query = select(Case.place, func.count()).where(is_open(today)).group_by(col(Case.place))
    counts = dict.fromkeys(Stage, 0)
    for place, count in tx.session.execute(query):
        counts[stage_at(place)] += count
    return counts


def _count_by_officer(tx: Transaction, today: date) -> list[OfficerFigures]:
    """Count open cases by officer, those of nobody first; officers without any are there too."""
    is_late = when((col(Case.due_on) < today, 1), else_=0)
    query = (
        select(Case.officer_id, func.count(), func.sum(is_late))
        .where(is_open(today))
        .group_by(col(Case.officer_id))
    )
    counts = {id: (cases, late) for id, cases, late in tx.session.execute(query)}
    officers = tx.session.exec(
        select(Account.id)
        .where(Account.staff == Staff.OFFICER, col(Account.disabled_at).is_(None))
        .order_by(col(Account.last_name), col(Account.first_name), col(Account.id))
    )
    ids = dict.fromkeys([None, *officers, *counts])
    rows = ((id, *counts.get(id, (0, 0))) for id in ids)
    return [OfficerFigures(id=id, cases=cases, late=late) for id, cases, late in rows]
