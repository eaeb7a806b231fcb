"""The pseudo-terminal of a client leaves nothing open."""

import os
from unittest.mock import ANY

import pytest

from server.ssh.terminal import Terminal


async def test_client_that_cannot_start_leaves_no_descriptor_open() -> None:
    open_before = set(os.listdir("/proc/self/fd"))  # noqa: PTH208 - names only
    handover, writer = os.pipe()
    os.close(writer)
    with pytest.raises(FileNotFoundError), Terminal(80, 24) as terminal:
        await terminal.run(["/none/such"], {}, handover, ANY, ANY, lambda: None)
    assert set(os.listdir("/proc/self/fd")) <= open_before  # noqa: PTH208 - names only
