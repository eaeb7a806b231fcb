"""Items of the palette: active commands, places and search results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from textual.app import App
from textual.screen import Screen

from shared.home import FIND_MIN_LENGTH
from shared.places import Place, PlaceKind, UnknownPlace, read_place
from tui.widgets.go_to import COMMANDS, DESTINATIONS
from tui.widgets.keyline import key_name
from tui.widgets.palette import Palette, PaletteItem
from tui.widgets.screen import PortalScreen

if TYPE_CHECKING:
    from shared.home import SearchResult

LINK_HINT = "link at the top"
OMITTED_ACTIONS = ("command_palette", "find", "go")
"""Actions that the palette omits: they open it, or it lists their places."""


def open_palette(app: App[None], keys: Mapping[str, str]) -> None:
    """Open the palette over the current screen; `keys` are the remapped keys."""
    screen = app.screen
    if isinstance(screen, Palette):
        return
    commands, search = [*_command_items(app, screen)], None
    for title, _, callback, *_ in app.get_system_commands(screen):
        commands.append(PaletteItem(title, "", callback))
    if isinstance(screen, PortalScreen):
        commands += _place_items(screen, keys)
        if screen.portal.session.account is not None:
            search = partial(_search, screen)
    app.push_screen(Palette(commands, search))


def _command_items(app: App[None], screen: Screen[object]) -> Iterator[PaletteItem]:
    """List the active commands, from the same bindings as the footer."""
    bindings = {}
    for active in screen.active_bindings.values():
        if active.binding.tooltip and active.enabled:
            bindings[active.binding.action] = active
    for action in OMITTED_ACTIONS:
        bindings.pop(action, None)
    for active in sorted(bindings.values(), key=lambda active: active.node is app):
        action, node, binding = active.binding.action, active.node, active.binding
        run = partial(app.run_action, action, node)
        key = binding.key_display or key_name(binding.key)
        label = binding.description
        yield PaletteItem(f"{label[:1].upper()}{label[1:]}", key, run)


def _place_items(screen: PortalScreen, keys: Mapping[str, str]) -> Iterator[PaletteItem]:
    """List the places that have a letter or a link at the top."""
    account = screen.portal.session.account
    listed_places = set()
    for binding in COMMANDS if account is not None else ():
        place = Place(PlaceKind(binding.action.split("'")[1]))
        if account is not None and place.kind in DESTINATIONS[account.staff]:
            listed_places.add(place)
            letters = [("go", "g"), (binding.id or "", binding.key)]
            hint = " ".join(key_name(keys.get(name, key)) for name, key in letters)
            run = partial(_leave_for, screen, place)
            yield PaletteItem(f"Go to {binding.description}", hint, run)
    if Place(PlaceKind.CASES) in listed_places:
        from tui.desk.cases_list import VIEWS

        for view, label in VIEWS.items():
            place = PlaceKind.CASES_OF.of(view)
            yield PaletteItem(f"Cases: {label}", "", partial(_leave_for, screen, place))
    for text, place in screen.links:
        if place not in listed_places:
            yield PaletteItem(text, LINK_HINT, partial(_leave_for, screen, place))


def _leave_for(screen: PortalScreen, place: Place) -> None:
    screen.leave_for(partial(screen.portal.navigation.open_place, place))


async def _search(screen: PortalScreen, query: str) -> list[PaletteItem]:
    from tui.home.api import find

    if len(query) < FIND_MIN_LENGTH:
        return []
    results = await find(screen.portal.client, query)
    return [item for result in results for item in _result_items(screen, result)]


def _result_items(screen: PortalScreen, result: SearchResult) -> Iterator[PaletteItem]:
    try:
        place = read_place(result.place)
    except UnknownPlace:
        return  # a newer server may return places that this client does not know
    yield PaletteItem(result.words, result.hint, partial(_leave_for, screen, place))
