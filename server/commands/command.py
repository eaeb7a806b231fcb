"""What the modules of commands share."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from typing import TypeAlias

from sqlalchemy import Engine, make_url
from sqlmodel import Session

from server.core import migrate
from server.core.database import open_database, sqlite_file
from server.core.secret_key import keys_of, order_keys
from server.core.settings import Settings
from server.forms.catalogue import BadForm, catalogue
from server.letters.templates import BadTemplate, load_templates

Parsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


class CommandError(Exception):
    """A command that can't be carried out; the message says why, and what to do."""


def portal_version() -> str:
    """Return the version of the portal."""
    return version("professional-portal")


def describe_database(url: str) -> str:
    """Return a name of the database without its user and password."""
    parts = make_url(url)
    if parts.get_backend_name() == "sqlite":
        return f"SQLite in {parts.database}"
    host = parts.host or parts.query.get("host", "localhost")
    return f"PostgreSQL, {parts.database} at {host}{f':{parts.port}' if parts.port else ''}"


@contextmanager
def open_existing(settings: Settings) -> Iterator[Engine]:
    """Open the database, without creating it; raises CommandError."""
    file = sqlite_file(settings.database)
    if file is not None and not file.exists():
        setting = "PORTAL_DATABASE_URL" if settings.database_url else "PORTAL_DATA"
        raise CommandError(
            f"There is no database {file}: check {setting}, or make one by `portal-server migrate`."
        )
    engine = open_database(settings.database)
    try:
        yield engine
    finally:
        engine.dispose()


def require_usable(settings: Settings, *, may_be_new: bool) -> None:
    """Check that a command may use the database, and use it with this key.

    The key of one that may be new is left to the command. Raises CommandError, RestoreUnfinished,
    WrongSecretKey.
    """
    if may_be_new and sqlite_file(settings.database):  # a file is replaced as a whole
        return
    with open_existing(settings) as engine:
        migrate.require_restored(engine)
        if not may_be_new:
            with Session(engine) as session:
                order_keys(session, keys_of(settings))


def require_supported(engine: Engine) -> None:
    """Raise CommandError if the database is of a newer version that does not support this one."""
    if migrate.is_newer(engine) and not migrate.supports_this_version(engine):
        newest, _ = migrate.list_revisions()[-1]
        raise CommandError(
            f"The database is of a newer version of the portal (revision "
            f"{migrate.current_revision(engine)}) than this program, {portal_version()}: use that "
            f"version, or go back with it: `portal-server migrate --to {newest}`."
        )


def require_schema(engine: Engine) -> None:
    """Raise CommandError if this version does not work with the schema of a database."""
    require_supported(engine)
    if not migrate.can_be_served(engine):
        raise CommandError(
            "The database is empty or of an older version: run `portal-server migrate`."
        )


def confirm(options: argparse.Namespace, question: str) -> None:
    """Ask a question that only yes answers, unless --yes was passed; raises CommandError."""
    if options.yes:
        return
    if not sys.stdin.isatty():
        raise CommandError("Nothing was changed: add --yes to go on without being asked.")
    require_answer(question, "yes")


def require_answer(question: str, answer: str) -> None:
    """Ask a question; raises CommandError at another answer, or at the end of the input."""
    try:
        typed = input(f"{question} Type {answer} to go on: ")
    except EOFError:
        typed = ""
    if typed.strip().lower() != answer:
        raise CommandError("Nothing was changed.")


def require_letters(settings: Settings) -> None:
    """Raise CommandError if a template of a letter can't be used."""
    try:
        load_templates(settings.letter_templates)
    except BadTemplate as error:
        raise CommandError(f"PORTAL_LETTER_TEMPLATES: {error}") from None
    except OSError as error:
        raise CommandError(
            f"PORTAL_LETTER_TEMPLATES: {error.filename}: {error.strerror}."
        ) from None


def require_forms(settings: Settings) -> None:
    """Raise CommandError if a form can't be read."""
    try:
        catalogue(settings.forms)
    except BadForm as error:
        raise CommandError(f"PORTAL_FORMS: {error}") from None
    except OSError as error:
        raise CommandError(f"PORTAL_FORMS: {error.filename}: {error.strerror}.") from None
