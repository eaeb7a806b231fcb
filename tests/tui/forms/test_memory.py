"""Closed forms, their fields and their drawn lines are freed from memory."""

import gc
from weakref import WeakSet

import pytest
from textual.widget import Widget
from textual.widgets import TextArea

from tests.parts import Someone
from tests.tui.conftest import AppFactory
from tests.tui.forms.filling import start
from tests.tui.steps import go_to, on_screen, screen_text, until
from tui.forms.editor import FormEditor

STEPS = ("3", "4", "8")


@pytest.mark.usefixtures("small_heap")
async def test_closed_form_and_its_fields_are_freed(portal: AppFactory, me: Someone) -> None:
    submission = start(me)
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
        widgets: WeakSet[Widget] = WeakSet([app.screen])
        for step in STEPS:
            await pilot.press("f2", step)
            title = f"Step {step} of 8"
            await until(pilot, lambda title=title: title in screen_text(app.screen))  # type: ignore[misc] # mypy can't infer the default
            widgets.update(app.screen.query(TextArea))
        assert len(widgets) > len(STEPS)
        assert isinstance(app.screen, FormEditor)
        await pilot.press("escape")
        await on_screen(pilot, "Home")
        await pilot.press("tab")

        def is_freed() -> bool:
            gc.collect()
            return not widgets

        await until(pilot, is_freed)


async def test_drawn_lines_are_freed_when_a_screen_closes(portal: AppFactory, me: Someone) -> None:
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "people", "0 records found")
        widgets = list(app.screen.walk_children(Widget))
        assert any(widget._styles_cache._cache for widget in widgets)
        await pilot.press("escape")
        await on_screen(pilot, "Home")
        await until(pilot, lambda: not any(widget._styles_cache._cache for widget in widgets))
