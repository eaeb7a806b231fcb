"""Forms on bad connections: text is stored exactly once, and the header is correct."""

from uuid import UUID

import pytest
from textual.pilot import Pilot

from server.core.database import Services
from tests.emails import code_in, last_email
from tests.parts import PASSWORD, Clock, Factory, Someone
from tests.server.steps import ok
from tests.tui.accounts.filling import choose, fill
from tests.tui.conftest import AppFactory
from tests.tui.flaky_transport import FlakyTransport
from tests.tui.forms.filling import (
    read_answers,
    required_answers,
    save,
    start,
    submit,
    submit_anyway,
)
from tests.tui.steps import burst, go_to, on_screen, screen_text, until
from tui.app import PortalApp
from tui.forms.editor import FormEditor
from tui.forms.fields import Question
from tui.widgets.long_text import LongText

FIELD = "communication"


@pytest.fixture(autouse=True)
def short_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.saving.saver.SAVE_DELAY", 0.2)
    monkeypatch.setattr("tui.saving.saver.RETRY_DELAY", 0.3)


@pytest.fixture
def bea(someone: Factory) -> Someone:
    return someone("bea@osierbeck.example")


@pytest.fixture
def form(me: Someone, bea: Someone) -> UUID:
    submission = start(me)
    ok(me.put(f"/v1/submissions/{submission}/shares/{bea.id}"))
    return submission


async def open_answer(pilot: Pilot[None], form: UUID) -> LongText:
    """Open the first long answer of a form and focus it."""
    await go_to(pilot, f"forms/{form}", "Step 1 of 8")
    await pilot.press("f2", "3")
    await until(pilot, lambda: "Step 3 of 8" in screen_text(pilot.app.screen))
    area = pilot.app.screen.query_one(f"#field-{FIELD}", Question).control
    assert isinstance(area, LongText)
    area.focus()
    await pilot.pause()
    return area


def shows(pilot: Pilot[None], *texts: str) -> bool:
    screen = screen_text(pilot.app.screen)
    return all(text in screen for text in texts)


async def wait_until_saved(pilot: Pilot[None]) -> None:
    editor = pilot.app.screen
    assert isinstance(editor, FormEditor)
    await until(pilot, lambda: editor.saver.is_settled and shows(pilot, "✓ Saved"))


async def test_lost_reply_does_not_cause_an_overlap(
    portal: AppFactory, me: Someone, form: UUID
) -> None:
    app = portal(me)
    connection = FlakyTransport(app)
    async with app.run_test(size=(80, 24)) as pilot:
        area = await open_answer(pilot, form)
        connection.lose_replies = True
        await pilot.press(*"One. ")
        await until(pilot, lambda: bool(connection.completed))
        await pilot.press(*"Two. ")
        connection.refuse_connections, connection.lose_replies = True, False
        await until(pilot, lambda: shows(pilot, "! Not saved yet: kept here"))
        await pilot.press(*"Three.")
        connection.refuse_connections = False
        await wait_until_saved(pilot)
        assert not app.screen.query_one("#notice").display
    assert read_answers(me, form)[FIELD] == area.text == "One. Two. Three."


async def test_typed_text_is_in_journal_on_any_connection(
    portal: AppFactory, me: Someone, form: UUID
) -> None:
    app = portal(me)
    connection = FlakyTransport(app)
    async with app.run_test(size=(80, 24)) as pilot:
        await open_answer(pilot, form)
        for mode in ("held", "down"):
            connection.refuse_connections = mode == "down"
            if mode == "held":
                connection.released.clear()
            for word in ("one ", "two ", "three "):
                await pilot.press(*word)
                text = app.screen.query_one(f"#field-{FIELD}", Question).current_answer
                await wait_until_in_journal(pilot, app, me, form, str(text))


async def wait_until_in_journal(
    pilot: Pilot[None], app: PortalApp, me: Someone, form: UUID, text: str
) -> None:
    """Wait until the journal file contains `text`."""
    file = app.journal._file(me.id, form)

    def is_written() -> bool:
        unsaved = app.journal._read_file(file) if file.exists() else None
        return unsaved is not None and unsaved.answers.get(FIELD) == text

    await until(pilot, is_written)


