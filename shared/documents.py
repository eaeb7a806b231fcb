"""Wire types of documents, and the rules for uploads."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel

MAX_BYTES = 10 * 1024 * 1024
EXTENSIONS = (".doc", ".docx", ".pdf", ".png", ".jpeg", ".jpg", ".bmp")
NAME_LIMIT = 200
VIRUS_FOUND = "A virus was found in this file. Remove it, then choose another file."


class ScanState(StrEnum):
    """Whether a document was scanned for viruses."""

    CHECKING = "checking"
    CLEAN = "clean"
    INFECTED = "infected"
    """Nobody can open it."""
    UNSCANNED = "unscanned"
    """Not scanned, and the authority's settings accept that; never stored."""


SCAN_NOTES: dict[ScanState, str] = {
    ScanState.CHECKING: "being checked for viruses",
    ScanState.CLEAN: "",
    ScanState.INFECTED: "held: a virus was found",
    ScanState.UNSCANNED: "not scanned for viruses",
}
"""What readers of a document are told about its scan."""


class DocumentOut(BaseModel):
    """A stored document; `media_type` is detected from the content."""

    id: UUID
    name: str
    media_type: str
    type_label: str
    size: int
    uploaded_at: datetime
    scan: ScanState


def human_size(size: int) -> str:
    """Format a size in bytes, for example 812 bytes, 34 KB or 9.8 MB."""
    if size < 1024:
        return f"{size} bytes"
    if size < 1024 * 1024:
        return f"{size / 1024:.0f} KB"
    return f"{size / (1024 * 1024):.1f} MB"


def upload_error(name: str, size: int) -> str | None:
    """Return why a file of this name and size in bytes can't be uploaded, or None."""
    if not name.lower().endswith(EXTENSIONS):
        return f"{name} must be a .doc, .docx, .pdf, .png, .jpeg, .jpg or .bmp file."
    if size == 0:
        return f"{name} is empty. Choose a file that has something in it."
    if size > MAX_BYTES:
        return f"{name} is {human_size(size)}. It must be 10 MB or smaller."
    return None
