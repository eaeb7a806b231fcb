"""The Debian package on a machine of its own: Debian with systemd, in a container.

It needs root, debootstrap and systemd-container: `make deb-test` runs it.
"""

import json
import platform
import shutil
import subprocess
from pathlib import Path

import pytest

from deploy.deb import ENVIRONMENT, add_environment, add_files, pack

PACKAGES = "adduser,dbus,python3,systemd,systemd-sysv"
BOOT_SECONDS = 900
UNIT = """[Unit]
After=multi-user.target

[Service]
Type=oneshot
ExecStart=/usr/bin/python3 /root/trial.py /root/old.deb /root/new.deb /root/report.json
StandardOutput=append:/root/output
StandardError=append:/root/output
ExecStopPost=/bin/systemctl poweroff --force

[Install]
WantedBy=default.target
"""

pytestmark = pytest.mark.slow


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """The root of a new Debian machine."""
    root = tmp_path / "machine"
    release = platform.freedesktop_os_release()["VERSION_CODENAME"]
    subprocess.run(
        ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", release, root],
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return root


def test_package_on_a_machine(machine: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir(mode=0o755)
    add_files(tree)
    add_environment(tree)
    assert str(tree) not in (tree / ENVIRONMENT / "bin/portal-server").read_text()
    shutil.move(pack(tree, tmp_path), machine / "root/old.deb")
    control = tree / "DEBIAN/control"
    control.write_text(control.read_text().replace("\nVersion: ", "\nVersion: 99"))
    subprocess.run(
        ["dpkg-deb", "--root-owner-group", "-Znone", "--build", tree, machine / "root/new.deb"],
        check=True,
    )

    shutil.copy(Path(__file__).with_name("trial.py"), machine / "root/trial.py")
    (machine / "etc/systemd/system/trial.service").write_text(UNIT)
    subprocess.run(["chroot", machine, "systemctl", "--quiet", "enable", "trial"], check=True)
    boot(machine)

    report = machine / "root/report.json"
    assert report.exists(), (machine / "root/output").read_text()
    assert json.loads(report.read_text()) == {
        "modes": [
            "640 root:professional-portal",
            "600 professional-portal:professional-portal",
            "700 professional-portal:professional-portal",
        ],
        "database": "600 professional-portal:professional-portal",
        "served": [200, 401],
        "confined": "success",
        "restarted": ["200"],
        "upgraded": ["200"],
        "kept": [True, True],
        "replaced": True,
        "removed": [False, False, False],
        "left": [],
        "purged": [False, True, True],
    }


def boot(machine: Path) -> None:
    """Boot a machine, and wait until it switches itself off."""
    has_systemd = Path("/run/systemd/system").is_dir()
    options = [] if has_systemd else ["--register=no", "--keep-unit"]
    subprocess.run(
        ["systemd-nspawn", "--quiet", *options, f"--directory={machine}", "--boot"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        timeout=BOOT_SECONDS,
        check=True,
    )
