"""Client settings, from the command line, the environment and a TOML file."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

APP = "professional-portal"
DEFAULT_SERVER = "http://127.0.0.1:8765"


class SettingsError(Exception):
    """The settings are invalid; the message says where and how to correct them."""


@dataclass(frozen=True)
class Settings:
    """Server address, notifications, remapped keys (binding id -> keys), and local paths.

    `file` is the file that a setting changed in the program is written to.
    """

    server: str = DEFAULT_SERVER
    notify: bool = True
    keys: dict[str, str] = field(default_factory=dict)
    state: Path = field(default_factory=lambda: platformdirs.user_state_path(APP))
    file: Path | None = None


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
    notify = values.get("notify", True)
    if not isinstance(notify, bool):
        raise SettingsError(f"{path}: notify must be true or false.")
    address = server or os.environ.get("PORTAL_SERVER") or str(values.get("server", DEFAULT_SERVER))
    if not address.startswith(("http://", "https://")):
        raise SettingsError(f"The server's address must begin with https:// or http://: {address}")
    return Settings(
        server=address,
        notify=notify,
        keys={str(name): key for name, key in keys.items()},
        file=path,
    )


def save_setting(file: Path, name: str, value: str) -> None:
    """Write a setting to the file, leaving the rest as it is; raises OSError."""
    line = f"{name} = {value}"
    text = file.read_text("utf-8") if file.exists() else ""
    text, count = re.subn(rf"(?m)^{name}[ \t]*=.*$", line, text, count=1)
    file.parent.mkdir(parents=True, exist_ok=True)
    # A setting must stand above the first table.
    file.write_text(text if count else f"{line}\n{text}", "utf-8")
