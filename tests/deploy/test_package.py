"""The Debian package, without its Python environment: its files, its fields and its scripts."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from deploy.deb import DEPLOY, add_files, control_fields, debian_version, pack

UNITS = sorted(path.name for path in (DEPLOY / "systemd").glob("*.*[!d]"))
PROGRAM = """#!/bin/sh
echo "$(basename "$0") $*" >>"$CALLS"
case "$*" in *"$FAILS"*) exit 1 ;; esac
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("package")
    tree = folder / "tree"
    tree.mkdir(mode=0o755)
    add_files(tree)
    return pack(tree, folder)


@pytest.fixture(scope="module")
def modes(package: Path) -> dict[str, str]:
    """The mode and owner of each file, by its path."""
    listing = subprocess.check_output(["dpkg-deb", "--contents", package], text=True)
    rows = [line.split(maxsplit=5) for line in listing.splitlines()]
    return {row[5].removeprefix("."): f"{row[0]} {row[1]}" for row in rows}


def test_package_has_fields(package: Path) -> None:
    fields = control_fields()
    names = ["Package", "Version", "Architecture", "Depends"]
    output = subprocess.check_output(["dpkg-deb", "--field", package, *names], text=True)
    values = dict(line.split(": ", 1) for line in output.splitlines())
    python = f"python3 (>= {fields['python']}), python3 (<< {fields['next_python']})"
    assert values == {
        "Package": "professional-portal",
        "Version": fields["version"],
        "Architecture": fields["architecture"],
        "Depends": f"{python}, adduser",
    }


def test_package_has_files(modes: dict[str, str]) -> None:
    assert modes["/usr/bin/portal-server"] == "-rwxr-xr-x root/root"
    assert "/usr/bin/portal -> ../lib/professional-portal/bin/portal" in modes
    assert {f"/usr/lib/systemd/system/{unit}" for unit in UNITS} <= modes.keys()
    assert len(UNITS) == 10
    sshd = "/usr/share/professional-portal/sshd"
    assert modes[f"{sshd}/portal-shell"] == "-rwxr-xr-x root/root"
    assert modes[f"{sshd}/professional-portal.conf"] == "-rw-r--r-- root/root"
    assert {"/usr/share/man/man1/portal.1", "/usr/share/man/man8/portal-server.8"} <= modes.keys()


def test_shell_runs_the_python_of_the_package(package: Path, tmp_path: Path) -> None:
    subprocess.run(["dpkg-deb", "--extract", package, tmp_path], check=True)
    shell = tmp_path / "usr/share/professional-portal/sshd/portal-shell"
    assert shell.read_text().startswith("#!/usr/lib/professional-portal/bin/python -I\n")


def test_only_settings_are_private_and_nothing_is_writable(modes: dict[str, str]) -> None:
    files = {path: mode for path, mode in modes.items() if not mode.startswith("l")}
    assert {path for path, mode in files.items() if mode[8] == "w" or mode[5] == "w"} == set()
    private = {path: mode for path, mode in files.items() if mode[7] != "r"}
    assert private == {"/etc/professional-portal/portal.toml": "-rw-r----- root/root"}


def test_settings_are_kept_in_upgrades(package: Path, tmp_path: Path) -> None:
    subprocess.run(["dpkg-deb", "--control", package, tmp_path], check=True)
    assert (tmp_path / "conffiles").read_text() == "/etc/professional-portal/portal.toml\n"


@pytest.mark.parametrize(
    ("version", "expected"),
    [("1.2.0", "1.2.0"), ("1.2.0rc1", "1.2.0~rc1"), ("1.2.0.dev3", "1.2.0~dev3")],
)
def test_versions_are_sorted_by_dpkg(version: str, expected: str) -> None:
    assert debian_version(version) == expected
    assert subprocess.run(["dpkg", "--compare-versions", expected, "le", "1.2.0"]).returncode == 0


