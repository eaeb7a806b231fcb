"""Attempts to get out of the portal over SSH: each fails, and writes nothing."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.journeys.ssh.sshd import ADDRESS, Sshd

NOWHERE = "http://127.0.0.1:1"
"""The sign-in form works without a server."""
NO_TERMINAL = "The portal needs a terminal"
NO_COMMANDS = "runs no other command"
EVIL = "raise SystemExit(open('{witness}', 'w'))\n"
SETTINGS = "disableforwarding", "permittunnel", "permituserrc", "acceptenv", "maxsessions"


class Escape:
    """A session whose variables and command try to leave the portal, and what they would write."""

    def __init__(self, folder: Path) -> None:
        self.witnesses = folder / "witnesses"
        self.witnesses.mkdir()
        self.evil = folder / "evil"
        self._write_evil()
        self.sshd = Sshd(folder, NOWHERE, environment=self._environment())
        self.terminal = self.sshd.open_terminal(
            *("-o", "SendEnv=EVIL_* LANG", "-A", "-X"),
            *(ADDRESS, f"touch {self.witnesses}/command; sh"),
            env={"EVIL_VARIABLE": "1", "LANG": "en_GB.UTF-8"},
        )
        self.terminal.wait_for("[ Sign in ]", "Trying again", NOWHERE)
        self.process = self.sshd.client_process()

    def _write_evil(self) -> None:
        """Write a module and a program, each of which leaves a file when it runs."""
        settings = self.evil / "professional-portal" / "settings.toml"
        settings.parent.mkdir(parents=True)
        settings.write_text('server = "http://evil.example"\ncolours = "light"\n')
        (self.evil / "evil.py").write_text(EVIL.format(witness=self.witnesses / "module"))
        for name in ("sitecustomize", "usercustomize", "textual"):
            (self.evil / f"{name}.py").write_text(EVIL.format(witness=self.witnesses / name))
        program = self.evil / "program"
        program.write_text(f"#!/bin/sh\ntouch {self.witnesses}/program\n")
        program.chmod(0o755)

    def _environment(self) -> dict[str, str]:
        program, module = str(self.evil / "program"), str(self.evil / "evil.py")
        log = self.witnesses
        return {
            "PYTHONPATH": str(self.evil),
            "PYTHONUSERBASE": str(self.evil),
            "PYTHONSTARTUP": module,
            "PYTHONINSPECT": "1",
            "PYTHONBREAKPOINT": "evil.open",
            "PYTHON_KEYRING_BACKEND": "evil.Keyring",
            "TEXTUAL_DRIVER": "evil:Driver",
            "TEXTUAL_LOG": f"{log}/textual-log",
            "TEXTUAL_DEBUG": "1",
            "TEXTUAL_ALLOW_SIGNALS": "1",
            "TEXTUAL_PRESS": "ctrl+q",
            "TEXTUAL_SCREENSHOT": "0",
            "TEXTUAL_SCREENSHOT_LOCATION": str(log),
            "PORTAL_SERVER": "http://evil.example",
            "XDG_CONFIG_HOME": str(self.evil),
            "XDG_STATE_HOME": str(log),
            "HTTP_PROXY": "http://evil.example",
            "SSLKEYLOGFILE": f"{log}/keys",
            "EDITOR": program,
            "VISUAL": program,
            "PAGER": program,
            "BROWSER": program,
            "HOME": str(log),
        }

    def run(self, *arguments: str, program: str = "ssh") -> tuple[int, str]:
        return self.sshd.run(*arguments, program=program)

    def run_shell(self, *arguments: str) -> tuple[int, str]:
        """Run the login shell, as sshd or su would."""
        result = subprocess.run(
            [self.sshd.shell, *arguments], capture_output=True, text=True, check=False
        )
        return result.returncode, result.stdout + result.stderr

    def read(self, name: str) -> str:
        """Return a file of the client's process, such as its environment."""
        return Path(f"/proc/{self.process}/{name}").read_text()

    @property
    def state(self) -> str:
        """The state of the client's process; T is suspended."""
        return self.read("stat").rsplit(")", 1)[1].split()[0]

    def expect_unharmed(self) -> None:
        """Check that the client runs, shows what is typed, and has written nothing."""
        self.terminal.move_focus_to("[ Sign in ]")
        assert self.state not in {"T", "Z"}
        assert not list(self.witnesses.iterdir())
        assert not list(self.sshd.own.iterdir())


