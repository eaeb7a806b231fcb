"""History of each client: the operations that it sent and their replies.

There is one file of JSON lines per client. `sending` is written before the first attempt at an
operation, `reply_lost` after each attempt without a reply, and `answered` with the reply.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from time import time
from typing import Any, Self, TextIO


class Kind(StrEnum):
    """Kinds of operations."""

    ADD_PERSON = "add a person"
    START = "start a form"
    SHARE = "share a form"
    SAVE = "save answers"
    SUBMIT = "submit a form"
    DISCARD = "discard a draft"
    UPLOAD = "upload a document"
    REMOVE = "remove a document"
    MARK_READ = "mark a message read"
    SIGN_IN = "sign in by password"
    GIVE_CODE = "give the emailed code"


@dataclass
class Operation:
    """A client's operation; `status` is 0 until it is answered."""

    client: int
    account: str
    number: int
    kind: Kind
    data: dict[str, Any]
    lost_replies: int = 0
    status: int = 0
    reply: dict[str, Any] = field(default_factory=dict)

    @property
    def acknowledged(self) -> bool:
        """Whether the server confirmed the operation.

        A removal repeated after a lost reply counts as confirmed by a 404.
        """
        return self.status in range(200, 300) or self.already_removed

    @property
    def already_removed(self) -> bool:
        """Whether a repeated removal got a 404 because an earlier attempt succeeded."""
        is_removal = self.kind in (Kind.REMOVE, Kind.DISCARD)
        return is_removal and self.status == 404 and self.lost_replies > 0

    @property
    def unanswered(self) -> bool:
        """Whether the outcome is unknown."""
        return self.status == 0

    def __str__(self) -> str:
        """Return a description for findings."""
        return f"{self.kind}, client {self.client}, operation {self.number}"


class History:
    """Writer of one client's history."""

    def __init__(self, folder: Path, client: int, account: str) -> None:
        self._file: TextIO = (folder / f"client-{client}.jsonl").open("x")
        self._number = 0
        self._write(event="client", client=client, account=account)

    def __enter__(self) -> Self:
        """Return the history, which closes at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._file.close()

    def record_request(self, kind: Kind, data: dict[str, Any]) -> int:
        """Record an operation before it is sent and return its number."""
        self._number += 1
        self._write(event="sending", number=self._number, kind=kind, data=data)
        return self._number

    def record_lost_reply(self, number: int, reason: str) -> None:
        """Record an attempt that got no reply."""
        self._write(event="reply_lost", number=number, why=reason)

    def record_reply(self, number: int, status: int, reply: dict[str, Any]) -> None:
        """Record the reply."""
        self._write(event="answered", number=number, status=status, reply=reply)

    def _write(self, **line: object) -> None:
        self._file.write(json.dumps({"at": round(time(), 3), **line}) + "\n")
        self._file.flush()


def read_histories(folder: Path) -> list[Operation]:
    """Read the operations of all clients, in order for each client."""
    return [
        operation for file in sorted(folder.glob("client-*.jsonl")) for operation in _read(file)
    ]


def _read(file: Path) -> Iterator[Operation]:
    client, account = 0, ""
    operations: dict[int, Operation] = {}
    for line in map(json.loads, file.read_text().splitlines()):
        match line["event"]:
            case "client":
                client, account = line["client"], line["account"]
            case "sending":
                number, kind = line["number"], Kind(line["kind"])
                operations[number] = Operation(client, account, number, kind, line["data"])
            case "reply_lost":
                operations[line["number"]].lost_replies += 1
            case "answered":
                operations[line["number"]].status = line["status"]
                operations[line["number"]].reply = line["reply"]
    yield from operations.values()
