"""The message beside the list, on wide terminals."""

import asyncio

import pytest
from textual.coordinate import Coordinate
from textual.widgets import DataTable, Input

from server.core.database import Services
from tests.parts import Clock, Someone
from tests.tui.conftest import AppFactory
from tests.tui.messages.sending import send
from tests.tui.steps import burst, go_to, on_screen, screen_text, until, wait_for_text
from tui.core.client import Client
from tui.core.errors import Unreachable
from tui.messages import api
from tui.widgets import detail
from tui.widgets.calls import REST_DELAY
from tui.widgets.detail import Detail

WIDE, USUAL = (120, 40), (80, 24)


@pytest.fixture
def inbox(me: Someone, services: Services, clock: Clock) -> Someone:
    """Give an account three messages, newest first `Number 3`."""
    for number in range(1, 4):
        send(services, me, subject=f"Number {number}", body=f"The text of {number}.")
        clock.move(minutes=1)
    return me


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record the ids of the messages that the client reads."""
    ids: list[str] = []
    read = api.read_message

    async def read_message(client: Client, message: str) -> object:
        ids.append(message)
        return await read(client, message)

    monkeypatch.setattr(api, "read_message", read_message)
    return ids


@pytest.fixture
def no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the cursor never rest, so that a busy machine counts no pause as a rest."""
    monkeypatch.setattr(detail, "REST_DELAY", 3600)


async def test_detail_follows_the_cursor_and_marks_nothing_as_read(
    portal: AppFactory, inbox: Someone, services: Services
) -> None:
    async with portal(inbox).run_test(size=WIDE) as pilot:
        await go_to(pilot, "messages", "The text of 3.")
        await pilot.press("down")
        await wait_for_text(pilot, "The text of 2.")
        text = screen_text(pilot.app.screen)
        assert "The text of 3." not in text
        assert text.count("● unread") == 3
        assert "Messages (3 unread)" in text
        assert inbox.get("/v1/messages").json()["unread"] == 3
        await pilot.press("enter")
        await on_screen(pilot, "ReadMessage")
        await until(pilot, lambda: inbox.get("/v1/messages").json()["unread"] == 2)


