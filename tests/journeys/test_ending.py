"""The client exits on a signal or when it loses its terminal, and keeps unsaved input."""

import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from uuid import UUID

import pytest

from tests.journeys.conftest import OpenForm
from tests.journeys.pages import Form, SignIn
from tests.journeys.terminal import Terminal
from tests.parts import Someone
from tests.running import BIN, ServerProcess
from tests.tui.forms.filling import read_answers

TEXT = "In a group of more than four he waits for a face. "
IGNORE_HANG_UP = ("sh", "-c", "trap '' HUP; exec \"$@\"", "sh")
ALL_SAVED = "All that you typed in the portal is saved."
MAX_CPU_SHARE = 0.4


def assert_all_saved(form: Form) -> None:
    # The message starts at the cursor, so it may be wrapped.
    assert ALL_SAVED in form.terminal.text.replace("\n", "")


@pytest.mark.parametrize("redirected", ["stdin", "stdout", "stderr"])
def test_client_does_not_start_without_a_terminal(tmp_path: Path, redirected: str) -> None:
    master, slave = os.openpty()
    streams: dict[str, int] = {"stdin": slave, "stdout": slave, "stderr": slave}
    streams[redirected] = subprocess.PIPE
    with subprocess.Popen(
        [BIN / "portal", "demo"],
        env={**os.environ, "HOME": str(tmp_path)},
        stdin=streams["stdin"],
        stdout=streams["stdout"],
        stderr=streams["stderr"],
    ) as client:
        _, output = client.communicate(timeout=30)
    os.close(slave)
    message = output or os.read(master, 1024)
    os.close(master)
    assert client.returncode == 2
    assert b"use ssh -t" in message


def test_interrupt_saves_the_last_input(open_form: OpenForm, me: Someone, submission: UUID) -> None:
    form = open_form()
    form.terminal.type(TEXT)
    form.expect_unsaved()
    form.terminal.process.send_signal(signal.SIGINT)
    assert form.terminal.close() == 0
    assert read_answers(me, submission)["communication"] == TEXT
    assert_all_saved(form)


def test_quitting_saves_and_prints_confirmation(
    open_form: OpenForm, me: Someone, submission: UUID
) -> None:
    form = open_form()
    form.terminal.type(TEXT)
    form.terminal.press("ctrl+q")
    assert form.terminal.close() == 0
    assert read_answers(me, submission)["communication"] == TEXT
    assert_all_saved(form)


def cpu_seconds(process: int) -> float:
    """Return the CPU time used by a running process."""
    fields = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc")
@pytest.mark.parametrize("prefix", [(), IGNORE_HANG_UP], ids=["hang-up", "ignored"])
def test_client_exits_without_spinning_when_its_terminal_is_lost(
    open_form: OpenForm, server: ServerProcess, prefix: tuple[str, ...]
) -> None:
    form = open_form(prefix)
    server.process.send_signal(signal.SIGSTOP)  # The client waits for the save.
    try:
        form.terminal.type(TEXT)
        form.expect_unsaved()
        process = form.terminal.process.pid
        cpu_before, started_at = cpu_seconds(process), monotonic()
        times_before = os.times()
        assert form.terminal.hang_up() == 0
        times_after = os.times()
    finally:
        server.process.send_signal(signal.SIGCONT)
    lifetime = (
        times_after.children_user
        + times_after.children_system
        - times_before.children_user
        - times_before.children_system
    )
    assert lifetime - cpu_before < MAX_CPU_SHARE * (monotonic() - started_at)


def test_client_exits_when_terminal_closes_on_sign_in_form(
    portal: Callable[..., Terminal], server: ServerProcess
) -> None:
    terminal = portal("--server", server.url, prefix=IGNORE_HANG_UP)
    SignIn(terminal).expect()
    assert terminal.hang_up() == 0
