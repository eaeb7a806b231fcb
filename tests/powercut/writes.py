"""Writes that must survive a power cut once acknowledged."""

from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel


class Kind(StrEnum):
    """Kind of write."""

    SAVE = "save"
    UPLOAD = "upload"
    REMOVAL = "removal"
    SUBMISSION = "submission"


class RowWrite(BaseModel, frozen=True):
    """A write to a row by its id, with the SHA-256 of an answer or document."""

    kind: Kind
    id: UUID
    sha256: str = ""
    submission: UUID | None = None


class LogEntry(BaseModel, frozen=True):
    """Log entry: a write was sent, or its acknowledgement was received."""

    write: RowWrite
    acknowledged: bool
