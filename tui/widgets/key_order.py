"""Keys act in order, and each on what the user sees once the key before it has had its effect."""

from __future__ import annotations

import asyncio
from collections import deque
from weakref import ReferenceType, WeakSet, ref

from textual.app import App, ScreenStackError
from textual.containers import ScrollableContainer
from textual.dom import DOMNode
from textual.errors import NoWidget
from textual.events import Event, Key, Paste
from textual.screen import Screen
from textual.widget import Widget
from textual.worker import Worker

from tui.widgets.too_small import is_too_small

HOLD_SECONDS = 3.0
"""Seconds for which keys wait for a screen to settle, before they are dropped."""
EXIT_KEY_SECONDS = 0.5
"""Seconds after which Esc and Ctrl+Q no longer wait."""
POLL_SECONDS = 0.01
CATCH_UP_SECONDS = 2.0
"""Seconds in which keys typed before the program ends may still have their effect."""
READ_SECONDS = 0.05
"""Seconds in which the thread that reads the terminal passes on what it has read."""
QUIET_PASSES = 3
"""Passes through the queues without a message, as a pass does not see one under way ahead of it."""
SCROLL_REFRESHES = 3
QUIT = "ctrl+q"
WAYS_OUT = frozenset({"escape", QUIT})
PRESS_KEYS = frozenset({"enter", "space"})
MOVING_GROUPS = frozenset({"call", "default", "leave", "move", "section", "send"})
"""Groups of workers that may end by moving the focus."""


