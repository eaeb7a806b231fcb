"""A real sshd on loopback with the configuration of `deploy/sshd`, and clients of it."""

import os
import pwd
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from time import monotonic

from tests.journeys.terminal import Terminal
from tests.running import find_free_port

DEPLOY = Path(__file__).parents[3] / "deploy" / "sshd"
SSHD = "/usr/sbin/sshd"
ACCOUNT = pwd.getpwuid(os.getuid()).pw_name
ADDRESS = f"{ACCOUNT}@127.0.0.1"
TIMEOUT_SECONDS = 30.0
CONFIGURATION = """\
ListenAddress 127.0.0.1
HostKey {folder}/host
PidFile none
UsePAM no
StrictModes no
AcceptEnv *
PermitUserEnvironment yes
Include {folder}/conf/*.conf
Subsystem sftp internal-sftp
"""
"""Careless about the environment, so that only the portal's part limits it."""


class Sshd:
    """sshd for the account that runs the tests, which stands for the members of portal-users.

    `home` stands for the home folder of that account, and `own` for the folder in it. Each variable
    of `environment` is set for every session, as by ~/.ssh/environment.
    """

    def __init__(
        self, folder: Path, server: str, *, environment: Mapping[str, str] | None = None
    ) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.own = self.home / "portal"
        self.own.mkdir(0o700, parents=True)
        self.port, self.files_port = find_free_port(), find_free_port()
        self.shell = folder / "portal-shell"
        self._write_shell(server)
        self._write_keys(environment or {})
        self._write_configuration()
        self.start()

    def start(self) -> None:
        Path("/run/sshd").mkdir(0o755, exist_ok=True)
        log = str(self.folder / "log")
        self._process = subprocess.Popen([SSHD, "-D", "-f", self.folder / "sshd_config", "-E", log])
        deadline = monotonic() + TIMEOUT_SECONDS
        for port in (self.port, self.files_port):
            while socket.socket().connect_ex(("127.0.0.1", port)):
                assert self._process.poll() is None, Path(log).read_text()
                assert monotonic() < deadline

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(TIMEOUT_SECONDS)

    def _write_shell(self, server: str) -> None:
        text = (DEPLOY / "portal-shell").read_text()
        options = ["--restricted", "--server", server, "--folder", str(self.own)]
        text = text.replace("/opt/professional-portal/bin/python", sys.executable)
        self.shell.write_text(text.replace('["--restricted"]', repr(options)))
        self.shell.chmod(0o755)

    def _write_keys(self, environment: Mapping[str, str]) -> None:
        for name in ("host", "key"):
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.folder / name],
                check=True,
            )
        options = ",".join(f'environment="{name}={value}"' for name, value in environment.items())
        key = (self.folder / "key.pub").read_text()
        (self.folder / "keys").mkdir()
        (self.folder / "keys" / ACCOUNT).write_text(f"{options} {key}".lstrip())

    def _write_configuration(self) -> None:
        (self.folder / "conf").mkdir()
        replacements = {
            "Group portal-users": f"User {ACCOUNT}",
            "/usr/local/bin/portal-shell": str(self.shell),
            "/etc/ssh/portal-keys": str(self.folder / "keys"),
            "Port 2222": f"Port {self.files_port}",
            "LocalPort 2222": f"LocalPort {self.files_port}",
            "Port 22\n": f"Port {self.port}\n",
            "ChrootDirectory %h": f"ChrootDirectory {self.home}",
        }
        for file in DEPLOY.glob("*.conf"):
            text = file.read_text()
            for old, new in replacements.items():
                text = text.replace(old, new)
            (self.folder / "conf" / file.name).write_text(text)
        (self.folder / "sshd_config").write_text(CONFIGURATION.format(folder=self.folder))

    def effective_settings(self, port: int) -> dict[str, str]:
        """Return the settings that apply to the account, as sshd reads its configuration."""
        connection = f"user={ACCOUNT},host=localhost,addr=127.0.0.1,lport={port}"
        output = subprocess.run(
            [SSHD, "-T", "-f", self.folder / "sshd_config", "-C", connection],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        settings: dict[str, str] = {}
        for line in output.splitlines():
            name, _, value = line.partition(" ")
            settings[name] = f"{settings[name]} {value}" if name in settings else value
        return settings

    def options(self, port: int) -> list[str]:
        """Options of `ssh`, `sftp` and `scp` that connect to this server."""
        return [
            *("-F", "none", "-o", f"Port={port}", "-o", f"IdentityFile={self.folder / 'key'}"),
            *("-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"),
            *("-o", "BatchMode=yes", "-o", "LogLevel=ERROR"),
        ]

    def run(self, *arguments: str, program: str = "ssh", files: bool = False) -> tuple[int, str]:
        """Run a client without a terminal, and return its exit code and output."""
        port = self.files_port if files else self.port
        result = subprocess.run(
            [program, *self.options(port), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        return result.returncode, result.stdout + result.stderr

    def open_terminal(self, *arguments: str, env: Mapping[str, str] | None = None) -> Terminal:
        """Open a session in a terminal; `arguments` are options of ssh and a command."""
        command = ["ssh", *self.options(self.port), "-tt", "-e", "none", *arguments]
        environment = {"PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        return Terminal(command, env={**environment, **(env or {})}, cwd=self.folder)

    def client_process(self) -> int:
        """Return the process id of the only client that runs."""
        command = f"{sys.executable}\0-I\0{self.shell}\0".encode()
        (process,) = [
            int(folder.name)
            for folder in Path("/proc").iterdir()
            if folder.name.isdecimal() and _command_line(folder) == command
        ]
        return process


def _command_line(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:  # it has ended
        return b""
