import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from shared.people import PeoplePage, PeopleQuery, SortBy
from shared.values.days import format_day
from tests.tui.people.rows import page, row
from tests.tui.steps import screen_text
from tui.people.table import PeopleTable
from tui.widgets.table import fit_name
from tui.widgets.window import Window


class TableApp(App[None]):
    """App with only the table, which loads pages like the screen."""

    def __init__(self, first_page: PeoplePage, query: PeopleQuery) -> None:
        super().__init__()
        self.first_page, self.list_query = first_page, query
        self.sort_orders: list[str] = []

    def compose(self) -> ComposeResult:
        yield PeopleTable()

    def on_mount(self) -> None:
        self.table.show(Window(self.first_page), self.list_query, 0)
        self.table.focus()

    @property
    def table(self) -> PeopleTable:
        return self.query_one(PeopleTable)

    def on_row_table_page_needed(self, event: PeopleTable.PageNeeded) -> None:
        assert self.table.window
        total = self.table.window.total
        self.table.add_page(page(int(event.cursor), total), event.cursor)

    def on_row_table_jumped(self, event: PeopleTable.Jumped) -> None:
        assert self.table.window
        total = self.table.window.total
        window = Window(page(total - 50 if event.end else 0, total))
        self.table.show(window, self.list_query, total - 1 if event.end else 0)

    def on_row_table_sorted(self, event: PeopleTable.Sorted) -> None:
        self.sort_orders.append(event.sort)


def screen_lines(pilot: Pilot[None]) -> list[str]:
    return screen_text(pilot.app.screen).splitlines()


async def test_cursor_row_is_always_visible_and_marked() -> None:
    app = TableApp(page(0, 100_000), PeopleQuery())
    async with app.run_test(size=(80, 20)) as pilot:
        for keys, row_index in (
            (["down"] * 30, 30),
            (["pagedown"] * 10, 210),
            (["up"], 209),
            (["end"], 99_999),
            (["pageup"], 99_981),
            (["home"], 0),
            (["up"], 0),
        ):
            await pilot.press(*keys)
            await pilot.pause()
            marked = [line for line in screen_lines(pilot) if "▸" in line]
            assert len(marked) == 1
            assert f"Larkspur {row_index:05}" in marked[0]
            assert sum("Larkspur" in line for line in screen_lines(pilot)) == 19


async def test_long_columns_are_truncated_with_an_ellipsis() -> None:
    long_text = "A very long name of a street or of a school that has no room, 広い学校の名前です"
    people = PeoplePage(
        rows=[row(1, last_name=long_text, address=long_text, school=long_text)],
        start=0,
        total=1,
        next=None,
        previous=None,
    )
    app = TableApp(people, PeopleQuery())
    async with app.run_test(size=(80, 10)) as pilot:
        await pilot.pause()
        assert screen_lines(pilot)[1].count("…") == 3
        assert "14/03/2015" in screen_lines(pilot)[1]
        assert "▸" in screen_lines(pilot)[1]


async def test_headings_show_the_order_and_sort_when_clicked() -> None:
    app = TableApp(page(0, 10), PeopleQuery(sort=SortBy.BORN, descending=True))
    async with app.run_test(size=(80, 10)) as pilot:
        await pilot.pause()
        header = screen_lines(pilot)[0]
        assert header.split() == [
            "Name",
            "Date",
            "of",
            "Birth",
            "▼",
            "Address",
            "School",
            "Select",
        ]
        for heading in ("Name", "Date", "Address", "School"):
            await pilot.click(PeopleTable, offset=(header.index(heading), 0))
        assert app.sort_orders == list(SortBy)


async def test_filter_matches_are_underlined() -> None:
    people = PeoplePage(
        rows=[row(1, last_name="Owren-Wren"), row(2)],
        start=0,
        total=2,
        next=None,
        previous=None,
    )
    app = TableApp(people, PeopleQuery(find="wren ivo"))
    async with app.run_test(size=(80, 10)) as pilot:
        await pilot.pause()
        strip = app.table.render_line(1)
        underlined = [s.text for s in strip if s.style and s.style.underline]
        assert underlined == ["Wren", "Ivo"]


async def test_hidden_child_is_labelled() -> None:
    people = PeoplePage(rows=[row(1, hidden=True)], start=0, total=1, next=None, previous=None)
    app = TableApp(people, PeopleQuery())
    async with app.run_test(size=(100, 10)) as pilot:
        await pilot.pause()
        assert "(hidden)" in screen_lines(pilot)[1]


@pytest.mark.parametrize("width", [60, 70, 80, 120])
async def test_siblings_are_distinguishable_at_every_width(width: int) -> None:
    surname = "Quayle-Adeyemi-Bartholomew"
    rows = [
        row(number, last_name=surname, first_name=first, hidden=number == 2)
        for number, first in enumerate(("Nell", "Neville", "Noor"))
    ]
    people = page(0, 3).model_copy(update={"rows": rows})
    app = TableApp(people, PeopleQuery())
    async with app.run_test(size=(width, 20)) as pilot:
        await pilot.pause()
        for line, first in zip(screen_lines(pilot)[1:4], ("Nell", "Neville", "Noor"), strict=True):
            assert f", {first}" in line
            assert line[2:].startswith("Quayle")  # After the mark of the current row.
            assert "14/03/2015" in line
            assert len(line.rstrip()) <= width


def test_surname_is_shortened_before_the_first_names() -> None:
    assert fit_name("Larkspur-Dunne, Ivo", 19) == "Larkspur-Dunne, Ivo"
    assert fit_name("Larkspur-Dunne, Ivo", 16) == "Larkspur-D…, Ivo"
    assert fit_name("Larkspur-Dunne, Maximilian Bartholomew", 20) == (
        "Larksp…, Maximilian Bartholomew"
    )
    assert fit_name("Ng, Maximilian Bartholomew", 20) == "Ng, Maximilian Bartholomew"


async def test_names_get_space_first_and_birth_dates_are_not_truncated() -> None:
    names = [page(0, 1).rows[0].model_copy(update={"last_name": "Featherstonehaugh"})]
    people = PeoplePage(rows=names, start=0, total=1, next=None, previous=None)
    for width in (60, 80, 120):
        async with TableApp(people, PeopleQuery()).run_test(size=(width, 10)) as pilot:
            await pilot.pause()
            heading, first_row = screen_lines(pilot)[:2]
            assert first_row.startswith("▸ Featherstonehaugh, ")
            assert heading.index("Date of Birth") >= 22
            assert format_day(names[0].born) in first_row
            assert first_row.rstrip().endswith("●") or width == 60
