"""Settings of the server: their names, types and defaults."""

from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    EmailStr,
    Field,
    HttpUrl,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)
from pyrage import RecipientError, x25519
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from server.core.letters import NO_LETTER_SETTINGS, LetterSettings
from server.core.proxies import Network
from server.core.retention import DEFAULT_RETENTION, RetentionPeriods
from server.core.scanning import ADDRESS
from server.core.settings_sources import (
    InvalidSettings,
    explain_invalid,
    explain_unreadable,
    list_sources,
)
from shared.accounts import Staff
from shared.cases.clock import STATUTORY_PERIODS, Periods
from shared.versions import PATTERN

SECRET_MIN = 32

Port = Annotated[int, Field(ge=1, le=65535)]
Count = Annotated[int, Field(ge=1)]
Level = Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]

DATABASES = ("postgresql://", "postgresql+psycopg://", "sqlite:///")
STORES = ("s3://", "file:///", "memory:///")


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


class Sen2Header(BaseModel, frozen=True, extra="forbid"):
    """The header of the SEN2 return: the authority's number, and its designated officers."""

    la: Annotated[str, Field(pattern=r"^([0-9]{3})?$")] = ""
    dmo: Annotated[str, Field(max_length=100)] = ""
    """The designated medical officer."""
    dco: Annotated[str, Field(max_length=100)] = ""
    """The designated clinical officer."""
    dsco: Annotated[str, Field(max_length=100)] = ""
    """The designated social care officer."""


