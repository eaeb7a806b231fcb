"""A form's answers as they stand here, and what the server has of them; without any line or disk.

What is typed differs from `base`, the answers that the server is known to have, until a save of it
is acknowledged. A save keeps its id and its content until it is answered; what was typed since goes
with the next. What others changed is merged where it does not touch what was typed; what does is
an overlap, which is not sent until the user has decided.
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
Keep = Literal["mine", "theirs", "both"]
"""The side to keep in a conflict."""


class Sent(BaseModel):
    """A save without an answer yet, and the version on which it is based."""

    save: SaveAnswers
    version: int


class Overlap(BaseModel):
    """A conflict: an answer changed here and by somebody else from the same base."""

    base: Answer | None
    theirs: Answer | None
    by: str


class Unsaved(BaseModel):
    """The answers that the server is not known to have, as stored on this machine."""

    title: str
    base: Changes
    answers: Changes
    overlaps: dict[str, Overlap]
    sent: Sent | None
    submitting: UUID | None = None
    """The version that is being submitted, until there is an answer."""


class Met(NamedTuple):
    """The changes of others that are shown now: the fields, and their authors."""

    fields: list[str]
    people: list[str]


class Draft:
    """The answers of one form."""

    def __init__(self, opened: SubmissionOut) -> None:
        self.id: UUID = opened.id
        self.form: FormDefinition = opened.form
        self.version = opened.version
        self.saved_at = opened.saved_at
        self.answers: Answers = dict(opened.answers)
        self.base: Answers = dict(opened.answers)
        self.writers = opened.writers
        self.overlaps: dict[str, Overlap] = {}
        self.sent: Sent | None = None
        self._stale: Changes = {}
        self.title = f"{opened.form.short} for {opened.person_name}"

    def answer(self, field: str, value: Answer | None) -> None:
        """Take an answer as it was typed; '' and [] empty the field."""
        _put(self.answers, field, value)
        if field in self.overlaps and self.answers.get(field) == self.overlaps[field].theirs:
            del self.overlaps[field]

    def answer_entry(self, group: str, entry: str, field: str, value: str | bool) -> None:
        """Take an answer within an entry of a group."""
        old = entries.entries_of(self.answers.get(group))
        self.answer(
            group, [{**part, field: value} if part["id"] == entry else part for part in old]
        )

    def attach(self, group: str, entry: str, field: str, document: UUID) -> None:
        """Make a document the answer in an entry, again where somebody has removed the entry."""
        if not any(part["id"] == entry for part in entries.entries_of(self.answers.get(group))):
            self.answer(group, [*entries.entries_of(self.answers.get(group)), {"id": entry}])
        self.answer_entry(group, entry, field, str(document))

    @property
    def unsaved(self) -> Changes:
        """Each answer that the server is not known to have; None where it was emptied."""
        fields = [*self.answers, *(field for field in self.base if field not in self.answers)]
        return {
            field: self.answers.get(field)
            for field in fields
            if self.answers.get(field) != self.base.get(field)
        }

    @property
    def settled(self) -> bool:
        """Whether the server has acknowledged everything."""
        return self.sent is None and not self.unsaved and not self.overlaps

    @property
    def sendable(self) -> bool:
        """Whether there is a save to send."""
        return self.sent is not None or bool(self.unsaved.keys() - self.overlaps)

    def next_save(self) -> Sent | None:
        """Make the save to send now: the one that is not answered, or one of what was typed."""
        if self.sent is None:
            changes = {f: value for f, value in self.unsaved.items() if f not in self.overlaps}
            if not changes:
                return None
            self.sent = Sent(save=SaveAnswers(save=uuid4(), changes=changes), version=self.version)
        return self.sent

    def acknowledged(self, saved: Saved) -> Met:
        """Take the answer to the save that was sent, with what others changed before it."""
        if self.sent is not None:
            for field, value in self.sent.save.changes.items():
                _put(self.base, field, value)
        self.sent = None
        self.version, self.saved_at = saved.version, saved.saved_at
        return self._meet({f: (other.answer, other.by) for f, other in saved.others.items()})

    def refused(self) -> None:
        """Record that the save was refused, so that it is not sent again."""
        self._stale = dict(self.sent.save.changes) if self.sent else {}
        self.sent = None

    def meet(self, opened: SubmissionOut, by: str = "") -> Met:
        """Go on from what the server holds now, with what is unsaved here on top of it.

        `by` is who may have emptied an answer, of which the server names no writer.
        """
        self.version, self.saved_at, self.writers = opened.version, opened.saved_at, opened.writers
        self._own(self._stale, opened.answers)
        self._stale = {}
        fields = opened.answers.keys() | self.base.keys()
        theirs = {f: (opened.answers.get(f), self._writer(opened, f, by)) for f in sorted(fields)}
        return self._meet(theirs)

    def _own(self, sent: Changes, answers: Answers) -> None:
        """Know one's own save again where the server, after a day, no longer does."""
        for field, value in sent.items():
            if answers.get(field) == (value or None):
                _put(self.base, field, value)

    def _writer(self, opened: SubmissionOut, field: str, by: str) -> str:
        """Name who wrote an answer last; '' for the reader, on another machine."""
        return opened.writers.get(field, "") if field in opened.answers else by or SOMEBODY

    def _meet(self, theirs: Mapping[str, tuple[Answer | None, str]]) -> Met:
        shown = [field for field, (answer, by) in theirs.items() if self._take(field, answer, by)]
        return Met(shown, sorted({theirs[field][1] for field in shown} - {""}))

    def _take(self, field: str, theirs: Answer | None, by: str) -> bool:
        """Take what another made of an answer; says whether another answer is shown now."""
        base, mine = self.base.get(field), self.answers.get(field)
        _put(self.base, field, theirs)
        theirs = self.base.get(field)
        if theirs == base:
            return False
        if field in self.overlaps or mine not in (base, theirs):
            before = self.overlaps[field].base if field in self.overlaps else base
            merged = self._merged(field, before, mine, theirs)
            if merged is None:
                self.overlaps[field] = Overlap(base=before, theirs=theirs, by=by)
                return False
            self.overlaps.pop(field, None)
            theirs = merged
        _put(self.answers, field, theirs)
        return theirs != mine

    def _merged(
        self, field: str, base: Answer | None, mine: Answer | None, theirs: Answer | None
    ) -> Answer | None:
        """Merge two answers; None where they overlap."""
        if self._repeats(field):
            if entries.clashing(base, mine, theirs):
                return None
            return cast("Answer", entries.merged(base, mine, theirs))
        if mine in (base, theirs):
            return theirs or ""
        if isinstance(self.form.field(field), LongText):
            parts = texts.merge(_text(base), _text(mine), _text(theirs))
            return None if texts.overlap(parts) else texts.decided(parts, "mine")
        return None

    def _repeats(self, field: str) -> bool:
        return isinstance(self.form.field(field), Group)

    def holds_both(self, field: str) -> bool:
        """Whether a field can hold two answers: a long text or entries can."""
        return isinstance(self.form.field(field), LongText | Group)

    def decide(self, field: str, keep: Keep) -> None:
        """End an overlap by what the user decided; what did not overlap of either stays."""
        base, theirs = (overlap := self.overlaps.pop(field)).base, overlap.theirs
        mine = self.answers.get(field)
        _put(self.answers, field, self._decided(field, base, mine, theirs, keep))

    def _decided(
        self,
        field: str,
        base: Answer | None,
        mine: Answer | None,
        theirs: Answer | None,
        keep: Keep,
    ) -> Answer | None:
        if self._repeats(field):
            if keep == "both":
                return cast("Answer", entries.both(base, mine, theirs))
            first, then = (mine, theirs) if keep == "mine" else (theirs, mine)
            return cast("Answer", entries.merged(base, first, then))
        if self.holds_both(field):
            return texts.decided(texts.merge(_text(base), _text(mine), _text(theirs)), keep)
        return theirs if keep == "theirs" else mine

    def written_down(self, submitting: UUID | None = None) -> Unsaved:
        """Return the answers that the server is not known to have."""
        sent = self.sent.save.changes if self.sent else {}
        fields = {*self.unsaved, *self.overlaps, *sent}
        return Unsaved(
            title=self.title,
            base={field: self.base.get(field) for field in fields},
            answers={field: self.answers.get(field) for field in fields},
            overlaps=dict(self.overlaps),
            sent=self.sent,
            submitting=submitting,
        )

    def bring_back(self, unsaved: Unsaved) -> None:
        """Apply answers typed before the program ended on top of the server's answers."""
        for field, mine in unsaved.answers.items():
            now, by = self.base.get(field), self.writers.get(field, "")
            _put(self.base, field, unsaved.base[field])
            _put(self.answers, field, mine)
            if field in unsaved.overlaps:
                self.overlaps[field] = unsaved.overlaps[field]
            if unsaved.sent and field in unsaved.sent.save.changes and now is not None:
                self._own({field: unsaved.sent.save.changes[field]}, {field: now})
            self._take(field, now, by)


def answered(unsaved: Unsaved) -> Unsaved:
    """Take that a save that was sent before the program ended was made."""
    changes = unsaved.sent.save.changes if unsaved.sent else {}
    base = {**unsaved.base, **changes}
    return unsaved.model_copy(update={"base": base, "sent": None})


def _text(answer: Answer | None) -> str:
    return answer if isinstance(answer, str) else ""


def _put(answers: Answers, field: str, value: Answer | None) -> None:
    if isinstance(value, str):
        value = value.encode("utf-8", "replace").decode()  # a lone surrogate can't be sent
    if value in (None, "", [], False):
        answers.pop(field, None)
    else:
        answers[field] = value