@pytest.fixture(scope="module")
def escape(ssh_folder: Path) -> Iterator[Escape]:
    escape = Escape(ssh_folder)
    yield escape
    escape.terminal.kill()
    escape.sshd.stop()


def command(escape: Escape) -> None:
    code, output = escape.run(ADDRESS, "cat /etc/passwd")
    assert (code, NO_TERMINAL in output, "root:" in output) == (2, True, False)


def command_in_terminal(escape: Escape) -> None:
    assert "SSH_ORIGINAL_COMMAND=touch" in escape.read("environ")  # and the form is shown


def command_of_the_client(escape: Escape) -> None:
    code, output = escape.run(ADDRESS, "portal receipt verify /etc/shadow")
    assert (code, NO_TERMINAL in output) == (2, True)


def login_shell_with_command(escape: Escape) -> None:
    code, output = escape.run_shell("-c", f"touch {escape.witnesses}/shell")
    assert (code, output.count("\n"), NO_COMMANDS in output) == (2, 1, True)


def login_shell_with_options(escape: Escape) -> None:
    for arguments in (["--folder", "/"], ["--server", NOWHERE], ["-l"], ["-c"], ["demo"]):
        code, output = escape.run_shell(*arguments)
        assert (code, NO_COMMANDS in output) == (2, True)


def login_shell_with_forced_command(escape: Escape) -> None:
    code, output = escape.run_shell("-c", str(escape.sshd.shell))
    assert (code, NO_TERMINAL in output) == (2, True)


def sftp(escape: Escape) -> None:
    batch = escape.sshd.folder / "batch"
    batch.write_text("ls /\n")
    code, output = escape.run("-b", str(batch), ADDRESS, program="sftp")
    assert (code, "etc" in output) == (255, False)


def scp(escape: Escape) -> None:
    code, _ = escape.run(f"{ADDRESS}:/etc/passwd", str(escape.witnesses / "scp"), program="scp")
    assert code == 255


def old_scp(escape: Escape) -> None:
    target = f"{ADDRESS}:{escape.witnesses}/scp"
    code, _ = escape.run("-O", str(escape.sshd.folder / "key.pub"), target, program="scp")
    assert code != 0


def files_port_is_confined(escape: Escape) -> None:
    sshd, batch = escape.sshd, escape.sshd.folder / "batch"
    for line in (
        "get /etc/passwd got",
        "get ../../../etc/passwd got",
        "symlink /etc link",
        "ln ../../etc/passwd link",
    ):
        batch.write_text(line.replace("got", f"{sshd.folder}/got"))
        code, output = sshd.run("-b", str(batch), ADDRESS, program="sftp", files=True)
        assert code == 1, output
    assert not (sshd.folder / "got").exists()
    code, output = sshd.run(ADDRESS, "id", files=True)
    assert (code, "uid" in output) == (1, False)


def local_forwarding(escape: Escape) -> None:
    code, output = escape.run("-W", f"127.0.0.1:{escape.sshd.port}", ADDRESS)
    assert (code, "SSH-2.0" in output) == (255, False)


def remote_forwarding(escape: Escape) -> None:
    for target in ("0:127.0.0.1:1", f"{escape.witnesses}/socket:127.0.0.1:1", "0"):
        code, _ = escape.run("-N", "-o", "ExitOnForwardFailure=yes", "-R", target, ADDRESS)
        assert code == 255


def agent_and_x11_forwarding(escape: Escape) -> None:
    environment = escape.read("environ")
    assert "SSH_AUTH_SOCK" not in environment
    assert "DISPLAY" not in environment


