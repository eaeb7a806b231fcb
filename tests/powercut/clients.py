"""Load client that writes over HTTP and logs each write when sent and when acknowledged.

Nothing is imported from the server, because that would double the time of a short recording.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from random import Random
from uuid import UUID, uuid4

import httpx

from tests.pdfs import make_pdf
from tests.powercut.checks import FIELD, hash_text
from tests.powercut.plan import Plan, Worker
from tests.powercut.writes import Kind, LogEntry, RowWrite

TIMEOUT_SECONDS = 60
SAVES_PER_ROUND = 5
TEXT_BYTES = (10, 400, 9_000)
UPLOAD_BYTES = (600, 5_000, 70_000, 300_000)


def run_client(plan: Plan, worker: Worker, number: int) -> None:
    """Run one client's rounds of adding, saving, uploading, removing and submitting."""
    headers = {"Authorization": f"Bearer {worker.token}"}
    with httpx.Client(base_url=plan.url, headers=headers, timeout=TIMEOUT_SECONDS) as http:
        client = _Client(http, worker, os.open(plan.write_log, os.O_WRONLY | os.O_APPEND), number)
        for _ in range(plan.rounds):
            client.run_round()


class _Client:
    def __init__(self, http: httpx.Client, worker: Worker, log_file: int, seed: int) -> None:
        self._http, self._worker, self._log_file, self._rng = http, worker, log_file, Random(seed)

    def run_round(self) -> None:
        person = self._add_child()
        submission = self._start(person)
        self._save(submission, self._required_answers())
        documents = []
        for _ in range(SAVES_PER_ROUND):
            text = self._save_text(submission)
            documents.append(self._upload(person))
        self._submit(submission, text)
        self._remove(self._rng.choice(documents))
        self._submit(submission, self._save_text(submission))

    def _add_child(self) -> UUID:
        id = uuid4()
        body = {
            "id": str(id),
            "first_name": "Ivo",
            "last_name": id.hex,
            "born": "2018-03-14",
            "gender": "male",
            "address": "3 Tallowmere Row, Leicester",
            "postcode": "LE3 9RN",
            "school": "Wren Hollow Primary School",
        }
        self._call("POST", "/v1/people", json=body)
        return id

    def _start(self, person: UUID) -> UUID:
        id = uuid4()
        body = {"id": str(id), "form": "professional-request", "person": str(person)}
        self._call("POST", "/v1/submissions", json=body)
        return id

    def _required_answers(self) -> dict[str, object]:
        contact = {"id": uuid4().hex, "name": "Dana Dunne", "contact_details": "0116 496 0103"}
        return {
            "work_details": str(self._worker.work),
            "contacts": [contact],
            "declaration": True,
            "sharing": True,
        }

    def _save_text(self, submission: UUID) -> str:
        text = self._rng.randbytes(self._rng.choice(TEXT_BYTES) // 2).hex()
        self._save(submission, {FIELD: text})
        return text

    def _save(self, submission: UUID, changes: dict[str, object]) -> None:
        id, text = uuid4(), changes.get(FIELD)
        version = self._call("GET", f"/v1/submissions/{submission}").headers["ETag"]
        digest = hash_text(text if isinstance(text, str) else None)
        with self._log_write(Kind.SAVE, id, digest, submission):
            self._call(
                "PATCH",
                f"/v1/submissions/{submission}/answers",
                json={"save": str(id), "changes": changes},
                headers={"If-Match": version},
            )

    def _upload(self, person: UUID) -> UUID:
        id, size = uuid4(), self._rng.choice(UPLOAD_BYTES)
        content = make_pdf(self._rng.randbytes(size))
        with self._log_write(Kind.UPLOAD, id, sha256(content).hexdigest()):
            self._call(
                "PUT",
                f"/v1/people/{person}/documents/{id}",
                params={"name": "report.pdf"},
                content=content,
            )
        return id

    def _remove(self, document: UUID) -> None:
        with self._log_write(Kind.REMOVAL, document):
            self._call("DELETE", f"/v1/documents/{document}")

    def _submit(self, submission: UUID, text: str) -> None:
        id = uuid4()
        with self._log_write(Kind.SUBMISSION, id, hash_text(text)):
            self._call("POST", f"/v1/submissions/{submission}/versions", json={"id": str(id)})

    def _call(self, method: str, path: str, **options: object) -> httpx.Response:
        reply = self._http.request(method, path, **options)  # type: ignore[arg-type]  # forwarded
        return reply.raise_for_status()

    @contextmanager
    def _log_write(
        self, kind: Kind, id: UUID, digest: str = "", submission: UUID | None = None
    ) -> Iterator[None]:
        write = RowWrite(kind=kind, id=id, sha256=digest, submission=submission)
        self._append_entry(LogEntry(write=write, acknowledged=False))
        yield
        self._append_entry(LogEntry(write=write, acknowledged=True))

    def _append_entry(self, entry: LogEntry) -> None:
        # One write call per entry keeps the entry contiguous in strace's log.
        os.write(self._log_file, f"{entry.model_dump_json()}\n".encode())
