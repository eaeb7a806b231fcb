from uuid import UUID

import pytest
from textual.pilot import Pilot
from textual.widgets import DataTable, Input

from server.core.database import Services
from server.messages.service import send_message
from shared.places import PlaceKind
from tests.parts import Clock, Factory, Someone
from tests.server.steps import ok
from tests.tui.conftest import AppFactory
from tests.tui.messages.sending import ADVICE_SUBJECT, send
from tests.tui.people.children import add_child
from tests.tui.steps import burst, go_to, on_screen, screen_text, text_of, until


async def test_inbox_shows_subject_time_and_unread_state(
    portal: AppFactory, someone: Factory, services: Services, clock: Clock
) -> None:
    me = someone()
    send(services, someone("other@osierbeck.example"), subject="Not mine")
    send(services, me)
    clock.move(minutes=5)
    send(services, me, subject="A decision was made")
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "messages", ADVICE_SUBJECT)
        text = screen_text(pilot.app.screen)
        assert "Subject" in text
        assert "Received" in text
        assert "02-Mar-2026 10:42" in text
        assert text.index("A decision was made") < text.index(ADVICE_SUBJECT)
        assert "Not mine" not in text
        assert text.count("● unread") == 2
        assert "Messages (2 unread)" in text


async def test_list_shows_a_message_as_read_on_return(
    portal: AppFactory, someone: Factory, services: Services
) -> None:
    me = someone()
    send(services, me)
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "messages", "● unread")
        await pilot.press("enter")
        await until(pilot, lambda: me.get("/v1/messages").json()["unread"] == 0)
        await pilot.press("escape")
        await on_screen(pilot, "Inbox")
        await until(pilot, lambda: text_of(pilot, "#badge") == "Messages")
        assert "● unread" not in screen_text(app.screen)


async def wait_for_more_rows(pilot: Pilot[None], table: DataTable[object], row_count: int) -> None:
    await until(pilot, lambda: table.row_count > row_count)


async def test_long_inbox_loads_pages_while_scrolling(
    portal: AppFactory, someone: Factory, services: Services
) -> None:
    me = someone()
    for number in range(120):
        send(services, me, subject=f"Number {number}")
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "messages", "Number 119")
        table = pilot.app.screen.query_one(DataTable)
        initial_count = table.row_count
        assert initial_count < 120
        for _ in range(3):
            row_count = table.row_count
            await pilot.press("ctrl+end")
            if row_count < 120:
                await wait_for_more_rows(pilot, table, row_count)
        assert table.row_count == 120


async def test_long_subject_is_shown_in_full_at_80_columns(
    portal: AppFactory, someone: Factory, services: Services
) -> None:
    me = someone()
    subject = " ".join(f"word{number}" for number in range(20))
    send(services, me, subject=subject)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "messages", "word19")


async def test_empty_inbox_shows_a_message(portal: AppFactory, someone: Factory) -> None:
    async with portal(someone()).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "messages", "You have no messages.")


async def test_filter_matches_words_and_esc_returns_to_the_list(
    portal: AppFactory, someone: Factory, services: Services
) -> None:
    me = someone()
    send(services, me, body="On Ivo.")
    send(services, me, subject="A decision was made", body="On Nell.")
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "messages", "2 found")
        await pilot.press("slash", *"ivo ua")
        assert app.screen.query_one("#filter", Input).value == "ivo ua"
        await until(pilot, lambda: "No message has “ivo ua”." in screen_text(app.screen))
        await pilot.press("backspace", "backspace", "backspace")
        await until(pilot, lambda: "1 found" in screen_text(app.screen))
        assert ADVICE_SUBJECT in screen_text(app.screen)
        assert "A decision" not in screen_text(app.screen)
        assert "Messages (2 unread)" in screen_text(app.screen)
        await pilot.press("escape", "enter")
        await until(pilot, lambda: "On Ivo." in screen_text(app.screen))


async def test_u_toggles_read_and_its_label(
    portal: AppFactory, someone: Factory, services: Services
) -> None:
    me = someone()
    send(services, me)
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "messages", "● unread")
        await until(pilot, lambda: "u read" in screen_text(app.screen))
        await pilot.press("u")
        await until(pilot, lambda: me.get("/v1/messages").json()["unread"] == 0)
        assert "● unread" not in screen_text(app.screen)
        assert text_of(pilot, "#badge") == "Messages"
        await until(pilot, lambda: "u unread" in screen_text(app.screen))
        await pilot.press("u")
        await until(pilot, lambda: me.get("/v1/messages").json()["unread"] == 1)
        assert "● unread" in screen_text(app.screen)
        assert text_of(pilot, "#badge") == "Messages (1 unread)"


async def test_fast_typing_in_the_filter_triggers_no_commands(
    portal: AppFactory, someone: Factory, services: Services
) -> None:
    me = someone()
    send(services, me, subject="Uaru")
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "messages", "1 found")
        burst(pilot, "/uar")
        await until(pilot, lambda: app.screen.query_one("#filter", Input).value == "uar")
        await until(pilot, lambda: "1 found" in screen_text(app.screen))
        [message] = me.get("/v1/messages").json()["rows"]
        assert not message["read"]


