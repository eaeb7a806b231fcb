"""Forms and documents on the progress page."""

from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from server.forms import submitting
from tests.advice import assess, minimal_advice, request_advice
from tests.parts import Clock, Factory, Someone
from tests.pdfs import PDF
from tests.server.steps import ok, submit_request
from tests.tui.conftest import AppFactory
from tests.tui.desk.cases import publish
from tests.tui.forms.filling import save, submit
from tests.tui.people.children import add_child
from tests.tui.snapshots import SMALL, Snapshots
from tests.tui.steps import go_to, on_screen, screen_text, text_of, until


@pytest.fixture
def bea(someone: Factory) -> Someone:
    return someone("bea@osierbeck.example")


def focus(pilot: Pilot[None], id: str) -> None:
    pilot.app.screen.query_one(f"#{id}").focus()


async def tab_to(pilot: Pilot[None], id: str) -> None:
    """Press Tab until a link has the focus."""
    for _ in range(40):
        if pilot.app.focused is not None and pilot.app.focused.id == id:
            return
        await pilot.press("tab")
    raise AssertionError(f"Tab never reaches {id}")


async def test_advice_shows_due_date_and_opens(
    portal: AppFactory, me: Someone, officer: Someone
) -> None:
    child = add_child(me)
    [(_, form)] = request_advice(officer, assess(officer, me, child), me)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"people/{child}", "Educational Advice")
        assert "Due 13/04/2026 · 42 days left" in screen_text(pilot.app.screen)
        await tab_to(pilot, f"open-{form}")
        await pilot.press("enter")
        await on_screen(pilot, "FormEditor")
        await until(pilot, lambda: "Step 1 of 8" in screen_text(pilot.app.screen))
        await pilot.press("escape")
        await on_screen(pilot, "Progress")


async def test_withdrawing_needs_confirmation_and_keeps_form_readable(
    portal: AppFactory, me: Someone
) -> None:
    child = add_child(me)
    form = submit_request(me, child)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"people/{child}", "✓ Submitted by you")
        await tab_to(pilot, f"withdraw-{form}")
        await pilot.press("enter")
        await on_screen(pilot, "ChoiceDialog")
        assert "the case ends" in screen_text(pilot.app.screen)
        await pilot.press("escape")
        await on_screen(pilot, "Progress")
        assert ok(me.get(f"/v1/people/{child}/progress")).json()["state"] == "submitted"
        await pilot.press("enter")
        await on_screen(pilot, "ChoiceDialog")
        await pilot.press("tab", "enter")
        await until(
            pilot, lambda: "– Withdrawn · submitted by you" in screen_text(pilot.app.screen)
        )
        assert "It can be read, and not be changed." in screen_text(pilot.app.screen)
        assert not pilot.app.screen.query(f"#withdraw-{form}, #open-{form}, #share-{form}")
        await tab_to(pilot, f"details-{form}")
        await pilot.press("enter")
        await on_screen(pilot, "Versions")


async def test_withdrawn_advice_can_be_changed(
    portal: AppFactory, me: Someone, officer: Someone
) -> None:
    child = add_child(me)
    [(_, form)] = request_advice(officer, assess(officer, me, child), me)
    save(me, form, **minimal_advice(me))
    submit(me, form)
    async with portal(me).run_test(size=(80, 40)) as pilot:
        await go_to(pilot, f"people/{child}", "Educational Advice")
        focus(pilot, f"withdraw-{form}")
        await pilot.press("enter")
        await on_screen(pilot, "ChoiceDialog")
        assert "The day it is due stays the same." in text_of(pilot, "ChoiceDialog .text Static")
        await pilot.press("tab", "enter")
        await until(pilot, lambda: "Withdrawn to be changed" in screen_text(pilot.app.screen))
        assert pilot.app.screen.query_one(f"#open-{form}")


async def test_returned_form_shows_what_is_missing(
    portal: AppFactory, me: Someone, officer: Someone
) -> None:
    child = add_child(me)
    form = submit_request(me, child)
    missing = {"missing": "The attendance of the last two terms."}
    ok(officer.post(f"/v1/desk/submissions/{form}/return", json=missing))
    async with portal(me).run_test(size=(80, 30)) as pilot:
        await go_to(pilot, f"people/{child}", "Submitted by you")
        text = " ".join(screen_text(pilot.app.screen).split())
        assert "! Returned. What is missing: The attendance of the last two terms." in text


async def test_shared_form_names_its_owner(portal: AppFactory, me: Someone, bea: Someone) -> None:
    child = add_child(bea)
    form = submit_request(bea, child)
    ok(bea.put(f"/v1/submissions/{form}/shares/{me.id}"))
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"people/{child}", "Submitted by Ada Bea")
        assert "Shared with you by Ada Bea" in screen_text(pilot.app.screen)
        assert pilot.app.screen.query_one(f"#open-{form}")
        assert not pilot.app.screen.query(f"#withdraw-{form}")


async def test_published_plan_can_be_saved(
    portal: AppFactory, me: Someone, officer: Someone, tmp_path: Path
) -> None:
    child = add_child(me)
    publish(officer, child, assess(officer, me, child), me)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"people/{child}", "What happens now?")
        link = pilot.app.screen.query("#published .save-copy").first()
        await tab_to(pilot, link.id or "")
        text = screen_text(pilot.app.screen)
        assert "Documents from the Local Authority" in text
        assert "02/03/2026 · plan.pdf" in text
        await pilot.press("enter")
        await on_screen(pilot, "SaveDocument")
        pilot.app.screen.query_one(Input).value = str(tmp_path)
        pilot.app.screen.query_one("#save").focus()
        await pilot.press("enter")
        # An empty file reserves the name until the download completes.
        plan = tmp_path / "plan.pdf"
        await until(pilot, lambda: plan.exists() and plan.read_bytes() == PDF)


async def test_progress_page_matches_snapshot(
    snapshots: Snapshots,
    portal: AppFactory,
    me: Someone,
    officer: Someone,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    references = iter(("K7MP4RVX", "A3CD5EFH"))
    monkeypatch.setattr(submitting, "new_reference", lambda tx: next(references))
    child = add_child(me)
    case = assess(officer, me, child)
    clock.move(minutes=5)
    [(advice, returned)] = request_advice(officer, case, me)
    save(me, returned, **minimal_advice(me))
    submit(me, returned)
    request_advice(officer, case, me)
    missing = {"missing": "The levels in Year 3, and who measured them."}
    ok(officer.post(f"/v1/desk/advice/{advice}/return", json=missing))
    publish(officer, child, case, me)

    async with portal(me).run_test(size=SMALL) as pilot:
        await go_to(pilot, f"people/{child}", "Information we collect")
        await snapshots.match(pilot)
