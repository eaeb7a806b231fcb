"""The history of each client: what it was about to send, and what it was answered.

A file of JSON lines for each client. `sending` is written before the first try of an operation,
`reply_lost` after each try without a reply, and `answered` with the reply.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from time import time
from typing import Any, Self, TextIO


class Kind(StrEnum):
    """What a client does."""

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
    """One operation of a client; `status` is 0 while it was not answered."""

    client: int
    account: str
    number: int
    kind: Kind
    data: dict[str, Any]
    losses: int = 0
    status: int = 0
    reply: dict[str, Any] = field(default_factory=dict)

    @property
    def acknowledged(self) -> bool:
        """Whether the server said that it was done.

        A removal that is repeated after a lost reply is answered 404: what it removed is gone.
        """
        return self.status in range(200, 300) or self.removed_before

    @property
    def removed_before(self) -> bool:
        """Whether a repeated removal met nothing, because an earlier try was done."""
        removes = self.kind in (Kind.REMOVE, Kind.DISCARD)
        return removes and self.status == 404 and self.losses > 0

    @property
    def unanswered(self) -> bool:
        """Whether nobody knows what came of it."""
        return self.status == 0

    def __str__(self) -> str:
        """Name the operation in a finding."""
        return f"{self.kind}, client {self.client}, operation {self.number}"


class History:
    """Writes the history of one client."""

    def __init__(self, folder: Path, client: int, account: str) -> None:
        self._file: TextIO = (folder / f"client-{client}.jsonl").open("x")
        self._number = 0
        self._write(event="client", client=client, account=account)

    def __enter__(self) -> Self:
        """Keep the file open for a block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._file.close()

    def sending(self, kind: Kind, data: dict[str, Any]) -> int:
        """Write what is about to be sent; returns the number of the operation."""
        self._number += 1
        self._write(event="sending", number=self._number, kind=kind, data=data)
        return self._number

    def reply_lost(self, number: int, why: str) -> None:
        """Write that a try had no reply."""
        self._write(event="reply_lost", number=number, why=why)

    def answered(self, number: int, status: int, reply: dict[str, Any]) -> None:
        """Write the reply."""
        self._write(event="answered", number=number, status=status, reply=reply)

    def _write(self, **line: object) -> None:
        self._file.write(json.dumps({"at": round(time(), 3), **line}) + "\n")
        self._file.flush()


def read_histories(folder: Path) -> list[Operation]:
    """Read the operations of all clients, those of one client in their order."""
    return [one for file in sorted(folder.glob("client-*.jsonl")) for one in _read(file)]


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
                operations[line["number"]].losses += 1
            case "answered":
                operations[line["number"]].status = line["status"]
                operations[line["number"]].reply = line["reply"]
    yield from operations.values()
