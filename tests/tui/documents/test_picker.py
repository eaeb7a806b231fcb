"""The file picker, by keyboard, in the smallest terminal."""

import errno
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from threading import Event
from typing import IO

import pytest
from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import Input, Static

from tests.tui.documents.harness import Harness
from tests.tui.steps import screen_text, text_of, until
from tui.documents import picker
from tui.documents.folder import Entry, find_entry, read_folder
from tui.documents.picker import DOCUMENT, DOCUMENTS, FileChoice, FileList, PickFiles
from tui.widgets.theme import PLAIN, SIXTEEN_DARK

TEN_MIB = 10 * 1024 * 1024
PickerResults = list[list[Path] | None]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    home = tmp_path / "home"
    (home / "Letters").mkdir(parents=True)
    (home / "Letters" / "advice.docx").write_bytes(b"advice")
    (home / "alpha.pdf").write_bytes(b"%PDF" * 600)
    (home / "Beta [x].PNG").write_bytes(b"png")
    (home / "letter.exe").write_bytes(b"MZ")
    (home / "nothing.pdf").write_bytes(b"")
    (home / ".secret.pdf").write_bytes(b"%PDF")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    monkeypatch.setattr(PickFiles, "last_folder", None)
    yield home


@asynccontextmanager
async def open_picker(
    text: str = "alpha.pdf", choice: FileChoice = DOCUMENTS
) -> AsyncIterator[tuple[Pilot[None], PickerResults, Callable[[], str]]]:
    app, picked = Harness(), PickerResults()
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(PickFiles(choice), picked.append)
        await until(pilot, lambda: text in " ".join(screen_text(app.screen).split()))
        yield pilot, picked, lambda: screen_text(app.screen)


async def enter_path(pilot: Pilot[None], text: str) -> None:
    """Paste over the path and press Enter."""
    path = pilot.app.screen.query_one(Input)
    path.focus()
    path.value = ""
    path.post_message(Paste(text))
    await pilot.pause()
    await pilot.press("enter")


def list_lines(pilot: Pilot[None]) -> list[str]:
    return [str(option.prompt) for option in pilot.app.screen.query_one(FileList).options]


async def test_folders_are_listed_first_and_hidden_files_omitted(home: Path) -> None:
    async with open_picker() as (pilot, _, _):
        assert list_lines(pilot) == [
            "  ../",
            "  Letters/",
            "  alpha.pdf · 2 KB",
            "  Beta [x].PNG · 3 bytes",
            "✗ letter.exe · 2 bytes · not accepted",
            "✗ nothing.pdf · 0 bytes · not accepted",
        ]


async def test_files_of_several_folders_can_be_marked(home: Path) -> None:
    async with open_picker() as (pilot, picked, screen):
        await pilot.press("down", "space")
        await until(pilot, lambda: "✓ alpha.pdf" in screen())
        await pilot.press("down", "enter")
        await until(pilot, lambda: "✓ Beta [x].PNG" in screen())
        await pilot.press("home", "down", "enter")
        await until(pilot, lambda: "advice.docx" in screen())
        await pilot.press("space")
        await until(pilot, lambda: "3 files marked: alpha.pdf, Beta [x].PNG" in screen())
        await pilot.press("home", "enter")
        await until(pilot, lambda: "✓ alpha.pdf" in screen())
        # After going up, the cursor is on the previous folder.
        assert pilot.app.screen.query_one(FileList).highlighted == 1
        await pilot.press("down", "space")
        await until(pilot, lambda: "2 files marked" in screen())
        await pilot.press("ctrl+s")
        await pilot.pause()
    assert picked == [[home / "Beta [x].PNG", home / "Letters" / "advice.docx"]]


