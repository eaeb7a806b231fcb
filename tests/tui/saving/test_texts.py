"""Merging texts: examples and properties."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.saving.texts import find_edits, has_overlap, merge, resolve

WORDS = st.lists(
    st.sampled_from(["Ivo", "reads", "well.", "a", "\n", "-", "é", "読む"]), max_size=12
)
TEXTS = WORDS.map(" ".join) | st.text("ab .\n", max_size=12)


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "merged"),
    [
        ("He reads.", "He reads. Well.", "Today he reads.", "Today he reads. Well."),
        ("One. Two. Three.", "One! Two. Three.", "One. Two. Four.", "One! Two. Four."),
        ("Same.", "Same. More.", "Same. More.", "Same. More."),
        ("Gone soon. Stays.", "Stays.", "Gone soon. Stays. New.", "Stays. New."),
    ],
)
def test_separate_edits_are_merged(base: str, mine: str, theirs: str, merged: str) -> None:
    parts = merge(base, mine, theirs)
    assert not has_overlap(parts)
    assert resolve(parts, "mine") == merged


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "choices"),
    [
        # Both insert at the same position: each word is kept once.
        ("Ivo.", "Ivo. Mine.", "Ivo. Hers.", ("Ivo. Mine.", "Ivo. Hers.", "Ivo. Hers. Mine.")),
        ("w1", "w3 w1", "w2 w1 w4", ("w3 w1 w4", "w2 w1 w4", "w2 w3 w1 w4")),
        # Letters typed by two people are never joined into a word.
        ("the boy", "the boys", "the boyish", ("the boys", "the boyish", "the boyish boys")),
        ("a", "", "b", ("", "b", "b")),
    ],
)
def test_adjacent_edits_overlap(
    base: str, mine: str, theirs: str, choices: tuple[str, str, str]
) -> None:
    parts = merge(base, mine, theirs)
    assert has_overlap(parts)
    assert tuple(resolve(parts, keep) for keep in ("mine", "theirs", "both")) == choices


@given(TEXTS, TEXTS)
def test_edits_transform_base_into_text(base: str, text: str) -> None:
    result, position = "", 0
    for start, end, part in find_edits(base, text):
        assert start >= position
        result += base[position:start] + part
        position = end
    assert result + base[position:] == text


@given(TEXTS, TEXTS, TEXTS)
def test_edits_on_one_side_are_kept_unchanged(base: str, mine: str, theirs: str) -> None:
    assert resolve(merge(base, mine, base), "mine") == mine
    assert resolve(merge(base, base, theirs), "mine") == theirs
    assert resolve(merge(base, mine, mine), "both") == mine
    parts = merge(base, mine, theirs)
    if not has_overlap(parts):
        assert resolve(merge(base, theirs, mine), "mine") == resolve(parts, "theirs")
