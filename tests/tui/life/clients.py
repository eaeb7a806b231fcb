"""The clients of the three people in the life of a case, and what each of them is to see."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from textual.pilot import Pilot

from server.core.database import Services
from server.figures.computing import LEAST_AGE
from shared.caselist import DeskView
from shared.cases.actions import EventRow
from shared.cases.states import STAGE_LABELS
from shared.desk import AdviceRow
from shared.figures.figures import Figures, FiguresOut
from shared.places import read_place
from shared.publications import PLAN_OF
from shared.values.days import format_day, parse_day
from tests.parts import Clock, Someone
from tests.server.desk.steps import move_days
from tests.server.steps import ok
from tests.tui.accounts.filling import choose, fill, set_text
from tests.tui.conftest import AppFactory
from tests.tui.desk.cases import read_case
from tests.tui.steps import (
    dialog_text,
    go_to,
    on_screen,
    screen_text,
    text_of,
    until,
    wait_for_text,
)
from tui.app import PortalApp
from tui.desk.case import OpenCase
from tui.desk.cases_list import Cases
from tui.widgets.timeline import Timeline

SIZE = (120, 50)
FOR_OFFICERS = "heron"
"""A word in all that an officer writes about the case; no professional ever sees it."""
REASON = f"As the {FOR_OFFICERS} panel said."


NAME = "Larkspur-Dunne, Ivo"


def timeline_on(pilot: Pilot[None]) -> str:
    """Return the timeline that the screen on top shows."""
    return str(pilot.app.screen.query_one(Timeline).content)


class Professional:
    """A professional's client, opened where a page of theirs is looked at."""

    def __init__(self, name: str, account: Someone, portal: AppFactory) -> None:
        self.name, self.account, self._portal = name, account, portal

    def read_progress(self, person: UUID) -> dict[str, Any]:
        """Return the child's progress page, after checking that nothing of the officers is in it.

        Their list and their messages are checked too.
        """
        replies = [
            ok(self.account.get(f"/v1/people/{person}/progress")),
            ok(self.account.get("/v1/people")),
            ok(self.account.get("/v1/messages")),
            ok(self.account.get("/v1/home")),
        ]
        for reply in replies:
            assert FOR_OFFICERS not in reply.text, self.name
        page: dict[str, Any] = replies[0].json()
        return page

    async def look(self, person: UUID, *texts: str) -> None:
        """Open the child's progress page in the client, and wait for texts on it."""
        async with self._portal(self.account).run_test(size=SIZE) as pilot:
            await go_to(pilot, f"people/{person}", "What happens now?")
            shown = screen_text(pilot.app.screen)
            for text in texts:
                assert text in shown, f"{text!r} is not on {self.name}'s page:\n{shown}"
            assert FOR_OFFICERS not in shown


