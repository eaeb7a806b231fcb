"""Tables of cases."""

from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID, uuid4

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

NOTHING_DUE = date(9999, 12, 31)
"""Stored instead of NULL, which can't be compared with the key of a page."""
MISSES = text("misses_on IS NOT NULL")


class FollowsCase(NamedTuple):
    """How the rows of a table follow their case; see `follows_case`."""

    once: tuple[str, ...]
    text: str


def follows_case(*once: str, text: str = "") -> dict[str, dict[str, FollowsCase]]:
    """Return the mark of a table whose rows follow their case into the case that it joins.

    A case has one row for each value of the columns `once`, if there are any: a row stays with the
    joined case if the other case has its like, and the column `text` is added to that one's.
    """
    return {"info": {"follows_case": FollowsCase(once, text)}}


class Case(SQLModel, table=True):
    """A person's case, from a request to a plan and its reviews.

    All but the first two, `opened_at` and `officer_id` are derived from the events, the exemptions,
    the requests for advice and the date of birth, and stored so that the desk can sort and filter.
    All but `misses_on`, which the figures derive, are up to date after each change.
    """

    __tablename__ = "case"
    __table_args__ = (
        Index("ix_case_desk", "settled", "due_on", "id", "closes_on", "place"),
        Index("ix_case_next", "settled", "sort_due", "id", "closes_on", "place"),
        Index("ix_case_open", "settled", "closes_on"),
        Index("ix_case_officer", "officer_id", "settled", "sort_due", "id", "closes_on", "due_on"),
        Index("ix_case_of_officer", "officer_id", "settled", "id", "closes_on"),
        Index("ix_case_person", "person_id", "settled", "sort_due", "id", "closes_on"),
        Index("ix_case_stage", "settled", "place", "id", "officer_id", "closes_on"),
        Index(
            "ix_case_transfer",
            "settled",
            "transfer_on",
            "id",
            "closes_on",
            "transfer_meeting_on",
            "transfer_notice_on",
            "transfer_named_on",
        ),
        Index(
            "ix_case_misses",
            *("sort_due", "id", "misses_on"),
            sqlite_where=MISSES,
            postgresql_where=MISSES,
        ),
        Index("ix_case_received", "received_on", "id", "settled", "closes_on"),
        Index("ix_case_new", "child_matched", "settled", "sort_due", "id", "closes_on"),
    )

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id")
    state: str
    place: int = 0
    """Index of the state in the statutory order."""
    dispute: str | None = None
    received_on: date
    opened_at: datetime
    closed: bool = False
    """Whether the case has ended, so that a new request opens another one."""
    settled: bool = False
    """Whether the case is closed, and no appeal can follow or is running."""
    closes_on: date | None = None
    """The last day to appeal against the end of a case that is not settled."""
    officer_id: UUID | None = None
    next_kind: str | None = None
    next_due: date | None = None
    """The authority's first deadline that is not excused, or its first if all are."""
    excused: bool = False
    """Whether `next_due` is excused."""
    version: int = 0
    """Grows with each event and correction, so that one based on an older state is refused."""
    family_kind: str | None = None
    family_due: date | None = None
    """The last day of a right of the family; it may be past."""
    advice_awaited: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """The number of requests for advice that is not submitted."""
    advice_due: date | None = None
    """The first day that awaited advice is due, without excused advice."""
    due_on: date = Field(default=NOTHING_DUE, sa_column_kwargs={"server_default": str(NOTHING_DUE)})
    """The first day that anything not excused is due: a deadline or advice."""
    sort_due: date = Field(
        default=NOTHING_DUE, sa_column_kwargs={"server_default": str(NOTHING_DUE)}
    )
    """The day that lists show as next, which may be excused or the end of a right of the family."""
    child_matched: bool | None = None
    """Whether the child was matched, as `known_at` of the person says; NULL if not.

    A server of the version before leaves NULL, so it is only used to narrow a search.
    """
    computed_with: str = Field(default="", index=True, sa_column_kwargs={"server_default": ""})
    """The fingerprint of the periods and rules by which the days above were computed."""
    last_kind: str | None = None
    last_on: date | None = None
    """The kind and the day of the last event."""
    transfer_on: date | None = None
    """The last day to name the setting after the next phase transfer, while there is a plan."""
    transfer_meeting_on: date | None = None
    """The last review meeting in the school year of the phase transfer."""
    transfer_notice_on: date | None = None
    """The last notice of changes to the plan in that school year."""
    transfer_named_on: date | None = None
    """When the plan named the next setting."""
    misses_on: date | None = None
    """When the final plan is to be expected, by the figures, if that is after its deadline."""


