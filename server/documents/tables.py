"""What the server keeps of documents; their bytes lie in the store, under keys of its own."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel


class Document(SQLModel, table=True):
    """A document of a person, uploaded by an account; `kept_at` once it was submitted."""

    __tablename__ = "document"

    id: UUID = Field(primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", index=True)
    account_id: UUID = Field(foreign_key="account.id", index=True)
    name: str
    media_type: str
    type_label: str
    size: int
    sha256: str
    uploaded_at: datetime
    kept_at: datetime | None = None
    key: str = Field(index=True, unique=True)
    """Where the store keeps its bytes: made by the server for each upload, never by a name."""


class UnreferencedKey(SQLModel, table=True):
    """A key of the store that no document refers to.

    While `uploading`, bytes are on their way to it, `since` that moment, and a document may refer
    to it soon. Otherwise what is stored there is to be deleted.
    """

    __tablename__ = "unreferenced_key"

    key: str = Field(primary_key=True)
    since: datetime
    uploading: bool


class DocumentReader(SQLModel, table=True):
    """Someone who may open a document that another uploaded: it was published or shared."""

    __tablename__ = "document_reader"

    document_id: UUID = Field(primary_key=True, foreign_key="document.id", ondelete="CASCADE")
    account_id: UUID = Field(primary_key=True, foreign_key="account.id", index=True)
