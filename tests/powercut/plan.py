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
    """Plan of one recording: `rounds` by each worker per server process."""

    url: str
    marks: Path
    workers: list[Worker]
    rounds: int
    kills: int
