"""The dialog that saves a view of the list of cases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal
from uuid import UUID, uuid4

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from shared.caselist import (
    COLUMN_LABELS,
    NOBODY,
    NOBODY_YET,
    CaseQuery,
    DeskColumn,
    DeskSort,
    ViewOut,
)
from shared.caseload import OfficerRow
from shared.cases.states import STAGE_LABELS, Stage
from shared.problems import FieldError
from tui.core.commands import command
from tui.desk.dialog import check_required
from tui.widgets.choice_list import ChoiceList
from tui.widgets.dialog import Action, Dialog, DialogBody, SecondaryAction
from tui.widgets.error_summary import ErrorSummary, show_field_errors
from tui.widgets.field import Field
from tui.widgets.line_input import LineInput
from tui.widgets.tick import Tick

ANY = "any"
SORT_LABELS = {sort: COLUMN_LABELS[DeskColumn(sort.value)] for sort in DeskSort}
THEN: dict[str, Literal[DeskSort.DUE, DeskSort.STAGE, DeskSort.OFFICER]] = {
    "due": DeskSort.DUE,
    "stage": DeskSort.STAGE,
    "officer": DeskSort.OFFICER,
}
"""The columns that may be the second one to sort by."""
INTRO = "The view keeps the filter, and also:"


@dataclass
class View:
    """A view to save; without columns, to delete."""

    id: UUID
    name: str
    query: CaseQuery
    columns: list[DeskColumn] = field(default_factory=list)


class SaveView(Dialog[View | None]):
    """Asks for the name, the cases, the order and the columns of a view."""

    CSS_PATH = "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        command("dialog.send", "ctrl+s", "send", "do it", "Do what the dialog is for."),
        command("dialog.close", "escape", "close", "close", "Close and change nothing."),
    ]

    def __init__(
        self,
        view: ViewOut | None,
        query: CaseQuery,
        columns: Sequence[DeskColumn],
        officers: Sequence[OfficerRow],
    ) -> None:
        super().__init__()
        self._view, self._list_query, self._shown = view, query, columns
        self._officers = officers

    def compose(self) -> ComposeResult:
        """Lay out the fields above the columns."""
        query = self._list_query
        officers = [
            ("Anybody", ANY),
            (NOBODY_YET, NOBODY),
            *((row.name, str(row.id)) for row in self._officers),
        ]
        stages = [("Any", ANY), *((label, str(stage)) for stage, label in STAGE_LABELS.items())]
        sorts = [(label, str(sort)) for sort, label in SORT_LABELS.items()]
        with Vertical(classes="dialog"):
            title = "Change the view" if self._view else "Save a view of your own"
            yield Static(title, classes="title", markup=False)
            with DialogBody(classes="fields", can_focus=False):
                yield ErrorSummary()
                name = self._view.name if self._view else ""
                control = LineInput(name, max_length=40, compact=True)
                yield Field("name", "Name of the view", control, required=True)
                yield Static(INTRO, classes="hint", markup=False)
                yield _choice("officer", "Whose cases", officers, query.officer)
                yield _choice("stage", "Stage", stages, query.stage)
                yield _choice("sort", "Sorted by", sorts, query.sort)
                then = [("Nothing more", ANY), *(s for s in sorts if s[1] != DeskSort.NAME)]
                yield _choice("then", "Then by, after the stage or the officer", then, query.then)
                yield Static("Columns", classes="label", markup=False)
                for column, label in COLUMN_LABELS.items():
                    yield Tick(label, column in self._shown, id=f"column-{column}")
            with Horizontal(classes="actions"):
                yield Action("Save the view", id="send")
                if self._view:
                    yield SecondaryAction("Delete the view", id="delete")
                yield SecondaryAction("Close", id="close")

    def _value(self, name: str) -> str | None:
        value = self.query_one(f"#field-{name}", Field).value.strip()
        return None if value in {ANY, ""} else value

    def _columns(self) -> list[DeskColumn]:
        return [column for column in DeskColumn if self.query_one(f"#column-{column}", Tick).value]

    @on(Button.Pressed, "#send")
    def action_send(self) -> None:
        """Return the view, or show the errors."""
        errors = check_required("name", self._value("name") or "", "Enter a name for the view.")
        columns = self._columns()
        if not columns:
            errors.append(
                FieldError(pointer="/name", code="refused", message="Tick at least one column.")
            )
        show_field_errors(self.query(Field), self.query_one(ErrorSummary), errors, "")
        if errors:
            return
        officer, stage, then = (self._value(name) for name in ("officer", "stage", "then"))
        query = self._list_query.model_copy(
            update={
                "officer": UUID(officer) if officer and officer != NOBODY else officer,
                "stage": Stage(stage) if stage else None,
                "sort": DeskSort(self._value("sort") or DeskSort.DUE),
                "then": THEN.get(then or ""),
                "cursor": None,
                "end": False,
            }
        )
        id = self._view.id if self._view else uuid4()
        self.dismiss(View(id, self._value("name") or "", query, columns))

    @on(Button.Pressed, "#delete")
    def _delete(self) -> None:
        if self._view:
            self.dismiss(View(self._view.id, self._view.name, self._list_query))

    @on(Button.Pressed, "#close")
    def action_close(self) -> None:
        """Close without saving."""
        self.dismiss(None)


def _choice(name: str, label: str, options: list[tuple[str, str]], value: object) -> Field:
    selected = ANY if value is None else str(value)
    return Field(name, label, ChoiceList(options, value=selected, allow_blank=False, compact=True))
