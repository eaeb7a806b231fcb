"""Requested advice in the form editor: return notice, due date, authors and confirmation."""

from typing import NamedTuple
from uuid import UUID

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from shared.accounts import Staff
from shared.places import read_place
from tests.advice import assess, minimal_advice, request_advice
from tests.parts import Factory, Someone
from tests.server.steps import ok
from tests.tui.conftest import AppFactory
from tests.tui.forms.filling import save, submit, submit_anyway
from tests.tui.people.children import add_child
from tests.tui.snapshots import SMALL, Snapshots
from tests.tui.steps import go_to, on_screen, screen_text, until

MISSING = "The levels in Year 3, and who measured them."


class RequestedAdvice(NamedTuple):
    """A request for advice and its form."""

    me: Someone
    officer: Someone
    advice: UUID
    form: UUID

    def submit_and_return(self) -> None:
        submit(self.me, self.form)
        missing = {"missing": MISSING}
        ok(self.officer.post(f"/v1/desk/advice/{self.advice}/return", json=missing))


@pytest.fixture
def requested_advice(someone: Factory) -> RequestedAdvice:
    """Requested advice whose required answers are saved."""
    me = someone()
    officer = someone("officer@leicester.example", staff=Staff.OFFICER)
    [(advice, form)] = request_advice(officer, assess(officer, me, add_child(me)), me)
    save(me, form, **minimal_advice(me))
    return RequestedAdvice(me, officer, advice, form)


async def open_step(pilot: Pilot[None], step: int) -> None:
    await pilot.press("f2", str(step))
    await until(pilot, lambda: f"Step {step} of 8" in screen_text(pilot.app.screen))


async def test_message_link_opens_the_form_and_esc_returns(
    portal: AppFactory, requested_advice: RequestedAdvice
) -> None:
    async with portal(requested_advice.me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "messages", "You are required to submit information")
        await pilot.press("enter")
        await on_screen(pilot, "ReadMessage")
        await until(pilot, lambda: bool(pilot.app.screen.query("#place")))
        await pilot.press("enter")
        await on_screen(pilot, "FormEditor")
        await until(pilot, lambda: "Step 1 of 8" in screen_text(pilot.app.screen))
        await pilot.press("escape")
        await on_screen(pilot, "ReadMessage")
        await pilot.press("escape")
        await on_screen(pilot, "Inbox")


@pytest.mark.parametrize("width", [80, 120])
async def test_due_date_is_shown_in_header_or_step(
    portal: AppFactory, requested_advice: RequestedAdvice, width: int
) -> None:
    async with portal(requested_advice.me).run_test(size=(width, 24)) as pilot:
        await go_to(pilot, f"forms/{requested_advice.form}", "Step 1 of 8")
        text = screen_text(pilot.app.screen)
        assert text.casefold().count("due 13/04/2026") == 1
        in_header = "due 13/04/2026" in text.splitlines()[0]
        assert in_header is (width == 120)
        assert "✓ Saved 10:42" in text.splitlines()[0]


@pytest.mark.parametrize("width", [80, 120])
async def test_advice_that_is_not_needed_any_more_has_no_due_date(
    portal: AppFactory, requested_advice: RequestedAdvice, width: int
) -> None:
    ok(requested_advice.officer.post(f"/v1/desk/advice/{requested_advice.advice}/cancel"))
    async with portal(requested_advice.me).run_test(size=(width, 24)) as pilot:
        await go_to(pilot, f"forms/{requested_advice.form}", "Step 1 of 8")
        text = screen_text(pilot.app.screen).casefold()
        assert text.count("no longer needed") == 1
        assert "due 13/04/2026" not in text


async def test_return_notice_is_shown_until_resubmitted(
    portal: AppFactory, requested_advice: RequestedAdvice
) -> None:
    requested_advice.submit_and_return()
    async with portal(requested_advice.me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{requested_advice.form}", "Step 1 of 8")
        for step in (1, 2, 8):
            await open_step(pilot, step)
            text = " ".join(screen_text(pilot.app.screen).split())
            assert f"! Returned by the Local Authority. What is missing: {MISSING}" in text
        await submit_anyway(pilot)
        await on_screen(pilot, "FormSubmitted")
        assert "This is version 2" in screen_text(pilot.app.screen)
        pilot.app.navigation.start_at(read_place("home"))  # type: ignore[attr-defined]  # the app is a PortalApp
        await go_to(pilot, f"forms/{requested_advice.form}", "Step 1 of 8")
        assert "Returned" not in screen_text(pilot.app.screen)


async def test_confirmation_names_the_advice_and_finish_opens_the_child(
    portal: AppFactory, requested_advice: RequestedAdvice
) -> None:
    async with portal(requested_advice.me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{requested_advice.form}", "Step 1 of 8")
        await open_step(pilot, 8)
        await submit_anyway(pilot)
        await on_screen(pilot, "FormSubmitted")
        text = screen_text(pilot.app.screen)
        assert (
            "Thank you for submitting Educational Advice for Statutory EHC Assessment for Ivo "
            "Larkspur-Dunne. The Local Authority will be in contact with you in the future "
            "regarding this."
        ) in " ".join(text.split())
        [row] = ok(requested_advice.officer.get("/v1/desk/cases")).json()["rows"]
        case = ok(requested_advice.officer.get(f"/v1/desk/cases/{row['id']}")).json()
        assert case["advice"][0]["state"] == "submitted"
        assert "Your reference: " in text
        assert "decides whether to assess" not in text
        await pilot.press("enter")
        await on_screen(pilot, "Progress")
        await until(
            pilot, lambda: "✓ Submitted by you on 02/03/2026" in screen_text(pilot.app.screen)
        )


async def test_view_details_names_the_authors(
    portal: AppFactory, requested_advice: RequestedAdvice, someone: Factory
) -> None:
    bea = someone("bea@osierbeck.example")
    ok(requested_advice.me.put(f"/v1/submissions/{requested_advice.form}/shares/{bea.id}"))
    save(bea, requested_advice.form, story="Bea's story.")
    submit(bea, requested_advice.form)
    async with portal(requested_advice.me).run_test(size=(80, 120)) as pilot:
        await go_to(pilot, f"forms/{requested_advice.form}/versions", "Version 1")
        text = screen_text(pilot.app.screen)
        assert "submitted 02/03/2026 10:42 by Ada Bea" in text
        story = text.index("Bea's story.")
        assert "written by Ada Bea" in text[story - 200 : story]
        assert "written by Ada Senco" in text


@pytest.mark.parametrize("name", ["returned", "submitted"])
async def test_screens_match_snapshots(
    snapshots: Snapshots, portal: AppFactory, requested_advice: RequestedAdvice, name: str
) -> None:
    if name == "returned":
        requested_advice.submit_and_return()
    async with portal(requested_advice.me).run_test(size=SMALL) as pilot:
        await go_to(pilot, f"forms/{requested_advice.form}", "Step 1 of 8")
        await open_step(pilot, 2 if name == "returned" else 8)
        if name == "submitted":
            await submit_anyway(pilot)
            await on_screen(pilot, "FormSubmitted")
            pilot.app.screen.query_one("#reference", Static).update("Your reference: K7MP4RVX")
            await pilot.pause()
        await snapshots.match(pilot)
