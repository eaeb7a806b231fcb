"""The quicker lookups of handlers and parameters, compared with Textual's."""

from collections.abc import Callable
from functools import wraps

import pytest
from textual import events, on
from textual.app import App, ComposeResult
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Button, Input, Select, Static

from tui.core import dispatch

EVENTS = [events.Compose(), events.Mount(), events.Blur(), events.Idle(), events.Show()]


class Base(Widget):
    def on_mount(self) -> None:
        pass

    def on_key(self, event: events.Key) -> None:
        pass


class Derived(Base):
    def _on_mount(self, event: events.Mount) -> None:
        pass

    @on(events.Blur)
    def leave(self) -> None:
        pass


class Sample(App[None]):
    def compose(self) -> ComposeResult:
        yield Derived()
        yield Static("Text")
        yield Button("Go")
        yield Input()
        yield Select([("One", 1)])


def found(find: Callable[..., object], widget: Widget, message: Message) -> list[object]:
    """Return the classes and functions of the handlers that are found."""
    handlers = list(find(widget, message.handler_name, message))  # type: ignore[call-overload] # any callable
    return [(owner, handler.__func__) for owner, handler in handlers]


async def test_handlers_are_those_that_textual_finds() -> None:
    async with Sample().run_test() as pilot:
        for widget in pilot.app.screen.walk_children(Widget, with_self=True):
            for message in EVENTS:
                ours = found(dispatch._find_named_handlers, widget, message)
                assert ours == found(dispatch._find_handlers, widget, message)


async def test_handlers_of_base_classes_are_left_out_once_one_prevents_the_default() -> None:
    widget, message = Derived(), events.Mount()
    handlers = dispatch._find_named_handlers(widget, message.handler_name, message)
    assert next(handlers)[0] is Derived
    message.prevent_default()
    assert list(handlers) == []


class Callbacks:
    def method(self, first: int, *, second: int = 2) -> None: ...

    @classmethod
    def of_class(cls, *rest: int) -> None: ...

    @wraps(method)
    def wrapped(self, *args: object, **kwargs: object) -> None: ...


@pytest.mark.parametrize(
    "function",
    [
        lambda: None,
        lambda first, *rest, last=1, **others: None,
        Callbacks.method,
        Callbacks().method,
        Callbacks.of_class,
        Callbacks().wrapped,
        Callbacks,
        Widget.refresh,
        Widget().refresh,
        Static("Text").update,
    ],
)
def test_parameters_are_counted_as_by_textual(function: Callable[..., object]) -> None:
    assert dispatch._count_plain_parameters(function) == dispatch._count_parameters(function)