class Desk:
    """The officer's client, which is open during the whole life of the case."""

    def __init__(
        self, pilot: Pilot[None], officer: Someone, services: Services, clock: Clock
    ) -> None:
        self.pilot, self.officer = pilot, officer
        self._services, self._clock = services, clock
        self.case = UUID(int=0)

    @property
    def today(self) -> date:
        """The day that it is."""
        return self._clock.now.date()

    def go_to_day(self, day: str) -> None:
        """Move the clock to a day, with everybody signed in."""
        move_days(self._clock, self._services, (parse_day(day) - self.today).days)

    def open_place(self, place: str) -> None:
        """Open a place, as a link or a command does."""
        app = self.pilot.app
        assert isinstance(app, PortalApp)
        app.navigation.open_place(read_place(place))

    async def _settle(self) -> None:
        await until(
            self.pilot, lambda: all(worker.is_finished for worker in self.pilot.app.workers)
        )

    async def open_list(self) -> str:
        """Go back to the list of cases, or open it, and return its text."""
        if any(isinstance(screen, Cases) for screen in self.pilot.app.screen_stack):
            while not isinstance(self.pilot.app.screen, Cases):
                await self.pilot.press("escape")
        else:
            self.open_place("cases")
        await on_screen(self.pilot, "Cases")
        await until(self.pilot, lambda: " found" in text_of(self.pilot, "#found"))
        await self._settle()
        return screen_text(self.pilot.app.screen)

    async def open_case(self) -> None:
        """Open the case, from the list if it is there."""
        screen = self.pilot.app.screen
        if isinstance(screen, Cases) and screen.table.current:
            await self.pilot.press("enter")
        else:
            self.open_place(f"cases/{self.case}")
        await self.wait_for_case()

    async def wait_for_case(self) -> None:
        """Wait until the case is shown."""
        await on_screen(self.pilot, "OpenCase")
        await until(self.pilot, lambda: bool(text_of(self.pilot, "#next")))
        await self._settle()

    async def record(
        self,
        kind: str,
        *warnings: str,
        on: str = "",
        day: str = "",
        reason: str = "",
        refused: str = "",
    ) -> None:
        """Record an event, by default of today, on the case's page, and confirm the warnings.

        It is cancelled if it must be `refused` with these words.
        """
        if not isinstance(self.pilot.app.screen, OpenCase):
            await self.open_case()
        await choose(self.pilot, f"#do-event-{kind}")
        await on_screen(self.pilot, "SendPlan" if kind in PLAN_OF else "AddEvent")
        days = {"on": on, "day": day}
        await fill(self.pilot, **{name: text for name, text in days.items() if text})
        if reason:
            set_text(self.pilot, "reason", reason)
        await self.pilot.press("ctrl+s")
        if refused:
            await until(self.pilot, lambda: refused in screen_text(self.pilot.app.screen))
            await self.pilot.press("escape")
        elif warnings:
            await on_screen(self.pilot, "ChoiceDialog")
            shown = dialog_text(self.pilot)
            for warning in warnings:
                assert warning in shown
            await self.pilot.press("tab", "enter")
        await self.wait_for_case()

    def read_row(self, view: DeskView) -> dict[str, Any] | None:
        """Return the row of the case in a view of the list, or None."""
        page = ok(self.officer.get("/v1/desk/cases", params={"view": view})).json()
        assert page["total"] == len(page["rows"])
        return next((row for row in page["rows"] if row["id"] == str(self.case)), None)

    def compute_figures(self) -> Figures:
        """Compute the caseload in figures again, once it is old enough, and return it."""
        self._clock.now += LEAST_AGE
        reply = ok(self.officer.post("/v1/figures/computations"))
        figures = FiguresOut.model_validate_json(reply.text).figures
        assert figures is not None
        return figures

    def last_event(self) -> EventRow:
        """Return the newest event of the history."""
        return read_case(self.officer, self.case).events[-1]

    def history(self) -> list[tuple[str, str]]:
        """Return the day and the words of every event, oldest first."""
        events = read_case(self.officer, self.case).events
        assert {event.by for event in events} == {"Ada Priya"}
        return [(format_day(event.on), event.words) for event in events]

    def advice_of(self, professional: Someone) -> AdviceRow:
        """Return the request for advice of a professional."""
        advice = read_case(self.officer, self.case).advice
        return next(row for row in advice if row.account == professional.id)

    async def enter_paper_request(self, find: str, *, on: str, asked_by: str) -> None:
        """Enter a request on paper for the child that a search finds."""
        self.open_place("cases/new")
        await on_screen(self.pilot, "EnterRequest")
        await wait_for_text(self.pilot, "What the child finds difficult")
        self.pilot.app.screen.query_one("Finder Input").focus()
        await self.pilot.press(*find)
        await wait_for_text(self.pilot, "Ivo Larkspur-Dunne")
        await self.pilot.press("enter")
        await fill(self.pilot, received_on=on, asked_by=asked_by)
        await self.pilot.press("ctrl+s")
        await self.wait_for_case()
        self._find_new_case()

    async def take_over_plan(self, *, day: str) -> None:
        """Open a case of the child by a plan that was last reviewed on a day."""
        self.open_place("cases/open")
        await on_screen(self.pilot, "OpenCaseWithoutRequest")
        await self.pilot.press(*"ivo")
        await wait_for_text(self.pilot, "Ivo Larkspur-Dunne")
        await self.pilot.press("enter")
        await fill(self.pilot, kind="plan_transferred_in", day=day, reason="Nottingham City")
        await self.pilot.press("ctrl+s")
        await self.wait_for_case()
        self._find_new_case()

    def _find_new_case(self) -> None:
        [row] = ok(self.officer.get("/v1/desk/cases")).json()["rows"]
        self.case = UUID(row["id"])

    async def match_as_known(self) -> None:
        """Match the new child with the only known child that is alike."""
        await choose(self.pilot, "#do-match")
        await wait_for_text(self.pilot, "1 of 1 known")
        await choose(self.pilot, "#same")
        await on_screen(self.pilot, "ChoiceDialog")
        await self.pilot.press("tab", "enter")
        await self.wait_for_case()

    async def take_on(self) -> None:
        """Take the case on."""
        await choose(self.pilot, "#do-take")
        await wait_for_text(self.pilot, "you have it")

    async def look_at(self, page: str, *texts: str) -> None:
        """Open a page of the case, and wait for texts on it."""
        self.open_place(f"cases/{self.case}/{page}")
        for text in texts:
            await wait_for_text(self.pilot, text)


