"""Tables of accounts, sessions and credentials."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import JSON, Column, String, UniqueConstraint
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlmodel import Field, SQLModel

from server.core.folding import fold
from shared.accounts import SecondStep, SessionState
from shared.values.lines import sanitise


class Account(SQLModel, table=True):
    """An activated account; the email, in lower case, is the username."""

    __tablename__ = "account"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    email: str = Field(unique=True)
    email_verified: bool = True
    """Whether a link, a code or a provider proved the email; only then its domain confirms."""
    password_hash: str
    title: str = ""
    first_name: str
    last_name: str
    phone: str
    notice_accepted_at: datetime
    created_at: datetime
    second_step: str = SecondStep.NONE
    app_secret: str | None = None
    app_pending: str | None = None
    """A secret not yet confirmed with a code; encrypted like `app_secret`."""
    app_last_step: int = 0
    staff: str | None = None
    """The role of a staff account, which cannot be registered: officer or support."""
    may_manage_staff: bool = False
    """Whether an officer may add and disable staff accounts."""
    disabled_at: datetime | None = None

    @property
    def name(self) -> str:
        """The full name, safe to display."""
        return sanitise(f"{self.first_name} {self.last_name}")


class Registration(SQLModel, table=True):
    """A registration to be activated; `details` is RegistrationIn without the password.

    Each registration has its own password, so that a later one cannot replace it.
    """

    __tablename__ = "registration"

    id: UUID = Field(primary_key=True)
    email: str = Field(index=True)
    password_hash: str
    details: dict[str, object] = Field(sa_column=Column(JSON, nullable=False))
    body_digest: str
    created_at: datetime
    sent_at: datetime
    activated_at: datetime | None = None


class EmailedLink(SQLModel, table=True):
    """An emailed link: a registration's activation or an account's reset."""

    __tablename__ = "emailed_link"

    digest: str = Field(primary_key=True)
    registration_id: UUID | None = Field(default=None, foreign_key="registration.id", index=True)
    account_id: UUID | None = Field(default=None, foreign_key="account.id", index=True)
    expires_at: datetime
    used_at: datetime | None = None


class EmailChange(SQLModel, table=True):
    """A change of an account's email that waits for its code; only the code's hash is stored."""

    __tablename__ = "email_change"

    digest: str = Field(primary_key=True)
    account_id: UUID = Field(foreign_key="account.id", index=True)
    email: str
    expires_at: datetime
    used_at: datetime | None = None


def _folded_name(context: DefaultExecutionContext) -> str:
    row: dict[str, str] = context.get_current_parameters()  # type: ignore[no-untyped-call]  # untyped in SQLAlchemy
    return fold_organisation(row["name"])


def fold_organisation(name: str) -> str:
    """Return the name of an organisation in the form used for comparison."""
    return fold(" ".join(name.split()))


ADDED_SETTING = "Setting that is not in the register"
"""The kind of a school, college or other place of education that was added by hand."""


class Organisation(SQLModel, table=True):
    """A school, service or practice that professionals work for."""

    __tablename__ = "organisation"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    name: str
    name_folded: str = Field(
        default=None,
        sa_column=Column(String, default=_folded_name, nullable=False, index=True),
    )
    urn: str | None = Field(default=None, unique=True)
    """The unique reference number of a school in the register of the DfE."""
    kind: str = ""
    """That of the register; of others, ADDED_SETTING or ''."""
    address: str = ""
    postcode: str = ""
    closed_at: datetime | None = None


class OrganisationDomain(SQLModel, table=True):
    """A domain that the authority lists: emails at it confirm membership of the organisation."""

    __tablename__ = "organisation_domain"

    organisation_id: UUID = Field(foreign_key="organisation.id", primary_key=True)
    domain: str = Field(primary_key=True)


class WorkDetailsRow(SQLModel, table=True):
    """A professional role of an account and its workplace."""

    __tablename__ = "work_details"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    account_id: UUID = Field(foreign_key="account.id", index=True)
    version: int = 1
    role: str
    role_other: str = ""
    organisation: str
    """The name as typed, or that of the organisation chosen from the list."""
    organisation_id: UUID | None = Field(default=None, foreign_key="organisation.id", index=True)
    confirmed_at: datetime | None = None
    """When membership of the organisation was confirmed; nothing is shared with it before."""
    confirmed_by: UUID | None = Field(default=None, foreign_key="account.id")
    confirmed_how: str | None = None
    refused_at: datetime | None = None
    announced_at: datetime | None = None
    """When those who can confirm the membership were told."""
    address: str
    postcode: str
    work_phone: str
    mobile: str = ""
    created_at: datetime
    removed_at: datetime | None = None


class StoredSession(SQLModel, table=True):
    """A session; only the keyed hash of its token is stored."""

    __tablename__ = "session"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    account_id: UUID = Field(foreign_key="account.id", index=True)
    digest: str = Field(unique=True)
    state: str = SessionState.CODE_REQUIRED
    device: str = ""
    address: str = ""
    created_at: datetime
    last_used_at: datetime
    ends_at: datetime
    proved_at: datetime
    """When the password or code was last verified, for routes that need a fresh sign-in."""
    ssh_key_id: UUID | None = Field(default=None, index=True)
    """The SSH key that began it instead of a password; it ends with the key."""


class KnownDevice(SQLModel, table=True):
    """A device that signed in to an account; only keyed hashes of its token and address."""

    __tablename__ = "known_device"

    account_id: UUID = Field(foreign_key="account.id", primary_key=True)
    digest: str = Field(primary_key=True)
    address_digest: str = Field(index=True)
    last_used_at: datetime


class ExternalIdentity(SQLModel, table=True):
    """The identity at a provider by which an account signs in."""

    __tablename__ = "external_identity"
    __table_args__ = (UniqueConstraint("provider", "subject"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    account_id: UUID = Field(foreign_key="account.id", index=True)
    provider: str
    subject: str
    linked_at: datetime
    role_lost_at: datetime | None = None
    """When the account was disabled because the provider no longer gives it a role."""


class ProviderSession(SQLModel, table=True):
    """What a session that was started by a provider needs, to ask the provider again."""

    __tablename__ = "provider_session"

    session_id: UUID = Field(primary_key=True, foreign_key="session.id", ondelete="CASCADE")
    identity_id: UUID = Field(foreign_key="external_identity.id", index=True)
    refresh_token: str | None = None
    """Encrypted; without one, the session ends when `confirmed_at` is too old."""
    asked_at: datetime
    confirmed_at: datetime
    """When the provider last confirmed that this person may sign in."""


class ProviderSignIn(SQLModel, table=True):
    """A sign-in by a provider in progress; deleted when it is completed or too old."""

    __tablename__ = "provider_sign_in"

    id: UUID = Field(primary_key=True)
    provider: str
    device: str = ""
    address: str = Field(default="", index=True)
    code: str = Field(unique=True)
    """The end of its short URL."""
    state_digest: str = Field(unique=True)
    expires_at: datetime = Field(index=True)
    returned_at: datetime | None = None
    """When the browser came back from the provider, which it may do once."""
    grant: str | None = None
    """The verified claims and the refresh token, encrypted."""
    number_digest: str | None = None
    tries: int = 0
    failure: str = ""


class EmailCode(SQLModel, table=True):
    """An emailed verification code, bound to the session that requested it."""

    __tablename__ = "email_code"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    session_id: UUID = Field(foreign_key="session.id", index=True, ondelete="CASCADE")
    digest: str
    sent_at: datetime
    expires_at: datetime
    tries: int = 0
    used_at: datetime | None = None


class RecoveryCode(SQLModel, table=True):
    """A recovery code, valid once."""

    __tablename__ = "recovery_code"

    digest: str = Field(primary_key=True)
    account_id: UUID = Field(foreign_key="account.id", index=True)
    used_at: datetime | None = None


class IdentityCheck(SQLModel, table=True):
    """How support verified an identity before resetting a second step."""

    __tablename__ = "identity_check"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    account_id: UUID = Field(foreign_key="account.id", index=True)
    by_id: UUID = Field(foreign_key="account.id")
    how: str
    at: datetime
