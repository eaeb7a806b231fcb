"""Processes keys in order, each only after the previous one has taken effect."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import NamedTuple
from weakref import ReferenceType, WeakSet, ref

from textual.app import App, ScreenStackError
from textual.containers import ScrollableContainer
from textual.dom import DOMNode, NoScreen
from textual.errors import NoWidget
from textual.events import Event, Key, MouseDown, MouseScrollDown, MouseScrollUp, Paste
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input
from textual.worker import Worker

from tui.widgets.dialog import Guarded
from tui.widgets.layouts import SettlingScreen
from tui.widgets.tab_order import focus_from_view
from tui.widgets.too_small import is_too_small

HOLD_SECONDS = 3.0
"""Seconds to wait for a screen to settle before dropping keys."""
EXIT_KEY_SECONDS = 0.5
"""Seconds after which Esc and Ctrl+Q no longer wait for the screen, if no key waits."""
POLL_SECONDS = 0.01
CATCH_UP_SECONDS = 2.0
"""Seconds for which keys typed before the program ends are still processed."""
READ_SECONDS = 0.05
"""Seconds within which the input thread passes on what it has read."""
QUIET_PASSES = 3
"""Empty passes through the queues needed, as one pass can miss a message in flight."""
SCROLL_REFRESHES = 3
QUIT = "ctrl+q"
EXIT_KEYS = frozenset({"escape", QUIT})
SCROLL_KEYS = frozenset({"up", "down", "pageup", "pagedown"})
PAGE_KEYS = SCROLL_KEYS | {"home", "end"}
"""Keys that scroll the page, unless the focused widget uses them."""
PRESS_KEYS = frozenset({"enter", "space"})
MOVING_GROUPS = frozenset({"call", "change", "default", "leave", "move", "section", "send"})
"""Groups of workers that may move the focus when they end."""


class Seen(NamedTuple):
    """What the user could see when a key was typed."""

    guarded: list[Widget]
    """The guarded widgets in view."""
    shown: object
    """The data of the screen."""


class KeyOrder(App[None]):
    """An app in which each key waits until the screen has settled after the previous one.

    Most keys take effect through messages and workers. Without waiting, these could act on a widget
    that a later key has focused, and a key typed ahead could act on a screen about to be replaced.
    A key typed into a text moves no focus, so typing never waits.
    """

    def __init__(self) -> None:
        super().__init__()
        self._queued_keys: deque[tuple[Key | Paste, Seen]] = deque()
        """Keys that wait, each with what was seen when it was typed."""
        self._released_key: Key | Paste | None = None
        self._seen = Seen([], None)
        """What was seen when the released key was typed."""
        self._settle_task: asyncio.Task[None] | None = None
        self._typed_at = 0.0
        self._hold_start = 0.0
        self._late_workers: WeakSet[Worker[object]] = WeakSet()
        """Workers that timed out; later keys do not wait for them."""
        self._first_screen: Screen[object] | None = None
        """The screen on top when it began to settle, on which a closed one's keys must not act."""
        self._settled_focus: ReferenceType[Widget] | None = None
        """The widget that was focused and in view when the screen last settled."""
        self._scrolled_focus: Callable[[], Widget | None] = lambda: None
        """Returns the widget that had the focus when the user last scrolled the page."""

    async def on_event(self, event: Event) -> None:
        """Process a key, or queue it while the screen is settling."""
        if not isinstance(event, Key | Paste) or event.is_forwarded:
            if isinstance(event, MouseScrollDown | MouseScrollUp | MouseDown):
                self._note_scroll()  # a button that is pressed may drag a scrollbar
            await super().on_event(event)
            return
        if event is not self._released_key and (isinstance(event, Paste) or event.is_printable):
            self._typed_at = asyncio.get_running_loop().time()
        if not self._has_screen:
            return  # the app is ending
        if is_too_small(self.size):
            if isinstance(event, Key) and event.key == QUIT:
                await self._pass_on(event)
        elif event is self._released_key:
            if not self._is_pressed_unseen(event):
                await self._pass_on(event)
        elif self._settle_task is None and self._is_settled() and self._is_focus_settled:
            if not await self._pass_on(event):
                self._start_release()
        elif self._may_skip_queue(event):
            self._first_screen = None  # what is typed next is meant for the screen that it leads to
            await self._pass_on(event)
        else:
            self._queued_keys.append((event, _seen_on(self.screen)))
            self._start_release()

    def has_typed_since(self, time: float) -> bool:
        """Return whether the user has typed since a time of the event loop, or a key waits."""
        return self._typed_at > time or bool(self._queued_keys)

    def action_focus_next(self) -> None:
        """Focus the next widget, or the first one in view if the focus was scrolled away."""
        if not (self._has_scrolled and focus_from_view(self.screen, 1)):
            super().action_focus_next()

    def action_focus_previous(self) -> None:
        """Focus the previous widget, or the last one in view if the focus was scrolled away."""
        if not (self._has_scrolled and focus_from_view(self.screen, -1)):
            super().action_focus_previous()

    @property
    def _has_scrolled(self) -> bool:
        """Whether the user has scrolled since the focus moved; a new layout does not count."""
        return self.focused is not None and self.focused is self._scrolled_focus()

    def keep_focus_in_view(self) -> None:
        """Scroll to the focus again after the layout has changed, unless the user scrolled."""
        if self.focused is not None and self._is_focus_settled and not self._has_scrolled:
            reveal(self.focused)

    def _note_scroll(self) -> None:
        if self._has_screen and self.focused is not None:
            self._scrolled_focus = ref(self.focused)

    async def catch_up(self) -> None:
        """Wait, for a limited time, until the keys typed so far have taken effect."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + CATCH_UP_SECONDS
        for _ in range(QUIET_PASSES):
            await asyncio.sleep(READ_SECONDS)
            self._start_release()
            if self._settle_task is not None:
                await asyncio.wait({self._settle_task}, timeout=max(0.0, deadline - loop.time()))

    async def _pass_on(self, event: Key | Paste) -> bool:
        """Pass on an event; return whether it was typed as text.

        A text that is out of view comes into view. So does a widget that would be pressed, which
        the key then does not do. Other keys may scroll away from what has the focus.
        """
        focused = self.focused
        is_typed = isinstance(event, Paste)
        if isinstance(event, Key) and event.key in PAGE_KEYS:
            self._note_scroll()
        if isinstance(event, Key) and focused is not None:
            is_typed = focused.check_consume_key(event.key, event.character)
        if focused is not None and is_text(focused):
            if is_typed or not self._is_bound_elsewhere(event, focused):
                reveal(focused)
        elif focused is not None and _is_press(event) and reveal(focused):
            return False
        await super().on_event(event)
        return is_typed

    def _is_pressed_unseen(self, event: Key | Paste) -> bool:
        """Return whether a key would press a guarded widget not offered when it was typed.

        Then the keys that were typed after it are dropped: they were meant for what it leads to.
        """
        focused = self.focused
        if not (_is_press(event) and isinstance(focused, Guarded)):
            return False
        is_unseen = focused not in self._seen.guarded and not focused.was_offered_with(
            self._seen.shown
        )
        if is_unseen:
            self._queued_keys.clear()
            self.notify(focused.NOT_PRESSED, markup=False)
        return is_unseen

    def _is_bound_elsewhere(self, event: Key | Paste, focused: Widget) -> bool:
        """Return whether a key acts on the page or the app, such as PgDn in a one-line text."""
        if not isinstance(event, Key):
            return False
        if isinstance(focused, Input) and event.key in SCROLL_KEYS:
            return True  # it inherits bindings of these, and passes them on
        active = self.screen.active_bindings.get(event.key)
        return active is not None and active.node is not focused

    def _start_release(self) -> None:
        if self._settle_task is None:
            self._hold_start = asyncio.get_running_loop().time()
            self._settle_task = asyncio.create_task(self._release())

    def _may_skip_queue(self, event: Key | Paste) -> bool:
        """Return whether an event may be processed now, as no key waits that it could overtake."""
        if self._settle_task is None or self._queued_keys:
            return False
        held_seconds = asyncio.get_running_loop().time() - self._hold_start
        return _is_exit(event) and held_seconds > EXIT_KEY_SECONDS

    async def _release(self) -> None:
        """Process the queued keys one by one, each once the screen has settled."""
        try:
            while await self._settle() or self._keep_exit_key():
                if not self._queued_keys:
                    break
                self._released_key, self._seen = self._queued_keys.popleft()
                self._hold_start = asyncio.get_running_loop().time()
                self.post_message(self._released_key)
                await self._wait_until_processed(self)
        except ScreenStackError:
            pass  # the app is ending
        finally:
            self._queued_keys.clear()
            self._released_key = self._settle_task = None

    def _keep_exit_key(self) -> bool:
        """Drop the keys for a screen that takes too long; return whether Esc or Ctrl+Q is left."""
        exit_keys = (
            [key for key in self._queued_keys if _is_exit(key[0])] if self._is_overdue else []
        )
        self._queued_keys = deque(exit_keys[:1])
        return bool(exit_keys)

    async def _settle(self) -> bool:
        """Wait until the last key has taken effect; return whether queued keys still apply.

        They do not if their screen has closed or takes too long.
        """
        self._first_screen = first_screen = self.screen
        has_opened, quiet_passes = False, 0
        while True:
            screen, focused = self.screen, self.focused
            has_opened = has_opened or screen is not first_screen
            is_quiet = await self._drain() and (screen, focused) == (self.screen, self.focused)
            quiet_passes = quiet_passes + 1 if is_quiet else 0
            is_settled, is_overdue = self._is_settled(), self._is_overdue
            if is_overdue:
                self._late_workers.update(self._workers_of(self.screen))
                break
            if quiet_passes >= QUIET_PASSES:
                if is_settled:
                    break
                await asyncio.sleep(POLL_SECONDS)
        if not self._is_focus_settled:
            self._scrolled_focus = lambda: None
            await self._wait_for_scroll()
            self._settled_focus = ref(self.focused) if self.focused is not None else None
        has_returned = has_opened and self.screen is self._first_screen
        return is_settled and (is_overdue or not has_returned)

    @property
    def _has_screen(self) -> bool:
        """Whether there is a screen; false once the app is ending."""
        try:
            return bool(self.screen)
        except ScreenStackError:
            return False

    @property
    def _is_overdue(self) -> bool:
        return asyncio.get_running_loop().time() - self._hold_start > HOLD_SECONDS

    @property
    def _is_focus_settled(self) -> bool:
        return self.focused is (self._settled_focus and self._settled_focus())

    def _is_settled(self) -> bool:
        """Return whether the top screen is complete and no worker may move the focus."""
        screen = self.screen
        return screen.is_mounted and not any(
            worker.group in MOVING_GROUPS or self.focused is None
            for worker in self._workers_of(screen)
            if worker not in self._late_workers
        )

    def _workers_of(self, screen: Screen[object]) -> list[Worker[object]]:
        return [
            worker
            for worker in self.workers
            if not worker.is_finished and screen in worker.node.ancestors_with_self
        ]

    async def _drain(self) -> bool:
        """Wait until all queued messages are processed; return whether there were none."""
        is_quiet = True
        for node in (self.focused or self.screen).ancestors_with_self:
            is_quiet = is_quiet and node.message_queue_size == 0
            await self._wait_until_processed(node)
        return is_quiet

    async def _wait_until_processed(self, node: DOMNode) -> None:
        """Wait until a node has processed the messages in its queue."""
        processed = asyncio.Event()
        if node.call_later(processed.set):
            await self._wait_for(processed, node)

    async def _wait_for_refresh(self, screen: Screen[object]) -> None:
        refreshed = asyncio.Event()
        if screen.call_after_refresh(refreshed.set):
            await self._wait_for(refreshed, screen)

    async def _wait_for_scroll(self) -> None:
        """Wait until Textual has scrolled to the new focus, which takes several refreshes."""
        for _ in range(SCROLL_REFRESHES):
            await self._wait_for_refresh(self.screen)
            if self.focused is None or is_in_view(self.focused):
                return
        if self.focused is not None and reveal(self.focused):
            await self._wait_for_refresh(self.screen)

    async def _wait_for(self, event: asyncio.Event, node: DOMNode) -> None:
        while not event.is_set() and node.is_running and not self._is_overdue:
            try:
                await asyncio.wait_for(event.wait(), POLL_SECONDS)
            except TimeoutError:
                continue  # a removed node never processes its queue


def _seen_on(screen: Screen[object]) -> Seen:
    guarded = (widget for widget in screen.query("*") if isinstance(widget, Guarded))
    return Seen(
        [widget for widget in guarded if is_in_view(widget)],
        screen.shown if isinstance(screen, SettlingScreen) else None,
    )


def is_text(widget: Widget) -> bool:
    """Return whether a widget takes what is typed as text."""
    return widget.check_consume_key("a", "a")


def _is_exit(event: Key | Paste) -> bool:
    """Return whether a key leaves the screen or the program."""
    return isinstance(event, Key) and event.key in EXIT_KEYS


def _is_press(event: Key | Paste) -> bool:
    """Return whether a key presses the focused widget, if it is not a text."""
    return isinstance(event, Key) and event.key in PRESS_KEYS


def is_in_view(widget: Widget) -> bool:
    """Return whether all of a widget, or as much as fits, is in view."""
    try:
        geometry = widget.screen.find_widget(widget)
    except (NoScreen, NoWidget):
        return True  # closed, or not laid out yet
    # Compare with the viewports, as the clip shrinks with the visible part of the parent.
    viewport_heights = [
        node.size.height for node in widget.ancestors if isinstance(node, ScrollableContainer)
    ]
    return geometry.visible_region.height >= min([geometry.region.height, *viewport_heights])


def reveal(widget: Widget) -> bool:
    """Scroll a widget into view; return whether it was out of view and has moved."""
    return not is_in_view(widget) and widget.screen.scroll_to_widget(
        widget, animate=False, immediate=True
    )
