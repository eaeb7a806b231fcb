"""Files that are being checked for viruses can be submitted; those with a virus can not."""

from dataclasses import replace
from uuid import UUID

import pytest
from fastapi import FastAPI
from sqlmodel import select
from textual.pilot import Pilot

from server.core.database import Services
from server.documents.tables import Document
from shared.documents import ScanState
from tests.parts import Someone
from tests.server.steps import upload
from tests.tui.accounts.filling import choose
from tests.tui.conftest import AppFactory
from tests.tui.forms.filling import required_answers, save, start, submit_anyway
from tests.tui.people.children import add_child
from tests.tui.steps import dialog_text, go_to, on_screen, screen_text, until


@pytest.fixture
def form(app: FastAPI, services: Services, me: Someone) -> UUID:
    """Form with a document that is being checked."""
    settings = services.settings.model_copy(update={"unscanned": "hold"})
    app.state.services = replace(services, settings=settings)
    child = add_child(me)
    document = upload(me, child).json()["id"]
    submission = start(me, child)
    save(me, submission, **required_answers(me), documents=[{"id": "e1", "file": document}])
    return submission


def record_scan(services: Services, scan: ScanState) -> None:
    with services.transaction() as tx:
        row = tx.session.exec(select(Document)).one()
        row.scan = scan
        tx.session.add(row)


def state_of(me: Someone, form: UUID) -> str:
    return str(me.get(f"/v1/submissions/{form}").json()["state"])


async def open_summary(pilot: Pilot[None], form: UUID) -> None:
    await go_to(pilot, f"forms/{form}", "Step 1 of 8")
    await pilot.press("f2", "8")
    await until(pilot, lambda: "Step 8 of 8" in screen_text(pilot.app.screen))


async def test_file_that_is_being_checked_is_submitted_after_a_question(
    portal: AppFactory, me: Someone, form: UUID
) -> None:
    async with portal(me).run_test(size=(80, 40)) as pilot:
        await open_summary(pilot, form)
        await submit_anyway(pilot)
        await until(pilot, lambda: "1 file is being checked for viruses" in dialog_text(pilot))
        assert "· report.pdf" in dialog_text(pilot)
        await pilot.press("enter")  # the safe answer comes first
        await on_screen(pilot, "FormEditor")
        assert state_of(me, form) == "draft"
        await submit_anyway(pilot)
        await until(pilot, lambda: "1 file is being checked for viruses" in dialog_text(pilot))
        await choose(pilot, "#submit")
        await on_screen(pilot, "FormSubmitted")
    assert state_of(me, form) == "submitted"


async def test_file_that_was_checked_meanwhile_is_submitted_without_a_question(
    portal: AppFactory, me: Someone, form: UUID, services: Services
) -> None:
    async with portal(me).run_test(size=(80, 40)) as pilot:
        await open_summary(pilot, form)
        record_scan(services, ScanState.CLEAN)
        await submit_anyway(pilot)
        await on_screen(pilot, "FormSubmitted")


async def test_file_with_a_virus_must_be_removed_before_submitting(
    portal: AppFactory, me: Someone, form: UUID, services: Services
) -> None:
    async with portal(me).run_test(size=(80, 150)) as pilot:
        await open_summary(pilot, form)
        record_scan(services, ScanState.INFECTED)
        await choose(pilot, "#submit")
        await until(
            pilot,
            lambda: "A virus was found in this file. Remove it" in screen_text(pilot.app.screen),
        )
    assert state_of(me, form) == "draft"
    async with portal(me).run_test(size=(80, 150)) as pilot:
        await open_summary(pilot, form)
        await until(pilot, lambda: "A virus was found" in screen_text(pilot.app.screen))
