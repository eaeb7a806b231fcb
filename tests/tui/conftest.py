import asyncio
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
from textual.cache import LRUCache
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet
from textual.css.types import CSSLocation
from textual.pilot import Pilot
from textual.screen import Screen

from tests.parts import Someone
from tests.tui.snapshots import Snapshots
from tui.app import PortalApp
from tui.core.client import Client
from tui.core.keychain import SERVICE
from tui.core.settings import Settings
from tui.saving import saver
from tui.session import TOKEN
from tui.widgets.key_order import EXIT_KEY_SECONDS
from tui.widgets.keyline import KeyLine
from tui.widgets.stylesheet import FastStylesheet, Match, NodePath

SERVER = "https://portal.example"

AppFactory = Callable[..., PortalApp]


class MemoryKeyring(KeyringBackend):
    """In-memory keychain, so that no test touches the machine's own."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # keyring is untyped here
        self.passwords: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.passwords.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.passwords[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self.passwords.pop((service, username), None)


@pytest.fixture(scope="session", autouse=True)
def parse_styles_once() -> Iterator[None]:
    """Parse each stylesheet once, not for every app and screen."""
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
        arguments = (css, read_from, is_default_rules, tie_breaker, scope)
        key = (arguments, tuple(self._variables), tuple(self._variables.values()))
        if key not in parsed:
            parsed[key] = parse(self, *arguments)
        return parsed[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stylesheet, "_parse_rules", parse_once)
        yield


@pytest.fixture(scope="session", autouse=True)
def hash_rules_quickly() -> Iterator[None]:
    """Hash rules by identity without a call of Python, which each style needs for all rules."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RuleSet, "__hash__", object.__hash__)
        yield


@pytest.fixture(scope="session", autouse=True)
def match_styles_once(request: pytest.FixtureRequest) -> Iterator[None]:
    """Keep which styles apply from test to test, as long as the rules are the same."""
    if request.config.getoption("--draw"):
        yield
        return
    kept: dict[tuple[int, ...], LRUCache[NodePath, Match]] = {}
    forget = FastStylesheet._forget_matches

    def forget_only_new(self: FastStylesheet) -> None:
        forget(self)
        self._matches = kept.setdefault(tuple(map(id, self.rules)), self._matches)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FastStylesheet, "_forget_matches", forget_only_new)
        yield


@pytest.fixture(scope="session", autouse=True)
def poll_more_often() -> Iterator[None]:
    """Poll every 5 ms instead of 20 ms until the app is idle after a key press."""
    step = 1 / 200
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_wait, "SLEEP_GRANULARITY", step)
        patch.setattr(_wait, "SLEEP_IDLE", step / 20)
        yield


@pytest.fixture(scope="session", autouse=True)
def wait_for_effect_of_keys() -> Iterator[None]:
    """Make `Pilot.press` wait until its last key has taken effect."""
    press = Pilot.press

    async def press_and_settle(self: Pilot[object], *keys: str) -> None:
        await press(self, *keys)
        settling = self.app._settle_task if isinstance(self.app, PortalApp) else None
        if settling is not None:
            await asyncio.wait({settling}, timeout=EXIT_KEY_SECONDS)
            await self.pause()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Pilot, "press", press_and_settle)
        yield


@pytest.fixture(scope="session", autouse=True)
def skip_headless_drawing(request: pytest.FixtureRequest) -> Iterator[None]:
    """Skip drawing in headless tests; a test that reads the screen draws it.

    This saves a third of the time. `pytest --draw` draws every frame and must also pass. The
    footer is drawn at first, because the portal starts slow work only after it.
    """
    if request.config.getoption("--draw"):
        yield
        return
    draw = Compositor.render_update

    def draw_if_shown(
        self: Compositor,
        full: bool = False,
        screen_stack: list[Screen[object]] | None = None,
        simplify: bool = False,
    ) -> RenderableType | None:
        app = active_app.get()
        if full or not isinstance(app, PortalApp) or not app.is_headless:
            return draw(self, full, screen_stack, simplify)
        if not app._is_painted:
            for footer in app.screen.query(KeyLine):
                footer.render_lines(footer.size.region)
        self._dirty_regions.clear()
        return None

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Compositor, "render_update", draw_if_shown)
        yield


@pytest.fixture(autouse=True)
def simulate_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulate a dark terminal with all colours, wherever the tests run."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    for name in ("COLORFGBG", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def shorten_save_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Save 0.3 s after typing pauses, not 1.5 s, so that tests wait less."""
    monkeypatch.setattr(saver, "SAVE_DELAY", 0.3)


@pytest.fixture(autouse=True)
def keychain() -> MemoryKeyring:
    keychain = MemoryKeyring()
    keyring.set_keyring(keychain)
    return keychain


@pytest.fixture(autouse=True)
def failures(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[BaseException]]:
    """The errors of work in the background; a test fails if it leaves any in the list."""
    errors: list[BaseException] = []
    report = PortalApp._report_failure

    def record(self: PortalApp, error: BaseException) -> None:
        errors.append(error)
        report(self, error)

    monkeypatch.setattr(PortalApp, "_report_failure", record)
    yield errors
    assert errors == []


@pytest.fixture
def portal(app: FastAPI, tmp_path: Path, keychain: MemoryKeyring) -> AppFactory:
    """Factory of apps whose client talks to the real server in the same process.

    `portal(someone)` opens Home once mounted; `portal()` shows the sign-in form.
    """

    def make_app(someone: Someone | None = None) -> PortalApp:
        if someone:
            keychain.set_password(SERVICE, f"{TOKEN} {SERVER}", someone.token)
        client = Client(SERVER, transport=httpx.ASGITransport(app))
        return PortalApp(Settings(server=SERVER, state=tmp_path / "state"), client=client)

    return make_app


@pytest.fixture
def snapshots(snapshot: SnapshotAssertion) -> Snapshots:
    return Snapshots(snapshot)
