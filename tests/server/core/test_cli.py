"""The command line reports invalid settings by name, without a traceback."""

from pathlib import Path

import pytest

from server import cli
from server.core.settings import Settings
from tests.parts import SECRET

INVALID_SETTINGS = [
    ({"SECRET_KEY": "short"}, "PORTAL_SECRET_KEY"),
    ({"PERIODS": '{"decid": 28}'}, "PORTAL_PERIODS"),
    ({"PERIODS": "{"}, "PORTAL_PERIODS"),
    ({"PORT": "99999"}, "PORTAL_PORT"),
    ({"CLAMD": "localhost:3310"}, "PORTAL_CLAMD"),
    ({"UNSCANNED": "yes"}, "PORTAL_UNSCANNED"),
    ({"PROXIES": "10.0.0.1, proxy.example"}, "PORTAL_PROXIES"),
    ({"BACKUP_RECIPIENT": "age1nobody"}, "PORTAL_BACKUP_RECIPIENT"),
    ({"BACKUP_KEEP_DAYS": "0"}, "PORTAL_BACKUP_KEEP_DAYS"),
    ({"FORMS": "/proc/none"}, "PORTAL_FORMS"),
    ({"DATA": "/proc/none"}, "PORTAL_DATA"),
    ({"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, "PORTAL_DATABASE_URL"),
]


@pytest.mark.parametrize(
    ("command", "overrides", "variable"),
    [
        (command, overrides, variable)
        for command in ("serve", "migrate")
        for overrides, variable in INVALID_SETTINGS
        if command == "serve" or "FORMS" not in overrides  # `migrate` reads no forms
    ],
    ids=str,
)
def test_invalid_setting_is_named(
    command: str,
    overrides: dict[str, str],
    variable: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in {"SECRET_KEY": SECRET, "DATA": str(tmp_path), **overrides}.items():
        monkeypatch.setenv(f"PORTAL_{name}", value)
    assert cli.main([command]) == cli.EXIT_FAILURE
    output = capsys.readouterr().err
    assert output.startswith(variable)
    assert "Traceback" not in output


def test_unmigrated_database_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PORTAL_SECRET_KEY", SECRET)
    monkeypatch.setenv("PORTAL_DATA", str(tmp_path))
    for command in (["serve"], ["account", "unlock", "senco@osierbeck.example"]):
        assert cli.main(command) == cli.EXIT_FAILURE
        assert "portal-server migrate" in capsys.readouterr().err


@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
@pytest.mark.parametrize("unscanned", ["hold", "accept"])
def test_serve_says_that_nothing_is_scanned(
    unscanned: str,
    settings: Settings,
    command: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PORTAL_UNSCANNED", unscanned)
    monkeypatch.setattr("uvicorn.run", lambda *_, **__: None)
    cli.main(["serve", "--workers", "2"])
    assert ("PORTAL_CLAMD is not set" in capsys.readouterr().err) == (unscanned == "hold")
