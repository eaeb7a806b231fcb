"""Keychain in a plain file, for programs started by tests."""

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend

FILE_VARIABLE = "TEST_KEYCHAIN"
ROOT = Path(__file__).parent.parent


def build_environment(file: Path) -> dict[str, str]:
    """Build the environment variables that make a program use a keychain file."""
    return {
        "PYTHON_KEYRING_BACKEND": f"{__name__}.FileKeychain",
        "PYTHONPATH": str(ROOT),
        FILE_VARIABLE: str(file),
    }


def store_secret(file: Path, service: str, username: str, password: str) -> None:
    """Store a secret in a keychain file."""
    secrets = json.loads(file.read_text()) if file.exists() else {}
    file.write_text(json.dumps({**secrets, f"{service}/{username}": password}))


class FileKeychain(KeyringBackend):
    """Keyring backend whose secrets survive when the program is killed."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # keyring is untyped here
        self._file = Path(os.environ[FILE_VARIABLE])

    def get_password(self, service: str, username: str) -> str | None:
        """Return a secret, or None if it is not stored."""
        secrets: dict[str, str] = json.loads(self._file.read_text()) if self._file.exists() else {}
        return secrets.get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        """Store a secret."""
        store_secret(self._file, service, username, password)

    def delete_password(self, service: str, username: str) -> None:
        """Delete a secret if it exists."""
        secrets = json.loads(self._file.read_text()) if self._file.exists() else {}
        secrets.pop(f"{service}/{username}", None)
        self._file.write_text(json.dumps(secrets))
