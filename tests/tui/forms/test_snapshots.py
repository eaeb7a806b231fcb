"""Snapshots of the form editor and of the screens after it."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from shared.forms.submissions import Answer
from tests.parts import Factory, Someone
from tests.tui.accounts.filling import choose
from tests.tui.conftest import AppFactory
from tests.tui.forms.filling import required_answers, save, start, submit, submit_anyway
from tests.tui.snapshots import SMALL, Snapshots
from tests.tui.steps import go_to, on_screen, screen_text, until
from tui.documents.picker import PickFiles

OpenScreen = Callable[[Pilot[None]], Awaitable[None]]

ANSWERS: dict[str, Answer] = {
    "started_at_setting": "31/02/2024",
    "year_group": "y3",
    "strengths": "Ivo builds with great patience, and remembers every route walked. " * 4,
    "communication": "Ivo follows two-step instructions when shown as well as told. " * 12,
    "primary_need": "slcn",
}


class FilledForm(NamedTuple):
    """A professional and the form they are filling in."""

    me: Someone
    submission: UUID


@pytest.fixture
def filled_form(someone: Factory) -> FilledForm:
    me = someone()
    submission = start(me)
    save(me, submission, **ANSWERS, **required_answers(me))
    return FilledForm(me, submission)


async def open_step(pilot: Pilot[None], number: int) -> None:
    await pilot.press("f2", str(number))
    await until(pilot, lambda: f"Step {number} of 8" in screen_text(pilot.app.screen))


def step_opener(number: int) -> Callable[[FilledForm], OpenScreen]:
    """Return a function that opens a form at a step."""

    def make_opener(filled_form: FilledForm) -> OpenScreen:
        async def open_screen(pilot: Pilot[None]) -> None:
            await go_to(pilot, f"forms/{filled_form.submission}", "Step 1 of 8")
            await open_step(pilot, number)

        return open_screen

    return make_opener


def invalid_step_opener(filled_form: FilledForm) -> OpenScreen:
    """Return a function that saves a step with an invalid date."""

    async def open_screen(pilot: Pilot[None]) -> None:
        await step_opener(2)(filled_form)(pilot)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "There is a problem" in screen_text(pilot.app.screen))

    return open_screen


def confirmation_opener(filled_form: FilledForm) -> OpenScreen:
    """Return a function that submits the form."""

    async def open_screen(pilot: Pilot[None]) -> None:
        save(*filled_form, started_at_setting="01/09/2023")
        await step_opener(8)(filled_form)(pilot)
        await submit_anyway(pilot)
        await on_screen(pilot, "FormSubmitted")
        pilot.app.screen.query_one("#reference", Static).update("Your reference: K7MP4RVX")
        await pilot.pause()

    return open_screen


def submit_question_opener(filled_form: FilledForm) -> OpenScreen:
    """Return a function that opens the question about empty answers."""

    async def open_screen(pilot: Pilot[None]) -> None:
        save(*filled_form, started_at_setting="01/09/2023")
        await step_opener(8)(filled_form)(pilot)
        await choose(pilot, "#submit")
        await on_screen(pilot, "ChoiceDialog")

    return open_screen


def versions_opener(filled_form: FilledForm) -> OpenScreen:
    """Return a function that opens the versions of a form submitted twice."""

    async def open_screen(pilot: Pilot[None]) -> None:
        save(*filled_form, started_at_setting="01/09/2023")
        submit(*filled_form)
        save(*filled_form, strengths="Ivo builds bridges.")
        submit(*filled_form)
        await go_to(pilot, f"forms/{filled_form.submission}/versions", "Version 2")
        about = pilot.app.screen.query_one("#about", Static)
        about.update("for Ivo Larkspur-Dunne · reference K7MP4RVX")
        await pilot.pause()

    return open_screen


def picker_opener(filled_form: FilledForm) -> OpenScreen:
    """Return a function that opens the file picker for a document."""

    async def open_screen(pilot: Pilot[None]) -> None:
        await step_opener(6)(filled_form)(pilot)
        await pilot.press("enter", "tab", "enter")
        await on_screen(pilot, "PickFiles")
        await until(pilot, lambda: "report.pdf" in screen_text(pilot.app.screen))
        pilot.app.screen.query_one(Input).value = "/home/maud/Documents"
        await pilot.pause()

    return open_screen


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = tmp_path / "files"
    (files / "Letters").mkdir(parents=True)
    for name, size in (("report.pdf", 34_567), ("notes.txt", 12), ("empty.docx", 0)):
        (files / name).write_bytes(b"x" * size)
    monkeypatch.setattr(PickFiles, "last_folder", files)


SCREENS = {
    "wrong": invalid_step_opener,
    "missing": submit_question_opener,
    "submitted": confirmation_opener,
    "versions": versions_opener,
    "picker": picker_opener,
}


NARROW_STEPS = {2, 6, 8}
"""Steps with questions, with a list of entries, and with the summary."""


async def test_steps_match_snapshots(
    snapshots: Snapshots, portal: AppFactory, filled_form: FilledForm
) -> None:
    async with portal(filled_form.me).run_test(size=SMALL) as pilot:
        await go_to(pilot, f"forms/{filled_form.submission}", "Step 1 of 8")
        for number in range(1, 9):
            await open_step(pilot, number)
            await snapshots.match(pilot, f"step-{number}", narrow=number in NARROW_STEPS)


@pytest.mark.parametrize("name", SCREENS)
async def test_screens_match_snapshots(
    snapshots: Snapshots, portal: AppFactory, filled_form: FilledForm, name: str
) -> None:
    async with portal(filled_form.me).run_test(size=SMALL) as pilot:
        await SCREENS[name](filled_form)(pilot)
        await snapshots.match(pilot, narrow=name != "wrong")
