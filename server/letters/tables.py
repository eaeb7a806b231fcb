"""Tables of letters."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel

from server.accounts.edits import EditedRow
from server.cases.tables import follows_case


class LetterDraftRow(SQLModel, table=True):
    """What officers wrote for a letter that is not made yet; one draft of each kind in a case.

    Only texts that differ from what the case suggests are stored, and none once the letter is made:
    the row stays, so that a version never stands for two texts.
    """

    __tablename__ = "letter_draft"
    __table_args__ = follows_case("kind")

    case_id: UUID = Field(primary_key=True, foreign_key="case.id")
    kind: str = Field(primary_key=True)
    """The kind, and after a slash the consultation or request for advice it belongs to, if any."""
    version: int
    texts: dict[str, str] | None = Field(sa_column=Column(JSON, nullable=False))
    """None, which is stored as the null of JSON, if nothing was written since it was made."""
    account_id: UUID = Field(foreign_key="account.id")
    saved_at: datetime


class LetterRecord(SQLModel, table=True):
    """A letter that was made, which never changes; its document is the PDF."""

    __tablename__ = "letter"
    __table_args__ = follows_case()

    document_id: UUID = Field(primary_key=True, foreign_key="document.id")
    case_id: UUID = Field(foreign_key="case.id", index=True)
    kind: str
    title: str
    template_version: int
    template_sha256: str
    """The SHA-256 of the template and the passages that it consists of."""
    event_id: int | None
    """The event of the case that the letter belongs to, if the case records one."""
    about: UUID | None = None
    """The consultation or request for advice that the letter belongs to, if any."""
    event_on: date
    texts: dict[str, str] = Field(sa_column=Column(JSON, nullable=False))
    account_id: UUID = Field(foreign_key="account.id")
    made_at: datetime


class LetterPosting(EditedRow, table=True):
    """That a letter was posted; the id is that of the letter."""

    __tablename__ = "letter_posting"

    id: UUID = Field(primary_key=True, foreign_key="letter.document_id", ondelete="CASCADE")
    posted_on: date
