"""Notices cover nothing that can be pressed."""

from textual.geometry import Region
from textual.widgets._toast import Toast

from shared.desk import CaseOut
from tests.parts import Factory, Someone
from tests.tui.accounts.filling import choose
from tests.tui.conftest import AppFactory
from tests.tui.desk import cases
from tests.tui.steps import go_to, screen_text, until, wait_until_idle
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
