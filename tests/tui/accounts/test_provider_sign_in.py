"""Signing in by a provider: from the client's screen, over real HTTP, with a browser."""

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from shared.places import Place, PlaceKind
from tests.oidc import EMAIL, LABEL, Browser, Provider, provider_settings, run_provider
from tests.running import ServerProcess
from tests.tui.accounts.filling import choose, error_at, fill
from tests.tui.snapshots import SMALL
from tests.tui.steps import on_screen, screen_text, until, wait_for_text
from tui.accounts import provider_sign_in
from tui.accounts.api import get_session
from tui.accounts.provider_sign_in import ProviderSignIn
from tui.app import PortalApp
from tui.core.settings import Settings


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with run_provider() as provider:
        yield provider


@pytest.fixture(scope="module")
def server(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PORTAL_PROVIDERS", json.dumps([provider_settings(provider)]))
        server = ServerProcess(tmp_path_factory.mktemp("provider"))
    yield server
    server.kill()


@pytest.fixture(autouse=True)
def poll_often(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider_sign_in, "POLL_SECONDS", 0.1)
    provider.is_down = False
    provider.set_user()


@pytest.fixture
def app(server: ServerProcess, tmp_path: Path) -> PortalApp:
    return PortalApp(Settings(server=server.url, state=tmp_path / "state"))


@pytest.fixture
def browser(server: ServerProcess) -> Iterator[Browser]:
    with httpx.Client(base_url=server.url, verify=False) as http:
        yield Browser(http)


async def open_provider_sign_in(pilot: Pilot[None]) -> str:
    """Choose the provider on the sign-in form and return the address that is shown."""
    await wait_for_text(pilot, f"Sign in with {LABEL}")
    await choose(pilot, ".provider")
    await on_screen(pilot, "ProviderSignIn")
    await until(pilot, lambda: bool(shown_url(pilot)))
    return shown_url(pilot)


def shown_url(pilot: Pilot[None]) -> str:
    return str(pilot.app.screen.query_one("#url", Static).content)


async def enter(pilot: Pilot[None], number: str) -> None:
    await wait_for_text(pilot, "Number that the browser shows")
    await fill(pilot, number=number)
    await pilot.press("enter")


async def test_officer_signs_in_by_the_directory_from_the_keyboard(
    app: PortalApp, browser: Browser
) -> None:
    async with app.run_test(size=SMALL) as pilot:
        url = await open_provider_sign_in(pilot)
        assert url in screen_text(app.screen)
        number = await asyncio.to_thread(browser.number, url)
        await wait_for_text(pilot, "Number that the browser shows")
        await pilot.press(*number, "enter")
        await on_screen(pilot, "Home")
        assert app.session.account is not None
        assert app.session.account.email == EMAIL
        await wait_for_text(pilot, "Cases")


async def test_address_is_copied_and_shown_as_qr_code(app: PortalApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        url = await open_provider_sign_in(pilot)
        await pilot.press("enter")
        assert app.clipboard == url
        await choose(pilot, "#show-qr")
        await on_screen(pilot, "QrCode")
        assert "█" in screen_text(app.screen)


async def test_wrong_number_can_be_corrected(app: PortalApp, browser: Browser) -> None:
    async with app.run_test(size=SMALL) as pilot:
        url = await open_provider_sign_in(pilot)
        number = await asyncio.to_thread(browser.number, url)
        await enter(pilot, f"{(int(number) + 1) % 1_000_000:06}")
        await until(pilot, lambda: "incorrect" in error_at(pilot, "number"))
        await enter(pilot, number)
        await on_screen(pilot, "Home")


async def test_failure_in_the_browser_is_shown_and_can_be_started_again(
    app: PortalApp, browser: Browser, provider: Provider
) -> None:
    async with app.run_test(size=SMALL) as pilot:
        url = await open_provider_sign_in(pilot)
        await choose(pilot, "#show-qr")
        await on_screen(pilot, "QrCode")
        provider.set_user(roles=[])
        await asyncio.to_thread(browser.come_back, url)
        await wait_for_text(pilot, "gives you no role in the portal")
        assert isinstance(app.screen, ProviderSignIn)  # the QR code is closed
        await pilot.press("enter")
        await wait_for_text(pilot, "Open this address in a browser")
        provider.set_user()
        number = await asyncio.to_thread(browser.number, shown_url(pilot))
        await enter(pilot, number)
        await on_screen(pilot, "Home")


async def test_escape_goes_back_to_the_form(app: PortalApp) -> None:
    async with app.run_test(size=SMALL) as pilot:
        await open_provider_sign_in(pilot)
        await pilot.press("escape")
        await on_screen(pilot, "SignIn")


async def test_expired_session_goes_on_after_the_same_person_signs_in(
    app: PortalApp, browser: Browser, provider: Provider
) -> None:
    async with app.run_test(size=SMALL) as pilot:
        url = await open_provider_sign_in(pilot)
        await enter(pilot, await asyncio.to_thread(browser.number, url))
        await on_screen(pilot, "Home")
        app.session.sign_in_again("You are signed out.")
        await on_screen(pilot, "SignInAgain")
        await wait_for_text(pilot, f"Sign in with {LABEL}")
        provider.set_user("colleague", email="bea@leicester.example")
        url = await open_provider_sign_in(pilot)
        await enter(pilot, await asyncio.to_thread(browser.number, url, "colleague"))
        await wait_for_text(pilot, f"You signed in as somebody else. Sign in as {EMAIL}")
        url = await open_provider_sign_in(pilot)
        await enter(pilot, await asyncio.to_thread(browser.number, url))
        await on_screen(pilot, "Home")


def make_confirmation_due(server: ServerProcess) -> None:
    """Set back the time at which the provider was last asked."""
    with sqlite3.connect(server.folder / "portal.db") as database:
        ago = "strftime('%Y-%m-%d %H:%M:%f000', asked_at, '-11 minutes')"
        database.execute(f"UPDATE provider_session SET asked_at = {ago}")


def count_sessions(server: ServerProcess) -> int:
    with sqlite3.connect(server.folder / "portal.db") as database:
        [count] = database.execute("SELECT count(*) FROM provider_session").fetchone()
    return int(count)


async def test_who_has_left_the_directory_is_signed_out_at_the_next_use(
    app: PortalApp, browser: Browser, provider: Provider, server: ServerProcess
) -> None:
    async with app.run_test(size=SMALL) as pilot:
        provider.set_user("leaver", email="cy@leicester.example")
        url = await open_provider_sign_in(pilot)
        await enter(pilot, await asyncio.to_thread(browser.number, url, "leaver"))
        await on_screen(pilot, "Home")
        before = count_sessions(server)
        provider.revoke("leaver")
        make_confirmation_due(server)
        await get_session(app.client)  # a single request, whose reply is still allowed
        await until(pilot, lambda: count_sessions(server) < before)
        app.navigation.open_place(Place(PlaceKind.MESSAGES))
        await on_screen(pilot, "SignInAgain")


async def test_account_has_no_password_section(app: PortalApp, browser: Browser) -> None:
    async with app.run_test(size=SMALL) as pilot:
        url = await open_provider_sign_in(pilot)
        await enter(pilot, await asyncio.to_thread(browser.number, url))
        await on_screen(pilot, "Home")
        for section in ("password", "two-step", "email"):
            app.navigation.open_place(PlaceKind.ACCOUNT_SECTION.of(section))
            await wait_for_text(pilot, "your organisation's own account")
            await pilot.press("escape")


async def test_server_away_while_waiting_is_said_and_waited_for(
    app: PortalApp, browser: Browser, server: ServerProcess
) -> None:
    async with app.run_test(size=SMALL) as pilot:
        url = await open_provider_sign_in(pilot)
        await asyncio.to_thread(server.kill)
        await wait_for_text(pilot, "can't be reached just now")
        await asyncio.to_thread(server.start)
        number = await asyncio.to_thread(browser.number, url)
        await enter(pilot, number)
        await on_screen(pilot, "Home")
        assert not isinstance(app.screen, ProviderSignIn)
