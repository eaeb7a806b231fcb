"""`check`, `settings`, `mail test`, `outbox` and `smoke`, which operators run."""

import json
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from anyio.from_thread import BlockingPortal
from sqlmodel import select

from server import cli
from server.accounts.tables import Account, StoredSession
from server.app import open_services
from server.cases.tables import Case
from server.core.audit import Action, record
from server.core.database import Services
from server.core.outbox import OutboxMail, post_mail
from server.core.settings import Settings
from server.documents.tables import Document
from server.forms.tables import Submission
from server.people.tables import Person
from shared.values.days import utc_now
from tests.parts import SECRET, Clock, settings_for
from tests.running import ServerProcess
from tests.server.relay import Relay, run_relay
from tests.server.steps import audit_of, rows

pytestmark = pytest.mark.both_databases

ADDRESS = "operator@leicester.example"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(command: None, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command with the test's settings; return its exit code, output and errors."""

    def run_command(*arguments: str) -> tuple[int, str, str]:
        code = cli.main(list(arguments))
        output = capsys.readouterr()
        assert SECRET not in output.out + output.err
        return code, output.out, output.err

    return run_command


@pytest.fixture
def relay(loop: BlockingPortal, monkeypatch: pytest.MonkeyPatch) -> Iterator[Relay]:
    """A real relay, which is the one in the settings."""
    relay = Relay()
    with loop.wrap_async_context_manager(run_relay(relay)) as port:
        monkeypatch.setenv("PORTAL_MAIL_PORT", str(port))
        monkeypatch.setenv("PORTAL_MAIL_TLS", "none")
        yield relay


def test_mail_test_says_what_the_relay_answered(run: Run, relay: Relay) -> None:
    code, output, _ = run("mail", "test", ADDRESS)
    assert code == 0
    assert f"took the email from no-reply@leicester.gov.uk to {ADDRESS}" in output
    assert [mail["To"] for mail in relay.accepted] == [ADDRESS]
    relay.refused_recipients[ADDRESS] = "550 5.7.1 relaying denied"
    code, _, error = run("mail", "test", ADDRESS)
    assert code == 2
    assert "did not take the email: 550 5.7.1 relaying denied. Check PORTAL_MAIL_HOST" in error


def test_mail_test_names_an_unreachable_relay(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTAL_MAIL_PORT", "1")
    code, _, error = run("mail", "test", ADDRESS)
    assert (code, len(error.splitlines())) == (2, 1)
    assert error.startswith("127.0.0.1 port 1 did not take the email: ")
    assert run("mail", "test", f"{ADDRESS}\nBcc: {ADDRESS}")[2].endswith("no email address.\n")
    monkeypatch.setenv("PORTAL_MAIL", "none")
    assert run("mail", "test", ADDRESS)[2].startswith("The portal sends no email")


def test_outbox_lists_and_retries_what_is_unsent(run: Run, services: Services) -> None:
    with services.transaction() as tx:
        for subject in ("Waiting", "Given up", "Sent"):
            post_mail(tx, to=ADDRESS, subject=subject, body="a secret text")
        tx.session.flush()
        mails = {mail.subject: mail for mail in tx.session.exec(select(OutboxMail))}
        mails["Given up"].given_up_at = mails["Sent"].sent_at = tx.now
    code, output, _ = run("outbox", "list")
    assert code == 0
    assert "a secret text" not in output
    lines = output.splitlines()
    assert [line.split("  ")[3] for line in lines[:-1]] == ["Waiting", "Given up"]
    assert lines[-1] == "Waiting: 1. Given up: 1."
    assert run("outbox", "retry", str(mails["Sent"].id))[0] == 2
    assert run("outbox", "retry", "--all")[1].endswith("a running server: 1.\n")
    assert all(mail.given_up_at is None for mail in rows(services, OutboxMail))
    assert [entry.action for entry in audit_of(services)] == [Action.MAIL_SENT_AGAIN]


def test_settings_show_origins_and_hide_secrets(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    password = tmp_path / "password"
    password.write_text("hunter2")
    toml = tmp_path / "portal.toml"
    toml.write_text('council = "Rutland"\n')
    monkeypatch.setenv("PORTAL_SETTINGS", str(toml))
    monkeypatch.setenv("PORTAL_MAIL_PASSWORD_FILE", str(password))
    monkeypatch.setenv("PORTAL_DATABASE_URL", "postgresql://u:hunter2@h/d?password=hunter2")
    code, output, _ = run("settings")
    lines = output.splitlines()
    assert code == 0
    assert "hunter2" not in output
    assert f"PORTAL_COUNCIL = Rutland  ({toml})" in lines
    assert "PORTAL_MAIL_PASSWORD = **********  (PORTAL_MAIL_PASSWORD_FILE)" in lines
    assert "PORTAL_DATABASE_URL = postgresql://u:***@h/d  (PORTAL_DATABASE_URL)" in lines
    assert "PORTAL_DRAIN_SECONDS = 20  (default)" in lines


@pytest.fixture
def sound(run: Run, relay: Relay, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run commands on a server in which all is right."""
    monkeypatch.setenv("PORTAL_UNSCANNED", "accept")
    settings.data.chmod(0o700)
    if not settings.database_url:
        (settings.data / "portal.db").chmod(0o600)
        # What `serve` does once.
        open_services(settings).engine.dispose()
    return run


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_check_finds_all_right(sound: Run) -> None:
    code, output, error = sound("check")
    assert (code, error) == (0, ""), output
    names = [line[6:17].strip() for line in output.splitlines()]
    assert names == [
        "secrets",
        "permissions",
        "disk",
        "database",
        "migrations",
        "secret key",
        "clock",
        "store",
        "backups",
        "forms",
        "letters",
        "mail",
        "antivirus",
        "address",
    ]
    code, output, _ = sound("check", "--json")
    assert code == 0
    assert {finding["name"]: finding["ok"] for finding in json.loads(output)} == dict.fromkeys(
        names, True
    )


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_check_finds_all_that_is_wrong_at_once(
    sound: Run, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    password = tmp_path / "password"
    password.write_text("x")
    password.chmod(0o644)
    settings.data.chmod(0o755)
    for name, value in {
        "MAIL_PASSWORD_FILE": str(password),
        "MAIL_PORT": "1",
        "CLAMD": "tcp://127.0.0.1:1",
        "PUBLIC_URL": "http://portal.example",
        "DOCUMENTS_URL": "file:///proc/none",
        "BACKUPS": str(password / "backups"),
        "FORMS": "/proc/none",
        "LETTER_TEMPLATES": "/proc/none",
        "DATABASE_URL": f"sqlite:///{tmp_path}/none.db",
    }.items():
        monkeypatch.setenv(f"PORTAL_{name}", value)
    code, output, error = sound("check", "--json")
    findings = {finding["name"]: finding for finding in json.loads(output)}
    expected = {
        "secrets": "chmod o-rwx",
        "permissions": "chmod go-rwx",
        "database": "portal-server migrate",
        "migrations": "portal-server migrate",
        "secret key": "portal-server migrate",
        "clock": "portal-server migrate",
        "store": "/proc/none",
        "backups": "PORTAL_BACKUPS",
        "forms": "PORTAL_FORMS",
        "letters": "PORTAL_LETTER_TEMPLATES",
        "mail": "PORTAL_MAIL_",
        "antivirus": "PORTAL_CLAMD",
        "address": "PORTAL_PUBLIC_URL",
    }
    assert code == 2
    assert {name for name, finding in findings.items() if not finding["ok"]} == set(expected)
    for name, text in expected.items():
        assert text in findings[name]["text"], name
    assert error == f"Not right: {', '.join(expected)}.\n"
    assert not (tmp_path / "none.db").exists()


def failed(run: Run) -> dict[str, str]:
    """Return what `check` says about each thing that is not right."""
    findings = json.loads(run("check", "--json")[1])
    return {finding["name"]: finding["text"] for finding in findings if not finding["ok"]}


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_check_finds_a_damaged_database(sound: Run, settings: Settings) -> None:
    file = settings.data / "portal.db"
    content = bytearray(file.read_bytes())
    content[-4096:] = b"\xff" * 4096  # the last page; starting reads only the first ones
    file.write_bytes(content)
    assert "damaged" in failed(sound)["database"]


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
def test_check_needs_pg_dump(sound: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "pg_dump of PostgreSQL" in failed(sound)["backups"]


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file to another group")
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
def test_check_finds_secrets_of_another_group(
    sound: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    password = tmp_path / "password"
    password.write_text("x")
    password.chmod(0o640)
    monkeypatch.setenv("PORTAL_MAIL_PASSWORD_FILE", str(password))
    assert failed(sound) == {}
    os.chown(password, -1, os.getegid() + 1)
    assert "chmod g-rwx" in failed(sound)["secrets"]


def test_check_finds_a_clock_that_went_back(sound: Run, services: Services, clock: Clock) -> None:
    clock.now = utc_now() + timedelta(hours=1)
    with services.transaction() as tx:
        record(tx, Action.SIGNED_OUT)
    findings = {entry["name"]: entry for entry in json.loads(sound("check", "--json")[1])}
    assert "the newest entry of the audit log" in findings["clock"]["text"]


def test_smoke_leaves_nothing_of_the_child(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server = ServerProcess(tmp_path)
    for name, value in server.env.items():
        if name.startswith("PORTAL_"):
            monkeypatch.setenv(name, value)
    try:
        for _ in range(2):
            assert cli.main(["smoke"]) == 0
            output = capsys.readouterr().out
            assert output.count("\nok ") + output.startswith("ok ") == 9, output
    finally:
        server.kill()
    services = open_services(settings_for(tmp_path))
    for table in (Person, Submission, Case, Document, StoredSession):
        assert rows(services, table) == [], table
    assert not list((tmp_path / "documents").iterdir())
    assert all(account.disabled_at for account in rows(services, Account))
    assert not [mail for mail in rows(services, OutboxMail) if mail.sent_at is None]
    assert cli.main(["smoke"]) == 2
    assert "can't be reached" in capsys.readouterr().err
    services.close()