class Settings(BaseSettings):
    """The server's settings; the default texts are for Leicester.

    `secret_key` has no default: without it the server refuses to start. `data` is the folder
    of uploads in progress and, by default, of the database and documents, unless `database_url`
    and `documents_url` (s3://bucket, or file:///path) are set.
    """

    model_config = SettingsConfigDict(env_prefix="PORTAL_", env_file=None, extra="forbid")

    secret_key: SecretStr
    secret_key_old: SecretStr | None = None
    """The key before, while the key is being changed."""
    data: Path = Path("portal-data")
    database_url: str = ""
    documents_url: str = ""
    host: str = "127.0.0.1"
    port: Port = 8765
    public_url: str = Field(
        default_factory=lambda values: _local_url(values["host"], values["port"])
    )
    """The base URL of links in emails, without a slash at its end."""
    log: Level = "WARNING"
    proxies: Annotated[tuple[Network, ...], NoDecode] = ()
    """Addresses and networks of the proxies whose X-Forwarded-For is believed."""
    metrics_from: Annotated[tuple[Network, ...], NoDecode] = (
        IPv4Network("127.0.0.1"),
        IPv6Network("::1"),
    )
    """Addresses and networks that may read the metrics, without a proxy in between."""

    mail: Literal["smtp", "none"] = "smtp"
    """Whether the portal sends email; without, what depends on it is refused."""
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

    client_recommended: Annotated[str, Field(pattern=rf"^({PATTERN.pattern})?$")] = ""
    """The version that `portal update-check` recommends; by default the server's own."""

    session_idle_minutes: Count = 30
    session_hours: Count = 12
    quota_bytes: Count = 500 * 1024 * 1024
    upload_seconds: Count = 600
    drain_seconds: Count = 20
    """Seconds that a shutdown waits for requests in progress."""

    ssh_host: str = "127.0.0.1"
    ssh_port: Port = 8022
    ssh_server: str = ""
    """The portal's address for the clients that the SSH server runs; by default `public_url`."""
    ssh_address: str = ""
    """The address and port of the SSH server as people type them, shown in My Account."""
    ssh_host_key_file: Path | None = None
    ssh_sessions: Count = 40
    ssh_account_sessions: Count = 4
    ssh_unauthenticated: Count = 40
    """Connections that have not signed in yet."""
    ssh_login_seconds: Count = 30
    ssh_sign_in_seconds: Count = 900
    """How long a client that nobody is signed in to stays open."""
    ssh_idle_minutes: Count = 60
    ssh_memory_mb: Annotated[int, Field(ge=512)] = 1024
    ssh_open_files: Annotated[int, Field(ge=64)] = 256
    ssh_folder_mb: Count = 100
    ssh_folder_hours: Count = 24
    """How long files stay in an account's folder after its last session."""

    forms: Path | None = None
    """A folder of the authority's own forms, one YAML file each."""
    letters: LetterSettings = NO_LETTER_SETTINGS
    """Names and contacts in letters, as JSON: {"phone": "0116 496 0100"}."""
    letter_templates: Path | None = None
    """A folder of the authority's own templates of letters, one YAML file each."""
    periods: Periods = STATUTORY_PERIODS
    """Overrides of the statutory periods, as JSON: {"decide": 42}."""
    sen2: Sen2Header = Sen2Header()
    """The header of the SEN2 return, as JSON: {"la": "856"}."""
    retention: RetentionPeriods = DEFAULT_RETENTION
    """Overrides of the retention periods, as JSON: {"mail_days": 14}."""
    backups: Path | None = None
    """The folder of backups, by default in the data folder."""
    backup_keep_days: Annotated[int, Field(ge=1)] = 30
    backup_recipient: str = ""
    """The public key (age) that backups are encrypted for; without one they are not."""
    remind_days: tuple[int, ...] = (14, 3, -1, -7)
    """Days before a deadline on which reminders are sent; negative numbers are days after it."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the sources of settings, the one that counts most first."""
        return (init_settings, *list_sources(settings_cls))

    @field_validator(
        "data", "forms", "letter_templates", "backups", "ssh_host_key_file", mode="before"
    )
    @classmethod
    def _ignore_empty(cls, value: object, info: ValidationInfo) -> object:
        """Return the default for an empty path, which would be the working folder."""
        return value or cls.model_fields[str(info.field_name)].default

    @field_validator("log", mode="before")
    @classmethod
    def _fold_level(cls, value: object) -> object:
        return value.upper() if isinstance(value, str) else value

    @field_validator("database_url")
    @classmethod
    def _check_database(cls, value: str) -> str:
        if value.startswith("postgres://"):
            raise ValueError("it must begin with postgresql:// instead of postgres://")
        if value and not value.startswith(DATABASES):
            raise ValueError("it must begin with postgresql:// or sqlite:///")
        try:
            make_url(value or DATABASES[-1])
        except (ArgumentError, ValueError):
            raise ValueError(
                "it must be like postgresql://user:password@host:5432/name, with characters such "
                "as @ and / in the password written as %40 and %2F"
            ) from None
        return value

    @field_validator("documents_url")
    @classmethod
    def _check_store(cls, value: str) -> str:
        if value and not value.startswith(STORES):
            raise ValueError("it must be s3://bucket or file:///path")
        return value

    @field_validator("public_url")
    @classmethod
    def _check_url(cls, value: str) -> str:
        if not value.startswith(("https://", "http://")):
            raise ValueError("it must begin with https:// or http://")
        return value.rstrip("/")

    @field_validator("proxies", "metrics_from", mode="before")
    @classmethod
    def _split_networks(cls, value: object) -> object:
        parts = value.replace(",", " ").split() if isinstance(value, str) else value
        try:
            return [ip_network(part) for part in parts] if isinstance(parts, list) else parts
        except ValueError:
            raise ValueError("it must be addresses or networks, such as 10.0.0.0/8") from None

    @field_validator("secret_key", "secret_key_old")
    @classmethod
    def _check_length(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < SECRET_MIN:
            raise ValueError(f"it needs at least {SECRET_MIN} characters")
        return value

    @field_validator("clamd")
    @classmethod
    def _check_address(cls, value: str) -> str:
        if value and not ADDRESS.fullmatch(value):
            raise ValueError("it must be unix:///path or tcp://host:port")
        return value

    @field_validator("backup_recipient")
    @classmethod
    def _check_recipient(cls, value: str) -> str:
        if value:
            try:
                x25519.Recipient.from_str(value)
            except RecipientError:
                raise ValueError("it must be a public key of age, which begins with age1") from None
        return value

    @property
    def sends_mail(self) -> bool:
        """Whether the portal sends email."""
        return self.mail != "none"

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
    def backup_folder(self) -> Path:
        """The folder of backups."""
        return self.backups or self.data.absolute() / "backups"

    @property
    def documents(self) -> str:
        """The URL of the document store, by default a folder in the data folder."""
        return self.documents_url or f"file://{self.data.absolute() / 'documents'}"

    @property
    def ssh_host_key(self) -> Path:
        """The file of the SSH server's host key, by default in the data folder."""
        return self.ssh_host_key_file or self.data.absolute() / "ssh" / "host_key"


def _local_url(host: str, port: int) -> str:
    """Return the URL of the server on its own machine."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - all addresses, of which a link needs one
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def load_settings() -> Settings:
    """Load the settings from all sources; raises InvalidSettings."""
    with explaining_errors():
        return Settings()


@contextmanager
def explaining_errors() -> Iterator[None]:
    """Raise InvalidSettings, with a sentence for each, instead of the library's errors."""
    try:
        yield
    except ValidationError as error:
        raise InvalidSettings(explain_invalid(error, Settings)) from None
    except SettingsError as error:
        raise InvalidSettings(explain_unreadable(error, Settings)) from None
