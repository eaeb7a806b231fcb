"""Tables of placements and of what the SEN2 return needs besides."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from server.accounts.edits import EditedRow
from server.cases.tables import follows_case


class Consultation(EditedRow, table=True):
    """A setting that was consulted about a child, and its reply."""

    __tablename__ = "consultation"
    __table_args__ = follows_case()

    case_id: UUID = Field(foreign_key="case.id", index=True)
    organisation_id: UUID | None = Field(default=None, foreign_key="organisation.id", index=True)
    name: str
    """The name of the organisation when it was asked, or the name that was typed."""
    address: str = ""
    """The address of a setting that is not in the list, its lines separated by commas."""
    email: str = ""
    asked_on: date
    due_on: date = Field(index=True)
    asked_by: UUID = Field(foreign_key="account.id")
    at: datetime
    chased_on: date | None = None
    chases: int = 0
    reply: str | None = None
    ground: str | None = None
    replied_on: date | None = None
    words: str = ""
    recorded_by: UUID | None = None
    """Who recorded the reply."""


class FamilyRequest(EditedRow, table=True):
    """A family's request for a setting, and the authority's answer."""

    __tablename__ = "family_request"
    __table_args__ = follows_case()

    case_id: UUID = Field(foreign_key="case.id", index=True)
    organisation_id: UUID | None = Field(default=None, foreign_key="organisation.id")
    kind: str
    name: str
    on: date
    account_id: UUID = Field(foreign_key="account.id")
    at: datetime
    agreed: bool | None = None
    ground: str | None = None
    decided_on: date | None = None
    decided_by: UUID | None = None
    reason: str = ""


class Placement(EditedRow, table=True):
    """A setting, or a type of setting, named in section I of a plan, and the days it is for."""

    __tablename__ = "placement"
    __table_args__ = follows_case()

    case_id: UUID = Field(foreign_key="case.id", index=True)
    organisation_id: UUID | None = Field(default=None, foreign_key="organisation.id")
    name: str
    urn: str = ""
    ukprn: str = ""
    setting: str = ""
    rank: int = 1
    sen_unit: bool = False
    resourced: bool = False
    residential_weeks: int = 0
    starts_on: date
    ends_on: date | None = None
    school_before: str | None = None
    """The child's school until it followed this placement; None if it has not."""
    account_id: UUID = Field(foreign_key="account.id")
    at: datetime


class Sen2Answer(SQLModel, table=True):
    """What an officer entered for the SEN2 return; of details of the child the newest counts."""

    __tablename__ = "sen2_answer"
    __table_args__ = follows_case("field")

    case_id: UUID = Field(primary_key=True, foreign_key="case.id")
    field: str = Field(primary_key=True)
    value: str
    account_id: UUID = Field(foreign_key="account.id")
    at: datetime
