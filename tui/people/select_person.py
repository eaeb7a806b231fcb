"""The Select Person screen: the children on the user's list."""

from __future__ import annotations

from typing import ClassVar

from rich.console import RenderableType
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Static

from shared.people import PeopleQuery, PersonRow, Removal, View
from shared.places import Place, PlaceKind
from shared.values.days import format_day
from tui.core.commands import command
from tui.people import api
from tui.people.table import PeopleTable
from tui.widgets.detail import COLUMN_BREAKPOINTS, FIELDS_WIDTH, DetailScreen, build_detail
from tui.widgets.dialog import ChoiceDialog
from tui.widgets.filter_line import create_filter_line
from tui.widgets.header import Link
from tui.widgets.list_screen import ListScreen
from tui.widgets.screen import SEND_LINKS
from tui.widgets.table import RowTable
from tui.widgets.window import Page

VIEWS = {View.ACTIVE: "Active", View.HIDDEN: "Hidden", View.ALL: "All"}
INTRO = (
    "Children and young people you have added, or whom the Local Authority has given "
    "you. Choose one to see how their request, assessment or plan stands."
)
HIDE = "Hide Person ({people.hide})"
SHOW = "Show Person ({people.hide})"
DELETE = "Delete Person ({people.delete})"


class SelectPerson(DetailScreen[PersonRow], ListScreen[PersonRow, PeopleQuery]):
    """The children on a professional's list, loaded page by page."""

    CSS_PATH = "people.tcss"
    HORIZONTAL_BREAKPOINTS = COLUMN_BREAKPOINTS
    MAX_DETAIL_WIDTH = FIELDS_WIDTH
    LOCATION = "Professional Portal › SEND"
    LINKS = SEND_LINKS
    HELP_TEXT = (
        "Select Person lists children and young people you have added, or whom the Local "
        "Authority has given you. Type into the filter how words begin: of the name, the date of "
        "birth, the address or the school. Hide keeps a child off the active list; Delete takes "
        "them off your list, and never deletes what was submitted. A wide window shows the details "
        "of the current child beside the list."
    )
    AUTO_FOCUS = "PeopleTable"
    BINDINGS: ClassVar[list[BindingType]] = [
        command("people.add", "plus", "add", "add", "Add a child or young person."),
        command("people.edit", "e", "edit", "edit", "Edit the child's details."),
        command("people.hide", "h", "hide", "hide", "Hide the child, or show them again."),
        command("people.delete", "delete", "delete", "delete", "Take the child off your list."),
    ]

    def __init__(self) -> None:
        super().__init__(PeopleQuery())

    def body(self) -> ComposeResult:
        """Lay out the filter above the table, and the actions below it."""
        yield Static("Select Person", classes="title")
        yield Static(INTRO, classes="hint")
        label = self.portal.with_keys("{list.filter}")
        yield create_filter_line(label, "Person Filter", VIEWS, View.ACTIVE)
        yield PeopleTable()
        yield from self.detail_column()
        with Horizontal(classes="actions"):
            yield Link("+ Add child / young person", id="add")
            yield Link("Hide Person", id="hide")
            yield Link("Delete Person", id="delete", classes="apart")
            yield Link("Back", id="back")

    @property
    def table(self) -> RowTable[PersonRow]:
        """The table of the list."""
        return self.query_one(PeopleTable)

    @property
    def detail_of(self) -> PersonRow | None:
        """The current child."""
        return self.table.current

    async def read_detail(self, item: PersonRow) -> RenderableType:
        """Return what the list has of a child, none of it cut off."""
        return person_detail(item)

    async def fetch_page(self, query: PeopleQuery) -> Page[PersonRow]:
        """Read a page of the list."""
        return await api.list_people(self.portal.client, query)

    def empty_message(self, query: PeopleQuery) -> str:
        """Explain why the table is empty and what to do."""
        return empty_message(query)

    @on(RowTable.Moved)
    def _update_hide_label(self) -> None:
        row = self.table.current
        label = "Show Person" if row and row.hidden else "Hide Person"
        self.query_one("#hide", Link).update(label)

    @on(Link.Chosen, "#back")
    def action_back(self) -> None:
        """Go from the filter to the table, or from the table to the previous place."""
        super().action_back()

    def action_open(self) -> None:
        """Open the progress page of the current child."""
        if row := self._require_current():
            self.portal.navigation.open_place(PlaceKind.PERSON.of(row.id))

    @on(Link.Chosen, "#add")
    def action_add(self) -> None:
        """Add a child or young person."""
        self.portal.navigation.open_place(Place(PlaceKind.NEW_PERSON))

    def action_edit(self) -> None:
        """Edit the details of the current child."""
        if row := self._require_current():
            self.portal.navigation.open_place(PlaceKind.EDIT_PERSON.of(row.id))

    @on(Link.Chosen, "#hide")
    def action_hide(self) -> None:
        """Hide the current child, or show them again."""
        if row := self._require_current():
            self.call(self._toggle_hidden(row), group="change")

    async def _toggle_hidden(self, row: PersonRow) -> None:
        await api.hide_person(self.portal.client, row.id, hidden=not row.hidden)
        result = "is shown again" if row.hidden else "is hidden; View: Hidden lists them"
        self.notify(f"{row.first_name} {row.last_name} {result}.", markup=False)
        self.reload()

    @on(Link.Chosen, "#delete")
    def action_delete(self) -> None:
        """Ask to confirm removing the current child from the list."""
        if row := self._require_current():
            self.call(self._confirm_removal(row), group="change")

    async def _confirm_removal(self, row: PersonRow) -> None:
        removal = await api.read_removal(self.portal.client, row.id)
        name = f"{row.first_name} {row.last_name}"
        question = ChoiceDialog(
            f"Delete {name} from your list?",
            removal_text(name, removal),
            (("keep", "Keep"), ("delete", "Delete Person")),
        )

        def on_answer(answer: str | None) -> None:
            if answer == "delete":
                self.call(self._remove_person(row, drafts=removal.drafts > 0), group="change")

        await self.app.push_screen(question, on_answer)

    async def _remove_person(self, row: PersonRow, *, drafts: bool) -> None:
        await api.remove_person(self.portal.client, row.id, drafts=drafts)
        self.notify(f"{row.first_name} {row.last_name} is off your list.", markup=False)
        self.reload()

    def _require_current(self) -> PersonRow | None:
        row = self.table.current
        if row is None:
            self.notify("Nobody is chosen. Add a child or young person, or change the filter.")
        return row


