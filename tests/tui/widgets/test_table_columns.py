import pytest

from tui.widgets.table import Column, fit_columns

COLUMNS = (Column(22, 40, 0), Column(12, 12, 2), Column(26, 56, 1), Column(8, 24, 3))
"""Columns for a name, a stage, a deadline and an officer."""


@pytest.mark.parametrize(
    ("available", "widths"),
    [
        (20, (0, 12, 0, 0)),
        (30, (30, 0, 0, 0)),
        (56, (25, 0, 29, 0)),
        (76, (23, 12, 27, 8)),
        (116, (36, 12, 40, 22)),
        (200, (40, 12, 56, 24)),
    ],
)
def test_columns_get_space_by_rank(available: int, widths: tuple[int, ...]) -> None:
    assert fit_columns(available, COLUMNS) == widths
