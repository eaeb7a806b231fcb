"""Notices cover nothing that can be pressed, and never the child's name."""

import pytest
from textual.geometry import Region
from textual.widgets._toast import Toast

from shared.desk import CaseOut
from tests.parts import Factory, Someone
from tests.server.steps import start
from tests.tui.accounts.filling import choose
from tests.tui.conftest import AppFactory
from tests.tui.desk import cases
from tests.tui.steps import go_to, on_screen, screen_text, until, wait_until_idle
from tui.app import PortalApp


def toast_region(app: PortalApp) -> Region | None:
    return next((toast.region for toast in app.screen.query(Toast) if toast.region), None)


async def test_notice_after_a_step_covers_no_link_of_the_case(
    portal: AppFactory, me: Someone, someone: Factory
) -> None:
    officer = cases.create_officer(someone)
    case: CaseOut = cases.add_case(me, officer)
    app = portal(officer)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await go_to(pilot, f"cases/{case.id}", "What may be done now")
        await choose(pilot, "#do-take")
        await until(pilot, lambda: bool(toast_region(app)))
        for size in ((80, 24), (60, 20)):
            await pilot.resize_terminal(*size)
            await wait_until_idle(pilot)
            assert "▌ The case is yours now." in screen_text(app.screen).splitlines()[1]
            notice = toast_region(app)
            assert notice is not None
            pressed = [widget for widget in app.screen.query("*") if widget.focusable]
            assert [widget for widget in pressed if widget.region.overlaps(notice)] == []


LONG_NOTICE = "Recorded. " * 12


@pytest.mark.parametrize("size", [(80, 24), (60, 20)], ids=["80x24", "60x20"])
async def test_long_notice_covers_neither_the_child_nor_a_dialog(
    portal: AppFactory, me: Someone, someone: Factory, size: tuple[int, int]
) -> None:
    officer = cases.create_officer(someone)
    case: CaseOut = cases.add_case(me, officer)
    app = portal(officer)
    async with app.run_test(size=size, notifications=True) as pilot:
        await go_to(pilot, f"cases/{case.id}", "What may be done now")
        before = screen_text(app.screen).splitlines()
        app.notify(LONG_NOTICE)
        await until(pilot, lambda: len(notice_lines(app)) > 1)
        shown = notice_lines(app)
        lines = screen_text(app.screen).splitlines()
        assert lines[0] == before[0]
        assert lines[len(shown) + 1 :][:6] == before[2:8]
        await choose(pilot, "#do-event-withdrawn")
        await on_screen(pilot, "AddEvent")
        await until(pilot, lambda: len(notice_lines(app)) > 1)
        notice, dialog = toast_region(app), app.screen.query_one(".dialog")
        assert notice is not None and not dialog.region.overlaps(notice)
        assert app.screen.size.region.contains_region(dialog.region)
        app.notify("Saved.")
        await until(pilot, lambda: len(app.screen.query(Toast)) == 2)
        await pilot.click(Toast)
        await until(pilot, lambda: "▌ Saved." in screen_text(app.screen).splitlines()[1])
        place = dialog.region
        app.clear_notifications()
        await until(pilot, lambda: toast_region(app) is None)
        await until(pilot, lambda: dialog.region != place)
        await pilot.press("escape")
        await on_screen(pilot, "OpenCase")
        await until(pilot, lambda: screen_text(app.screen).splitlines()[:5] == before[:5])


def notice_lines(app: PortalApp) -> list[str]:
    """Return the lines of the notice."""
    region = toast_region(app)
    return screen_text(app.screen).splitlines()[region.y : region.bottom] if region else []


async def test_notice_in_a_form_covers_neither_the_child_nor_the_steps(
    portal: AppFactory, me: Someone
) -> None:
    submission = start(me)
    app = portal(me)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await go_to(pilot, f"forms/{submission}", "Ivo")
        before = screen_text(app.screen).splitlines()
        app.notify(LONG_NOTICE)
        await until(pilot, lambda: len(notice_lines(app)) > 1)
        lines = screen_text(app.screen).splitlines()
        assert lines[0] == before[0]
        assert lines[len(notice_lines(app)) + 1 :][:3] == before[1:4]
