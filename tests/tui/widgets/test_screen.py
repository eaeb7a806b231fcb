"""The base class of screens: waiting for the server, and the first layout."""

import asyncio
from collections.abc import Callable

import pytest
from rich.console import RenderableType
from textual._compositor import Compositor, ReflowResult
from textual.app import ComposeResult
from textual.geometry import Size
from textual.pilot import Pilot
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Button, Static
from textual.worker import WorkerState

from shared.places import Place, PlaceKind
from tests.parts import Factory, Someone
from tests.tui.conftest import AppFactory
from tests.tui.hanging_transport import HangingTransport
from tests.tui.steps import on_screen, screen_text, until, wait_until_idle
from tui.core.errors import PortalError
from tui.widgets import layouts
from tui.widgets.dialog import Dialog
from tui.widgets.key_order import is_in_view
from tui.widgets.screen import PortalScreen


async def test_late_timer_shows_no_progress_message(
    portal: AppFactory, someone: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with portal(someone()).run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "Home")
        await wait_until_idle(pilot)  # the screen has timers of its own until it is loaded
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
        self: Compositor,
        full: bool = False,
        screen_stack: list[Screen[object]] | None = None,
        simplify: bool = False,
    ) -> RenderableType | None:
        if self.size.region in self._dirty_regions and isinstance(self.root, Screen):
            drawings.append(self.root)
        return draw(self, full, screen_stack, simplify)

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


async def test_app_ends_while_a_new_screen_settles(portal: AppFactory) -> None:
    async with asyncio.timeout(20), portal().run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "SignIn")
        screen = pilot.app.screen
        assert isinstance(screen, PortalScreen)
        pilot.app._begin_batch()  # as the app does when it closes its screens
        screen.call_later(screen._settle)


class Record(Static):
    """Loads something in a worker of its screen; the reply comes while the screen is closing."""

    def on_mount(self) -> None:
        self._reply = asyncio.Event()
        self.screen.run_worker(self._load(), exit_on_error=False)

    async def _load(self) -> None:
        screen = self.screen
        await self._reply.wait()
        screen.query_one(Record)

    def on_unmount(self) -> None:
        self._reply.set()


class Loading(PortalScreen):
    def body(self) -> ComposeResult:
        yield Record()


class Asking(Dialog[None]):
    def compose(self) -> ComposeResult:
        yield Record()


@pytest.mark.parametrize("screen", [Loading, Asking])
async def test_work_of_a_closing_screen_ends_before_its_widgets_are_removed(
    portal: AppFactory, screen: type[Loading | Asking]
) -> None:
    async with portal().run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "SignIn")
        await pilot.app.push_screen(screen())
        [worker] = [worker for worker in pilot.app.workers if worker.node is pilot.app.screen]
        await pilot.app.pop_screen()
        assert worker.state is WorkerState.CANCELLED


def test_closed_widget_needs_no_scrolling() -> None:
    assert is_in_view(Button("Save"))


class OpeningScreen(PortalScreen):
    """A screen that notes whether its widgets were there when it sent a request and had a reply."""

    def __init__(self, error: PortalError | None = None) -> None:
        super().__init__()
        self.noted: list[bool] = []
        self._error = error

    def body(self) -> ComposeResult:
        yield Static("Nothing")

    def load(self) -> None:
        self.call(self._load(), on_error=lambda _: self.noted.append(self.is_mounted))

    async def _load(self) -> None:
        self.noted.append(self.is_mounted)
        await self.when_made(self._ask())
        self.noted.append(self.is_mounted)

    async def _ask(self) -> None:
        if self._error:
            raise self._error


@pytest.mark.parametrize("error", [None, PortalError("No answer")])
async def test_first_request_is_sent_before_the_widgets_are_made(
    portal: AppFactory, me: Someone, error: PortalError | None
) -> None:
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "Home")
        screen = OpeningScreen(error)
        pilot.app.push_screen(screen)
        await until(pilot, lambda: len(screen.noted) == 2)
        assert screen.noted == [False, True]
        pilot.app.push_screen(OpeningScreen())
        await on_screen(pilot, "OpeningScreen")
        pilot.app.pop_screen()
        await until(pilot, lambda: len(screen.noted) == 4)  # it is loaded again


async def test_mistake_of_the_program_in_the_background_is_shown(
    portal: AppFactory, me: Someone, failures: list[BaseException]
) -> None:
    async def fail() -> None:
        raise ValueError("Ivo")

    async with portal(me).run_test(size=(80, 24), notifications=True) as pilot:
        await on_screen(pilot, "Home")
        screen = pilot.app.screen
        assert isinstance(screen, PortalScreen)
        screen.call(fail())
        await until(pilot, lambda: "What it called saved is kept" in shown_words(pilot))
        assert "support desk: ValueError at test_screen.py" in shown_words(pilot)
        assert "Ivo" not in shown_words(pilot)
        screen.call(fail())
        await until(pilot, lambda: len(failures) == 2)
        assert len(pilot.app._notifications) == 1  # what is in view already is not repeated
    assert [type(error) for error in failures] == [ValueError, ValueError]
    failures.clear()


def shown_words(pilot: Pilot[None]) -> str:
    return " ".join(screen_text(pilot.app.screen).split())
