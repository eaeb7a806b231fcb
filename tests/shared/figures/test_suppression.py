"""Ranges instead of counts, for people outside the authority."""

from hypothesis import given
from hypothesis import strategies as st

from shared.figures.suppression import percent, protected_share, range_of


@given(st.integers(0, 5000))
def test_count_is_in_its_range_which_all_of_its_numbers_have(count: int) -> None:
    numbers = range_of(count)
    assert count in numbers
    assert {range_of(number) for number in numbers} == {numbers}


def test_small_numbers_share_a_range_with_none() -> None:
    assert range_of(1) == range_of(4) == range_of(0) == range(5)


def test_share_is_shown_only_of_numbers_that_are_not_small() -> None:
    assert protected_share(30, 10) == "75%"
    assert [protected_share(30, 4), protected_share(0, 30)] == ["not shown", "not shown"]
    assert [percent(1, 200), percent(1, 3), percent(0, 0)] == ["1%", "33%", "–"]
