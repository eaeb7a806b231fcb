"""Leaving a screen or the portal saves typed text, keeps it or asks about it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import keyring
import pytest
from keyring.backends.fail import Keyring
from textual.pilot import Pilot
from textual.widgets import Input

from shared.accounts import SessionOut, Staff
from shared.places import Place, PlaceKind, read_place
from tests.parts import Factory, Someone
from tests.tui.conftest import AppFactory
from tests.tui.desk.cases import add_case
from tests.tui.forms.filling import read_answers, start
from tests.tui.hanging_transport import HangingTransport
from tests.tui.people.children import add_child
from tests.tui.steps import burst, go_to, on_screen, screen_text, until
from tui.forms.fields import Question
from tui.widgets import dialog
from tui.widgets.header import Link
from tui.widgets.long_text import LongText

TEXT = "Ivo follows two-step instructions."


async def type_answer(pilot: Pilot[None], submission: UUID) -> None:
    """Open the first long answer of a form and type into it."""
    await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
    await pilot.press("f2", "3")
    await until(pilot, lambda: "Step 3 of 8" in screen_text(pilot.app.screen))
    area = pilot.app.screen.query_one("#field-communication", Question).control
    assert isinstance(area, LongText)
    area.focus()
    area.insert(TEXT)
    await pilot.pause()


@asynccontextmanager
async def type_in_memory_only(
    portal: AppFactory, me: Someone, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Pilot[None]]:
    """Type an answer on a machine without a keychain, whose server does not reply to saves."""
    monkeypatch.setattr("tui.saving.saver.LEAVE_TIMEOUT", 0.1)
    keyring.set_keyring(Keyring())  # type: ignore[no-untyped-call]  # untyped in keyring
    submission = start(me)
    app = portal()
    app.client.token = me.token
    HangingTransport(app)
    async with app.run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "SignIn")
        app.session.start(await app.client.request("GET", "/v1/session", SessionOut))
        await type_answer(pilot, submission)
        yield pilot


async def test_ctrl_q_saves_the_latest_text(portal: AppFactory, me: Someone) -> None:
    submission = start(me)
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await type_answer(pilot, submission)
        await pilot.press("ctrl+q")
        await until(pilot, lambda: app._exit)
    assert read_answers(me, submission) == {"communication": TEXT}


async def test_header_link_saves_the_latest_text(portal: AppFactory, me: Someone) -> None:
    submission = start(me)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await type_answer(pilot, submission)
        pilot.app.screen.query(Link).first().focus()
        await pilot.press("enter")
        await on_screen(pilot, "SelectPerson")
        assert read_answers(me, submission) == {"communication": TEXT}


async def test_esc_keeps_text_in_journal_when_the_connection_hangs(
    portal: AppFactory, me: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.saving.saver.LEAVE_TIMEOUT", 0.1)
    submission = start(me)
    app = portal(me)
    transport = HangingTransport(app)
    async with app.run_test(size=(80, 24)) as pilot:
        await type_answer(pilot, submission)
        await pilot.press("escape")
        await on_screen(pilot, "Home")
        assert transport.is_holding
        unsaved = await app.journal.read(me.id, submission)
        assert unsaved is not None
        assert unsaved.answers == {"communication": TEXT}


async def test_leaving_asks_about_text_held_in_memory_only(
    portal: AppFactory, me: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with type_in_memory_only(portal, me, monkeypatch) as pilot:
        await pilot.press("ctrl+q")
        await on_screen(pilot, "ChoiceDialog")
        await pilot.press("enter")
        await until(pilot, lambda: "in memory only" in screen_text(pilot.app.screen))
        await pilot.press("escape")
        await on_screen(pilot, "Home")
        await pilot.press("ctrl+q")
        await on_screen(pilot, "ChoiceDialog")
        assert "Leave the portal?" in screen_text(pilot.app.screen)


async def test_leaving_asks_about_unsaved_account_details(portal: AppFactory, me: Someone) -> None:
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "account/about-you", "Telephone number")
        app.screen.query_one("#field-phone Input", Input).value = "0116 496 0777"
        await pilot.pause()
        await pilot.press("ctrl+q")
        await on_screen(pilot, "ChoiceDialog")


async def test_leaving_asks_about_unsaved_child_details(portal: AppFactory, me: Someone) -> None:
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "people/new", "First name")
        await pilot.press(*"Ivo", "ctrl+q")
        await on_screen(pilot, "ChoiceDialog")
        assert "Leave the portal?" in screen_text(app.screen)
        await pilot.press("enter")
        await on_screen(pilot, "EditPerson")
        assert "Ivo" in screen_text(app.screen)
        await pilot.press("ctrl+q")
        await on_screen(pilot, "ChoiceDialog")
        await pilot.press("tab", "enter")
        await until(pilot, lambda: app._exit)


async def sign_out(pilot: Pilot[None]) -> None:
    links = pilot.app.screen.query(Link)
    next(link for link in links if link.text == "Sign Out").focus()
    await pilot.press("enter")


async def test_sign_out_asks_first(portal: AppFactory, me: Someone) -> None:
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "Home")
        await sign_out(pilot)
        await on_screen(pilot, "ChoiceDialog")
        await pilot.press("escape")
        await on_screen(pilot, "Home")
        await sign_out(pilot)
        await on_screen(pilot, "ChoiceDialog")
        await pilot.press("enter")  # the safe answer comes first
        await on_screen(pilot, "Home")
        await sign_out(pilot)
        await on_screen(pilot, "ChoiceDialog")
        await pilot.press("tab", "enter")
        await on_screen(pilot, "SignIn")


async def test_ctrl_q_quits_from_the_question_whether_to_sign_out(
    portal: AppFactory, me: Someone
) -> None:
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "Home")
        await sign_out(pilot)
        await on_screen(pilot, "ChoiceDialog")
        await pilot.press("ctrl+q")
        await until(pilot, lambda: app._exit)
    assert app.client.token == me.token


async def test_ctrl_q_in_a_question_asks_about_what_is_not_saved(
    portal: AppFactory, me: Someone
) -> None:
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "account/about-you", "Telephone number")
        app.screen.query_one("#field-phone Input", Input).value = "0116 496 0777"
        await pilot.pause()
        await sign_out(pilot)
        await on_screen(pilot, "ChoiceDialog")
        for _ in range(2):
            await pilot.press("ctrl+q")
            await until(pilot, lambda: "Leave the portal?" in screen_text(app.screen))
        assert [type(screen).__name__ for screen in app.screen_stack].count("ChoiceDialog") == 1
        await pilot.press("enter")
        await on_screen(pilot, "MyAccount")
        assert "0116 496 0777" in screen_text(app.screen)


async def test_sign_out_asks_about_unsaved_account_details(portal: AppFactory, me: Someone) -> None:
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "account/about-you", "Telephone number")
        app.screen.query_one("#field-phone Input", Input).value = "0116 496 0777"
        await pilot.pause()
        await sign_out(pilot)
        await on_screen(pilot, "ChoiceDialog")
        assert "Sign out?" in screen_text(app.screen)
        await pilot.press("enter")
        await on_screen(pilot, "MyAccount")
        assert "0116 496 0777" in screen_text(app.screen)
        await sign_out(pilot)
        await on_screen(pilot, "ChoiceDialog")
        await pilot.press("tab", "enter")
        await on_screen(pilot, "SignIn")


async def test_sign_out_asks_once_about_the_screen_it_leaves(
    portal: AppFactory, me: Someone
) -> None:
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "people/new", "First name")
        await pilot.press(*"Ivo")
        await sign_out(pilot)
        await on_screen(pilot, "ChoiceDialog")
        await pilot.press("tab", "tab", "enter")
        await on_screen(pilot, "SignIn")


async def test_sign_out_asks_about_screens_below(portal: AppFactory, me: Someone) -> None:
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "people/new", "First name")
        await pilot.press(*"Ivo")
        app.session.sign_in_again("Your session has ended.")
        await on_screen(pilot, "SignInAgain")
        await until(pilot, lambda: isinstance(app.focused, Input))
        await sign_out(pilot)
        await on_screen(pilot, "ChoiceDialog")
        await pilot.press("enter")
        await on_screen(pilot, "SignInAgain")
        await pilot.press("escape")
        await on_screen(pilot, "EditPerson")
        assert "Ivo" in screen_text(app.screen)


async def test_sign_out_asks_about_text_held_in_memory_only(
    portal: AppFactory, me: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with type_in_memory_only(portal, me, monkeypatch) as pilot:
        await pilot.press("escape")
        await on_screen(pilot, "Home")
        await sign_out(pilot)
        await on_screen(pilot, "ChoiceDialog")
        assert "Sign out?" in screen_text(pilot.app.screen)


async def test_link_asks_about_an_unsaved_paper_request(
    portal: AppFactory, officer: Someone
) -> None:
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "cases/new", "Received on")
        await until(pilot, lambda: bool(pilot.app.screen.query(LongText)))
        pilot.app.screen.query(LongText).first().insert(TEXT)
        await pilot.pause()
        pilot.app.screen.query(Link).first().focus()
        await pilot.press("enter")
        await on_screen(pilot, "ChoiceDialog")
        await pilot.press("enter")
        await on_screen(pilot, "EnterRequest")
        assert pilot.app.screen.query(LongText).first().text == TEXT


async def test_form_ignores_keys_while_it_is_being_saved(portal: AppFactory, me: Someone) -> None:
    child = add_child(me)
    app = portal(me)
    transport = HangingTransport(app)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"people/{child}/edit", "First name")
        await until(pilot, lambda: isinstance(app.focused, Input))
        await pilot.press("end", *"na", "ctrl+s")
        await until(pilot, lambda: transport.is_holding)
        await pilot.press("x", "ctrl+s", "escape")
        assert type(app.screen).__name__ == "EditPerson"
        transport.released.set()
        await on_screen(pilot, "Home")
    name = me.get(f"/v1/people/{child}").json()["first_name"]
    assert name.endswith("na")


async def test_double_enter_closes_only_the_question(portal: AppFactory, me: Someone) -> None:
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "people/new", "First name")
        decisions: list[str | None] = []
        question = dialog.ChoiceDialog("Sure?", "Nothing is lost.", (("yes", "Yes"), ("no", "No")))
        app.push_screen(question, decisions.append)
        await on_screen(pilot, "ChoiceDialog")
        await until(pilot, lambda: app.focused is not None)
        burst(pilot, ["enter", "enter"])
        await until(pilot, lambda: bool(decisions))
        await pilot.pause()
        assert decisions == ["yes"]
        assert type(app.screen).__name__ == "EditPerson"


async def test_long_question_scrolls(portal: AppFactory, me: Someone) -> None:
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "Home")
        text = "\n".join(f"reader {number}" for number in range(1, 41))
        app.push_screen(dialog.ChoiceDialog("Publish it to them?", text, (("yes", "Yes"),)))
        await until(pilot, lambda: "reader 1" in screen_text(app.screen))
        await until(pilot, lambda: app.screen.query_one(".text").can_focus)
        await pilot.press("shift+tab", "end")
        await until(pilot, lambda: "reader 40" in screen_text(app.screen))
        assert "[ Yes ]" in screen_text(app.screen)


@pytest.mark.parametrize("place", ["account", "messages", "people/new", "register"])
async def test_rapid_navigation_runs_in_order(portal: AppFactory, me: Someone, place: str) -> None:
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "Home")
        for navigate in (
            app.navigation.leave,
            lambda: app.navigation.start_at(read_place("home")),
            lambda: app.navigation.open_place(read_place("people")),
        ):
            app.navigation.open_place(read_place(place))
            navigate()
        await on_screen(pilot, "SelectPerson")
        app.navigation.leave()
        await on_screen(pilot, "Home")


async def test_link_pressed_repeatedly_opens_one_screen(portal: AppFactory, me: Someone) -> None:
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "people", "0 records found")
        link = next(
            link for link in app.screen.query(Link) if link.place == Place(PlaceKind.ACCOUNT)
        )
        for _ in range(3):
            link.post_message(Link.Chosen(link))
        await on_screen(pilot, "MyAccount")
        await until(pilot, lambda: "About you" in screen_text(app.screen))
        assert [type(screen).__name__ for screen in app.screen_stack[1:]].count("MyAccount") == 1


async def test_header_links_are_in_the_palette(portal: AppFactory, me: Someone) -> None:
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "people", "0 records found")
        await pilot.press("ctrl+p")
        await on_screen(pilot, "Palette")
        await pilot.press(*"sign o")
        await until(pilot, lambda: "link at the top" in screen_text(app.screen))
        await pilot.press("enter")
        await on_screen(pilot, "ChoiceDialog")
        await pilot.press("tab", "enter")
        await on_screen(pilot, "SignIn")


async def test_esc_leaves_the_step_bar_before_the_form(portal: AppFactory, me: Someone) -> None:
    submission = start(me)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await type_answer(pilot, submission)
        await pilot.press("f2", "escape")
        await until(pilot, lambda: isinstance(pilot.app.focused, LongText))
        assert TEXT in screen_text(pilot.app.screen)
        await pilot.press("escape")
        await on_screen(pilot, "Home")


async def test_action_pressed_repeatedly_starts_once(
    portal: AppFactory, someone: Factory, me: Someone
) -> None:
    officer = someone("officer@leicester.example", staff=Staff.OFFICER)
    case = add_case(me, officer)
    app = portal(officer)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{case.id}", "What may be done now")
        link = app.screen.query_one("#do-event-request_accepted", Link)
        for _ in range(3):
            link.post_message(Link.Chosen(link))
        await on_screen(pilot, "AddEvent")
        await pilot.press("escape")
        await on_screen(pilot, "OpenCase")
