"""Compute the expected state of each form from the acknowledged operations."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.faults.history import Kind, Operation

CHANGING_KINDS = {Kind.SAVE, Kind.SUBMIT, Kind.DISCARD}

Answers = dict[str, Any]


@dataclass
class Form:
    """Expected state of a form; `versions` holds the submitted answers by version id."""

    id: str
    account: str
    shared: bool = False
    deleted: bool = False
    version: int = 1
    answers: Answers = field(default_factory=dict)
    versions: dict[str, Answers] = field(default_factory=dict)
    saves: dict[str, int] = field(default_factory=dict)
    discards: int = 0
    dropped_documents: set[str] = field(default_factory=set)
    out_of_order: list[Operation] = field(default_factory=list)
    """Saves acknowledged with a version out of sequence."""

    def apply(self, operation: Operation) -> None:
        """Apply an acknowledged operation."""
        if operation.kind is Kind.DISCARD:
            self._discard()
            return
        self.version += 1
        if operation.kind is Kind.SUBMIT:
            self.versions[operation.data["version"]] = dict(self.answers)
            return
        if operation.reply["version"] != self.version:
            self.out_of_order.append(operation)
            self.version = operation.reply["version"]
        self.saves[operation.data["save"]] = self.version
        self.answers |= operation.data["changes"]
        self.answers = {name: value for name, value in self.answers.items() if value}

    def _discard(self) -> None:
        """Restore the last version, or delete a form that has none, with its documents."""
        self.discards += 1
        submitted = [document_ids(answers) for answers in self.versions.values()]
        self.dropped_documents |= document_ids(self.answers).difference(*submitted)
        if not self.versions:
            self.deleted = True
            return
        self.version += 1
        self.answers = dict(list(self.versions.values())[-1])


def document_ids(answers: Answers) -> set[str]:
    """Return the ids of the documents that answers refer to."""
    return {entry["file"] for entry in answers.get("documents", [])}


def replay(operations: Iterable[Operation]) -> dict[str, Form]:
    """Replay the acknowledged operations and return the forms by id.

    Saves of a shared form are replayed in the order of their acknowledged versions, and saves of
    other forms in the order of the client's history.
    """
    forms: dict[str, Form] = {}
    changes_by_form: dict[str, list[Operation]] = {}
    for operation in operations:
        if not operation.acknowledged:
            continue
        if operation.kind is Kind.START:
            id = operation.data["submission"]
            forms[id] = Form(id, operation.account)
        elif operation.kind is Kind.SHARE:
            forms[operation.data["submission"]].shared = True
        elif operation.kind in CHANGING_KINDS:
            changes_by_form.setdefault(operation.data["submission"], []).append(operation)
    for id, form in forms.items():
        form_changes = changes_by_form.get(id, [])
        for change in sorted(form_changes, key=_by_version) if form.shared else form_changes:
            form.apply(change)
    return forms


def _by_version(save: Operation) -> int:
    version: int = save.reply["version"]
    return version
