"""Searching from the palette, and going to a place by a letter."""

import httpx
import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from server.core.database import Services
from shared.accounts import Staff
from shared.places import read_place
from tests.parts import Factory, Someone
from tests.server.steps import add_child, start
from tests.tui.conftest import Portals
from tests.tui.desk import cases
from tests.tui.hanging_transport import HangingTransport
from tests.tui.messages.sending import send
from tests.tui.steps import burst, go_to, on_screen, screen_text, text_of, until
from tui.app import PortalApp
from tui.widgets.palette import Palette


async def at_home(pilot: Pilot[None]) -> None:
    await on_screen(pilot, "Home")
    await until(pilot, lambda: pilot.app.focused is not None)


def items(pilot: Pilot[None]) -> list[str]:
    options = pilot.app.screen.query_one(OptionList)
    return [" ".join(str(option.prompt).split()) for option in options.options]


async def find(pilot: Pilot[None], words: str) -> None:
    """Type into the palette and wait for the search to end."""
    await pilot.press("slash")
    await on_screen(pilot, "Palette")
    await pilot.press(*words)
    await until(pilot, lambda: "Searching…" not in items(pilot))


async def test_a_child_is_found_from_home_by_letters_and_two_keys(
    portal: Portals, me: Someone
) -> None:
    add_child(me)
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await at_home(pilot)
        await find(pilot, "ivo")
        assert items(pilot) == ["Ivo Larkspur-Dunne born 14/03/2018 · Wren Hollow Primary School"]
        await pilot.press("enter")
        await on_screen(pilot, "Progress")
        await until(pilot, lambda: "Ivo Larkspur-Dunne" in screen_text(app.screen))


async def test_keys_in_a_burst_find_the_child_and_run_no_other_command(
    portal: Portals, me: Someone
) -> None:
    add_child(me)
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await at_home(pilot)
        burst(pilot, ["/", *"ivo", "enter"])
        await on_screen(pilot, "Progress")
        assert [type(screen).__name__ for screen in app.screen_stack[1:]] == ["Home", "Progress"]


async def test_forms_and_messages_are_found_below_children(
    portal: Portals, me: Someone, services: Services
) -> None:
    start(me, add_child(me))
    send(services, me, subject="On Ivo")
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await at_home(pilot)
        await find(pilot, "ivo")
        starts = ("Ivo Larkspur-Dunne born", "Ivo Larkspur-Dunne · Prof", "On Ivo received")
        for item, begin in zip(items(pilot), starts, strict=True):
            assert item.startswith(begin)
        await pilot.press("down", "down", "enter")
        await on_screen(pilot, "ReadMessage")


async def test_an_officer_finds_cases(portal: Portals, me: Someone, someone: Factory) -> None:
    officer = cases.officer(someone)
    cases.add_case(me, officer)
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await at_home(pilot)
        await find(pilot, "lark")
        await pilot.press("enter")
        await on_screen(pilot, "OpenCase")


async def test_a_form_is_left_as_by_a_link(portal: Portals, me: Someone) -> None:
    add_child(me, first_name="Nell")
    form = start(me, add_child(me))
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{form}", "Step 1 of 8")
        await pilot.press("f2")  # no text has the focus in the line of steps
        await find(pilot, "nell")
        await pilot.press("enter")
        await on_screen(pilot, "Progress")
        await pilot.press("escape")
        await on_screen(pilot, "FormEditor")


async def test_commands_are_listed_with_their_keys(portal: Portals, me: Someone) -> None:
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "people", "0 records found")
        await pilot.press("ctrl+p")
        await on_screen(pilot, "Palette")
        listed = items(pilot)
        for item in ("Help F1", "Filter /", "Go to Home g h", "Go to SEND g s", "Quit Ctrl+Q"):
            assert item in listed
        assert "Sign Out link at the top" in listed
        assert not [item for item in listed if item.startswith("Everything")]
        await pilot.press(*"go mess")
        assert items(pilot)[0] == "Go to Messages g m"
        await pilot.press("enter")
        await on_screen(pilot, "Inbox")


async def test_remapped_keys_are_listed_and_in_force(portal: Portals, me: Someone) -> None:
    app = portal(me)
    app.settings.keys.update({"go": "f6", "go.messages": "x"})
    app.set_keymap(app.settings.keys)
    async with app.run_test(size=(80, 24)) as pilot:
        await at_home(pilot)
        await pilot.press("ctrl+p", *"go mess")
        await until(pilot, lambda: "Go to Messages F6 x" in items(pilot))
        await pilot.press("escape")
        await pilot.press("f6", "x")
        await on_screen(pilot, "Inbox")


