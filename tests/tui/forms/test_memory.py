"""Closed forms, their fields and their drawn lines are freed from memory."""

import gc

from textual.strip import Strip
from textual.widgets import TextArea

from tests.parts import Someone
from tests.tui.conftest import AppFactory
from tests.tui.forms.filling import start
from tests.tui.steps import go_to, on_screen, screen_text, until
from tui.forms.editor import FormEditor

STEPS = ("3", "4", "8")
NAMES = ("Ivo", "Ada")


def count_instances(cls: type) -> int:
    """Count the live instances of a class."""
    gc.collect()
    return sum(isinstance(obj, cls) for obj in gc.get_objects())


async def test_closed_forms_and_fields_are_freed(portal: AppFactory, me: Someone) -> None:
    submissions = [start(me, first_name=name) for name in NAMES]
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "Home")
        before = [count_instances(cls) for cls in (TextArea, FormEditor)]
        drawn_before = count_instances(Strip)
        for submission in submissions:
            await go_to(pilot, f"forms/{submission}", "Step 1 of 8")
            for step in STEPS:
                await pilot.press("f2", step)
                title = f"Step {step} of 8"
                await until(pilot, lambda title=title: title in screen_text(app.screen))  # type: ignore[misc] # mypy can't infer the default
            await pilot.press("escape")
            await on_screen(pilot, "Home")
        await pilot.press("tab")
        await until(
            pilot,
            lambda: [count_instances(cls) for cls in (TextArea, FormEditor)] == before,
        )
        assert count_instances(Strip) < drawn_before + 40
