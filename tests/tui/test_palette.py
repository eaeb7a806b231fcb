"""Searching from the palette, and going to a place by a letter."""

import re

import httpx
import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from server.core.database import Services
from shared.accounts import Staff
from shared.places import read_place
from tests.parts import Factory, Someone
from tests.server.steps import add_child, start
from tests.tui.conftest import AppFactory
from tests.tui.desk import cases
from tests.tui.hanging_transport import HangingTransport
from tests.tui.messages.sending import send
from tests.tui.steps import burst, go_to, on_screen, screen_text, text_of, until
from tui.app import PortalApp
from tui.widgets.palette import Palette


async def wait_for_home(pilot: Pilot[None]) -> None:
    await on_screen(pilot, "Home")
    await until(pilot, lambda: pilot.app.focused is not None)


def item_texts(pilot: Pilot[None]) -> list[str]:
    options = pilot.app.screen.query_one(OptionList)
    return [" ".join(str(option.prompt).split()) for option in options.options]


async def search(pilot: Pilot[None], query: str) -> None:
    """Type into the palette, and wait for the search to end."""
    await pilot.press("slash")
    await on_screen(pilot, "Palette")
    await pilot.press(*query)
    await until(pilot, lambda: "Searching…" not in item_texts(pilot))


async def test_child_is_found_from_home_in_a_few_keys(portal: AppFactory, me: Someone) -> None:
    add_child(me)
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_for_home(pilot)
        await search(pilot, "ivo")
        assert item_texts(pilot) == [
            "Ivo Larkspur-Dunne born 14/03/2018 · Wren Hollow Primary School"
        ]
        await pilot.press("enter")
        await on_screen(pilot, "Progress")
        await until(pilot, lambda: "Ivo Larkspur-Dunne" in screen_text(app.screen))


async def test_burst_of_keys_finds_child_and_runs_no_other_command(
    portal: AppFactory, me: Someone
) -> None:
    add_child(me)
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_for_home(pilot)
        burst(pilot, ["/", *"ivo", "enter"])
        await on_screen(pilot, "Progress")
        assert [type(screen).__name__ for screen in app.screen_stack[1:]] == ["Home", "Progress"]


async def test_forms_and_messages_are_found_below_children(
    portal: AppFactory, me: Someone, services: Services
) -> None:
    start(me, add_child(me))
    send(services, me, subject="On Ivo")
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await wait_for_home(pilot)
        await search(pilot, "ivo")
        starts = ("Ivo Larkspur-Dunne born", "Ivo Larkspur-Dunne · Prof", "On Ivo received")
        for item, expected in zip(item_texts(pilot), starts, strict=True):
            assert item.startswith(expected)
        await pilot.press("down", "down", "enter")
        await on_screen(pilot, "ReadMessage")


async def test_officer_finds_cases(portal: AppFactory, me: Someone, someone: Factory) -> None:
    officer = cases.create_officer(someone)
    cases.add_case(me, officer)
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await wait_for_home(pilot)
        await search(pilot, "transfer")
        assert item_texts(pilot) == ["Cases: Phase transfers"]
        await pilot.press("enter")
        await on_screen(pilot, "Cases")
        await until(pilot, lambda: "No phase transfer." in screen_text(pilot.app.screen))
        await pilot.press("ctrl+p")
        await on_screen(pilot, "Palette")
        await pilot.press(*"lark")
        await until(pilot, lambda: "Larkspur" in " ".join(item_texts(pilot)))
        await pilot.press("enter")
        await on_screen(pilot, "OpenCase")


async def test_search_result_leaves_form_like_a_link(portal: AppFactory, me: Someone) -> None:
    add_child(me, first_name="Nell")
    form = start(me, add_child(me))
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{form}", "Step 1 of 8")
        await pilot.press("f2")  # No text field has the focus in the step bar.
        await search(pilot, "nell")
        await pilot.press("enter")
        await on_screen(pilot, "Progress")
        await pilot.press("escape")
        await on_screen(pilot, "FormEditor")


async def test_commands_are_listed_with_their_keys(portal: AppFactory, me: Someone) -> None:
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "people", "0 records found")
        await pilot.press("ctrl+p")
        await on_screen(pilot, "Palette")
        texts = item_texts(pilot)
        for item in ("Help F1", "Filter /", "Go to Home g h", "Go to SEND g s", "Quit Ctrl+Q"):
            assert item in texts
        assert "Sign Out link at the top" in texts
        assert not [item for item in texts if item.startswith("Everything")]
        await pilot.press(*"go mess")
        assert item_texts(pilot)[0] == "Go to Messages g m"
        await pilot.press("enter")
        await on_screen(pilot, "Inbox")


async def test_remapped_keys_are_listed_and_work(portal: AppFactory, me: Someone) -> None:
    app = portal(me)
    app.settings.keys.update({"go": "f6", "go.messages": "x"})
    app.set_keymap(app.settings.keys)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_for_home(pilot)
        await pilot.press("ctrl+p", *"go mess")
        await until(pilot, lambda: "Go to Messages F6 x" in item_texts(pilot))
        await pilot.press("escape")
        await pilot.press("f6", "x")
        await on_screen(pilot, "Inbox")


