"""Visual rules for every screen, checked on each snapshot."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

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
from tui.widgets.theme import DARK, LIGHT

MIN_CONTRAST = 4.5
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
    ]
    if app.theme in {DARK, LIGHT} and not isinstance(screen, ModalScreen):
        faults += _faint_texts(screen)
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
