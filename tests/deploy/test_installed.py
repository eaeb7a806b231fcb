"""The Debian package on a machine of its own: Debian with systemd, in a container.

It needs root, debootstrap and systemd-container: `make deb-test` runs it.
"""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from deploy.deb import ENVIRONMENT, add_environment, add_files, pack
from tests.deploy.machine import boot, make_machine, run_at_start, wait_for

TRIAL_SECONDS = 900
COMMAND = "/usr/bin/python3 /root/trial.py /root/old.deb /root/new.deb /root/report.json"

pytestmark = pytest.mark.slow


def test_package_on_a_machine(tmp_path: Path) -> None:
    machine = make_machine(tmp_path / "machine")
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
    run_at_start(machine, COMMAND)
    report = machine / "root/report.json"
    with boot(machine) as process:
        wait_for(report, process, TRIAL_SECONDS)

    assert json.loads(report.read_text()) == {
        "modes": [
            "640 root:professional-portal",
            "600 professional-portal:professional-portal",
            "700 professional-portal:professional-portal",
        ],
        "database": "600 professional-portal:professional-portal",
        "served": [200, 401],
        "confined": ["success", "success"],
        "ssh": "sign-in form",
        "restarted": ["200"],
        "upgraded": ["200"],
        "kept": [True, True],
        "replaced": True,
        "removed": [False, False, False, False],
        "left": [],
        "purged": [False, True, True],
    }
