"""The `backup` command: make, list and rehearse backups."""

from __future__ import annotations

import argparse
from contextlib import closing
from pathlib import Path

from pyrage import IdentityError, x25519
from sqlmodel import col, select

from server.app import open_services
from server.backups.archive import Archive, BadBackup
from server.backups.databases import DatabaseFailed
from server.backups.making import BackupFailed, list_backups, make_backup
from server.backups.rehearsing import RehearsalFailed, rehearse
from server.backups.restoring import RestoreFailed
from server.commands.command import CommandError, Parsers
from server.core.backup_runs import BackupRun, RunBusy, RunKind
from server.core.database import Services
from server.core.settings import Settings
from shared.documents import human_size
from shared.values.days import format_datetime

MAX_NAMED = 20


def add_parser(commands: Parsers) -> None:
    """Add the parser of the command."""
    backup = commands.add_parser(
        "backup", help="write the database and documents to one file, while the server runs"
    )
    backup.add_argument("--to", type=Path, metavar="FOLDER", help="default: PORTAL_BACKUPS")
    backup.add_argument(
        "--keep-days", type=int, metavar="N", help="delete older ones; default: 30 days"
    )
    backup.set_defaults(run=make)
    actions = backup.add_subparsers(dest="action")
    rehearsal = actions.add_parser("rehearse", help="restore a backup elsewhere and check it")
    rehearsal.add_argument("file", type=Path, nargs="?", help="default: the newest backup")
    add_identity(rehearsal)
    rehearsal.set_defaults(run=rehearse_restore)
    actions.add_parser("list", help="list the backups").set_defaults(run=show)


def add_identity(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the key of an encrypted backup."""
    parser.add_argument(
        "--identity", type=Path, metavar="FILE", help="the age identity of an encrypted backup"
    )


def open_archive(path: Path, identity: Path | None) -> Archive:
    """Return the archive of a backup; raises CommandError."""
    if not path.is_file():
        raise CommandError(f"{path} is no file. `portal-server backup list` lists the backups.")
    return Archive(path, _read_identity(identity) if identity else None)


def _read_identity(path: Path) -> x25519.Identity:
    try:
        lines = path.read_text().split()
    except (OSError, UnicodeDecodeError):
        raise CommandError(f"--identity: {path} can't be read.") from None
    for line in lines:
        if line.startswith("AGE-SECRET-KEY-"):
            try:
                return x25519.Identity.from_str(line)
            except IdentityError:
                break
    raise CommandError(f"--identity: {path} holds no identity of age.")


def make(settings: Settings, options: argparse.Namespace) -> None:
    """Make a backup; raises CommandError."""
    folder = options.to or settings.backup_folder
    keep_days = settings.backup_keep_days if options.keep_days is None else options.keep_days
    if keep_days < 1:
        raise CommandError("--keep-days: it must be at least 1.")
    with closing(open_services(settings)) as services:
        try:
            made = make_backup(services, folder, keep_days)
        except RunBusy:
            raise CommandError("Another backup is running. Nothing was done.") from None
        except (BackupFailed, DatabaseFailed) as error:
            raise CommandError(str(error)) from None
    print(f"Written to {made.path}, {human_size(made.bytes)}. Deleted older ones: {made.deleted}.")
    if not settings.backup_recipient:
        print("It is not encrypted: keep it safe, or set PORTAL_BACKUP_RECIPIENT.")
    if made.missing:
        raise CommandError(
            f"Documents that are missing in the store, or damaged, are not in it: "
            f"{len(made.missing)}, with the keys {', '.join(made.missing[:MAX_NAMED])}. The newest "
            "complete backup stays: they may be in it. See docs/backups.md, 'Lost documents'."
        )


def rehearse_restore(settings: Settings, options: argparse.Namespace) -> None:
    """Restore a backup elsewhere and check it; raises CommandError, WrongSecretKey."""
    path = options.file or _find_newest(options.to or settings.backup_folder)
    archive = open_archive(path, options.identity)
    with closing(open_services(settings)) as services:
        try:
            manifest = rehearse(services, archive)
        except RunBusy:
            raise CommandError("Another rehearsal is running. Nothing was done.") from None
        except BadBackup as error:
            raise CommandError(f"{path} can't be restored: {error}.") from None
        except OSError as error:
            raise CommandError(
                f"{path} can't be read, or copied to PORTAL_DATA: {error.strerror}."
            ) from None
        except (RestoreFailed, RehearsalFailed, DatabaseFailed) as error:
            raise CommandError(f"{path} was not restored without problems:\n{error}") from None
    documents = sum(name.startswith("documents/") for name in manifest.members)
    print(
        f"{path} was restored elsewhere and is as it should be: rows {sum(manifest.rows.values())},"
        f" documents {documents}, missing when it was made {len(manifest.missing)}."
    )


def _find_newest(folder: Path) -> Path:
    backups = list_backups(folder)
    if not backups:
        raise CommandError(f"There is no backup in {folder}. Make one with `portal-server backup`.")
    return backups[-1].path


def show(settings: Settings, options: argparse.Namespace) -> None:
    """Print the backups of the folder, oldest first, and the last rehearsal."""
    for backup in list_backups(options.to or settings.backup_folder):
        size = human_size(backup.path.stat().st_size)
        print(f"{backup.path}  {size}{'  encrypted' if backup.is_encrypted else ''}")
    with closing(open_services(settings)) as services:
        for kind in RunKind:
            print(f"Last {kind}: {_describe_last(services, kind)}")


def _describe_last(services: Services, kind: RunKind) -> str:
    with services.transaction(writes=False) as tx:
        query = select(BackupRun).where(BackupRun.kind == kind)
        run = tx.session.exec(query.order_by(col(BackupRun.started_at).desc()).limit(1)).first()
    if run is None:
        return "none"
    return f"{format_datetime(run.started_at)}, {run.outcome or 'running or killed'}"
