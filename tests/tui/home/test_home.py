"""Home: the services, the items waiting for the user, and the layout."""

from datetime import date
from uuid import uuid4

import httpx
import pytest
from rich.cells import cell_len
from textual.pilot import Pilot

from server.core.database import Services
from shared.accounts import SecondStep, Staff
from shared.home import FormDue, HomeOut, Part
from shared.places import PlaceKind
from shared.problems import Problem, ProblemCode
from tests.advice import assess
from tests.parts import Clock, Factory, Someone
from tests.server.steps import add_child, ok
from tests.tui.accounts.filling import choose
from tests.tui.conftest import AppFactory
from tests.tui.desk import cases
from tests.tui.home.waiting_items import add_draft, add_waiting_items
from tests.tui.messages.sending import send
from tests.tui.steps import on_screen, screen_text, until, wait_until_idle
from tui.app import PortalApp
from tui.core.errors import Refused
from tui.forms.editor import FormEditor
from tui.forms.filling import FillingMode
from tui.home.rows import build_parts, fit_rows
from tui.home.screen import RowLink


async def test_home_shows_welcome_and_both_services(
    portal: AppFactory, someone: Factory, services: Services
) -> None:
    me = someone()
    for number in range(3):
        send(services, me, subject=f"Number {number}")
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "[ Messages (3 unread) ]" in screen_text(pilot.app.screen))
        text = " ".join(screen_text(pilot.app.screen).split())
        assert (
            "Welcome to the Professional Portal. Below, you will see the service available to you."
        ) in text
        assert "To complete an advice form for a child allocated to you select" in text
        assert "To read your messages select 'Messages'" in text
        assert "[ Special Educational Needs and Disabilities ]" in text
        for link in ("Home", "My Account", "Sign Out"):
            assert link in text
        await choose(pilot, "#send")
        await on_screen(pilot, "SelectPerson")


async def test_services_require_two_step_verification(portal: AppFactory, someone: Factory) -> None:
    app = portal(someone(two_step=SecondStep.NONE))
    async with app.run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "Home")
        assert "switch on two step verification first" in " ".join(screen_text(app.screen).split())
        for button in ("#send", "#messages"):
            await choose(pilot, button)
            await until(pilot, lambda: "Preferred method" in screen_text(app.screen))
            assert "need to enable Two Step Verification" in screen_text(app.screen)
            await pilot.press("escape")
            await on_screen(pilot, "Home")


async def test_ctrl_c_explains_how_to_leave(portal: AppFactory, someone: Factory) -> None:
    async with portal(someone()).run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "Home")
        await pilot.press("ctrl+c")
        [notice] = pilot.app._notifications
        assert notice.message.startswith("Ctrl+Q leaves the portal")


async def test_unauthorised_reply_during_sign_out_is_ignored(
    portal: AppFactory, someone: Factory
) -> None:
    app = portal(someone())
    problem = Problem(
        title="No", status=401, code=ProblemCode.SIGN_IN_REQUIRED, detail="You are signed out."
    )
    async with app.run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "Home")
        app.session.sign_out()
        app.show_error(Refused(problem))
        await on_screen(pilot, "SignIn")
        assert [type(screen).__name__ for screen in app.screen_stack[1:]] == ["SignIn"]


async def wait_until_loaded(pilot: Pilot[None]) -> None:
    """Wait until Home shows its rows, with the focus on the first."""
    await until(pilot, lambda: isinstance(pilot.app.focused, RowLink) and all(row_texts(pilot)))


def row_texts(pilot: Pilot[None]) -> list[str]:
    return [" ".join(str(row.content).split()) for row in pilot.app.screen.query(RowLink)]


@pytest.fixture
def officer(someone: Factory) -> Someone:
    return someone("priya@leicester.example", staff=Staff.OFFICER)


async def test_home_lists_waiting_items_and_opens_each_with_enter(
    portal: AppFactory, me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    add_waiting_items(me, officer, services, clock)
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_until_loaded(pilot)
        starts = (
            "◐ Ivo Larkspur-Dunne Professional Request for",
            "! Nell Quayle-Adeyemi Professional",
            "● Rafi Thornbury Educational",
            "● Message: A form was shared with you",
            "● Message: A form was returned to you",
            "● Rafi Thornbury Decided to assess: news of a child on your list",
        )
        ends = ("step 2 of 8 saved 10:42", "returned", "due 13/04/2026 42 days left")
        for line, start in zip(row_texts(pilot), starts, strict=True):
            assert line.startswith(start)
        for line, end in zip(row_texts(pilot), ends, strict=False):
            assert line.endswith(end)
        for row, screen in ((0, "FormEditor"), (3, "ReadMessage"), (5, "Progress")):
            rows = list(app.screen.query(RowLink))
            rows[row].focus()
            await pilot.press("enter")
            await on_screen(pilot, screen)
            await pilot.press("escape")
            await on_screen(pilot, "Home")
            await wait_until_idle(pilot)


async def test_c_opens_the_last_form_and_m_the_newest_message(
    portal: AppFactory, me: Someone, services: Services
) -> None:
    form = add_draft(me, add_child(me))
    send(services, me, subject="Newest")
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_until_loaded(pilot)
        await pilot.press("c")
        await on_screen(pilot, "FormEditor")
        assert isinstance(app.screen, FormEditor)
        await until(pilot, lambda: "Step 2 of 8" in screen_text(app.screen))
        assert isinstance(app.screen._mode, FillingMode)
        assert app.screen._mode.state.id == form
        await pilot.press("escape")
        await on_screen(pilot, "Home")
        await pilot.press("m")
        await on_screen(pilot, "ReadMessage")
        await until(pilot, lambda: "Newest" in screen_text(app.screen))


async def test_child_news_is_marked_as_read_when_opened(
    portal: AppFactory, me: Someone, officer: Someone
) -> None:
    assess(officer, me, add_child(me))
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "News of your children" in screen_text(app.screen))
        next(row for row in app.screen.query(RowLink) if row.row.message).focus()
        await pilot.press("enter")
        await on_screen(pilot, "Progress")
        await wait_until_idle(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: "News of your children" not in screen_text(app.screen))