class CaseEvent(SQLModel, table=True):
    """An event in a case on a London day, and the resulting state.

    `day` is a date that the event sets. An event that was undone stays, with who removed it.
    """

    __tablename__ = "case_event"

    id: int | None = Field(default=None, primary_key=True)
    made_id: UUID | None = Field(default=None, unique=True, index=True)
    """Generated by the client, so that the server recognises retries."""
    case_id: UUID = Field(foreign_key="case.id", index=True)
    kind: str
    state: str
    on: date
    at: datetime
    account_id: UUID | None = None
    reason: str = ""
    day: date | None = None
    version: int = 0
    """The version of the case that the event led to."""
    removed_at: datetime | None = None
    removed_by: UUID | None = None
    document_id: UUID | None = None
    """The document that came with it, which is kept for officers."""


class EventCorrection(SQLModel, table=True):
    """A correction of an event, with what was recorded before it."""

    __tablename__ = "event_correction"

    id: UUID = Field(primary_key=True)
    event_id: int = Field(foreign_key="case_event.id", index=True)
    kind: str
    on: date
    day: date | None = None
    version: int
    reason: str
    account_id: UUID = Field(foreign_key="account.id")
    at: datetime


class Exemption(SQLModel, table=True):
    """A recorded reason for missing a deadline, whose date does not change."""

    __tablename__ = "exemption"

    id: UUID = Field(primary_key=True)
    case_id: UUID = Field(foreign_key="case.id", index=True)
    advice_id: UUID | None = Field(default=None, index=True)
    clock: str
    started_by: int | None = None
    """The event that started the deadline, whose day may change; None for advice."""
    ground: str
    reason: str
    account_id: UUID = Field(foreign_key="account.id")
    at: datetime
    closed_from: date | None = None
    closed_to: date | None = None
    removed_at: datetime | None = None
    removed_by: UUID | None = None
    removed_reason: str = ""


class Cover(SQLModel, table=True):
    """An officer who covers for another one who is away, from a day until a day."""

    __tablename__ = "cover"

    id: UUID = Field(primary_key=True)
    officer_id: UUID = Field(foreign_key="account.id", index=True)
    """The officer who is away."""
    cover_id: UUID = Field(foreign_key="account.id", index=True)
    from_on: date
    until_on: date
    set_by: UUID = Field(foreign_key="account.id")
    set_at: datetime
    ended_at: datetime | None = None


class Publication(SQLModel, table=True):
    """A document that the authority published in a case, such as a draft or final plan."""

    __tablename__ = "publication"

    id: UUID = Field(primary_key=True)
    case_id: UUID = Field(foreign_key="case.id", index=True)
    document_id: UUID = Field(index=True)
    kind: str
    title: str
    account_id: UUID = Field(foreign_key="account.id")
    published_at: datetime
    withdrawn_at: datetime | None = None
    withdrawn_by: UUID | None = None
    withdrawn_reason: str = ""


class PublicationReader(SQLModel, table=True):
    """A professional to whom a document was published."""

    __tablename__ = "publication_reader"

    publication_id: UUID = Field(primary_key=True, foreign_key="publication.id")
    account_id: UUID = Field(primary_key=True, foreign_key="account.id", index=True)
    read_at: datetime | None = None
    ended_at: datetime | None = None
    """When the document was withdrawn, or the professional's access to the child ended."""


class CaseDocument(SQLModel, table=True):
    """A document that officers keep with a case, which no professional sees."""

    __tablename__ = "case_document"

    document_id: UUID = Field(primary_key=True, foreign_key="document.id")
    case_id: UUID = Field(foreign_key="case.id", index=True)
    title: str
    account_id: UUID = Field(foreign_key="account.id")
    added_at: datetime
    submission_id: UUID | None = None
    """The family's request that this is the letter of, if it is one."""