async def test_messages_can_be_archived_quickly_and_put_back(
    portal: AppFactory, someone: Factory, services: Services
) -> None:
    me = someone()
    for number in range(3):
        send(services, me, subject=f"Number {number}")
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "messages", "3 found")
        await pilot.press("down", "a", "a")
        await until(pilot, lambda: me.get("/v1/messages").json()["total"] == 1)
        assert "Number 2" in screen_text(app.screen)
        assert "1 found" in screen_text(app.screen)
        assert "Messages (1 unread)" in screen_text(app.screen)
        await pilot.press("v")
        await until(pilot, lambda: "You have no" not in screen_text(app.screen))
        await until(pilot, lambda: "1 found" in screen_text(app.screen))
        assert "Unread" in screen_text(app.screen)
        await pilot.press("v")
        await until(pilot, lambda: "2 found" in screen_text(app.screen))
        await until(pilot, lambda: "a put back" in screen_text(app.screen))
        await pilot.press("a")
        await until(pilot, lambda: me.get("/v1/messages").json()["total"] == 2)
        assert "Messages (2 unread)" in screen_text(app.screen)
        await pilot.press("v")
        await until(pilot, lambda: "Number 1" in screen_text(app.screen))
        assert "Number 0" not in screen_text(app.screen)


@pytest.mark.parametrize("view", ["inbox", "archived"])
async def test_footer_shows_every_key_at_80_columns(
    portal: AppFactory, someone: Factory, services: Services, view: str
) -> None:
    me = someone()
    send(services, me)
    if view == "archived":
        [row] = me.get("/v1/messages").json()["rows"]
        me.put(f"/v1/messages/{row['id']}/archived")
        me.put(f"/v1/messages/{row['id']}/read")
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "messages", "found")
        if view == "archived":
            await pilot.press("v", "v")
            await until(pilot, lambda: ADVICE_SUBJECT in screen_text(pilot.app.screen))
        last = "u read  a archive" if view == "inbox" else "u unread  a put back"
        footer = f"Enter open  / filter  {last}  F1 help  Ctrl+P everything else"
        await until(pilot, lambda: footer in screen_text(pilot.app.screen))


async def test_markup_in_a_subject_is_shown_literally(
    portal: AppFactory, someone: Factory, services: Services
) -> None:
    me = someone()
    send(services, me, subject="[b]Form[/b] [7]")
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "messages", "[b]Form[/b] [7]")


def send_about(services: Services, to: Someone, person: UUID, subject: str) -> None:
    """Send a message about a child."""
    with services.transaction() as tx:
        send_message(
            tx,
            to_account=to.id,
            subject=subject,
            body="Please read.",
            person=person,
            place=PlaceKind.PERSON.of(person),
            place_label="Open it",
        )
        tx.session.flush()


async def test_end_moves_to_the_last_message(
    portal: AppFactory, someone: Factory, services: Services
) -> None:
    me = someone()
    for number in range(320):
        send(services, me, subject=f"Number {number}")
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "messages", "Number 319")
        table = pilot.app.screen.query_one(DataTable)
        await pilot.press("end")
        await until(pilot, lambda: table.cursor_row == 319)
        await until(pilot, lambda: "Number 0" in screen_text(pilot.app.screen))
        await pilot.press("home")
        assert table.cursor_row == 0


async def test_child_is_named_in_message_but_not_in_list(
    portal: AppFactory, me: Someone, services: Services
) -> None:
    send_about(services, me, add_child(me), "A decision was made")
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "messages", "A decision was made")
        assert "Larkspur" not in screen_text(pilot.app.screen)
        await pilot.press("enter")
        await until(pilot, lambda: "about Ivo Larkspur-Dunne" in screen_text(pilot.app.screen))


async def test_c_lists_the_messages_about_the_same_child(
    portal: AppFactory, me: Someone, services: Services
) -> None:
    ivo, nell = add_child(me), add_child(me, first_name="Nell")
    send(services, me, subject="Of nobody")
    send_about(services, me, nell, "Of Nell")
    send_about(services, me, ivo, "Of Ivo")
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "messages", "Of Nell")
        await pilot.press("c")
        await until(pilot, lambda: "1 found" in screen_text(app.screen))
        text = screen_text(app.screen)
        assert "Messages › Ivo Larkspur-Dunne" in text
        assert "c all messages" in text
        await pilot.press("c")
        await until(pilot, lambda: "3 found" in screen_text(app.screen))
        assert "Larkspur" not in screen_text(app.screen)
        await pilot.press("down", "enter")
        await until(pilot, lambda: "about Nell" in screen_text(app.screen))
        await pilot.press("c")
        await until(pilot, lambda: "Messages › Nell Larkspur-Dunne" in screen_text(app.screen))
        await pilot.press("escape")
        await on_screen(pilot, "ReadMessage")


async def test_child_removed_from_list_cannot_be_filtered_by(
    portal: AppFactory, me: Someone, services: Services
) -> None:
    child = add_child(me)
    send_about(services, me, child, "Of Ivo")
    ok(me.delete(f"/v1/people/{child}"))
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "messages", "Of Ivo")
        await pilot.press("c")
        await until(pilot, lambda: bool(app._notifications))
        await until(pilot, lambda: "1 found" in screen_text(app.screen))
        assert "c all messages" not in screen_text(app.screen)
