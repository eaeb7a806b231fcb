"""A keyboard-driven file picker: type or paste a path, or browse folders."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import ClassVar, NamedTuple, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.events import Key, Paste
from textual.widgets import Button, Input, OptionList, Static

from shared.documents import upload_error
from shared.people import school_file_error
from tui.core.commands import command
from tui.core.portal import Portal
from tui.documents import texts
from tui.documents.folder import Entry, check_file, find_entry, parent_folder, read_folder
from tui.widgets.dialog import Action, Dialog, SecondaryAction
from tui.widgets.field import Field, SearchField
from tui.widgets.focus_marker import FocusMarker
from tui.widgets.keyline import KeyLine
from tui.widgets.line_input import PathInput
from tui.widgets.states import coloured_content


class FileChoice(NamedTuple):
    """The files that a picker accepts.

    `check` returns an error for the name and size of a file, or None. If `is_single`, the picker
    closes once a file is chosen.
    """

    title: str
    accepted: str
    check: Callable[[str, int], str | None]
    is_single: bool = False


DOCUMENTS = FileChoice("Choose files", f"Each must be a {texts.ACCEPTED}", upload_error)
DOCUMENT = FileChoice(
    "Choose a file", f"It must be a {texts.ACCEPTED}", upload_error, is_single=True
)
SCHOOL_FILE = FileChoice(
    "Choose your school's file", texts.SCHOOL_FILE, school_file_error, is_single=True
)


class FileList(FocusMarker, OptionList):
    """The entries of a folder; Enter opens or marks one, Space marks a file."""

    BINDINGS: ClassVar[list[BindingType]] = [
        command(
            "picker.open", "enter", "select", "open or mark", "Open the folder, or mark the file."
        ),
        command(
            "picker.mark", "space", "screen.mark", "mark", "Mark the file, or take the mark off."
        ),
    ]
    help_text = texts.PICKER_HELP

    @property
    def mark_line(self) -> int:
        """The line of the highlighted entry; each entry is one line."""
        return (self.highlighted or 0) - self.scroll_offset.y


class SingleFileList(FileList):
    """The entries of a folder; Enter opens a folder, or chooses the one file that is wanted."""

    BINDINGS: ClassVar[list[BindingType]] = [
        command("picker.choose", "enter", "select", "open or choose", texts.CHOOSE_HELP),
    ]
    help_text = texts.SINGLE_PICKER_HELP


class PickFiles(Dialog[list[Path]]):
    """A full-screen file picker; returns the marked files, or [] on Esc.

    The next picker starts in `last_folder`.
    """

    CSS_PATH = "documents.tcss"
    AUTO_FOCUS = "FileList"
    BINDINGS: ClassVar[list[BindingType]] = [
        command("picker.use", "ctrl+s", "use", "use these", "Use the files that are marked."),
        command("picker.close", "escape", "close", "close", "Close and choose no file."),
        command("picker.help", "f1", "app.help", "help", "Help on what has the focus."),
    ]
    last_folder: ClassVar[Path | None] = None

    def __init__(self, choice: FileChoice = DOCUMENTS) -> None:
        super().__init__()
        self._choice = choice
        self._folder = PickFiles.last_folder or Path.home()
        self._entries: list[Entry] = []
        self._marked: dict[Path, None] = {}

    def compose(self) -> ComposeResult:
        """Lay out the path above the folder, and the marked files below it."""
        yield Static(self._choice.title, classes="title", markup=False)
        yield Static(self._choice.accepted, classes="hint", markup=False)
        if disk_note := texts.ssh_disk_note(texts.FILES_ARE_ON):
            yield Static(disk_note, id="disk", markup=False)
        path_input = PathInput()
        files = (SingleFileList if self._choice.is_single else FileList)(markup=False)
        yield SearchField("path", "Folder or file", path_input, help_text=files.help_text)
        yield files
        yield Static("", id="marked", markup=False)
        with Horizontal(classes="actions"):
            if not self._choice.is_single:
                yield Action("Use these", id="use")
            yield SecondaryAction("Close", id="close")
        yield KeyLine()

    def on_mount(self) -> None:
        """Show the first folder."""
        self._run_exclusive(self._open(self._folder))

    def _run_exclusive(self, work: Coroutine[object, object, object]) -> None:
        self.run_worker(work, group="folder", exclusive=True)

    async def _open(
        self, folder: Path, selected: Path | None = None, *, text: str | None = None
    ) -> bool:
        """Show a folder with the cursor at `selected`, or an error if it can't be read.

        The folder's path replaces `text` in the field unless the user has typed since, as is
        possible on a slow disk. Return whether it was replaced.
        """
        path_input = self.query_one(Input)
        previous_text = path_input.value if text is None else text
        try:
            entries = await asyncio.to_thread(read_folder, folder)
        except OSError as error:
            self._field.show_error(texts.open_error(folder, error))
            if self._entries:
                return False
            entries = []  # list the parent even if the first folder is unreadable
        else:
            self._field.show_error("")
            PickFiles.last_folder = folder
        self._folder = folder
        parent = parent_folder(folder)
        parent_entry = [] if parent is None else [Entry(parent, "..", is_folder=True)]
        self._entries = [*parent_entry, *entries]
        self._files.set_options(map(self._entry_content, self._entries))
        paths = [entry.path for entry in entries]
        self._files.highlighted = len(parent_entry) + (
            paths.index(selected) if selected in paths else 0
        )
        if path_input.value != previous_text:
            return False
        path_input.value = texts.printable(str(folder))
        if path_input.has_focus:
            path_input.select_all()  # the next key replaces the path
        return True

    @property
    def _field(self) -> Field:
        return self.query_one(Field)

    @property
    def _files(self) -> FileList:
        return self.query_one(FileList)

    def _entry_content(self, entry: Entry) -> Content:
        return coloured_content(self._entry_text(entry))

    def _entry_text(self, entry: Entry) -> str:
        if entry.is_folder:
            return f"  {entry.name}/"
        if entry.size is None:
            return f"  {entry.name}"
        text = texts.name_and_size(entry.name, entry.size)
        if entry.path in self._marked:
            return f"✓ {text}"
        is_accepted = self._choice.check(entry.name, entry.size) is None
        return f"  {text}" if is_accepted else f"✗ {text} · not accepted"

    def on_key(self, event: Key) -> None:
        """Pass what is typed while the list has the focus on to the path."""
        is_text = event.is_printable and event.key != "space"
        if is_text and self._files.has_focus:
            event.stop()
            self._type_path(Key(event.key, event.character))

    def on_paste(self, event: Paste) -> None:
        """Pass what is pasted or dropped while the list has the focus on to the path."""
        if self._files.has_focus:
            event.stop()
            self._type_path(Paste(event.text))

    def _type_path(self, event: Key | Paste) -> None:
        """Replace the path with what was typed or pasted."""
        path_input = self.query_one(Input)
        self.set_focus(path_input)  # selects the path
        path_input.post_message(event)

    def action_mark(self) -> None:
        """Mark the highlighted file, or take the mark off."""
        highlighted = self._files.highlighted
        if highlighted is None:
            return
        if self._entries[highlighted].is_folder:
            self._field.show_error(cast("Portal", self.app).with_keys(texts.FOLDER_NOT_MARKED))
        else:
            self._files.action_select()

    @on(OptionList.OptionSelected)
    def _entry_selected(self, event: OptionList.OptionSelected) -> None:
        entry = self._entries[event.option_index]
        if entry.is_folder:
            self._run_exclusive(self._open(entry.path, self._folder))
        elif entry.path in self._marked:
            del self._marked[entry.path]
            self._field.show_error("")
            self._show_marks()
        else:
            self.run_worker(self._mark(entry.path), group="mark")

    async def _mark(self, file: Path) -> bool:
        _, error = await asyncio.to_thread(check_file, file, self._choice.check)
        self._field.show_error(error or "")
        if error is None and self._choice.is_single:
            PickFiles.last_folder = file.parent
            self.dismiss([file])
            return False  # the picker has closed
        if error is None:
            self._marked[file] = None
            self._show_marks()
        return error is None

    def _show_marks(self) -> None:
        for index, entry in enumerate(self._entries):
            prompt = self._entry_content(entry)
            if self._files.get_option_at_index(index).prompt != prompt:
                self._files.replace_option_prompt_at_index(index, prompt)
        self.query_one("#marked", Static).update(texts.marked_text(list(self._marked)))

    @on(Input.Submitted)
    def _path_submitted(self, event: Input.Submitted) -> None:
        self._run_exclusive(self._open_path(event.value))

    async def _open_path(self, text: str) -> None:
        try:
            entry = await asyncio.to_thread(find_entry, text, self._folder)
        except PermissionError as error:
            self._field.show_error(texts.open_error(Path(text), error))
        except (OSError, ValueError):
            self._field.show_error(texts.path_error(text))
        else:
            if entry.is_folder:
                if await self._open(entry.path, text=text):
                    self._files.focus()
            elif await self._mark(entry.path) and await self._open(
                entry.path.parent, entry.path, text=text
            ):
                self.query_one("#use").focus()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "use":
            self.action_use()
        else:
            self.action_close()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Hide Use these and the marks if only one file can be chosen."""
        return action not in {"use", "mark"} or not self._choice.is_single

    def action_use(self) -> None:
        """Return the marked files."""
        if self._marked:
            self.dismiss(list(self._marked))
        else:
            self._field.show_error(cast("Portal", self.app).with_keys(texts.NO_FILE_MARKED))

    def action_close(self) -> None:
        """Close without choosing a file."""
        self.dismiss([])
