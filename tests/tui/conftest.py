from collections.abc import Callable, Hashable, Iterator
from pathlib import Path

import httpx
import keyring
import pytest
from fastapi import FastAPI
from keyring.backend import KeyringBackend
from rich.console import RenderableType
from syrupy.assertion import SnapshotAssertion
from textual import _wait
from textual._compositor import Compositor
from textual._context import active_app
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.css.types import CSSLocation
from textual.screen import Screen

from tests.parts import Someone
from tests.tui.pictures import Pictures
from tui.app import PortalApp
from tui.core.client import Client
from tui.core.keychain import SERVICE
from tui.core.settings import Settings
from tui.session import TOKEN

SERVER = "http://portal.example"

Portals = Callable[..., PortalApp]


class Locker(KeyringBackend):
    """A keychain that ends with the test: no test touches that of the machine it runs on."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # keyring is untyped here
        self.held: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self.held.pop((service, username), None)


@pytest.fixture(scope="session", autouse=True)
def parse_styles_once() -> Iterator[None]:
    """What styles say is parsed once, not anew for each program and screen."""
    parsed: dict[Hashable, list[RuleSet]] = {}
    parse = Stylesheet._parse_rules

    def parse_once(
        self: Stylesheet,
        css: str,
        read_from: CSSLocation,
        is_default_rules: bool = False,
        tie_breaker: int = 0,
        scope: str = "",
    ) -> list[RuleSet]:
        wanted = (css, read_from, is_default_rules, tie_breaker, scope)
        key = (wanted, frozenset(self._variables.items()))
        if key not in parsed:
            parsed[key] = parse(self, *wanted)
        return parsed[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stylesheet, "_parse_rules", parse_once)
        yield


@pytest.fixture(scope="session", autouse=True)
def look_more_often() -> Iterator[None]:
    """After each key the pilot waits until the program rests: look every 5 ms, not every 20."""
    step = 1 / 200
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_wait, "SLEEP_GRANULARITY", step)
        patch.setattr(_wait, "SLEEP_IDLE", step / 20)
        yield


@pytest.fixture(scope="session", autouse=True)
def draw_for_a_terminal_alone(request: pytest.FixtureRequest) -> Iterator[None]:
    """Skip drawing the portal where no terminal shows it: a test that reads the screen draws it.

    That saves a third of the time. `pytest --draw` draws every frame, and has to pass as well.
    The first frame is always drawn: the portal begins what is slow once it was seen.
    """
    if request.config.getoption("--draw"):
        yield
        return
    draw = Compositor.render_update

    def draw_if_seen(
        self: Compositor,
        full: bool = False,
        screen_stack: list[Screen[object]] | None = None,
        simplify: bool = False,
    ) -> RenderableType | None:
        app = active_app.get()
        if full or not isinstance(app, PortalApp) or not app.is_headless or not app._painted:
            return draw(self, full, screen_stack, simplify)
        self._dirty_regions.clear()
        return None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Compositor, "render_update", draw_if_seen)
        yield


@pytest.fixture(autouse=True)
def keychain() -> Locker:
    locker = Locker()
    keyring.set_keyring(locker)
    return locker


@pytest.fixture
def portal(app: FastAPI, tmp_path: Path, keychain: Locker) -> Portals:
    """Makes the real client before the real server, both in this process.

    `portal(someone)` goes home by itself once mounted; `portal()` shows the sign-in form.
    """

    def make(someone: Someone | None = None) -> PortalApp:
        if someone:
            keychain.set_password(SERVICE, f"{TOKEN} {SERVER}", someone.token)
        client = Client(SERVER, transport=httpx.ASGITransport(app))
        return PortalApp(Settings(server=SERVER, state=tmp_path / "state"), client=client)

    return make


@pytest.fixture
def pictures(snapshot: SnapshotAssertion) -> Pictures:
    return Pictures(snapshot)
