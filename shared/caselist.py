"""Wire types of the list of cases: its queries, views, columns and rows."""

from datetime import date
from enum import StrEnum
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from shared.cases.states import CaseState, Stage
from shared.cases.transfers import TransferKind
from shared.lists import TableQuery
from shared.values.lines import SafeLine

DUE_SOON_DAYS = 14
NOBODY: Literal["nobody"] = "nobody"
NOBODY_YET = "Nobody yet"


class DeskView(StrEnum):
    """A filter for cases; all but `closed` show open cases.

    `overdue` shows cases in which a deadline or advice is late, and `due` also those in which one
    is due soon, so that something late hides nothing that is due. `forecast` shows cases whose
    final plan is expected after its deadline, and `transfers` those with a plan that is to name the
    setting after a phase transfer, in the order of that day.
    """

    ALL = "all"
    MINE = "mine"
    DUE = "due"
    OVERDUE = "overdue"
    FORECAST = "forecast"
    NEW = "new"
    TRANSFERS = "transfers"
    CLOSED = "closed"


class DeskSort(StrEnum):
    """The column that cases are sorted by."""

    DUE = "due"
    NAME = "name"
    STAGE = "stage"
    OFFICER = "officer"


class CaseQuery(TableQuery, frozen=True):
    """Query parameters of the list of cases.

    With `nobody` as the officer it lists cases that no officer has. `then` is the second column to
    sort by, after the stage or the officer. The view of phase transfers is of a year, by default of
    this school year's, and of one kind or both.
    """

    view: DeskView = DeskView.ALL
    stage: Stage | None = None
    officer: UUID | Literal["nobody"] | None = None
    transfer_year: Annotated[int | None, Field(ge=2000, le=2100)] = None
    transfer_kind: TransferKind | None = None
    sort: DeskSort = DeskSort.DUE
    then: Literal[DeskSort.DUE, DeskSort.STAGE, DeskSort.OFFICER] | None = None


class DeskColumn(StrEnum):
    """A column of the list of cases."""

    NAME = "name"
    STAGE = "stage"
    DUE = "due"
    OFFICER = "officer"
    STATE = "state"
    BORN = "born"
    SCHOOL = "school"
    RECEIVED = "received"
    WEEKS = "weeks"
    ADVICE = "advice"
    EXPECTED = "expected"
    LAST = "last"
    TRANSFER = "transfer"
    MEETING = "meeting"
    NOTICE = "notice"
    NAMED = "named"


COLUMN_LABELS: dict[DeskColumn, str] = {
    DeskColumn.NAME: "Name",
    DeskColumn.STAGE: "Stage",
    DeskColumn.DUE: "Next deadline",
    DeskColumn.OFFICER: "Who has it",
    DeskColumn.STATE: "State",
    DeskColumn.BORN: "Born",
    DeskColumn.SCHOOL: "School",
    DeskColumn.RECEIVED: "Received",
    DeskColumn.WEEKS: "Weeks",
    DeskColumn.ADVICE: "Advice",
    DeskColumn.EXPECTED: "Plan expected",
    DeskColumn.LAST: "Last event",
    DeskColumn.TRANSFER: "Transfer by",
    DeskColumn.MEETING: "Review held",
    DeskColumn.NOTICE: "Notice sent",
    DeskColumn.NAMED: "Named",
}
USUAL_COLUMNS = (DeskColumn.NAME, DeskColumn.STAGE, DeskColumn.DUE, DeskColumn.OFFICER)
TRANSFER_COLUMNS = (
    DeskColumn.NAME,
    DeskColumn.TRANSFER,
    DeskColumn.SCHOOL,
    DeskColumn.MEETING,
    DeskColumn.NOTICE,
    DeskColumn.NAMED,
)


class CsvQuery(CaseQuery, frozen=True):
    """Query parameters of the list of cases as CSV; all pages are saved."""

    columns: Annotated[list[DeskColumn], Field(max_length=len(DeskColumn))] = list(USUAL_COLUMNS)


class ViewIn(BaseModel):
    """An officer's own view of the list of cases; its cursor is ignored."""

    name: Annotated[SafeLine, Field(min_length=1, max_length=40)]
    query: CaseQuery
    columns: Annotated[list[DeskColumn], Field(min_length=1, max_length=len(DeskColumn))]


class ViewOut(ViewIn):
    """A saved view."""

    id: UUID


class CaseRow(BaseModel):
    """A case in the list; `new` until its child is matched.

    `next_due` is the day of `next_words`, unless they are about a right of the family or a dispute.
    """

    id: UUID
    person: UUID
    name: SafeLine
    born: date
    state: CaseState
    stage: Stage
    state_words: str
    next_words: str
    next_due: date | None
    excused: bool
    officer: SafeLine
    new: bool
    school: SafeLine = ""
    received_on: date
    weeks: int
    """Whole weeks since the request."""
    advice: int
    """The number of requests for advice that is awaited."""
    expected: date | None = None
    """When the final plan is to be expected, if that is after its deadline."""
    last_words: str
    transfer_on: date | None = None
    """The last day to name the setting after the next phase transfer, if there is a plan."""
    meeting_on: date | None = None
    notice_on: date | None = None
    named_on: date | None = None
    """When the review meeting was held, the notice sent and the setting named for it."""


class Cohort(BaseModel):
    """How many cases of a view of phase transfers are how far, and of which year they are."""

    year: int
    met: int
    notified: int
    named: int


class DeskPage(BaseModel):
    """A page of cases; `start` is the index of its first row among `total` matches.

    `cohort` is about all matches of a view of phase transfers.
    """

    more: ClassVar[bool] = False
    """Whether there are matches beyond `total`; always False, because all cases are counted."""
    rows: list[CaseRow]
    start: int
    total: int
    next: str | None
    previous: str | None
    cohort: Cohort | None = None
