"""What the pages of the client have in common, driven by keyboard."""

from pathlib import Path

from tests.journeys.terminal import Terminal


class Controls:
    """Fields, files and links of a screen in a terminal."""

    def __init__(self, terminal: Terminal) -> None:
        self.terminal = terminal

    def fill(self, *answers: str) -> None:
        """Type answers into consecutive fields, pressing Tab after each."""
        for answer in answers:
            if answer:
                self.terminal.type(answer)
            self.terminal.press("tab")

    def choose(self, option: str, *, among: str, down: int = 1) -> None:
        """Choose an option `down` lines below the current one, and press Tab.

        Needs the focus on the select; `among` is another option, shown only while its list is open.
        """
        self.terminal.press("enter")
        self.terminal.wait_for(option, among)
        self.terminal.press(*["down"] * down, "enter")
        self.terminal.wait_for(option, gone=among)
        self.terminal.press("tab")

    def upload(self, file: Path, *, agree: bool = True) -> None:
        """Choose a file by its path and upload it; needs the focus on '[ Choose file ]'.

        With `agree`, the upload must be confirmed; otherwise it starts at once.
        """
        self.choose_file(file)
        if agree:
            self.terminal.wait_for("Chosen, not uploaded yet")
            self.terminal.press("enter")
        self.terminal.wait_for(f"✓ {file.name}", "Save a copy")

    def choose_file(self, file: Path) -> None:
        """Choose a file by its path; needs the focus on '[ Choose file ]'."""
        self._enter_path(file, "Choose files")
        self.terminal.wait_for(f"1 file marked: {file.name}")
        self.terminal.press("enter")

    def upload_one(self, file: Path) -> None:
        """Choose a file where one is wanted, and wait until it is uploaded."""
        self._enter_path(file, "Choose a file")
        self.terminal.wait_for(f"✓ {file.name}", "Save a copy")

    def _enter_path(self, file: Path, title: str) -> None:
        self.terminal.wait_for("No file chosen", "[ Choose file ]")
        self.terminal.press("enter")
        self.terminal.wait_for(title)
        self.terminal.press("shift+tab")
        self.terminal.type(str(file))
        self.terminal.press("enter")

    def save_a_copy(self, name: str) -> None:
        """Save a copy of the first document into the suggested folder."""
        self.terminal.choose("Save a copy")
        self.terminal.wait_for(f"Save a copy of {name}", "Folder")
        self.terminal.press("enter")
        self.terminal.wait_for("Close", gone="[ Save ]")
        self.terminal.press("enter")
        self.terminal.wait_for("Save a copy", gone="Close")
