"""The `check` command: everything that the server needs, each with its way out."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from aiosmtplib import SMTPException
from obstore.exceptions import BaseError
from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError, OperationalError, SQLAlchemyError
from sqlmodel import Session, func, select

from server.backups.databases import DatabaseFailed, find_tool, server_version
from server.commands.command import (
    CommandError,
    Parsers,
    describe_database,
    open_existing,
    require_forms,
    require_letters,
    require_schema,
)
from server.core import migrate, scanning
from server.core.audit import AuditEvent
from server.core.database import UnsafeDatabase, require_durable_commits, sqlite_file
from server.core.letters import LetterSettings
from server.core.moments import CLOCK_SKEW
from server.core.relay import RelayConnection, describe_error
from server.core.secret_key import WrongSecretKey, keys_of, order_keys
from server.core.settings import Settings
from server.core.settings_sources import FILE_SUFFIX, PREFIX, settings_file
from server.core.storage import describe_failure, open_store
from shared.values.days import utc_now

MIN_FREE_BYTES = 1_000_000_000

_NOT_NEEDED = {"phone", "email", "commissioning_body", "social_care"}
_NEEDED_IN_LETTERS = [name for name in LetterSettings.model_fields if name not in _NOT_NEEDED]
READ_SECONDS = 20.0
"""Longest time for reading a SQLite database."""
BAD_DATABASE = (
    CommandError,
    WrongSecretKey,
    UnsafeDatabase,
    DatabaseFailed,
    migrate.RestoreUnfinished,
)


@dataclass(frozen=True)
class Finding:
    """What was found out about one thing, and what to do if it is not right."""

    name: str
    ok: bool
    text: str


class Wrong(Exception):
    """Something is not right; the message says what, and what to do."""


def add_parser(commands: Parsers) -> None:
    """Add the parser of the command."""
    parser = commands.add_parser(
        "check", help="check all that the server needs: database, store, mail, antivirus, disk"
    )
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.set_defaults(run=run)


def run(settings: Settings, options: argparse.Namespace) -> None:
    """Print a finding about everything; raises CommandError if something is not right."""
    findings = list(_check_all(settings))
    if options.json:
        print(json.dumps([asdict(finding) for finding in findings]))
    else:
        for finding in findings:
            print(f"{'ok' if finding.ok else 'FAIL':5} {finding.name:11} {finding.text}")
    wrong = [finding.name for finding in findings if not finding.ok]
    if wrong:
        raise CommandError(f"Not right: {', '.join(wrong)}.")


def _check_all(settings: Settings) -> Iterator[Finding]:
    checks: dict[str, Callable[[Settings], str]] = {
        "secrets": _check_secrets,
        "permissions": _check_permissions,
        "disk": _check_disk,
        "database": _check_database,
        "migrations": _check_migrations,
        "secret key": _check_key,
        "clock": _check_clock,
        "store": _check_store,
        "backups": _check_backups,
        "forms": _check_forms,
        "letters": _check_letters,
        "mail": _check_mail,
        "antivirus": _check_antivirus,
        "address": _check_address,
    }
    for name, check in checks.items():
        try:
            yield Finding(name, True, check(settings))
        except (Wrong, *BAD_DATABASE) as error:
            yield Finding(name, False, str(error))
        except SQLAlchemyError as error:
            reason = str(getattr(error, "orig", None) or type(error).__name__).splitlines()[0]
            yield Finding(name, False, f"The database can't be used: {reason.rstrip('.')}.")
        except ModuleNotFoundError as error:
            yield Finding(name, False, f"{error}: pip install 'professional-portal[postgres]'.")
        except OSError as error:
            yield Finding(name, False, f"{error.filename}: {error.strerror}.")


def _check_secrets(settings: Settings) -> str:
    """Check that nobody else can read the files that hold settings."""
    files = [Path(os.environ[name]) for name in os.environ if _names_file(name)]
    if file := settings_file():
        files.append(file)
    for path in files:
        status = path.stat()
        if status.st_mode & stat.S_IROTH:
            raise Wrong(f"Everybody on this machine can read {path}: chmod o-rwx {path}.")
        if status.st_mode & stat.S_IRGRP and status.st_gid not in _own_groups(settings):
            raise Wrong(f"A group that is not the portal's can read {path}: chmod g-rwx {path}.")
    return "Only the portal can read them."


def _own_groups(settings: Settings) -> set[int]:
    """Return the group of this process, and of the data folder if root runs this."""
    folder = settings.data.absolute()
    return {os.getegid(), *([folder.stat().st_gid] if folder.exists() else [])}


def _names_file(variable: str) -> bool:
    return variable.startswith(PREFIX) and variable.endswith(FILE_SUFFIX)


def _check_permissions(settings: Settings) -> str:
    folder = settings.data.absolute()
    if not folder.is_dir():
        raise Wrong(f"The data folder {folder} does not exist: `portal-server migrate` makes it.")
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        raise Wrong(f"This user can't write to {folder}. Run this as the user of the portal.")
    database = folder / "portal.db"
    for path in (folder, database) if database.exists() else (folder,):
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise Wrong(f"Others on this machine can reach {path}: chmod go-rwx {path}.")
    return f"{folder} belongs to the portal alone."


def _check_disk(settings: Settings) -> str:
    free = shutil.disk_usage(settings.data.absolute()).free
    text = f"{free / 1_000_000_000:.1f} GB are free where {settings.data.absolute()} is."
    if free < MIN_FREE_BYTES:
        raise Wrong(f"{text} Make room, or move the data to a larger disk.")
    return text


def _check_database(settings: Settings) -> str:
    with open_existing(settings) as engine:
        require_durable_commits(engine)
        if engine.name == "sqlite":
            _read_sqlite(engine)
    return f"{describe_database(settings.database)} is reached, and commits are durable."


def _read_sqlite(engine: Engine) -> None:
    """Have SQLite read its file for up to READ_SECONDS; raises Wrong if it is damaged."""
    with engine.execution_options(writes=False).connect() as connection:
        driver: Any = connection.connection.driver_connection
        end = monotonic() + READ_SECONDS
        driver.set_progress_handler(lambda: monotonic() > end, 10_000)
        try:
            result = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
        except OperationalError as error:
            if "interrupted" not in str(error.orig):
                raise
            return  # what was read is undamaged
        except DatabaseError as error:
            result = str(error.orig)
        finally:
            driver.set_progress_handler(None, 0)
    if result != "ok":
        raise Wrong(f"The database is damaged: {result}. Restore a backup: see docs/backups.md.")


def _check_migrations(settings: Settings) -> str:
    with open_existing(settings) as engine:
        migrate.require_restored(engine)
        require_schema(engine)
        revision = migrate.current_revision(engine)
        if migrate.is_newer(engine):
            return (
                f"The database is at revision {revision} of a newer version, which supports this."
            )
        return f"The database is at revision {revision}, the newest."


def _check_key(settings: Settings) -> str:
    with open_existing(settings) as engine, Session(engine) as session:
        order_keys(session, keys_of(settings))
    return "The database is used with this key."


def _check_clock(settings: Settings) -> str:
    """Compare the clock with the database's, and with the newest entry of the audit log."""
    with open_existing(settings) as engine, Session(engine) as session:
        times = [session.exec(select(func.max(AuditEvent.at))).one()]
        if engine.name == "postgresql":
            times.append(session.exec(select(func.clock_timestamp())).one())
            difference = abs(times[-1] - utc_now())
            if difference > CLOCK_SKEW:
                raise Wrong(_describe_difference("that of PostgreSQL", difference))
    newest: datetime | None = times[0]
    if newest is not None and newest - utc_now() > CLOCK_SKEW:
        raise Wrong(_describe_difference("the newest entry of the audit log", newest - utc_now()))
    return f"It is {utc_now():%Y-%m-%d %H:%M} UTC here."