@pytest.mark.parametrize("types_early", [True, False])
async def test_path_can_be_typed_while_a_slow_folder_loads(
    home: Path, monkeypatch: pytest.MonkeyPatch, types_early: bool
) -> None:
    released = Event()

    def slow_read(folder: Path) -> list[Entry]:
        assert released.wait(10)
        return read_folder(folder)

    monkeypatch.setattr(picker, "read_folder", slow_read)
    async with open_picker(text="Choose files") as (pilot, _, screen):
        await pilot.press("shift+tab")
        if types_early:
            await pilot.press(*"alpha")
            released.set()
            await until(pilot, lambda: "Beta" in screen())
            await pilot.press(*".pdf", "enter")
        else:
            released.set()
            await until(pilot, lambda: "Beta" in screen())
            await pilot.press(*"alpha.pdf", "enter")
        await until(pilot, lambda: "1 file marked: alpha.pdf" in screen())


async def test_path_can_be_typed_during_a_lookup(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = Event()

    def slow_look_up(typed_path: str, folder: Path) -> Entry:
        assert released.wait(10)
        return find_entry(typed_path, folder)

    monkeypatch.setattr(picker, "find_entry", slow_look_up)
    async with open_picker() as (pilot, _, screen):
        await enter_path(pilot, "Letters")
        await pilot.press("end", "backspace")
        released.set()
        await until(pilot, lambda: "advice.docx" in screen())
        assert isinstance(pilot.app.focused, Input)
        assert pilot.app.focused.value == "Letter"


@pytest.mark.parametrize(
    ("up_presses", "reason"),
    [(0, "nothing.pdf is empty."), (1, "letter.exe must be a .doc, .docx, .pdf")],
)
async def test_unsuitable_file_shows_the_reason(home: Path, up_presses: int, reason: str) -> None:
    async with open_picker() as (pilot, picked, screen):
        await pilot.press("end", *["up"] * up_presses, "space")
        await until(pilot, lambda: reason in screen())
        assert "✓" not in screen()
        await pilot.press("ctrl+s")
        assert picked == []
        await until(pilot, lambda: "No file is marked." in screen())


async def test_file_over_the_limit_is_rejected(home: Path) -> None:
    with (home / "alpha.pdf").open("wb") as file:
        file.truncate(TEN_MIB + 1)
    async with open_picker() as (pilot, _, screen):
        await pilot.press("down", "space")
        await until(pilot, lambda: "It must be 10 MB or smaller." in screen())
        with (home / "alpha.pdf").open("wb") as file:
            file.truncate(TEN_MIB)
        await pilot.press("space")
        await until(pilot, lambda: "✓ alpha.pdf" in screen())
        assert "It must be" not in screen()


async def test_missing_file_or_symlink_loop_is_reported(home: Path) -> None:
    (home / "loop.pdf").symlink_to(home / "loop.pdf")
    async with open_picker() as (pilot, _, screen):
        (home / "alpha.pdf").unlink()
        await pilot.press("down", "space")
        await until(pilot, lambda: "alpha.pdf can't be read: it isn't there." in screen())
        await pilot.press("end", "up", "space")
        await until(pilot, lambda: "loop.pdf can't be read" in screen())


async def test_unreadable_file_or_folder_is_reported(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Patch the calls, because chmod would not stop root.
    unreadable = {home / "alpha.pdf", home / "Letters"}
    real_open, real_scandir = Path.open, os.scandir

    def checked_open(path: Path, mode: str = "r") -> IO[bytes] | IO[str]:
        refuse(path)
        return real_open(path, mode)

    def checked_scandir(path: Path) -> Iterator[os.DirEntry[str]]:
        refuse(path)
        return real_scandir(path)

    def refuse(path: Path) -> None:
        if path in unreadable:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", checked_open)
    monkeypatch.setattr(os, "scandir", checked_scandir)
    async with open_picker() as (pilot, _, screen):
        await pilot.press("down", "space")
        await until(pilot, lambda: "alpha.pdf can't be read: permission denied." in screen())
        await pilot.press("up", "enter")
        error = "Letters can't be opened: permission denied."
        await until(pilot, lambda: error in text_of(pilot, ".error"))
        assert "alpha.pdf" in screen()


async def test_missing_folder_is_reported_and_current_one_stays(home: Path) -> None:
    async with open_picker() as (pilot, _, screen):
        (home / "Letters" / "advice.docx").unlink()
        (home / "Letters").rmdir()
        await pilot.press("enter")
        await until(pilot, lambda: "it isn't there." in text_of(pilot, ".error"))
        assert "alpha.pdf" in screen()


@pytest.mark.parametrize(
    "typed_path",
    ["~/Letters", "Letters", "{home}/Letters/", "'{home}/Letters'", " Letters/../Letters"],
)
async def test_typed_folder_is_opened(home: Path, typed_path: str) -> None:
    async with open_picker() as (pilot, _, screen):
        await enter_path(pilot, typed_path.format(home=home))
        await until(pilot, lambda: "advice.docx" in screen())
        assert pilot.app.screen.query_one(Input).value == str(home / "Letters")
        assert isinstance(pilot.app.focused, FileList)


async def test_pasted_file_is_marked_and_used_with_enter(home: Path) -> None:
    async with open_picker() as (pilot, picked, screen):
        await enter_path(pilot, f'"{home}/Letters/advice.docx"')
        await until(pilot, lambda: "✓ advice.docx" in screen())
        await pilot.press("enter")
        await pilot.pause()
    assert picked == [[home / "Letters" / "advice.docx"]]


@pytest.mark.parametrize(
    "typed_path", ["nowhere", "~nobody-at-all/x", "a\x00b", "alpha.pdf/x", "x" * 300]
)
async def test_nonexistent_path_is_reported(home: Path, typed_path: str) -> None:
    async with open_picker() as (pilot, _, screen):
        await enter_path(pilot, typed_path)
        await until(pilot, lambda: "There is no file or folder" in screen())
        assert "alpha.pdf" in screen()


async def test_typed_unsuitable_file_shows_the_reason(home: Path) -> None:
    async with open_picker() as (pilot, _, screen):
        await enter_path(pilot, "letter.exe")
        await until(pilot, lambda: "letter.exe must be a" in screen())
        assert "✓" not in screen()


async def test_esc_chooses_nothing_and_remembers_the_folder(home: Path) -> None:
    async with open_picker() as (pilot, picked, screen):
        await pilot.press("enter")
        await until(pilot, lambda: "advice.docx" in screen())
        await pilot.press("space")
        await until(pilot, lambda: "✓" in screen())
        await pilot.press("escape")
        await pilot.pause()
        assert picked == [[]]
    async with open_picker("advice.docx") as (pilot, _, screen):
        assert "✓" not in screen()


async def test_missing_remembered_folder_can_be_left(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PickFiles, "last_folder", home / "stick")
    async with open_picker("can't be opened") as (pilot, _, screen):
        await pilot.press("enter")
        await until(pilot, lambda: "alpha.pdf" in screen())


async def test_control_characters_in_names_are_replaced(home: Path) -> None:
    for name in ("a\x1b[31m\nred.pdf", os.fsdecode(b"b\xff.pdf")):
        (home / name).write_bytes(b"%PDF")
    async with open_picker() as (pilot, picked, screen):
        assert list_lines(pilot)[3] == "  a�[31m�red.pdf · 4 bytes"
        assert "  b�.pdf · 4 bytes" in list_lines(pilot)
        await pilot.press("down", "down", "space")
        await until(pilot, lambda: "✓ a�[31m�red.pdf" in screen())
        await pilot.press("ctrl+s")
        await pilot.pause()
    assert picked == [[home / "a\x1b[31m\nred.pdf"]]


async def test_ssh_session_names_the_remote_machine(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_picker() as (_, _, screen):
        assert "connected to" not in screen()
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.7 51000 192.0.2.1 22")
    async with open_picker() as (_, _, screen):
        assert f"These are files on {socket.gethostname()}, the machine" in screen()


@pytest.mark.parametrize("size", [(80, 24), (60, 20)])
async def test_picker_fits_in_small_terminal(
    home: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]
) -> None:
    monkeypatch.setenv("SSH_CONNECTION", "192.0.2.7 51000 192.0.2.1 22")
    app = Harness()
    async with app.run_test(size=size) as pilot:
        app.push_screen(PickFiles())
        await until(pilot, lambda: "Letters/" in screen_text(app.screen))
        files = app.screen.query_one(FileList)
        assert files.region.height >= 2
        page = screen_text(app.screen)
        for text in ("Choose files", "Folder or file", "[ Use these ]", "Close", "Esc close"):
            assert text in page


@pytest.mark.parametrize("theme", [SIXTEEN_DARK, PLAIN])
async def test_nothing_of_the_screen_below_shows_through(home: Path, theme: str) -> None:
    app = Harness()
    async with app.run_test(size=(80, 24)) as pilot:
        app.no_color = theme == PLAIN
        app.use_theme(theme)
        await app.screen.mount(Static("\n".join(["below"] * 24)), before=0)
        await until(pilot, lambda: screen_text(app.screen).count("below") == 24)
        app.push_screen(PickFiles())
        # The text of a screen is read without those below it, and then drawn so again.
        await until(pilot, lambda: "Letters/" in app.export_screenshot())
        assert "below" not in app.export_screenshot()


async def test_space_opens_no_folder(home: Path) -> None:
    async with open_picker() as (pilot, _, screen):
        await pilot.press("home", "space")
        await until(pilot, lambda: "This is a folder: Enter opens it." in screen())
        assert "alpha.pdf" in screen()


@pytest.mark.parametrize("path", ["Letters", "~/Letters", "{home}/Letters"])
async def test_path_typed_in_the_list_goes_to_the_path(home: Path, path: str) -> None:
    async with open_picker() as (pilot, _, screen):
        assert isinstance(pilot.app.focused, FileList)
        await pilot.press(*path.format(home=home), "enter")
        await until(pilot, lambda: "advice.docx" in screen())
        assert pilot.app.screen.query_one(Input).value == str(home / "Letters")


async def test_path_pasted_into_the_list_goes_to_the_path(home: Path) -> None:
    async with open_picker() as (pilot, _, screen):
        pilot.app.screen.query_one(FileList).post_message(Paste("Letters/advice.docx"))
        await pilot.pause()
        await pilot.press("enter")
        await until(pilot, lambda: "✓ advice.docx" in screen())


async def test_highlighted_entry_has_the_mark_of_the_focus(home: Path) -> None:
    for number in range(30):
        (home / f"z{number:02}.pdf").write_bytes(b"%PDF")
    async with open_picker() as (pilot, _, screen):
        await until(pilot, lambda: "▸   Letters/" in screen())
        await pilot.press("end")
        await until(pilot, lambda: "▸   z29.pdf" in screen())
        assert screen().count("▸") == 1
        await pilot.press("tab")
        await until(pilot, lambda: "▸   z29.pdf" not in screen())


async def test_enter_chooses_the_file_where_one_is_wanted(home: Path) -> None:
    async with open_picker(choice=DOCUMENT) as (pilot, picked, screen):
        assert "Enter open or choose" in screen()
        assert "mark" not in screen()
        await pilot.press("enter")
        await until(pilot, lambda: "advice.docx" in screen())
        await pilot.press("enter")
        await until(pilot, lambda: picked == [[home / "Letters" / "advice.docx"]])
    async with open_picker("Choose files") as (_, _, screen):
        assert "Enter open or mark" in screen()


async def test_picker_starts_in_the_folder_of_a_file_whose_path_was_typed(home: Path) -> None:
    async with open_picker(choice=DOCUMENT) as (pilot, picked, _):
        await enter_path(pilot, "Letters/advice.docx")
        await until(pilot, lambda: picked == [[home / "Letters" / "advice.docx"]])
    async with open_picker("advice.docx", DOCUMENT):
        pass
