from textual.pilot import Pilot
from textual.widgets import DataTable

from server.core.database import Services
from tests.parts import Clock, Factory
from tests.tui.conftest import Portals
from tests.tui.messages.sending import REQUIRED, send
from tests.tui.steps import at_place, on_screen, text_of, until, words


async def test_the_inbox_shows_subject_and_time_and_what_is_unread_in_words(
    portal: Portals, someone: Factory, services: Services, clock: Clock
) -> None:
    me = someone()
    send(services, someone("other@osierbeck.example"), subject="Not mine")
    send(services, me)
    clock.move(minutes=5)
    send(services, me, subject="A decision was made")
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await at_place(pilot, "messages", REQUIRED)
        shown = words(pilot.app.screen)
        assert "Subject" in shown
        assert "Received" in shown
        assert "02-Mar-2026 10:42" in shown
        assert shown.index("A decision was made") < shown.index(REQUIRED)
        assert "Not mine" not in shown
        assert shown.count("● unread") == 2
        assert "Messages (2 unread)" in shown


async def test_reading_a_message_lowers_the_badge_and_its_link_opens_on_top(
    portal: Portals, someone: Factory, services: Services
) -> None:
    me = someone()
    send(services, me, subject="Another")
    send(services, me, subject=REQUIRED)
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await at_place(pilot, "messages", REQUIRED)
        await pilot.press("enter")
        await until(pilot, lambda: "Open it" in words(app.screen))
        assert "Please send advice for Ivo Larkspur-Dunne." in words(app.screen)
        assert "Received 02-Mar-2026 10:42" in words(app.screen)
        await until(pilot, lambda: me.get("/v1/messages").json()["unread"] == 1)
        await pilot.press("enter")
        await on_screen(pilot, "SelectPerson")
        app.start_at("home")
        await until(pilot, lambda: "Messages (1 unread)" in words(app.screen))


async def test_coming_back_from_a_message_the_list_says_that_it_was_read(
    portal: Portals, someone: Factory, services: Services
) -> None:
    me = someone()
    send(services, me)
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await at_place(pilot, "messages", "● unread")
        await pilot.press("enter")
        await until(pilot, lambda: me.get("/v1/messages").json()["unread"] == 0)
        await pilot.press("escape")
        await on_screen(pilot, "Inbox")
        await until(pilot, lambda: text_of(pilot, "#badge") == "Messages")
        assert "● unread" not in words(app.screen)


async def until_longer(pilot: Pilot[None], table: DataTable[str], held: int) -> None:
    await until(pilot, lambda: table.row_count > held)


async def test_a_long_inbox_comes_by_pages_as_one_moves_down(
    portal: Portals, someone: Factory, services: Services
) -> None:
    me = someone()
    for number in range(120):
        send(services, me, subject=f"Number {number}")
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await at_place(pilot, "messages", "Number 119")
        table = pilot.app.screen.query_one(DataTable)
        first = table.row_count
        assert first < 120
        for _ in range(3):
            held = table.row_count
            await pilot.press("ctrl+end")
            if held < 120:
                await until_longer(pilot, table, held)
        assert table.row_count == 120


async def test_a_long_subject_is_shown_whole_at_80_columns(
    portal: Portals, someone: Factory, services: Services
) -> None:
    me = someone()
    subject = " ".join(f"word{number}" for number in range(20))
    send(services, me, subject=subject)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await at_place(pilot, "messages", "word19")


async def test_an_empty_inbox_says_so(portal: Portals, someone: Factory) -> None:
    async with portal(someone()).run_test(size=(80, 24)) as pilot:
        await at_place(pilot, "messages", "You have no messages.")
