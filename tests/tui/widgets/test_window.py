import pytest

from shared.lists import PAGE_SIZE
from shared.people import PersonRow
from tests.tui.people.rows import page, row
from tui.widgets.window import FIRST_PAGE, NEAR_ROWS, Window

TOTAL = 100_000


def scroll(window: Window[PersonRow], top: int, target: int, visible: int) -> int:
    """Scroll row by row, loading pages as needed, and return the maximum number of rows held."""
    step, max_held = (1 if target > top else -1), 0
    while top != target:
        for _ in range(10):
            cursor = window.cursor_to_load(top, top + visible - 1)
            if not cursor:
                break
            window.add_page(page(int(cursor), TOTAL), cursor, top, top + visible - 1)
        else:
            raise AssertionError("Pages are requested without end")
        assert [window.row(index) for index in range(top, top + visible)] == [
            row(index) for index in range(top, top + visible)
        ]
        max_held = max(max_held, window.end - window.start)
        top += step
    return max_held


@pytest.mark.parametrize("visible", [1, 12, 100])
def test_window_has_no_gaps_and_holds_few_pages(visible: int) -> None:
    window = Window(page(0, TOTAL))
    assert scroll(window, 0, 1000, visible) <= visible + 2 * NEAR_ROWS + 2 * PAGE_SIZE
    assert scroll(window, 1000, 0, visible) <= visible + 2 * NEAR_ROWS + 2 * PAGE_SIZE
    assert window.start == 0


def test_no_page_is_needed_in_the_middle_or_past_the_ends() -> None:
    window = Window(page(0, 2 * PAGE_SIZE))
    assert window.cursor_to_load(0, 10) is None
    assert window.cursor_to_load(30, 40) == str(PAGE_SIZE)
    window.add_page(page(PAGE_SIZE, 2 * PAGE_SIZE), str(PAGE_SIZE), 30, 40)
    assert window.cursor_to_load(2 * PAGE_SIZE - 10, 2 * PAGE_SIZE - 1) is None


def test_page_not_adjacent_to_the_window_is_ignored() -> None:
    window = Window(page(0, TOTAL))
    window.add_page(page(500, TOTAL), "500", 0, 10)
    assert (window.start, window.end) == (0, PAGE_SIZE)


def test_request_for_a_row_has_the_cursor_of_its_page() -> None:
    window = Window(page(0, TOTAL), FIRST_PAGE)
    window.add_page(page(PAGE_SIZE, TOTAL), str(PAGE_SIZE), 30, 40)
    assert window.request_for(3) == FIRST_PAGE
    assert window.request_for(PAGE_SIZE + 3) == (str(PAGE_SIZE), False)


def test_person_is_found_by_id() -> None:
    window = Window(page(50, TOTAL))
    assert window.index_of(row(77, last_name="Renamed")) == 77
    assert window.index_of(row(7)) is None
