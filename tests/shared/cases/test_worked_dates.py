"""Worked dates of the law: each counted by hand, with the regulation that it follows from.

Reg. is of the SEND Regulations 2014 where nothing else is said; "rules" are the Tribunal's.
"""

from datetime import date
from pathlib import Path

import pytest

from shared.cases.deadlines import DeadlineKind, compute_deadlines
from shared.cases.events import EventKind, PastEvent
from shared.values.days import parse_day

TABLE = Path(__file__).with_name("worked_dates.txt")


def read_table() -> list[tuple[str, list[PastEvent], DeadlineKind, date]]:
    """Read the table: a regulation, what it says, the deadline, and the events below."""
    rows: list[tuple[str, list[PastEvent], DeadlineKind, date]] = []
    for line in TABLE.read_text().splitlines():
        if line.startswith("    "):
            kind, *days = line.split()
            rows[-1][1].append(PastEvent(EventKind(kind), *map(parse_day, days)))
        else:
            regulation, text, result = line.split(" | ")
            kind, day = result.split()
            rows.append((f"{regulation} {text}", [], DeadlineKind(kind), parse_day(day)))
    return rows


ROWS = read_table()


@pytest.mark.parametrize(
    ("events", "kind", "due"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_worked_date(events: list[PastEvent], kind: DeadlineKind, due: date) -> None:
    deadlines = {item.kind: item.due for item in compute_deadlines(events)}
    assert deadlines[kind] == due
