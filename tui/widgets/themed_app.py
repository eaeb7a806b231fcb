"""Base class of the app: its themes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from textual.app import App, SystemCommand
from textual.filter import ANSIToTruecolor, LineFilter, Monochrome, NoColor

from tui.core.dispatch import speed_up_dispatch
from tui.core.settings import Look, Settings, save_setting
from tui.widgets.compositor import draw_all_moves
from tui.widgets.layouts import spare_second_layouts
from tui.widgets.stylesheet import FastStylesheet
from tui.widgets.theme import build_themes, named_styles, theme_name

LOOKS = {
    Look.TERMINAL: ("Colours of the terminal", "Follow the terminal: light if it says it is."),
    Look.DARK: ("Dark colours", "Light text on a dark background."),
    Look.LIGHT: ("Light colours", "Dark text on a light background."),
    Look.CONTRAST: ("High contrast colours", "White text on black, with stronger colours."),
}
"""The label and help of each command that switches the colours."""

NOT_SAVED = "The colours are used until you leave the portal. {} can't be written: {}."


class ThemedApp(App[None]):
    """An app whose colours follow a setting, the terminal and NO_COLOR."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        speed_up_dispatch()
        draw_all_moves()
        spare_second_layouts()
        self.settings = settings
        self.stylesheet = FastStylesheet()
        for theme in build_themes():
            self.register_theme(theme)
        # The theme's watchers would parse all styles again before the first paint.
        self.set_reactive(App.theme, self._theme_for(settings.look))
        self.stylesheet.set_variables(self.get_css_variables())
        self.console.push_theme(named_styles(self.theme))

    def switch_look(self, look: Look) -> None:
        """Switch the colours and save the choice in the settings."""
        self.use_theme(self._theme_for(look))
        if self.settings.path is None:
            return
        try:
            save_setting(self.settings.path, "colours", f'"{look}"')
        except OSError as error:
            self.notify(NOT_SAVED.format(self.settings.path, error.strerror), markup=False)

    def use_theme(self, name: str) -> None:
        """Switch to another theme."""
        self.theme = name
        self.console.pop_theme()
        self.console.push_theme(named_styles(name))

    def load_styles(self) -> None:
        """Load the styles of all screens at once; each later load would parse everything again."""
        paths = sorted(Path(__file__).parents[1].rglob("*.tcss"))
        new = [path for path in paths if not self.stylesheet.has_source(str(path), "")]
        for path in new:
            self.stylesheet.read(path)
        if new:
            self.stylesheet.reparse()
            self.stylesheet.update(self)

    def _theme_for(self, look: Look) -> str:
        color_system = self.console.color_system
        return theme_name(look, color_system, os.environ, no_colour=self.no_color)

    def look_commands(self) -> Iterator[SystemCommand]:
        """Yield the commands that switch the colours."""
        for look, (label, help_text) in LOOKS.items():
            yield SystemCommand(label, help_text, lambda look=look: self.switch_look(look))

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return Textual's filters, without those that replace the terminal's own colours."""
        excluded: list[type[LineFilter]] = [Monochrome] if self.no_color else []
        if self.native_ansi_color:
            excluded.append(ANSIToTruecolor)
        filters = [
            line_filter
            for line_filter in super().get_line_filters()
            if type(line_filter) not in excluded
        ]
        return [*filters, NoColor()] if self.no_color else filters
