"""Instructions for the recorded process."""

from pathlib import Path
from uuid import UUID

from pydantic import BaseModel


class Worker(BaseModel):
    """Account with a session and work details."""

    account: UUID
    email: str
    token: str
    work: UUID


class Plan(BaseModel):
    """Plan of a recording; each worker does `rounds` rounds per server process."""

    url: str
    write_log: Path
    workers: list[Worker]
    rounds: int
    kills: int
