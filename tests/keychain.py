"""A keychain for programs that tests start: a plain file, named by an environment variable."""

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend

FILE = "TEST_KEYCHAIN"
ROOT = Path(__file__).parent.parent


def environment(file: Path) -> dict[str, str]:
    """Make the variables by which a program uses such a keychain."""
    return {
        "PYTHON_KEYRING_BACKEND": f"{__name__}.FileKeychain",
        "PYTHONPATH": str(ROOT),
        FILE: str(file),
    }


def put(file: Path, service: str, username: str, password: str) -> None:
    """Put a secret into the file of a keychain."""
    held = json.loads(file.read_text()) if file.exists() else {}
    file.write_text(json.dumps({**held, f"{service}/{username}": password}))


class FileKeychain(KeyringBackend):
    """Keeps secrets in a file, which a program that is killed leaves behind."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # keyring is untyped here
        self._file = Path(os.environ[FILE])

    def get_password(self, service: str, username: str) -> str | None:
        """Read a secret."""
        held: dict[str, str] = json.loads(self._file.read_text()) if self._file.exists() else {}
        return held.get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        """Keep a secret."""
        put(self._file, service, username, password)

    def delete_password(self, service: str, username: str) -> None:
        """Forget a secret, where it is there."""
        held = json.loads(self._file.read_text()) if self._file.exists() else {}
        held.pop(f"{service}/{username}", None)
        self._file.write_text(json.dumps(held))
