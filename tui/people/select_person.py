"""Select Person: the children on my list, to open, add, hide or take off it."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Select, Static

from shared.people import PersonRow, Removal, SortBy, View
from tui.core.commands import command
from tui.people import api
from tui.people.table import PeopleTable
from tui.people.window import START, Way, Window
from tui.widgets.dialog import Question
from tui.widgets.header import Link
from tui.widgets.screen import IN_SEND, PortalScreen

VIEWS = {View.ACTIVE: "Active", View.HIDDEN: "Hidden", View.ALL: "All"}
EXPLAINED = (
    "Children and young people you have added, or whom the Local Authority has given "
    "you. Choose one to see how their request, assessment or plan stands."
)


class SelectPerson(PortalScreen):
    """The list of one professional, however long, a few pages of it at a time."""

    CSS_PATH = "people.tcss"
    WHERE = "Professional Portal › SEND"
    LINKS = IN_SEND
    HELP_TEXT = (
        "Select Person lists children and young people you have added, or whom the Local "
        "Authority has given you. Type into the filter to find one by name. Hide keeps a child "
        "off the active list; Delete takes them off your list, and never deletes what was "
        "submitted."
    )
    AUTO_FOCUS = "PeopleTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        command("people.open", "enter", "open", "open", "Open the child's progress page."),
        command("people.filter", "slash", "filter", "filter", "Find a child by name."),
        command("people.sort", "s", "sort", "sort", "Sort by the next column."),
        command("people.add", "plus", "add", "add", "Add a child or young person."),
        command("people.edit", "e", "edit", "edit", "Edit the child's details."),
        command("people.hide", "h", "hide", "hide", "Hide the child, or show them again."),
        command("people.delete", "delete", "delete", "delete", "Take the child off your list."),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._asked = api.Asked()
        self._all: dict[View, int] = {}
        self._joining: str | None = None

    def body(self) -> ComposeResult:
        """Lay out the filter above the table, and what can be done below it."""
        yield Static("Select Person", classes="title")
        yield Static(EXPLAINED, classes="hint")
        with Horizontal(id="filter-line"):
            yield Static("/", classes="label")
            yield Input(placeholder="Person Filter", id="filter", compact=True, max_length=200)
            yield Static("View:", classes="label")
            yield Select(
                [(words, view) for view, words in VIEWS.items()],
                value=View.ACTIVE, allow_blank=False, compact=True, id="view",
            )  # fmt: skip
            yield Static("", id="found", markup=False)
        yield PeopleTable()
        with Horizontal(classes="actions"):
            yield Link("+ Add child / young person", id="add")
            yield Link("Hide Person (h)", id="hide")
            yield Link("Delete Person (Del)", id="delete")
            yield Link("Back", id="back")

    @property
    def table(self) -> PeopleTable:
        """The table of the list."""
        return self.query_one(PeopleTable)

    def on_screen_resume(self) -> None:
        """Read the list; after a visit elsewhere, from the page one stood at."""
        self._again()

    def _again(self) -> None:
        if self._asked.find:
            self._all.clear()  # how many there are without the filter may have changed
        table = self.table
        way = table.window.way_to(table.place) if table.window else START
        self.call(self._load(way, stay=True), group="people")

    async def _load(self, way: Way = START, *, stay: bool = False) -> None:
        self._joining = None
        asked, table = self._asked, self.table
        cursor, end = way
        page = await api.list_people(self.portal.client, asked, cursor=cursor, end=end)
        if page.total and not page.rows:  # all of this page are gone: the last one that is left
            way = (None, True)
            page = await api.list_people(self.portal.client, asked, end=True)
        current, window = table.current, Window(page, way)
        place = table.place if stay else window.total - 1 if end else 0
        if stay and current and (found := window.place_of(current)) is not None:
            place = found
        if not asked.find:
            self._all[asked.view] = page.total
        table.show(window, asked, place, nobody_words(asked))
        self._tell_found(page.total)

    def _tell_found(self, found: int) -> None:
        every = self._all.get(self._asked.view)
        filtered = bool(self._asked.find) and every is not None
        words = f"{found:,} of {every:,} found" if filtered else f"{found:,} records found"
        self.query_one("#found", Static).update(words)

    def _ask(self, asked: api.Asked) -> None:
        self._asked = asked
        self.call(self._load(), group="people")

    @on(Input.Changed, "#filter")
    def _find(self, event: Input.Changed) -> None:
        find = event.value.strip()
        if find != self._asked.find:
            self._ask(replace(self._asked, find=find))

    @on(Input.Submitted, "#filter")
    def _found(self) -> None:
        self.table.focus()

    @on(Select.Changed, "#view")
    def _view(self, event: Select.Changed) -> None:
        if isinstance(event.value, View) and event.value is not self._asked.view:
            self._ask(replace(self._asked, view=event.value))

    @on(PeopleTable.Sorted)
    def _sort_by(self, event: PeopleTable.Sorted) -> None:
        again = event.sort is self._asked.sort
        descending = again and not self._asked.descending
        self._ask(replace(self._asked, sort=event.sort, descending=descending))

    def action_sort(self) -> None:
        """Sort by the next column; each is passed upwards, then downwards."""
        if not self._asked.descending:
            self._ask(replace(self._asked, descending=True))
            return
        columns = list(SortBy)
        after = columns[(columns.index(self._asked.sort) + 1) % len(columns)]
        self._ask(replace(self._asked, sort=after, descending=False))

    @on(PeopleTable.Wanted)
    def _grow(self, event: PeopleTable.Wanted) -> None:
        # Not for a page that is on its way, nor for one of a list that is being replaced.
        if event.cursor != self._joining and self.table.asked == self._asked:
            self._joining = event.cursor
            self.call(self._join(event.cursor), group="people")

    async def _join(self, cursor: str) -> None:
        window = self.table.window
        try:
            page = await api.list_people(self.portal.client, self._asked, cursor=cursor)
        finally:
            self._joining = None
        if window is not None and window is self.table.window:
            self.table.join(page, cursor)

    @on(PeopleTable.Jumped)
    def _jump(self, event: PeopleTable.Jumped) -> None:
        self.call(self._load((None, event.end)), group="people")

    @on(PeopleTable.Moved)
    def _tell_current(self) -> None:
        row = self.table.current
        hide = "Show Person (h)" if row and row.hidden else "Hide Person (h)"
        self.query_one("#hide", Link).update(hide)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave `/` and `+` to the filter while it is typed into."""
        typing = self.is_mounted and self.query_one("#filter").has_focus
        return not (typing and action in {"filter", "add"})

    def action_filter(self) -> None:
        """Go to the filter."""
        self.query_one("#filter").focus()

    @on(Link.Chosen, "#back")
    def action_back(self) -> None:
        """From the filter to the table, from there to the place before."""
        if self.query_one("#filter").has_focus:
            self.table.focus()
        else:
            super().action_back()

    def action_open(self) -> None:
        """Open the progress page of the current child."""
        if row := self._current():
            self.portal.open_place(f"people/{row.id}")

    @on(Link.Chosen, "#add")
    def action_add(self) -> None:
        """Add a child or young person."""
        self.portal.open_place("people/new")

    def action_edit(self) -> None:
        """Edit the details of the current child."""
        if row := self._current():
            self.portal.open_place(f"people/{row.id}/edit")

    @on(Link.Chosen, "#hide")
    def action_hide(self) -> None:
        """Hide the current child, or show them again."""
        if row := self._current():
            self.call(self._hide(row), group="change")

    async def _hide(self, row: PersonRow) -> None:
        await api.hide_person(self.portal.client, row.id, hidden=not row.hidden)
        done = "is shown again" if row.hidden else "is hidden; View: Hidden lists them"
        self.notify(f"{row.first_name} {row.last_name} {done}.", markup=False)
        self._again()

    @on(Link.Chosen, "#delete")
    def action_delete(self) -> None:
        """Ask whether to take the current child off the list."""
        if row := self._current():
            self.call(self._ask_removal(row), group="change")

    async def _ask_removal(self, row: PersonRow) -> None:
        removal = await api.read_removal(self.portal.client, row.id)
        name = f"{row.first_name} {row.last_name}"
        question = Question(
            f"Delete {name} from your list?",
            removal_words(name, removal),
            (("keep", "Keep"), ("delete", "Delete Person")),
        )

        def answered(answer: str | None) -> None:
            if answer == "delete":
                self.call(self._remove(row, drafts=removal.drafts > 0), group="change")

        await self.app.push_screen(question, answered)

    async def _remove(self, row: PersonRow, *, drafts: bool) -> None:
        await api.remove_person(self.portal.client, row.id, drafts=drafts)
        self.notify(f"{row.first_name} {row.last_name} is off your list.", markup=False)
        self._again()

    def _current(self) -> PersonRow | None:
        row = self.table.current
        if row is None:
            self.notify("Nobody is chosen. Add a child or young person, or change the filter.")
        return row


def nobody_words(asked: api.Asked) -> str:
    """Say why the table is empty, and what to do."""
    if asked.find:
        return f"Nobody is found by “{asked.find}”. Press / to change the filter."
    if asked.view is View.HIDDEN:
        return "Nobody is hidden."
    return "Nobody is on your list yet. Press + to add a child or young person."


def removal_words(name: str, removal: Removal) -> str:
    """Say what deleting a person from my list takes with it, and what stays."""
    words = []
    if removal.drafts:
        forms = "1 form" if removal.drafts == 1 else f"{removal.drafts} forms"
        words.append(f"{forms} for {name} not submitted yet will be deleted too.")
    if removal.submitted:
        forms = "1 form" if removal.submitted == 1 else f"{removal.submitted} forms"
        words.append(f"{forms} submitted for {name} will stay with the Local Authority.")
    return "\n".join(words) or f"No form has been started for {name}."
