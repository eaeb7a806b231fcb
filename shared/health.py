"""Wire types of the server's health."""

from enum import StrEnum
from typing import Self

from pydantic import BaseModel


class State(StrEnum):
    """How one part of the server is."""

    OK = "ok"
    FAILING = "failing"
    UNKNOWN = "unknown"


class HealthReport(BaseModel):
    """How the server is; late mail alone does not make it unfit to serve."""

    status: State
    database: State
    store: State
    outbox: State

    @classmethod
    def of(cls, *, database: State, store: State, outbox: State) -> Self:
        """Sum the parts up."""
        fit = State.FAILING not in {database, store}
        status = State.OK if fit else State.FAILING
        return cls(status=status, database=database, store=store, outbox=outbox)