class Machine:
    """A machine below a folder: runs the package's scripts, with programs that only note calls."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        self.key = self.root / "etc/professional-portal/secret_key"
        self.data = self.root / "var/lib/professional-portal"
        self._calls, self._programs = folder / "calls", folder / "programs"
        self._programs.mkdir()
        for path in ("etc/professional-portal", "run/systemd/system", "var/lib"):
            (self.root / path).mkdir(parents=True)
        (self.root / "etc/professional-portal/portal.toml").touch()
        for name in ("adduser", "chown", "getent", "portal-server", "systemctl"):
            program = self._programs / name
            program.write_text(PROGRAM)
            program.chmod(0o755)

    def run(self, script: str, *arguments: str, fails: str = "nothing") -> tuple[str, list[str]]:
        """Run a script; return its output, and the programs it ran. Those of `fails` fail."""
        content = (DEPLOY / "debian" / script).read_text()
        for folder in ("/etc/professional-portal", "/var/lib/professional-portal", "/run/systemd"):
            content = content.replace(folder, f"{self.root}{folder}")
        content = content.replace('install -d -m 0700 -o "$user" -g "$user"', "install -d -m 0700")
        self._calls.write_text("")
        result = subprocess.run(
            ["/bin/sh", "-c", content, script, *arguments],
            env={"PATH": f"{self._programs}:{os.environ['PATH']}"}
            | {"CALLS": str(self._calls), "FAILS": fails},
            capture_output=True,
            text=True,
            check=True,
        )
        return result.stdout + result.stderr, self._calls.read_text().splitlines()


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_first_installation_makes_user_folder_and_key(machine: Machine) -> None:
    output, calls = machine.run("postinst", "configure", "", fails="passwd")
    assert any(call.startswith("adduser --quiet --system --group") for call in calls)
    assert stat.S_IMODE(machine.data.stat().st_mode) == 0o700
    assert stat.S_IMODE(machine.key.stat().st_mode) == 0o600
    assert len(machine.key.read_text().strip()) == 64
    assert f"chown professional-portal:professional-portal {machine.key}.new" in calls
    assert "portal-server migrate" in output
    assert "systemctl enable --now" in output


SERVERS = "professional-portal.service professional-portal-ssh.service"


def test_upgrade_keeps_key_and_migrates_while_servers_are_stopped(machine: Machine) -> None:
    machine.run("postinst", "configure", "")
    key = machine.key.read_text()
    output, calls = machine.run("postinst", "configure", "0.1.0")
    assert machine.key.read_text() == key
    assert output == ""
    assert [call for call in calls if not call.startswith(("getent", "systemctl is-active"))] == [
        "systemctl daemon-reload",
        "systemctl start professional-portal-migrate.service",
        f"systemctl start {SERVERS}",
    ]
    migration = (DEPLOY / "systemd/professional-portal-migrate.service").read_text()
    assert f"ExecStartPre=+/usr/bin/systemctl stop {SERVERS}\n" in migration
    assert f"Before={SERVERS}\n" in migration


def test_upgrade_makes_no_key(machine: Machine) -> None:
    """The key may have been replaced by an encrypted credential."""
    machine.run("postinst", "configure", "")
    machine.key.unlink()
    machine.run("postinst", "configure", "0.1.0")
    assert not machine.key.exists()


def test_upgrade_starts_no_server_that_did_not_run(machine: Machine) -> None:
    _, calls = machine.run("postinst", "configure", "0.1.0", fails="is-active")
    assert not any(call.startswith(("portal-server", "systemctl start")) for call in calls)


def test_upgrade_says_what_to_do_if_migration_fails(machine: Machine) -> None:
    output, calls = machine.run("postinst", "configure", "0.1.0", fails="portal-migrate")
    assert calls[-1] == f"systemctl start --no-block {SERVERS}"
    assert "`portal-server migrate` says what is wrong" in output


def test_removal_stops_all_units(machine: Machine) -> None:
    _, [call] = machine.run("prerm", "remove")
    units = {unit for unit in UNITS if unit.endswith((".socket", ".timer"))}
    servers = {"professional-portal.service", "professional-portal-ssh.service"}
    assert set(call.split()[4:]) == units | servers
    assert machine.run("prerm", "upgrade", "0.2.0")[1] == []


def test_purge_keeps_records_and_their_key(machine: Machine) -> None:
    machine.run("postinst", "configure", "")
    database = machine.data / "portal.db"
    database.touch()
    output, _ = machine.run("postrm", "purge")
    assert machine.key.exists()
    assert database.exists()
    assert f"{machine.data} was not deleted" in output
    assert f"{machine.key} was not deleted" in output


def test_purge_keeps_the_key_of_records_elsewhere(machine: Machine) -> None:
    machine.run("postinst", "configure", "")
    key = machine.key.read_text()
    (machine.root / "etc/professional-portal/portal.toml").unlink()  # dpkg does it
    output, _ = machine.run("postrm", "purge")
    assert f"{machine.key} was not deleted" in output
    assert not machine.data.exists()
    (machine.root / "etc/professional-portal/portal.toml").touch()
    machine.run("postinst", "configure", "")
    assert machine.key.read_text() == key


def test_commands_have_the_variables_of_the_services(tmp_path: Path) -> None:
    program = tmp_path / "bin/portal-server"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho "$*: $AWS_REGION $PORTAL_SECRET_KEY_FILE"\n')
    program.chmod(0o755)
    (tmp_path / "id").write_text("#!/bin/sh\necho 1000\n")
    (tmp_path / "id").chmod(0o755)
    (tmp_path / "secret_key").touch()
    content = (DEPLOY / "debian/portal-server").read_text()
    for folder in ("/etc/professional-portal", "/usr/lib/professional-portal"):
        content = content.replace(folder, str(tmp_path))
    command = ["/bin/sh", "-c", content, "portal-server", "check"]
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    for text, region in (("", ""), ("# S3\nAWS_REGION='eu west'\n", "eu west")):
        (tmp_path / "environment").write_text(text)
        output = subprocess.check_output(command, env=environment, text=True)
        assert output == f"check: {region} {tmp_path}/secret_key\n"
    drop_in = (DEPLOY / "systemd/professional-portal-.service.d/service.conf").read_text()
    assert "\nEnvironmentFile=-/etc/professional-portal/environment\n" in drop_in
