"""Wire types of the server's health."""

from enum import StrEnum
from typing import Self

from pydantic import BaseModel


class State(StrEnum):
    """The state of one part of the server."""

    OK = "ok"
    FAILING = "failing"
    UNKNOWN = "unknown"


class HealthReport(BaseModel):
    """The server's health; overdue mail or no antivirus alone do not make it fail."""

    status: State
    database: State
    store: State
    outbox: State
    scanner: State

    def is_failing(self, part: str) -> bool:
        """Return whether a part, named by its field, fails."""
        return getattr(self, part) is State.FAILING

    @classmethod
    def from_states(cls, *, database: State, store: State, outbox: State, scanner: State) -> Self:
        """Build the report from the states of its parts."""
        is_healthy = State.FAILING not in {database, store}
        status = State.OK if is_healthy else State.FAILING
        return cls(status=status, database=database, store=store, outbox=outbox, scanner=scanner)
