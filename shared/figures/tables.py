"""The caseload in figures as tables of labelled numbers: for the screen, CSV and PDF."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from shared.caselist import NOBODY, NOBODY_YET, DeskView
from shared.cases.deadlines import DEADLINE_LABELS
from shared.cases.states import STAGE_LABELS
from shared.figures.figures import WEEK_BANDS, Figures
from shared.figures.forecast import ENOUGH, PACE_MONTHS, Outlook, Pace

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
OUTLOOK_LABELS: dict[Outlook, str] = {
    Outlook.IN_TIME: "By the deadline",
    Outlook.MISSES: "After the deadline",
    Outlook.MISSED: "The deadline has passed",
    Outlook.EXCUSED: "With a recorded exception",
}


class FigureRow(NamedTuple):
    """A labelled number; `cases` is the target of the list of its cases, or ''."""

    label: str
    number: int
    words: str = ""
    cases: str = ""


class FigureTable(NamedTuple):
    """Rows that are compared with each other, and a note on how they are counted.

    `line` has a share for each row, or None if there is none, to be drawn on a screen.
    """

    title: str
    note: str
    rows: Sequence[FigureRow]
    line: Sequence[float | None] = ()


def week_labels() -> list[str]:
    """Return the labels of the bands of weeks."""
    starts = (0, *WEEK_BANDS)
    labels = [f"{start} to {end} weeks" for start, end in zip(starts, WEEK_BANDS, strict=False)]
    return [f"Up to {WEEK_BANDS[0]} weeks", *labels[1:], f"More than {WEEK_BANDS[-1]} weeks"]


def caseload_tables(figures: Figures) -> list[FigureTable]:
    """Build the tables of open cases."""
    stages = [
        FigureRow(STAGE_LABELS[stage], count, cases=f"stage-{stage}")
        for stage, count in figures.stages.items()
    ]
    weeks = [
        FigureRow(label, count) for label, count in zip(week_labels(), figures.weeks, strict=True)
    ]
    total = sum(figures.stages.values())
    return [
        FigureTable("Open cases by stage", f"{total:,} in all.", stages),
        FigureTable(
            "Weeks since the request",
            "Cases without a first plan yet, whether or not an assessment was agreed.",
            weeks,
        ),
    ]


def plan_tables(figures: Figures) -> list[FigureTable]:
    """Build the tables of first plans of the year."""
    plans = figures.plans
    rows = [
        FigureRow("Within 20 weeks", plans.in_time),
        FigureRow("Later", plans.late),
        FigureRow("Within 20 weeks, with an exception", plans.excused_in_time),
        FigureRow("Later, with an exception", plans.excused_late),
        FigureRow("After an order or agreement", plans.ordered),
    ]
    months = [
        FigureRow(MONTHS[index], month.total, f"({month.share} in time)" if month.total else "")
        for index, month in enumerate(figures.months)
    ]
    return [
        FigureTable(
            f"First plans issued in {figures.year}",
            f"{plans.share} within 20 weeks without exceptions, as the DfE publishes it; "
            f"{plans.share_with_excused} with them. Plans after an order of the Tribunal or an "
            "agreement have a period of their own and are in neither.",
            rows,
        ),
        FigureTable(
            "By month",
            "With the share without exceptions.",
            months,
            [month.share_in_time for month in figures.months],
        ),
    ]


def late_tables(figures: Figures) -> list[FigureTable]:
    """Build the table of what is late now."""
    overdue = str(DeskView.OVERDUE)
    deadlines = [
        FigureRow(DEADLINE_LABELS[kind], count, cases=overdue)
        for kind, count in figures.late.items()
    ]
    advice = [
        FigureRow(f"Advice: {item.title}", item.late, cases=overdue)
        for item in figures.advice
        if item.late
    ]
    cases = "case" if figures.late_cases == 1 else "cases"
    note = f"In {figures.late_cases:,} {cases}. A case counts once for each thing that is late."
    return [FigureTable("Late now, without exceptions", note, [*deadlines, *advice])]


def advice_tables(figures: Figures) -> list[FigureTable]:
    """Build the tables of advice by kind."""
    awaited = [
        FigureRow(item.title, item.awaited, f"({item.late:,} late)") for item in figures.advice
    ]
    usual = [
        FigureRow(item.title, item.pace.days, pace_words(item.pace)) for item in figures.advice
    ]
    return [
        FigureTable("Advice awaited now", "Not submitted yet, or returned.", awaited),
        FigureTable(
            "Usual days until advice comes",
            f"From asking to the first submission, in the last {PACE_MONTHS} months. With fewer "
            f"than {ENOUGH} answers, the days allowed are taken.",
            usual,
        ),
    ]


def pace_words(pace: Pace) -> str:
    """Describe the days of a pace by what they are taken from."""
    if pace.is_usual:
        return f"days (median of {pace.answers:,})"
    if not pace.answers:
        return "days allowed (no answers yet)"
    return f"days allowed (only {pace.answers} {'answer' if pace.answers == 1 else 'answers'})"


def forecast_tables(figures: Figures) -> list[FigureTable]:
    """Build the tables of the forecast."""
    after = figures.after_advice
    rows = [
        FigureRow(
            OUTLOOK_LABELS[outlook],
            figures.outlook.get(outlook, 0),
            cases=str(DeskView.FORECAST) if outlook is Outlook.MISSES else "",
        )
        for outlook in Outlook
    ]
    note = (
        "When the final plan would come if advice comes at its usual pace: each advice that is "
        "awaited after its usual days, or today if they have passed; then the plan after "
        f"{after.days} days ({_after_words(after)}). Where no advice was asked for, all kinds are "
        f"taken as asked for today. {figures.undecided:,} requests are not decided yet, and "
        f"{figures.ordered:,} cases have a period of their own: they are not in it."
    )
    months = [
        FigureRow(
            f"{MONTHS[item.month.month - 1]} {item.month.year}",
            item.total,
            f"({item.share} in time)" if item.total else "",
        )
        for item in figures.coming
    ]
    return [
        FigureTable("Final plans to come", note, rows),
        FigureTable(
            "By month of the deadline",
            "With the share that would come by the deadline, without exceptions.",
            months,
            [item.share_in_time for item in figures.coming],
        ),
    ]


def _after_words(after: Pace) -> str:
    if after.is_usual:
        return f"the median of {after.answers:,} plans of the last {PACE_MONTHS} months"
    plans = {0: "no plan", 1: "only 1 plan"}.get(after.answers, f"only {after.answers} plans")
    return f"what the 20 weeks leave; {plans} followed advice in {PACE_MONTHS} months"


def officer_tables(figures: Figures) -> list[FigureTable]:
    """Build the table of officers."""
    rows = [
        FigureRow(
            item.name or NOBODY_YET,
            item.cases,
            f"({item.late:,} late)",
            f"officer-{item.id or NOBODY}",
        )
        for item in figures.officers
    ]
    return [FigureTable("Open cases by officer", "And in how many something is late.", rows)]


SECTIONS: dict[str, Callable[[Figures], list[FigureTable]]] = {
    "Cases": caseload_tables,
    "Within 20 weeks": plan_tables,
    "Late": late_tables,
    "Advice": advice_tables,
    "Forecast": forecast_tables,
    "Officers": officer_tables,
}
"""The parts of the figures, in the order in which they are shown."""


def all_tables(figures: Figures) -> list[FigureTable]:
    """Build all tables."""
    return [table for build in SECTIONS.values() for table in build(figures)]
