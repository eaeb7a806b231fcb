"""Counting advice by kind: what is awaited, what is late, and the usual days."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import date, datetime

import sqlalchemy as sa
from dateutil.relativedelta import relativedelta
from sqlmodel import and_, col, func, select

from server.cases.tables import Case
from server.core.database import Transaction
from server.forms.advice import awaits, is_excused
from server.forms.catalogue import catalogue
from server.forms.tables import AdviceRequest, PaperAdvice, Submission, SubmissionVersion
from shared.cases.clock import SIX_WEEKS
from shared.figures.figures import AdviceFigures
from shared.figures.forecast import PACE_MONTHS, usual_pace
from shared.values.days import london_day

FIRST = 1
"""The number of the version in which advice is first submitted."""


def first_submitted() -> sa.ScalarSelect[datetime]:
    """Select when the advice of a request was first submitted."""
    return (
        select(SubmissionVersion.submitted_at)
        .where(
            col(SubmissionVersion.submission_id) == col(AdviceRequest.submission_id),
            col(SubmissionVersion.number) == FIRST,
        )
        .scalar_subquery()
    )


def received_on_paper() -> sa.ScalarSelect[date]:
    """Select the day that the advice of a request was received on paper."""
    return (
        sa.select(col(PaperAdvice.received_on))
        .where(
            col(PaperAdvice.advice_id) == col(AdviceRequest.id),
            col(PaperAdvice.removed_at).is_(None),
        )
        .scalar_subquery()
    )


def answer_day(submitted_at: datetime | None, on_paper: date | None) -> date | None:
    """Return the day that advice was first submitted, else received on paper, else None."""
    return london_day(submitted_at) if submitted_at else on_paper


def pace_start(today: date) -> date:
    """Return the first day of the period in which answers and plans count as usual."""
    return today - relativedelta(months=PACE_MONTHS)


def count_advice(tx: Transaction, today: date) -> list[AdviceFigures]:
    """Count advice by its form; forms that can be asked for are there even without any."""
    days, awaited = _days_to_answer(tx, today), _count_awaited(tx, today)
    forms = catalogue(tx.services.settings.forms)
    names = {form for form, item in forms.items() if item.asked_for}
    return [
        AdviceFigures(
            form=form,
            title=forms[form].title if form in forms else form,
            awaited=awaited[form, False] + awaited[form, True],
            late=awaited[form, True],
            pace=usual_pace(days[form], forms[form].due_days if form in forms else SIX_WEEKS),
        )
        for form in sorted(names | days.keys() | {form for form, _ in awaited})
    ]


def _count_awaited(tx: Transaction, today: date) -> Counter[tuple[str, bool]]:
    """Count awaited advice of open cases by its form, and whether it is late and not excused."""
    late = sa.case((and_(col(AdviceRequest.due_on) < today, ~is_excused()), True), else_=False)
    query = (
        select(Submission.form, late.label("late"), func.count())
        .join(AdviceRequest, col(AdviceRequest.submission_id) == col(Submission.id))
        .join(Case, col(Case.id) == col(AdviceRequest.case_id))
        .where(
            awaits(),
            col(Case.closed).is_(False),
        )
        .group_by(col(Submission.form), "late")
    )
    return Counter({(form, bool(late)): count for form, late, count in tx.session.execute(query)})


def _days_to_answer(tx: Transaction, today: date) -> Mapping[str, list[int]]:
    """Return by form how many days it took until advice was first received, of the last months."""
    query = (
        sa.select(
            *(col(Submission.form), col(AdviceRequest.asked_on)),
            *(first_submitted(), received_on_paper()),
        )
        .join(AdviceRequest, col(AdviceRequest.submission_id) == col(Submission.id))
        .where(
            col(AdviceRequest.asked_on) >= pace_start(today) - relativedelta(months=PACE_MONTHS),
        )
    )
    days: defaultdict[str, list[int]] = defaultdict(list)
    for form, asked_on, submitted_at, on_paper in tx.session.execute(query):
        answered_on = answer_day(submitted_at, on_paper)
        if answered_on and answered_on >= pace_start(today):
            days[form].append(max(0, (answered_on - asked_on).days))
    return days
