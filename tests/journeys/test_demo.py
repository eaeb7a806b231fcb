"""The demo, started with one command in an empty home folder, leaves nothing behind."""

import os
import select
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.journeys.pages import SignIn
from tests.journeys.terminal import PATIENCE, Terminal

PROCESSES = Path("/proc")

pytestmark = pytest.mark.skipif(
    not PROCESSES.is_dir() or not hasattr(os, "pidfd_open"), reason="It looks into Linux' /proc."
)


def started_in(home: Path) -> list[int]:
    """List the processes whose working directory is a folder."""
    processes = []
    for process in PROCESSES.glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == home:
                processes.append(int(process.name))
        except OSError:
            continue  # It ended or belongs to another user.
    return processes


def wait_for_end(process: int) -> None:
    """Wait until a process that is not a child of this one has ended."""
    try:
        watched = os.pidfd_open(process)
    except ProcessLookupError:
        return
    ended, _, _ = select.select([watched], [], [], PATIENCE)
    os.close(watched)
    if not ended:
        os.kill(process, signal.SIGKILL)
    assert ended, "The demo's server outlived its client."


@pytest.mark.parametrize("killed", [False, True])
def test_demo_signs_in_with_the_mailbox_code_and_ends_with_the_client(
    portal: Callable[..., Terminal], home: Path, killed: bool
) -> None:
    terminal = portal("demo")
    page = SignIn(terminal)
    page.sign_in_to_demo()
    page.give_code(page.code_from_mailbox()).expect()
    server = [process for process in started_in(home) if process != terminal.process.pid]
    assert server
    assert list(home.glob("portal-demo-*"))
    if killed:
        terminal.process.kill()
    else:
        terminal.press("ctrl+q")
    for process in server:
        wait_for_end(process)
    assert terminal.close() == (-9 if killed else 0)
    assert not started_in(home)
    assert not list(home.glob("portal-demo-*"))
