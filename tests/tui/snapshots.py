"""Snapshots of screens at 60x20, 80x24 and 120x40, in the light theme and without colour."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from difflib import unified_diff

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from textual.pilot import Pilot
from textual.screen import ModalScreen

from tests.tui.looks import broken_rules
from tests.tui.steps import screen_text, wait_until_idle
from tui.app import PortalApp
from tui.widgets.theme import DARK, LIGHT, PLAIN

Look = tuple[str, tuple[int, int], str]

SMALL, LARGE = (80, 24), (120, 40)
NARROW = (60, 20)
LOOKS = (
    ("80x24", SMALL, DARK),
    ("light", SMALL, LIGHT),
    ("no-colour", SMALL, PLAIN),
    ("120x40", LARGE, DARK),
)
LARGE_LOOKS = (("120x40-light", LARGE, LIGHT), ("120x40-no-colour", LARGE, PLAIN))


@contextmanager
def restyle_only_the_top_screen(app: PortalApp) -> Iterator[None]:
    """Leave the screens below the top one as they are, as each look is followed by the first."""

    def refresh_css(animate: bool = True) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(app), "screen_stack", (app.screen,))
            type(app).refresh_css(app, animate)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(app, "refresh_css", refresh_css)
        yield


class Svg(SingleFileSnapshotExtension):
    """Stores a screen as an SVG image."""

    file_extension = "svg"
    _write_mode = WriteMode.TEXT


class Txt(SingleFileSnapshotExtension):
    """Stores a screen's text, which is easy to compare in a diff."""

    file_extension = "txt"
    _write_mode = WriteMode.TEXT


class Snapshots:
    """Compares a running app's screen with its snapshots in each look."""

    def __init__(self, assertion: SnapshotAssertion) -> None:
        self._images = assertion.use_extension(Svg)
        self._texts = assertion.use_extension(Txt)

    async def match(
        self, pilot: Pilot[None], name: str = "", *, narrow: bool = False, wide: bool = False
    ) -> None:
        """Compare the top screen; `name` distinguishes several snapshots of one test.

        With `narrow`, also compare it at 60 columns and 20 rows, and with `wide` the largest size
        in the light theme and without colour.
        """
        app, prefix = pilot.app, f"{name}-" if name else ""
        # The largest size is last, for whatever the test opens next.
        narrow_looks = [("60x20", NARROW, DARK)] if narrow else []
        looks = [*LOOKS[:-1], *narrow_looks, *(LARGE_LOOKS if wide else ()), LOOKS[-1]]
        assert isinstance(app, PortalApp)
        with restyle_only_the_top_screen(app):
            differences = await self._compare_looks(app, pilot, prefix, looks)
        assert not differences, "\n".join(differences)

    async def _compare_looks(
        self, app: PortalApp, pilot: Pilot[None], prefix: str, looks: Sequence[Look]
    ) -> list[str]:
        """Return what differs from the snapshots in each look, and the broken rules."""
        differences: list[str] = []
        for look, size, theme in looks:
            await pilot.resize_terminal(*size)
            app.no_color = theme == PLAIN
            app.use_theme(theme)
            if isinstance(app.screen, ModalScreen):
                # Hide the screen below, which is laid out later, or only once it is on top again.
                app.screen.styles.background = app.get_css_variables()["opaque"]
            for _ in range(2):  # a new size may be laid out in two steps
                await wait_until_idle(pilot)
            differences += broken_rules(app)
            image = re.sub(r"\bterminal-\d+-", "terminal-", app.export_screenshot(simplify=True))
            same_text = self._matches_text(screen_text(app.screen), prefix + look)
            if image != self._images(name=prefix + look) or not same_text:
                differences += [f"{prefix}{look} differs from its snapshot", *self._diff()]
        return differences

    def _matches_text(self, text: str, name: str) -> bool:
        lines = (line.rstrip() for line in text.splitlines())
        return bool("\n".join([*lines, ""]) == self._texts(name=name))

    def _diff(self) -> list[str]:
        """Return a diff of the screen's text and the snapshot just compared."""
        *_, last = self._texts.executions.values()
        expected, actual = (
            str(data or "").splitlines() for data in (last.recalled_data, last.asserted_data)
        )
        lines = list(unified_diff(expected, actual, "snapshot", "screen", lineterm="", n=1))
        return lines or ["The text is the same: colours, styles or positions differ."]
