"""The `restore` command."""

from __future__ import annotations

import argparse
from pathlib import Path

from obstore.exceptions import BaseError

from server.backups.archive import BadBackup
from server.backups.databases import DatabaseFailed, require_unused
from server.backups.existing import Existing, find_existing
from server.backups.restoring import Checked, RestoreFailed, check_backup, restore
from server.commands.backup import add_identity, open_archive
from server.commands.command import CommandError, Parsers, require_answer
from server.core.settings import Settings
from shared.values.days import format_datetime

ANSWER = "replace"
POSTGRESQL_RIGHTS = (
    "If the server has a role of its own, give it its rights again: see docs/audit-log.md."
)


def add_parser(commands: Parsers) -> None:
    """Add the parser of the command."""
    parser = commands.add_parser(
        "restore", help="restore a backup, while the server is stopped; it is checked first"
    )
    parser.add_argument("file", type=Path)
    parser.add_argument(
        "--replace", action="store_true", help="replace what is there, after a question"
    )
    parser.add_argument(
        "--key-lost",
        action="store_true",
        help="restore without the secret key that it was made with; nothing then shows who made it",
    )
    add_identity(parser)
    parser.set_defaults(run=run)


def run(settings: Settings, options: argparse.Namespace) -> None:
    """Restore a backup; raises CommandError, WrongSecretKey."""
    archive = open_archive(options.file, options.identity)
    try:
        with check_backup(settings, archive, key_lost=options.key_lost) as backup:
            existing = find_existing(settings)
            if existing.parts:
                require_unused(settings.database)
                _ask(existing, backup, replace=options.replace)
            problems = restore(settings, backup, existing)
    except BadBackup as error:
        raise CommandError(
            f"{options.file} can't be restored: {error}. Nothing was changed."
        ) from None
    except BaseError as error:
        raise CommandError(
            f"PORTAL_DOCUMENTS_URL: the store can't be read: {type(error).__name__}. Nothing was "
            "changed."
        ) from None
    except OSError as error:
        raise CommandError(
            f"The backup can't be read, or copied to PORTAL_DATA: {error.strerror}. Nothing was "
            "changed."
        ) from None
    except (RestoreFailed, DatabaseFailed) as error:
        raise CommandError(f"Nothing was restored. {error}") from None
    _print_result(settings, backup, existing)
    if problems:
        raise CommandError("Restored, but the audit log has problems:\n" + "\n".join(problems))


def _ask(existing: Existing, backup: Checked, *, replace: bool) -> None:
    """Raise CommandError unless what exists is to be replaced."""
    if not replace:
        raise CommandError(
            f"There is something already: {existing}. Nothing was changed. Restore into an empty "
            "database and document store, or add --replace."
        )
    made_at = format_datetime(backup.manifest.made_at)
    print(f"There is: {existing}.")
    require_answer(f"All of it is replaced by the backup of {made_at}.", ANSWER)


def _print_result(settings: Settings, backup: Checked, existing: Existing) -> None:
    manifest = backup.manifest
    print(
        f"Restored the backup of {format_datetime(manifest.made_at)}: rows "
        f"{sum(manifest.rows.values())}. Everyone has to sign in again."
    )
    if manifest.missing:
        print(f"Documents that were missing when it was made: {len(manifest.missing)}.")
    since = sorted(erasure for erasure in existing.erasures if erasure[0] > manifest.made_at)
    if since:
        print("Erased since that backup, and so to be erased again with `person` or `account`:")
        for at, id in since:
            print(f"{format_datetime(at)}  {id}")
    if backup.key_lost:
        print("Now run `portal-server rotate-key --lost`, then `portal-server audit verify`.")
    if not settings.database.startswith("sqlite"):
        print(POSTGRESQL_RIGHTS)
