from rich.cells import cell_len

from tui.widgets.timeline import Stop, timeline_text

STOPS = [
    Stop("✓", "Request", ("done", "from 01/06/2022")),
    Stop("●", "Assessment", ("you are here", "by 21/09/2022")),
    Stop("○", "EHC Plan", ("by 19/10/2022",)),
    Stop("○", "EHCP Reviews", ()),
]


def test_stops_are_on_one_line_with_notes_below() -> None:
    heading, *notes = timeline_text(STOPS, 76).splitlines()
    assert cell_len(heading) <= 76
    for stop in STOPS:
        column = heading.index(stop.heading)
        for note, line in zip(stop.notes, notes, strict=False):
            assert line[column:].startswith(f"  {note}")


def test_stops_are_stacked_when_they_do_not_fit() -> None:
    lines = timeline_text(STOPS, 40).splitlines()
    assert [line for line in lines if not line.startswith(" ")] == [s.heading for s in STOPS]
    assert max(map(cell_len, lines)) <= 40
