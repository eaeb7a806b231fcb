"""An officer writes a letter, reads it, makes it and publishes it."""

from uuid import uuid4

import pytest
from textual.widgets import TextArea

from server.core.database import Services
from server.letters.tables import LetterDraftRow, LetterRecord
from shared.desk import CaseOut
from shared.letters import TEXT_LIMIT, LetterDraft
from tests.parts import TODAY, Clock, Factory, Someone
from tests.server.desk.steps import move_days
from tests.server.steps import ok, rows
from tests.tui.accounts.filling import choose, error_at, fill, set_text
from tests.tui.conftest import AppFactory
from tests.tui.desk import cases
from tests.tui.flaky_transport import FlakyTransport
from tests.tui.letters.conftest import REASON
from tests.tui.steps import go_to, on_screen, screen_text, until, wait_for_text, wait_until_idle
from tui.widgets.field import Field

KIND = "refused_to_assess"


@pytest.fixture(autouse=True)
def save_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.letters.autosave.SAVE_SECONDS", 0.05)


def stored(services: Services) -> dict[str, str]:
    return next((row.texts or {} for row in rows(services, LetterDraftRow)), {})


async def test_letter_is_written_read_made_and_published(
    portal: AppFactory, me: Someone, officer: Someone, case: CaseOut, services: Services
) -> None:
    async with portal(officer).run_test(size=(80, 30)) as pilot:
        await go_to(pilot, f"cases/{case.id}", "What may be done now")
        await choose(pilot, "#do-letters")
        await wait_for_text(pilot, "Decided not to assess, 02/03/2026")
        await pilot.press("enter")
        await wait_for_text(pilot, "✓ Nothing is missing.")
        assert REASON in screen_text(pilot.app.screen)
        pilot.app.screen.query_one("#field-own", Field).focus_control()
        await pilot.press(*"Enclosed")
        await until(pilot, lambda: stored(services) == {"own": "Enclosed"})
        await wait_for_text(pilot, "Saved 10:42")
        await pilot.press("x", "ctrl+s")  # what is not saved yet is saved first
        await on_screen(pilot, "PreviewLetter")
        await wait_for_text(pilot, "Ada Larkspur")
        assert stored(services) == {"own": "Enclosedx"}
        await wait_for_text(pilot, "Ctrl+S make it")
        text = str(pilot.app.screen.query(".text Static").first().render())
        for words in (REASON, "Enclosedx", "by 5 May 2026", "Copies of this letter"):
            assert words in text
        await pilot.press("ctrl+s")
        await on_screen(pilot, "CaseLetters")
        await wait_for_text(pilot, "made 02/03/2026 10:42 by Ada Priya")
        [letter] = rows(services, LetterRecord)
        assert [row.texts for row in rows(services, LetterDraftRow)] == [None]
        await choose(pilot, f"#do-publish-{letter.document_id}")
        await on_screen(pilot, "PublishLetter")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Choose who may read it.")
        pilot.app.screen.query_one(f"#reader-{me.id}").focus()
        await pilot.press("space", "ctrl+s")
        await on_screen(pilot, "CaseLetters")
        [published] = cases.read_case(officer, case.id).published
        assert published.document == letter.document_id
        await choose(pilot, f"#do-save-{letter.document_id}")
        await on_screen(pilot, "SaveDocument")


async def test_letter_that_goes_late_is_warned_of_and_made(
    portal: AppFactory, officer: Someone, case: CaseOut, services: Services, clock: Clock
) -> None:
    move_days(clock, services, 1)
    warning = "! Dated 1 day after “Decided not to assess” (02/03/2026)"
    async with portal(officer).run_test(size=(80, 30)) as pilot:
        await go_to(pilot, f"letters/{case.id}/{KIND}", "✓ Nothing is missing.")
        assert warning in screen_text(pilot.app.screen)
        await pilot.press("ctrl+s")
        await on_screen(pilot, "PreviewLetter")
        await wait_for_text(pilot, warning)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: bool(rows(services, LetterRecord)))


