"""State of a form being filled, independent of widgets."""

from __future__ import annotations

from uuid import uuid4

from shared.forms.answers import (
    Facts,
    Finding,
    Level,
    StepState,
    applies,
    check,
    facts_for,
    resume_step,
    step_states,
)
from shared.forms.copy import names_of
from shared.forms.definition import Condition, FormDefinition, Step
from shared.forms.submissions import Answer, Answers, Entry, SubmissionOut, SubmissionState
from shared.forms.summary import Line, summary
from shared.problems import FieldError
from tui.documents.upload import Upload
from tui.forms.uploads import FileSlot, FormUploads
from tui.saving.draft import Draft
from tui.saving.entries import entries_of


class FormState:
    """The form, its answers and its uploads, as the editor shows them."""

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
        self.submitted_at = submission.submitted_at

    @property
    def answers(self) -> Answers:
        """The current answers."""
        return self.draft.answers

    def update_from(self, submission: SubmissionOut) -> None:
        """Update everything but the answers from a newly read form."""
        self.returned, self.due = submission.returned, submission.due
        self.submitted_at = submission.submitted_at
        self.documents.update((document.id, document) for document in submission.documents)

    def answer(self, field: str, value: Answer | None) -> None:
        """Set an answer as typed; '' and [] empty the field."""
        self.draft.answer(field, value)

    def entries(self, group: str) -> list[Entry]:
        """List the entries of a group."""
        return entries_of(self.answers.get(group))

    def answer_entry(self, group: str, entry: str, field: str, value: str | bool) -> None:
        """Set an answer within an entry of a group."""
        self.draft.answer_entry(group, entry, field, value)

    def add_entry(self, group: str) -> str:
        """Add an empty entry and return its id."""
        new = uuid4().hex
        self.answer(group, [*self.entries(group), {"id": new}])
        return new

    def remove_entry(self, group: str, entry: str) -> None:
        """Remove an entry and cancel its uploads."""
        self.answer(group, [old for old in self.entries(group) if old["id"] != entry])
        self.uploads.cancel_entry(entry)

    def applies(self, condition: Condition | None, entry: Entry | None = None) -> bool:
        """Whether a condition holds for the current answers."""
        return applies(condition, self.facts, self.answers, entry)

    def step_states(self) -> list[StepState]:
        """Return the state of each step, in order."""
        states = step_states(self.form, self.answers, self.facts)
        return [states[step.id] for step in self.form.steps]

    def resume_at(self) -> int:
        """Return the index of the step at which to resume.

        For a draft this is the last step with an answer, or the one after it if that step is done;
        a submitted form opens at its first step.
        """
        return resume_step(self.step_states()) if self.is_draft else 0

    def findings(self, step: Step | None = None) -> list[Finding]:
        """Return the invalid and missing answers of a step, or of all steps."""
        findings = check(self.form, self.answers, self.facts)
        return [finding for finding in findings if step is None or finding.step == step.id]

    def errors(self) -> list[FieldError]:
        """Return the errors that prevent submitting, as the server would report them."""
        return [
            FieldError(pointer=finding.pointer, code=finding.level, message=finding.message)
            for finding in self.findings()
            if finding.level is not Level.EXPECTED
        ]

    def step_of(self, pointer: str) -> int:
        """Return the index of the step that contains the field of a pointer."""
        name = pointer.strip("/").split("/")[0]
        for index, step in enumerate(self.form.steps):
            if any(field.id == name for field in step.fields):
                return index
        return len(self.form.steps) - 1

    def names(self) -> dict[str, str]:
        """Return display names for the ids of documents and work details."""
        return names_of(self.documents.values(), self.work_details)

    def summary(self) -> list[Line]:
        """List every answer as text, with a warning where it is invalid or missing."""
        lines = summary(self.form, self.answers, self.facts, self.names())
        for line in lines:
            if upload := self._upload_at(line.pointer):
                name = upload.file.name
                line.warning = (
                    f"{name} is still being uploaded: it is not attached yet."
                    if upload.is_running
                    else f"{name} was chosen and not uploaded: it is not attached."
                )
        return lines

    def _upload_at(self, pointer: str) -> Upload | None:
        parts = pointer.strip("/").split("/")
        if len(parts) != 3:
            return None
        group, index, field = parts
        entry = str(self.entries(group)[int(index)]["id"])
        return self.uploads.at(FileSlot(group, entry, field))
