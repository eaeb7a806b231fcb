"""The caseload in figures, by keyboard, and its snapshots."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.pilot import Pilot

from server.core.database import Services
from server.figures.computing import compute_if_old
from shared.figures.tables import FigureRow
from tests.parts import Clock, Someone
from tests.server.figures.steps import E, add_case
from tests.tui.accounts.filling import fill
from tests.tui.conftest import AppFactory
from tests.tui.hanging_transport import HangingTransport
from tests.tui.snapshots import SMALL, Snapshots
from tests.tui.steps import go_to, on_screen, screen_text, until, wait_for_text
from tui.desk.case import SECTION_NAMES
from tui.desk.pane import Pane
from tui.figures.bars import bar, bar_lines, line_chart
from tui.figures.figures import NAMES
from tui.widgets.header import Link

SECTIONS = {
    "cases": "Weeks since the request",
    "20-weeks": "First plans issued in 2026",
    "late": "Late now",
    "advice": "Usual days",
    "forecast": "By month of the deadline",
    "officers": "Open cases by officer",
}
NOT_COMPUTED = "The figures are not computed yet. Press r to compute them now."
ROWS = st.builds(
    FigureRow, st.text("abc é", min_size=1, max_size=60), st.integers(0, 20_000), st.text("ab ")
)


@given(st.lists(ROWS, max_size=8), st.integers(56, 200))
def test_each_bar_has_its_number_and_all_lines_fit(rows: list[FigureRow], width: int) -> None:
    lines = [line.plain for line in bar_lines(rows, width)]
    for row, line in zip(rows, lines, strict=True):
        assert f"{row.number:,}" in line
    if all(cell_len(row.words) < 20 for row in rows):
        assert all(cell_len(part) <= width for line in lines for part in line.split("\n"))


def test_words_without_room_are_below() -> None:
    [line] = bar_lines([FigureRow("Educational advice", 42, "days allowed (only 3 answers)")], 57)
    assert line.plain.split("\n")[1] == "  42 days allowed (only 3 answers)"


ADVICE = "Psychological Advice for Statutory EHC Assessment"


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (82, f"{ADVICE}  █████████  1,200 (days allowed)"),
        (68, f"{ADVICE}  ██████████\n  1,200 (days allowed)"),
        (56, f"{ADVICE}\n  1,200 (days allowed)"),
    ],
    ids=["all", "words-below", "no-bar"],
)
def test_labels_and_numbers_are_whole_before_there_are_bars(width: int, line: str) -> None:
    [shown] = bar_lines([FigureRow(ADVICE, 1200, "(days allowed)")], width)
    assert shown.plain == line


def test_only_labels_longer_than_the_line_are_shortened_with_a_sign() -> None:
    [line] = bar_lines([FigureRow("Featherstonehaugh-" * 5, 1200)], 56)
    assert line.plain == "Featherstonehaugh-Featherstonehaugh-Featherstone…  1,200"


def test_line_joins_the_months_that_have_a_share() -> None:
    months = ["January", "February", "March", "April", "May", "June"]
    assert line_chart(months, [0, 1, None, 0.5, 0.5, 0.3]) == [
        "100% ┤   ╭─●",
        "     │   │",
        " 80% ┤   │",
        "     │   │",
        " 60% ┤   │",
        "     │   │         ●───●─╮",
        " 40% ┤   │               │",
        "     │   │               ╰─●",
        " 20% ┤   │",
        "     │   │",
        "  0% ┤ ●─╯",
        "       Jan Feb Mar Apr May Jun",
    ]


@pytest.mark.parametrize(
    ("share", "row"), [(0, 10), (0.001, 9), (0.12, 9), (0.88, 1), (0.999, 1), (1, 0)]
)
def test_only_all_and_nothing_are_on_their_rows(share: float, row: int) -> None:
    assert [index for index, line in enumerate(line_chart([""], [share])) if "●" in line] == [row]


@given(st.integers(0, 500), st.integers(1, 500), st.integers(1, 40))
def test_bars_are_in_proportion_and_only_nothing_has_none(
    number: int, more: int, width: int
) -> None:
    shorter, longer = (bar(count, number + more, width) for count in (number, number + more))
    assert longer == "█" * width
    assert len(shorter) <= width
    assert bool(shorter) == bool(number)


def words(pilot: Pilot[None]) -> str:
    """Return the text of the screen without its line breaks."""
    return " ".join(screen_text(pilot.app.screen).split())


def test_no_section_begins_with_a_digit_like_its_key() -> None:
    assert not [name for name in (*NAMES, *SECTION_NAMES) if name[0].isdigit()]


async def test_officer_computes_figures_and_opens_the_cases_of_a_row(
    portal: AppFactory, officer: Someone, services: Services, clock: Clock, tmp_path: Path
) -> None:
    add_case(services, officer, (E.REQUEST_RECEIVED, 50), mine=True)
    slow = (E.REQUEST_RECEIVED, 60), (E.DECIDED_TO_ASSESS, 1)
    add_case(services, officer, *slow)
    app = portal(officer)
    transport = HangingTransport(app, "figures")
    async with app.run_test(size=SMALL) as pilot:
        await on_screen(pilot, "Home")
        await pilot.press("g", "f")
        await on_screen(pilot, "CaseloadFigures")
        await until(pilot, lambda: transport.is_holding)
        await pilot.press("2")
        await wait_for_text(pilot, "▸2 Within 20 weeks")
        assert NOT_COMPUTED not in screen_text(app.screen)
        transport.released.set()
        await wait_for_text(pilot, NOT_COMPUTED)
        transport.hold_again()
        await pilot.press("r")
        await until(pilot, lambda: transport.is_holding)
        await pilot.press("1")
        await wait_for_text(pilot, "▸1 Cases")
        transport.released.set()
        await wait_for_text(pilot, "As at 10:42")
        await pilot.press("tab", "down", "enter")
        await on_screen(pilot, "Cases")
        await wait_for_text(pilot, "1 record found")
        assert "Cases › Assessment" in screen_text(pilot.app.screen)
        await pilot.press("escape")
        await pilot.press("3")
        await wait_for_text(pilot, "In 1 case. A case counts")
        await pilot.press("5")
        await until(pilot, lambda: "no plan followed advice in 12 months" in words(pilot))
        await pilot.press("tab", "enter")
        await on_screen(pilot, "Cases")
        await wait_for_text(pilot, "1 record found")
        assert "Expected late" in screen_text(pilot.app.screen)
        assert "08/06/2026" in screen_text(pilot.app.screen)
        await pilot.press("escape")
        await pilot.press("6", "tab", "enter")
        await on_screen(pilot, "Cases")
        await wait_for_text(pilot, "Cases › Nobody yet")
        await wait_for_text(pilot, "1 record found")
        await pilot.press("v")
        await on_screen(pilot, "SaveView")
        await wait_for_text(pilot, "▌ Nobody yet")
        await pilot.press("escape", "escape")
        await pilot.press("6", "tab", "down", "enter")
        await on_screen(pilot, "Cases")
        await wait_for_text(pilot, "Cases › Ada Priya")
        await wait_for_text(pilot, "1 record found")
        await pilot.press("escape", "y")
        await on_screen(pilot, "SaveCopy")
        await fill(pilot, folder=str(tmp_path))
        await pilot.click("#save-1")
        await until(pilot, lambda: (tmp_path / "figures-2026-03-02.csv").exists())
        await wait_for_text(pilot, "✓ Saved as")


async def test_old_figures_are_computed_again_when_they_are_opened(
    portal: AppFactory,
    officer: Someone,
    caseload: None,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock.move(minutes=10)
    monkeypatch.setattr("tui.figures.figures.utc_now", lambda: clock.now)
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, "figures", "As at 10:52")


async def test_figures_left_open_are_read_again_at_the_same_place(
    portal: AppFactory,
    officer: Someone,
    caseload: None,
    services: Services,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tui.figures.figures.utc_now", lambda: clock.now)
    monkeypatch.setattr("tui.figures.figures.CHECK_SECONDS", 0.5)
    app = portal(officer)
    async with app.run_test(size=(60, 20)) as pilot:
        await go_to(pilot, "figures", "As at 10:42")
        await pilot.press("5")  # it has bars of several lines
        await wait_for_text(pilot, "By month of the deadline")
        pane = app.screen.query_one(Pane)
        links = list(pane.query(Link))
        links[-1].focus()
        pane.scroll_end(animate=False)
        await until(pilot, lambda: pane.scroll_y == pane.max_scroll_y > 0)
        place, scrolled = links[-1].place, pane.scroll_y
        add_case(services, officer, (E.REQUEST_RECEIVED, 4), mine=True)
        clock.move(minutes=16)
        await compute_if_old(services)
        await wait_for_text(pilot, "As at 10:58")
        await until(pilot, lambda: app.focused is not None and app.focused is not links[-1])
        assert isinstance(app.focused, Link) and app.focused.place == place
        await until(pilot, lambda: pane.scroll_y == scrolled)


async def test_figures_match_snapshots(
    snapshots: Snapshots, portal: AppFactory, officer: Someone, caseload: None
) -> None:
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, "figures", "Open cases by stage")
        for number, (name, text) in enumerate(SECTIONS.items(), 1):
            await pilot.press(str(number))
            await wait_for_text(pilot, text)
            await snapshots.match(pilot, name, narrow=True)
