"""Restricted mode: what protects a shared machine from a person who may only use the portal."""

from __future__ import annotations

import ctypes
import os
import stat
import sys
from pathlib import Path

from tui.core.confinement import confine
from tui.core.settings import SettingsError

DEFAULT_FOLDER = "portal"
"""Name of the folder in the home folder of the Unix account."""
ENVIRONMENT = {"TERM", "COLORTERM", "NO_COLOR", "LANG", "SSH_CONNECTION"}
"""Variables that are left; others can make libraries load code, write files or use a proxy."""
PRIVATE_MODE = 0o700
SET_DUMPABLE = 4
SYSTEM_FILES = (
    "/usr",
    "/lib",
    "/lib64",
    "/etc/ssl",
    "/etc/pki",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/nsswitch.conf",
    "/etc/resolv.conf",
    "/etc/gai.conf",
    "/etc/localtime",
    "/etc/ld.so.cache",
    "/run/systemd/resolve",
    "/dev/urandom",
)
"""What Python and its libraries read, such as code, certificates and names of hosts."""


def restrict(folder: Path | None, ca_file: Path | None, note: str = "", quota: int = 0) -> None:
    """Confine this process to a folder, by default `portal` in the home folder of its account.

    It must be called before other threads start, and before Textual is imported, which reads the
    environment. Raises SettingsError.
    """
    if sys.platform == "win32":
        raise SettingsError("The restricted mode needs a Unix system.")
    folder = prepare_folder(folder or _home() / DEFAULT_FOLDER)
    for name in os.environ.keys() - ENVIRONMENT:
        del os.environ[name]
    os.environ["HOME"] = str(folder)
    os.umask(0o077)
    os.chdir(folder)
    _protect_memory()
    _block_signals()
    confine(folder, note, quota)
    if sys.platform == "linux":
        from tui.core.landlock import limit_files

        # Not the folder above these two, which may hold data of a server.
        client = Path(__file__).parents[1]
        code = [Path(sys.prefix), Path(sys.base_prefix), client, client.with_name("shared")]
        readable = [*code, *map(Path, SYSTEM_FILES), *([ca_file] if ca_file else [])]
        limit_files(readable, [folder, Path(os.devnull)])


def prepare_folder(folder: Path) -> Path:
    """Create a private folder if it is missing, and return its path without symlinks.

    Raises SettingsError if it is a symlink, or if others own it or may open it.
    """
    try:
        folder = folder.absolute()
        folder = folder.parent.resolve() / folder.name
        folder.mkdir(PRIVATE_MODE, exist_ok=True)
        status = folder.lstat()
    except OSError as error:
        raise SettingsError(f"Your folder {folder} can't be used: {error.strerror}.") from None
    is_private = status.st_uid == os.getuid() and not status.st_mode & 0o077
    if not stat.S_ISDIR(status.st_mode) or not is_private:
        raise SettingsError(
            f"Your folder {folder} can't be used: it must be a folder of your account that nobody "
            "else may open (chmod 700). Ask the people who run this machine."
        )
    return folder


def _home() -> Path:
    import pwd

    # HOME could be set by the person.
    return Path(pwd.getpwuid(os.getuid()).pw_dir)


def _protect_memory() -> None:
    """Keep tokens and answers in memory from core dumps and from other processes."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(SET_DUMPABLE, 0, 0, 0, 0)


def _block_signals() -> None:
    """Block the keys that suspend or dump a program, as there is no shell to go back to."""
    import signal

    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTSTP, signal.SIGQUIT})
