"""What the server acknowledged to its clients, and must hold after a power cut."""

from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel


class Kind(StrEnum):
    """The kinds of writes."""

    SAVE = "save"
    UPLOAD = "upload"
    REMOVAL = "removal"
    SUBMISSION = "submission"


class Promise(BaseModel, frozen=True):
    """A write by the id of its row; of an answer or a document also the SHA-256."""

    kind: Kind
    id: UUID
    sha256: str = ""
    submission: UUID | None = None


class Mark(BaseModel, frozen=True):
    """A moment in the log: a write is sent, or its acknowledgement has reached the client."""

    promise: Promise
    acknowledged: bool
