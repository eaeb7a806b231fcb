"""The portal's themes, each with seven colour tokens.

Styles use only these tokens for colours, such as `$act`, so that every screen follows the theme.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from rich.style import Style
from rich.theme import Theme as NamedStyles
from textual.color import Color
from textual.theme import Theme

from tui.core.settings import Look


class Tokens(NamedTuple):
    """The colours of a theme."""

    ink: str
    """Text."""
    background: str
    hint: str
    """Help text and borders."""
    act: str
    """Available actions, and the focus mark."""
    due: str
    """Anything that needs attention soon."""
    wrong: str
    """Errors and overdue dates; always bold, so that they stand out without colour."""
    done: str


DARK, LIGHT, CONTRAST = "portal-dark", "portal-light", "portal-contrast"
SIXTEEN_DARK, SIXTEEN_LIGHT = "portal-16-dark", "portal-16-light"
PLAIN = "portal-plain"
"""The theme for NO_COLOR, with only the terminal's default colours."""

PALETTES = {
    DARK: Tokens("#e0e0e0", "#121212", "#a2a2a2", "#5fb3b3", "#e0a84a", "#f28b82", "#8fbf7f"),
    LIGHT: Tokens("#1f2328", "#fafafa", "#57606a", "#0f6b6b", "#8a5a00", "#b3261e", "#2f6b2f"),
    CONTRAST: Tokens("#ffffff", "#000000", "#d6d6d6", "#7fe5e5", "#ffd166", "#ffb3ad", "#b5e8a5"),
    # On a white background, ANSI yellow, cyan and green are too faint to read.
    SIXTEEN_DARK: Tokens(
        "ansi_bright_white",
        "ansi_black",
        "ansi_white",
        "ansi_bright_cyan",
        "ansi_bright_yellow",
        "ansi_bright_red",
        "ansi_bright_green",
    ),
    SIXTEEN_LIGHT: Tokens(
        "ansi_black",
        "ansi_bright_white",
        "ansi_black",
        "ansi_blue",
        "ansi_magenta",
        "ansi_red",
        "ansi_black",
    ),
    PLAIN: Tokens(*["ansi_default"] * 7),
}
LIGHT_THEMES = frozenset({LIGHT, SIXTEEN_LIGHT})
MANY_COLOURS = frozenset({"256", "truecolor"})
LIGHT_BACKGROUNDS = frozenset({7, *range(9, 16)})
"""Numbers of the light ANSI colours."""


def build_themes() -> list[Theme]:
    """Build all themes, for the app to register."""
    return [_build_theme(name, tokens) for name, tokens in PALETTES.items()]


def _build_theme(name: str, tokens: Tokens) -> Theme:
    return Theme(
        name=name,
        primary=tokens.act,
        warning=tokens.due,
        error=tokens.wrong,
        success=tokens.done,
        foreground=tokens.ink,
        background=tokens.background,
        surface=tokens.background,
        panel=tokens.background,
        boost=tokens.background,
        dark=name not in LIGHT_THEMES,
        variables=tokens._asdict() | _textual_variables(tokens),
        ansi=tokens.ink.startswith("ansi_"),
    )


def _textual_variables(tokens: Tokens) -> dict[str, str]:
    """Return the CSS variables of Textual's widgets, such as cursors and scrollbars."""
    ink, background, hint, act, due, wrong, done = tokens
    reverse = {"foreground": background, "background": ink, "text-style": "bold"}
    selection = "none"
    if ink == background:  # only the terminal can swap its default colours
        reverse = {"foreground": ink, "background": background, "text-style": "bold reverse"}
        selection = "reverse"
    blurred = {"foreground": ink, "background": background, "text-style": "bold"}
    return {
        **{f"block-cursor-{part}": value for part, value in reverse.items()},
        **{f"input-cursor-{part}": value for part, value in reverse.items()},
        **{f"block-cursor-blurred-{part}": value for part, value in blurred.items()},
        "block-hover-background": background,
        "selection-style": selection,
        # Textual draws the options of a list without reverse.
        "option-text-style": "bold underline" if ink == background else "bold",
        **{f"{part}-selection-background": act for part in ("input", "screen")},
        **{f"{part}-selection-foreground": background for part in ("input", "screen")},
        # The default colour is transparent, and with NO_COLOR no colour is written.
        "opaque": "black" if ink == background else background,
        "ansi-background": background,
        "ansi-foreground": ink,
        "border": act,
        "border-blurred": hint,
        "scrollbar": hint,
        "scrollbar-hover": ink,
        "scrollbar-active": act,
        **{f"scrollbar-background{part}": background for part in ("", "-hover", "-active")},
        "scrollbar-corner-color": background,
        "text": ink,
        "text-muted": hint,
        "text-disabled": hint,
        "text-primary": act,
        "text-accent": act,
        "text-warning": due,
        "text-error": wrong,
        "text-success": done,
    }


def theme_name(
    look: Look, colour_system: str | None, environment: Mapping[str, str], *, no_colour: bool
) -> str:
    """Return the theme for a setting; `colour_system` is Rich's colour system."""
    if no_colour:
        return PLAIN
    is_light = look is Look.LIGHT or (look is Look.TERMINAL and _is_light(environment))
    if colour_system not in MANY_COLOURS:
        return SIXTEEN_LIGHT if is_light else SIXTEEN_DARK
    if look is Look.CONTRAST:
        return CONTRAST
    return LIGHT if is_light else DARK


def _is_light(environment: Mapping[str, str]) -> bool:
    """Return whether the terminal reports a light background, as in COLORFGBG=0;15."""
    background = environment.get("COLORFGBG", "").rpartition(";")[2]
    return background.isdecimal() and int(background) in LIGHT_BACKGROUNDS


def named_styles(name: str) -> NamedStyles:
    """Return the tokens of a theme as Rich styles, as in Text("late", "wrong")."""
    colours = PALETTES[name]._asdict()
    del colours["background"]
    styles = {token: Style(color=Color.parse(value).rich_color) for token, value in colours.items()}
    styles["wrong"] += Style(bold=True)
    styles["mark"] = styles["act"] + Style(bold=True)
    return NamedStyles(dict(styles), inherit=True)
