"""The list of cases and each case's page agree after random work of three people."""

import re
from datetime import date, timedelta
from random import Random

import pytest

from server.core.database import Services
from shared.caselist import DeskView
from tests.parts import Clock, Factory, Someone
from tests.server.desk.steps import move_days
from tests.server.desk.walks import ADVICE_STATES, UNDECIDED, Page, Walk
from tests.server.steps import ok

ENDED = {
    "withdrawn",
    "joined",
    "refused_to_assess",
    "not_issued",
    "ceased",
    "transferred_out",
}
AWAITED = {"requested", "started", "returned"}
APPOINTMENTS = {"review_meeting", "hearing"}
OF_DISPUTES = {
    "mediation",
    "agreement",
    "appeal_response",
    "evidence",
    "hearing",
    "recommendation",
}
RIGHTS = {"representations", "appeal"}
SOON = timedelta(days=14)
DAY = re.compile(r"\d\d/\d\d/\d{4}")
DERIVED = {DeskView.FORECAST, DeskView.TRANSFERS}
"""Views that depend on the figures or on the child's age, and not on what is due."""


@pytest.mark.parametrize(
    ("seed", "count", "steps"),
    [(1, 10, 25), *(pytest.param(seed, 60, 60, marks=pytest.mark.slow) for seed in range(2, 12))],
)
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_list_and_page_agree_on_random_walks(
    me: Someone,
    officer: Someone,
    someone: Factory,
    services: Services,
    clock: Clock,
    seed: int,
    count: int,
    steps: int,
) -> None:
    random = Random(seed)
    professionals = [me, someone("ep@leicester.example", organisation="Psychology Service")]
    walks = [Walk(officer, professionals, clock, random) for _ in range(count)]
    possible = 0
    for _ in range(steps):
        move_days(clock, services, random.choice((0, 1, 5, 20, 45)))
        possible += sum(walk.step() for walk in walks)
        require_agreement(officer, walks, clock.now.date())
    for walk in walks[::3]:
        walk.read()
        require_same_progress(walk)
    assert possible > count * steps / 2


def require_agreement(officer: Someone, walks: list[Walk], today: date) -> None:
    """Require that every view lists the cases that belong to it, with what is due in each."""
    listed: dict[DeskView, dict[str, Page]] = {}
    for view in set(DeskView) - DERIVED:
        page = ok(officer.get("/v1/desk/cases", params={"view": view, "limit": 200})).json()
        assert page["total"] == len(page["rows"])
        listed[view] = {row["id"]: row for row in page["rows"]}
        if view is not DeskView.CLOSED:
            require_in_order(page["rows"])
    for walk in filter(lambda walk: walk.is_fresh, walks):
        views = {view for view, rows in listed.items() if str(walk.case) in rows}
        assert views == views_of(walk.page, today), (walk.steps, views)
        for view in views:
            require_same(listed[view][str(walk.case)], walk)


def require_in_order(shown: list[Page]) -> None:
    """Require that rows are in the order of the days that they show, and those with none last."""
    days = [DAY.search(row["next_words"]) for row in shown]
    keys = [day[0].split("/")[::-1] if day else ["9999"] for day in days]
    assert keys == sorted(keys)


def require_same(row: Page, walk: Walk) -> None:
    """Require that a row of the list says what the page of its case says."""
    page = walk.page
    days, excused_days = due_days(page)
    due = min(days) if days else min(excused_days, default=None)
    assert row["next_due"] == (str(due) if due else None), walk.steps
    assert row["excused"] == (not days and bool(excused_days)), walk.steps
    assert (
        row["next_words"] + (", with an exception" if row["excused"] else "") == page["next_words"]
    )
    assert (row["state"], row["received_on"]) == (page["state"], page["received_on"])
    assert row["advice"] == len(awaited_advice(page)), walk.steps
    last = [event for event in page["events"] if not event["removed"]][-1]
    assert row["last_words"].startswith(last["words"]), walk.steps


def require_same_progress(walk: Walk) -> None:
    """Require that the professional's page of the child shows the same case, without disputes."""
    path = f"/v1/people/{walk.person}/progress"
    progress = ok(walk.professional.get(path)).json()
    shown = {name: progress[name] for name in ("state", "state_words", "stages")}
    assert shown == {name: walk.page[name] for name in shown}, walk.steps
    due = [row["words"] for row in walk.page["deadlines"] if row["kind"] not in OF_DISPUTES]
    assert progress["due_words"] in {"", *due}, walk.steps


def awaited_advice(page: Page) -> list[Page]:
    """List the requests for advice that is awaited; nothing is awaited after an assessment."""
    awaited = [row for row in page["advice"] if row["awaited"]]
    assert not awaited or page["state"] in ADVICE_STATES | UNDECIDED
    assert all(row["state"] in AWAITED for row in awaited)
    return awaited


def due_days(page: Page) -> tuple[list[date], list[date]]:
    """List the days on which something is due, and those of excused deadlines."""
    own = [row for row in page["deadlines"] if row["kind"] not in APPOINTMENTS | RIGHTS]
    due = [row["due"] for row in [*own, *awaited_advice(page)] if not row["excused"]]
    excused = [row["due"] for row in own if row["excused"]]
    return [date.fromisoformat(day) for day in due], [date.fromisoformat(day) for day in excused]


def views_of(page: Page, today: date) -> set[DeskView]:
    """Return the views that list a case: it is open until nobody can appeal against its end."""
    appeals = [row["due"] for row in page["deadlines"] if row["kind"] == "appeal"]
    allowed = {choice["kind"] for choice in page["allowed"]}
    in_dispute = "dispute_dropped" in allowed and "appeal_lodged" not in allowed
    is_open = page["state"] not in ENDED or in_dispute or max(appeals, default="") >= str(today)
    if not is_open:
        return {DeskView.CLOSED}
    days, _ = due_days(page)
    conditions = {
        DeskView.ALL: True,
        DeskView.MINE: page["mine"],
        DeskView.DUE: any(day <= today + SOON for day in days),
        DeskView.OVERDUE: any(day < today for day in days),
        DeskView.NEW: page["new"],
    }
    return {view for view, holds in conditions.items() if holds}
