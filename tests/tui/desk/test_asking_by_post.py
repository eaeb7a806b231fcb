"""Asking somebody without an account for advice: the letter, and the chases that are recorded."""

from uuid import UUID, uuid4

import pytest
from textual.widgets._toast import Toast

from server.core.database import Services
from server.core.settings import Settings
from server.letters.tables import LetterRecord
from shared.cases.events import EventKind
from shared.desk import CaseOut
from tests.letters import LETTERS
from tests.parts import TODAY, Someone
from tests.server.steps import ok, rows
from tests.tui.accounts.filling import choose, error_at, fill, set_text
from tests.tui.conftest import AppFactory
from tests.tui.desk import cases
from tests.tui.snapshots import SMALL, Snapshots
from tests.tui.steps import (
    dialog_text,
    go_to,
    on_screen,
    screen_text,
    until,
    wait_for_text,
    wait_until_idle,
)
from tui.widgets.field import Field

ADDRESS, PHONE = "12 Osier Street, Leicester, LE1 1FZ", "0116 496 0101"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"letters": LETTERS})


@pytest.fixture
def case(case: CaseOut, officer: Someone, monkeypatch: pytest.MonkeyPatch) -> CaseOut:
    monkeypatch.setattr("tui.desk.dialog.utc_now", lambda: TODAY)
    cases.add_event(officer, case, EventKind.DECIDED_TO_ASSESS)
    return case


async def test_advice_is_asked_for_by_letter_and_chased_by_phone(
    portal: AppFactory, officer: Someone, case: CaseOut, services: Services
) -> None:
    async with portal(officer).run_test(size=(80, 30)) as pilot:
        await go_to(pilot, f"cases/{case.id}/advice/ask", "Ada Senco")
        await choose(pilot, "#post")
        await on_screen(pilot, "AskByPost")
        await fill(pilot, name="Dr Fenwick", role="GP", form="health-advice")
        await fill(pilot, address=ADDRESS, phone=PHONE)
        await pilot.press("ctrl+s")
        await on_screen(pilot, "ChoiceDialog")
        assert "Write the letter now?" in dialog_text(pilot)
        await pilot.press("tab", "enter")
        await on_screen(pilot, "WriteLetter")
        await wait_for_text(pilot, "✓ Nothing is missing.")
        assert "needs assessment: Dr Fenwick" in screen_text(pilot.app.screen)
        await pilot.press("ctrl+s")
        await on_screen(pilot, "PreviewLetter")
        text = str(pilot.app.screen.query(".text Static").first().render())
        assert "Dr Fenwick\nGP\n12 Osier Street\nLeicester\nLE1 1FZ" in text
        assert "Please send your advice by 13 April 2026" in text
        await pilot.press("ctrl+s")
        await on_screen(pilot, "AskForAdvice")
        [letter] = rows(services, LetterRecord)
        await pilot.press("escape")
        await go_to(pilot, f"cases/{case.id}/advice", "1 asked for · 1 awaited")
        await wait_for_text(pilot, f"How to reach them: {PHONE} · {ADDRESS}")
        assert "Letter made 02/03/2026 10:42 by Ada Priya" in screen_text(pilot.app.screen)
        await pilot.press("l")
        await on_screen(pilot, "WriteLetter")
        await pilot.press("escape")
        await on_screen(pilot, "CaseAdvice")
        await choose(pilot, f"#do-save-{letter.document_id}")
        await on_screen(pilot, "SaveDocument")
        await pilot.press("escape")
        await on_screen(pilot, "CaseAdvice")
        await choose(pilot, f"#do-cancel-{cases.read_case(officer, case.id).advice[0].id}")
        await on_screen(pilot, "CancelAdvice")
        shown = dialog_text(pilot)
        assert "from Dr Fenwick: ask no longer" in shown and "The portal tells nobody" in shown
        await pilot.press("escape")
        await on_screen(pilot, "CaseAdvice")
        await pilot.press("c")
        await on_screen(pilot, "ChaseByPost")
        shown = dialog_text(pilot)
        assert f"Phone: {PHONE}" in shown and f"Address: {ADDRESS}" in shown
        await pilot.press("ctrl+s")
        await until(pilot, lambda: error_at(pilot, "text") == "Enter what was said or written.")
        words = pilot.app.screen.query_one("#field-text", Field)
        await fill(pilot, on="3/3/2026")
        set_text(pilot, "text", "The secretary: it comes on Friday.")
        await fill(pilot, by="letter")
        await until(pilot, lambda: words.value.startswith("Dear Dr Fenwick"))
        await fill(pilot, by="phone")
        await until(pilot, lambda: words.value == "The secretary: it comes on Friday.")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "today or in the past" in error_at(pilot, "on"))
        await fill(pilot, on="2/3/2026")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "CaseAdvice")
        said = "By phone on 02/03/2026: The secretary: it comes on Friday."
        await wait_for_text(pilot, f"Chased 02/03/2026 10:42 by Ada Priya: {said[:20]}")
        await pilot.press("h")
        await on_screen(pilot, "CorrectContacts")
        await fill(pilot, phone="0116 496 0102")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "CaseAdvice")
        await wait_for_text(pilot, f"How to reach them: 0116 496 0102 · {ADDRESS}")
        await choose(pilot, "#case")
        await wait_for_text(pilot, "What may be done now")
        await pilot.press("6")
        await wait_for_text(pilot, "02/03/2026 10:42 · Advice chased: Health Advice")
        assert said in screen_text(pilot.app.screen)
        assert "Request by post corrected: Health Advice" in screen_text(pilot.app.screen)
        assert f"Phone: {PHONE} → 0116 496 0102" in screen_text(pilot.app.screen)


