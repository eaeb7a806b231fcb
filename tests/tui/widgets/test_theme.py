"""Colours of the themes; the screens use no others."""

import re
from itertools import product
from pathlib import Path

import pytest
from textual.color import Color

import tui
from tests.tui.looks import contrast
from tui.core.settings import Look
from tui.widgets.theme import (
    CONTRAST,
    DARK,
    LIGHT,
    PALETTES,
    PLAIN,
    SIXTEEN_DARK,
    SIXTEEN_LIGHT,
    Tokens,
    build_themes,
    theme_name,
)

COLOUR_NAMES = """
    black red green yellow blue magenta cyan white bright_black bright_red bright_green
    bright_yellow bright_blue bright_magenta bright_cyan bright_white
"""
VGA = """
    000000 aa0000 00aa00 aa5500 0000aa aa00aa 00aaaa aaaaaa
    555555 ff5555 55ff55 ffff55 5555ff ff55ff 55ffff ffffff
"""
XTERM = """
    000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5
    7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff
"""
TERMINALS = {
    name: dict(zip(COLOUR_NAMES.split(), colours.split(), strict=True))
    for name, colours in (("VGA", VGA), ("xterm", XTERM))
}
SOURCES = Path(tui.__file__).parent
ALLOWED_COLOURS = {*Tokens._fields, "opaque", "option-text-style", "selection-style"} | {
    f"input-cursor-{part}" for part in ("background", "foreground", "text-style")
}
QR_CODE_MODULE = "set_up_authenticator.py"
"""Uses fixed colours, because cameras read only black on white."""


@pytest.mark.parametrize("theme", [DARK, LIGHT, CONTRAST])
def test_each_token_is_readable(theme: str) -> None:
    tokens = PALETTES[theme]
    background = Color.parse(tokens.background)
    min_contrast = {DARK: 7, LIGHT: 5.6, CONTRAST: 10}[theme]
    for name, value in tokens._asdict().items():
        if name != "background":
            assert contrast(Color.parse(value), background) >= min_contrast, name


@pytest.mark.parametrize(
    ("theme", "terminal"), list(product([SIXTEEN_DARK, SIXTEEN_LIGHT], TERMINALS))
)
def test_each_token_is_readable_in_sixteen_colours(theme: str, terminal: str) -> None:
    colours = {
        name: Color.parse(f"#{TERMINALS[terminal][value.removeprefix('ansi_')]}")
        for name, value in PALETTES[theme]._asdict().items()
    }
    for name in set(colours) - {"background"}:
        assert contrast(colours[name], colours["background"]) >= 4.5, name


@pytest.mark.parametrize("theme", [DARK, LIGHT, CONTRAST])
def test_textual_widgets_use_the_tokens(theme: str) -> None:
    (textual_theme,) = (candidate for candidate in build_themes() if candidate.name == theme)
    variables = {**textual_theme.to_color_system().generate(), **textual_theme.variables}
    background = Color.parse(variables["background"])
    for name in ("text", "text-muted", "text-disabled", "text-error", "text-warning", "border"):
        assert contrast(Color.parse(variables[name]), background) >= 4.5, name
    for part in ("block-cursor", "block-cursor-blurred", "input-cursor", "input-selection"):
        pair = (
            Color.parse(variables[f"{part}-{ground}"]) for ground in ("foreground", "background")
        )
        assert contrast(*pair) >= 4.5, part
    assert contrast(Color.parse(variables["scrollbar"]), background) >= 3


@pytest.mark.parametrize(
    ("look", "system", "environment", "no_colour", "theme"),
    [
        (Look.TERMINAL, "truecolor", {}, False, DARK),
        (Look.TERMINAL, "truecolor", {"COLORFGBG": "0;15"}, False, LIGHT),
        (Look.TERMINAL, "truecolor", {"COLORFGBG": "0;default;15"}, False, LIGHT),
        (Look.TERMINAL, "truecolor", {"COLORFGBG": "15;0"}, False, DARK),
        (Look.TERMINAL, "truecolor", {"COLORFGBG": "15;default"}, False, DARK),
        (Look.TERMINAL, "standard", {"COLORFGBG": "0;15"}, False, SIXTEEN_LIGHT),
        (Look.DARK, "256", {"COLORFGBG": "0;15"}, False, DARK),
        (Look.LIGHT, "256", {}, False, LIGHT),
        (Look.LIGHT, "standard", {}, False, SIXTEEN_LIGHT),
        (Look.CONTRAST, "truecolor", {"COLORFGBG": "0;15"}, False, CONTRAST),
        (Look.CONTRAST, "standard", {}, False, SIXTEEN_DARK),
        (Look.LIGHT, "truecolor", {}, True, PLAIN),
    ],
)
def test_theme_follows_setting_terminal_and_no_color(
    look: Look, system: str, environment: dict[str, str], no_colour: bool, theme: str
) -> None:
    assert theme_name(look, system, environment, no_colour=no_colour) == theme


def test_styles_use_only_theme_colours() -> None:
    disallowed = []
    for path in SOURCES.rglob("*.tcss"):
        text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
        disallowed += [
            f"{path.name}: {name}"
            for name in re.findall(r"\$([\w-]+)", text)
            if name not in ALLOWED_COLOURS
        ]
        for declaration in re.findall(r"(?:color|background|border[\w-]*|tint):([^;}]*)", text):
            words = re.findall(r"(?<!\$)(?<![\w-])#?[a-zA-Z][\w-]*", declaration)
            allowed = {"none", "outer", "solid", "transparent", "important"}
            disallowed += [f"{path.name}: {word}" for word in words if word not in allowed]
    assert not disallowed


def test_code_uses_only_theme_colours() -> None:
    pattern = re.compile(
        r"#[0-9a-fA-F]{6}\b|\bcolor=|\bansi_\w+|\$(?:accent|error|warning|text|primary)"
    )
    disallowed = [
        f"{path.name}: {match.group()}"
        for path in SOURCES.rglob("*.py")
        if path.name not in {"theme.py", QR_CODE_MODULE}
        for match in pattern.finditer(path.read_text())
    ]
    assert not disallowed
