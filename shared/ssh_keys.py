"""Wire types of the SSH keys of an account."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from shared.values.lines import SafeLinesModel

MAX_SSH_KEYS = 10


class SshKeyIn(BaseModel):
    """A public key, as the line in its file, such as `ssh-ed25519 AAAA... name`."""

    line: Annotated[str, Field(min_length=1, max_length=4000)]


class SshKeyRow(SafeLinesModel):
    """A registered key, with the fingerprint that `ssh-keygen -l` prints."""

    id: UUID
    kind: str
    name: str
    fingerprint: str
    added_at: datetime
    last_used_at: datetime | None = None
