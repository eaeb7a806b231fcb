"""Unsaved text survives a restart; its form is listed on Home, and opening the form saves it."""

from uuid import UUID

import pytest

from tests.parts import Factory, Someone
from tests.server.steps import ok
from tests.tui.conftest import AppFactory
from tests.tui.forms.filling import read_answers, start
from tests.tui.hanging_transport import HangingTransport
from tests.tui.steps import on_screen, screen_text, until
from tests.tui.test_leaving import TEXT, type_answer
from tui.widgets.header import Link


@pytest.fixture
def form(me: Someone) -> UUID:
    return start(me)


async def test_home_lists_unsaved_forms_and_opening_one_saves_it(
    portal: AppFactory, me: Someone, form: UUID
) -> None:
    app = portal(me)
    HangingTransport(app)
    async with app.run_test(size=(80, 24)) as pilot:
        await type_answer(pilot, form)
        await until(pilot, lambda: bool(app.journal._memory) and not app.screen.saver._dirty)  # type: ignore[attr-defined] # a form
    assert read_answers(me, form) == {}
    restarted = portal(me)
    async with restarted.run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "Home")
        await until(pilot, lambda: "The server does not have all" in screen_text(restarted.screen))
        link = restarted.screen.query_one("#unsaved").query_one(Link)
        assert link.text == "Request for assessment for Ivo Larkspur-Dunne"
        link.focus()
        await pilot.press("enter")
        await until(pilot, lambda: "Step 3 of 8" in screen_text(restarted.screen))
        assert TEXT in screen_text(restarted.screen)
        await until(pilot, lambda: "✓ Saved" in screen_text(restarted.screen))
        notices = [notification.message for notification in restarted._notifications]
        assert len(notices) == 1
        assert "here again" in notices[0]
        # The notice stays once the header says "Saved", so it must not say "not saved".
        assert "not" not in notices[0]
        assert read_answers(me, form) == {"communication": TEXT}
        await pilot.press("escape")
        await on_screen(pilot, "Home")
        await until(
            pilot, lambda: "The server does not have all" not in screen_text(restarted.screen)
        )


async def test_form_is_saved_after_leaving_it(
    portal: AppFactory, me: Someone, form: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.saving.saver.LEAVE_TIMEOUT", 0.1)
    monkeypatch.setattr("tui.home.screen.RECHECK_SECONDS", 0.1)
    app = portal(me)
    transport = HangingTransport(app)
    async with app.run_test(size=(80, 24)) as pilot:
        await type_answer(pilot, form)
        await pilot.press("escape")
        await on_screen(pilot, "Home")
        await until(pilot, lambda: "The server does not have all" in screen_text(app.screen))
        transport.released.set()
        await until(pilot, lambda: "The server does not have all" not in screen_text(app.screen))
    assert read_answers(me, form) == {"communication": TEXT}


async def test_other_accounts_do_not_see_the_journal(
    portal: AppFactory, me: Someone, form: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.saving.saver.LEAVE_TIMEOUT", 0.1)
    app = portal(me)
    HangingTransport(app)
    async with app.run_test(size=(80, 24)) as pilot:
        await type_answer(pilot, form)
        await pilot.press("escape")
        await on_screen(pilot, "Home")
        assert await app.journal.unsaved_titles(UUID(int=1)) == {}
        assert list(await app.journal.unsaved_titles(me.id)) == [form]


async def test_unsaved_text_of_an_unshared_form_can_be_read_and_discarded(
    portal: AppFactory, me: Someone, form: UUID, someone: Factory
) -> None:
    bea = someone("bea@osierbeck.example")
    ok(me.put(f"/v1/submissions/{form}/shares/{bea.id}"))
    app = portal(bea)
    HangingTransport(app)
    async with app.run_test(size=(80, 24)) as pilot:
        await type_answer(pilot, form)
        await until(pilot, lambda: app.journal._file(bea.id, form).exists())
    ok(me.delete(f"/v1/submissions/{form}/shares/{bea.id}"))
    restarted = portal(bea)
    async with restarted.run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "Home")
        await until(pilot, lambda: bool(restarted.screen.query("#unsaved Link")))
        restarted.screen.query_one("#unsaved").query_one(Link).focus()
        await pilot.press("enter")
        await on_screen(pilot, "ChoiceDialog")
        assert TEXT in screen_text(restarted.screen)
        await pilot.press("tab", "enter")
        await on_screen(pilot, "Home")
        await until(pilot, lambda: not restarted.journal._file(bea.id, form).exists())
    assert read_answers(me, form) == {}


async def test_signing_out_saves_the_latest_text(
    portal: AppFactory, me: Someone, form: UUID
) -> None:
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await type_answer(pilot, form)
        app.session.sign_out()
        await on_screen(pilot, "SignIn")
    assert app.client.token is None
    assert not app.journal._file(me.id, form).exists()
