"""In restricted mode, no file outside of one folder is listed, read or written."""

import os
from datetime import date
from pathlib import Path

import pytest
from textual.widgets import Input

from tests.tui.documents.harness import PERSON, STORED_DOCUMENT, Harness
from tests.tui.documents.test_picker import enter_path, list_lines, open_picker
from tests.tui.documents.test_save import save_copy
from tests.tui.steps import text_of, until, wait_for_text
from tui.core import confinement
from tui.documents.folder import check_file
from tui.documents.picker import PickFiles
from tui.documents.save import SaveDocument
from tui.documents.upload import Upload
from tui.people.ctf import UnreadableFile, read_school_file

OUTSIDE = "it is outside of your folder"


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that the program is confined to, beside one that it is not."""
    own = tmp_path / "own"
    (own / "letters").mkdir(parents=True)
    (own / "mine.pdf").write_bytes(b"%PDF")
    other = tmp_path / "other"
    other.mkdir()
    (other / "theirs.pdf").write_bytes(b"%PDF")
    (own / "link.pdf").symlink_to(other / "theirs.pdf")
    (own / "folder").symlink_to(other)
    (own / "loop").symlink_to(own / "loop")
    os.mkfifo(own / "pipe.pdf")
    monkeypatch.setattr(confinement, "_folder", own)
    monkeypatch.setattr(PickFiles, "last_folder", None)
    monkeypatch.setenv("HOME", str(own))
    return own


def contents(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*")}


async def test_picker_lists_only_what_is_in_the_folder(own: Path) -> None:
    async with open_picker("mine.pdf") as (pilot, _, screen):
        assert list_lines(pilot) == ["  letters/", "  mine.pdf · 4 bytes"]
        assert "the machine you are connected to, in your folder" in screen()


@pytest.mark.parametrize(
    "path",
    [
        "..",
        "../other/theirs.pdf",
        "../missing",
        "letters/../../other/theirs.pdf",
        "link.pdf",
        "folder",
        "folder/theirs.pdf",
        "loop",
        "/",
        "/etc/passwd",
        "~root",
        "/proc/self/environ",
        "/dev/null",
    ],
)
async def test_picker_opens_nothing_outside_of_the_folder(own: Path, path: str) -> None:
    async with open_picker("mine.pdf") as (pilot, picked, screen):
        await enter_path(pilot, path)
        await until(pilot, lambda: OUTSIDE in " ".join(screen().split()))
        assert list_lines(pilot)[1] == "  mine.pdf · 4 bytes"
        assert not picked


async def test_picker_opens_a_folder_below_and_goes_back(own: Path) -> None:
    async with open_picker("mine.pdf") as (pilot, _, _):
        await enter_path(pilot, "letters")
        await until(pilot, lambda: list_lines(pilot) == ["  ../"])
        await pilot.press("enter")
        await until(pilot, lambda: "  mine.pdf · 4 bytes" in list_lines(pilot))


@pytest.mark.parametrize("name", ["link.pdf", "folder/theirs.pdf"])
async def test_file_that_was_replaced_after_the_choice_is_not_sent(own: Path, name: str) -> None:
    app = Harness()
    async with app.run_test(size=(80, 24)) as pilot:
        upload = Upload(app.client, PERSON, own / "mine.pdf")
        upload.file = own / name
        upload.start()
        await until(pilot, lambda: "can't be read" in upload.note)
    assert not app.server.requests


async def test_upload_opens_no_file_outside_of_the_folder(own: Path) -> None:
    with pytest.raises(PermissionError):
        await Harness().client.upload(
            "/v1/documents", own / "link.pdf", str, name="x.pdf", progress=lambda _: None
        )


def test_school_file_outside_of_the_folder_is_not_read(own: Path) -> None:
    with pytest.raises(UnreadableFile, match="outside of your folder"):
        read_school_file(own / "link.pdf", date(2026, 3, 2))


def test_pipe_and_missing_file_can_not_be_chosen(own: Path) -> None:
    assert "can't be read" in str(check_file(own / "pipe.pdf", lambda *_: None)[1])
    assert "it isn't there" in str(check_file(own / "no.pdf", lambda *_: None)[1])


async def test_copy_is_suggested_for_the_folder_and_saved_there(own: Path) -> None:
    app = Harness()
    async with app.run_test(size=(120, 24)) as pilot:
        await app.push_screen(SaveDocument(STORED_DOCUMENT.id, "report.pdf"))
        assert app.screen.query_one(Input).value == str(own)
        await pilot.press("enter")
        await wait_for_text(pilot, "✓ Saved as")
    assert (own / "report.pdf").read_text() == "%PDF"


async def test_copy_beyond_the_size_of_the_folder_is_not_kept(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confinement, "_quota", 1)
    before = contents(own)
    app = Harness()
    async with app.run_test(size=(120, 24)) as pilot:
        await save_copy(pilot, str(own))
        await until(pilot, lambda: "your folder is full" in text_of(pilot, ".error"))
    assert contents(own) == before


@pytest.mark.parametrize("folder", ["{own}/..", "{own}/folder", "/tmp", "~root", "{own}/loop"])
async def test_nothing_is_saved_outside_of_the_folder(own: Path, folder: str) -> None:
    before = contents(own.parent)
    app = Harness()
    async with app.run_test(size=(120, 24)) as pilot:
        await save_copy(pilot, folder.format(own=own))
        await until(pilot, lambda: OUTSIDE in text_of(pilot, ".error"))
    assert contents(own.parent) == before


async def test_links_and_pipes_in_the_way_of_a_copy_are_not_followed(own: Path) -> None:
    target = own.parent / "other" / "new.pdf"
    (own / "report.pdf").symlink_to(target)
    os.mkfifo(own / "report (2).pdf")
    (own / ".report (3).pdf.part").symlink_to(target)
    app = Harness()
    async with app.run_test(size=(120, 24)) as pilot:
        await save_copy(pilot, str(own))
        await until(pilot, lambda: "report (3).pdf" in text_of(pilot, "#saved"))
    assert (own / "report (3).pdf").read_text() == "%PDF"
    assert not target.exists()
