"""Pictures of the screens as somebody has looked at them: small, large, and without colour."""

import re

from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from textual.filter import Monochrome
from textual.pilot import Pilot
from textual.widget import Widget

from tests.tui.steps import at_rest, words

SMALL, LARGE = (80, 24), (120, 40)


class Svg(SingleFileSnapshotExtension):
    """A file for each picture, which a browser shows."""

    file_extension = "svg"
    _write_mode = WriteMode.TEXT


class Pictures:
    """Holds what a running app shows to its pictures; all three are made in one run of it."""

    def __init__(self, kept: SnapshotAssertion) -> None:
        self._kept = kept.use_extension(Svg)

    async def match(self, pilot: Pilot[None], name: str = "") -> None:
        """Compare the screen on top, which may be one of several in a test, by a name."""
        app, before = pilot.app, f"{name}-" if name else ""
        wrong = []
        for look, size in (("80x24", SMALL), ("no-colour", SMALL), ("120x40", LARGE)):
            await pilot.resize_terminal(*size)
            filters = list(app._filters)
            if look == "no-colour":
                app._filters.append(Monochrome())
                for widget in app.screen.walk_children(Widget, with_self=True):
                    widget._styles_cache.clear()
            await at_rest(pilot)
            seen = re.sub(r"\bterminal-\d+-", "terminal-", app.export_screenshot(simplify=True))
            app._filters = filters
            if seen != self._kept(name=before + look):
                wrong.append(before + look)
        assert not wrong, f"Not as they were looked at: {', '.join(wrong)}\n{words(app.screen)}"
