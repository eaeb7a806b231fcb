"""The screen for opening a case without a request."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Select, Static

from shared.cases.actions import OpeningIn
from shared.cases.events import EventKind
from shared.cases.rules import RULES
from shared.desk import CaseOut, KnownChild
from shared.problems import FieldError
from shared.values.days import parse_day
from tui.core.commands import command
from tui.desk import api
from tui.desk.child_page import ADD_CHILD, ChildPage
from tui.desk.dialog import (
    check_day,
    check_required,
    check_set_day,
    create_day_field,
    create_set_day_field,
    show_day_of,
)
from tui.widgets.choice_list import ChoiceList
from tui.widgets.dialog import Action, SecondaryAction
from tui.widgets.error_summary import ErrorSummary
from tui.widgets.field import Field
from tui.widgets.line_input import LineInput

KINDS = (EventKind.PLAN_TRANSFERRED_IN, EventKind.BECAME_RESPONSIBLE)
EXPLANATION = (
    "A plan taken over is in force at once: the family is told within 6 weeks. Where you become "
    "responsible for a child without a plan, the 6 and the 16 weeks run from that day."
)
REASON_LABEL = "The authority it comes from, or how you became responsible"
NO_KIND = "Choose how the case begins."
NO_TEXT = "Enter the authority, or how you became responsible."


class OpenCaseWithoutRequest(ChildPage):
    """A page with the child, how the case begins, and its days."""

    NEXT_FIELD = "#field-kind"
    HELP_TEXT = (
        "{opening.send} opens the case. {child.add} adds a child who is not found. "
        "{back} goes back and asks first."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        command("opening.send", "ctrl+s", "send", "open it", "Open the case."),
        ADD_CHILD,
    ]

    def __init__(self) -> None:
        super().__init__()
        self._event_id = uuid4()

    def body(self) -> ComposeResult:
        """Lay out the fields."""
        yield Static("Open a case without a request", classes="title", markup=False)
        yield Static(EXPLANATION, classes="hint", markup=False)
        yield ErrorSummary()
        yield from self._child_fields()
        kinds = ChoiceList(
            [(RULES[kind].action, str(kind)) for kind in KINDS],
            prompt="Please select",
            compact=True,
        )
        yield Field("kind", "How the case begins", kinds, required=True)
        yield create_day_field("on", "Since when")
        yield create_set_day_field("day", "Date", None, required=False)
        reason = LineInput(max_length=200, compact=True)
        yield Field("reason", REASON_LABEL, reason, required=True)
        with Horizontal(classes="actions"):
            yield Action("Open the case", id="send")
            yield SecondaryAction("Back", id="back")

    def on_mount(self) -> None:
        """Show the date that the way to begin sets."""
        self._show_day()

    @on(Select.Changed)
    def _show_day(self) -> None:
        show_day_of(self._value("kind"), self.query_one("#field-day", Field))

    def _day(self) -> str:
        kind = self._value("kind")
        return self._value("day") if kind and RULES[EventKind(kind)].day else ""

    def _value(self, name: str) -> str:
        return self.query_one(f"#field-{name}", Field).value.strip()

    def errors(self) -> list[FieldError]:
        """Check the child, the way to begin, its days and the reason."""
        is_transfer = self._value("kind") == EventKind.PLAN_TRANSFERRED_IN
        return [
            *super().errors(),
            *check_required("kind", self._value("kind"), NO_KIND),
            *check_day("on", self._value("on")),
            *check_set_day("day", self._day(), required=is_transfer),
            *check_required("reason", self._value("reason"), NO_TEXT),
        ]

    async def send_for(self, child: KnownChild) -> CaseOut:
        """Open the case."""
        opening = OpeningIn(
            id=self._event_id,
            kind=EventKind(self._value("kind")),
            on=parse_day(self._value("on")),
            day=parse_day(self._day()) if self._day() else None,
            reason=self._value("reason"),
        )
        case = await api.open_case(self.portal.client, child.id, opening)
        self.notify(f"The case of {child.name} is open.", markup=False)
        return case

    @property
    def has_unsaved_input(self) -> bool:
        """Whether leaving would lose what was typed."""
        return bool(self._value("reason") or self._value("day"))
