"""systemd's units: systemd accepts them, they are confined, and what they run exists."""

import re
import shlex
import shutil
import subprocess
import textwrap
from pathlib import Path

import pytest

from deploy.deb import DEPLOY, ROOT
from tests.deploy.commands import command_exists, unknown_settings
from tests.running import BIN

UNITS = DEPLOY / "systemd"
SERVICES = sorted(path.name for path in UNITS.glob("*.service"))
TIMERS = sorted(path.name for path in UNITS.glob("*.timer"))
PROGRAM = str(BIN / "portal-server")
MAX_EXPOSURE = 20  # of 100


@pytest.fixture(scope="module")
def units(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The units, with the programs of this environment."""
    folder = tmp_path_factory.mktemp("units") / "system"
    shutil.copytree(UNITS, folder, symlinks=True)
    for service in folder.glob("*.service"):
        content = service.read_text()
        service.write_text(content.replace("/usr/bin/portal-server", PROGRAM))
    return folder


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True)


def test_systemd_accepts_units(units: Path) -> None:
    files = [path for path in sorted(units.iterdir()) if path.is_file()]
    assert len(files) == len(SERVICES) + len(TIMERS) + 1
    result = analyze("verify", "--man=no", *files)
    # An unknown setting is only a warning.
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.parametrize("service", SERVICES)
def test_services_are_confined(units: Path, service: str) -> None:
    result = analyze("security", "--offline=true", f"--threshold={MAX_EXPOSURE}", units / service)
    assert result.returncode == 0, result.stdout.splitlines()[-1]


def test_confinement_is_the_same_for_all_services() -> None:
    common = UNITS / "professional-portal-.service.d/service.conf"
    assert (UNITS / "professional-portal.service.d/service.conf").samefile(common)
    for service in SERVICES:
        assert "User=" not in (UNITS / service).read_text()


@pytest.mark.parametrize("service", SERVICES)
def test_services_run_commands_that_exist(service: str) -> None:
    lines = (UNITS / service).read_text().splitlines()
    commands = [shlex.split(line) for line in lines if line.startswith("ExecStart=")]
    assert commands
    for program, *command in commands:
        assert program.endswith("/usr/bin/portal-server")
        assert command_exists(command), command


def test_overrides_of_the_page_are_accepted(units: Path) -> None:
    page = (ROOT / "docs/running.md").read_text()
    found = re.findall(r"`systemctl edit (\S+\.service)`:\n\n((?: {6}.*\n)+)", page)
    assert {name for name, _ in found} == {
        "professional-portal-backup.service",
        "professional-portal-rehearsal.service",
    }
    for name, override in found:
        (units / f"{name}.d").mkdir()
        content = textwrap.dedent(override).replace("/usr/bin/portal-server", PROGRAM)
        (units / f"{name}.d/override.conf").write_text(content)
        result = analyze("verify", "--man=no", units / name)
        assert (result.returncode, result.stderr) == (0, "")
        for command in re.findall(r"^ *ExecStart=/usr/bin/portal-server (.+)$", override, re.M):
            assert command_exists(shlex.split(command)), command


def test_sessions_over_ssh_can_be_confined() -> None:
    """systemd 252 does not have the calls of Landlock in @system-service."""
    lines = (UNITS / "professional-portal-ssh.service").read_text().splitlines()
    [allowed] = [line for line in lines if line.startswith("SystemCallFilter=")]
    calls = {"landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"}
    assert calls <= set(allowed.partition("=")[2].split())


def test_services_set_settings_that_exist() -> None:
    content = (UNITS / "professional-portal-.service.d/service.conf").read_text()
    names = set(re.findall(r"^Environment=(\w+)", content, re.MULTILINE))
    assert unknown_settings(names - {"PYTHONFAULTHANDLER"}) == set()


@pytest.mark.parametrize("timer", TIMERS)
def test_timers_catch_up_at_a_time_of_their_own(timer: str) -> None:
    content = (UNITS / timer).read_text()
    assert "Persistent=true" in content
    assert "RandomizedDelaySec=" in content
    assert timer.replace(".timer", ".service") in SERVICES
