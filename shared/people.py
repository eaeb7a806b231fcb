"""Children and young people, and the list each professional keeps of them."""

from datetime import date
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, Field

from shared.accounts import Line
from shared.lists import TableQuery

NOT_ON_ROLL = "not on a school roll"

Text = Annotated[str, Field(max_length=200)]


class Gender(StrEnum):
    """As the school census asks it."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"
    NOT_SAID = "not_said"


class PersonIn(BaseModel):
    """A child or young person as a professional adds or edits them.

    What is impossible is refused here or by shared.values.identifiers; what is unusual only warns.
    """

    first_name: Line
    last_name: Line
    preferred_name: Text = ""
    born: date
    gender: Gender
    upn: Text = ""
    nhs_number: Text = ""
    address: Line
    postcode: Line
    school: Line
    year_group: Text = ""
    first_language: Text = ""
    interpreter: bool = False
    looked_after: bool = False
    looked_after_by: Text = ""
    social_worker: Text = ""
    parent_name: Text = ""
    parent_relationship: Text = ""
    parent_email: Text = ""
    parent_phone: Text = ""

    @property
    def name(self) -> str:
        """The name as headings write it."""
        return f"{self.first_name} {self.last_name}"


class PersonNew(PersonIn):
    """A person to add, under an id that the client mints."""

    id: UUID


class View(StrEnum):
    """Which part of my list is shown."""

    ACTIVE = "active"
    HIDDEN = "hidden"
    ALL = "all"


class SortBy(StrEnum):
    """The column the list is sorted by."""

    NAME = "name"
    BORN = "born"
    ADDRESS = "address"
    SCHOOL = "school"


class PeopleQuery(TableQuery, frozen=True):
    """Which people of my list to read: the active ones by name, unless told otherwise."""

    view: View = View.ACTIVE
    sort: SortBy = SortBy.NAME


class PersonOut(PersonIn):
    """A person with the version that an edit must name."""

    id: UUID
    version: int
    hidden: bool


class PersonRow(BaseModel):
    """One row of Select Person; `next_due` is filled once a case has a deadline."""

    id: UUID
    first_name: str
    last_name: str
    born: date
    address: str
    school: str
    hidden: bool
    allocated: bool

    @property
    def listed_name(self) -> str:
        """The name as the list writes it: Surname, First."""
        return f"{self.last_name}, {self.first_name}"


class PeoplePage(BaseModel):
    """A page of the list; `start` is the place of its first row among the `total` found.

    With `more`, only so many were counted and there may be more: `start` is exact from the first
    page on, and towards the last page it is counted from the length of the whole list.
    """

    rows: list[PersonRow]
    start: int
    total: int
    more: bool = False
    next: str | None
    previous: str | None


class Removal(BaseModel):
    """What deleting a person from my list would take with it, told before it is confirmed."""

    drafts: int
    submitted: int
    documents: int
    """How many go that were never submitted, whoever uploaded them."""
