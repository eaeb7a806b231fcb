"""A form being filled, without a widget: answers, what is unsaved, how far each step is."""

from __future__ import annotations

from pathlib import Path
from typing import cast
from uuid import UUID, uuid4

from shared.documents import DocumentOut
from shared.forms.answers import (
    Facts,
    Finding,
    Level,
    StepState,
    applies,
    check,
    facts_for,
    step_states,
)
from shared.forms.definition import Condition, FormDefinition, Group, LongText, Step
from shared.forms.submissions import Answer, Answers, Entry, SubmissionOut, SubmissionState
from shared.forms.summary import Line, summary
from shared.problems import FieldError
from tui.forms import merging

Changes = dict[str, Answer | None]
BEGUN = {StepState.STARTED, StepState.DONE, StepState.LOOK_AT}


class FormState:
    """What the editor shows and the saver sends.

    `unsaved` holds each field whose answer the server has not: None where it was emptied.
    `chosen` holds files that were chosen and not uploaded, by entry and field.
    """

    def __init__(self, submission: SubmissionOut) -> None:
        self.id = submission.id
        self.form: FormDefinition = submission.form
        self.person = submission.person
        self.person_name = submission.person_name
        self.is_draft = submission.state is SubmissionState.DRAFT
        self.work_details = submission.work_details
        self.facts: Facts = facts_for(submission.person_born, submission.today)
        self.answers: Answers = dict(submission.answers)
        self.saved: Answers = dict(submission.answers)
        self.documents: dict[UUID, DocumentOut] = {d.id: d for d in submission.documents}
        self.version = submission.version
        self.saved_at = submission.saved_at
        self.editable = submission.editable
        self.why_not_editable = submission.why_not_editable
        self.returned = submission.returned
        self.due = submission.due
        self.unsaved: Changes = {}
        self.chosen: dict[tuple[str, str], Path] = {}

    def answer(self, field: str, value: Answer | None) -> None:
        """Take an answer as it was typed; '' and [] empty the field."""
        if value in ("", [], False):
            value = None
        if value == self.answers.get(field):
            return
        if value is None:
            self.answers.pop(field, None)
        else:
            self.answers[field] = value
        self.unsaved[field] = value

    def entries(self, group: str) -> list[Entry]:
        """List the entries of a group."""
        found = self.answers.get(group)
        return found if isinstance(found, list) else []

    def answer_entry(self, group: str, entry: str, field: str, value: str | bool) -> None:
        """Take an answer within an entry of a group."""
        self.answer(
            group,
            [{**old, field: value} if old["id"] == entry else old for old in self.entries(group)],
        )

    def add_entry(self, group: str) -> str:
        """Add an empty entry and tell its id."""
        new = uuid4().hex
        self.answer(group, [*self.entries(group), {"id": new}])
        return new

    def remove_entry(self, group: str, entry: str) -> None:
        """Remove an entry."""
        self.answer(group, [old for old in self.entries(group) if old["id"] != entry])
        self.chosen = {key: file for key, file in self.chosen.items() if key[0] != entry}

    def applies(self, condition: Condition | None, entry: Entry | None = None) -> bool:
        """Whether a condition holds for the answers as they stand."""
        return applies(condition, self.facts, self.answers, entry)

    def step_states(self) -> list[StepState]:
        """Tell how far each step is, in their order."""
        states = step_states(self.form, self.answers, self.facts)
        return [states[step.id] for step in self.form.steps]

    def left_off(self) -> int:
        """Tell where one who comes back goes on: at the last step of a draft with an answer.

        Where that step is done it is the next one; what was submitted is opened at its first.
        """
        states = self.step_states() if self.is_draft else []
        begun = [place for place, state in enumerate(states) if state in BEGUN]
        return begun[-1] + (states[begun[-1]] is StepState.DONE) if begun else 0

    def findings(self, step: Step | None = None) -> list[Finding]:
        """Find what is wrong or missing, in one step or in all."""
        found = check(self.form, self.answers, self.facts)
        return [one for one in found if step is None or one.step == step.id]

    def errors(self) -> list[FieldError]:
        """List what stands in the way of submitting, as the server would tell it."""
        return [
            FieldError(pointer=found.pointer, code=found.level, message=found.message)
            for found in self.findings()
            if found.level is not Level.EXPECTED
        ]

    def step_of(self, pointer: str) -> int:
        """Tell which step a pointer of an error leads to: its place in the form."""
        name = pointer.strip("/").split("/")[0]
        for place, step in enumerate(self.form.steps):
            if any(field.id == name for field in step.fields):
                return place
        return len(self.form.steps) - 1

    def names(self) -> dict[str, str]:
        """Words for the ids of documents and work details."""
        names = {str(id): document.name for id, document in self.documents.items()}
        for work in self.work_details:
            names[str(work.id)] = f"{work.role_label}, {work.organisation}"
        return names

    def summary(self) -> list[Line]:
        """List every answer in words, with what is wrong or missing there."""
        lines = summary(self.form, self.answers, self.facts, self.names())
        for line in lines:
            if file := self._chosen_at(line.pointer):
                line.warning = f"{file.name} was chosen and not uploaded: it is not attached."
        return lines

    def _chosen_at(self, pointer: str) -> Path | None:
        parts = pointer.strip("/").split("/")
        if len(parts) != 3:
            return None
        group, index, field = parts
        entry = str(self.entries(group)[int(index)]["id"])
        return self.chosen.get((entry, field))

    def take_saved(self, sent: Changes) -> None:
        """Mark what was sent as saved; what was typed meanwhile stays unsaved."""
        for field, value in sent.items():
            if value is None:
                self.saved.pop(field, None)
            else:
                self.saved[field] = value
            if self.unsaved.get(field, _NOTHING) == value:
                del self.unsaved[field]

    def clashes(self, theirs: Answers) -> list[str]:
        """List the fields that were changed here and elsewhere, each differently."""
        return [
            field
            for field, mine in self.unsaved.items()
            if theirs.get(field) not in (self.saved.get(field), mine)
            and (not self._repeats(field) or self.clashing(field, theirs))
        ]

    def clashing(self, group: str, theirs: Answers) -> list[str]:
        """List the ids of a group's entries that were changed here and elsewhere differently."""
        return merging.clashing(self.saved.get(group), self.unsaved[group], theirs.get(group))

    def _repeats(self, field: str) -> bool:
        return isinstance(self.form.field(field), Group)

    def holds_both(self, field: str) -> bool:
        """Whether a field can hold two answers: a long text or entries can."""
        return isinstance(self.form.field(field), LongText | Group)

    def rebase(self, other: SubmissionOut) -> None:
        """Go on from what was saved elsewhere, with what is unsaved here on top of it."""
        self.version, self.saved_at = other.version, other.saved_at
        self.returned, self.due = other.returned, other.due
        self.documents.update((document.id, document) for document in other.documents)
        base, self.saved = self.saved, dict(other.answers)
        self.answers = dict(other.answers)
        mine, self.unsaved = self.unsaved, {}
        for field, value in mine.items():
            theirs = other.answers.get(field)
            if self._repeats(field):
                self.answer(field, cast("Answer", merging.merged(base.get(field), value, theirs)))
            else:
                self.answer(field, value)

    def take_theirs(self, field: str, theirs: Answer | None) -> None:
        """Give up what was typed here into a field; of entries, what both changed."""
        if self._repeats(field):
            merged = merging.merged(self.saved.get(field), theirs, self.unsaved[field])
            self.unsaved[field] = cast("Answer", merged)
        else:
            del self.unsaved[field]

    def take_both(self, field: str, theirs: Answer | None) -> None:
        """Keep both: texts one after the other, the entries of both lists."""
        mine = self.unsaved[field]
        if self._repeats(field):
            kept = merging.both(self.saved.get(field), mine, theirs)
            self.unsaved[field] = cast("Answer", kept)
        elif isinstance(mine, str | None) and isinstance(theirs, str | None):
            self.unsaved[field] = "\n\n".join(text for text in (theirs, mine) if text)


_NOTHING = cast("Answer", object())
