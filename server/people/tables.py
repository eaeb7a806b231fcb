"""Tables of children and young people, and of professionals' lists."""

from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, Column, ForeignKeyConstraint, Index, String, text
from sqlmodel import Field, SQLModel

from shared.values.lines import sanitise

BY_CODE_POINT = String().with_variant(String(collation="C"), "postgresql")
"""Text sorted and compared by code point, on SQLite and PostgreSQL."""


class Person(SQLModel, table=True):
    """A child or young person; sort keys are derived from the other columns."""

    __tablename__ = "person"
    __table_args__ = (
        # Of the merged ones only, or SQLite would look for the others by it instead of a name.
        Index(
            "ix_person_merged_into",
            "merged_into",
            sqlite_where=text("merged_into IS NOT NULL"),
            postgresql_where=text("merged_into IS NOT NULL"),
        ),
    )

    id: UUID = Field(primary_key=True)
    version: int = 1
    indexed_version: int | None = None
    """The version with the words that lists have; another one after a change by an older server."""
    first_name: str
    last_name: str
    preferred_name: str = ""
    born: date = Field(index=True)
    gender: str
    upn: str = Field(default="", index=True)
    nhs_number: str = Field(default="", index=True)
    address: str
    postcode: str
    school: str
    year_group: str = ""
    first_language: str = ""
    interpreter: bool = False
    looked_after: bool = False
    looked_after_by: str = ""
    social_worker: str = ""
    parent_name: str = ""
    parent_relationship: str = ""
    parent_email: str = ""
    parent_phone: str = ""
    parents: list[dict[str, Any]] = Field(
        default_factory=list, sa_column=Column(JSON, nullable=False, server_default="[]")
    )
    """The parents and carers as an officer recorded them; see `server.people.parents`."""
    sort_name: str = Field(index=True)
    sort_address: str
    sort_school: str
    created_at: datetime
    changed_at: datetime
    changed_by: UUID = Field(foreign_key="account.id")
    known_at: datetime | None = Field(default=None, index=True)
    """When the authority accepted the person as new, or matched them with a known person."""
    merged_into: UUID | None = None

    @property
    def name(self) -> str:
        """The full name, safe to display."""
        return sanitise(f"{self.first_name} {self.last_name}")

    def add_version(self) -> None:
        """Count a change of details that the child is not found by."""
        if self.indexed_version == self.version:
            self.indexed_version += 1
        self.version += 1


class PersonCorrection(SQLModel, table=True):
    """A correction of a child's details by an officer or an import, and what they were before."""

    __tablename__ = "person_correction"

    id: UUID = Field(primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", index=True, ondelete="CASCADE")
    before: dict[str, str] = Field(sa_column=Column(JSON, nullable=False))
    """The former text of each field that changed."""
    reason: str
    account_id: UUID = Field(foreign_key="account.id")
    at: datetime


class PersonWord(SQLModel, table=True):
    """A folded word of a person's details, for prefix search by code point."""

    __tablename__ = "person_word"
    __table_args__ = {"sqlite_with_rowid": False}

    word: str = Field(primary_key=True, sa_type=BY_CODE_POINT)
    person_id: UUID = Field(primary_key=True, foreign_key="person.id", index=True)


class SortKeys(SQLModel):
    """Copies of a person's sort keys on a list, so that one index covers both.

    `server.people.lists` updates them.
    """

    sort_name: str = Field(sa_type=BY_CODE_POINT)
    born: date
    sort_address: str = Field(sa_type=BY_CODE_POINT)
    sort_school: str = Field(sa_type=BY_CODE_POINT)


class ListedPerson(SortKeys, table=True):
    """A person on a professional's list; `allocated` if the authority put them there.

    `through` is a form that is the only reason for the entry, which ends with access to the form.
    """

    __tablename__ = "listed_person"
    __table_args__ = tuple(
        Index(f"ix_listed_person_{name}", "account_id", "hidden", key, "person_id", "starts")
        for name, key in (
            ("name", "sort_name"),
            ("born", "born"),
            ("address", "sort_address"),
            ("school", "sort_school"),
        )
    )

    account_id: UUID = Field(primary_key=True, foreign_key="account.id")
    person_id: UUID = Field(primary_key=True, foreign_key="person.id", index=True)
    allocated: bool = False
    through: UUID | None = None
    hidden_at: datetime | None = None
    hidden: bool = False
    """Whether `hidden_at` is set; used by the indexes."""
    starts: str | None = None
    """The starts of the person's words, so that a scan of an index passes over most others.

    None if they are too long, or if a server of an earlier version added the entry. Those that one
    left as they were are updated in `server.people.upkeep`.
    """
    added_at: datetime


class AccessEnd(SQLModel, table=True):
    """The end of a professional's access to a child by an officer, until one grants it again."""

    __tablename__ = "access_end"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    account_id: UUID = Field(foreign_key="account.id")
    ended_by: UUID = Field(foreign_key="account.id")
    reason: str
    at: datetime
    lifted_at: datetime | None = None


class ListedWord(SortKeys, table=True):
    """A word of a person on one professional's list, for prefix search.

    `common` is the length of its common prefix with the person's previous word in order. Of the
    words with a given prefix, only the first has a smaller value than the prefix's length.
    """

    __tablename__ = "listed_word"
    __table_args__ = (
        ForeignKeyConstraint(
            ["account_id", "person_id"],
            ["listed_person.account_id", "listed_person.person_id"],
            ondelete="CASCADE",
        ),
        Index("ix_listed_word_person", "person_id", "account_id", "word"),
        {"sqlite_with_rowid": False},
    )

    account_id: UUID = Field(primary_key=True)
    hidden: bool = Field(primary_key=True)
    word: str = Field(primary_key=True, sa_type=BY_CODE_POINT)
    person_id: UUID = Field(primary_key=True)
    common: int


class ListSize(SQLModel, table=True):
    """The number of hidden or of visible people on a professional's list."""

    __tablename__ = "list_size"

    account_id: UUID = Field(primary_key=True, foreign_key="account.id")
    hidden: bool = Field(primary_key=True)
    people: int
