"""Acknowledged writes, which must survive a power cut."""

from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel


class Kind(StrEnum):
    """Kinds of writes."""

    SAVE = "save"
    UPLOAD = "upload"
    REMOVAL = "removal"
    SUBMISSION = "submission"


class Promise(BaseModel, frozen=True):
    """Write of a row by its id, with the SHA-256 of an answer or document."""

    kind: Kind
    id: UUID
    sha256: str = ""
    submission: UUID | None = None


class Mark(BaseModel, frozen=True):
    """Entry in the log: a write was sent, or its acknowledgement was received."""

    promise: Promise
    acknowledged: bool