def person_detail(row: PersonRow) -> RenderableType:
    """Return the details that the list has of a child."""
    fields = (
        ("Date of Birth", format_day(row.born)),
        ("Address", row.address),
        ("School", row.school),
        ("On your list", "given to you by the Local Authority" if row.allocated else ""),
        ("Hidden", "View: Hidden lists them" if row.hidden else ""),
    )
    return build_detail(f"{row.first_name} {row.last_name}", fields=fields)


def empty_message(query: PeopleQuery) -> str:
    """Explain why the table is empty and what to do."""
    if query.find:
        return f"Nobody is found by “{query.find}”. Press {{list.filter}} to change the filter."
    if query.view == View.HIDDEN:
        return "Nobody is hidden."
    return "Nobody is on your list yet. Press {people.add} to add a child or young person."


def removal_text(name: str, removal: Removal) -> str:
    """Describe what is deleted when a person is removed from the list, and what stays."""
    sentences = []
    if removal.drafts:
        forms = "1 form" if removal.drafts == 1 else f"{removal.drafts} forms"
        sentences.append(f"{forms} for {name} not submitted yet will be deleted too.")
    if removal.documents:
        documents = "1 document" if removal.documents == 1 else f"{removal.documents} documents"
        verb = "was" if removal.documents == 1 else "were"
        sentences.append(f"{documents} for {name} that {verb} never submitted will be deleted too.")
    if removal.submitted:
        forms = "1 form" if removal.submitted == 1 else f"{removal.submitted} forms"
        sentences.append(f"{forms} submitted for {name} will stay with the Local Authority.")
    return "\n".join(sentences) or f"No form has been started for {name}."