async def test_question_about_the_letter_is_asked_only_with_an_address(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    async with portal(officer).run_test(size=SMALL, notifications=True) as pilot:
        await go_to(pilot, f"cases/{case.id}/advice/ask", "Ada Senco")
        for address in ("", ADDRESS):
            await choose(pilot, "#post")
            await on_screen(pilot, "AskByPost")
            pilot.app.notify("Asked. " * 30)
            await until(pilot, lambda: len(pilot.app.screen.query(Toast)) == 1)
            await pilot.press(*"Dr Fenwick")
            screen = pilot.app.screen
            view = screen.query_one(".fields").region
            assert view.contains_region(screen.query_one("#field-name Input").region)
            assert screen.region.contains_region(screen.query_one("#send").region)
            pilot.app.clear_notifications()
            await fill(pilot, form="health-advice", address=address)
            await pilot.press("ctrl+s")
            if address:
                await on_screen(pilot, "ChoiceDialog")
                await pilot.press("enter")  # later
            await on_screen(pilot, "AskForAdvice")
        assert len(cases.read_case(officer, case.id).advice) == 2


async def test_refused_request_by_post_is_not_said_to_be_recorded(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    async with portal(officer).run_test(size=(80, 30)) as pilot:
        await go_to(pilot, f"cases/{case.id}/advice/ask", "Ada Senco")
        await choose(pilot, "#post")
        await on_screen(pilot, "AskByPost")
        await fill(pilot, name="Dr Fenwick", form="health-advice")
        cases.add_event(officer, case, EventKind.DECIDED_NOT_TO_ISSUE, "Enough support.")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "The case was read again")
        await pilot.press("escape")
        await on_screen(pilot, "ChoiceDialog")
        await pilot.press("tab", "enter")
        await on_screen(pilot, "AskForAdvice")
        await wait_until_idle(pilot)
        assert "It is recorded" not in screen_text(pilot.app.screen)


def ask(officer: Someone, case: CaseOut) -> UUID:
    id = UUID("1a2b3c4d-0000-4000-8000-000000000000")  # its letters show it
    body = {"id": str(id), "form": "health-advice", "name": "Dr Fenwick", "phone": PHONE}
    body |= {"role": "GP, Osier Surgery", "address": ADDRESS, "asked_on": "2026-03-02"}
    ok(officer.post(f"/v1/desk/cases/{case.id}/advice/post", json=body))
    return id


async def test_wrong_kind_of_advice_by_post_is_corrected_with_a_reason(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    ask(officer, case)
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, f"cases/{case.id}/advice", "Health Advice for Statutory")
        await pilot.press("k")
        await on_screen(pilot, "CorrectKind")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: error_at(pilot, "form") == "Choose the kind of advice.")
        assert "Enter the reason" in error_at(pilot, "reason")
        await fill(pilot, form="psychological-advice")
        set_text(pilot, "reason", "It came from the psychologist.")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "CaseAdvice")
        await wait_for_text(pilot, "Psychological Advice for Statutory")
        await wait_for_text(
            pilot, "Corrected 02/03/2026 10:42 by Ada Priya: Kind of advice: Health"
        )
        await choose(pilot, "#case")
        await wait_for_text(pilot, "What may be done now")
        await pilot.press("6")
        await wait_for_text(pilot, "Request by post corrected: Psychological Advice")
        text = " ".join(screen_text(pilot.app.screen).split())
        assert "Health advice → Psychological advice. It came from the psychologist." in text


async def test_advice_by_post_matches_snapshots(
    snapshots: Snapshots, portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    path = f"/v1/desk/advice/{ask(officer, case)}"
    ok(officer.post(f"{path}/letter", json={"id": str(uuid4()), "version": 0}))
    words = "The secretary says that it is written, and comes on Friday."
    chase = {"id": str(uuid4()), "by": "phone", "on": "2026-03-02", "text": words}
    ok(officer.post(f"{path}/chase/post", json=chase))
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, f"cases/{case.id}/advice", "1 asked for")
        await snapshots.match(pilot, "page", narrow=True)
        await pilot.press("c")
        await on_screen(pilot, "ChaseByPost")
        await snapshots.match(pilot, "chase", narrow=True)
        await pilot.press("escape")
        await on_screen(pilot, "CaseAdvice")
        await pilot.press("h")
        await on_screen(pilot, "CorrectContacts")
        await snapshots.match(pilot, "reach", narrow=True)
        await pilot.press("escape")
        await on_screen(pilot, "CaseAdvice")
        await pilot.press("k")
        await on_screen(pilot, "CorrectKind")
        await snapshots.match(pilot, "kind", narrow=True)
        await pilot.press("escape")
        await on_screen(pilot, "CaseAdvice")
        await pilot.press("l")
        await on_screen(pilot, "WriteLetter")
        await wait_for_text(pilot, "✓ Nothing is missing.")
        await snapshots.match(pilot, "letter", narrow=True)
        await pilot.press("ctrl+s")
        await on_screen(pilot, "PreviewLetter")
        await snapshots.match(pilot, "preview", narrow=True)
