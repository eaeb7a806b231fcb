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
from tests.tui.conftest import Portals
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


class Filled(NamedTuple):
    """A professional and the form they are filling in."""

    me: Someone
    submission: UUID


@pytest.fixture
def filled(someone: Factory) -> Filled:
    me = someone()
    submission = start(me)
    save(me, submission, **ANSWERS, **required_answers(me))
    return Filled(me, submission)


async def open_step(pilot: Pilot[None], number: int) -> None:
    await pilot.press("f2", str(number))
    await until(pilot, lambda: f"Step {number} of 8" in screen_text(pilot.app.screen))


def step(number: int) -> Callable[[Filled], OpenScreen]:
    """Open a step of the form."""

    def make_opener(filled: Filled) -> OpenScreen:
        async def open_screen(pilot: Pilot[None]) -> None:
            await go_to(pilot, f"forms/{filled.submission}", "Step 1 of 8")
            await open_step(pilot, number)

        return open_screen

    return make_opener


def invalid_step(filled: Filled) -> OpenScreen:
    """Save a step with an invalid date."""

    async def open_screen(pilot: Pilot[None]) -> None:
        await step(2)(filled)(pilot)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "There is a problem" in screen_text(pilot.app.screen))

    return open_screen


def submitted(filled: Filled) -> OpenScreen:
    """Submit the form."""

    async def open_screen(pilot: Pilot[None]) -> None:
        save(*filled, started_at_setting="01/09/2023")
        await step(8)(filled)(pilot)
        await submit_anyway(pilot)
        await on_screen(pilot, "FormSubmitted")
        pilot.app.screen.query_one("#reference", Static).update("Your reference: K7MP4RVX")
        await pilot.pause()

    return open_screen


def missing(filled: Filled) -> OpenScreen:
    """Press Submit while expected answers are empty."""

    async def open_screen(pilot: Pilot[None]) -> None:
        save(*filled, started_at_setting="01/09/2023")
        await step(8)(filled)(pilot)
        await choose(pilot, "#submit")
        await on_screen(pilot, "ChoiceDialog")

    return open_screen


def versions(filled: Filled) -> OpenScreen:
    """Open the versions of a form submitted twice."""

    async def open_screen(pilot: Pilot[None]) -> None:
        save(*filled, started_at_setting="01/09/2023")
        submit(*filled)
        save(*filled, strengths="Ivo builds bridges.")
        submit(*filled)
        await go_to(pilot, f"forms/{filled.submission}/versions", "Version 2")
        about = pilot.app.screen.query_one("#about", Static)
        about.update("for Ivo Larkspur-Dunne · reference K7MP4RVX")
        await pilot.pause()

    return open_screen


def picker(filled: Filled) -> OpenScreen:
    """Open the file picker for a document."""

    async def open_screen(pilot: Pilot[None]) -> None:
        await step(6)(filled)(pilot)
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
    "wrong": invalid_step,
    "missing": missing,
    "submitted": submitted,
    "versions": versions,
    "picker": picker,
}


async def test_steps_match_snapshots(snapshots: Snapshots, portal: Portals, filled: Filled) -> None:
    async with portal(filled.me).run_test(size=SMALL) as pilot:
        await go_to(pilot, f"forms/{filled.submission}", "Step 1 of 8")
        for number in range(1, 9):
            await open_step(pilot, number)
            await snapshots.match(pilot, f"step-{number}")


@pytest.mark.parametrize("name", SCREENS)
async def test_screens_match_snapshots(
    snapshots: Snapshots, portal: Portals, filled: Filled, name: str
) -> None:
    async with portal(filled.me).run_test(size=SMALL) as pilot:
        await SCREENS[name](filled)(pilot)
        await snapshots.match(pilot)
