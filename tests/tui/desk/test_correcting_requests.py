"""Correcting a request on paper on the officer's desk."""

from datetime import date

from server.core.database import Services
from server.forms.tables import RequestCorrection, Submission
from tests.parts import Factory, Someone
from tests.server.desk.test_request_corrections import correct, enter, request_of
from tests.server.steps import add_child, ok, rows
from tests.tui.accounts.filling import choose, error_at, fill, set_text
from tests.tui.conftest import AppFactory
from tests.tui.desk import cases
from tests.tui.flaky_transport import FlakyTransport
from tests.tui.snapshots import SMALL, Snapshots
from tests.tui.steps import dialog_text, go_to, on_screen, screen_text, until, wait_for_text
from tui.widgets.field import Field


async def test_request_on_paper_is_corrected_and_says_what_it_was(
    portal: AppFactory, someone: Factory, officer: Someone, services: Services
) -> None:
    case = enter(officer, add_child(someone()), "2026-02-20")
    request = request_of(case)
    app = portal(officer)
    connection = FlakyTransport(app)
    async with app.run_test(size=(80, 40)) as pilot:
        await go_to(pilot, f"cases/{case.id}", "What may be done now")
        await pilot.press("2")
        await wait_for_text(pilot, "✓ Received 20/02/2026 from the father, by letter")
        await choose(pilot, f"#do-correct_request-{request}")
        await on_screen(pilot, "CorrectRequest")
        hopes = pilot.app.screen.query_one("#field-hopes", Field)
        assert hopes.value == "To read alone."
        await fill(pilot, received_on="23/2/2026", asked_by="The mother, by letter")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "Enter the reason" in error_at(pilot, "reason"))
        correct(officer, request, answers={"needs": "Words come slowly.", "hopes": "To talk."})
        set_text(pilot, "reason", "Read too fast.")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "It now says")
        assert "Ada Priya corrected this request" in dialog_text(pilot)
        asked_by = pilot.app.screen.query_one("#field-asked_by", Field)
        assert (hopes.value, asked_by.value) == ("To talk.", "The mother, by letter")
        connection.lose_replies = True
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "reached just now" in str(list(app._notifications)))
        connection.lose_replies = False
        await fill(pilot, asked_by="The mother, by post")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "requested by the mother, by letter" in dialog_text(pilot))
        await pilot.press("ctrl+s")
        await on_screen(pilot, "OpenCase")
        await wait_for_text(pilot, "Corrected 02/03/2026 10:42 by Ada Priya. It was: received")
        await pilot.press("6")
        await wait_for_text(pilot, "02/03/2026 10:42 · Request on paper corrected · by Ada Priya")
        text = " ".join(screen_text(pilot.app.screen).split())
        assert "23/02/2026 (recorded 02/03/2026 10:42) · Request received" in text
        await pilot.press("2")
        await wait_for_text(pilot, "View details")
        await choose(pilot, f"#details-{request}")
        await wait_for_text(pilot, "Version 4 · received 23/02/2026 from the mother, by post")
    page = cases.read_case(officer, case.id)
    assert page.received_on == date(2026, 2, 23)
    [form] = rows(services, Submission)
    assert form.received_on == date(2026, 2, 23)
    assert len(rows(services, RequestCorrection)) == 3


async def test_correcting_a_request_matches_snapshots(
    snapshots: Snapshots, portal: AppFactory, someone: Factory, officer: Someone
) -> None:
    case = enter(officer, add_child(someone()), "2026-02-20")
    request = request_of(case)
    ok(correct(officer, request, asked_by="The mother, by letter"))
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, f"cases/{case.id}", "What may be done now")
        await pilot.press("2")
        await wait_for_text(pilot, "Corrected 02/03/2026")
        await snapshots.match(pilot, "forms", narrow=True)
        await choose(pilot, f"#do-correct_request-{request}")
        await on_screen(pilot, "CorrectRequest")
        await snapshots.match(pilot, "dialog", narrow=True)
