"""Mistakes in the settings file are reported, and the portal still starts."""

from pathlib import Path

import httpx
import platformdirs
import pytest

from tests.parts import Someone
from tests.tui.accounts.test_start import INFO
from tests.tui.conftest import AppFactory
from tests.tui.steps import on_screen, screen_text, until
from tui.app import PortalApp
from tui.core.client import Client
from tui.core.key_settings import find_key_problems, is_key
from tui.core.settings import Settings, SettingsFile, is_unencrypted, load_settings

MISTAKES = """\
server = "https://portal.example"
servr = "https://portal.example"

[keys]
help = "f12"
hlep = "f11"
quit = 5
back = "ctlr+b"

[flavour]
dark = true
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of the settings file."""
    monkeypatch.setattr(platformdirs, "user_config_path", lambda name: tmp_path)
    monkeypatch.delenv("PORTAL_SERVER", raising=False)
    return tmp_path


def write_settings(folder: Path, text: str) -> Path:
    file = folder / "settings.toml"
    file.write_text(text)
    return file


def test_unknown_settings_are_reported_with_line_numbers(folder: Path) -> None:
    write_settings(folder, MISTAKES)
    settings = load_settings()
    assert settings.server == "https://portal.example"
    assert settings.problems == (
        'line 7: the key of quit must be in quotes, as in "f12".',
        "line 2: there is no setting 'servr'.",
        "line 10: there is no setting 'flavour'.",
    )
    assert find_key_problems(settings) == [
        "line 6: there is no command 'hlep' to give a key to. Did you mean 'help'?",
        "line 8: 'ctlr+b' is not the name of a key. Write it as in f12, ctrl+s or slash.",
    ]


def test_valid_settings_have_no_problems(folder: Path) -> None:
    text = 'ca_file = "ca.pem"\n[keys]\nhelp = "f12, question_mark"\n"long_text.undo" = "f9"\n'
    write_settings(folder, text)
    settings = load_settings()
    assert settings.ca_file == folder / "ca.pem"
    assert settings.keys["help"] == "f12,question_mark"
    assert (settings.problems, find_key_problems(settings)) == ((), [])


@pytest.mark.parametrize("text", ["keys = 5", "ca_file = 5"])
def test_settings_of_wrong_type_are_reported(folder: Path, text: str) -> None:
    write_settings(folder, text)
    [problem] = load_settings().problems
    assert problem.startswith("line 1: ")


@pytest.mark.parametrize(
    ("name", "expected"),
    [("f1", True), ("ctrl+s", True), ("question_mark", True), ("slash", True), ("a", True),
     ("F1", False), ("?", False), ("ctrl+", False), ("hyper+ctrl+x", True), ("strg+s", False)],
)  # fmt: skip
def test_is_key(name: str, expected: bool) -> None:
    assert is_key(name) is expected


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        ("http://portal.example", True),
        ("http://10.0.0.4:8765", True),
        ("https://portal.example", False),
        ("http://localhost:8765", False),
        ("http://127.0.0.1:8765", False),
        ("http://127.8.8.8", False),
        ("http://[::1]:8765", False),
        ("http://localhost.example", True),
    ],
)
def test_is_unencrypted(server: str, expected: bool) -> None:
    assert is_unencrypted(server) is expected


def make_app(settings: Settings) -> PortalApp:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json=INFO))
    return PortalApp(settings, client=Client(settings.server, transport=transport))


async def test_sign_in_form_reports_settings_without_effect(folder: Path) -> None:
    write_settings(folder, MISTAKES)
    app = make_app(load_settings())
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: "no setting 'servr'" in screen_text(app.screen))
        assert "Did you mean 'help'?" in screen_text(app.screen)
        assert "not encrypted" not in screen_text(app.screen)
        await pilot.press("f12")
        await on_screen(pilot, "Help")


def test_long_list_of_problems_is_truncated() -> None:
    settings = Settings(file=SettingsFile(Path("settings.toml"), ""))
    text = settings.describe([f"line {number}: wrong" for number in range(1, 10)])
    assert text.startswith("These lines of settings.toml have no effect:\n  line 1: wrong\n")
    assert text.endswith("  line 5: wrong\n  and 4 more.")


async def test_resumed_session_reports_settings_without_effect(
    portal: AppFactory, me: Someone
) -> None:
    app = portal(me)
    app.settings = Settings(
        server=app.settings.server,
        file=SettingsFile(Path("settings.toml"), "servr = 1"),
        problems=("line 1: there is no setting 'servr'.",),
    )
    async with app.run_test(size=(120, 40)) as pilot:
        await on_screen(pilot, "Home")
        await until(pilot, lambda: any("servr" in note.message for note in app._notifications))


async def test_unencrypted_connection_shows_a_warning(tmp_path: Path) -> None:
    app = make_app(Settings(server="http://portal.example", state=tmp_path))
    async with app.run_test(size=(80, 30)) as pilot:
        await until(pilot, lambda: "is not encrypted" in screen_text(app.screen))
    app = make_app(Settings(server="http://127.0.0.1:8765", state=tmp_path))
    async with app.run_test(size=(80, 30)) as pilot:
        await until(pilot, lambda: "Osierbeck" in screen_text(app.screen))
        await pilot.pause()
        assert "is not encrypted" not in screen_text(app.screen)
