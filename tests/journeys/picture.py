"""The moving picture of the README: screens of a journey, drawn as an animated SVG."""

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

from tests.journeys.terminal import COLUMNS, PATIENCE, ROWS, Terminal

AT_REST, SETTLING = 1.0, 10.0
OUT_OF_DATE = "The README's picture is out of date: run `make picture`."
SECONDS = 3.5
"""How long each screen is shown."""
PARTS = "{styles}\0{backgrounds}\0{matrix}"
FRAME_WIDTH, FRAME_HEIGHT = 12.2 * COLUMNS, 24.4 * ROWS
MARGIN, CAPTION = 12, 40
BACKGROUND, INK = "#121212", "#e0e0e0"
VARYING = re.compile(r"\d\d/\d\d/\d{4}|\b\d\d:\d\d\b|\b[A-Z0-9]{8}\b")
"""Dates, times and references, which differ from run to run."""
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
    """A screen of the journey with its caption."""

    caption: str
    rows: list[Text]

    @property
    def text(self) -> str:
        """The caption and the screen, without what differs from run to run."""
        rows = "\n".join(row.plain.rstrip() for row in self.rows)
        return f"## {self.caption}\n{VARYING.sub(lambda match: '~' * len(match[0]), rows)}\n"


class Picture:
    """Collects scenes, and draws them as one animated SVG, or compares them with a drawn one."""

    def __init__(self, title: str, file: Path, *, draw: bool) -> None:
        self._title = title
        self._file = file
        self._draw = draw
        self._scenes: list[Scene] = []

    def add(self, terminal: Terminal, caption: str, *, gone: str = "… Saving") -> None:
        """Add the terminal's screen once it is idle and does not show `gone`."""
        number = len(self._scenes)

        def scene() -> Scene:
            rows = [_row(terminal.cells(row)) for row in range(ROWS)]
            return Scene(f"{number + 1}. {caption}", rows)

        if self._draw:
            _wait_until_at_rest(terminal, gone)
        elif number < len(self._drawn):
            # The last part of a screen may be drawn late, as when it scrolls.
            terminal.comes_to(lambda: scene().text == self._drawn[number], SETTLING)
        self._scenes.append(scene())

    @cached_property
    def _drawn(self) -> list[str]:
        """The text of each scene of the picture in the file."""
        text = self._file.with_suffix(".txt").read_text("utf-8")
        return [f"## {scene}" for scene in text.split("## ")[1:]]

    def finish(self) -> None:
        """Draw the picture, or check that the drawn one shows the same words."""
        if self._draw:
            self._file.write_text(self.svg(), "utf-8")
            self._file.with_suffix(".txt").write_text(self.text, "utf-8")
        else:
            assert self.text == "".join(self._drawn), OUT_OF_DATE

    @property
    def text(self) -> str:
        """The text of all scenes, without what differs from run to run."""
        return "".join(scene.text for scene in self._scenes)

    def svg(self) -> str:
        """Draw all scenes, each shown for a few seconds."""
        total = SECONDS * len(self._scenes)
        styles, frames = [], []
        for number, scene in enumerate(self._scenes):
            style, backgrounds, matrix = _draw(scene, f"f{number}")
            styles.append(style)
            frames.append(
                FRAME.format(
                    delay=number * SECONDS - total if number else 0,
                    caption=escape(scene.caption),
                    margin=MARGIN,
                    top=CAPTION,
                    width=FRAME_WIDTH,
                    height=FRAME_HEIGHT,
                    backgrounds=backgrounds,
                    matrix=matrix,
                )
            )
        return DOCUMENT.format(
            width=round(FRAME_WIDTH + 2 * MARGIN),
            height=round(FRAME_HEIGHT + CAPTION + MARGIN),
            title=escape(self._title),
            ink=INK,
            background=BACKGROUND,
            total=total,
            share=round(100 / len(self._scenes), 3),
            styles="\n".join(styles),
            frames="".join(frames),
        )


def _wait_until_at_rest(terminal: Terminal, gone: str) -> None:
    """Wait until the words on the screen stay the same, and `gone` is not among them."""
    deadline = monotonic() + PATIENCE
    shown = ""
    while gone in shown or terminal.comes_to(partial(_differs, terminal, shown), AT_REST):
        assert monotonic() < deadline, f"It never comes to rest:\n{shown}"
        terminal.comes_to(partial(_differs, terminal, shown), AT_REST)
        shown = terminal.text


def _differs(terminal: Terminal, text: str) -> bool:
    return terminal.text != text


def _draw(scene: Scene, name: str) -> tuple[str, str, str]:
    """Return the styles, the backgrounds and the text of a scene, drawn by Rich."""
    console = Console(
        file=StringIO(), record=True, width=COLUMNS, color_system="truecolor", force_terminal=True
    )
    for row in scene.rows:
        console.print(row, soft_wrap=True)
    parts = console.export_svg(code_format=PARTS, unique_id=name, clear=True)
    styles, backgrounds, matrix = re.sub(r' clip-path="[^"]*"', "", parts).split("\0")
    return styles, backgrounds, matrix


def _row(cells: list[pyte.screens.Char]) -> Text:
    text = Text(end="", no_wrap=True)
    for style, run in groupby(cells, key=_style):
        text.append("".join(cell.data for cell in run), style)
    return text


def _style(cell: pyte.screens.Char) -> Style:
    return Style(
        color=_colour(cell.fg, INK),
        bgcolor=_colour(cell.bg, BACKGROUND),
        bold=cell.bold,
        italic=cell.italics,
        underline=cell.underscore,
        reverse=cell.reverse,
    )


def _colour(name: str, default: str) -> str:
    """Convert a colour of pyte, the terminal in the tests, to one of Rich."""
    if name == "default":
        return default
    if re.fullmatch("[0-9a-f]{6}", name):
        return f"#{name}"
    return name.replace("bright", "bright_").replace("brown", "yellow")