class KeyOrder(App[None]):
    """An app in which a key waits until the screen has settled after the key before it.

    Messages and workers carry out most keys later, and by then would act on what a later key moved
    to; and a key typed ahead would act on what the key before it was about to replace. A key that
    text consumes moves nothing, so typing never waits.
    """

    def __init__(self) -> None:
        super().__init__()
        self._waiting: deque[Key | Paste] = deque()
        self._released: Key | Paste | None = None
        self._settling: asyncio.Task[None] | None = None
        self._held_since = 0.0
        self._late: WeakSet[Worker[object]] = WeakSet()
        """Workers whose wait timed out; later keys do not wait for them."""
        self._seen: ReferenceType[Widget] | None = None
        """The widget that had the focus, in view, when the screen had last settled."""

    async def on_event(self, event: Event) -> None:
        """Act on a key, or let it wait while the screen is settling."""
        if not isinstance(event, Key | Paste) or event.is_forwarded or not self._has_screen:
            await super().on_event(event)
        elif is_too_small(self.size):
            if isinstance(event, Key) and event.key == QUIT:
                await self._act(event)
        elif event is self._released:
            await self._act(event)
        elif self._settling is None and self._is_settled() and self._is_focus_seen:
            if not await self._act(event):
                self._hold()
        elif self._may_overtake(event):
            self._waiting.clear()
            await self._act(event)
        else:
            self._waiting.append(event)
            self._hold()

    async def catch_up(self) -> None:
        """Wait until the keys typed so far have had their effect, for a limited time."""
        loop = asyncio.get_running_loop()
        end = loop.time() + CATCH_UP_SECONDS
        for _ in range(QUIET_PASSES):
            await asyncio.sleep(READ_SECONDS)
            self._hold()
            if self._settling is not None:
                await asyncio.wait({self._settling}, timeout=max(0.0, end - loop.time()))

    async def _act(self, event: Key | Paste) -> bool:
        """Pass an event on with its widget in view; return whether text consumes it.

        What was out of view is not pressed: the key only brings it into view.
        """
        focused = self.focused
        is_typed = isinstance(event, Paste)
        if isinstance(event, Key) and focused is not None:
            is_typed = focused.check_consume_key(event.key, event.character)
        if focused is not None and reveal(focused) and not is_typed and _is_press(event, focused):
            return False
        await super().on_event(event)
        return is_typed

    def _hold(self) -> None:
        if self._settling is None:
            self._held_since = asyncio.get_running_loop().time()
            self._settling = asyncio.create_task(self._release())

    def _may_overtake(self, event: Key | Paste) -> bool:
        """Return whether an event need not wait any longer."""
        if self._settling is None:
            return False
        held_for = asyncio.get_running_loop().time() - self._held_since
        return isinstance(event, Key) and event.key in WAYS_OUT and held_for > EXIT_KEY_SECONDS

    async def _release(self) -> None:
        """Act on the waiting keys one by one, each once the screen has settled."""
        try:
            while await self._settle() and self._waiting:
                self._released = self._waiting.popleft()
                self._held_since = asyncio.get_running_loop().time()
                self.post_message(self._released)
                await self._processed(self)
        except ScreenStackError:
            pass  # the app is ending
        finally:
            self._waiting.clear()
            self._released = self._settling = None

    async def _settle(self) -> bool:
        """Wait until the last key has had its effect; return whether waiting keys still apply.

        They do not if the screen they were meant for did not stay, or takes too long.
        """
        first, has_opened, quiet_passes = self.screen, False, 0
        while True:
            screen, focused = self.screen, self.focused
            has_opened = has_opened or screen is not first
            is_quiet = await self._drain() and (screen, focused) == (self.screen, self.focused)
            quiet_passes = quiet_passes + 1 if is_quiet else 0
            is_settled = self._is_settled()
            if self._is_overdue:
                self._late.update(self._workers_of(self.screen))
                return is_settled
            if quiet_passes >= QUIET_PASSES:
                if is_settled:
                    break
                await asyncio.sleep(POLL_SECONDS)
        if not self._is_focus_seen:
            await self._scrolled_to_focus()
            self._seen = ref(self.focused) if self.focused is not None else None
        return not (has_opened and self.screen is first)

    @property
    def _has_screen(self) -> bool:
        """Whether there is a screen, as there is until the app ends."""
        try:
            return bool(self.screen)
        except ScreenStackError:
            return False

    @property
    def _is_overdue(self) -> bool:
        return asyncio.get_running_loop().time() - self._held_since > HOLD_SECONDS

    @property
    def _is_focus_seen(self) -> bool:
        return self.focused is (self._seen and self._seen())

    def _is_settled(self) -> bool:
        """Return whether the screen on top is complete and no worker is to move the focus."""
        screen = self.screen
        return screen.is_mounted and not any(
            worker.group in MOVING_GROUPS or self.focused is None
            for worker in self._workers_of(screen)
            if worker not in self._late
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
            await self._processed(node)
        return is_quiet

    async def _processed(self, node: DOMNode) -> None:
        """Wait until a node has processed the messages that are in its queue now."""
        processed = asyncio.Event()
        if node.call_later(processed.set):
            await self._wait_for(processed, node)

    async def _refreshed(self, screen: Screen[object]) -> None:
        refreshed = asyncio.Event()
        if screen.call_after_refresh(refreshed.set):
            await self._wait_for(refreshed, screen)

    async def _scrolled_to_focus(self) -> None:
        """Wait until Textual has scrolled to a new focus, which it does in several refreshes."""
        for _ in range(SCROLL_REFRESHES):
            await self._refreshed(self.screen)
            if self.focused is None or is_in_view(self.focused):
                return
        if self.focused is not None and reveal(self.focused):
            await self._refreshed(self.screen)

    async def _wait_for(self, event: asyncio.Event, node: DOMNode) -> None:
        while not event.is_set() and node.is_running and not self._is_overdue:
            try:
                await asyncio.wait_for(event.wait(), POLL_SECONDS)
            except TimeoutError:
                continue  # a node that was removed never processes its queue


def _is_press(event: Key | Paste, focused: Widget) -> bool:
    """Return whether a key presses a widget, unlike Enter in a text."""
    is_text = focused.check_consume_key("a", "a")
    return isinstance(event, Key) and event.key in PRESS_KEYS and not is_text


def is_in_view(widget: Widget) -> bool:
    """Return whether all of a widget, or as much as fits, is in view."""
    try:
        geometry = widget.screen.find_widget(widget)
    except NoWidget:
        return True  # not laid out yet
    # The clip of the geometry is no measure: it has shrunk with the part of the parent in view.
    rooms = [node.size.height for node in widget.ancestors if isinstance(node, ScrollableContainer)]
    return geometry.visible_region.height >= min([geometry.region.height, *rooms])


def reveal(widget: Widget) -> bool:
    """Scroll a widget into view; return whether it was out of view and has moved."""
    return not is_in_view(widget) and widget.screen.scroll_to_widget(
        widget, animate=False, immediate=True
    )
