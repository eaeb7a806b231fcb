"""Wire types of a form being filled, submitted and looked at again."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, ConfigDict, field_validator

from shared.accounts import WorkDetails
from shared.documents import DocumentOut
from shared.forms.definition import FormDefinition

PARTS_MOST = 10_000
"""Answers that one save may hold, those within entries included."""

Entry = dict[str, str | bool]
"""One entry of a repeating group: answers by field id, and its own id under `id`."""

Answer = str | bool | list[Entry]
"""What was typed, as typed (a date or number too, so that an impossible one is kept)."""

Answers = dict[str, Answer]
"""Answers by the id of the field; what is not answered is absent."""


class SubmissionState(StrEnum):
    """Where a submission stands: a submitted one that is edited again is `editing`."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    EDITING = "editing"


class StartForm(BaseModel):
    """Start a form for a person under an id that the client mints."""

    id: UUID
    form: str
    person: UUID


def _count(changes: dict[object, object]) -> int:
    groups = [answer for answer in changes.values() if isinstance(answer, list)]
    entries = [entry for group in groups for entry in group if isinstance(entry, dict)]
    return len(changes) + sum(map(len, groups)) + sum(map(len, entries))


class SaveAnswers(BaseModel):
    """Save some answers; `save` is minted for each save so that a repeat is recognised.

    A field set to None is emptied. Sent with If-Match: the submission's version.
    """

    model_config = ConfigDict(extra="forbid")

    save: UUID
    changes: dict[str, Answer | None]

    @field_validator("changes", mode="before")
    @classmethod
    def _not_endless(cls, changes: object) -> object:
        """Refuse at once what is no form's: to find fault with each of its parts takes long."""
        if isinstance(changes, dict) and _count(changes) > PARTS_MOST:
            raise ValueError(f"At most {PARTS_MOST} answers can be saved at once.")
        return changes


class OtherChange(BaseModel):
    """What was made of an answer elsewhere, None where it was emptied; by '' is by the reader."""

    answer: Answer | None
    by: str


class Saved(BaseModel):
    """A save that is on the disk: the submission's new version and when.

    `others` holds what others changed since the version that was saved upon, by field; never a
    field that this save changed.
    """

    version: int
    saved_at: datetime
    others: dict[str, OtherChange] = {}


class FormVersion(BaseModel):
    """Which version a form is at: each save and each submit makes another."""

    version: int


class Submit(BaseModel):
    """Submit what was saved as a new version under an id that the client mints."""

    id: UUID


class SubmittedVersion(BaseModel):
    """One version as it was submitted, kept for ever."""

    number: int
    submitted_at: datetime
    submitted_by: str
    by_you: bool = False
    answers: Answers
    work_details: WorkDetails | None
    documents: list[DocumentOut]
    written_by: dict[str, str] = {}
    """Who wrote each answer, by field, where more than one person did."""


class Confirmation(BaseModel):
    """What the confirmation says: the reference, what was sent for whom, and by when."""

    reference: str
    form_title: str
    person_name: str
    number: int
    submitted_at: datetime
    decision_due: date | None


class SubmissionOut(BaseModel):
    """All that the editor needs to open a submission: one call fills the screen."""

    id: UUID
    form: FormDefinition
    person: UUID
    person_name: str
    person_born: date
    state: SubmissionState
    reference: str | None
    version: int
    saved_at: datetime
    today: date
    editable: bool
    why_not_editable: str | None
    returned: str = ""
    """What the authority said is missing."""
    due: date | None = None
    answers: Answers
    writers: dict[str, str] = {}
    """Who wrote each answer last, by field, where it was not the reader."""
    submitted_by: str | None = None
    """Who submitted the newest version, where it was not the reader."""
    submitted_at: datetime | None = None
    documents: list[DocumentOut]
    work_details: list[WorkDetails]


class SubmissionHistory(BaseModel):
    """What View details shows: the submission with every version that was submitted."""

    id: UUID
    form: FormDefinition
    person: UUID
    person_name: str
    person_born: date
    reference: str | None
    submitted_by_you: bool
    versions: list[SubmittedVersion]
