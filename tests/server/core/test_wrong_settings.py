"""Each wrong setting ends in one sentence that names it and the way out, and exit code 2."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from server import cli
from server.core.database import open_database
from server.core.settings import Settings, load_settings
from server.core.settings_sources import SETTINGS_VARIABLE, variable_of
from tests.parts import SECRET, copy_sqlite
from tests.running import find_free_port

ROOT = Path(__file__).parents[3]
README, SSH_PAGE = ROOT / "README.md", ROOT / "docs/ssh.md"
HIDDEN = "hunter2-hidden"
"""Part of each secret in these settings, which no output may show."""

INVALID: dict[str, tuple[dict[str, str], str]] = {
    "short key": ({"SECRET_KEY": HIDDEN}, "32 characters"),
    "no key": ({"SECRET_KEY": ""}, "32 characters"),
    "short old key": ({"SECRET_KEY_OLD": HIDDEN}, "32 characters"),
    "key file missing": ({"SECRET_KEY_FILE": "/proc/none"}, "No such file"),
    "password file is a folder": ({"MAIL_PASSWORD_FILE": "/proc"}, "Is a directory"),
    "settings file missing": ({"SETTINGS": "/proc/none"}, "there is no file /proc/none"),
    "unknown": ({"SECRET_KYE": HIDDEN}, "Did you mean PORTAL_SECRET_KEY?"),
    "unknown file": ({"SECRET_KYE_FILE": HIDDEN}, "is not a setting"),
    "unlike any": ({"QQQQQQ": HIDDEN}, "Remove it"),
    "letters unknown": ({"LETTERS": '{"phon": "1"}'}, "Did you mean phone?"),
    "periods no JSON": ({"PERIODS": "nojson"}, "JSON"),
    "periods unknown": ({"PERIODS": '{"decid": 28}'}, "Did you mean decide?"),
    "periods a list": ({"PERIODS": "[28]"}, "PORTAL_PERIODS"),
    "periods text": ({"PERIODS": '{"decide": "soon"}'}, "whole number"),
    "retention no JSON": ({"RETENTION": "{"}, "JSON"),
    "retention unknown": ({"RETENTION": '{"mail": 1}'}, "PORTAL_RETENTION"),
    "providers no JSON": ({"PROVIDERS": "x"}, "JSON"),
    "providers http": (
        {
            "PROVIDERS": '[{"name": "entra", "label": "E", "issuer": "http://x.example", '
            f'"client_id": "a", "client_secret": "{HIDDEN}", "users": "staff"}}]'
        },
        "https://",
    ),
    "providers incomplete": ({"PROVIDERS": '[{"name": "entra"}]'}, "label"),
    "no way in for staff": ({"STAFF_PASSWORDS": "false"}, "without a provider"),
    "port word": ({"PORT": "http"}, "whole number"),
    "port range": ({"PORT": "99999"}, "65535"),
    "mail port": ({"MAIL_PORT": "0"}, "greater than or equal to 1"),
    "mail tls": ({"MAIL_TLS": "ssl"}, "'starttls'"),
    "mail": ({"MAIL": "off"}, "'none'"),
    "mail from": ({"MAIL_FROM": "portal"}, "email address"),
    "clamd": ({"CLAMD": "localhost:3310"}, "tcp://host:port"),
    "unscanned": ({"UNSCANNED": "yes"}, "'accept'"),
    "recipient": ({"BACKUP_RECIPIENT": "age1nobody"}, "PORTAL_BACKUP_RECIPIENT"),
    "days of backups": ({"BACKUP_KEEP_DAYS": "0"}, "PORTAL_BACKUP_KEEP_DAYS"),
    "proxies": ({"PROXIES": "10.0.0.1, proxy.example"}, "PORTAL_PROXIES"),
    "log": ({"LOG": "verbose"}, "'WARNING'"),
    "postgres": ({"DATABASE_URL": f"postgres://u:{HIDDEN}@h/d"}, "postgresql://"),
    "mysql": ({"DATABASE_URL": f"mysql://u:{HIDDEN}@h/d"}, "postgresql://"),
    "database port": ({"DATABASE_URL": f"postgresql://u:{HIDDEN}@h:p/d"}, "%40"),
    "documents ftp": ({"DOCUMENTS_URL": "ftp://x"}, "s3://bucket"),
    "documents relative": ({"DOCUMENTS_URL": "file://documents"}, "file:///path"),
    "public url": ({"PUBLIC_URL": "portal.example"}, "https://"),
    "idle": ({"SESSION_IDLE_MINUTES": "0"}, "PORTAL_SESSION_IDLE_MINUTES"),
    "hours": ({"SESSION_HOURS": "-1"}, "PORTAL_SESSION_HOURS"),
    "quota": ({"QUOTA_BYTES": "1 GB"}, "whole number"),
    "drain": ({"DRAIN_SECONDS": "20s"}, "whole number"),
    "passwords": ({"STAFF_PASSWORDS": "perhaps"}, "true or false"),
    "days": ({"REMIND_DAYS": "14, 3"}, "JSON"),
    "days text": ({"REMIND_DAYS": '["soon"]'}, "whole number"),
}
"""Settings that are refused before anything else, by both commands."""

UNUSABLE: dict[str, tuple[dict[str, str], str]] = {
    "data": ({"DATA": "/proc/none"}, "PORTAL_DATA"),
    "data is a file": ({"DATA": "/etc/hostname"}, "PORTAL_DATA"),
    "database down": (
        {"DATABASE_URL": f"postgresql://u:{HIDDEN}@127.0.0.1:1/none"},
        "PORTAL_DATABASE_URL",
    ),
    "database host": (
        {"DATABASE_URL": f"postgresql://u:{HIDDEN}@none.invalid/none"},
        "PORTAL_DATABASE_URL",
    ),
    "sqlite folder": ({"DATABASE_URL": "sqlite:////proc/none/portal.db"}, "/proc/none"),
    "forms": ({"FORMS": "/proc/none"}, "PORTAL_FORMS"),
    "no relay": ({"MAIL": "smtp"}, "PORTAL_MAIL=none"),
    "address of another machine": ({"HOST": "192.0.2.1"}, "PORTAL_HOST"),
    "no address": ({"HOST": "none.invalid"}, "PORTAL_HOST"),
    "no schema": ({}, "portal-server migrate"),
}
"""Settings that `serve` finds wrong when it uses them."""


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Valid settings of a server without a database, whose data folder is returned."""
    monkeypatch.setenv("PORTAL_SECRET_KEY", SECRET)
    monkeypatch.setenv("PORTAL_DATA", str(tmp_path))
    monkeypatch.setenv("PORTAL_MAIL", "none")
    monkeypatch.setenv("PORTAL_UNSCANNED", "accept")
    monkeypatch.setenv("PORTAL_PORT", str(find_free_port()))
    return tmp_path