def settings_of_sshd(escape: Escape) -> None:
    for port in (escape.sshd.port, escape.sshd.files_port):
        settings = escape.sshd.effective_settings(port)
        assert [settings[name] for name in SETTINGS] == [
            "yes",
            "no",
            "no",
            "LANG TERM COLORTERM NO_COLOR",
            "1",
        ]


def sent_environment(escape: Escape) -> None:
    environment = escape.read("environ")
    assert "LANG=en_GB.UTF-8" in environment
    assert "EVIL_VARIABLE" not in environment


def set_environment(escape: Escape) -> None:
    environment = escape.read("environ")
    for name in ("PYTHONPATH", "TEXTUAL_DRIVER", "XDG_CONFIG_HOME", "PORTAL_SERVER"):
        assert f"{name}=" in environment  # and `expect_unharmed` sees no effect
    assert NOWHERE in escape.terminal.text


def own_settings_file(escape: Escape) -> None:
    assert "evil.example" not in escape.terminal.text


def suspend_key(escape: Escape) -> None:
    escape.terminal.press("\x1a", "\x19")


def quit_key(escape: Escape) -> None:
    escape.terminal.press("\x1c", "\x1d")


def interrupt_key(escape: Escape) -> None:
    escape.terminal.press("ctrl+c")
    escape.terminal.wait_for("Ctrl+Q leaves the portal")


def send(escape: Escape, *numbers: signal.Signals) -> None:
    for number in numbers:
        subprocess.run(["kill", f"-{number.value}", str(escape.process)], check=True)


def quit_and_suspend_signals(escape: Escape) -> None:
    send(escape, signal.SIGQUIT, signal.SIGTSTP)


def core_dumps(escape: Escape) -> None:
    (line,) = [line for line in escape.read("limits").splitlines() if "core" in line]
    assert line.split()[4:6] == ["0", "0"]


def privileges(escape: Escape) -> None:
    assert "NoNewPrivs:\t1" in escape.read("status")


def command_line(escape: Escape) -> None:
    assert escape.read("cmdline").split("\0") == [
        sys.executable,
        "-I",
        str(escape.sshd.shell),
        "",
    ]


def pasted_control_characters(escape: Escape) -> None:
    escape.terminal.paste("\x1b]52;c;ZXZpbA==\x07\x1b[31mevil\x1a\x03\x04\x1c")


def clipboard_and_terminal_answers(escape: Escape) -> None:
    escape.terminal.type("\x1b]52;c;ZXZpbA==\x07\x1bP>|evil\x1b\\\x1b[?62;22c")
    escape.terminal.wait_until_idle()
    escape.terminal.press("escape")  # part of it may have been read as keys
    escape.terminal.wait_for("[ Sign in ]")


def mouse_outside_of_the_window(escape: Escape) -> None:
    for button in (0, 1, 2, 64, 65):
        escape.terminal.type(f"\x1b[<{button};9999;9999M\x1b[<{button};0;0m")


def palette(escape: Escape) -> None:
    escape.terminal.press("ctrl+p")
    screen = escape.terminal.wait_for("Light colours").casefold()
    for word in ("shell", "suspend", "screenshot", "editor", "browser", "command prompt"):
        assert word not in screen
    escape.terminal.press("escape")
    escape.terminal.wait_for("[ Sign in ]", gone="Light colours")


ATTEMPTS = [
    command,
    command_in_terminal,
    command_of_the_client,
    login_shell_with_command,
    login_shell_with_options,
    login_shell_with_forced_command,
    sftp,
    scp,
    old_scp,
    files_port_is_confined,
    local_forwarding,
    remote_forwarding,
    agent_and_x11_forwarding,
    settings_of_sshd,
    sent_environment,
    set_environment,
    own_settings_file,
    suspend_key,
    quit_key,
    interrupt_key,
    quit_and_suspend_signals,
    core_dumps,
    privileges,
    command_line,
    pasted_control_characters,
    clipboard_and_terminal_answers,
    mouse_outside_of_the_window,
    palette,
]


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: attempt.__name__)
def test_attempt_to_get_out_fails(escape: Escape, attempt: Callable[[Escape], None]) -> None:
    attempt(escape)
    escape.expect_unharmed()
