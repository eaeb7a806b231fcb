from rich.cells import cell_len

from tui.widgets.timeline import Stop, render_timeline

STOPS = [
    Stop("✓", "Request"),
    Stop("●", "Assessment", "by 21/09/2022"),
    Stop("○", "EHC Plan", "by 19/10/2022"),
    Stop("○", "EHCP Reviews"),
]
LINES = {
    85: "✓ Request ── ● Assessment by 21/09/2022 ── ○ EHC Plan by 19/10/2022 ── ○ EHCP Reviews",
    78: "✓ Request ── ● Assessment by 21/09 ── ○ EHC Plan by 19/10 ── ○ EHCP Reviews",
    72: "✓ Request ─ ● Assessment by 21/09 ─ ○ EHC Plan by 19/10 ─ ○ EHCP Reviews",
    70: "✓ Request ─ ● Assessment by 21/09/2022 ─ ○ EHC Plan ─ ○ EHCP Reviews",
    58: "✓ Request ── ● Assessment ── ○ EHC Plan ── ○ EHCP Reviews",
    40: "✓ ── ● Assessment ── ○ EHC Plan ── ○",
}


def test_stops_are_on_one_line_with_dates_that_fit() -> None:
    for width, line in LINES.items():
        assert render_timeline(STOPS, width).plain == line
        assert cell_len(line) <= width


def test_deadline_of_the_next_stop_is_kept_rather_than_a_past_date() -> None:
    stops = [STOPS[0], Stop("●", "Assessment", "since 21/09/2021"), *STOPS[2:]]
    line = "✓ Request ── ● Assessment ── ○ EHC Plan by 19/10/2022 ── ○ EHCP Reviews"
    assert render_timeline(stops, 78).plain == line


def test_past_date_and_deadline_of_one_year_fit_into_eighty_columns() -> None:
    stops = [STOPS[0], Stop("●", "Assessment", "since 02/03/2022"), *STOPS[2:]]
    line = "✓ Request ── ● Assessment since 02/03 ── ○ EHC Plan by 19/10 ── ○ EHCP Reviews"
    assert render_timeline(stops, 78).plain == line


def test_line_fits_every_width_from_forty() -> None:
    for width in range(40, 120):
        assert cell_len(render_timeline(STOPS, width).plain) <= width


def test_past_current_and_future_stops_differ_in_symbol_and_style() -> None:
    line = render_timeline(STOPS, 58)
    styles = {line.plain[span.start : span.end]: span.style for span in line.spans if span.style}
    assert styles["✓"] == "bold $done"
    assert styles["●"] == "bold $act"
    assert styles[" Assessment"] == "bold"
    assert styles["○"] == "bold $hint"
    assert styles[" EHC Plan"] == "$hint"
