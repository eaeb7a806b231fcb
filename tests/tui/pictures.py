"""Pictures of the screens as somebody has looked at them: small, large, and without colour."""

import re
from difflib import unified_diff

from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from textual.filter import Monochrome
from textual.pilot import Pilot
from textual.widget import Widget

from tests.tui.steps import at_rest, words

SMALL, LARGE = (80, 24), (120, 40)
NARROW = (60, 20)


class Svg(SingleFileSnapshotExtension):
    """A file for each picture, which a browser shows."""

    file_extension = "svg"
    _write_mode = WriteMode.TEXT


class Txt(SingleFileSnapshotExtension):
    """The words of each picture, which a reader of a change compares."""

    file_extension = "txt"
    _write_mode = WriteMode.TEXT


class Pictures:
    """Holds what a running app shows to its pictures; all three are made in one run of it."""

    def __init__(self, kept: SnapshotAssertion) -> None:
        self._kept = kept.use_extension(Svg)
        self._texts = kept.use_extension(Txt)

    async def match(self, pilot: Pilot[None], name: str = "", *, narrow: bool = False) -> None:
        """Compare the screen on top, which may be one of several in a test, by a name.

        With `narrow` it is looked at in 60 columns and 20 rows too.
        """
        app, before = pilot.app, f"{name}-" if name else ""
        wrong: list[str] = []
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
            await at_rest(pilot)
            seen = re.sub(r"\bterminal-\d+-", "terminal-", app.export_screenshot(simplify=True))
            app._filters = filters
            same_words = self._has_words(words(app.screen), before + look)
            if seen != self._kept(name=before + look) or not same_words:
                wrong += [f"{before}{look} is not as it was looked at", *self._difference()]
        assert not wrong, "\n".join(wrong)

    def _has_words(self, text: str, name: str) -> bool:
        lines = (line.rstrip() for line in text.splitlines())
        return bool("\n".join([*lines, ""]) == self._texts(name=name))

    def _difference(self) -> list[str]:
        """Compare the words that were just looked at with those of the picture, line by line."""
        *_, last = self._texts.executions.values()
        before, now = (
            str(data or "").splitlines() for data in (last.recalled_data, last.asserted_data)
        )
        lines = list(unified_diff(before, now, "as it was", "as it is", lineterm="", n=1))
        return lines or ["The words are the same: colours, styles or the position differ."]
