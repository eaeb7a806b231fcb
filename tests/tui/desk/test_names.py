"""Long names, and names stored with hidden characters, on the officer's desk."""

import pytest
from textual.widgets import Static

from server.core.database import Services
from tests.parts import Factory, Someone
from tests.server.steps import store_lines
from tests.tui.conftest import AppFactory
from tests.tui.desk import cases
from tests.tui.steps import go_to, screen_text, until, wait_until_idle
from tui.widgets.headings import child_heading

CASE_TEXT = "What may be done now"
LONG_NAME = "Featherstonehaugh-Cholmondeley-" * 7


@pytest.mark.parametrize(
    "last_name", [LONG_NAME[:200], "Hollow\nborn 01/01/2001", "Hol\u202elow\u2066"], ids=repr
)
async def test_no_name_hides_birth_date_or_school(
    portal: AppFactory,
    me: Someone,
    someone: Factory,
    services: Services,
    last_name: str,
) -> None:
    officer = cases.create_officer(someone)
    case = cases.add_case(me, officer)
    store_lines(services, case.person.id, last_name=last_name)
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{case.id}", CASE_TEXT)
        heading = pilot.app.screen.query_one("#child", Static)
        await until(pilot, lambda: heading.size.width > 0)
        for width in (80, 60):
            await pilot.resize_terminal(width, 24)
            await wait_until_idle(pilot)
            heading_line = next(
                line for line in screen_text(pilot.app.screen).splitlines() if "14/03/2018" in line
            )
            assert heading_line.strip().startswith("Ivo")
            assert "born 14/03/2018" in heading_line
            assert "! new child" in heading_line
            assert "Wren Ho" in heading_line
            assert "\n" not in str(heading.content)
            await pilot.resize_terminal(120, 40)
            await until(pilot, lambda: "Wren Hollow Primary School" in str(heading.content))


def test_long_name_is_truncated_with_ellipsis_after_first_names() -> None:
    heading = child_heading(f"Ivo James {LONG_NAME}", "born 14/03/2018", "Wren Hollow School", 78)
    assert (
        heading == "Ivo James Featherstonehaugh-Cholmondel… · born 14/03/2018 · Wren Hollow School"
    )
    assert (
        child_heading("Ivo Larkspur-Dunne-Hall", "born 14/03/2018", "Wren Hollow School", 55)
        == "Ivo Larkspur-Dunne-Hall · born 14/03/2018 · Wren Hollo…"
    )
    assert child_heading("Ivo Quill", "born 14/03/2018", "S" * 200, 50).startswith(
        "Ivo Quill · born 14/03/2018 · SSSS"
    )
    assert (
        child_heading("王" * 200, "born 14/03/2018", "W", 40)
        == f"{'王' * 8} … · born 14/03/2018 · W"
    )
    for width in range(30, 90):
        shortened = child_heading("N" * 200, "born 14/03/2018", "S" * 200, width)
        assert len(shortened) == width
        assert shortened.count("…") == 2
