"""Snapshots of Home, the inbox and a message."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from textual.pilot import Pilot

from server.core.database import Services
from tests.parts import Clock, Factory, Someone
from tests.tui.conftest import AppFactory
from tests.tui.messages.sending import ADVICE_SUBJECT, send
from tests.tui.snapshots import SMALL, Snapshots
from tests.tui.steps import go_to, screen_text, until
from tui.app import PortalApp

OpenScreen = Callable[[Pilot[None]], Awaitable[None]]


@pytest.fixture
def me(someone: Factory, services: Services, clock: Clock) -> Someone:
    me = someone()
    for subject in ("A form was shared with you", "A decision was made", ADVICE_SUBJECT):
        send(services, me, subject=subject)
        clock.move(minutes=7)
    return me


async def open_home(pilot: Pilot[None]) -> None:
    await until(pilot, lambda: "3 unread" in screen_text(pilot.app.screen))


async def open_inbox(pilot: Pilot[None]) -> None:
    await go_to(pilot, "messages", ADVICE_SUBJECT)


async def read_message(pilot: Pilot[None]) -> None:
    await open_inbox(pilot)
    await pilot.press("enter")
    await until(pilot, lambda: "Open it" in screen_text(pilot.app.screen))


async def filter_messages(pilot: Pilot[None]) -> None:
    await open_inbox(pilot)
    await pilot.press("u", "slash", *"decision")
    await until(pilot, lambda: "1 found" in screen_text(pilot.app.screen))


async def open_archive(pilot: Pilot[None]) -> None:
    await open_inbox(pilot)
    await pilot.press("a", "v", "v")
    await until(pilot, lambda: "View: ▌ Archived" in screen_text(pilot.app.screen))
    pilot.app.clear_notifications()


async def show_news(pilot: Pilot[None]) -> None:
    await open_inbox(pilot)
    app = pilot.app
    assert isinstance(app, PortalApp)
    app.message_poller._newest_seen = (
        app.message_poller._newest_seen and app.message_poller._newest_seen - timedelta(days=1)
    )
    app.message_poller.check()
    await until(pilot, lambda: bool(app._notifications))


SCREENS: dict[str, OpenScreen] = {
    "home": open_home,
    "inbox": open_inbox,
    "message": read_message,
    "filtered": filter_messages,
    "archived": open_archive,
    "news": show_news,
}


@pytest.mark.parametrize("name", SCREENS)
async def test_screens_match_snapshots(
    snapshots: Snapshots,
    portal: AppFactory,
    me: Someone,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Toasts must outlast all snapshots, even on a busy machine.
    monkeypatch.setattr(PortalApp, "NOTIFICATION_TIMEOUT", 3600)
    async with portal(me).run_test(size=SMALL, notifications=True) as pilot:
        await SCREENS[name](pilot)
        await snapshots.match(pilot, narrow=name in {"inbox", "message"}, wide=name == "inbox")
