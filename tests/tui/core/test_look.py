"""The colour setting, and the commands that change it."""

from pathlib import Path

import pytest
from rich.color import ColorType

from tests.tui.steps import until
from tui.app import PortalApp
from tui.core import settings
from tui.core.settings import Look, Settings, load_settings
from tui.widgets.theme import CONTRAST, LIGHT, PALETTES


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "portal" / "settings.toml"
    monkeypatch.setattr(settings, "settings_path", lambda: file)
    return file


def test_look_is_read_from_the_settings(file: Path) -> None:
    assert load_settings().look is Look.TERMINAL
    file.parent.mkdir()
    file.write_text('colours = "light"\n')
    assert load_settings().look is Look.LIGHT


def test_unknown_look_is_reported_with_valid_choices(file: Path) -> None:
    file.parent.mkdir()
    file.write_text('colours = "pink"\n')
    loaded = load_settings()
    assert loaded.look is Look.TERMINAL
    assert loaded.problems == (
        'line 1: colours must be one of "terminal", "dark", "light", "high-contrast".',
    )


async def test_palette_command_switches_and_saves_colours(file: Path) -> None:
    app = PortalApp(Settings(server="http://127.0.0.1:9", look=Look.LIGHT, path=file))
    async with app.run_test() as pilot:
        await until(pilot, lambda: bool(app.screen.query("Header")))
        assert app.theme == LIGHT
        switch = next(
            command
            for command in app.get_system_commands(app.screen)
            if "contrast" in command.title
        )
        switch.callback()
        background = PALETTES[CONTRAST].background
        await until(pilot, lambda: app.screen.styles.background.hex == background)
    assert app.theme == CONTRAST
    assert load_settings().look is Look.CONTRAST


async def test_colours_switch_even_if_they_cannot_be_saved(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    file = tmp_path / "file" / "settings.toml"
    app = PortalApp(Settings(server="http://127.0.0.1:9", path=file))
    async with app.run_test() as pilot:
        app.switch_look(Look.LIGHT)
        await pilot.pause()
        assert app.theme == LIGHT
        assert any("can't be written" in note.message for note in app._notifications)


async def test_sixteen_colour_terminal_uses_its_own_colours(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TERM", "screen")
    monkeypatch.delenv("COLORTERM")
    app = PortalApp(Settings(server="http://127.0.0.1:9"))
    async with app.run_test() as pilot:
        await until(pilot, lambda: bool(app.screen.query("#body")))
        (strip, *_) = app.screen._compositor.render_strips()
        styles = [style for text, style, _ in strip if style and text.strip()]
    assert styles
    for style in styles:
        assert style.color is not None and style.color.type is ColorType.STANDARD
        assert style.bgcolor is not None and style.bgcolor.number == 0
