"""A copy of a document: whole, told where, over nothing."""

from pathlib import Path

import httpx
import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from shared.problems import ProblemCode
from tests.tui.documents.harness import STORED, Harness, problem
from tests.tui.steps import text_of, until, words
from tui.documents.save import SaveDocument


async def saving(pilot: Pilot[None], folder: str, name: str = "report.pdf") -> None:
    await pilot.app.push_screen(SaveDocument(STORED.id, name))
    pilot.app.screen.query_one(Input).value = folder
    await pilot.press("enter")


async def shows(pilot: Pilot[None], text: str) -> None:
    await until(pilot, lambda: text in words(pilot.app.screen))


def files(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in folder.iterdir() if file.is_file()}


def modes(folder: Path) -> dict[str, int]:
    return {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}


async def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "report.pdf").write_text("mine")
    app = Harness()
    async with app.run_test(size=(120, 24)) as pilot:
        for name in ("report (2).pdf", "report (3).pdf"):
            await saving(pilot, str(tmp_path))
            await until(pilot, lambda: app.focused is not None and app.focused.id == "close")
            assert text_of(pilot, "#saved") == f"✓ Saved as {tmp_path / name}"
            await pilot.press("enter")
    assert files(tmp_path) == {
        "report.pdf": "mine",
        "report (2).pdf": "%PDF",
        "report (3).pdf": "%PDF",
    }
    assert app.server.requests[0].url.path == f"/v1/documents/{STORED.id}/content"


async def test_a_copy_is_readable_to_its_owner_alone(tmp_path: Path) -> None:
    app = Harness()
    async with app.run_test(size=(120, 24)) as pilot:
        await saving(pilot, str(tmp_path))
        await shows(pilot, "✓ Saved as")
    assert modes(tmp_path) == {"report.pdf": 0o600}


async def test_it_begins_in_the_folder_for_downloads_else_at_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DOWNLOAD_DIR", raising=False)
    app = Harness()
    async with app.run_test() as pilot:
        await app.push_screen(SaveDocument(STORED.id, "report.pdf"))
        assert app.screen.query_one(Input).value == str(tmp_path)
        await pilot.press("escape")
        (tmp_path / "Downloads").mkdir()
        await app.push_screen(SaveDocument(STORED.id, "report.pdf"))
        assert app.screen.query_one(Input).value == str(tmp_path / "Downloads")


@pytest.mark.parametrize(
    ("folder", "reason"),
    [
        ("nowhere", "it isn't there. Write another"),
        ("taken", "it isn't a folder. Write another"),
        ("a\x00b", "No folder can have this name."),
    ],
)
async def test_a_folder_that_wont_do_is_told_and_can_be_mended(
    tmp_path: Path, folder: str, reason: str
) -> None:
    (tmp_path / "taken").write_text("a file")
    app = Harness()
    async with app.run_test(size=(80, 24)) as pilot:
        await saving(pilot, f"{tmp_path}/{folder}")
        await until(pilot, lambda: reason in text_of(pilot, ".error"))
        assert app.server.requests == []
        app.screen.query_one(Input).value = str(tmp_path)
        await pilot.press("enter")
        await shows(pilot, "✓ Saved as")
    assert files(tmp_path)["report.pdf"] == "%PDF"


async def test_a_copy_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    app = Harness()
    app.server.answers.append(problem(404, ProblemCode.NOT_FOUND, "It isn't there any more."))
    async with app.run_test(size=(80, 24)) as pilot:
        await saving(pilot, str(tmp_path))
        await shows(pilot, "✗ It isn't there any more.")
    assert files(tmp_path) == {}


async def test_closing_gives_up_a_copy_that_is_not_whole(tmp_path: Path) -> None:
    app = Harness()
    app.server.free.clear()
    async with app.run_test(size=(80, 24)) as pilot:
        await saving(pilot, str(tmp_path))
        await until(pilot, lambda: bool(app.server.requests))
        assert list(files(tmp_path)) == ["report.pdf"]
        await pilot.press("escape")
        await until(pilot, lambda: not files(tmp_path))
        app.server.free.set()
    assert files(tmp_path) == {}


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../up.pdf", "up.pdf"),
        ("C:\\Users\\up.pdf", "up.pdf"),
        ("..", "document"),
        ("a\x1bb.pdf", "a�b.pdf"),
    ],
)
async def test_a_name_leads_out_of_no_folder(tmp_path: Path, name: str, kept: str) -> None:
    folder = tmp_path / "copies"
    folder.mkdir()
    app = Harness()
    app.server.answers.append(httpx.Response(200, text="%PDF"))
    async with app.run_test(size=(80, 24)) as pilot:
        await saving(pilot, str(folder), name)
        await shows(pilot, "✓ Saved as")
    assert files(folder) == {kept: "%PDF"}
    assert files(tmp_path) == {}
