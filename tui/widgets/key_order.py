"""Dispatch keys to the widget that was focused when they were pressed."""

from collections import deque

from textual.app import App
from textual.events import Event, Key
from textual.widget import Widget

REMEMBERED_KEYS = 64
"""Number of recent keys remembered until their widget lets them bubble."""


class KeyOrder(App[None]):
    """An app in which Tab does not overtake earlier keys.

    Textual moves the focus on Tab at once, but resolves other keys only after the focused widget
    lets them bubble. By then they would act on the widget that a later Tab moved to.
    """

    def __init__(self) -> None:
        super().__init__()
        self._pressed_on: deque[tuple[Key, Widget]] = deque(maxlen=REMEMBERED_KEYS)

    async def on_event(self, event: Event) -> None:
        """Record the focused widget when a key arrives."""
        if isinstance(event, Key) and not event.is_forwarded and self.focused is not None:
            self._pressed_on.append((event, self.focused))
        await super().on_event(event)

    async def _on_key(self, event: Key) -> None:
        """Resolve a key from the widget where it was pressed if the focus has moved since."""
        pressed_on = next((on for key, on in self._pressed_on if key is event), None)
        if pressed_on is None or pressed_on is self.focused or not pressed_on.is_attached:
            return  # Textual's own handler runs next
        if pressed_on.screen is not self.screen:
            return
        event.prevent_default()
        for node in pressed_on.ancestors_with_self:
            for binding in node._bindings.key_to_bindings.get(event.key, ()):
                if not binding.priority and await self.run_action(binding.action, node):
                    return
            if node.is_modal:
                return
