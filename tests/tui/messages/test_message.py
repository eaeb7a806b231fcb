"""Reading a message and opening its link."""

from functools import partial
from uuid import UUID

from sqlmodel import update
from textual.pilot import Pilot
from textual.widgets import DataTable

from server.core.database import Services
from server.messages.tables import Message
from shared.places import read_place
from tests.parts import Factory, Someone
from tests.server.steps import submit_request
from tests.tui.conftest import AppFactory
from tests.tui.messages.sending import ADVICE_SUBJECT, send
from tests.tui.people.children import add_child
from tests.tui.steps import go_to, on_screen, screen_text, text_of, until
from tui.messages.message import UNKNOWN_PLACE
from tui.widgets.header import Link


async def test_reading_a_message_updates_the_badge_and_its_link_opens(
    portal: AppFactory, someone: Factory, services: Services
) -> None:
    me = someone()
    send(services, me, subject="Another")
    send(services, me, subject=ADVICE_SUBJECT)
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "messages", ADVICE_SUBJECT)
        await pilot.press("enter")
        await until(pilot, lambda: "Open it" in screen_text(app.screen))
        assert "Please send advice for Ivo Larkspur-Dunne." in screen_text(app.screen)
        assert "Received 02-Mar-2026 10:42" in screen_text(app.screen)
        await until(pilot, lambda: me.get("/v1/messages").json()["unread"] == 1)
        await pilot.press("enter")
        await on_screen(pilot, "SelectPerson")
        app.navigation.start_at(read_place("home"))
        await until(pilot, lambda: "Messages (1 unread)" in screen_text(app.screen))


async def test_link_opens_its_place_and_esc_returns_to_the_message(
    portal: AppFactory, someone: Factory, services: Services
) -> None:
    me = someone()
    person = add_child(me)
    form = submit_request(me, UUID(str(person)))
    app = portal(me)
    for place, screen in (
        (f"forms/{form}", "FormEditor"),
        (f"forms/{form}/versions", "Versions"),
        (f"people/{person}", "Progress"),
    ):
        send(services, me, subject=f"On {screen}", place=place)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "messages", "On Progress")
        for screen in ("Progress", "Versions", "FormEditor"):
            await pilot.press("enter")
            await until(pilot, lambda: "Open it" in screen_text(app.screen))
            await pilot.press("enter")
            await on_screen(pilot, screen)
            await pilot.press("escape")
            await on_screen(pilot, "ReadMessage")
            await pilot.press("escape")
            await on_screen(pilot, "Inbox")
            await pilot.press("down")


async def test_unknown_place_is_reported(
    portal: AppFactory, someone: Factory, services: Services
) -> None:
    me = someone()
    send(services, me)
    with services.transaction() as tx:
        tx.session.execute(update(Message).values(place="plans/1"))
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "messages", ADVICE_SUBJECT)
        await pilot.press("enter")
        await until(pilot, lambda: "Open it" in screen_text(app.screen))
        await pilot.press("enter")
        await until(
            pilot, lambda: [toast.message for toast in app._notifications] == [UNKNOWN_PLACE]
        )
        await on_screen(pilot, "ReadMessage")


def has_subject(pilot: Pilot[None], subject: str) -> bool:
    return text_of(pilot, "#subject") == subject


def has_text(pilot: Pilot[None], text: str) -> bool:
    return text in screen_text(pilot.app.screen)


async def test_n_and_p_open_next_and_previous_message(
    portal: AppFactory, me: Someone, services: Services
) -> None:
    for number in range(52):
        send(services, me, subject=f"Number {number}")
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "messages", "Number 51")
        await pilot.press("enter")
        await until(pilot, lambda: text_of(pilot, "#subject") == "Number 51")
        await pilot.press("p")
        await until(pilot, lambda: bool(app._notifications))
        for number in range(50, -1, -1):
            await pilot.press("n")
            await until(pilot, partial(has_subject, pilot, f"Number {number}"))
        assert len(app.screen.query("#place")) == 1
        await pilot.press("p")
        await until(pilot, lambda: text_of(pilot, "#subject") == "Number 1")
        await until(pilot, lambda: me.get("/v1/messages").json()["unread"] == 0)
        await pilot.press("escape")
        await on_screen(pilot, "Inbox")
        table = app.screen.query_one(DataTable)
        await until(pilot, lambda: table.cursor_row == 50)
        assert table.row_count == 52
        assert "● unread" not in screen_text(app.screen)


async def test_next_message_works_after_opening_from_home(
    portal: AppFactory, me: Someone, services: Services
) -> None:
    for subject in ("One", "Two"):
        send(services, me, subject=subject)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "Message: Two" in screen_text(pilot.app.screen))
        await pilot.press("m")
        await on_screen(pilot, "ReadMessage")
        await until(pilot, lambda: text_of(pilot, "#subject") == "Two")
        await pilot.press("n")
        await until(pilot, lambda: text_of(pilot, "#subject") == "One")


async def test_long_message_scrolls_and_enter_opens_its_link(
    portal: AppFactory, me: Someone, services: Services
) -> None:
    send(services, me, subject="Long", body="\n".join(f"Line {n}." for n in range(80)))
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "messages", "Long")
        await pilot.press("enter")
        await until(pilot, lambda: "Open it" in screen_text(app.screen))
        assert isinstance(app.focused, Link)
        text = app.screen.query_one("#text")
        for key, line in (("down", 1), ("pagedown", 20), ("end", 79), ("home", 0)):
            await pilot.press(key)
            await until(pilot, partial(has_text, pilot, f"Line {line}."))
        assert text.scroll_y == 0
        await pilot.press("down", "up", "down", "enter")
        await on_screen(pilot, "SelectPerson")