async def test_due_letter_is_opened_from_the_case_and_then_among_its_documents(
    portal: AppFactory, officer: Someone, case: CaseOut, services: Services
) -> None:
    title = "Decision not to carry out an EHC needs assessment"
    async with portal(officer).run_test(size=(80, 30)) as pilot:
        await go_to(pilot, f"cases/{case.id}", f"! Letter due: {title}")
        await pilot.press("4")
        await wait_for_text(pilot, "No letter was made in this case.")
        await pilot.press("1")
        await wait_for_text(pilot, f"! Letter due: {title}")
        await pilot.press("down", "enter")
        await on_screen(pilot, "WriteLetter")
        await wait_for_text(pilot, "✓ Nothing is missing.")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "PreviewLetter")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "OpenCase")
        await until(pilot, lambda: "Letter due" not in screen_text(pilot.app.screen))
        await pilot.press("4")
        await wait_for_text(pilot, f"{title}: Ada Larkspur · 02/03/2026")
        [letter] = rows(services, LetterRecord)
        await choose(pilot, f"#do-save-{letter.document_id}")
        await on_screen(pilot, "SaveDocument")
        await pilot.press("escape")
        await on_screen(pilot, "OpenCase")
        await pilot.press("5")
        await choose(pilot, "#do-details")
        await on_screen(pilot, "CorrectDetails")
        await fill(pilot, born="15/03/2018")
        set_text(pilot, "reason", "A slip.")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "OpenCase")
        await until(
            pilot,
            lambda: (
                "1 letter says what was corrected or undone since: see Letters."
                in (notice.message for notice in pilot.app._notifications)
            ),
        )
        await pilot.press("4")
        await choose(pilot, "#do-letters")
        await on_screen(pilot, "CaseLetters")
        await wait_for_text(pilot, "made 02/03/2026 10:42")
        await wait_for_text(pilot, "! What it says was corrected or undone since")
        links = list(pilot.app.screen.query("Pane Link"))
        await until(pilot, lambda: pilot.app.focused is links[0])
        for keys, index in (("down", 1), ("right", 2), ("left", 1), ("down", 4), ("up", 1)):
            await pilot.press(keys)
            assert pilot.app.focused is links[index]


async def test_what_is_typed_is_saved_on_the_way_out(
    portal: AppFactory, officer: Someone, case: CaseOut, services: Services
) -> None:
    async with portal(officer).run_test(size=(80, 30)) as pilot:
        for keys in ("escape", "ctrl+q"):
            await go_to(pilot, f"letters/{case.id}/{KIND}", "Nothing is missing")
            pilot.app.screen.query_one("#field-own", Field).focus_control()
            await pilot.press("a", keys)
            await until(pilot, lambda: stored(services).get("own", "")[:1] == "a")
            if keys == "escape":
                await on_screen(pilot, "Home")


async def test_missing_item_leads_to_its_field(
    portal: AppFactory, me: Someone, officer: Someone
) -> None:
    case = cases.add_case(me, officer)
    async with portal(officer).run_test(size=(80, 30)) as pilot:
        await go_to(pilot, f"letters/{case.id}/{KIND}", "! The case has no")
        assert pilot.app.focused is pilot.app.screen.query_one("#field-to", Field).control
        await choose(pilot, "#missing-2")
        reasons = pilot.app.screen.query_one("#field-reasons", Field).control
        await until(pilot, lambda: pilot.app.focused is reasons)
        await pilot.press("x", "ctrl+s")
        await on_screen(pilot, "PreviewLetter")
        assert not pilot.app.screen.query("#make")
        await pilot.press("ctrl+s", "escape")
        await on_screen(pilot, "WriteLetter")
        await choose(pilot, "#missing-0")
        await on_screen(pilot, "OpenCase")


async def test_day_of_posting_is_recorded_and_corrected(
    portal: AppFactory, officer: Someone, case: CaseOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.desk.dialog.utc_now", lambda: TODAY)
    path = f"/v1/desk/cases/{case.id}/letters"
    letter = str(uuid4())
    ok(officer.post(f"{path}/{KIND}", json={"id": letter, "version": 0}))
    async with portal(officer).run_test(size=(60, 20)) as pilot:
        await go_to(pilot, f"cases/{case.id}/letters", "made 02/03/2026")
        await choose(pilot, f"#do-posted-{letter}")
        await on_screen(pilot, "RecordPosted")
        await fill(pilot, on="01/03/2026")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "made on 02/03/2026" in error_at(pilot, "on"))
        await wait_until_idle(pilot)
        await fill(pilot, on="02/03/2026")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "CaseLetters")
        await wait_for_text(pilot, "posted 02/03/2026")
        await choose(pilot, f"#do-posted-{letter}")
        await on_screen(pilot, "RecordPosted")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "CaseLetters")
    [row] = ok(officer.get(path)).json()["made"]
    assert (row["posted_on"], row["posting_version"]) == ("2026-03-02", 1)


