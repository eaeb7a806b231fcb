"""What the file picker and the upload rows say, each sentence once."""

from __future__ import annotations

import os
import socket
import unicodedata
from pathlib import Path

from shared.documents import EXTENSIONS, MAX_BYTES, DocumentOut, human_size

LIMIT = f"{MAX_BYTES // (1024 * 1024)} MB"
ACCEPTED = f"{', '.join(EXTENSIONS[:-1])} or {EXTENSIONS[-1]}, {LIMIT} or smaller."
THESE_FILES = "These are files on"
THE_COPY = "The copy is saved on"
NO_FILE = "No file chosen"
NONE_MARKED = "No file is marked. Move to a file and press Space, then choose Use these."
STOPPED = "The upload was stopped. The file is chosen and not uploaded."
LOOKING = "Looking at the file…"
NOT_UPLOADED = "Chosen, not uploaded yet. Choose Upload to attach it."
UNREACHABLE = "The portal can't be reached just now. The upload starts again by itself."
WAITS_FOR_SESSION = "You were signed out. The upload goes on once you have signed in again."
REMOVING = "Removing…"
REMOVAL = (
    "Remove this file?",
    "It is taken off this form and deleted from the portal, unless it was submitted before.",
    (("keep", "Keep it"), ("remove", "Remove file")),
)
UPLOAD_HELP = (
    "Choose a file, then Upload: only an uploaded file is attached and sent. "
    f"The file must be a {ACCEPTED}"
)
PICKER_HELP = (
    "The arrow keys move in the list. Enter opens a folder, Space marks a file or takes the mark "
    "off again; files of several folders may be marked. You may also write or paste the path of "
    "a file or folder and press Enter; ~ is your home folder."
)
SAVE_HELP = "Write the folder that the copy shall lie in; ~ is your home folder."
SAVING = "Saving…"
NO_SUCH_FOLDER = "No folder can have this name. Write another folder."
BAR = 20


def shown(name: str) -> str:
    """Write a file name so that no terminal trips over it: control characters become �."""
    return "".join("�" if unicodedata.category(sign)[0] == "C" else sign for sign in name)


def why(error: OSError) -> str:
    """Say in a few words why the disk refused."""
    match error:
        case PermissionError():
            return "permission denied"
        case FileNotFoundError():
            return "it isn't there"
        case IsADirectoryError():
            return "it is a folder"
        case NotADirectoryError():
            return "it isn't a folder"
    return (error.strerror or "the disk gave an error").lower()


def cant_be_read(name: str, error: OSError) -> str:
    """Say that a chosen file can't be read, why, and what to do."""
    return f"{name} can't be read: {why(error)}. Choose another file."


def cant_be_opened(folder: Path, error: OSError) -> str:
    """Say that a folder can't be listed, why, and what to do."""
    return f"{shown(str(folder))} can't be opened: {why(error)}. Choose another folder."


def not_there(text: str) -> str:
    """Say that what was written leads to nothing."""
    return f"There is no file or folder {shown(text)}. Check how it is written."


def not_saved(folder: str, error: OSError) -> str:
    """Say that a copy can't be written where it was wanted, and what to do."""
    return f"Nothing can be saved in {shown(folder)}: {why(error)}. Write another folder."


def saved(file: Path) -> str:
    """Say where a copy lies."""
    return f"✓ Saved as {shown(str(file))}"


def marked(files: list[Path]) -> str:
    """Count and name the files that are marked."""
    names = ", ".join(shown(file.name) for file in files)
    count = len(files)
    return f"{count} {'file' if count == 1 else 'files'} marked: {names}" if files else ""


def named(name: str, size: int) -> str:
    """Name a file with its size in bytes."""
    return f"{name} · {human_size(size)}"


def stored(document: DocumentOut) -> str:
    """Tell a document that was uploaded: name, type, size."""
    return f"✓ {document.name} · {document.type_label} · {human_size(document.size)}"


def bar(sent: int, size: int) -> str:
    """Draw how much of a file was sent, both in bytes, as Uploading [#####-----] 52%."""
    share = min(sent / size, 1.0) if size else 1.0
    full = int(share * BAR)
    line = f"Uploading [{'#' * full}{'-' * (BAR - full)}] {int(share * 100)}%"
    return f"{line} · the portal checks the file" if share == 1 else line


def whose_disk(what: str) -> str:
    """Say over SSH which machine's disk something is about; '' at a machine of one's own."""
    if not os.environ.get("SSH_CONNECTION"):
        return ""
    return (
        f"{what} {socket.gethostname()}, the machine you are connected to, "
        "not on the one in front of you."
    )


def not_removed(reason: str) -> str:
    """Say that a document is still attached, and why."""
    return f"The file is still attached. {reason}"
