"""Load client: performs a professional's operations in random order until stopped.

The seed determines the order and the content. The client generates the ids and repeats an
unanswered call unchanged, so that the server can recognise the repeat.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from threading import Event
from typing import Any
from uuid import UUID

import httpx

from tests.faults.caller import Caller
from tests.faults.history import History, Kind
from tests.faults.members import Member
from tests.faults.relay import Relay
from tests.parts import PASSWORD
from tests.pdfs import make_pdf
from tests.server.steps import FORM
from tests.server.steps import child as child_details

LONG_FIELDS = ("attainment", "strengths", "communication", "cognition", "semh", "sensory")
SHARED_FIELDS = ("development", "child_views", "parent_views")
MAX_TEXT_LENGTH = 6_000
MAX_UPLOAD_BYTES = 200_000
CODE_TIMEOUT = 6.0
SIGN_IN_ATTEMPTS = 3
WORDS = [
    "wren",
    "osier",
    "kiln",
    "heron",
    "tallow",
    "hollow",
    "birch",
    "lantern",
    "meadow",
    "plover",
    "sorrel",
    "teasel",
]


Entry = dict[str, str]


@dataclass
class Draft:
    """A client's view of a form.

    `documents` holds the entries with a document, `submitted_documents` those of the last version.
    """

    id: UUID
    version: int = 1
    filled: bool = False
    changed: bool = True
    documents: list[Entry] = field(default_factory=list)
    submitted_documents: list[Entry] | None = None


@dataclass
class Child:
    """Child on the client's list, with its form and uploaded documents."""

    id: UUID
    draft: Draft | None = None
    documents: list[UUID] = field(default_factory=list)

    @property
    def unused_documents(self) -> list[UUID]:
        """Documents that the form does not refer to."""
        used_documents = {entry["file"] for entry in self.draft.documents} if self.draft else set()
        return [document for document in self.documents if str(document) not in used_documents]


