"""A form's local answers and the last known answers on the server, without I/O.

`base` holds the answers known to be on the server. A save keeps its id and content until
the server replies; later input goes into the next save. Changes by others are merged unless they
overlap with local ones; an overlap is not sent until the user has resolved it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, cast
from uuid import UUID, uuid4

from pydantic import BaseModel

from shared.forms.definition import FormDefinition, Group, LongText
from shared.forms.submissions import (
    Answer,
    Answers,
    SaveAnswers,
    Saved,
    SubmissionOut,
)
from tui.saving import entries, texts

SOMEBODY = "Somebody"
Changes = dict[str, Answer | None]
Resolution = Literal["mine", "theirs", "both"]
"""Which side of an overlap to keep."""


class SentSave(BaseModel):
    """A save awaiting its reply, and the version it is based on."""

    save: SaveAnswers
    version: int


class Overlap(BaseModel):
    """An answer that this user and another changed differently since the same base."""

    base: Answer | None
    theirs: Answer | None
    by: str


class Unsaved(BaseModel):
    """Unacknowledged answers, as stored in the journal."""

    title: str
    base: Changes
    answers: Changes
    overlaps: dict[str, Overlap]
    sent: SentSave | None
    submitting: UUID | None = None
    """The id of the version being submitted, until the server replies."""


class MergeReport(NamedTuple):
    """The fields changed by a merge, and the authors of the changes."""

    fields: list[str]
    authors: list[str]


class Draft:
    """The answers of one open form."""

    def __init__(self, submission: SubmissionOut) -> None:
        self.id: UUID = submission.id
        self.form: FormDefinition = submission.form
        self.version = submission.version
        self.saved_at = submission.saved_at
        self.answers: Answers = dict(submission.answers)
        self.base: Answers = dict(submission.answers)
        self.writers = submission.writers
        self.overlaps: dict[str, Overlap] = {}
        self.pending_save: SentSave | None = None
        self._stale: Changes = {}
        self.title = f"{submission.form.short} for {submission.person_name}"

    def answer(self, field: str, value: Answer | None) -> None:
        """Set an answer as typed; '' and [] empty the field."""
        _set(self.answers, field, value)
        if field in self.overlaps and self.answers.get(field) == self.overlaps[field].theirs:
            del self.overlaps[field]

    def answer_entry(self, group: str, entry: str, field: str, value: str | bool) -> None:
        """Set an answer within an entry of a group."""
        old = entries.entries_of(self.answers.get(group))
        self.answer(
            group, [{**part, field: value} if part["id"] == entry else part for part in old]
        )

    def attach(self, group: str, entry: str, field: str, document: UUID) -> None:
        """Attach a document to an entry, restoring the entry if it was removed."""
        if not any(part["id"] == entry for part in entries.entries_of(self.answers.get(group))):
            self.answer(group, [*entries.entries_of(self.answers.get(group)), {"id": entry}])
        self.answer_entry(group, entry, field, str(document))

    @property
    def unsaved(self) -> Changes:
        """Answers not acknowledged by the server, by field; None if emptied."""
        fields = [*self.answers, *(field for field in self.base if field not in self.answers)]
        return {
            field: self.answers.get(field)
            for field in fields
            if self.answers.get(field) != self.base.get(field)
        }

    @property
    def is_settled(self) -> bool:
        """Whether the server has acknowledged everything."""
        return self.pending_save is None and not self.unsaved and not self.overlaps

    @property
    def has_save(self) -> bool:
        """Whether there is a save to send."""
        return self.pending_save is not None or bool(self.unsaved.keys() - self.overlaps)

    def next_save(self) -> SentSave | None:
        """Return the save to send: the pending one, or a new one with all changes."""
        if self.pending_save is None:
            changes = {f: value for f, value in self.unsaved.items() if f not in self.overlaps}
            if not changes:
                return None
            self.pending_save = SentSave(
                save=SaveAnswers(save=uuid4(), changes=changes), version=self.version
            )
        return self.pending_save

    def acknowledge_save(self, saved: Saved) -> MergeReport:
        """Apply the server's reply to the sent save, including others' changes."""
        if self.pending_save is not None:
            for field, value in self.pending_save.save.changes.items():
                _set(self.base, field, value)
        self.pending_save = None
        self.version, self.saved_at = saved.version, saved.saved_at
        return self._merge_all({f: (other.answer, other.by) for f, other in saved.others.items()})

    def reject_save(self) -> None:
        """Drop the sent save, which the server rejected."""
        self._stale = dict(self.pending_save.save.changes) if self.pending_save else {}
        self.pending_save = None

    def rebase(self, submission: SubmissionOut, by: str = "") -> MergeReport:
        """Merge unsaved answers into the current state of the form on the server.

        `by` names the author of emptied answers, for which the server reports no writer.
        """
        self.version, self.saved_at, self.writers = (
            submission.version,
            submission.saved_at,
            submission.writers,
        )
        self._accept_own(self._stale, submission.answers)
        self._stale = {}
        fields = submission.answers.keys() | self.base.keys()
        theirs = {
            f: (submission.answers.get(f), self._writer(submission, f, by)) for f in sorted(fields)
        }
        return self._merge_all(theirs)

    def _accept_own(self, sent: Changes, answers: Answers) -> None:
        """Accept answers of our own save as saved; the server forgets saves after a day."""
        for field, value in sent.items():
            if answers.get(field) == (value or None):
                _set(self.base, field, value)

    def _writer(self, submission: SubmissionOut, field: str, by: str) -> str:
        """Return the last author of an answer; '' for the same user on another machine."""
        return submission.writers.get(field, "") if field in submission.answers else by or SOMEBODY

    def _merge_all(self, theirs: Mapping[str, tuple[Answer | None, str]]) -> MergeReport:
        changed = [
            field for field, (answer, by) in theirs.items() if self._merge_field(field, answer, by)
        ]
        return MergeReport(changed, sorted({theirs[field][1] for field in changed} - {""}))

    def _merge_field(self, field: str, theirs: Answer | None, by: str) -> bool:
        """Merge another person's answer and return whether the visible answer changed."""
        base, mine = self.base.get(field), self.answers.get(field)
        _set(self.base, field, theirs)
        theirs = self.base.get(field)
        if theirs == base:
            return False
        if field in self.overlaps or mine not in (base, theirs):
            ancestor = self.overlaps[field].base if field in self.overlaps else base
            merged = self._merge_values(field, ancestor, mine, theirs)
            if merged is None:
                self.overlaps[field] = Overlap(base=ancestor, theirs=theirs, by=by)
                return False
            self.overlaps.pop(field, None)
            theirs = merged
        _set(self.answers, field, theirs)
        return theirs != mine

    def _merge_values(
        self, field: str, base: Answer | None, mine: Answer | None, theirs: Answer | None
    ) -> Answer | None:
        """Merge two answers; None if they overlap."""
        if self._is_group(field):
            if entries.find_overlaps(base, mine, theirs):
                return None
            return cast("Answer", entries.merge(base, mine, theirs))
        if mine in (base, theirs):
            return theirs or ""
        if isinstance(self.form.field(field), LongText):
            parts = texts.merge(_text(base), _text(mine), _text(theirs))
            return None if texts.has_overlap(parts) else texts.resolve(parts, "mine")
        return None

    def _is_group(self, field: str) -> bool:
        return isinstance(self.form.field(field), Group)

    def can_keep_both(self, field: str) -> bool:
        """Whether both answers can be kept, as in a long text or a group."""
        return isinstance(self.form.field(field), LongText | Group)

    def resolve(self, field: str, keep: Resolution) -> None:
        """Resolve an overlap as the user chose, keeping changes that don't overlap."""
        base, theirs = (overlap := self.overlaps.pop(field)).base, overlap.theirs
        mine = self.answers.get(field)
        _set(self.answers, field, self._resolve_value(field, base, mine, theirs, keep))

    def _resolve_value(
        self,
        field: str,
        base: Answer | None,
        mine: Answer | None,
        theirs: Answer | None,
        keep: Resolution,
    ) -> Answer | None:
        if self._is_group(field):
            if keep == "both":
                return cast("Answer", entries.merge_keeping_both(base, mine, theirs))
            preferred, other = (mine, theirs) if keep == "mine" else (theirs, mine)
            return cast("Answer", entries.merge(base, preferred, other))
        if self.can_keep_both(field):
            return texts.resolve(texts.merge(_text(base), _text(mine), _text(theirs)), keep)
        return theirs if keep == "theirs" else mine

    def to_unsaved(self, submitting: UUID | None = None) -> Unsaved:
        """Return the unacknowledged answers for the journal."""
        sent = self.pending_save.save.changes if self.pending_save else {}
        fields = {*self.unsaved, *self.overlaps, *sent}
        return Unsaved(
            title=self.title,
            base={field: self.base.get(field) for field in fields},
            answers={field: self.answers.get(field) for field in fields},
            overlaps=dict(self.overlaps),
            sent=self.pending_save,
            submitting=submitting,
        )

    def restore(self, unsaved: Unsaved) -> None:
        """Merge answers left in the journal with the server's answers."""
        for field, mine in unsaved.answers.items():
            theirs, by = self.base.get(field), self.writers.get(field, "")
            _set(self.base, field, unsaved.base[field])
            _set(self.answers, field, mine)
            if field in unsaved.overlaps:
                self.overlaps[field] = unsaved.overlaps[field]
            if unsaved.sent and field in unsaved.sent.save.changes and theirs is not None:
                self._accept_own({field: unsaved.sent.save.changes[field]}, {field: theirs})
            self._merge_field(field, theirs, by)


def mark_sent_saved(unsaved: Unsaved) -> Unsaved:
    """Return journalled answers with their sent save marked as saved."""
    changes = unsaved.sent.save.changes if unsaved.sent else {}
    base = {**unsaved.base, **changes}
    return unsaved.model_copy(update={"base": base, "sent": None})


def _text(answer: Answer | None) -> str:
    return answer if isinstance(answer, str) else ""


def _set(answers: Answers, field: str, value: Answer | None) -> None:
    if isinstance(value, str):
        value = value.encode("utf-8", "replace").decode()  # UTF-8 can't encode a lone surrogate
    if value in (None, "", [], False):
        answers.pop(field, None)
    else:
        answers[field] = value
