"""An organisation's settings file, below the user's own."""

from pathlib import Path

import platformdirs
import pytest

from tests.tui.steps import until
from tui.app import PortalApp
from tui.core.key_settings import find_key_problems
from tui.core.settings import (
    APP,
    ORGANISATION_VARIABLE,
    Look,
    Settings,
    SettingsError,
    load_settings,
    organisation_path,
)

ORGANISATION = """\
server = "https://portal.example"
ca_file = "council-ca.pem"
colours = "dark"
notify = false
fixed = ["server", "ca_file", "notify"]
[keys]
help = "f12"
quit = "f10"
"""


@pytest.fixture
def organisation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The organisation's file."""
    file = tmp_path / "client.toml"
    file.write_text(ORGANISATION)
    monkeypatch.setenv(ORGANISATION_VARIABLE, str(file))
    monkeypatch.delenv("PORTAL_SERVER", raising=False)
    return file


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's own file, not written yet."""
    (tmp_path / "own").mkdir()
    monkeypatch.setattr(platformdirs, "user_config_path", lambda name: tmp_path / "own")
    return tmp_path / "own" / "settings.toml"


def test_organisation_sets_what_the_user_does_not(organisation: Path, own: Path) -> None:
    own.write_text('colours = "light"\n[keys]\nhelp = "f9"\n')
    settings = load_settings()
    assert settings.server == "https://portal.example"
    assert settings.ca_file == organisation.parent / "council-ca.pem"
    assert settings.look is Look.LIGHT
    assert settings.keys == {"help": "f9", "quit": "f10"}
    assert (settings.notify, settings.problems) == (False, ())


def test_fixed_settings_cannot_be_overridden(
    organisation: Path, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own.write_text('server = "https://other.example"\nnotify = true\n')
    settings = load_settings("https://portal.example")
    assert (settings.server, settings.notify) == ("https://portal.example", False)
    assert sorted(settings.problems) == [
        "line 1: 'server' is fixed by your organisation.",
        "line 2: 'notify' is fixed by your organisation.",
    ]
    for argument, variable in (("https://other.example", ""), (None, "https://other.example")):
        monkeypatch.setenv("PORTAL_SERVER", variable)
        with pytest.raises(SettingsError, match=r"fixed the server, https://portal\.example"):
            load_settings(argument)


def test_fixed_keys_cannot_be_overridden(organisation: Path, own: Path) -> None:
    organisation.write_text('fixed = ["keys"]\n[keys]\nhelp = "f12"\n')
    own.write_text('[keys]\nhelp = "f9"\n')
    settings = load_settings()
    assert settings.keys == {"help": "f12"}
    assert settings.problems == ("line 1: 'keys' is fixed by your organisation.",)


def test_mistakes_of_both_files_are_reported(organisation: Path, own: Path) -> None:
    organisation.write_text('servr = 1\nfixed = ["servr"]\n[keys]\nhlep = "f12"\n')
    own.write_text('colors = "dark"\n[keys]\nhelp = "f99"\n')
    settings = load_settings()
    choices = '"server", "ca_file", "notify", "colours", "keys"'
    assert settings.problems == (
        f"{organisation}, line 2: fixed must be a list of some of {choices}.",
        f"{organisation}, line 1: there is no setting 'servr'.",
        "line 1: there is no setting 'colors'.",
    )
    unknown, misspelt = find_key_problems(settings)
    assert unknown.startswith(f"{organisation}, line 4: there is no command 'hlep'")
    assert misspelt.startswith("line 3: 'f99' is not the name of a key")


def test_missing_file_is_reported_if_it_is_named(
    organisation: Path, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    organisation.unlink()
    with pytest.raises(SettingsError, match=ORGANISATION_VARIABLE):
        load_settings()
    monkeypatch.delenv(ORGANISATION_VARIABLE)
    assert organisation_path() == Path("/etc", APP, "client.toml")


@pytest.mark.parametrize(
    ("fixed", "expected"), [(frozenset[str](), 5), (frozenset({"colours", "notify"}), 0)]
)
async def test_fixed_settings_have_no_commands(
    fixed: frozenset[str], expected: int, tmp_path: Path
) -> None:
    app = PortalApp(Settings(state=tmp_path, fixed=fixed))
    async with app.run_test() as pilot:
        await until(pilot, lambda: bool(app.screen.query("Header")))
        assert len(list(app.get_system_commands(app.screen))) == expected
