"""Snapshots of screens at 80x24, at 120x40 and without colour."""

import re
from difflib import unified_diff

from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from textual.filter import Monochrome
from textual.pilot import Pilot
from textual.widget import Widget

from tests.tui.steps import screen_text, wait_until_idle

SMALL, LARGE = (80, 24), (120, 40)
NARROW = (60, 20)


class Svg(SingleFileSnapshotExtension):
    """Stores a screen as an SVG image."""

    file_extension = "svg"
    _write_mode = WriteMode.TEXT


class Txt(SingleFileSnapshotExtension):
    """Stores a screen's text, which is easy to compare in a diff."""

    file_extension = "txt"
    _write_mode = WriteMode.TEXT


class Snapshots:
    """Compares a running app's screen with its snapshots in all three looks."""

    def __init__(self, assertion: SnapshotAssertion) -> None:
        self._images = assertion.use_extension(Svg)
        self._texts = assertion.use_extension(Txt)

    async def match(self, pilot: Pilot[None], name: str = "", *, narrow: bool = False) -> None:
        """Compare the top screen; `name` tells apart several snapshots of one test.

        With `narrow` it is looked at in 60 columns and 20 rows too.
        """
        app, prefix = pilot.app, f"{name}-" if name else ""
        differences: list[str] = []
        looks = [("80x24", SMALL), ("no-colour", SMALL), ("120x40", LARGE)]
        if narrow:
            looks.append(("60x20", NARROW))
        for look, size in looks:
            await pilot.resize_terminal(*size)
            filters = list(app._filters)
            if look == "no-colour":
                app._filters.append(Monochrome())
                for widget in app.screen.walk_children(Widget, with_self=True):
                    widget._styles_cache.clear()
            await wait_until_idle(pilot)
            image = re.sub(r"\bterminal-\d+-", "terminal-", app.export_screenshot(simplify=True))
            app._filters = filters
            same_text = self._matches_text(screen_text(app.screen), prefix + look)
            if image != self._images(name=prefix + look) or not same_text:
                differences += [f"{prefix}{look} is not as it was looked at", *self._diff()]
        assert not differences, "\n".join(differences)

    def _matches_text(self, text: str, name: str) -> bool:
        lines = (line.rstrip() for line in text.splitlines())
        return bool("\n".join([*lines, ""]) == self._texts(name=name))

    def _diff(self) -> list[str]:
        """Return a diff of the screen's text and the snapshot just compared."""
        *_, last = self._texts.executions.values()
        before, now = (
            str(data or "").splitlines() for data in (last.recalled_data, last.asserted_data)
        )
        lines = list(unified_diff(before, now, "as it was", "as it is", lineterm="", n=1))
        return lines or ["The words are the same: colours, styles or the position differ."]