@pytest.mark.parametrize("words", ["theirs", "mine"])
async def test_two_officers_in_one_letter_lose_nothing(
    portal: AppFactory,
    someone: Factory,
    officer: Someone,
    case: CaseOut,
    services: Services,
    words: str,
) -> None:
    other = someone("other@leicester.example", staff="officer")
    path = f"/v1/desk/cases/{case.id}/letters/{KIND}"
    async with portal(officer).run_test(size=(80, 30)) as pilot:
        await go_to(pilot, f"letters/{case.id}/{KIND}", "Nothing is missing")
        ok(other.put(path, json={"texts": {"own": "theirs"}}, headers={"If-Match": '"0"'}))
        own = pilot.app.screen.query_one("#field-own", Field)
        own.focus_control()
        await pilot.press(*"mi")
        await wait_for_text(pilot, "✗ Not saved: somebody else changed it")
        await pilot.press(*"ne", "ctrl+s")
        await on_screen(pilot, "ChoiceDialog")
        assert "Ada Other changed it" in screen_text(pilot.app.screen)
        await pilot.press("enter")  # as if typed: nothing is decided by it
        await on_screen(pilot, "WriteLetter")
        assert own.value.strip() == "mine"
        assert stored(services) == {"own": "theirs"}
        await pilot.press("ctrl+s")
        await on_screen(pilot, "ChoiceDialog")
        await choose(pilot, f"#{words}")
        await on_screen(pilot, "WriteLetter")
        await until(pilot, lambda: own.value == words and stored(services) == {"own": words})


async def test_text_that_is_too_long_stays_and_is_not_made(
    portal: AppFactory, officer: Someone, case: CaseOut, services: Services
) -> None:
    async with portal(officer).run_test(size=(80, 30)) as pilot:
        await go_to(pilot, f"letters/{case.id}/{KIND}", "Nothing is missing")
        own = pilot.app.screen.query_one("#field-own", Field)
        own.focus_control()
        assert isinstance(own.control, TextArea)
        own.control.insert("x" * (TEXT_LIMIT + 1))
        await until(pilot, lambda: "30000 characters or fewer" in own.error)
        await wait_for_text(pilot, "1 too many")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "There is a problem")
        own.focus_control()
        await pilot.press("backspace")
        await until(pilot, lambda: len(stored(services).get("own", "")) == TEXT_LIMIT)
        assert own.error == ""
        await wait_until_idle(pilot)
    draft = ok(officer.get(f"/v1/desk/cases/{case.id}/letters/{KIND}")).json()
    assert LetterDraft.model_validate(draft).missing == []


async def test_lost_connection_loses_nothing_and_is_no_conflict(
    portal: AppFactory,
    officer: Someone,
    case: CaseOut,
    services: Services,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tui.letters.autosave.RETRY_SECONDS", 0.1)
    app = portal(officer)
    transport = FlakyTransport(app)
    async with app.run_test(size=(80, 30)) as pilot:
        await go_to(pilot, f"letters/{case.id}/{KIND}", "Nothing is missing")
        transport.lose_replies = True
        screen = app.screen
        screen.query_one("#field-own", Field).focus_control()
        await pilot.press("a")
        await until(pilot, lambda: stored(services) == {"own": "a"})
        await wait_for_text(pilot, "Not saved yet")
        await pilot.press("b")
        transport.lose_replies = False
        await until(pilot, lambda: stored(services) == {"own": "ab"})
        await wait_for_text(pilot, "Saved 10:42")
        assert app.screen is screen


async def test_letter_whose_reply_was_lost_is_made_once(
    portal: AppFactory, officer: Someone, case: CaseOut, services: Services
) -> None:
    app = portal(officer)
    transport = FlakyTransport(app)
    async with app.run_test(size=(80, 30)) as pilot:
        await go_to(pilot, f"letters/{case.id}/{KIND}", "Nothing is missing")
        screen = app.screen
        transport.refuse_connections = True
        await pilot.press("ctrl+s")
        await on_screen(pilot, "PreviewLetter")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "WriteLetter")
        await wait_until_idle(pilot)
        transport.refuse_connections = False
        screen.query_one("#field-own", Field).focus_control()
        await pilot.press("y")
        await until(pilot, lambda: stored(services) == {"own": "y"})
        assert rows(services, LetterRecord) == []  # nobody approved it with this text
        await pilot.press("backspace")
        await until(pilot, lambda: stored(services).get("own", "") == "")
        await wait_until_idle(pilot)
        transport.lose_replies = True
        for _ in range(2):  # the second request is the first one, made again
            await pilot.press("ctrl+s")
            await on_screen(pilot, "PreviewLetter")
            await pilot.press("ctrl+s")
            await on_screen(pilot, "WriteLetter")
            await wait_until_idle(pilot)
            assert len(rows(services, LetterRecord)) == 1
        transport.lose_replies = False
        screen.query_one("#field-own", Field).focus_control()
        await pilot.press("x")
        await until(pilot, lambda: stored(services) == {"own": "x"})
        await wait_for_text(pilot, "Saved 10:42")
        assert app.screen is screen  # it is no clash with somebody else
        assert len(rows(services, LetterRecord)) == 1
        await pilot.press("ctrl+s")
        await on_screen(pilot, "PreviewLetter")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "Home")
    assert [row.texts.get("own", "") for row in rows(services, LetterRecord)] == ["", "x"]
