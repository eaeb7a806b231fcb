"""Polling for new messages while the user is active."""

import tomllib
from pathlib import Path

import pytest
from textual.drivers.headless_driver import HeadlessDriver
from textual.widgets import DataTable

from server.core.database import Services
from shared.accounts import SecondStep
from shared.places import read_place
from tests.parts import Clock, Factory
from tests.tui.conftest import AppFactory
from tests.tui.messages.sending import ADVICE_SUBJECT, send
from tests.tui.steps import go_to, on_screen, screen_text, until, wait_until_idle
from tui.app import PortalApp
from tui.core.desktop_notifier import DesktopNotifier, build_notification
from tui.core.settings import Settings, save_setting
from tui.messages import news

NEW_MESSAGE = "You have a new message."


def toast_texts(app: PortalApp) -> list[str]:
    return [toast.message for toast in app._notifications]


@pytest.fixture
def fast_polling(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(news, "POLL_SECONDS", 0.05)


async def test_new_message_updates_the_badge_and_notifies_once(
    portal: AppFactory, someone: Factory, services: Services, fast_polling: None
) -> None:
    me = someone()
    send(services, me, subject="Before")
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "Messages (1 unread)" in screen_text(app.screen))
        assert toast_texts(app) == []
        send(services, me)
        await until(pilot, lambda: "Messages (2 unread)" in screen_text(app.screen))
        assert toast_texts(app) == [NEW_MESSAGE]
        # Later polls do not notify again, neither here nor in the inbox.
        etag = app.message_poller._etag
        app.message_poller._etag = None
        await until(pilot, lambda: app.message_poller._etag == etag)
        app.navigation.open_place(read_place("messages"))
        await until(pilot, lambda: "2 found" in screen_text(app.screen))
        app.message_poller._etag = None
        await until(pilot, lambda: app.message_poller._etag == etag)
        assert toast_texts(app) == [NEW_MESSAGE]
    app.message_poller.check()  # Like a timer that fires while the app exits.


async def test_new_message_in_the_inbox_keeps_the_selection(
    portal: AppFactory, someone: Factory, services: Services, clock: Clock
) -> None:
    me = someone()
    for number in range(60):
        send(services, me, subject=f"Number {number}")
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "messages", "60 found")
        table = app.screen.query_one(DataTable)
        await pilot.press("ctrl+end")
        await until(pilot, lambda: table.row_count == 60)
        row_index = table.cursor_row
        selected = table.get_row_at(row_index)[1]
        clock.move(minutes=1)
        send(services, me)
        app.message_poller.check()
        await until(pilot, lambda: table.row_count == 61)
        assert table.cursor_row == row_index + 1
        assert table.get_row_at(row_index + 1)[1] == selected
        assert [str(table.get_row_at(row)[1]) for row in (0, 1, 60)] == [
            ADVICE_SUBJECT,
            "Number 59",
            "Number 0",
        ]
        assert "Messages (61 unread)" in screen_text(app.screen)
        assert toast_texts(app) == [NEW_MESSAGE]


async def test_new_message_does_not_change_a_filtered_list(
    portal: AppFactory, someone: Factory, services: Services
) -> None:
    me = someone()
    send(services, me, subject="Wanted")
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "messages", "1 found")
        await pilot.press("slash", *"wanted", "enter")
        await wait_until_idle(pilot)
        send(services, me)
        app.message_poller.check()
        await until(pilot, lambda: "Messages (2 unread)" in screen_text(app.screen))
        assert ADVICE_SUBJECT not in screen_text(app.screen)
        assert "1 found" in screen_text(app.screen)


async def test_read_message_does_not_notify(
    portal: AppFactory, someone: Factory, services: Services
) -> None:
    me = someone()
    send(services, me)
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "Messages (1 unread)" in screen_text(app.screen))
        [row] = me.get("/v1/messages").json()["rows"]
        me.put(f"/v1/messages/{row['id']}/read")
        app.message_poller.check()
        await until(pilot, lambda: "[ Messages ]" in screen_text(app.screen))
        assert toast_texts(app) == []


async def poll_if_due(app: PortalApp) -> bool:
    """Poll if due, and return whether a request was sent."""
    before = len([worker for worker in app.workers if worker.group == "news"])
    app.message_poller.check()
    return len([worker for worker in app.workers if worker.group == "news"]) > before


async def become_idle(app: PortalApp) -> None:
    app.message_poller.active_at -= news.ACTIVE_SECONDS


async def test_news_is_not_polled_when_signed_out(portal: AppFactory, someone: Factory) -> None:
    app = portal(someone())
    async with app.run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "Home")
        await wait_until_idle(pilot)
        assert app.message_poller.is_due
        app.session.clear()
        await wait_until_idle(pilot)
        assert not await poll_if_due(app)


