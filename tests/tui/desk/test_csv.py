"""Every list of the desk is saved as CSV by the same key."""

from pathlib import Path

import pytest

from server.accounts.tables import Account
from server.core.database import Services
from shared.desk import CaseOut
from tests.parts import Someone
from tests.tui.accounts.filling import choose
from tests.tui.conftest import AppFactory
from tests.tui.snapshots import SMALL
from tests.tui.steps import go_to, on_screen, wait_for_text

LISTS = {
    "tasks": ("You have nothing to do", "By,Task,Child,Whose,From,Done"),
    "panels": ("No panel is planned", "Day,Time,Panel,Place,Cases,Without an outcome"),
    "diary": ("this week", "Day,Time,What,Child"),
    "officers": ("Ada Priya, you", "Officer,Open cases,Covered by"),
    "memberships": ("Nobody waits", "Professional,Email,Role"),
    "staff": ("Ada Priya", "Name,Email,Account of,Manages staff accounts,Disabled"),
    "consultations": ("Nobody was asked yet", "Setting,Address,Email,Reference,Asked,Reply due"),
}
"""What the screen of each list says, and how its file begins."""
FILES = {"diary": "week"}
"""How the names of files begin that are not named like their screen."""


def saved_text(folder: Path, name: str) -> str:
    [file] = folder.glob(f"{name}-*.csv")
    return file.read_text("utf-8-sig")


async def test_lists_are_saved_by_one_key(
    portal: AppFactory,
    officer: Someone,
    case: CaseOut,
    services: Services,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with services.transaction() as tx:
        tx.session.get_one(Account, officer.id).may_manage_staff = True
    monkeypatch.setattr("tui.documents.save.downloads_folder", lambda: tmp_path)
    async with portal(officer).run_test(size=SMALL) as pilot:
        for name, (text, headings) in LISTS.items():
            place = f"cases/{case.id}/placements" if name == "consultations" else name
            await go_to(pilot, place, text)
            await pilot.press("y")
            await on_screen(pilot, "SaveCopy")
            await choose(pilot, "#save")
            await wait_for_text(pilot, "Saved as")
            await pilot.press("escape", "escape")
            assert saved_text(tmp_path, FILES.get(name, name)).startswith(headings)