async def test_saved_is_never_shown_before_acknowledgement(
    portal: AppFactory, me: Someone, form: UUID
) -> None:
    app = portal(me)
    connection = FlakyTransport(app)
    connection.delay = 0.15
    async with app.run_test(size=(80, 24)) as pilot:
        area = await open_answer(pilot, form)
        for key in "He waits for a face in every group. " * 2:
            burst(pilot, [key])
            for _ in range(4):
                await pilot.pause(0.02)
                await pilot.pause()  # the screen shows what the last key changed
                if shows(pilot, "✓ Saved") and area.text:
                    assert read_answers(me, form)[FIELD] == area.text
        await wait_until_saved(pilot)
        assert read_answers(me, form)[FIELD] == area.text
    assert connection.completed


async def test_leaving_with_lost_replies_causes_no_overlap_later(
    portal: AppFactory, me: Someone, form: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.saving.saver.LEAVE_TIMEOUT", 0.3)
    app = portal(me)
    connection = FlakyTransport(app)
    connection.lose_replies = True
    async with app.run_test(size=(80, 24)) as pilot:
        await open_answer(pilot, form)
        await pilot.press(*"Once.")
        await until(pilot, lambda: bool(connection.completed))
        await pilot.press("ctrl+q")
        await until(pilot, lambda: app._exit)
    restarted = portal(me)
    async with restarted.run_test(size=(80, 24)) as pilot:
        await open_answer(pilot, form)
        await wait_until_saved(pilot)
        assert not restarted.screen.query_one("#notice").display
        await until(pilot, lambda: not restarted.journal._file(me.id, form).exists())
    assert read_answers(me, form)[FIELD] == "Once."


async def test_typing_user_sees_who_submitted_the_form(
    portal: AppFactory, me: Someone, bea: Someone, form: UUID
) -> None:
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await open_answer(pilot, form)
        save(bea, form, **required_answers(me))
        submit(bea, form)
        await pilot.press(*"Too late.")
        await until(pilot, lambda: shows(pilot, "! Ada Bea submitted this form"))
        await wait_until_saved(pilot)
    history = ok(me.get(f"/v1/submissions/{form}/versions")).json()["versions"]
    assert FIELD not in history[0]["answers"]
    assert read_answers(me, form)[FIELD] == "Too late."


async def test_idle_user_sees_who_submitted_the_form(
    portal: AppFactory, me: Someone, bea: Someone, form: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.forms.editor.CHECK_INTERVAL", 0.2)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        area = await open_answer(pilot, form)
        save(bea, form, **required_answers(me), communication="Hers.")
        await until(pilot, lambda: area.text == "Hers.")
        submit(bea, form)
        await until(pilot, lambda: shows(pilot, "! Ada Bea submitted this form"))


async def test_submit_is_retried_and_takes_effect_once(
    portal: AppFactory, me: Someone, form: UUID
) -> None:
    save(me, form, **required_answers(me))
    app = portal(me)
    connection = FlakyTransport(app)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{form}", "Step 1 of 8")
        await pilot.press("f2", "8")
        await until(pilot, lambda: "Step 8 of 8" in screen_text(app.screen))
        connection.lose_replies = True
        await submit_anyway(pilot)
        await until(pilot, lambda: shows(pilot, "has not answered yet whether the form was"))
        connection.lose_replies = False
        await on_screen(pilot, "FormSubmitted")
    assert connection.completed.count(f"/v1/submissions/{form}/versions") > 1
    assert len(ok(me.get(f"/v1/submissions/{form}/versions")).json()["versions"]) == 1


async def test_saving_resumes_after_signing_in_again(
    portal: AppFactory, me: Someone, form: UUID, clock: Clock, services: Services
) -> None:
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        area = await open_answer(pilot, form)
        await pilot.press(*"Before. ")
        await wait_until_saved(pilot)
        clock.move(hours=2)
        await pilot.press(*"While. ")
        await until(pilot, lambda: shows(pilot, "! You were signed out. F4 signs in again"))
        await pilot.press(*"After.")
        assert area.text == "Before. While. After."
        assert isinstance(app.screen, FormEditor)
        await pilot.press("f4")
        await on_screen(pilot, "SignInAgain")
        await fill(pilot, password=PASSWORD)
        await choose(pilot, "#sign-in")
        await until(pilot, lambda: bool(app.screen.query("#field-code")))
        await fill(pilot, code=code_in(last_email(services, me.email)))
        await choose(pilot, "#verify")
        await on_screen(pilot, "FormEditor")
        await wait_until_saved(pilot)
        assert not app.screen.query_one("#notice").display
    me.http.headers["Authorization"] = f"Bearer {app.client.token}"
    assert read_answers(me, form)[FIELD] == "Before. While. After."