async def test_up_and_down_move_between_rows_and_services(
    portal: AppFactory, me: Someone, services: Services
) -> None:
    for subject in ("One", "Two"):
        send(services, me, subject=subject)
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_until_loaded(pilot)
        rows = list(app.screen.query(RowLink))
        for key, expected in (
            ("up", rows[0]),
            ("down", rows[1]),
            ("down", app.screen.query_one("#send")),
            ("down", app.screen.query_one("#messages")),
            ("down", app.screen.query_one("#messages")),
            ("up", app.screen.query_one("#send")),
        ):
            await pilot.press(key)
            assert app.focused is expected
            [line] = rows[0].render_lines(rows[0].size.region)
            assert line.text.startswith("▸") is (expected is rows[0])


async def test_new_item_is_shown_and_focus_stays_on_its_row(
    portal: AppFactory, me: Someone, services: Services
) -> None:
    add_draft(me, add_child(me))
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_until_loaded(pilot)
        send(services, me, subject="Meanwhile")
        app.message_poller.check()
        await until(pilot, lambda: "Meanwhile" in screen_text(app.screen))
        assert isinstance(app.focused, RowLink)
        assert app.focused.row.place.kind is PlaceKind.CONTINUE_FORM


class FailingHomeTransport(httpx.AsyncBaseTransport):
    """Refuses the connection when Home loads its items."""

    def __init__(self, app: PortalApp) -> None:
        assert app.client._transport is not None
        self._transport = app.client._transport
        app.client._transport = self

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/home":
            raise httpx.ConnectError("down")
        return await self._transport.handle_async_request(request)


async def test_services_are_available_when_home_cannot_be_loaded(
    portal: AppFactory, me: Someone
) -> None:
    app = portal(me)
    FailingHomeTransport(app)
    async with app.run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "Home")
        await until(pilot, lambda: app.focused is app.screen.query_one("#send"))
        assert app._notifications


async def test_officer_sees_cases(portal: AppFactory, me: Someone, officer: Someone) -> None:
    case = cases.add_case(me, officer)
    ok(officer.put(f"/v1/desk/cases/{case.id}/officer"))
    cases.add_case(me, officer, first_name="Nell")
    app = portal(officer)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_until_loaded(pilot)
        text = screen_text(app.screen)
        assert "Your cases, by their next deadline" in text
        assert "Cases without an officer" in text
        assert row_texts(pilot)[0] == "● Ivo Larkspur-Dunne Decision due 13/04/2026 42 days left"
        await pilot.press("enter")
        await on_screen(pilot, "OpenCase")


TODAY = date(2026, 3, 2)
FORM_TITLE = "Educational Advice for Statutory EHC Assessment"


def make_form_due(name: str, due_date: date | None, *, returned: bool = False) -> FormDue:
    return FormDue(
        submission=uuid4(), person_name=name, title=FORM_TITLE, due=due_date, returned=returned
    )


@pytest.mark.parametrize("width", [54, 74, 114])
def test_rows_fit_width_and_name_is_truncated_last(width: int) -> None:
    long_name = "Bartholomew-Christopher Featherstonehaugh-Cholmondeley"
    home = HomeOut(today=TODAY)
    home.due = Part(
        rows=[
            make_form_due("Ivo Dunne", date(2026, 3, 4)),
            make_form_due(long_name, date(2026, 2, 27)),
        ]
    )
    [part] = build_parts(home)
    lines = fit_rows(part.rows, width)
    assert all(cell_len(line) <= width for line in lines)
    assert "due 04/03/2026" in lines[0]
    assert lines[0].endswith("2 days left")
    assert lines[1].endswith("3 days late")
    assert lines[1].startswith("! Bartholomew-Christopher"[:22])
    assert (long_name in lines[1]) or "…" in lines[1]
    assert [row.mark for row in part.rows] == ["soon", "late"]


def test_home_shows_no_part_without_rows() -> None:
    assert build_parts(HomeOut(today=TODAY)) == []


def test_number_of_further_rows_is_kept() -> None:
    home = HomeOut(today=TODAY)
    home.due = Part(rows=[make_form_due("Ivo Dunne", None, returned=True)], more=3)
    [part] = build_parts(home)
    assert (part.title, part.more) == ("Needs you", 3)
    assert part.rows[0].cells == ("Ivo Dunne", FORM_TITLE, "returned", "")
