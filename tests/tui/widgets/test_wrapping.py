from collections.abc import Sequence

from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual._wrap import compute_wrap_offsets
from textual.geometry import Offset

from tui.widgets.clusters import tab_cells
from tui.widgets.wrapping import LongDocument, LongWrapping, clean

WORDS = st.sampled_from(
    [
        "a",
        "of",
        "word ",
        "  ",
        " ",
        "seven",
        "\n",
        "\t",
        "long-" * 9,
        "語",
        "語" * 30,
        "é",
        "e\u0301",
        "👩‍👩‍👧",
        "❤️",
        "🇬🇧",
        "🇬",
        "\u200d",
        "\ufe0f",
        "\u0301",
        "\u200b",
        "\u0600",
        "\u1100",
        "क्षि",
        "“’",
        "\u3000",
        "\r\n",
        "x" * 40,
    ]
)
TEXTS = st.lists(WORDS, max_size=40).map("".join)
# Textual wraps by character and does not always measure tabs as wide as it draws them.
SINGLE_CHARACTER_TEXTS = TEXTS.map(
    lambda text: "".join(
        character
        for character in text
        if cell_len(character) and character not in "\t🇬🇧\u0600\u1100"
    )
)
EDITS = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 12), TEXTS), max_size=8)
WIDTHS = st.integers(2, 20)


def line_breaks(wrapping: LongWrapping) -> list[list[int]]:
    return [wrapping.get_offsets(line) for line in range(wrapping.document.line_count)]


def location_at(document: LongDocument, index: int) -> tuple[int, int]:
    for row, line in enumerate(document.lines):
        if index <= len(line):
            return row, index
        index -= len(line) + 1
    return document.end


@given(TEXTS, EDITS, WIDTHS)
@example("aaa bbb ccc ddd", [(3, 1, "")], 4)
@example("語" * 30 + " and", [(2, 0, " "), (2, 1, "")], 9)
@example("a\tb\tc d e f g h i j\tk", [(0, 0, "xx")], 8)
@example("x" * 30 + "\tend\tmore", [(29, 0, "x")], 10)
def test_incremental_wrapping_matches_full_wrapping(
    text: str, edits: Sequence[tuple[int, int, str]], width: int
) -> None:
    document = LongDocument(text)
    wrapping = LongWrapping(document, width)
    expected = document.text
    for position, removed, inserted in edits:
        before = rows(wrapping)
        start = position % (document.length + 1)
        end = min(start + removed, document.length)
        document.replace_range(location_at(document, start), location_at(document, end), inserted)
        expected = expected[:start] + clean(inserted) + expected[end:]
        assert document.text == expected
        assert document.length == len(expected)
        assert line_breaks(wrapping) == line_breaks(LongWrapping(LongDocument(expected), width))
        after = rows(wrapping)
        assert wrapping.height == len(after)
        first, last = wrapping.take_damage() or (0, 0)
        if last is None:
            assert before[:first] == after[:first]
        else:
            assert [*before[:first], *before[last:]] == [*after[:first], *after[last:]]


def rows(wrapping: LongWrapping) -> list[str]:
    lines = [wrapping.get_sections(line) for line in range(wrapping.document.line_count)]
    return [row for sections in lines for row in sections]


@given(SINGLE_CHARACTER_TEXTS, WIDTHS)
def test_line_breaks_match_textual(text: str, width: int) -> None:
    document = LongDocument(text)
    wrapping = LongWrapping(document, width)
    assert line_breaks(wrapping) == [
        compute_wrap_offsets(line, width, 4) for line in document.lines
    ]


@given(TEXTS, WIDTHS)
def test_locations_round_trip_through_offsets(text: str, width: int) -> None:
    document = LongDocument(text)
    wrapping = LongWrapping(document, width)
    for row in range(wrapping.height):
        position = wrapping.offset_to_location(Offset(0, row))
        assert wrapping.location_to_offset(position).y == row
    for line_index, line in enumerate(document.lines):
        for column in range(len(line) + 1):
            x, y = wrapping.location_to_offset((line_index, column))
            assert wrapping.location_to_offset(wrapping.offset_to_location(Offset(x, y))).y == y


def test_tab_reaches_the_next_stop() -> None:
    assert [tab_cells("\ta\t語bc\t", index, 4) for index in (0, 2, 6)] == [4, 3, 4]


def test_edit_past_the_end_is_applied_at_the_end() -> None:
    document = LongDocument("one\ntwo")
    document.replace_range((5, 0), (9, 9), "!")
    assert document.text == "one\ntwo!"
    document.replace_range((1, 0), (2, 0), "")
    assert (document.text, document.length) == ("one\n", 4)


@given(st.text())
def test_clean_text_is_printable_and_encodable(text: str) -> None:
    cleaned = clean(text)
    cleaned.encode("utf-8")
    assert clean(cleaned) == cleaned
    assert all(c in "\n\t" or (c.isprintable() or ord(c) > 0x9F) for c in cleaned)
    assert cleaned.split("\n") == LongDocument(text).lines


def test_pasted_text_is_cleaned() -> None:
    assert clean("a\r\nb\rc\u2028d\x85e") == "a\nb\nc\nd\ne"
    assert clean("\x00a\x1b[31m\tb\x7f\x9b") == "a[31m\tb"
    assert clean("\ud83d and \udc00") == "\ufffd and \ufffd"
    assert clean("plain “text” 👩‍👩‍👧") == "plain “text” 👩‍👩‍👧"
