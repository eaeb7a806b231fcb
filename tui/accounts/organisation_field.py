"""The field for an organisation, which is found in the list while its name is typed."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.timer import Timer
from textual.widgets import Input, OptionList, Static

from shared.organisations import MIN_SEARCH_LENGTH, OrganisationRow
from tui.accounts import api
from tui.core.client import Client
from tui.core.commands import command
from tui.core.errors import PortalError
from tui.widgets.calls import REST_DELAY
from tui.widgets.field import Field
from tui.widgets.focus_marker import MARK
from tui.widgets.line_input import LineInput

MAX_LENGTH = 200
LISTED = "✓ From the list"
NOT_LISTED = (
    "! Not in the list. We will keep what you typed, and the Local Authority will check it."
)
NOT_REACHED = "! The list can't be reached. The name is kept as typed."


def organisation_text(row: OrganisationRow) -> str:
    """Format an organisation as one line."""
    return " · ".join(part for part in (row.name, row.address, row.postcode) if part)


class OrganisationField(Field):
    """An input for a name, above the organisations of the list that match it.

    The input keeps the focus and is never blocked: Up and Down mark an organisation below it, Enter
    chooses the marked one, and a name that is not in the list stays as typed.
    """

    DEFAULT_CSS = """
    OrganisationField OptionList {
        height: auto; max-height: 5; padding: 0 1; border: none; background: $background;
        display: none;
    }
    OrganisationField #organisation-state { display: none; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        command("organisation.down", "down", "mark(1)", "down", "Mark the next one.", show=False),
        command("organisation.up", "up", "mark(-1)", "up", "Mark the one above.", show=False),
    ]

    def __init__(self, client: Client, name: str, chosen: UUID | None) -> None:
        super().__init__(
            "organisation",
            "Organisation name",
            LineInput(name, max_length=MAX_LENGTH),
            required=True,
            hint="Type part of the name. Press Down to move to yours, then Enter.",
            help_text=(
                "Your school, service or practice, for example Babington Academy. Type a part of "
                "its name or postcode; {organisation.down} marks one of the list, Enter chooses "
                "it. If it is not in the list, type its full name."
            ),
        )
        self.chosen = chosen
        self._client = client
        self._sought = name
        """The last name that was chosen or searched for, so that it is not searched again."""
        self._rows: list[OrganisationRow] = []
        self._timer: Timer | None = None

    def restore_chosen(self, chosen: UUID | None) -> None:
        """Restore what was chosen for the name that the input holds."""
        self.chosen = chosen
        if chosen is not None:
            self._sought = self.value.strip()

    def compose(self) -> ComposeResult:
        """Lay out the matching organisations below the input."""
        for widget in super().compose():
            yield widget
            if widget is self.control:
                options = OptionList(id="organisation-list", markup=False, compact=True)
                options.can_focus = False  # what is typed after Tab belongs to the next field
                yield options
                yield Static("", id="organisation-state", classes="hint", markup=False)

    @on(Input.Changed)
    def _on_typed(self, event: Input.Changed) -> None:
        name = event.value.strip()
        if name == self._sought:
            return
        self._sought, self.chosen = name, None
        self._show([], "")
        if self._timer is not None:
            self._timer.stop()
        if len(name) >= MIN_SEARCH_LENGTH:
            self._timer = self.set_timer(REST_DELAY, self._search)

    def _search(self) -> None:
        self.run_worker(self._find(self._sought), group="organisations", exclusive=True)

    async def _find(self, name: str) -> None:
        try:
            rows, state = await api.find_organisations(self._client, name), ""
        except PortalError:
            rows, state = [], NOT_REACHED
        if name == self._sought and self.query(OptionList):  # else the screen has closed
            self._show(rows, state or ("" if rows else NOT_LISTED))

    def _show(self, rows: list[OrganisationRow], state: str) -> None:
        self._rows = rows
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([f"{' ' * len(MARK)}{organisation_text(row)}" for row in rows])
        options.highlighted = None
        options.display = bool(rows)
        line = self.query_one("#organisation-state", Static)
        line.update(state)
        line.display = bool(state)
        if self.control.has_focus:
            self.call_after_refresh(self.scroll_visible, animate=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave Up and Down to the page while no list is shown."""
        return bool(self._rows) if action == "mark" else super().check_action(action, parameters)

    def action_mark(self, step: int) -> None:
        """Mark the next or previous organisation of the list."""
        options = self.query_one(OptionList)
        marked = -1 if options.highlighted is None else options.highlighted
        options.highlighted = max(0, min(marked + step, len(self._rows) - 1))
        for index, row in enumerate(self._rows):
            mark = MARK if index == options.highlighted else " " * len(MARK)
            options.replace_option_prompt_at_index(index, f"{mark}{organisation_text(row)}")

    @on(OptionList.OptionSelected)
    def _on_clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._choose(event.option_index)

    def _choose(self, index: int) -> None:
        row = self._rows[index]
        self.chosen, self._sought = row.id, row.name.strip()
        assert isinstance(self.control, Input)  # noqa: S101 - set in __init__
        self.control.value = row.name
        # The choice is stored even if the name was typed in full.
        self.post_message(Input.Changed(self.control, row.name))
        self._show([], f"{LISTED}: {organisation_text(row)}")

    @on(Input.Submitted)
    def _choose_marked(self, event: Input.Submitted) -> None:
        marked = self.query_one(OptionList).highlighted
        if marked is not None:
            event.stop()
            event.prevent_default()
            self._choose(marked)
