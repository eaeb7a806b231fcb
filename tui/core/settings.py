"""Client settings from the command line, the environment and two TOML files.

The user's own file takes precedence over that of their organisation, except for the settings that
the organisation lists in `fixed`.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import platformdirs

APP = "professional-portal"
MAX_PROBLEMS = 5
"""Maximum number of settings problems in one notice."""
ORGANISATION_VARIABLE = "PORTAL_CLIENT_SETTINGS"
FIXABLE = ("server", "ca_file", "notify", "colours", "keys")
DEFAULT_SERVER = "http://127.0.0.1:8765"
MACHINE_SETTINGS = Path("/etc/professional-portal/client.toml")
"""The organisation's settings file on Linux, which only root can change."""


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
    """The text of a settings file, used to locate settings; `label` precedes each location."""

    path: Path
    text: str
    label: str = ""

    def locate(self, name: str, section: str = "") -> str:
        """Return the location of a setting or section, such as `line 3`."""
        return f"{self.label}{self._find_line(name, section) or 'the file'}"

    def has(self, name: str, section: str = "") -> bool:
        """Return whether the file has a setting."""
        return bool(self._find_line(name, section))

    def _find_line(self, name: str, section: str) -> str:
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
        return ""


@dataclass(frozen=True)
class Settings:
    """Server address, notifications, colours, remapped keys, CA file and local paths.

    `keys` maps command names to keys. `path` is the file that changed settings are written to.
    `problems` describes the ignored parts of the settings files, and `fixed` names the settings
    that only the organisation's file may change.
    """

    server: str = DEFAULT_SERVER
    notify: bool = True
    look: Look = Look.TERMINAL
    keys: dict[str, str] = field(default_factory=dict)
    ca_file: Path | None = None
    state: Path = field(default_factory=lambda: platformdirs.user_state_path(APP))
    path: Path | None = None
    file: SettingsFile | None = None
    organisation_file: SettingsFile | None = None
    fixed: frozenset[str] = frozenset()
    problems: tuple[str, ...] = ()

    def locate_key(self, name: str) -> str:
        """Return the location of a remapped key in the file that defines it."""
        files = [file for file in (self.file, self.organisation_file) if file]
        defining = [file for file in files if file.has(name, "keys")] or files
        return defining[0].locate(name, "keys") if defining else ""

    def describe(self, problems: Sequence[str]) -> str:
        """Return a notice with the first few problems of the settings, or ''."""
        if not problems:
            return ""
        source = f"lines of {self.file.path}" if self.file else "settings"
        lines = [f"These {source} have no effect:", *problems[:MAX_PROBLEMS]]
        if len(problems) > MAX_PROBLEMS:
            lines.append(f"and {len(problems) - MAX_PROBLEMS} more.")
        return "\n  ".join(lines)


def settings_path() -> Path:
    """Return the path of the settings file."""
    return platformdirs.user_config_path(APP) / "settings.toml"


def organisation_path(*, restricted: bool = False) -> Path:
    """Return the path of the organisation's settings file; `restricted` ignores the variable."""
    path = os.environ.get(ORGANISATION_VARIABLE)
    if path and not restricted:
        return Path(path)
    if sys.platform == "linux":
        return MACHINE_SETTINGS
    return platformdirs.site_config_path(APP, appauthor=False) / "client.toml"


Values = dict[str, tuple[object, SettingsFile]]
"""The values of settings, each with the file that it is from."""


