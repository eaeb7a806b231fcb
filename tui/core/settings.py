"""Client settings, from the command line, the environment and a TOML file."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import platformdirs

APP = "professional-portal"
DEFAULT_SERVER = "http://127.0.0.1:8765"


class SettingsError(Exception):
    """The settings are invalid; the message says where and how to correct them."""


class Look(StrEnum):
    """The colours to use; TERMINAL follows the terminal, where it says what it has."""

    TERMINAL = "terminal"
    DARK = "dark"
    LIGHT = "light"
    CONTRAST = "high-contrast"


@dataclass(frozen=True)
class Settings:
    """Server address, colours, remapped keys (binding id -> keys), and paths for local state."""

    server: str = DEFAULT_SERVER
    look: Look = Look.TERMINAL
    keys: dict[str, str] = field(default_factory=dict)
    state: Path = field(default_factory=lambda: platformdirs.user_state_path(APP))
    file: Path | None = None
    """The file that a setting changed in the program is written to."""


def settings_path() -> Path:
    """Return the path of the settings file."""
    return platformdirs.user_config_path(APP) / "settings.toml"


def load_settings(server: str | None = None) -> Settings:
    """Load the settings; `server` takes precedence over PORTAL_SERVER and the file.

    Raises SettingsError if a setting is invalid.
    """
    path = settings_path()
    values: dict[str, object] = {}
    if path.exists():
        import tomllib  # slow to import, and most users have no settings file

        try:
            values = tomllib.loads(path.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, OSError, UnicodeDecodeError) as error:
            raise SettingsError(
                f"{path} can't be read: {error}. Mend it or move it away."
            ) from None
    keys = values.get("keys", {})
    if not isinstance(keys, dict) or not all(isinstance(key, str) for key in keys.values()):
        raise SettingsError(f"{path}: [keys] must give each command a key, as in help = 'f1'.")
    address = server or os.environ.get("PORTAL_SERVER") or str(values.get("server", DEFAULT_SERVER))
    if not address.startswith(("http://", "https://")):
        raise SettingsError(f"The server's address must begin with https:// or http://: {address}")
    return Settings(
        server=address,
        look=_look(path, values),
        keys={str(name): key for name, key in keys.items()},
        file=path,
    )


def _look(path: Path, values: dict[str, object]) -> Look:
    try:
        return Look(str(values.get("colours", Look.TERMINAL)))
    except ValueError:
        choices = ", ".join(f"'{look}'" for look in Look)
        raise SettingsError(f"{path}: colours must be one of {choices}.") from None


def save_look(file: Path, look: Look) -> None:
    """Write the colours to the settings file, leaving the rest as it is; raise OSError if not."""
    line = f'colours = "{look}"'
    text = file.read_text("utf-8") if file.exists() else ""
    text, count = re.subn(r"(?m)^colours[ \t]*=.*$", line, text, count=1)
    file.parent.mkdir(parents=True, exist_ok=True)
    # A setting must stand above the first table.
    file.write_text(text if count else f"{line}\n{text}", "utf-8")
