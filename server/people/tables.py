"""What the server keeps of children and young people, and of each professional's list."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import String
from sqlmodel import Field, SQLModel


class Person(SQLModel, table=True):
    """A child or young person; the sort keys are derived from the rest."""

    __tablename__ = "person"

    id: UUID = Field(primary_key=True)
    version: int = 1
    first_name: str
    last_name: str
    preferred_name: str = ""
    born: date = Field(index=True)
    gender: str
    upn: str = ""
    nhs_number: str = ""
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
    sort_name: str = Field(index=True)
    sort_address: str = Field(index=True)
    sort_school: str = Field(index=True)
    created_at: datetime
    changed_at: datetime
    changed_by: UUID = Field(foreign_key="account.id")
    known_at: datetime | None = Field(default=None, index=True)
    """When the authority accepted the person as new, or matched them with one already known."""
    merged_into: UUID | None = Field(default=None, index=True)


class PersonWord(SQLModel, table=True):
    """A word, folded, by whose beginning a person is found; compared by its code points."""

    __tablename__ = "person_word"
    __table_args__ = {"sqlite_with_rowid": False}

    word: str = Field(
        primary_key=True, sa_type=String().with_variant(String(collation="C"), "postgresql")
    )
    person_id: UUID = Field(primary_key=True, foreign_key="person.id", index=True)


class ListedPerson(SQLModel, table=True):
    """A person on a professional's list; `allocated` when the authority put them there.

    `through` is the form by which alone they came there: they leave with it.
    """

    __tablename__ = "listed_person"

    account_id: UUID = Field(primary_key=True, foreign_key="account.id")
    person_id: UUID = Field(primary_key=True, foreign_key="person.id", index=True)
    allocated: bool = False
    through: UUID | None = None
    hidden_at: datetime | None = None
    added_at: datetime