async def test_failed_search_is_reported_and_commands_still_work(
    portal: AppFactory, me: Someone
) -> None:
    app = portal(me)
    transport = app.client._transport

    class FailingSearchTransport(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.path == "/v1/find" or transport is None:
                raise httpx.ConnectError("down")
            return await transport.handle_async_request(request)

    app.client._transport = FailingSearchTransport()
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_for_home(pilot)
        await search(pilot, "zzz")
        assert item_texts(pilot)[0].startswith("The search did not work:")
        await pilot.press(*["backspace"] * 3, *"my acc")
        assert item_texts(pilot)[0] == "Go to My Account g a"
        await pilot.press("enter")  # A command does not wait for the search.
        await on_screen(pilot, "MyAccount")


async def test_enter_waits_for_the_latest_search(portal: AppFactory, me: Someone) -> None:
    add_child(me)
    app = portal(me)
    transport = HangingTransport(app, "find")
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_for_home(pilot)
        await pilot.press("slash", *"ivo")
        await until(pilot, lambda: transport.is_holding)
        await pilot.press("enter")
        assert isinstance(app.screen, Palette)
        transport.released.set()
        await on_screen(pilot, "Progress")


async def test_signed_out_palette_lists_only_commands(portal: AppFactory) -> None:
    app = portal()
    async with app.run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "SignIn")
        await pilot.press("ctrl+p")
        await on_screen(pilot, "Palette")
        await pilot.press(*"help")
        assert "Help F1" in item_texts(pilot)
        assert not [item for item in item_texts(pilot) if item.startswith("Go to")]


@pytest.mark.parametrize(
    ("staff", "places"),
    [
        (None, {"s": "SelectPerson", "m": "Inbox", "a": "MyAccount"}),
        (Staff.OFFICER, {"c": "Cases", "m": "Inbox"}),
        (Staff.SUPPORT, {"s": "SupportDesk"}),
    ],
)
async def test_g_and_letter_open_a_place_or_home(
    portal: AppFactory, someone: Factory, staff: Staff | None, places: dict[str, str]
) -> None:
    app = portal(someone(staff=staff))
    async with app.run_test(size=(80, 24)) as pilot:
        for letter, screen in places.items():
            await wait_for_home(pilot)
            burst(pilot, ["g", letter])
            await on_screen(pilot, screen)
            await until(pilot, lambda: app.focused is not None)
            if isinstance(app.focused, Input):
                await pilot.press("escape")
            await pilot.press("g")
            await on_screen(pilot, "GoTo")
            await pilot.press("h")
            await on_screen(pilot, "Home")


async def test_unassigned_letter_stays_on_screen(portal: AppFactory, me: Someone) -> None:
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_for_home(pilot)
        for key in ("c", "x", "escape", "g"):  # Cases are for officers only.
            await pilot.press("g")
            await on_screen(pilot, "GoTo")
            await until(pilot, lambda: app.screen.query_one("#letters").is_mounted)
            line = text_of(pilot, "#letters")
            assert line == "Go to:  h Home  s SEND  m Messages  a My Account  Esc close"
            await pilot.press(key)
            await on_screen(pilot, "Home")


async def test_g_slash_and_question_mark_are_typed_into_fields(
    portal: AppFactory, me: Someone
) -> None:
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "people", "0 records found")
        await pilot.press("slash", "g", "s", "slash", "question_mark")
        assert isinstance(app.focused, Input)
        assert app.focused.value == "gs/?"


async def test_question_mark_opens_help(portal: AppFactory, me: Someone) -> None:
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await wait_for_home(pilot)
        await pilot.press("question_mark")
        await on_screen(pilot, "Help")
        text = screen_text(app.screen)
        assert re.search(r"F1 +Help on what has the focus\.", text)
        await pilot.press("escape")
        await on_screen(pilot, "Home")


async def test_filter_of_a_table_keeps_its_key(portal: AppFactory, me: Someone) -> None:
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "messages", "You have no messages")
        await pilot.press("slash")
        assert isinstance(app.focused, Input)
        assert isinstance(app, PortalApp)
        app.navigation.open_place(read_place("account"))
        await on_screen(pilot, "MyAccount")


async def test_each_result_stays_on_one_line_when_the_window_shrinks(
    portal: AppFactory, me: Someone, services: Services
) -> None:
    start(me, add_child(me))
    send(services, me, subject="About Ivo")
    async with portal(me).run_test(size=(120, 40)) as pilot:
        await wait_for_home(pilot)
        await search(pilot, "ivo")
        options = pilot.app.screen.query_one(OptionList)
        await until(pilot, lambda: options.size.height == 3)
        await pilot.resize_terminal(60, 20)
        await until(pilot, lambda: options.size.width < 60 and options.size.height == 3)
        assert all(len(str(option.prompt)) <= options.size.width for option in options.options)
