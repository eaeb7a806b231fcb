"""The officer's desk: cases in a table, one case with all that belongs to it, what may be done."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import BaseModel, Field

from shared.cases.deadlines import DeadlineKind, Ground
from shared.cases.events import EventKind
from shared.cases.states import CaseState, FormRow, Stage, StageOut
from shared.forms.sharing import Colleague
from shared.lists import TableQuery
from shared.people import PersonOut

DUE_SOON_DAYS = 14
Reason = Annotated[str, Field(max_length=5000)]


class AdviceState(StrEnum):
    """How far advice that was asked for is; what is overdue is derived from the date."""

    REQUESTED = "requested"
    STARTED = "started"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    ACCEPTED = "accepted"
    CANCELLED = "cancelled"


ADVICE_WORDS: dict[AdviceState, str] = {
    AdviceState.REQUESTED: "Asked for",
    AdviceState.STARTED: "Started",
    AdviceState.SUBMITTED: "Submitted",
    AdviceState.RETURNED: "Returned",
    AdviceState.ACCEPTED: "Accepted",
    AdviceState.CANCELLED: "No longer needed",
}

AWAITED = frozenset({AdviceState.REQUESTED, AdviceState.STARTED, AdviceState.RETURNED})
"""States in which the professional owes the advice."""


class AskAdvice(BaseModel):
    """Ask one professional for advice; ids are minted by the client, `due` replaces the form's."""

    id: UUID
    submission: UUID
    account: UUID
    form: str
    due: date | None = None


class AdviceRow(BaseModel):
    """Advice that was asked for, as the officer sees it."""

    id: UUID
    submission: UUID
    form: str
    title: str
    account: UUID
    by: str
    organisation: str
    state: AdviceState
    asked_on: date
    due: date
    due_words: str
    excused: str
    """The ground and the reason, where the deadline is excused."""


class ReturnForm(BaseModel):
    """Return a submitted form with what is missing."""

    missing: Annotated[str, Field(min_length=1, max_length=5000)]


class DeskView(StrEnum):
    """Which cases are shown; all but `closed` show open ones."""

    ALL = "all"
    MINE = "mine"
    DUE = "due"
    OVERDUE = "overdue"
    NEW = "new"
    CLOSED = "closed"


class DeskSort(StrEnum):
    """The column the cases are sorted by."""

    DUE = "due"
    NAME = "name"
    STAGE = "stage"
    OFFICER = "officer"


class CaseQuery(TableQuery, frozen=True):
    """Which cases to read: all that are open, by what is due first, unless told otherwise."""

    view: DeskView = DeskView.ALL
    stage: Stage | None = None
    sort: DeskSort = DeskSort.DUE


class CaseRow(BaseModel):
    """One case in the table; `new` while its child waits to be matched or accepted."""

    id: UUID
    person: UUID
    name: str
    born: date
    state: CaseState
    stage: Stage
    state_words: str
    next_words: str
    next_due: date | None
    excused: bool
    officer: str
    new: bool


class DeskPage(BaseModel):
    """A page of the desk; `start` is the place of its first row among the `total` found."""

    more: ClassVar[bool] = False
    """All are counted."""
    rows: list[CaseRow]
    start: int
    total: int
    next: str | None
    previous: str | None


class EventRow(BaseModel):
    """Something that happened in a case, with who recorded it and why."""

    kind: EventKind
    words: str
    on: date
    by: str
    reason: str


class DeadlineRow(BaseModel):
    """A deadline that runs; `words` says it with its date and the days left or late."""

    kind: DeadlineKind
    due: date
    words: str
    excused: str
    """The reason why it could not be kept, or nothing."""


class EventChoice(BaseModel):
    """An event that an officer may record now, as the menu says it."""

    kind: EventKind
    action: str
    reason: bool


class EventIn(BaseModel):
    """Record an event under an id that the client mints."""

    id: UUID
    kind: EventKind
    on: date
    reason: Reason = ""


class ExemptionIn(BaseModel):
    """Record why a deadline could not be kept; of advice where that is named."""

    id: UUID
    clock: DeadlineKind
    ground: Ground
    reason: Annotated[str, Field(min_length=1, max_length=5000)]
    advice: UUID | None = None


class PublicationKind(StrEnum):
    """What is published."""

    DRAFT_PLAN = "draft_plan"
    FINAL_PLAN = "final_plan"
    OTHER = "other"


PUBLICATION_LABELS: dict[PublicationKind, str] = {
    PublicationKind.DRAFT_PLAN: "Draft EHC plan",
    PublicationKind.FINAL_PLAN: "Final EHC plan",
    PublicationKind.OTHER: "Other document",
}


class PublishIn(BaseModel):
    """Publish an uploaded document to professionals who have the child on their list."""

    id: UUID
    document: UUID
    kind: PublicationKind
    title: Annotated[str, Field(max_length=200)] = ""
    readers: Annotated[list[UUID], Field(min_length=1, max_length=100)]


class PublishedRow(BaseModel):
    """A published document as the officer sees it: to whom, and who has read it."""

    id: UUID
    document: UUID
    name: str
    kind: PublicationKind
    title: str
    published_at: datetime
    readers: list[str]


class ProfessionalRow(Colleague):
    """A professional who has the child on their list."""

    allocated: bool


class EarlierCase(BaseModel):
    """Another case of the same child."""

    id: UUID
    state_words: str
    received_on: date


class CaseOut(BaseModel):
    """All that the officer's screen of a case shows: one call fills it."""

    id: UUID
    person: PersonOut
    new: bool
    state: CaseState
    state_words: str
    now_words: str
    received_on: date
    officer: str
    mine: bool
    stages: list[StageOut]
    deadlines: list[DeadlineRow]
    events: list[EventRow]
    allowed: list[EventChoice]
    forms: list[FormRow]
    advice: list[AdviceRow]
    published: list[PublishedRow]
    professionals: list[ProfessionalRow]
    earlier: list[EarlierCase]


class KnownChild(BaseModel):
    """A child of the list to choose from: no more than tells one from another."""

    id: UUID
    name: str
    born: date
    school: str


class Candidate(BaseModel):
    """Someone already known who may be the same child, and what is alike."""

    person: PersonOut
    alike: list[str]


class Matching(BaseModel):
    """A new child beside those already known who may be the same."""

    person: PersonOut
    added_by: str
    candidates: list[Candidate]


class MatchIn(BaseModel):
    """Accept a new child as new, or as one already known: both histories go on as one."""

    same_as: UUID | None = None


class AllocateIn(BaseModel):
    """Put a child on a professional's list."""

    account: UUID


class AskIn(BaseModel):
    """Ask several professionals for advice at once."""

    requests: Annotated[list[AskAdvice], Field(min_length=1, max_length=30)]


class PaperRequest(BaseModel):
    """A parent's or young person's request that came on paper or by phone.

    The client mints the ids of the form and of its version.
    """

    submission: UUID
    version: UUID
    person: UUID
    received_on: date
    answers: dict[str, str]


class AuditRow(BaseModel):
    """One line of a child's audit log: who did what, when, and who was given or lost access.

    Saves of one person on end are one line: `at` is the first, `last_at` the last.
    """

    at: datetime
    by: str
    action: str
    to: str = ""
    times: int = 1
    last_at: datetime | None = None


class AskableForm(BaseModel):
    """A form that an officer may ask a professional to fill."""

    form: str
    title: str
    due: date
