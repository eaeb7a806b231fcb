"""Client settings from the command line, the environment and a TOML file."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import platformdirs

APP = "professional-portal"
MAX_PROBLEMS = 5
"""Maximum number of settings problems in one notice."""
DEFAULT_SERVER = "http://127.0.0.1:8765"
MACHINE_SETTINGS = Path("/etc/professional-portal/client.toml")
"""Settings file of the restricted mode, which only root can change."""


class Look(StrEnum):
    """Colour scheme; TERMINAL follows the terminal's background, if the terminal reports it."""

    TERMINAL = "terminal"
    DARK = "dark"
    LIGHT = "light"
    CONTRAST = "high-contrast"


class SettingsError(Exception):
    """The settings are invalid; the message explains how to correct them."""


@dataclass(frozen=True)
class SettingsFile:
    """The text of the settings file, used to locate settings."""

    path: Path
    text: str

    def locate(self, name: str, section: str = "") -> str:
        """Return the location of a setting or section, such as `line 3`."""
        header, key = re.compile(r"\s*\[+\s*([^\]]+?)\s*\]"), re.compile(r"\s*([^=\s]+)\s*=")
        current_section = ""
        for number, line in enumerate(self.text.splitlines(), 1):
            if match := header.match(line):
                current_section = match[1].strip("\"'")
                if current_section == name and not section:
                    return f"line {number}"
            elif (match := key.match(line)) and (current_section, match[1].strip("\"'")) == (
                section,
                name,
            ):
                return f"line {number}"
        return "the file"


@dataclass(frozen=True)
class Settings:
    """Server address, notifications, colours, remapped keys, CA file and local paths.

    `keys` maps command names to keys. `path` is the file that changed settings are written to.
    `problems` describes the ignored parts of the settings file.
    """

    server: str = DEFAULT_SERVER
    notify: bool = True
    look: Look = Look.TERMINAL
    keys: dict[str, str] = field(default_factory=dict)
    ca_file: Path | None = None
    state: Path = field(default_factory=lambda: platformdirs.user_state_path(APP))
    path: Path | None = None
    file: SettingsFile | None = None
    problems: tuple[str, ...] = ()

    def describe(self, problems: Sequence[str]) -> str:
        """Return a notice with the first few problems of the settings file, or ''."""
        if not problems or self.file is None:
            return ""
        lines = [f"These lines of {self.file.path} have no effect:", *problems[:MAX_PROBLEMS]]
        if len(problems) > MAX_PROBLEMS:
            lines.append(f"and {len(problems) - MAX_PROBLEMS} more.")
        return "\n  ".join(lines)


def settings_path() -> Path:
    """Return the path of the settings file."""
    return platformdirs.user_config_path(APP) / "settings.toml"


def load_settings(server: str | None = None, *, restricted: bool = False) -> Settings:
    """Load the settings; `server` takes precedence over PORTAL_SERVER and the file.

    If `restricted`, only the machine's file counts, and changed settings are not stored. Raises
    SettingsError if the file can't be read or the server's address is invalid.
    """
    path = None if restricted else settings_path()
    file, values = _read_file(path or MACHINE_SETTINGS)
    stored_server = values.pop("server", DEFAULT_SERVER)
    variable = None if restricted else os.environ.get("PORTAL_SERVER")
    address = server or variable or str(stored_server)
    if not address.startswith(("http://", "https://")):
        raise SettingsError(f"The server's address must begin with https:// or http://: {address}")
    if file is None:
        return Settings(server=address, path=path)
    problems: list[str] = []
    keys = _read_keys(values.pop("keys", {}), file, problems)
    ca_file = _read_ca_file(values.pop("ca_file", None), file, problems)
    notify = values.pop("notify", True)
    if not isinstance(notify, bool):
        problems.append(f"{file.locate('notify')}: notify must be true or false.")
    look = _read_look(values.pop("colours", Look.TERMINAL), file, problems)
    for name in values:
        problems.append(f"{file.locate(name)}: there is no setting '{name}'.")
    return Settings(
        server=address,
        notify=notify is not False,
        look=look,
        keys=keys,
        ca_file=ca_file,
        path=path,
        file=file,
        problems=tuple(problems),
    )


def save_setting(path: Path, name: str, value: str) -> None:
    """Write a setting to the file, keeping the rest. Raises OSError."""
    line = f"{name} = {value}"
    text = path.read_text("utf-8") if path.exists() else ""
    text, count = re.subn(rf"(?m)^{name}[ \t]*=.*$", line, text, count=1)
    path.parent.mkdir(parents=True, exist_ok=True)
    # In TOML, top-level keys come before the first table.
    path.write_text(text if count else f"{line}\n{text}", "utf-8")


def _read_file(path: Path) -> tuple[SettingsFile | None, dict[str, object]]:
    """Return the settings file and its values, or None and no values if there is no file."""
    if not path.exists():
        return None, {}
    import tomllib  # slow to import, and most users have no settings file

    try:
        file = SettingsFile(path, path.read_text("utf-8"))
        return file, tomllib.loads(file.text)
    except (tomllib.TOMLDecodeError, OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} can't be read: {error}. Mend it or move it away.") from None


def _read_keys(value: object, file: SettingsFile, problems: list[str]) -> dict[str, str]:
    if not isinstance(value, dict):
        problems.append(
            f"{file.locate('keys')}: keys must be a section, as [keys] on its own line."
        )
        return {}
    for name, key in value.items():
        if not isinstance(key, str):
            problems.append(
                f'{file.locate(name, "keys")}: the key of {name} must be in quotes, as in "f12".'
            )
    return {
        str(name): ",".join(part.strip() for part in key.split(","))
        for name, key in value.items()
        if isinstance(key, str)
    }


def _read_look(value: object, file: SettingsFile, problems: list[str]) -> Look:
    try:
        return Look(str(value))
    except ValueError:
        choices = ", ".join(f'"{look}"' for look in Look)
        problems.append(f"{file.locate('colours')}: colours must be one of {choices}.")
        return Look.TERMINAL


def _read_ca_file(value: object, file: SettingsFile, problems: list[str]) -> Path | None:
    if value is None:
        return None
    if not isinstance(value, str):
        problems.append(f"{file.locate('ca_file')}: the file's name must be in quotes.")
        return None
    return file.path.parent / Path(value).expanduser()


def is_unencrypted(server: str) -> bool:
    """Return whether the connection to a server is unencrypted."""
    from ipaddress import ip_address
    from urllib.parse import urlsplit

    parts = urlsplit(server)
    host = parts.hostname or ""
    if parts.scheme == "https" or host == "localhost":
        return False
    try:
        return not ip_address(host).is_loopback
    except ValueError:
        return True