def _describe_difference(what: str, difference: timedelta) -> str:
    return (
        f"The clock differs from {what} by {difference.total_seconds():.0f} s: set it, and keep "
        "it right with NTP."
    )


def _check_store(settings: Settings) -> str:
    """Write and delete a small object."""
    key = f"check-{uuid4()}"
    try:
        store = open_store(settings.documents)
        store.put(key, b"check")
        store.delete(key)
    except (BaseError, OSError) as error:
        answer = describe_failure(error)["answer"]
        raise Wrong(
            f"Documents can't be stored in {settings.documents}: {answer}. Check the bucket, and "
            "the keys and endpoint in the AWS_... variables."
        ) from None
    return f"Documents can be stored in {settings.documents}."


def _check_backups(settings: Settings) -> str:
    """Check that a backup can be written, and that the program that it needs is there."""
    folder = settings.backup_folder.absolute()
    nearest = next(path for path in (folder, *folder.parents) if path.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK | os.X_OK):
        raise Wrong(f"Backups can't be written to {folder}: set PORTAL_BACKUPS to another folder.")
    if sqlite_file(settings.database) is None:
        with open_existing(settings) as engine, engine.connect() as connection:
            find_tool("pg_dump", server_version(connection))
    return f"Backups can be written to {folder}."


