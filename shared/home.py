"""Wire types of Home and of the global search."""

from datetime import date, datetime
from typing import Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, Field

from shared.forms.submissions import SubmissionState
from shared.messages import MessageRow
from shared.values.lines import SafeLine

HOME_ROWS = 4
"""Maximum number of rows of each kind on Home."""
HOME_MESSAGES = 2
"""Maximum number of unread messages on Home; the inbox has the others."""
FIND_ROWS = 5
"""Maximum number of search results of each kind."""
FIND_MIN_LENGTH, FIND_MAX_LENGTH = 2, 200
"""A single letter matches too many words to be useful."""

RowT = TypeVar("RowT")


class Part(BaseModel, Generic[RowT]):
    """The first rows of one kind, and how many more there are."""

    rows: list[RowT] = []
    more: int = 0


class FormToContinue(BaseModel):
    """A form with unsubmitted changes; `step` is the step to resume at, counted from 1."""

    submission: UUID
    state: SubmissionState
    person_name: str
    title: str
    step: int
    steps: int
    saved_at: datetime
    due: date | None
    returned: bool


class FormDue(BaseModel):
    """A form that the authority is waiting for: advice, or a returned request."""

    submission: UUID
    person_name: str
    title: str
    due: date | None
    returned: bool


class ChildNews(BaseModel):
    """The newest unread message that links to a child's progress page."""

    person: UUID
    person_name: str
    message: UUID
    subject: str
    received_at: datetime


class CaseDue(BaseModel):
    """An officer's open case and its next deadline."""

    case: UUID
    person_name: str
    state_words: str
    due_words: str = ""
    """What is due, as in the case: a deadline's label."""
    due: date | None


class TaskDue(BaseModel):
    """An officer's task; `case` and the name are those of its case, if it has one."""

    task: UUID
    text: SafeLine
    case: UUID | None
    person_name: str
    due: date


class HomeOut(BaseModel):
    """The work waiting for an account; parts for other kinds of account are empty.

    `today` is the London date from which days left are counted.
    """

    today: date
    forms: Part[FormToContinue] = Part()
    """Most recently saved first."""
    due: Part[FormDue] = Part()
    """Returned forms first, then by due date; excludes those in `forms`."""
    news: Part[ChildNews] = Part()
    messages: list[MessageRow] = []
    """The newest unread messages, excluding those in `news`."""
    unread: int = 0
    newest: MessageRow | None = None
    """The newest message of the inbox, read or not."""
    cases: Part[CaseDue] = Part()
    """The officer's own cases by their next deadline."""
    unassigned: Part[CaseDue] = Part()
    tasks: Part[TaskDue] = Part()
    """The officer's open tasks by their day."""
    unsent_mails: int = 0
    """Number of emails that were given up on, for the support desk."""


class SearchResult(BaseModel):
    """A search result; `place` is the path that it opens, for example people/{id}."""

    place: str
    words: str
    hint: str
    """Distinguishing details, such as a date of birth, a state, or when it was received."""


class FindQuery(BaseModel, frozen=True):
    """The text to search for."""

    q: str = Field(min_length=FIND_MIN_LENGTH, max_length=FIND_MAX_LENGTH)


class FindOut(BaseModel):
    """The first results of each kind, children or cases first, then forms, then messages."""

    results: list[SearchResult]
