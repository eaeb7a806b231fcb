"""A restricted process reads and writes one folder, and starts no programs."""

import json
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from tui.cli import main
from tui.core import confinement, settings
from tui.core.client import _find_certificate_error
from tui.core.keychain import Keychain
from tui.core.restriction import prepare_folder
from tui.core.settings import SettingsError, load_settings

ATTEMPTS = """
import ctypes, json, os, resource, signal, subprocess, sys, threading
from pathlib import Path
import tui
from tui.core.restriction import restrict

folder, other = map(Path, sys.argv[1:])
restrict(folder, None)

def attempt(act):
    try:
        act()
    except OSError as error:
        return type(error).__name__
    return "done"

def in_thread(act):
    results = []
    thread = threading.Thread(target=lambda: results.append(attempt(act)))
    thread.start()
    thread.join()
    return results[0]

print(json.dumps({
    "write own": attempt(lambda: (folder / "mine.txt").write_text("mine")),
    "read own": attempt((folder / "mine.txt").read_text),
    "mode": (folder / "mine.txt").stat().st_mode & 0o777,
    "replace own": attempt(lambda: (folder / "mine.txt").replace(folder / "yours.txt")),
    "delete own": attempt((folder / "yours.txt").unlink),
    "import": attempt(lambda: __import__("textual.app")),
    "read other": attempt((other / "file").read_text),
    "read by link": attempt((folder / "link" / "file").read_text),
    "list other": attempt(lambda: os.listdir(other)),
    "list beside the program": attempt(lambda: os.listdir(Path(tui.__file__).parents[1])),
    "import later": attempt(lambda: __import__("shared.cases.clock")),
    "write other": attempt(lambda: (other / "new").write_text("")),
    "write by thread": in_thread(lambda: (other / "new").write_text("")),
    "delete other": attempt((other / "file").unlink),
    "passwords": attempt(lambda: Path("/etc/shadow").read_bytes()),
    "process": attempt(lambda: Path("/proc/self/environ").read_bytes()),
    "device": attempt(lambda: os.mkfifo(folder / "pipe")),
    "symlink": attempt(lambda: (folder / "new").symlink_to("/etc")),
    "program": attempt(lambda: subprocess.run(["/bin/true"])),
    "environment": sorted(os.environ),
    "home": os.environ["HOME"],
    "core": resource.getrlimit(resource.RLIMIT_CORE),
    "dumpable": ctypes.CDLL(None).prctl(3, 0, 0, 0, 0),
    "blocked": sorted(number.name for number in signal.pthread_sigmask(signal.SIG_BLOCK, ())),
}))
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    own = tmp_path / "own"
    own.mkdir(0o700)
    return own


def test_kernel_confines_the_process(own: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "file").write_text("theirs")
    (own / "link").symlink_to(other)
    output = subprocess.run(
        [sys.executable, "-I", "-c", ATTEMPTS, str(own), str(other)],
        env={"TERM": "xterm", "LANG": "C.UTF-8", "TEXTUAL_LOG": str(other / "log"), "HOME": "/"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert json.loads(output) == {
        "write own": "done",
        "read own": "done",
        "mode": 0o600,
        "replace own": "done",
        "delete own": "done",
        "import": "done",
        "read other": "PermissionError",
        "read by link": "PermissionError",
        "list other": "PermissionError",
        "list beside the program": "PermissionError",
        "import later": "done",
        "write other": "PermissionError",
        "write by thread": "PermissionError",
        "delete other": "PermissionError",
        "passwords": "PermissionError",
        "process": "PermissionError",
        "device": "PermissionError",
        "symlink": "PermissionError",
        "program": "PermissionError",
        "environment": ["HOME", "LANG", "TERM"],
        "home": str(own),
        "core": [0, 0],
        "dumpable": 0,
        "blocked": ["SIGQUIT", "SIGTSTP"],
    }
    assert [file.name for file in other.iterdir()] == ["file"]


def test_folder_is_created_for_its_owner_only(tmp_path: Path) -> None:
    folder = prepare_folder(tmp_path / "portal")
    assert folder.stat().st_mode & 0o777 == 0o700
    assert prepare_folder(folder) == folder


def test_folder_that_others_may_open_is_refused(own: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(own)
    (tmp_path / "file").touch(0o600)
    (tmp_path / "open").mkdir(0o755)
    for name in ("link", "file", "open", "missing/portal"):
        with pytest.raises(SettingsError, match="can't be used"):
            prepare_folder(tmp_path / name)


def test_only_the_machines_settings_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "client.toml"
    file.write_text('server = "https://council.example"\nca_file = "council.pem"\n')
    monkeypatch.setattr(settings, "MACHINE_SETTINGS", file)
    monkeypatch.setenv("PORTAL_SERVER", "https://evil.example")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "professional-portal").mkdir()
    (tmp_path / "professional-portal" / "settings.toml").write_text(
        'server = "https://evil.example"\nca_file = "evil.pem"\n'
    )
    loaded = load_settings(restricted=True)
    assert (loaded.server, loaded.ca_file) == (
        "https://council.example",
        tmp_path / "council.pem",
    )
    assert loaded.path is None  # nothing is written to root's file


async def test_keychain_is_not_used() -> None:
    keychain = Keychain("https://portal.example", in_memory=True)
    await keychain.set("session", "secret")
    assert await keychain.get("session") == "secret"
    assert keychain.is_available is False
    assert keychain.description == "Kept in memory only. It ends with the program."
    await keychain.delete("session")
    assert await keychain.get("session") is None


@pytest.mark.parametrize(
    "arguments",
    [["--restricted", "demo"], ["--restricted", "receipt", "verify", "file"], ["--folder", "/tmp"]],
)
def test_other_commands_are_refused(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as exit:
        main(arguments)
    assert exit.value.code == 2


def test_certificate_error_names_no_settings_of_the_person(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cause = ssl.SSLCertVerificationError("unknown issuer")
    cause.verify_code, cause.verify_message = 20, "unable to get local issuer certificate"
    assert "settings.toml" in str(_find_certificate_error(cause))
    monkeypatch.setattr(confinement, "_folder", own)
    assert "settings.toml" not in str(_find_certificate_error(cause))
