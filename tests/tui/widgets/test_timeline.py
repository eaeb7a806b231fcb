from rich.cells import cell_len

from tui.widgets.timeline import Stop, timeline_words

STOPS = [
    Stop("✓", "Request", ("done", "from 01/06/2022")),
    Stop("●", "Assessment", ("you are here", "by 21/09/2022")),
    Stop("○", "EHC Plan", ("by 19/10/2022",)),
    Stop("○", "EHCP Reviews", ()),
]


def test_stops_are_on_one_line_with_notes_below() -> None:
    head, *notes = timeline_words(STOPS, 76).splitlines()
    assert cell_len(head) <= 76
    for stop in STOPS:
        column = head.index(stop.head)
        for note, line in zip(stop.notes, notes, strict=False):
            assert line[column:].startswith(f"  {note}")


def test_stops_are_stacked_when_they_do_not_fit() -> None:
    lines = timeline_words(STOPS, 40).splitlines()
    assert [line for line in lines if not line.startswith(" ")] == [s.head for s in STOPS]
    assert max(map(cell_len, lines)) <= 40
