"""No small number can be computed from what is shown, also by who knows how it is hidden."""

from collections import defaultdict
from datetime import date
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from server.figures.report import awaited_tables
from shared.figures.figures import AdviceFigures
from shared.figures.forecast import usual_pace
from shared.figures.suppression import (
    LEAST_BASE,
    SMALL,
    Hidden,
    is_small,
    percent,
    protect,
    protect_one,
    protected_share,
)

COUNTS = st.lists(st.integers(0, 12) | st.integers(0, 3000), min_size=1, max_size=6)
LIMIT = 16
DAY = date(2026, 3, 2)
SMALL_NUMBERS = set(range(1, SMALL))


def test_each_hidden_number_may_be_any_small_one_for_who_tries_all_counts() -> None:
    """Group all counts of up to three cells by what is shown of them."""
    for size in (1, 2, 3):
        same = defaultdict(list)
        for counts in product(range(LIMIT), repeat=size):
            cells, total = protect(counts)
            same[*cells, total].append(counts)
        for shown, candidates in same.items():
            if isinstance(shown[-1], int) and shown[-1] >= LIMIT:
                continue  # some candidates are beyond the counts that are tried
            for index, cell in enumerate(shown[:-1]):
                values = {counts[index] for counts in candidates}
                if cell is Hidden.SMALL:
                    assert values == SMALL_NUMBERS, shown
                elif cell is Hidden.OTHER:
                    assert len(values) > 1, shown


def test_late_advice_tells_no_small_number_of_the_rest_that_is_awaited() -> None:
    """Group all counts of awaited advice, of which late advice is a part, by what is shown."""
    same = defaultdict(list)
    for late, awaited in product(range(LIMIT), repeat=2):
        if late <= awaited:
            item = AdviceFigures(
                form="a", title="Advice", awaited=awaited, late=late, pace=usual_pace([], 42)
            )
            shown = tuple(row for table in awaited_tables([item], DAY) for row in table.rows)
            same[shown].append((awaited, late, awaited - late))
    for shown, candidates in same.items():
        for values in map(set, zip(*candidates, strict=True)):
            assert len(values) > 1 or not any(map(is_small, values)), shown


@given(COUNTS)
def test_any_small_number_could_stand_where_one_is_hidden(counts: list[int]) -> None:
    shown = protect(counts)
    others = [index for index, cell in enumerate(shown.cells) if cell is Hidden.OTHER]
    for index, cell in enumerate(shown.cells):
        assert (cell is Hidden.SMALL) == is_small(counts[index])
        if cell is not Hidden.SMALL:
            continue
        for number in SMALL_NUMBERS:
            # The other small numbers are 1, and the rest is in the number that is hidden too.
            candidate = [
                1 if other is Hidden.SMALL else count
                for other, count in zip(shown.cells, counts, strict=True)
            ]
            candidate[index] = number
            if others:
                rest = sum(counts) - sum(candidate) + counts[others[0]]
                is_total_shown = shown.total is not Hidden.OTHER
                candidate[others[0]] = rest if is_total_shown else SMALL
            assert protect(candidate) == shown


@given(COUNTS)
def test_what_is_shown_is_true(counts: list[int]) -> None:
    shown = protect(counts)
    for cell, count in zip(shown.cells, counts, strict=True):
        assert cell in {count, Hidden.SMALL, Hidden.OTHER}
        assert protect_one(count) == (Hidden.SMALL if is_small(count) else count)
    assert shown.total in {sum(counts), Hidden.OTHER}
    if not any(map(is_small, counts)):
        assert shown == (counts, sum(counts))


def test_share_is_shown_only_of_numbers_that_are_shown() -> None:
    assert protected_share(*protect([30, 10]).cells) == "75%"
    assert protected_share(*protect([30, 3]).cells) == "not shown"
    assert str(LEAST_BASE) in protected_share(*protect([LEAST_BASE - 1, 0]).cells)
    assert protected_share(*protect([LEAST_BASE, 0]).cells) == "100%"
    assert [percent(1, 200), percent(1, 3), percent(0, 0)] == ["1%", "33%", "–"]
