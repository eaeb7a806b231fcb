import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.widgets.clusters import cells_between, display_text, is_plain, iter_clusters, tab_cells
from tui.widgets.painting import WholeClusters, changed_span
from tui.widgets.wrapping import LongDocument, LongWrapping

PIECES = [
    *(
        "a",
        "word ",
        " ",
        "語",
        "é",
        "e\u0301",
        "❤️",
        "👩\u200d👩\u200d👧",
        "🇬🇧",
        "🇬",
        "👍🏽",
        "1️⃣",
        "क्षि",
    ),
    *("\t", "\u200d", "\ufe0f", "\u0301", "\u200b", "\u200f", "\u3000", "\u0600", "\u1100", "한"),
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)


def split_clusters(text: str) -> list[str]:
    return [text[first:last] for first, last, _ in iter_clusters(text, 0, len(text), 4)]


@pytest.mark.parametrize(
    ("cluster", "cells"),
    [
        *(("a", 1), ("é", 1), ("e\u0301", 1), ("語", 2), ("❤", 1), ("❤️", 2), ("1️⃣", 2)),
        *(("👩\u200d👩\u200d👧", 2), ("🇬🇧", 2), ("👍🏽", 2), ("한", 2), ("क्षि", 2), ("e\u200b", 1)),
    ],
)
def test_cluster_width_covers_the_whole_cluster(cluster: str, cells: int) -> None:
    text = f"{cluster} x{cluster}"
    assert split_clusters(text) == [cluster, " ", "x", cluster]
    assert cells_between(text, 0, len(cluster), 4) == cells


@pytest.mark.parametrize("character", ["\u0301", "\u200d", "\ufe0f", "\u200b", "\u200f"])
def test_lone_combining_character_has_its_own_cell(character: str) -> None:
    for text in (character, f" {character} ", f"\t{character}"):
        assert character in split_clusters(text)
        index = text.index(character)
        assert cells_between(text, index, index + 1, 4) == 1
        assert cell_len(display_text(text, index, index + 1, 4)) == 1


def test_invisible_characters_are_not_drawn() -> None:
    text = "🏳\u200b\u200f\ufe0f\u200d🌈"
    assert split_clusters(text) == [text[:-1], "🌈"]
    assert display_text(text, 0, len(text), 4) == "🏳🌈"
    assert cells_between(text, 0, len(text), 4) == 3


@pytest.mark.parametrize("character", ["\u1100", "\u0600"])
def test_long_clusters_fit_in_a_row(character: str) -> None:
    wrapping = LongWrapping(LongDocument(character * 40), 10)
    rows = wrapping.get_sections(0)
    assert "".join(rows) == character * 40
    assert max(map(cell_len, rows)) <= 10


def test_tab_reaches_the_next_stop() -> None:
    assert [tab_cells("\ta\t語bc\t", index, 4) for index in (0, 2, 6)] == [4, 3, 4]
    assert tab_cells("❤️\t", 2, 4) == 2


@given(TEXTS)
def test_drawn_width_matches_measured_width(text: str) -> None:
    assert "".join(split_clusters(text)) == text
    assert cell_len(display_text(text, 0, len(text), 4)) == cells_between(text, 0, len(text), 4)


@given(TEXTS, st.integers(1, 40), st.integers(1, 40))
def test_row_can_be_cut_anywhere(text: str, first: int, second: int) -> None:
    row = display_text(text, 0, len(text), 4) + " " * 60
    start, end = sorted((first, second))
    strip = WholeClusters([Segment(row, Style(bold=True))])
    assert cell_len(strip.crop(start, end).text) == end - start
    parts = strip.divide([start, end, strip.cell_length])
    assert [cell_len(part.text) for part in parts] == [start, end - start, cell_len(row) - end]


def test_cutting_blanks_only_the_divided_cluster() -> None:
    strip = WholeClusters([Segment("❤️🏳️\u200d🌈x")])
    assert [part.text for part in strip.divide([2, 3, 5])] == ["❤️", " ", " x"]
    assert strip.crop(2, 5).text == "🏳️\u200d🌈x"


@pytest.mark.parametrize(("before", "after"), [("🇬🇧", "🇬🇪"), ("❤️", "❤ "), ("e\u0301", "e")])
def test_changed_cluster_is_redrawn_in_full(before: str, after: str) -> None:
    assert not is_plain(before)
    old, new = Strip([Segment(f"ab{before}")]), Strip([Segment(f"ab{after}")])
    assert changed_span(old, new) == (0, new.cell_length)
