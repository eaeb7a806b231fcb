"""A new Debian machine with systemd, in a container; it needs root and systemd-container."""

import platform
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

PACKAGES = ("adduser", "dbus", "python3", "systemd", "systemd-sysv")
UNIT = """[Unit]
After=multi-user.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart={command}
ExecStopPost=/bin/touch /root/failed
StandardOutput=append:/root/output
StandardError=append:/root/output
WorkingDirectory=/root

[Install]
WantedBy=default.target
"""
STOP_SECONDS = 60


def make_machine(root: Path, *packages: str) -> Path:
    """Make the root of a machine of this machine's release, with further packages."""
    release = platform.freedesktop_os_release()["VERSION_CODENAME"]
    include = f"--include={','.join((*PACKAGES, *packages))}"
    subprocess.run(
        ["debootstrap", "--variant=minbase", include, release, root],
        stdout=subprocess.DEVNULL,
        check=True,
    )
    (root / "etc/hosts").write_text("127.0.0.1 localhost\n")
    return root


def run_at_start(machine: Path, command: str) -> None:
    """Let the machine run a command once it has booted; its output goes to /root/output."""
    (machine / "etc/systemd/system/trial.service").write_text(UNIT.format(command=command))
    subprocess.run(["chroot", machine, "systemctl", "--quiet", "enable", "trial"], check=True)


def wait_for(file: Path, process: subprocess.Popen[bytes], seconds: float) -> None:
    """Wait until a file in /root of a machine exists; fail with what its command printed."""
    output = file.with_name("output")
    end = monotonic() + seconds
    while not file.exists():
        assert process.poll() is None, output.read_text()
        assert monotonic() < end, output.read_text()
        assert not file.with_name("failed").exists(), output.read_text()
        sleep(1)


@contextmanager
def boot(machine: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Boot a machine, and switch it off at the end unless it has done so itself."""
    has_systemd = Path("/run/systemd/system").is_dir()
    options = [] if has_systemd else ["--register=no", "--keep-unit"]
    process = subprocess.Popen(
        ["systemd-nspawn", "--quiet", *options, f"--directory={machine}", "--boot"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
