"""Tables of documents; their content is in the store."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from shared.documents import ScanState


class Document(SQLModel, table=True):
    """A document of a person, uploaded by an account; `kept_at` is set once it is submitted."""

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
    """The key of the content in the store, generated for each upload."""
    scan: str = ScanState.CHECKING
    scan_attempts: int = 0
    """Scans without a verdict since the last one that had one."""
    next_scan_at: datetime | None = Field(default=None, index=True)
    """When the document is due to be scanned (again); never again if a virus was found."""


class UnreferencedKey(SQLModel, table=True):
    """A key in the store that no document refers to.

    While `uploading`, content is being stored under it and a document may refer to it soon.
    Otherwise its content is waiting to be deleted.
    """

    __tablename__ = "unreferenced_key"

    key: str = Field(primary_key=True)
    since: datetime
    uploading: bool


class DocumentReader(SQLModel, table=True):
    """An account's access to a document that another account uploaded."""

    __tablename__ = "document_reader"

    document_id: UUID = Field(primary_key=True, foreign_key="document.id", ondelete="CASCADE")
    account_id: UUID = Field(primary_key=True, foreign_key="account.id", index=True)