def run_failing(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> str:
    """Run a command that must fail, and return its only line."""
    monkeypatch.setattr(
        "server.commands.serve.serve", lambda *_, **__: pytest.fail("The server started.")
    )
    assert cli.main(arguments) == cli.EXIT_FAILURE
    output = capsys.readouterr()
    assert output.out == ""
    assert HIDDEN not in output.err
    assert SECRET not in output.err
    assert "Traceback" not in output.err
    lines = output.err.splitlines()
    assert len(lines) == 1, output.err
    assert lines[0][-1] in ".?"
    return lines[0]


@pytest.mark.parametrize(("values", "expected"), INVALID.values(), ids=INVALID)
def test_invalid_setting_is_refused(
    values: dict[str, str],
    expected: str,
    environment: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in values.items():
        monkeypatch.setenv(f"PORTAL_{name}", value)
        if f"{name}".endswith("KEY_FILE"):
            monkeypatch.delenv("PORTAL_SECRET_KEY")
    for command in (["serve"], ["migrate"]):
        line = run_failing(command, capsys, monkeypatch)
        assert line.startswith(f"PORTAL_{next(iter(values))}")
        assert expected in line


@pytest.mark.parametrize(("values", "expected"), UNUSABLE.values(), ids=UNUSABLE)
def test_unusable_setting_is_refused(
    values: dict[str, str],
    expected: str,
    environment: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in values.items():
        monkeypatch.setenv(f"PORTAL_{name}", value)
    assert expected in run_failing(["serve"], capsys, monkeypatch)


def test_demo_refuses_invalid_settings(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORTAL_LOG", "verbose")
    assert run_failing(["demo"], capsys, monkeypatch).startswith("PORTAL_LOG: it must be")


def test_missing_key_says_how_to_make_one(
    environment: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PORTAL_SECRET_KEY")
    line = run_failing(["serve"], capsys, monkeypatch)
    assert line.startswith("PORTAL_SECRET_KEY is not set")
    assert "token_urlsafe" in line


def test_port_in_use_is_refused(
    environment: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setenv("PORTAL_PORT", str(other.getsockname()[1]))
        line = run_failing(["serve"], capsys, monkeypatch)
    assert "no other program uses" in line


@pytest.mark.parametrize(
    "command",
    [
        ["serve"],
        ["ssh"],
        ["migrate"],
        ["migrate", "--to", "0024", "--yes"],
        ["account", "unlock", "x@y.z"],
    ],
    ids=str,
)
def test_newer_database_names_the_way_out(
    command: list[str],
    environment: Path,
    sqlite_template: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    copy_sqlite(sqlite_template, environment)
    engine = open_database(f"sqlite:///{environment / 'portal.db'}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        connection.execute(text("UPDATE oldest_revision SET revision = '9999'"))
        connection.execute(text("ALTER TABLE account RENAME TO person_of_later"))
    engine.dispose()
    line = run_failing(command, capsys, monkeypatch)
    assert "newer version of the portal (revision 9999)" in line
    # To migrate with this program is no way out.
    assert "use that version, or go back with it: `portal-server migrate --to 0" in line


@pytest.mark.parametrize("command", [["serve"], ["ssh"], ["rotate-key", "--lost"]], ids=str)
def test_missing_database_is_refused_and_not_made(
    command: list[str],
    environment: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    line = run_failing(command, capsys, monkeypatch)
    file = environment / "portal.db"
    assert line == (
        f"There is no database {file}: check PORTAL_DATA, or make one by `portal-server migrate`."
    )
    assert list(environment.iterdir()) == []


def test_damaged_database_is_refused(
    environment: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (environment / "portal.db").write_bytes(b"no database" * 1000)
    assert run_failing(["serve"], capsys, monkeypatch).startswith("PORTAL_DATA")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"port = ", "this is not TOML"),
        (b"\xff\xfe", "this is not TOML"),
        (b"port = 'x'", "PORTAL_PORT in "),
        (b"prot = 8080", "Did you mean PORTAL_PORT?"),
        (b"[periods]\ndecid = 3", "Did you mean decide?"),
    ],
)
def test_wrong_settings_file_is_refused(
    content: bytes,
    expected: str,
    environment: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("PORTAL_PORT")
    file = environment / "portal.toml"
    file.write_bytes(content)
    monkeypatch.setenv("PORTAL_SETTINGS", str(file))
    line = run_failing(["serve"], capsys, monkeypatch)
    assert expected in line
    assert str(file) in line


def test_sources_count_in_order(environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, password = environment / "key", environment / "password"
    key.write_text("a secret key in a file, long enough to be one\n")
    password.write_text("from the file")
    toml = environment / "portal.toml"
    toml.write_text(
        'council = "Council of the file"\nport = 1\nmail_password = "from TOML"\n'
        'remind_days = [7]\nproxies = ["10.0.0.0/8"]\n[periods]\ndecide = 40\n'
    )
    monkeypatch.delenv("PORTAL_SECRET_KEY")
    monkeypatch.setenv("PORTAL_SECRET_KEY_FILE", str(key))
    monkeypatch.setenv("PORTAL_MAIL_PASSWORD_FILE", str(password))
    monkeypatch.setenv("PORTAL_SETTINGS", str(toml))
    monkeypatch.setenv("PORTAL_PORT", "2")
    settings = load_settings()
    assert settings.secret_key.get_secret_value() == key.read_text().strip()
    assert settings.mail_password.get_secret_value() == "from the file"
    assert (settings.port, settings.council) == (2, "Council of the file")
    assert (settings.remind_days, settings.periods.decide) == ((7,), 40)
    assert [str(network) for network in settings.proxies] == ["10.0.0.0/8"]
    assert settings.drain_seconds == 20


def test_empty_path_is_the_default(environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    defaults = load_settings()
    for name in ("BACKUPS", "FORMS", "SSH_HOST_KEY_FILE"):
        monkeypatch.setenv(f"PORTAL_{name}", "")
    settings = load_settings()
    assert (settings.backup_folder, settings.forms, settings.ssh_host_key) == (
        defaults.backup_folder,
        None,
        defaults.ssh_host_key,
    )


def test_documents_list_every_setting() -> None:
    pages = README.read_text() + SSH_PAGE.read_text()
    table = re.findall(r"^\| (`PORTAL_.+?) \|", pages, re.M)
    listed = {name for cell in table for name in re.findall(r"`(PORTAL_\w+)`", cell)}
    assert listed == {SETTINGS_VARIABLE, *map(variable_of, Settings.model_fields)}


def test_links_follow_the_address_that_the_server_listens_on() -> None:
    def url(**values: object) -> str:
        return Settings.model_validate({"secret_key": SECRET, **values}).public_url

    assert url(port=22001) == "http://127.0.0.1:22001"
    assert url(host="0.0.0.0", port=80) == "http://127.0.0.1:80"
    assert url(host="::1", port=81) == "http://[::1]:81"
    assert url(port=1, public_url="https://portal.example/") == "https://portal.example"


@pytest.fixture
def wrong_process() -> Iterator[subprocess.CompletedProcess[str]]:
    """The real command with several wrong settings."""
    env = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")},
        "PORTAL_SECRET_KEY": HIDDEN,
        "PORTAL_PORT": "x",
        "PORTAL_PROT": "1",
    }
    command = [str(Path(sys.executable).with_name("portal-server")), "serve"]
    yield subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def test_command_lists_all_wrong_settings_at_once(
    wrong_process: subprocess.CompletedProcess[str],
) -> None:
    assert wrong_process.returncode == cli.EXIT_FAILURE
    assert wrong_process.stdout == ""
    lines = wrong_process.stderr.splitlines()
    assert [line.split()[0].rstrip(":") for line in lines] == [
        "PORTAL_SECRET_KEY",
        "PORTAL_PORT",
        "PORTAL_PROT",
    ]
    assert HIDDEN not in wrong_process.stderr
