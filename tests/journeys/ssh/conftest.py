"""sshd as root only: another account can't start sessions that are chrooted."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def ssh_folder() -> Iterator[Path]:
    """Folder in folders that only root can write to, as sshd demands for sftp."""
    if os.getuid():
        pytest.skip("needs root, for sshd")
    folder = Path(tempfile.mkdtemp(prefix="portal-", dir="/run"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)