class Client:
    """Simulated professional who generates load."""

    def __init__(
        self,
        url: str,
        relay: Relay,
        member: Member,
        *,
        folder: Path,
        number: int,
        seed: int,
        is_up: Event,
    ) -> None:
        self.member = member
        self._relay = relay
        self._random = Random(f"{seed} client {number}")
        self._history = History(folder, number, str(member.id))
        self._caller = Caller(url, self._history, member.token, is_up)
        self._number = number
        self._children: list[Child] = []
        self._shared: Draft | None = None
        self._codes: set[str] = set()

    def start_shared_form(self, others: list[Member]) -> UUID:
        """Start a form shared with all other clients and return its id."""
        draft = self._start(self._add_person(), others)
        return draft.id

    def run(self, shared: UUID, stop: Event) -> None:
        """Work until stopped, finishing the operation in progress."""
        self._shared = Draft(shared)
        operations: list[tuple[Callable[[], object], int]] = [
            (self.save, 40),
            (self.save_shared, 18),
            (self.add_person, 5),
            (self.start, 6),
            (self.submit, 6),
            (self.upload, 9),
            (self.remove, 4),
            (self.discard, 4),
            (self.mark_read, 5),
            (self.sign_in, 3),
        ]
        steps, weights = zip(*operations, strict=True)
        try:
            while not stop.is_set():
                self._random.choices(steps, weights)[0]()
        finally:
            self._caller.close()
            self._history.__exit__()

    def add_person(self) -> None:
        """Add a child to the list."""
        self._add_person()

    def start(self) -> None:
        """Start a form for a child without one."""
        self._start(self._pick_child(lambda c: c.draft is None) or self._add_person(), [])

    def save(self) -> None:
        """Save answers in one of the client's own drafts."""
        child = self._pick_child(lambda c: c.draft is not None)
        if child is None or child.draft is None:
            return self.start()
        return self._save(child.draft, self._random_changes(child, child.draft))

    def save_shared(self) -> None:
        """Save an answer in the shared draft, retrying when it is stale."""
        assert self._shared
        fields = (*SHARED_FIELDS, LONG_FIELDS[self._number % len(LONG_FIELDS)])
        return self._save(self._shared, {self._random.choice(fields): self._random_text()})

    def submit(self) -> None:
        """Submit one of the client's own drafts that is filled and changed."""
        child = self._pick_child(
            lambda c: c.draft is not None and c.draft.filled and c.draft.changed
        )
        if child is None or (draft := child.draft) is None:
            return self.save()
        version = self._random_id()
        data = {"submission": str(draft.id), "version": str(version)}
        body = {"id": str(version)}
        path = f"/v1/submissions/{draft.id}/versions"
        if self._call(Kind.SUBMIT, data, "POST", path, json=body) is not None:
            draft.submitted_documents, draft.changed = list(draft.documents), False
            draft.version += 1
        return None

    def discard(self) -> None:
        """Discard a draft, or its changes since it was submitted."""
        child = self._pick_child(lambda c: c.draft is not None and c.draft.changed)
        if child is None or (draft := child.draft) is None:
            return self.save()
        data = {"submission": str(draft.id)}
        self._call(Kind.DISCARD, data, "DELETE", f"/v1/submissions/{draft.id}")
        if draft.submitted_documents is None:
            child.documents, child.draft = child.unused_documents, None
            return None
        dropped = {
            entry["file"] for entry in draft.documents if entry not in draft.submitted_documents
        }
        child.documents = [document for document in child.documents if str(document) not in dropped]
        draft.documents, draft.changed = list(draft.submitted_documents), False
        return self._reload_version(draft)

    def upload(self) -> None:
        """Upload a document, sometimes giving up after a lost reply."""
        child = self._pick_child(lambda _: True) or self._add_person()
        document = self._random_id()
        content = make_pdf(self._random.randbytes(self._random.randint(100, MAX_UPLOAD_BYTES)))
        data = {
            "document": str(document),
            "person": str(child.id),
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        reply = self._call(
            Kind.UPLOAD,
            data,
            "PUT",
            f"/v1/people/{child.id}/documents/{document}",
            retry=self._random.random() < 0.7,
            params={"name": f"report {document}.pdf"},
            content=content,
        )
        if reply is not None:
            child.documents.append(document)

    def remove(self) -> None:
        """Remove a document that no form refers to."""
        child = self._pick_child(lambda c: bool(c.unused_documents))
        if child is None:
            return self.upload()
        document = self._random.choice(child.unused_documents)
        child.documents.remove(document)
        data = {"document": str(document)}
        self._call(Kind.REMOVE, data, "DELETE", f"/v1/documents/{document}")
        return None

    def mark_read(self) -> None:
        """Mark the newest unread message as read."""
        rows = self._caller.get("/v1/messages", params={"view": "unread", "limit": 1})["rows"]
        if not rows:
            return self.save()
        id = rows[0]["id"]
        self._call(Kind.MARK_READ, {"message": id}, "PUT", f"/v1/messages/{id}/read")
        return None

    def sign_in(self) -> None:
        """Sign in again with password and emailed code; keep the old session on failure."""
        self._codes.update(mail.id for mail in self._relay.emails_to(self.member.email))
        body = {"email": self.member.email, "password": PASSWORD}
        for _ in range(SIGN_IN_ATTEMPTS):
            session = self._call(Kind.SIGN_IN, {}, "POST", "/v1/sessions", retry=False, json=body)
            if session is not None:
                self._give_code(session["token"])
                return

    def _give_code(self, token: str) -> None:
        while code := self._relay.wait_for_code(self.member.email, self._codes, CODE_TIMEOUT):
            session = self._call(
                Kind.GIVE_CODE,
                {},
                "POST",
                "/v1/session/code",
                retry=False,
                json={"code": code},
                headers={"Authorization": f"Bearer {token}"},
            )
            if session is not None:
                self._caller.token = session["token"]
                return

    def _call(
        self, kind: Kind, data: dict[str, Any], method: str, path: str, **request: Any
    ) -> dict[str, Any] | None:
        """Call the server; return None if it refused or the reply was lost."""
        reply = self._caller.call(kind, data, method, path, **request)
        if reply is None or not reply.is_success:
            return None
        body: dict[str, Any] = reply.json() if reply.content else {}
        return body

    def _add_person(self) -> Child:
        child = Child(self._random_id())
        body = child_details(id=str(child.id), last_name=f"Larkspur {child.id}")
        data = {"person": str(child.id)}
        self._call(Kind.ADD_PERSON, data, "POST", "/v1/people", json=body)
        self._children.append(child)
        return child

    def _start(self, child: Child, others: list[Member]) -> Draft:
        draft = Draft(self._random_id())
        body = {"id": str(draft.id), "form": FORM, "person": str(child.id)}
        data = {"submission": str(draft.id), "person": str(child.id)}
        if self._call(Kind.START, data, "POST", "/v1/submissions", json=body) is None:
            return draft
        for other in others:
            path = f"/v1/submissions/{draft.id}/shares/{other.id}"
            self._call(Kind.SHARE, data | {"to": str(other.id)}, "PUT", path)
        if not others:
            child.draft = draft
        return draft

    def _save(self, draft: Draft, changes: dict[str, Any]) -> None:
        while True:
            save = self._random_id()
            data = {
                "submission": str(draft.id),
                "save": str(save),
                "changes": changes,
                "version": draft.version,
            }
            reply = self._caller.call(
                Kind.SAVE,
                data,
                "PATCH",
                f"/v1/submissions/{draft.id}/answers",
                json={"save": str(save), "changes": changes},
                headers={"If-Match": f'"{draft.version}"'},
            )
            assert reply is not None
            if reply.is_success:
                draft.version, draft.changed = reply.json()["version"], True
                return
            if reply.status_code != httpx.codes.PRECONDITION_FAILED:
                return
            self._reload_version(draft)

    def _reload_version(self, draft: Draft) -> None:
        draft.version = self._caller.get(f"/v1/submissions/{draft.id}")["version"]

    def _random_changes(self, child: Child, draft: Draft) -> dict[str, Any]:
        """Generate changes to save: required answers, a document or texts."""
        if not draft.filled and self._random.random() < 0.5:
            draft.filled = True
            contact = {
                "id": self._random_id().hex,
                "name": "Dana Dunne",
                "contact_details": self._random_text(),
            }
            return {
                "work_details": str(self.member.work),
                "contacts": [contact],
                "declaration": True,
                "sharing": True,
            }
        if child.unused_documents and self._random.random() < 0.3:
            draft.documents.append(
                {
                    "id": self._random_id().hex,
                    "description": "school_report",
                    "file": str(child.unused_documents[0]),
                }
            )
            return {"documents": list(draft.documents)}
        fields = self._random.sample(LONG_FIELDS, self._random.randint(1, 3))
        clears = self._random.random() < 0.1
        return {name: None if clears else self._random_text() for name in fields}

    def _pick_child(self, predicate: Callable[[Child], bool]) -> Child | None:
        candidates = [child for child in self._children if predicate(child)]
        return self._random.choice(candidates) if candidates else None

    def _random_text(self) -> str:
        words = self._random.choices(WORDS, k=self._random.randint(3, MAX_TEXT_LENGTH // 8))
        return f"{self._random_id()} {' '.join(words)}"

    def _random_id(self) -> UUID:
        return UUID(int=self._random.getrandbits(128), version=4)
