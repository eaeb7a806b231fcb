"""Settings of the server, read from PORTAL_... environment variables."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    EmailStr,
    Field,
    HttpUrl,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from server.core.proxies import Network
from server.core.retention import DEFAULT_RETENTION, RetentionPeriods
from server.core.scanning import ADDRESS
from shared.accounts import Staff
from shared.cases.clock import STATUTORY_PERIODS, Periods

SECRET_MIN = 32

Port = Annotated[int, Field(ge=1, le=65535)]
Positive = Annotated[int, Field(ge=1)]


class Provider(BaseModel, frozen=True, extra="forbid"):
    """An OpenID Connect provider by which staff or professionals sign in.

    `officer` and `support` are the values of the claim `roles_claim` that give staff their role.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9-]{1,40}$")]
    """Stored with the accounts that sign in by it, so it must not change."""
    label: Annotated[str, Field(min_length=1, max_length=40)]
    issuer: HttpUrl
    client_id: str
    client_secret: SecretStr
    users: Literal["staff", "professionals"]
    roles_claim: str = "roles"
    officer: str = ""
    support: str = ""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.issuer.scheme != "https" and self.issuer.host not in {"localhost", "127.0.0.1"}:
            raise ValueError("the issuer must begin with https://")
        if self.users == "staff" and not (self.officer or self.support):
            raise ValueError("a provider of staff needs the value of a role: officer or support")
        return self

    @property
    def issuer_url(self) -> str:
        """The issuer as text, without the slash that may end it."""
        return str(self.issuer).rstrip("/")

    def staff_role(self, claims: dict[str, object]) -> Staff | None:
        """Return the role that the claims give a member of staff, or None."""
        value = claims.get(self.roles_claim)
        values = value if isinstance(value, list) else [value]
        if self.officer and self.officer in values:
            return Staff.OFFICER
        return Staff.SUPPORT if self.support and self.support in values else None


