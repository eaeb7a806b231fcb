"""The base class of screens: waiting for the server, and the first layout."""

from collections.abc import Callable

import pytest
from rich.console import RenderableType
from textual._compositor import Compositor, ReflowResult
from textual.geometry import Size
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Button

from shared.places import Place, PlaceKind
from tests.parts import Factory
from tests.tui.conftest import AppFactory
from tests.tui.hanging_transport import HangingTransport
from tests.tui.steps import on_screen, screen_text, until, wait_until_idle
from tui.widgets import layouts
from tui.widgets.key_order import is_in_view
from tui.widgets.screen import PortalScreen


async def test_late_timer_shows_no_progress_message(
    portal: AppFactory, someone: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with portal(someone()).run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "Home")
        screen = pilot.app.screen
        assert isinstance(screen, PortalScreen)
        callbacks: list[Callable[[], None]] = []
        set_timer = screen.set_timer

        def record_timer(delay: float, callback: Callable[[], None]) -> Timer:
            callbacks.append(callback)
            return set_timer(delay)

        async def do_nothing() -> None:
            return

        monkeypatch.setattr(screen, "set_timer", record_timer)
        screen.call(do_nothing())
        await wait_until_idle(pilot)
        monkeypatch.undo()
        [callback] = callbacks
        callback()
        await pilot.pause()
        assert "Working" not in screen_text(pilot.app.screen)


async def test_new_screen_is_drawn_when_its_data_is_there(
    portal: AppFactory, someone: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layouts, "HOLD_SECONDS", 60.0)
    app = portal(someone())
    transport = HangingTransport(app, "/people")
    async with app.run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "Home")
        app.navigation.open_place(Place(PlaceKind.PEOPLE))
        await until(pilot, lambda: transport.is_holding)
        await pilot.pause()
        assert screen_text(app.screen).strip() == ""
        transport.released.set()
        await until(pilot, lambda: "0 records found" in screen_text(app.screen))


async def test_new_screen_is_drawn_without_its_data_after_a_moment(
    portal: AppFactory, someone: Factory
) -> None:
    app = portal(someone())
    transport = HangingTransport(app, "/people")
    async with app.run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "Home")
        app.navigation.open_place(Place(PlaceKind.PEOPLE))
        await until(pilot, lambda: "Add child" in screen_text(app.screen))
        assert transport.is_holding
        assert "records found" not in screen_text(app.screen)
        transport.released.set()


@pytest.mark.parametrize("place", [PlaceKind.MESSAGES, PlaceKind.ACCOUNT])
async def test_new_screen_is_laid_out_once_and_drawn_once(
    portal: AppFactory, someone: Factory, monkeypatch: pytest.MonkeyPatch, place: PlaceKind
) -> None:
    monkeypatch.setattr(layouts, "HOLD_SECONDS", 60.0)
    laid_out: list[Widget] = []
    drawings: list[Screen[object]] = []
    lay_out, draw = Compositor.reflow, Compositor.render_update

    def count_layout(self: Compositor, parent: Widget, size: Size) -> ReflowResult:
        laid_out.append(parent)
        return lay_out(self, parent, size)

    def count_drawing(
        self: Compositor, full: bool = False, screen_stack: list[Screen[object]] | None = None
    ) -> RenderableType | None:
        if self.size.region in self._dirty_regions and isinstance(self.root, Screen):
            drawings.append(self.root)
        return draw(self, full, screen_stack)

    app = portal(someone())
    async with app.run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "Home")
        await wait_until_idle(pilot)
        monkeypatch.setattr(Compositor, "reflow", count_layout)
        monkeypatch.setattr(Compositor, "render_update", count_drawing)
        app.navigation.open_place(Place(place))
        await until(pilot, lambda: app.screen in drawings)
        await wait_until_idle(pilot)
        assert laid_out == [app.screen]
        assert drawings == [app.screen]


def test_closed_widget_needs_no_scrolling() -> None:
    assert is_in_view(Button("Save"))
