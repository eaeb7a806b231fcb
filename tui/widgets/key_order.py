"""Keys act where they were pressed, however quickly one follows another."""

from collections import deque

from textual.app import App
from textual.events import Event, Key
from textual.widget import Widget

HELD = 64
"""Keys that are remembered until they come back from what had the focus: typed ones never do."""


class KeyOrder(App[None]):
    """An app in which a Tab does not overtake the keys before it.

    Textual moves the focus by Tab at once, and looks up any other key once what had the focus has
    passed it on: by then it would act on what the Tab behind it led to.
    """

    def __init__(self) -> None:
        super().__init__()
        self._pressed_on: deque[tuple[Key, Widget]] = deque(maxlen=HELD)

    async def on_event(self, event: Event) -> None:
        """Note what has the focus as a key comes."""
        if isinstance(event, Key) and not event.is_forwarded and self.focused is not None:
            self._pressed_on.append((event, self.focused))
        await super().on_event(event)

    async def _on_key(self, event: Key) -> None:
        """Look a key up where it was pressed, if the focus has left it since."""
        pressed_on = next((on for key, on in self._pressed_on if key is event), None)
        if pressed_on is None or pressed_on is self.focused or not pressed_on.is_attached:
            return  # as Textual does
        if pressed_on.screen is not self.screen:
            return
        event.prevent_default()
        for node in pressed_on.ancestors_with_self:
            for binding in node._bindings.key_to_bindings.get(event.key, ()):
                if not binding.priority and await self.run_action(binding.action, node):
                    return
            if node.is_modal:
                return
