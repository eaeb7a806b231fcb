"""Helpers that fill in forms like a user."""

from textual.pilot import Pilot
from textual.widgets import Button, Checkbox, Input, Select, TextArea

from tests.tui.steps import until, wait_until_idle
from tui.widgets.dialog import Guarded
from tui.widgets.field import Field
from tui.widgets.header import Link

ABOUT = {"first_name": "Ivy", "last_name": "Teasel", "phone": "0116 496 0199"}
WORK = {
    "role": "senco",
    "organisation": "Osierbeck Academy",
    "address": "1 Osier Way, Leicester",
    "postcode": "LE1 1FZ",
    "work_phone": "0116 496 0102",
}


async def fill(pilot: Pilot[None], **answers: str) -> None:
    """Set the values of fields by name."""
    for name, answer in answers.items():
        control = pilot.app.screen.query_one(f"#field-{name}", Field).control
        assert isinstance(control, Input | Select)
        control.value = answer
    await pilot.pause()


def set_text(pilot: Pilot[None], name: str, text: str) -> None:
    """Set the text of a long answer."""
    control = pilot.app.screen.query_one(f"#field-{name}", Field).control
    assert isinstance(control, TextArea)
    control.text = text


async def choose(pilot: Pilot[None], selector: str) -> None:
    """Focus a button, link or checkbox and press Enter."""
    widget = pilot.app.screen.query(selector).first()
    assert isinstance(widget, Button | Checkbox | Link)
    await until(pilot, lambda: widget.focusable)
    widget.focus()
    widget.scroll_visible(animate=False)  # A widget out of view is not pressed.
    await pilot.pause()
    if isinstance(widget, Guarded):
        await wait_until_idle(pilot)  # nor is one that was not drawn in view before the key
    await pilot.press("enter")


def error_at(pilot: Pilot[None], name: str) -> str:
    """Return the error message shown next to a field."""
    return pilot.app.screen.query_one(f"#field-{name}", Field).error
