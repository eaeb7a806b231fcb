"""The demo as it is tried first: one command in an empty home, and nothing left behind."""

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
    """The processes that were started in a folder."""
    found = []
    for process in PROCESSES.glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == home:
                found.append(int(process.name))
        except OSError:
            continue  # it ended, or is not ours
    return found


def wait_for_end(process: int) -> None:
    """Wait until a process that is no child of this one has ended."""
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
def test_a_code_is_read_in_its_mailbox_and_all_goes_with_the_client(
    portal: Callable[..., Terminal], home: Path, killed: bool
) -> None:
    terminal = portal("demo")
    page = SignIn(terminal)
    page.sign_in_as_first_of_demo()
    page.give_code(page.code_from_mailbox()).shown()
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
