"""Where Tab goes once the focused widget has been scrolled out of view."""

from __future__ import annotations

from textual.containers import ScrollableContainer
from textual.errors import NoWidget
from textual.screen import Screen
from textual.widget import Widget


def focus_from_view(screen: Screen[object], offset: int) -> bool:
    """Focus the first widget in view, or the last one if `offset` is -1.

    If there is none, the focus goes on in that direction from what is in view. Return False if the
    focused widget is in view, so that the focus moves on from there.
    """
    focused = screen.focused
    page = _page_scrolled_away(focused) if focused is not None else None
    chain = screen.focus_chain
    inside = [index for index, widget in enumerate(chain) if page in widget.ancestors]
    if page is None or not inside:
        return False
    top, bottom = page.region.y, page.region.bottom
    if offset > 0:
        above = [index for index in inside if chain[index].region.bottom <= top]
        index = above[-1] + 1 if above else inside[0]
    else:
        below = [index for index in inside if chain[index].region.y >= bottom]
        index = below[0] - 1 if below else inside[-1]
    screen.set_focus(chain[index % len(chain)])
    return True


def _page_scrolled_away(focused: Widget) -> Widget | None:
    """Return the page that has been scrolled away from a widget, or None."""
    try:
        if focused.screen.find_widget(focused).visible_region:
            return None
    except NoWidget:
        return None  # not laid out yet
    pages = (node for node in focused.ancestors if isinstance(node, ScrollableContainer))
    return next((page for page in pages if page.max_scroll_y), None)