def load_settings(server: str | None = None, *, restricted: bool = False) -> Settings:
    """Load the settings; `server` takes precedence over PORTAL_SERVER and the files.

    If `restricted`, only the organisation's file counts, and changed settings are not stored.
    Raises SettingsError if a file can't be read, the server's address is invalid, or another is
    named than the organisation fixed.
    """
    organisation_file, organisation = _read_organisation_file(restricted)
    own_path = None if restricted else settings_path()
    file, own = _read_file(own_path) if own_path else (None, {})
    problems: list[str] = []
    fixed = _read_fixed(organisation, problems)
    keys: dict[str, str] = {}
    for values in (organisation, own):
        if "keys" in values and not (values is own and "keys" in fixed):
            keys |= _read_keys(*values.pop("keys"), problems)
    for name in own.keys() & fixed:
        _, source = own.pop(name)
        problems.append(f"{source.locate(name)}: '{name}' is fixed by your organisation.")
    values = organisation | own
    stored_server = str(values.pop("server", (DEFAULT_SERVER,))[0])
    address = server or (not restricted and os.environ.get("PORTAL_SERVER")) or stored_server
    _check_address(address, stored_server if "server" in fixed and not restricted else "")
    ca_file = _read_ca_file(values, problems)
    notify = _read_notify(values, problems)
    look = _read_look(values, problems)
    for name, (_, source) in values.items():
        problems.append(f"{source.locate(name)}: there is no setting '{name}'.")
    return Settings(
        server=address,
        notify=notify,
        look=look,
        keys=keys,
        ca_file=ca_file,
        path=own_path,
        file=file,
        organisation_file=organisation_file,
        fixed=fixed,
        problems=tuple(problems),
    )


def _check_address(address: str, fixed: str) -> None:
    """Raise SettingsError if a server's address is invalid, or not the one that is fixed."""
    if not address.startswith(("http://", "https://")):
        raise SettingsError(f"The server's address must begin with https:// or http://: {address}")
    if fixed and address != fixed:
        raise SettingsError(
            f"Your organisation fixed the server, {fixed}, in {organisation_path()}: start "
            "the portal without --server and without PORTAL_SERVER."
        )


def save_setting(path: Path, name: str, value: str) -> None:
    """Write a setting to the file, keeping the rest. Raises OSError."""
    line = f"{name} = {value}"
    text = path.read_text("utf-8") if path.exists() else ""
    text, count = re.subn(rf"(?m)^{name}[ \t]*=.*$", line, text, count=1)
    path.parent.mkdir(parents=True, exist_ok=True)
    # In TOML, top-level keys come before the first table.
    path.write_text(text if count else f"{line}\n{text}", "utf-8")


def _read_organisation_file(restricted: bool) -> tuple[SettingsFile | None, Values]:
    path = organisation_path(restricted=restricted)
    if not restricted and ORGANISATION_VARIABLE in os.environ and not path.exists():
        raise SettingsError(f"{ORGANISATION_VARIABLE}: there is no file {path}.")
    return _read_file(path, label=f"{path}, ")


def _read_file(path: Path, *, label: str = "") -> tuple[SettingsFile | None, Values]:
    """Return a settings file and its values, or None and no values if there is no file."""
    if not path.exists():
        return None, {}
    import tomllib  # slow to import, and most users have no settings file

    try:
        file = SettingsFile(path, path.read_text("utf-8"), label)
        return file, {name: (value, file) for name, value in tomllib.loads(file.text).items()}
    except (tomllib.TOMLDecodeError, OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} can't be read: {error}. Mend it or move it away.") from None


def _read_fixed(organisation: Values, problems: list[str]) -> frozenset[str]:
    names, file = organisation.pop("fixed", ((), None))
    known = {name for name in names if name in FIXABLE} if isinstance(names, list) else set()
    if file is not None and (not isinstance(names, list) or len(known) < len(names)):
        choices = ", ".join(f'"{name}"' for name in FIXABLE)
        problems.append(f"{file.locate('fixed')}: fixed must be a list of some of {choices}.")
    return frozenset(known)


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


def _read_look(values: Values, problems: list[str]) -> Look:
    if "colours" not in values:
        return Look.TERMINAL
    value, file = values.pop("colours")
    try:
        return Look(str(value))
    except ValueError:
        choices = ", ".join(f'"{look}"' for look in Look)
        problems.append(f"{file.locate('colours')}: colours must be one of {choices}.")
        return Look.TERMINAL


def _read_notify(values: Values, problems: list[str]) -> bool:
    if "notify" not in values:
        return True
    value, file = values.pop("notify")
    if not isinstance(value, bool):
        problems.append(f"{file.locate('notify')}: notify must be true or false.")
    return value is not False


def _read_ca_file(values: Values, problems: list[str]) -> Path | None:
    if "ca_file" not in values:
        return None
    value, file = values.pop("ca_file")
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
