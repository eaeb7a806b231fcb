"""Saving a copy of a document."""

from pathlib import Path

import httpx
import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from shared.problems import ProblemCode
from tests.tui.documents.harness import STORED_DOCUMENT, Harness, problem_response
from tests.tui.steps import text_of, until, wait_for_text
from tui.documents.folder import reserve
from tui.documents.save import SaveDocument


async def save_copy(
    pilot: Pilot[None], folder: str, name: str = "report.pdf", key: str = "enter"
) -> None:
    await pilot.app.push_screen(SaveDocument(STORED_DOCUMENT.id, name))
    pilot.app.screen.query_one(Input).value = folder
    await pilot.press(key)


def read_files(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in folder.iterdir() if file.is_file()}


def file_modes(folder: Path) -> dict[str, int]:
    return {file.name: file.stat().st_mode & 0o777 for file in folder.iterdir()}


async def test_existing_files_are_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "report.pdf").write_text("mine")
    app = Harness()
    async with app.run_test(size=(120, 24)) as pilot:
        for name in ("report (2).pdf", "report (3).pdf"):
            await save_copy(pilot, str(tmp_path))
            await until(pilot, lambda: app.focused is not None and app.focused.id == "close")
            assert text_of(pilot, "#saved") == f"✓ Saved as {tmp_path / name}"
            await pilot.press("enter")
    assert read_files(tmp_path) == {
        "report.pdf": "mine",
        "report (2).pdf": "%PDF",
        "report (3).pdf": "%PDF",
    }
    assert app.server.requests[0].url.path == f"/v1/documents/{STORED_DOCUMENT.id}/content"


async def test_copy_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    app = Harness()
    async with app.run_test(size=(120, 24)) as pilot:
        await save_copy(pilot, str(tmp_path), key="ctrl+s")
        await wait_for_text(pilot, "✓ Saved as")
        await pilot.press("ctrl+s")  # there is nothing left to save
        await pilot.pause()
    assert file_modes(tmp_path) == {"report.pdf": 0o600}


async def test_default_folder_is_downloads_or_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DOWNLOAD_DIR", raising=False)
    app = Harness()
    async with app.run_test() as pilot:
        await app.push_screen(SaveDocument(STORED_DOCUMENT.id, "report.pdf"))
        assert app.screen.query_one(Input).value == str(tmp_path)
        await pilot.press("escape")
        (tmp_path / "Downloads").mkdir()
        await app.push_screen(SaveDocument(STORED_DOCUMENT.id, "report.pdf"))
        assert app.screen.query_one(Input).value == str(tmp_path / "Downloads")


@pytest.mark.parametrize(
    ("folder", "reason"),
    [
        ("nowhere", "it isn't there. Write another"),
        ("taken", "it isn't a folder. Write another"),
        ("a\x00b", "No folder can have this name."),
    ],
)
async def test_invalid_folder_is_reported_and_can_be_corrected(
    tmp_path: Path, folder: str, reason: str
) -> None:
    (tmp_path / "taken").write_text("a file")
    app = Harness()
    async with app.run_test(size=(80, 24)) as pilot:
        await save_copy(pilot, f"{tmp_path}/{folder}")
        await until(pilot, lambda: reason in text_of(pilot, ".error"))
        assert app.server.requests == []
        app.screen.query_one(Input).value = str(tmp_path)
        await pilot.press("enter")
        await wait_for_text(pilot, "✓ Saved as")
    assert read_files(tmp_path)["report.pdf"] == "%PDF"


async def test_failed_copy_leaves_no_file(tmp_path: Path) -> None:
    app = Harness()
    app.server.replies.append(
        problem_response(404, ProblemCode.NOT_FOUND, "It isn't there any more.")
    )
    async with app.run_test(size=(80, 24)) as pilot:
        await save_copy(pilot, str(tmp_path))
        await wait_for_text(pilot, "✗ It isn't there any more.")
    assert read_files(tmp_path) == {}


async def test_closing_cancels_an_incomplete_copy(tmp_path: Path) -> None:
    app = Harness()
    app.server.released.clear()
    async with app.run_test(size=(80, 24)) as pilot:
        await save_copy(pilot, str(tmp_path))
        await until(pilot, lambda: bool(app.server.requests))
        assert list(read_files(tmp_path)) == ["report.pdf"]
        await pilot.press("escape")
        await until(pilot, lambda: not read_files(tmp_path))
        app.server.released.set()
    assert read_files(tmp_path) == {}


@pytest.mark.parametrize(
    ("name", "file_name"),
    [
        ("../../up.pdf", "up.pdf"),
        ("C:\\Users\\up.pdf", "up.pdf"),
        ("..", "document"),
        ("a\x1bb.pdf", "a�b.pdf"),
    ],
)
async def test_name_cannot_escape_the_folder(tmp_path: Path, name: str, file_name: str) -> None:
    folder = tmp_path / "copies"
    folder.mkdir()
    app = Harness()
    app.server.replies.append(httpx.Response(200, text="%PDF"))
    async with app.run_test(size=(80, 24)) as pilot:
        await save_copy(pilot, str(folder), name)
        await wait_for_text(pilot, "✓ Saved as")
    assert read_files(folder) == {file_name: "%PDF"}
    assert read_files(tmp_path) == {}


@pytest.mark.parametrize("character", ["\N{OLD ITALIC LETTER A}", "ă", "a"])
def test_long_name_is_cut_to_what_the_disk_takes(tmp_path: Path, character: str) -> None:
    name = f"{character * 300}.pdf"
    files = [reserve(tmp_path, name) for _ in range(2)]
    for file, ending in zip(files, (".pdf", " (2).pdf"), strict=True):
        kept = file.name.removesuffix(ending)
        assert set(kept) == {character}
        left = 255 - len(file.name.encode())
        assert 0 <= left < len(character.encode())
