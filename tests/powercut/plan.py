"""What the recorded process is to do: whom to work for, how long, and at which server."""

from pathlib import Path
from uuid import UUID

from pydantic import BaseModel


class Worker(BaseModel):
    """An account with a session and work details."""

    account: UUID
    email: str
    token: str
    work: UUID


class Plan(BaseModel):
    """One recording: `rounds` by each worker, before and after each time the server is killed."""

    url: str
    marks: Path
    workers: list[Worker]
    rounds: int
    kills: int
