"""Visual rules for every screen, checked on each snapshot."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import pairwise

from rich.cells import cell_len
from textual.color import Color
from textual.geometry import Region
from textual.screen import ModalScreen, Screen
from textual.widget import Widget
from textual.widgets import OptionList, Static

from tui.app import PortalApp
from tui.documents.upload_row import UploadRow
from tui.forms.work_cards import WorkCards
from tui.widgets.dialog import Action
from tui.widgets.focus_marker import MARK, FocusMarker
from tui.widgets.header import SEPARATOR, Location
from tui.widgets.keyline import KeyLine
from tui.widgets.results import APART_CLASS
from tui.widgets.theme import DARK, LIGHT

MIN_CONTRAST = 4.5
DAY = re.compile(r"\b\d\d/\d\d/\d{4}\b")
DAY_OF_INBOX = re.compile(r"\b\d\d-[A-Z][a-z]{2}-\d{4}\b")
SIGN = re.compile(r"(?:^|  |· |│ ?)([✓●◐!✗])(?= )")
QR_CODE_CHARACTERS = "▄▀█"


def _luminance(colour: Color) -> float:
    channels = (channel / 255 for channel in (colour.r, colour.g, colour.b))
    red, green, blue = (
        channel / 12.92 if channel <= 0.03928 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@cache
def contrast(first: Color, second: Color) -> float:
    """Return the contrast ratio of two colours, as defined by WCAG."""
    darker, lighter = sorted((_luminance(first), _luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def broken_rules(app: PortalApp) -> list[str]:
    """Return the rules that the top screen breaks."""
    screen = app.screen
    faults = [
        *_several_primary_buttons(screen),
        *_repeated_titles(screen),
        *_unmarked_focus(screen),
        *_unmarked_option(screen),
        *_cut_texts(screen),
        *_unnamed_child(screen),
        *_unmarked_deadlines(screen),
        *_hidden_way_back(screen),
        *_several_styles_of_dates(screen),
    ]
    if app.theme in {DARK, LIGHT}:
        faults += _several_reversed(screen)
        if not isinstance(screen, ModalScreen):
            faults += [*_faint_texts(screen), *_plain_signs(screen)]
    return faults


def _several_primary_buttons(screen: Screen[object]) -> Iterator[str]:
    """Yield a fault if several buttons are primary, apart from those of documents and roles."""
    labels = [
        str(action.label)
        for action in screen.query(Action)
        if action.PRIMARY
        and action.is_on_screen
        and not any(isinstance(node, UploadRow | WorkCards) for node in action.ancestors)
    ]
    if len(labels) > 1 and type(screen).__name__ != "Home":
        yield f"several primary buttons: {labels}"


def _repeated_titles(screen: Screen[object]) -> Iterator[str]:
    for location in screen.query(Location):
        last = str(location.content).split(SEPARATOR)[-1]
        titles = [str(title.content) for title in screen.query(".title").results(Static)]
        if last in titles:
            yield f"the title repeats the location: {last}"


def _unmarked_focus(screen: Screen[object]) -> Iterator[str]:
    focused = screen.focused
    if isinstance(focused, FocusMarker) and focused.size.height:
        line = focused.render_lines(Region(0, focused.mark_line, focused.outer_size.width, 1))[0]
        if not line.text.startswith(MARK):
            yield f"no mark of the focus: {line.text}"


def _unmarked_option(screen: Screen[object]) -> Iterator[str]:
    """Yield a fault if the highlighted option of a list looks like the others."""
    for options in screen.query(OptionList):
        highlighted = options.get_visual_style("option-list--option-highlighted")
        other = options.get_visual_style("option-list--option")
        is_visible = options.size.height and options.highlighted is not None
        is_visible = is_visible and not options.has_class(APART_CLASS)
        if is_visible and replace(highlighted, bold=None) == replace(other, bold=None):
            yield f"the highlighted option looks like the others: {type(options).__name__}"


def _cut_texts(screen: Screen[object]) -> Iterator[str]:
    """Yield a fault if a text ends outside of what it is in, where nothing shows that it is cut."""
    for text in screen.query(Static):
        container = text.parent
        if not text.is_on_screen or not isinstance(container, Widget):
            continue
        if text.region.right > container.region.right and not container.allow_horizontal_scroll:
            yield f"cut without a sign: {text.visual}"


def _faint_texts(screen: Screen[object]) -> Iterator[str]:
    for strip in screen._compositor.render_strips():
        for text, style, _ in strip:
            if style is None or not text.strip() or set(text) <= set(QR_CODE_CHARACTERS + " "):
                continue
            assert style.color and style.bgcolor, text
            pair = Color.from_rich_color(style.color), Color.from_rich_color(style.bgcolor)
            if contrast(*pair) < MIN_CONTRAST:
                yield f"contrast {contrast(*pair):.1f}: {text}"


def _unnamed_child(screen: Screen[object]) -> Iterator[str]:
    for location in screen.query(Location):
        if location.child not in str(location.content):
            yield f"the location does not name the child: {location.content}"


def _unmarked_deadlines(screen: Screen[object]) -> Iterator[str]:
    """Yield a fault if a row with a deadline that is near or over looks like the others."""
    for row in screen.query(".home-row.late, .home-row.soon"):
        if row.styles.color == screen.styles.color and not screen.app.no_color:
            yield f"a deadline without colour: {row}"
        if row.has_class("late") and not row.styles.text_style.bold:
            yield f"a late row is not bold: {row}"


def _hidden_way_back(screen: Screen[object]) -> Iterator[str]:
    """Yield a fault if Esc does something, and the line of keys has room but does not say so."""
    is_active = "escape" in screen.active_bindings and screen.active_bindings["escape"].enabled
    for line in screen.query(KeyLine):
        text = str(line.content)
        has_room = cell_len(f"{text}  Esc back") <= line.size.width - 2
        if is_active and has_room and "Esc " not in text:
            yield f"Esc is not among the keys: {line.content}"


def _several_styles_of_dates(screen: Screen[object]) -> Iterator[str]:
    text = "\n".join(strip.text for strip in screen._compositor.render_strips())
    if DAY.search(text) and DAY_OF_INBOX.search(text):
        yield "dates in two styles"


def _several_reversed(screen: Screen[object]) -> Iterator[str]:
    """Yield a fault if more than one row, or several in a block, is drawn in reverse."""
    ink, rows = screen.styles.color.rich_color, []
    for y, strip in enumerate(screen._compositor.render_strips()):
        texts = [
            text
            for text, style, _ in strip
            if style and (style.reverse or style.bgcolor == ink) and cell_len(text) > 1
        ]
        if texts:
            rows.append((y, "".join(texts).strip()))
    breaks = [below for above, below in pairwise(rows) if below[0] != above[0] + 1]
    if breaks:
        yield f"several reversed rows: {rows}"


def _plain_signs(screen: Screen[object]) -> Iterator[str]:
    """Yield a fault if the sign of a state has the colour of plain text."""
    ink = screen.styles.color.rich_color
    for strip in screen._compositor.render_strips():
        before = ""
        for text, style, _ in strip:
            for sign in SIGN.finditer(before + text):
                is_here = sign.start(1) >= len(before)
                if is_here and style and style.color == ink and not style.reverse:
                    yield f"a sign without its colour: {strip.text.strip()}"
            before += text