async def test_polling_is_rarer_when_idle_and_stops_with_the_session(
    portal: AppFactory, someone: Factory, clock: Clock
) -> None:
    app = portal(someone())
    async with app.run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "Home")
        await wait_until_idle(pilot)
        await become_idle(app)
        assert [await poll_if_due(app) for _ in range(2 * news.IDLE_POLLS)].count(True) == 2
        await wait_until_idle(pilot)
        clock.move(minutes=30)
        assert [await poll_if_due(app) for _ in range(news.IDLE_POLLS)].count(True) == 1
        await wait_until_idle(pilot)
        assert not [1 for _ in range(news.IDLE_POLLS) if await poll_if_due(app)]


@pytest.fixture
def terminal_output(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Output written to the terminal, except changes of the pointer's shape."""
    chunks: list[str] = []

    def write(_: HeadlessDriver, data: str) -> None:
        if not data.startswith("\x1b]22;"):
            chunks.append(data)

    monkeypatch.setattr(HeadlessDriver, "write", write)
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("TMUX", "VTE_VERSION"):
        monkeypatch.delenv(name, raising=False)
    return chunks


async def test_new_message_rings_on_any_screen_and_names_no_child(
    portal: AppFactory, someone: Factory, services: Services, terminal_output: list[str]
) -> None:
    me = someone()
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "Home")
        await wait_until_idle(pilot)
        app.navigation.open_place(read_place("account"))
        await on_screen(pilot, "MyAccount")
        await become_idle(app)
        app.message_poller._checks = news.IDLE_POLLS - 1
        send(services, me, subject="Ivo Larkspur-Dunne")
        app.message_poller.check()
        await until(pilot, lambda: bool(terminal_output))
        assert terminal_output == ["\a\x1b]9;You have a new message.\a"]
        assert toast_texts(app) == [NEW_MESSAGE]


async def test_bell_can_be_switched_off_in_palette_permanently(
    portal: AppFactory,
    someone: Factory,
    services: Services,
    terminal_output: list[str],
    tmp_path: Path,
) -> None:
    me = someone()
    app = portal(me)
    file = tmp_path / "settings" / "settings.toml"
    app.notifier = DesktopNotifier(app, Settings(path=file))
    async with app.run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "Home")
        await wait_until_idle(pilot)
        await pilot.press("ctrl+p", *"turn off notif", "enter")
        await until(pilot, lambda: not app.notifier.is_on)
        assert tomllib.loads(file.read_text()) == {"notify": False}
        send(services, me)
        app.message_poller.check()
        await until(pilot, lambda: NEW_MESSAGE in toast_texts(app))
        assert terminal_output == []


def test_setting_is_inserted_before_tables_and_keeps_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_text('server = "https://a.example"\n[keys]\nhelp = "f12"  # mine\n')
    for value in ("false", "true"):
        save_setting(file, "notify", value)
    assert file.read_text() == (
        'notify = true\nserver = "https://a.example"\n[keys]\nhelp = "f12"  # mine\n'
    )


@pytest.mark.parametrize(
    ("environment", "bell_only", "code"),
    [
        ({"TERM": "xterm-kitty"}, False, "\x1b]9;"),
        ({"TERM": "foot"}, False, "\x1b]777;notify;"),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7600"}, False, "\x1b]777;notify;"),
        ({"TERM": "xterm-256color", "TMUX": "/tmp/x"}, True, ""),
        ({"TERM": "tmux-256color"}, True, ""),
        ({"TERM": "linux"}, True, ""),
        ({}, False, "\x1b]9;"),
    ],
)
def test_notification_sequence_depends_on_terminal(
    environment: dict[str, str], bell_only: bool, code: str
) -> None:
    sequence = build_notification(environment)
    assert sequence.startswith("\a")
    assert (sequence == "\a") is bell_only
    assert code in sequence


async def test_key_press_resumes_polling(portal: AppFactory, someone: Factory) -> None:
    app = portal(someone())
    async with app.run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "Home")
        await become_idle(app)
        app.message_poller._checks = 1
        assert not app.message_poller.is_due
        await pilot.press("tab")
        assert await poll_if_due(app)


async def test_news_is_not_polled_without_a_second_step(
    portal: AppFactory, someone: Factory
) -> None:
    app = portal(someone(two_step=SecondStep.NONE))
    async with app.run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "Home")
        assert not app.message_poller.is_due


async def test_polling_does_not_extend_the_session(
    portal: AppFactory, someone: Factory, services: Services, clock: Clock
) -> None:
    me = someone()
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.client.last_response_at > 0)
        await wait_until_idle(pilot)
        answered_at = app.client.last_response_at
        clock.move(minutes=29)
        send(services, me)
        app.message_poller.check()
        await until(pilot, lambda: "Messages (1 unread)" in screen_text(app.screen))
        assert app.client.last_response_at == answered_at
        clock.move(minutes=1)
        # A failed poll is not reported, because the user did not ask for it.
        app.message_poller.check()
        await wait_until_idle(pilot)
        assert type(app.screen).__name__ == "Home"
        await pilot.press("enter")
        await on_screen(pilot, "SignInAgain")
