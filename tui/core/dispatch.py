"""Handlers of messages, looked up once for each class; Textual does it for each message.

Opening a screen sends some hundred messages, whose dispatch took a tenth of the time.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterator
from functools import cache

from textual import _callback
from textual.message import Message
from textual.message_pump import MessagePump

Handler = Callable[[Message], Awaitable[None]]

_find_handlers = MessagePump._get_dispatch_methods
_count_parameters = _callback._count_parameters


def speed_up_dispatch() -> None:
    """Make all widgets and callbacks use the quicker lookups."""
    MessagePump._get_dispatch_methods = _find_named_handlers  # type: ignore[method-assign,assignment] # Textual has no setting
    _callback._count_parameters = _count_plain_parameters  # type: ignore[assignment] # nor for this


def _find_named_handlers(
    pump: MessagePump, method_name: str, message: Message
) -> Iterator[tuple[type, Handler]]:
    """Find the handlers of a message; Textual itself finds those with selectors."""
    names = _handler_names(type(pump), method_name, type(message))  # type: ignore[arg-type] # a class has a hash
    if names is None:
        yield from _find_handlers(pump, method_name, message)
        return
    for owner, name in names:
        if message._no_default_action:
            break
        yield owner, owner.__dict__[name].__get__(pump, owner)


@cache
def _handler_names(
    pump: type[MessagePump], method_name: str, message: type[Message]
) -> list[tuple[type, str]] | None:
    """Return the classes and names of the handlers, or None if any is decorated with `@on`."""
    found = []
    for owner in pump.__mro__:
        decorated = owner.__dict__.get("_decorated_handlers") or {}
        if not decorated.keys().isdisjoint(message.__mro__):
            return None
        for name in (f"_{method_name}", method_name):
            if handler := owner.__dict__.get(name):
                if not getattr(handler, "_textual_on", None):
                    found.append((owner, name))
                break
    return found


def _count_plain_parameters(function: Callable[..., object]) -> int:
    """Count the parameters of a function or a bound method from its code."""
    code = getattr(function, "__code__", None)
    if code is None or hasattr(function, "__wrapped__"):
        return _count_parameters(function)
    variable = bool(code.co_flags & inspect.CO_VARARGS) + bool(
        code.co_flags & inspect.CO_VARKEYWORDS
    )
    is_bound = inspect.ismethod(function)
    return int(code.co_argcount + code.co_kwonlyargcount + variable - is_bound)
