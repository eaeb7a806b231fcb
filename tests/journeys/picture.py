"""Animated SVG for the README, drawn from the screens of a journey."""

import re
from dataclasses import dataclass
from functools import cached_property, partial
from html import escape
from io import StringIO
from itertools import groupby
from pathlib import Path
from time import monotonic

import pyte
from rich.console import Console
from rich.style import Style
from rich.text import Text

from tests.journeys.terminal import COLUMNS, ROWS, TIMEOUT_SECONDS, Terminal
from tui.core.desktop_notifier import NEW_MESSAGE

IDLE_SECONDS, MATCH_TIMEOUT_SECONDS = 1.0, 30.0
OUT_OF_DATE = "The README's picture is out of date: run `make picture`."
SCENE_SECONDS = 3.5
"""How long each screen is shown."""
CODE_FORMAT = "{styles}\0{backgrounds}\0{matrix}"
FRAME_WIDTH, FRAME_HEIGHT = 12.2 * COLUMNS, 24.4 * ROWS
MARGIN, CAPTION_HEIGHT = 12, 40
BACKGROUND_COLOUR, TEXT_COLOUR = "#121212", "#e0e0e0"
VARIABLE_TEXT = re.compile(r"\d\d/\d\d/\d{4}|\b\d\d:\d\d\b|\b[A-Z0-9]{8}\b")
"""Dates, times and references, which differ between runs."""
DOCUMENT = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">
<title>{title}</title>
<style>
.m {{ font: 20px/24.4px "Fira Code", "DejaVu Sans Mono", Menlo, Consolas, monospace; }}
.c {{ font: bold 20px sans-serif; fill: {ink}; }}
.f {{ visibility: hidden; animation: show {total}s step-end infinite; }}
.f:first-of-type {{ visibility: visible; }}
@keyframes show {{ 0% {{ visibility: visible; }} {share}%, 100% {{ visibility: hidden; }} }}
@media (prefers-reduced-motion: reduce) {{
.f, .f:first-of-type {{ animation: none; visibility: hidden; }}
.f:last-of-type {{ visibility: visible; }} }}
{styles}
</style>
<rect width="{width}" height="{height}" rx="8" fill="{background}"/>
{frames}
</svg>
"""
FRAME = """\
<g class="f" style="animation-delay: {delay}s"><text class="c" x="{margin}" y="28">{caption}</text>
<svg x="{margin}" y="{top}" width="{width}" height="{height}">
{backgrounds}<g class="m">{matrix}</g></svg></g>
"""


@dataclass
class Scene:
    """A captioned screen of the journey."""

    caption: str
    rows: list[Text]

    @property
    def text(self) -> str:
        """Caption and screen, with dates, times and references masked."""
        rows = "\n".join(row.plain.rstrip() for row in self.rows)
        return f"## {self.caption}\n{VARIABLE_TEXT.sub(lambda match: '~' * len(match[0]), rows)}\n"


class Picture:
    """Collects scenes, and draws them as an animated SVG or compares them with the saved one."""

    def __init__(self, title: str, file: Path, *, draw: bool) -> None:
        self._title = title
        self._file = file
        self._draw = draw
        self._scenes: list[Scene] = []

    def add(self, terminal: Terminal, caption: str, *, gone: str = "… Saving") -> None:
        """Add the screen once it is idle and does not show `gone`."""
        number = len(self._scenes)

        def take_scene() -> Scene:
            rows = [_rich_row(terminal.cells(row)) for row in range(ROWS)]
            return Scene(f"{number + 1}. {caption}", rows)

        if self._draw:
            _wait_until_idle(terminal, gone)
        elif number < len(self._drawn_texts):
            # The last part of a screen may be drawn late, for example while it scrolls.
            terminal.wait_until(
                lambda: take_scene().text == self._drawn_texts[number], MATCH_TIMEOUT_SECONDS
            )
        self._scenes.append(take_scene())

    @cached_property
    def _drawn_texts(self) -> list[str]:
        """The text of each scene of the saved picture."""
        text = self._file.with_suffix(".txt").read_text("utf-8")
        return [f"## {scene}" for scene in text.split("## ")[1:]]

    def finish(self) -> None:
        """Save the picture, or check that the saved one shows the same text."""
        if self._draw:
            self._file.write_text(self.svg(), "utf-8")
            self._file.with_suffix(".txt").write_text(self.text, "utf-8")
        else:
            assert self.text == "".join(self._drawn_texts), OUT_OF_DATE

    @property
    def text(self) -> str:
        """Text of all scenes, with dates, times and references masked."""
        return "".join(scene.text for scene in self._scenes)

    def svg(self) -> str:
        """Return all scenes as one animated SVG."""
        total = SCENE_SECONDS * len(self._scenes)
        styles, frames = [], []
        for number, scene in enumerate(self._scenes):
            style, backgrounds, matrix = _draw_scene(scene, f"f{number}")
            styles.append(style)
            frames.append(
                FRAME.format(
                    delay=number * SCENE_SECONDS - total if number else 0,
                    caption=escape(scene.caption),
                    margin=MARGIN,
                    top=CAPTION_HEIGHT,
                    width=FRAME_WIDTH,
                    height=FRAME_HEIGHT,
                    backgrounds=backgrounds,
                    matrix=matrix,
                )
            )
        return DOCUMENT.format(
            width=round(FRAME_WIDTH + 2 * MARGIN),
            height=round(FRAME_HEIGHT + CAPTION_HEIGHT + MARGIN),
            title=escape(self._title),
            ink=TEXT_COLOUR,
            background=BACKGROUND_COLOUR,
            total=total,
            share=round(100 / len(self._scenes), 3),
            styles="\n".join(styles),
            frames="".join(frames),
        )


def _wait_until_idle(terminal: Terminal, gone: str) -> None:
    """Wait until the text of the screen is stable without `gone` and without a new message."""
    deadline = monotonic() + TIMEOUT_SECONDS
    text = ""
    while (
        gone in text
        or NEW_MESSAGE in text
        or terminal.wait_until(partial(_differs, terminal, text), IDLE_SECONDS)
    ):
        assert monotonic() < deadline, f"The screen never becomes idle:\n{text}"
        terminal.wait_until(partial(_differs, terminal, text), IDLE_SECONDS)
        text = terminal.text


def _differs(terminal: Terminal, text: str) -> bool:
    return terminal.text != text


def _draw_scene(scene: Scene, name: str) -> tuple[str, str, str]:
    """Return the styles, backgrounds and text of a scene as SVG, drawn by Rich."""
    console = Console(
        file=StringIO(), record=True, width=COLUMNS, color_system="truecolor", force_terminal=True
    )
    for row in scene.rows:
        console.print(row, soft_wrap=True)
    parts = console.export_svg(code_format=CODE_FORMAT, unique_id=name, clear=True)
    styles, backgrounds, matrix = re.sub(r' clip-path="[^"]*"', "", parts).split("\0")
    return styles, backgrounds, matrix


def _rich_row(cells: list[pyte.screens.Char]) -> Text:
    text = Text(end="", no_wrap=True)
    for style, run in groupby(cells, key=_rich_style):
        text.append("".join(cell.data for cell in run), style)
    return text


def _rich_style(cell: pyte.screens.Char) -> Style:
    return Style(
        color=_rich_colour(cell.fg, TEXT_COLOUR),
        bgcolor=_rich_colour(cell.bg, BACKGROUND_COLOUR),
        bold=cell.bold,
        italic=cell.italics,
        underline=cell.underscore,
        reverse=cell.reverse,
    )


def _rich_colour(name: str, default: str) -> str:
    """Convert a colour name of pyte, the tests' terminal emulator, to one of Rich."""
    if name == "default":
        return default
    if re.fullmatch("[0-9a-f]{6}", name):
        return f"#{name}"
    return name.replace("bright", "bright_").replace("brown", "yellow")
