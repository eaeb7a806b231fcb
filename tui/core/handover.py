"""What the SSH server hands over to the client that it runs, by a pipe."""

from __future__ import annotations

import json
import os
from typing import NamedTuple


class Handover(NamedTuple):
    """The token of a session, if a key started one, and the signed address of the person.

    `note` says how long files stay in the folder.
    """

    token: str | None
    origin: str
    note: str


def read_handover(descriptor: int) -> Handover:
    """Read and close the pipe."""
    with os.fdopen(descriptor) as pipe:
        return Handover(**json.load(pipe))