def _check_forms(settings: Settings) -> str:
    require_forms(settings)
    return "All forms can be read."


def _check_letters(settings: Settings) -> str:
    require_letters(settings)
    if empty := [name for name in _NEEDED_IN_LETTERS if not getattr(settings.letters, name)]:
        return f"All letters can be read. Not set in [letters]: {', '.join(empty)}."
    return "All letters can be read."


def _check_mail(settings: Settings) -> str:
    if not settings.sends_mail:
        return "No email is sent (PORTAL_MAIL=none)."
    if not settings.mail_host:
        raise Wrong("PORTAL_MAIL_HOST is not set: set it to the relay, or set PORTAL_MAIL=none.")
    relay = f"{settings.mail_host} port {settings.mail_port}"
    try:
        asyncio.run(_reach_relay(settings))
    except (SMTPException, OSError, TimeoutError, ValueError) as error:
        raise Wrong(
            f"{relay} can't be used: {describe_error(error)}. Check the PORTAL_MAIL_... settings."
        ) from None
    return f"{relay} answers. `portal-server mail test ADDRESS` sends an email."


async def _reach_relay(settings: Settings) -> None:
    connection = RelayConnection(settings)
    try:
        await connection.check()
    finally:
        await connection.quit()


def _check_antivirus(settings: Settings) -> str:
    if not settings.clamd:
        if settings.accepts_unscanned:
            return "None: documents that were not scanned can be opened (PORTAL_UNSCANNED=accept)."
        raise Wrong(
            "PORTAL_CLAMD is not set: nobody can open documents. Set it to the address of clamd, "
            "or set PORTAL_UNSCANNED=accept."
        )
    if not asyncio.run(scanning.answers(settings.clamd)):
        raise Wrong(f"clamd does not answer at {settings.clamd}. Start it, or mend PORTAL_CLAMD.")
    return f"clamd answers at {settings.clamd}."


def _check_address(settings: Settings) -> str:
    parts = urlsplit(settings.public_url)
    if parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "localhost", "::1"}:
        raise Wrong(
            f"Links in emails begin with {settings.public_url}, which is not encrypted: put a "
            "proxy with TLS in front, and set PORTAL_PUBLIC_URL to its https address."
        )
    if parts.scheme == "https" and not settings.proxies:
        raise Wrong(
            "PORTAL_PROXIES is not set: all users seem to have the proxy's address. Set it to the "
            "address of the proxy."
        )
    return f"Links in emails begin with {settings.public_url}."