async def test_a_search_that_fails_says_so_and_leaves_the_commands(
    portal: Portals, me: Someone
) -> None:
    app = portal(me)
    transport = app.client._transport

    class NoSearch(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.path == "/v1/find" or transport is None:
                raise httpx.ConnectError("down")
            return await transport.handle_async_request(request)

    app.client._transport = NoSearch()
    async with app.run_test(size=(80, 24)) as pilot:
        await at_home(pilot)
        await find(pilot, "zzz")
        assert items(pilot)[0].startswith("The search did not work:")
        await pilot.press(*["backspace"] * 3, *"my acc")
        assert items(pilot)[0] == "Go to My Account g a"
        await pilot.press("enter")  # a command waits for no search
        await on_screen(pilot, "MyAccount")


async def test_enter_waits_for_the_search_of_the_last_words(portal: Portals, me: Someone) -> None:
    add_child(me)
    app = portal(me)
    transport = HangingTransport(app, "find")
    async with app.run_test(size=(80, 24)) as pilot:
        await at_home(pilot)
        await pilot.press("slash", *"ivo")
        await until(pilot, lambda: transport.waiting)
        await pilot.press("enter")
        assert isinstance(app.screen, Palette)
        transport.released.set()
        await on_screen(pilot, "Progress")


async def test_nobody_signed_in_finds_commands_alone(portal: Portals) -> None:
    app = portal()
    async with app.run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "SignIn")
        await pilot.press("ctrl+p")
        await on_screen(pilot, "Palette")
        await pilot.press(*"help")
        assert "Help F1" in items(pilot)
        assert not [item for item in items(pilot) if item.startswith("Go to")]


@pytest.mark.parametrize(
    ("staff", "letter", "screen"),
    [
        (None, "s", "SelectPerson"),
        (None, "m", "Inbox"),
        (None, "a", "MyAccount"),
        (Staff.OFFICER, "c", "Cases"),
        (Staff.OFFICER, "m", "Inbox"),
        (Staff.SUPPORT, "s", "SupportDesk"),
    ],
)
async def test_g_and_a_letter_go_to_a_place_and_home(
    portal: Portals, someone: Factory, staff: Staff | None, letter: str, screen: str
) -> None:
    app = portal(someone(staff=staff))
    async with app.run_test(size=(80, 24)) as pilot:
        await at_home(pilot)
        burst(pilot, ["g", letter])
        await on_screen(pilot, screen)
        await until(pilot, lambda: app.focused is not None)
        if isinstance(app.focused, Input):
            await pilot.press("escape")
        await pilot.press("g")
        await on_screen(pilot, "GoTo")
        await pilot.press("h")
        await on_screen(pilot, "Home")


async def test_a_letter_that_leads_nowhere_stays(portal: Portals, me: Someone) -> None:
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await at_home(pilot)
        for key in ("c", "x", "escape", "g"):  # Cases are for officers
            await pilot.press("g")
            await on_screen(pilot, "GoTo")
            await until(pilot, lambda: app.screen.query_one("#letters").is_mounted)
            line = text_of(pilot, "#letters")
            assert line == "Go to:  h Home  s SEND  m Messages  a My Account  Esc close"
            await pilot.press(key)
            await on_screen(pilot, "Home")


async def test_g_slash_and_question_mark_are_typed_into_texts(portal: Portals, me: Someone) -> None:
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "people", "0 records found")
        await pilot.press("slash", "g", "s", "slash", "question_mark")
        assert isinstance(app.focused, Input)
        assert app.focused.value == "gs/?"


async def test_question_mark_opens_the_help(portal: Portals, me: Someone) -> None:
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await at_home(pilot)
        await pilot.press("question_mark")
        await on_screen(pilot, "Help")
        text = screen_text(app.screen)
        assert "F1       Help on what has the focus." in text
        await pilot.press("escape")
        await on_screen(pilot, "Home")


async def test_a_table_s_filter_keeps_its_key(portal: Portals, me: Someone) -> None:
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "messages", "You have no messages")
        await pilot.press("slash")
        assert isinstance(app.focused, Input)
        assert isinstance(app, PortalApp)
        app.navigation.open_place(read_place("account"))
        await on_screen(pilot, "MyAccount")
