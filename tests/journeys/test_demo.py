"""The demo starts with one command in an empty home folder, and leaves nothing behind."""

import os
import select
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.journeys.pages import SignIn
from tests.journeys.terminal import TIMEOUT_SECONDS, Terminal
from tui.leaving import DEMO_ENDED

PROCESSES = Path("/proc")

pytestmark = pytest.mark.skipif(
    not PROCESSES.is_dir() or not hasattr(os, "pidfd_open"), reason="needs /proc"
)


def list_processes(home: Path) -> list[int]:
    """List the processes whose working directory is `home`."""
    processes = []
    for process in PROCESSES.glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == home:
                processes.append(int(process.name))
        except OSError:
            continue  # It ended or belongs to another user.
    return processes


def wait_for_end(process: int) -> None:
    """Wait for the end of a process that is not a child of this one."""
    try:
        pidfd = os.pidfd_open(process)
    except ProcessLookupError:
        return
    ended, _, _ = select.select([pidfd], [], [], TIMEOUT_SECONDS)
    os.close(pidfd)
    if not ended:
        os.kill(process, signal.SIGKILL)
    assert ended, "The demo's server outlived its client."


@pytest.mark.parametrize("killed", [False, True])
def test_demo_signs_in_with_mailbox_code_and_ends_with_client(
    portal: Callable[..., Terminal], home: Path, killed: bool
) -> None:
    terminal = portal("demo")
    page = SignIn(terminal)
    page.sign_in_to_demo()
    page.enter_code(page.read_code_from_mailbox()).expect()
    server_processes = [
        process for process in list_processes(home) if process != terminal.process.pid
    ]
    assert server_processes
    assert list(home.glob("portal-demo-*"))
    if killed:
        terminal.process.kill()
    else:
        terminal.press("ctrl+q")
    for process in server_processes:
        wait_for_end(process)
    assert terminal.close() == (-9 if killed else 0)
    assert killed or DEMO_ENDED in terminal.text
    assert not list_processes(home)
    assert not list(home.glob("portal-demo-*"))