class Life:
    """The case, and the three people who look at it."""

    def __init__(self, desk: Desk, *professionals: Professional) -> None:
        self.desk, self.professionals = desk, list(professionals)
        self.person = UUID(int=0)

    async def expect(
        self,
        state: str,
        timeline: str,
        *due: str,
        next: str | None = None,
        views: str = "all mine",
        shown: str | None = None,
    ) -> None:
        """Require what each of the three sees today.

        `due` are the deadlines of the case's page, of which the list shows `next` (by default the
        first), and professionals see `shown` (by default the next).
        """
        if next is None:
            next = due[0].removeprefix("! ") if due else ""
        self._expect_in_figures(timeline, views, due)
        await self._expect_in_list(next, views)
        await self.desk.open_case()
        pilot = self.desk.pilot
        assert text_of(pilot, "#standing").startswith(f"{state} · ")
        assert timeline_on(pilot) == timeline
        assert text_of(pilot, "#next").removeprefix("! ") == (next or "Nothing is due.")
        assert due_on(pilot) == list(due)
        stages = read_case(self.desk.officer, self.desk.case).model_dump(mode="json")["stages"]
        for professional in self.professionals:
            page = professional.read_progress(self.person)
            assert page["state_words"] == state
            assert page["due_words"] == (next if shown is None else shown), professional.name
            assert page["stages"] == stages

    async def _expect_in_list(self, next: str, views: str) -> None:
        """Require the views that list the case, and the deadline that its rows show."""
        rows = {view: self.desk.read_row(view) for view in DeskView}
        assert " ".join(view for view, row in rows.items() if row) == views
        for row in filter(None, rows.values()):
            assert row["next_words"] + (", with an exception" if row["excused"] else "") == next
            assert not row["next_due"] or format_day(date.fromisoformat(row["next_due"])) in next
        list_lines = [line.partition("│")[0] for line in (await self.desk.open_list()).splitlines()]
        lines = [line for line in list_lines if NAME in line]
        assert len(lines) == ("all" in views.split())
        name, _, days_left = next.rpartition(" · ")
        for line in lines:
            assert (f"{name[-10:]} · {days_left}" if next else "nothing is due") in line

    def _expect_in_figures(self, timeline: str, views: str, due: Sequence[str]) -> None:
        """Require that the figures count the case where the timeline shows it, and as late."""
        figures = self.desk.compute_figures()
        is_open = "all" in views.split()
        stages = {
            stage: int(is_open and f"● {label}" in timeline)
            for stage, label in STAGE_LABELS.items()
        }
        assert figures.stages == stages
        late = [line for line in due if line.startswith("! ") and "Advice due" not in line]
        assert sum(figures.late.values()) == len(late)


def due_on(pilot: Pilot[None]) -> list[str]:
    """Return the deadlines on the case's page."""
    lines = [line.strip() for line in screen_text(pilot.app.screen).splitlines()]
    if "What is due" not in lines:
        return []
    due = lines[lines.index("What is due") + 1 : lines.index("What may be done now")]
    other = ("! Letter due", "Exception: ", "Not asked for yet: ", "The family's views")
    return [line for line in due if line and not line.startswith(other)]
