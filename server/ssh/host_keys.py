"""The SSH server's host key, made once and kept."""

import os
from pathlib import Path

import asyncssh

from server.core.settings import Settings
from server.core.storage import make_folder

KIND = "ssh-ed25519"


class UnusableHostKey(Exception):
    """A host key that can't be read or that others may read; the message says what to do."""


def load_host_key(settings: Settings) -> asyncssh.SSHKey:
    """Return the host key, made if there is none; raises UnusableHostKey or OSError."""
    path = settings.ssh_host_key
    try:
        return _read(path)
    except FileNotFoundError:
        make_folder(path.parent)
        _write(path, asyncssh.generate_private_key(KIND).export_private_key())
        return _read(path)


def _read(path: Path) -> asyncssh.SSHKey:
    if path.stat().st_mode & 0o077:
        raise UnusableHostKey(f"{path} may be read by others: run `chmod 600 {path}`.")
    try:
        return asyncssh.import_private_key(path.read_bytes())
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError):
        raise UnusableHostKey(f"{path} is not an SSH private key without a passphrase.") from None


def _write(path: Path, content: bytes) -> None:
    """Write a private file, whole or not at all, unless another process was first."""
    new = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(new)
    except FileExistsError:
        pass
    finally:
        new.unlink()
