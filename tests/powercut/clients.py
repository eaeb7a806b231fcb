"""One client's work over HTTP; each write is marked when it is sent and when it is acknowledged."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from random import Random
from uuid import UUID, uuid4

import httpx

from tests.parts import Someone
from tests.powercut.checks import FIELD, hash_text
from tests.powercut.plan import Plan, Worker
from tests.powercut.promises import Kind, Mark, Promise
from tests.server.steps import add_child, done, enough, save, start, submit, upload, version_of

TIMEOUT = 60
SAVES = 5
TEXT_BYTES = (10, 400, 9_000)
UPLOAD_BYTES = (600, 5_000, 70_000, 300_000)


def work(plan: Plan, worker: Worker, number: int) -> None:
    """Do one client's rounds: children, forms, saves, uploads, a removal, submissions."""
    with httpx.Client(base_url=plan.url, timeout=TIMEOUT) as http:
        me = Someone(worker.account, worker.email, worker.token, worker.work, http)
        client = _Client(me, os.open(plan.marks, os.O_WRONLY | os.O_APPEND), Random(number))
        for _ in range(plan.rounds):
            client.round()


class _Client:
    def __init__(self, me: Someone, marks: int, rng: Random) -> None:
        self._me, self._marks, self._rng = me, marks, rng

    def round(self) -> None:
        person = add_child(self._me, last_name=uuid4().hex)
        submission = start(self._me, person)
        done(save(self._me, submission, enough(self._me)))
        documents = []
        for _ in range(SAVES):
            text = self._save(submission)
            documents.append(self._upload(person))
        self._submit(submission, text)
        self._remove(self._rng.choice(documents))
        self._submit(submission, self._save(submission))

    def _save(self, submission: UUID) -> str:
        text = self._rng.randbytes(self._rng.choice(TEXT_BYTES) // 2).hex()
        id, version = uuid4(), version_of(self._me, submission)
        with self._marked(Kind.SAVE, id, hash_text(text), submission):
            done(
                self._me.patch(
                    f"/v1/submissions/{submission}/answers",
                    json={"save": str(id), "changes": {FIELD: text}},
                    headers={"If-Match": version},
                )
            )
        return text

    def _upload(self, person: UUID) -> UUID:
        document, size = uuid4(), self._rng.choice(UPLOAD_BYTES)
        content = b"%PDF-1.7\n" + self._rng.randbytes(size) + b"\n%%EOF\n"
        with self._marked(Kind.UPLOAD, document, sha256(content).hexdigest()):
            done(upload(self._me, person, content, document=document))
        return document

    def _remove(self, document: UUID) -> None:
        with self._marked(Kind.REMOVAL, document):
            done(self._me.delete(f"/v1/documents/{document}"))

    def _submit(self, submission: UUID, text: str) -> None:
        id = uuid4()
        with self._marked(Kind.SUBMISSION, id, hash_text(text)):
            done(submit(self._me, submission, id))

    @contextmanager
    def _marked(
        self, kind: Kind, id: UUID, digest: str = "", submission: UUID | None = None
    ) -> Iterator[None]:
        promise = Promise(kind=kind, id=id, sha256=digest, submission=submission)
        self._mark(Mark(promise=promise, acknowledged=False))
        yield
        self._mark(Mark(promise=promise, acknowledged=True))

    def _mark(self, mark: Mark) -> None:
        # A single write, so that the log shows each mark whole, among the server's own calls.
        os.write(self._marks, f"{mark.model_dump_json()}\n".encode())