class Settings(BaseSettings):
    """The server's settings; the default texts are for Leicester.

    `secret_key` has no default: without it the server refuses to start. `data` is the folder
    of uploads in progress and, by default, of the database and documents, unless `database_url`
    and `documents_url` (s3://bucket, or file:///path) are set.
    """

    model_config = SettingsConfigDict(env_prefix="PORTAL_", env_file=None, extra="ignore")

    secret_key: SecretStr
    secret_key_old: SecretStr | None = None
    """The key before, while the key is being changed."""
    data: Path = Path("portal-data")
    database_url: str = ""
    documents_url: str = ""
    host: str = "127.0.0.1"
    port: Port = 8765
    public_url: str = "http://127.0.0.1:8765"
    proxies: Annotated[tuple[Network, ...], NoDecode] = ()
    """Addresses and networks of the proxies whose X-Forwarded-For is believed."""

    mail_host: str = ""
    mail_port: Port = 587
    mail_tls: Literal["none", "starttls", "tls"] = "starttls"
    mail_user: str = ""
    mail_password: SecretStr = SecretStr("")
    mail_from: EmailStr = "no-reply@leicester.gov.uk"

    council: str = "Leicester City Council"
    portal_name: str = "Leicester City SEND"
    contact_email: str = "SES@leicester.gov.uk"
    contact_staff: str = (
        "Log a call via the ICT Help and Support Portal under Applications > ONE, DataNet, IO, "
        "ONE Youth Justice & AnyComms + > Childrens Systems - Other Requests."
    )

    clamd: str = ""
    """The antivirus daemon: unix:///run/clamav/clamd.ctl, or tcp://host:3310."""
    unscanned: Literal["hold", "accept"] = "hold"
    """Whether documents that were not scanned can be opened."""
    providers: tuple[Provider, ...] = ()
    """Directories by which people sign in, as JSON; see docs/sign-in.md."""
    staff_passwords: bool = True
    """Whether staff may sign in with a password, besides a provider."""

    session_idle_minutes: int = 30
    session_hours: int = 12
    quota_bytes: int = 500 * 1024 * 1024
    upload_seconds: int = 600
    drain_seconds: int = 20
    """Seconds that a shutdown waits for requests in progress."""

    ssh_host: str = "127.0.0.1"
    ssh_port: Port = 8022
    ssh_server: str = ""
    """The portal's address for the clients that the SSH server runs; by default `public_url`."""
    ssh_address: str = ""
    """The address and port of the SSH server as people type them, shown in My Account."""
    ssh_host_key_file: Path | None = None
    ssh_sessions: Positive = 40
    ssh_account_sessions: Positive = 4
    ssh_unauthenticated: Positive = 40
    """Connections that have not signed in yet."""
    ssh_login_seconds: Positive = 30
    ssh_idle_minutes: Positive = 60
    ssh_memory_mb: Annotated[int, Field(ge=512)] = 1024
    ssh_open_files: Annotated[int, Field(ge=64)] = 256
    ssh_folder_mb: Positive = 100
    ssh_folder_hours: Positive = 24
    """How long files stay in an account's folder after its last session."""

    forms: Path | None = None
    """A folder of the authority's own forms, one YAML file each."""
    periods: Periods = STATUTORY_PERIODS
    """Overrides of the statutory periods, as JSON: {"decide": 42}."""
    retention: RetentionPeriods = DEFAULT_RETENTION
    """Overrides of the retention periods, as JSON: {"mail_days": 14}."""
    remind_days: tuple[int, ...] = (14, 3, -1, -7)
    """Days before a deadline on which reminders are sent; negative numbers are days after it."""

    @field_validator("proxies", mode="before")
    @classmethod
    def _split_proxies(cls, value: object) -> object:
        return value.replace(",", " ").split() if isinstance(value, str) else value

    @field_validator("secret_key")
    @classmethod
    def _check_length(cls, value: SecretStr) -> SecretStr:
        if len(value.get_secret_value()) < SECRET_MIN:
            raise ValueError(f"it needs at least {SECRET_MIN} characters")
        return value

    @field_validator("clamd")
    @classmethod
    def _check_address(cls, value: str) -> str:
        if value and not ADDRESS.fullmatch(value):
            raise ValueError("it must be unix:///path or tcp://host:port")
        return value

    @property
    def accepts_unscanned(self) -> bool:
        """Whether documents that were not scanned can be opened."""
        return self.unscanned == "accept"

    @field_validator("providers")
    @classmethod
    def _check_names(cls, providers: tuple[Provider, ...]) -> tuple[Provider, ...]:
        if len({provider.name for provider in providers}) < len(providers):
            raise ValueError("two providers have the same name")
        return providers

    @field_validator("staff_passwords")
    @classmethod
    def _check_staff_can_sign_in(cls, allowed: bool, info: ValidationInfo) -> bool:
        providers: tuple[Provider, ...] = info.data.get("providers", ())
        if not allowed and all(provider.users != "staff" for provider in providers):
            raise ValueError("staff can't sign in without a password and without a provider")
        return allowed

    @property
    def staff_provider(self) -> Provider | None:
        """The provider by which staff sign in, if there is one."""
        return next((found for found in self.providers if found.users == "staff"), None)

    def provider(self, name: str) -> Provider | None:
        """Return a provider by name."""
        return next((found for found in self.providers if found.name == name), None)

    @property
    def database(self) -> str:
        """The database URL, by default SQLite in the data folder."""
        return self.database_url or f"sqlite:///{self.data.absolute() / 'portal.db'}"

    @property
    def uploads(self) -> Path:
        """The folder of uploads in progress."""
        return self.data.absolute() / "uploads"

    @property
    def documents(self) -> str:
        """The URL of the document store, by default a folder in the data folder."""
        return self.documents_url or f"file://{self.data.absolute() / 'documents'}"

    @property
    def ssh_host_key(self) -> Path:
        """The file of the SSH server's host key, by default in the data folder."""
        return self.ssh_host_key_file or self.data.absolute() / "ssh" / "host_key"
