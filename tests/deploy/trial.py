"""Runs on a machine with systemd: installs, upgrades, removes and purges the package.

It needs only Python's library. It writes what it saw as JSON, which `test_installed.py` compares.
"""

import json
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from pathlib import Path

OLD, NEW, REPORT = sys.argv[1:]
CONFIG, DATA = Path("/etc/professional-portal"), Path("/var/lib/professional-portal")
SETTINGS, KEY = CONFIG / "portal.toml", CONFIG / "secret_key"
URL = "http://127.0.0.1:8765"
CALLERS = 3
PAUSE_SECONDS = 0.02
SERVICE, SSH = "professional-portal.service", "professional-portal-ssh.service"
PYTHON = "/usr/lib/professional-portal/bin/python -I"
UNITS = (SERVICE, SSH, "professional-portal.socket", "professional-portal-audit.timer")
CONFINED = Path("/run/systemd/system/professional-portal-trial.service")
# What the server does outside Python, and what it must not do.
CODE = """
import asyncio, ssl
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile
from server.core import pdf, storage
from server.core.cores import share_one_core
share_one_core()
template = Path("/tmp/trial.typ")
template.write_text("Hello")
assert asyncio.run(pdf.make_pdf(template, {}, datetime(2026, 1, 2))).startswith(b"%PDF")
ssl.create_default_context()
with TemporaryFile() as file:
    storage.put_durably(storage.open_store("file:///var/lib/professional-portal/trial"), "x", file)
for folder in ("/etc", "/usr", "/home", "/root", "/var/lib"):
    try:
        Path(folder, "trial").touch()
    except OSError:
        continue
    raise SystemExit(f"{folder} is writable")
"""
LANDLOCK = "import ctypes; print(ctypes.CDLL(None).syscall(444, None, 0, 1))"
# What a session over SSH needs: a terminal, and the Landlock that the kernel has.
SESSION = f"import pty; pty.openpty(); {LANDLOCK}"
# A person without a key, who waits for the sign-in form.
CLIENT = """
import asyncio, asyncssh
class Guest(asyncssh.SSHClient):
    def kbdint_auth_requested(self):
        return ""
    def kbdint_challenge_received(self, *_):
        return []
async def connect():
    options = dict(known_hosts=None, config=None, client_keys=None, agent_path=None)
    while True:
        try:
            return await asyncssh.connect(
                "127.0.0.1", 8022, username="portal", client_factory=Guest, **options
            )
        except ConnectionRefusedError:
            await asyncio.sleep(0.1)
async def main():
    async with await connect() as connection:
        process = await connection.create_process(term_type="xterm", term_size=(80, 24))
        text = ""
        while "Email address" not in text:
            data = await process.stdout.read(4096)
            assert data, text
            text += data
    print("sign-in form")
asyncio.run(asyncio.wait_for(main(), 60))
"""


def main() -> None:
    """Go through the life of the package, and write what was seen."""
    seen: dict[str, object] = {}
    run("dpkg", "--force-unsafe-io", "--install", OLD)
    seen["modes"] = [describe(path) for path in (SETTINGS, KEY, DATA)]
    key = KEY.read_text()
    settings = SETTINGS.read_text().replace('# mail_host = ""', 'mail = "none"')
    SETTINGS.write_text(settings)
    run("portal-server", "migrate")
    seen["database"] = describe(DATA / "portal.db")
    run("systemctl", "enable", "--now", *(unit for unit in UNITS if unit != SSH))
    seen["served"] = [request("/v1/health"), sign_in()]
    seen["confined"] = [run_confined(PYTHON, CODE), run_session()]
    run("systemctl", "start", "professional-portal-audit.service")
    seen["ssh"] = serve_ssh()
    seen["restarted"] = request_while("systemctl", "restart", SERVICE)
    process = main_process()
    seen["upgraded"] = request_while("dpkg", "--force-unsafe-io", "--install", NEW)
    seen["kept"] = [SETTINGS.read_text() == settings, KEY.read_text() == key]
    seen["replaced"] = main_process() != process
    run("dpkg", "--remove", "professional-portal")
    seen["removed"] = [is_active(unit) for unit in UNITS]
    seen["left"] = names("/usr/lib/professional-portal")
    run("dpkg", "--purge", "professional-portal")
    seen["purged"] = [SETTINGS.exists(), KEY.exists(), (DATA / "portal.db").exists()]
    report = Path(REPORT)
    report.with_suffix(".new").write_text(json.dumps(seen))
    report.with_suffix(".new").rename(report)


def run(*command: str) -> str:
    """Run a command and return its output."""
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def describe(path: Path) -> str:
    """Return the mode and owner of a file."""
    return run("stat", "--format=%a %U:%G", str(path)).strip()


def request(path: str, body: object = None) -> int:
    """Send a request by a connection of its own, and return its status."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json"}
    try:
        with urllib.request.urlopen(
            urllib.request.Request(URL + path, data, headers), timeout=60
        ) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as error:
        return error.code


def sign_in() -> int:
    """Try to sign in, for which the server hashes a password."""
    return request("/v1/sessions", {"email": "nobody@osierbeck.example", "password": "wrong"})


def request_while(*command: str) -> list[str]:
    """Send requests while a command runs, and return their statuses and errors."""
    stop = threading.Event()
    statuses: set[str] = set()

    def call() -> None:
        while not stop.wait(PAUSE_SECONDS):
            try:
                statuses.add(str(request("/v1/health")))
            except OSError as error:
                statuses.add(repr(error))

    threads = [threading.Thread(target=call) for _ in range(CALLERS)]
    for thread in threads:
        thread.start()
    try:
        run(*command)
    finally:
        stop.set()
    for thread in threads:
        thread.join()
    return sorted(statuses)


def run_confined(command: str, code: str, setting: str = "") -> str:
    """Run code under the confinement of the services, and return how it ended."""
    file = Path("/opt/trial.py")
    file.write_text(code)
    CONFINED.write_text(f"[Service]\nType=oneshot\nExecStart={command} {file}\n{setting}\n")
    run("systemctl", "daemon-reload")
    subprocess.run(["systemctl", "start", CONFINED.name])
    return run("systemctl", "show", "--property=Result", "--value", CONFINED.name).strip()


def run_session() -> str:
    """Run what a session needs, as the SSH server does, and return how it ended."""
    unit = Path("/usr/lib/systemd/system", SSH).read_text().splitlines()
    allowed = next(line for line in unit if line.startswith("SystemCallFilter="))
    version = run(*PYTHON.split(), "-c", LANDLOCK).strip()
    code = SESSION.replace("print(", f"assert {version} == (")
    limits = "/usr/bin/setsid --wait /usr/bin/prlimit --as=1073741824 --nofile=256 --core=0"
    return run_confined(f"{limits} {PYTHON}", code, allowed)


def serve_ssh() -> str:
    """Start the SSH server, and return how a session without a key went."""
    run("systemctl", "start", SSH)
    result = subprocess.run([*PYTHON.split(), "-c", CLIENT], stdout=subprocess.PIPE, text=True)
    assert result.returncode == 0, run("journalctl", f"--unit={SSH}")
    return result.stdout.strip()


def main_process() -> str:
    """Return the process id of the service."""
    return run("systemctl", "show", "--property=MainPID", "--value", SERVICE)


def is_active(unit: str) -> bool:
    """Whether a unit runs."""
    return subprocess.run(["systemctl", "is-active", "--quiet", unit]).returncode == 0


def names(folder: str) -> list[str]:
    """Return the names in a folder, which need not exist."""
    return sorted(path.name for path in Path(folder).glob("*"))


if __name__ == "__main__":
    main()
