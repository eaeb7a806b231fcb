from uuid import UUID

import pytest

from tests.parts import Someone
from tests.tui.conftest import AppFactory
from tests.tui.forms.filling import required_answers, save, start, submit
from tests.tui.steps import go_to, on_screen, screen_text, until
from tui.widgets.header import Link

LONG_ANSWER = "Ivo follows two-step instructions when they are shown as well as said. " * 60


@pytest.fixture
def submission(me: Someone) -> UUID:
    """A request submitted twice, with a changed answer in between."""
    submission = start(me)
    save(
        me,
        submission,
        **required_answers(me),
        communication=LONG_ANSWER,
        cognition="Slow to start.",
    )
    submit(me, submission)
    save(me, submission, cognition="Quick once shown.")
    submit(me, submission)
    return submission


async def test_newest_version_shows_what_changed(
    portal: AppFactory, me: Someone, submission: UUID
) -> None:
    async with portal(me).run_test(size=(80, 200)) as pilot:
        await go_to(pilot, f"forms/{submission}/versions", "Version 1")
        text = screen_text(pilot.app.screen)
        assert "▸ Version 2 · submitted 02/03/2026 10:42 by you" in text
        await pilot.press("tab")
        await until(pilot, lambda: "▸ Version 1" in screen_text(pilot.app.screen))
        assert "● Version 2" in screen_text(pilot.app.screen)
        link = pilot.app.screen.query_one("#version-1", Link)
        link.update("by somebody with a long name " * 4)
        await until(pilot, lambda: link.size.height == 2)
        assert "What changed since version 1" in text
        assert "Before: Slow to start." in text
        assert "After:  Quick once shown." in text
        assert "SEN Co-ordinator, Osierbeck Academy" in text
        assert "".join(text.split()).count("".join(LONG_ANSWER.split())) == 1


async def test_older_version_is_shown_as_submitted(
    portal: AppFactory, me: Someone, submission: UUID
) -> None:
    async with portal(me).run_test(size=(80, 200)) as pilot:
        await go_to(pilot, f"forms/{submission}/versions", "Version 1")
        await pilot.press("tab", "enter")
        await until(pilot, lambda: "▸ Version 1" in screen_text(pilot.app.screen))
        text = screen_text(pilot.app.screen)
        assert "What changed" not in text
        assert "Slow to start." in text
        assert "Quick once shown." not in text


async def test_versions_scroll_by_keys_in_the_smallest_terminal(
    portal: AppFactory, me: Someone, submission: UUID
) -> None:
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"forms/{submission}/versions", "Version 1")
        await pilot.press("end")
        await until(pilot, lambda: "I agree" in screen_text(pilot.app.screen))
        await pilot.press("escape")
        await on_screen(pilot, "Home")
