"""What the SSH server hands over to the client that it runs, by a pipe."""

from __future__ import annotations

import json
import os
from typing import NamedTuple
from uuid import UUID


class Handover(NamedTuple):
    """The token of a session, if a key started one, and the signed address of the person.

    `account` is the key's, whose files the folder has; without a key there is none.
    `note` says how long files stay in the folder, and `quota` how many bytes they may have.
    `sign_in_seconds` is how long the program stays open while nobody is signed in.
    """

    token: str | None
    account: UUID | None
    origin: str
    note: str
    quota: int
    sign_in_seconds: int


def read_handover(descriptor: int) -> Handover:
    """Read and close the pipe."""
    with os.fdopen(descriptor) as pipe:
        values = json.load(pipe)
    account = UUID(values["account"]) if values["account"] else None
    return Handover(**(values | {"account": account}))
