"""State of a form being filled, independent of its widgets."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from uuid import uuid4

from shared.documents import VIRUS_FOUND, DocumentOut, ScanState
from shared.forms.answers import (
    Facts,
    Finding,
    StepState,
    applies,
    check,
    facts_for,
    filter_blocking,
    filter_missing,
    is_answered,
    resume_step,
    step_states,
)
from shared.forms.copy import names_by_id
from shared.forms.definition import Condition, FileUpload, FormDefinition, Group, Step
from shared.forms.submissions import Answer, Answers, Entry, SubmissionOut, SubmissionState
from shared.forms.summary import Line, build_summary
from shared.problems import FieldError
from tui.documents.upload import Upload
from tui.forms.uploads import FileSlot, FormUploads
from tui.saving.draft import Draft
from tui.saving.entries import entries_of


class FormState:
    """The form with its answers and uploads, as the editor shows them."""

    def __init__(self, submission: SubmissionOut, draft: Draft, uploads: FormUploads) -> None:
        self.id = submission.id
        self.form: FormDefinition = submission.form
        self.person = submission.person
        self.person_name = submission.person_name
        self.reference = submission.reference
        self.is_draft = submission.state is SubmissionState.DRAFT
        self.work_details = submission.work_details
        self.facts: Facts = facts_for(submission.person_born, submission.today)
        self.draft = draft
        self.uploads = uploads
        self.documents = uploads.documents
        self.documents.update((document.id, document) for document in submission.documents)
        self.editable = submission.editable
        self.why_not_editable = submission.why_not_editable
        self.returned = submission.returned
        self.due = submission.due
        self.not_needed = submission.not_needed
        self.submitted_at = submission.submitted_at
        self._dropped_ids: set[str] = set()

    @property
    def answers(self) -> Answers:
        """The current answers."""
        return self.draft.answers

    def update_from(self, submission: SubmissionOut) -> None:
        """Update everything but the answers from a newly read form."""
        self.returned, self.due = submission.returned, submission.due
        self.not_needed = submission.not_needed
        self.submitted_at = submission.submitted_at
        self.documents.update((document.id, document) for document in submission.documents)

    def answer(self, field: str, value: Answer | None) -> None:
        """Set an answer as typed; '' and [] empty the field."""
        self.draft.answer(field, value)

    def entries(self, group: str) -> list[Entry]:
        """Return the entries of a group."""
        return entries_of(self.answers.get(group))

    def answer_entry(self, group: str, entry: str, field: str, value: str | bool) -> None:
        """Set an answer within an entry of a group.

        An entry that was dropped as empty is restored if a value is set.
        """
        if value and entry in self._dropped_ids:
            self._dropped_ids.remove(entry)
            self.answer(group, [*self.entries(group), {"id": entry}])
        self.draft.answer_entry(group, entry, field, value)

    def add_entry(self, group: str) -> str:
        """Add an empty entry and return its id."""
        entry_id = uuid4().hex
        self.answer(group, [*self.entries(group), {"id": entry_id}])
        return entry_id

    def remove_entry(self, group: str, entry: str) -> None:
        """Remove an entry and cancel its uploads."""
        self.answer(group, [other for other in self.entries(group) if other["id"] != entry])
        self.uploads.cancel_entry(entry)

    def drop_empty_entries(self, step: Step | None = None) -> None:
        """Remove file entries without a file or an answer, in one step or in all steps."""
        for group in self._file_groups():
            if step is not None and group not in step.fields:
                continue
            entries = self.entries(group.id)
            used_ids = {slot.entry for slot in self.uploads.pending}
            used_ids |= {
                str(entry["id"])
                for entry in entries
                if any(is_answered(entry.get(field.id)) for field in group.fields)
            }
            empty_ids = {str(entry["id"]) for entry in entries} - used_ids
            if empty_ids and self.editable:
                self.answer(group.id, [entry for entry in entries if entry["id"] in used_ids])
                self._dropped_ids |= empty_ids

    def _file_groups(self) -> Iterator[Group]:
        for step in self.form.steps:
            for field in step.fields:
                if isinstance(field, Group) and any(
                    isinstance(inner, FileUpload) for inner in field.fields
                ):
                    yield field

    def upload_terms(self, groups: Collection[str]) -> list[str]:
        """Return the upload terms of the given groups."""
        terms = [
            field.help
            for group in self._file_groups()
            if group.id in groups
            for field in group.fields
            if isinstance(field, FileUpload)
        ]
        return list(dict.fromkeys(terms))

    def applies(self, condition: Condition | None, entry: Entry | None = None) -> bool:
        """Whether a condition holds for the current answers."""
        return applies(condition, self.facts, self.answers, entry)

    def step_states(self) -> list[StepState]:
        """Return the state of each step, in order."""
        states = step_states(self.form, self.answers, self.facts)
        return [states[step.id] for step in self.form.steps]

    def resume_index(self) -> int:
        """Return the index of the step at which to resume.

        For a draft this is the last step with an answer, or the next one if that step is done. A
        submitted form opens at its first step.
        """
        return resume_step(self.step_states()) if self.is_draft else 0

    def findings(self, step: Step | None = None) -> list[Finding]:
        """Return the invalid and missing answers of a step, or of all steps."""
        findings = check(self.form, self.answers, self.facts)
        return [finding for finding in findings if step is None or finding.step == step.id]

    def errors(self) -> list[FieldError]:
        """Return the errors that prevent submitting, as the server would report them."""
        errors = [
            FieldError(pointer=finding.pointer, code=finding.level, message=finding.message)
            for finding in filter_blocking(self.findings())
        ]
        held = self.attached_documents(ScanState.INFECTED)
        return errors + [
            FieldError(pointer=pointer, code="held", message=VIRUS_FOUND) for pointer in held
        ]

    def attached_documents(self, scan: ScanState) -> dict[str, DocumentOut]:
        """Return the attached documents in a state of their scan, by the pointer to the answer."""
        documents = {str(id): document for id, document in self.documents.items()}
        return {
            f"/{group.id}/{index}/{field.id}": document
            for group in self._file_groups()
            for index, entry in enumerate(self.entries(group.id))
            for field in group.fields
            if isinstance(field, FileUpload)
            and (document := documents.get(str(entry.get(field.id, ""))))
            and document.scan is scan
        }

    def missing_findings(self) -> list[Finding]:
        """Return the findings about empty answers that the authority expects."""
        return filter_missing(self.findings())

    def step_index(self, pointer: str) -> int:
        """Return the index of the step that contains the field at a pointer."""
        name = pointer.strip("/").split("/")[0]
        for index, step in enumerate(self.form.steps):
            if any(field.id == name for field in step.fields):
                return index
        return len(self.form.steps) - 1

    def names(self, id: str = "") -> dict[str, str]:
        """Return display names by id: of work details, and of all documents or one."""
        digits = id.replace("-", "")
        documents = (
            document
            for document_id, document in self.documents.items()
            if not id or document_id.hex == digits
        )
        return names_by_id(documents, self.work_details)

    def summary(self) -> list[Line]:
        """Return every answer as text, with a warning if it is invalid or missing."""
        lines = build_summary(self.form, self.answers, self.facts, self.names())
        held = self.attached_documents(ScanState.INFECTED)
        for line in lines:
            if line.pointer in held:
                line.warning, line.is_wrong = VIRUS_FOUND, True
            if upload := self._find_upload(line.pointer):
                name = upload.file.name
                line.warning = (
                    f"{name} is still being uploaded: it is not attached yet."
                    if upload.is_running
                    else f"{name} was chosen and not uploaded: it is not attached."
                )
        return lines

    def _find_upload(self, pointer: str) -> Upload | None:
        parts = pointer.strip("/").split("/")
        if len(parts) != 3:
            return None
        group, index, field = parts
        entry = str(self.entries(group)[int(index)]["id"])
        return self.uploads.find(FileSlot(group, entry, field))