async def test_moving_reads_nothing_until_the_cursor_rests(
    portal: AppFactory,
    me: Someone,
    services: Services,
    reads: list[str],
    no_rest: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number in range(60):
        send(services, me, subject=f"Number {number}", body=f"The text of {number}.")
    async with portal(me).run_test(size=WIDE) as pilot:
        await go_to(pilot, "messages", "The text of")
        table = pilot.app.screen.query_one(DataTable)
        burst(pilot, ["down"] * 40)
        await until(pilot, lambda: table.cursor_row == 40)
        assert len(reads) == 1
        monkeypatch.setattr(detail, "REST_DELAY", REST_DELAY)
        await pilot.press("down")
        await until(pilot, lambda: len(reads) == 2)
        assert reads[1] == table.coordinate_to_cell_key(Coordinate(41, 0)).row_key.value


async def test_reply_for_a_row_that_is_no_longer_current_is_dropped(
    portal: AppFactory, inbox: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply, waiting, read = asyncio.Event(), asyncio.Event(), api.read_message

    async def read_message(client: Client, message: str) -> object:
        result = await read(client, message)
        if result.subject == "Number 2":
            waiting.set()
            await reply.wait()
        return result

    monkeypatch.setattr(api, "read_message", read_message)
    async with portal(inbox).run_test(size=WIDE) as pilot:
        await go_to(pilot, "messages", "The text of 3.")
        await pilot.press("down")
        await until(pilot, waiting.is_set)
        await pilot.press("up")
        reply.set()
        await asyncio.sleep(REST_DELAY + 0.1)
        assert "The text of 3." in screen_text(pilot.app.screen)
        assert "The text of 2." not in screen_text(pilot.app.screen)
        await pilot.press("down")  # its reply was dropped, so it is read again
        await wait_for_text(pilot, "The text of 2.")


async def test_resize_adds_and_removes_the_detail_and_keeps_cursor_filter_and_focus(
    portal: AppFactory, inbox: Someone, reads: list[str]
) -> None:
    async with portal(inbox).run_test(size=USUAL) as pilot:
        await go_to(pilot, "messages", "Number 3")
        screen = pilot.app.screen
        assert not screen.query(Detail)
        await pilot.press("slash", *"Number", "enter", "down")
        widget_count = len(screen.query("*"))
        assert not reads
        await pilot.resize_terminal(*WIDE)
        await wait_for_text(pilot, "The text of 2.")
        assert isinstance(pilot.app.focused, DataTable)
        assert pilot.app.focused.cursor_row == 1
        await pilot.resize_terminal(99, 30)
        await until(pilot, lambda: not screen.query(Detail))
        assert len(screen.query("*")) == widget_count
        assert isinstance(pilot.app.focused, DataTable)
        assert pilot.app.focused.cursor_row == 1
        assert screen.query_one("#filter", Input).value == "Number"
        await pilot.press("slash")
        await pilot.resize_terminal(100, 30)
        await wait_for_text(pilot, "The text of 2.")
        assert screen.query_one("#filter").has_focus


async def test_detail_takes_the_focus_only_while_it_can_be_scrolled(
    portal: AppFactory, me: Someone, services: Services, clock: Clock
) -> None:
    send(services, me, subject="Long", body="\n".join(f"Line {number}" for number in range(99)))
    clock.move(minutes=1)
    send(services, me, subject="Short", body="A line.")
    async with portal(me).run_test(size=WIDE) as pilot:
        await go_to(pilot, "messages", "A line.")
        await pilot.press("tab")
        assert not isinstance(pilot.app.focused, Detail)
        await pilot.press("shift+tab", "down")
        await wait_for_text(pilot, "Line 3")
        await pilot.press("tab", "end")
        assert isinstance(pilot.app.focused, Detail)
        await wait_for_text(pilot, "Line 98")
        await pilot.resize_terminal(*USUAL)
        await until(pilot, lambda: isinstance(pilot.app.focused, DataTable))
        await pilot.resize_terminal(*WIDE)
        await wait_for_text(pilot, "Line 3")
        await pilot.press("tab")
        assert "Enter open" in screen_text(pilot.app.screen)
        await pilot.press("enter")
        await on_screen(pilot, "ReadMessage")


async def test_detail_is_empty_if_no_message_matches(portal: AppFactory, inbox: Someone) -> None:
    async with portal(inbox).run_test(size=WIDE) as pilot:
        await go_to(pilot, "messages", "The text of 3.")
        await pilot.press("slash", *"nothing")
        await until(pilot, lambda: "The text of" not in screen_text(pilot.app.screen))


async def test_detail_is_not_read_while_a_message_is_open(
    portal: AppFactory, inbox: Someone, reads: list[str]
) -> None:
    async with portal(inbox).run_test(size=WIDE) as pilot:
        await go_to(pilot, "messages", "The text of 3.")
        await pilot.press("down", "enter")
        await on_screen(pilot, "ReadMessage")
        await wait_for_text(pilot, "The text of 2.")
        count = len(reads)
        await asyncio.sleep(REST_DELAY + 0.1)
        assert len(reads) == count
        await pilot.press("n")
        await wait_for_text(pilot, "The text of 1.")
        await pilot.press("escape")
        await on_screen(pilot, "Inbox")
        await wait_for_text(pilot, "The text of 1.")


async def test_error_is_shown_in_the_detail_and_read_again_later(
    portal: AppFactory, inbox: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(client: Client, message: str) -> object:
        raise Unreachable

    app = portal(inbox)
    async with app.run_test(size=WIDE) as pilot:
        await go_to(pilot, "messages", "The text of 3.")
        with monkeypatch.context() as patch:
            patch.setattr(api, "read_message", fail)
            await pilot.press("down")
            await wait_for_text(pilot, "✗ The portal can't be reached")
        assert not app._notifications
        await pilot.press("down", "up")
        await wait_for_text(pilot, "The text of 2.")
