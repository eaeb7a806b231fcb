"""docs/running.md, carried out on a new Debian machine: the journey of a request passes there.

It needs root, debootstrap and systemd-container: `make deb-test` runs it.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy.deb import add_environment, add_files, pack
from tests.deploy.machine import boot, make_machine, run_at_start, wait_for
from tests.deploy.page import make_script
from tests.journeys.conftest import MailRelay, home, mail_relay, portal
from tests.journeys.test_request import test_journey_from_registration_to_second_version

__all__ = ["home", "mail_relay", "portal", "test_journey_from_registration_to_second_version"]

PAGE_SECONDS = 300
AUTHORITY = "/var/lib/caddy/.local/share/caddy/pki/authorities/local/root.crt"
DATA = "/var/lib/professional-portal"
STOP = "systemctl stop professional-portal.service professional-portal.socket\n"
TRUST = f"""systemctl restart caddy
until test -e {AUTHORITY}; do sleep 1; done
cp {AUTHORITY} /usr/local/share/ca-certificates/caddy.crt
update-ca-certificates
"""

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Served:
    """The portal that the page set up."""

    url: str


@pytest.fixture(scope="module")
def machine(
    tmp_path_factory: pytest.TempPathFactory, mail_relay: tuple[MailRelay, int]
) -> Iterator[Path]:
    """The root of a machine on which the page was carried out, and which runs."""
    folder = tmp_path_factory.mktemp("page")
    root = make_machine(folder / "machine", "caddy", "ca-certificates")
    os.umask(0o022)
    tree = folder / "tree"
    tree.mkdir(mode=0o755)
    add_files(tree)
    add_environment(tree)
    shutil.move(pack(tree, folder), root / "root")
    script = make_script(
        {
            "portal.example": "localhost",
            '"smtp.example"': f'"127.0.0.1"\nmail_tls = "none"\nmail_port = {mail_relay[1]}',
            '"hold"': '"accept"',  # there is no antivirus
            # The journey expects the default names.
            'council = "Example Council"\nportal_name = "Example SEND"\n': "",
            'contact_email = "send@council.example"\n': "",
            "systemctl restart caddy\n": TRUST,
            STOP: f"{STOP}cp {DATA}/backups/portal-*.tar /root\nrm -r {DATA}/*\n",  # a new machine
        }
    )
    (root / "root/page.sh").write_text(f"{script}touch /root/done\n")
    run_at_start(root, "/bin/sh /root/page.sh")
    with boot(root) as process:
        wait_for(root / "root/done", process, PAGE_SECONDS)
        yield root


@pytest.fixture(scope="module")
def server(machine: Path) -> Served:
    """The portal behind Caddy."""
    return Served("https://localhost")


@pytest.fixture(autouse=True)
def trusted_authority(machine: Path, home: Path) -> None:
    """Let the client trust the certificate authority of Caddy."""
    folder = home / ".config/professional-portal"
    folder.mkdir(parents=True)
    shutil.copy(machine / AUTHORITY[1:], folder / "caddy.pem")
    (folder / "settings.toml").write_text('ca_file = "caddy.pem"\n')


def test_page_left_a_healthy_server(machine: Path) -> None:
    output = (machine / "root/output").read_text()
    assert "FAIL" not in output
    assert f"Written to {DATA}/backups/" in output
    assert "Restored the backup of " in output
    command = ["curl", "--silent", "--cacert", f"{machine}{AUTHORITY}"]
    health = subprocess.run(
        [*command, "https://localhost/v1/health"], capture_output=True, text=True, check=True
    )
    assert '"status":"ok"' in health.stdout
