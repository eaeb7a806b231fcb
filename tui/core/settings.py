"""The client's settings: a TOML file in the user's configuration folder, and the command line."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

APP = "professional-portal"
DEFAULT_SERVER = "http://127.0.0.1:8765"


class BadSettings(Exception):
    """The settings file can't be read; the message names the file and the mend."""


@dataclass(frozen=True)
class Settings:
    """Where the server is and which keys are remapped (binding id -> keys)."""

    server: str = DEFAULT_SERVER
    keys: dict[str, str] = field(default_factory=dict)
    state: Path = field(default_factory=lambda: platformdirs.user_state_path(APP))


def settings_file() -> Path:
    """Tell where the settings file is looked for."""
    return platformdirs.user_config_path(APP) / "settings.toml"


def load_settings(server: str | None = None) -> Settings:
    """Read the settings; `server` from the command line goes before PORTAL_SERVER and the file.

    Raises BadSettings where the file is there but wrong.
    """
    file = settings_file()
    found: dict[str, object] = {}
    if file.exists():
        import tomllib  # slow to import, and most have no such file

        try:
            found = tomllib.loads(file.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, OSError, UnicodeDecodeError) as error:
            raise BadSettings(f"{file} can't be read: {error}. Mend it or move it away.") from None
    keys = found.get("keys", {})
    if not isinstance(keys, dict) or not all(isinstance(key, str) for key in keys.values()):
        raise BadSettings(f"{file}: [keys] must give each command a key, as in help = 'f1'.")
    address = server or os.environ.get("PORTAL_SERVER") or str(found.get("server", DEFAULT_SERVER))
    if not address.startswith(("http://", "https://")):
        raise BadSettings(f"The server's address must begin with https:// or http://: {address}")
    return Settings(server=address, keys={str(name): key for name, key in keys.items()})
