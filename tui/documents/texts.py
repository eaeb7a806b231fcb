"""Texts of the file picker and the upload rows."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from shared.documents import EXTENSIONS, MAX_BYTES, DocumentOut, ScanState, human_size
from shared.people import SCHOOL_FILE_BYTES
from shared.values.lines import mask_hidden
from tui.core.confinement import OutsideFolder, confined_folder, folder_note

LIMIT = f"{MAX_BYTES // (1024 * 1024)} MB"
ACCEPTED = f"{', '.join(EXTENSIONS[:-1])} or {EXTENSIONS[-1]}, {LIMIT} or smaller."
SCHOOL_FILE = (
    f"It must be a Common Transfer File (CTF): .xml, {human_size(SCHOOL_FILE_BYTES)} or smaller."
)
FILES_ARE_ON = "These are files on"
COPY_IS_SAVED_ON = "The copy is saved on"
NO_FILE = "No file chosen"
NO_FILE_MARKED = "No file is marked. Move to a file and press {picker.mark}, then choose Use these."
FOLDER_NOT_MARKED = "This is a folder: {picker.open} opens it. {picker.mark} marks a file."
UPLOAD_STOPPED = "The upload was stopped. The file is chosen and not uploaded."
CHECKING = "Looking at the file…"
WAITING_FOR_UPLOADS = "Waiting for other files to be uploaded."
NOT_UPLOADED = "Chosen, not uploaded yet. Choose Upload to attach it."
UNREACHABLE = "The portal can't be reached just now. The upload starts again by itself."
WAITING_FOR_SIGN_IN = "You were signed out. The upload goes on once you have signed in again."
BEING_CHECKED = "The portal looks for viruses. You can go on meanwhile."
HELD = "✗ Held: a virus was found. Remove it, then choose another file."
REMOVING = "Removing…"
REMOVAL = (
    "Remove this file?",
    "It is removed here and deleted from the portal, unless it was submitted before.",
    (("keep", "Keep it"), ("remove", "Remove file")),
)
UPLOAD_HELP = (
    "Choose a file, then Upload: only an uploaded file is attached and sent. "
    f"The file must be a {ACCEPTED}"
)
PICKER_HELP = (
    "The arrow keys move in the list. {picker.open} opens a folder, {picker.mark} marks a file or "
    "takes the mark "
    "off again; files of several folders may be marked. ✗ is a file that "
    "can't be used. You may also write or paste the path of a file or folder and press Enter; ~ is "
    "your home folder."
)
CHOOSE_HELP = "Open the folder, or choose the file."
SINGLE_PICKER_HELP = (
    "The arrow keys move in the list. {picker.choose} opens a folder or chooses a file. ✗ is a "
    "file that can't be used. You may also write or paste the path of a file or folder and press "
    "Enter; ~ is your home folder."
)
SAVE_HELP = "Enter the folder for the copy; ~ is your home folder."
SAVING = "Saving…"
NO_SUCH_FOLDER = "No folder can have this name. Write another folder."
BAR_WIDTH = 20
_SCAN_MARKS = {
    ScanState.CHECKING: ("◐", " · Being checked"),
    ScanState.CLEAN: ("✓", " · Checked"),
    ScanState.INFECTED: ("✗", " · Held"),
    ScanState.UNSCANNED: ("✓", ""),
}


def printable(name: str) -> str:
    """Replace hidden characters in a name or path with �."""
    return mask_hidden(name)


def error_reason(error: OSError) -> str:
    """Return a short description of a disk error."""
    match error:
        case OutsideFolder():
            return f"it is outside of your folder, {confined_folder()}"
        case PermissionError():
            return "permission denied"
        case FileNotFoundError():
            return "it isn't there"
        case IsADirectoryError():
            return "it is a folder"
        case NotADirectoryError():
            return "it isn't a folder"
    return (error.strerror or "the disk gave an error").lower()


def read_error(name: str, error: OSError) -> str:
    """Return the error for a chosen file that can't be read."""
    return f"{name} can't be read: {error_reason(error)}. Choose another file."


def open_error(folder: Path, error: OSError) -> str:
    """Return the error for a folder that can't be listed."""
    return (
        f"{printable(str(folder))} can't be opened: {error_reason(error)}. Choose another folder."
    )


def path_error(text: str) -> str:
    """Return the error for a path that does not exist."""
    return f"There is no file or folder {printable(text)}. Check how it is written."


def save_error(folder: str, error: OSError) -> str:
    """Return the error for a folder that can't be written to."""
    return (
        f"Nothing can be saved in {printable(folder)}: {error_reason(error)}. Write another folder."
    )


def saved_text(file: Path) -> str:
    """Return the message with the path of a saved copy."""
    return f"✓ Saved as {printable(str(file))}"


def marked_text(files: list[Path]) -> str:
    """Return the number and names of the marked files."""
    names = ", ".join(printable(file.name) for file in files)
    count = len(files)
    return f"{count} {'file' if count == 1 else 'files'} marked: {names}" if files else ""


def name_and_size(name: str, size: int) -> str:
    """Return a file name with its size."""
    return f"{name} · {human_size(size)}"


def stored_text(document: DocumentOut) -> str:
    """Return the name, type, size and scan of an uploaded document."""
    mark, scan = _SCAN_MARKS[document.scan]
    return f"{mark} {document.name} · {document.type_label} · {human_size(document.size)}{scan}"


def stored_note(document: DocumentOut) -> str:
    """Return the note on the scan of an uploaded document."""
    match document.scan:
        case ScanState.CHECKING:
            return BEING_CHECKED
        case ScanState.INFECTED:
            return HELD
    return ""


def progress_bar(sent: int, size: int) -> str:
    """Return a progress bar, such as Uploading [#####-----] 52%; sizes are in bytes."""
    fraction = min(sent / size, 1.0) if size else 1.0
    filled = int(fraction * BAR_WIDTH)
    line = f"Uploading [{'#' * filled}{'-' * (BAR_WIDTH - filled)}] {int(fraction * 100)}%"
    return f"{line} · the portal checks the file" if fraction == 1 else line


def ssh_disk_note(subject: str) -> str:
    """Return a note that files are on the remote machine, or '' outside of SSH."""
    if folder := confined_folder():
        return (
            f"{subject} {socket.gethostname()}, the machine you are connected to, in your folder "
            f"{printable(str(folder))}. {folder_note()}".rstrip()
        )
    if not os.environ.get("SSH_CONNECTION"):
        return ""
    return (
        f"{subject} {socket.gethostname()}, the machine you are connected to, "
        "not on the one in front of you."
    )


def removal_error(reason: str) -> str:
    """Return the error for a document that could not be removed."""
    return f"The file is still attached. {reason}"
