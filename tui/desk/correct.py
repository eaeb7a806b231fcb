"""Dialogs that correct or undo what was recorded in a case."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import uuid4

from textual import on
from textual.widgets import Select

from shared.cases.actions import CorrectionIn, EventRow
from shared.cases.events import EventKind, Rule
from shared.cases.rules import RULES
from shared.cases.state_sets import REASON
from shared.desk import CaseOut
from shared.problems import FieldError
from shared.values.days import format_day, parse_day
from tui.desk import api
from tui.desk.actions import NO_REASON, REASON_HELP, missing_text
from tui.desk.dialog import (
    CaseDialog,
    check_day,
    check_required,
    check_set_day,
    create_day_field,
    create_reason_field,
    create_set_day_field,
    show_day_of,
)
from tui.widgets.choice_list import ChoiceList
from tui.widgets.field import Field

CORRECT_EXPLANATION = (
    "What was recorded stays in the history, with your name and reason. All deadlines are worked "
    "out again."
)
UNDO_EXPLANATION = (
    "The case goes back to where it stood before. The step stays in the history as undone."
)
NO_MESSAGE = "Nobody gets a message about this, not even those who got one about the step."
DOCUMENT_IS_WITHDRAWN = (
    "The document published with it is withdrawn: everyone who could read it gets a message "
    "that it is, and nobody else gets one. To send it again, upload it again."
)
LETTERS_STAY = (
    "! Letters of it were made: {letters}. They stay on the case: tell whoever got one that it no "
    "longer holds. "
)
STARTS = frozenset(
    {EventKind.REQUEST_RECEIVED, EventKind.BECAME_RESPONSIBLE, EventKind.PLAN_TRANSFERRED_IN}
)


class Correct(CaseDialog):
    """Corrects the kind or the days of an event, with the reason."""

    def __init__(self, case: CaseOut, event: EventRow) -> None:
        heading = f"Correct for {case.person.name}: {event.words}, {format_day(event.on)}"
        super().__init__(case, heading, "Correct it", CORRECT_EXPLANATION)
        self._event = event
        self._correction_id = uuid4()

    def fields(self) -> Iterable[Field]:
        """Ask for what it should have been, and the reason."""
        event, case = self._event, self.case
        kinds = [
            (_label(rule, case), str(kind))
            for kind, rule in RULES.items()
            if kind is event.kind or _may_replace(kind, event.kind)
        ]
        choice = ChoiceList(kinds, value=str(event.kind), allow_blank=False, compact=True)
        yield Field("kind", "What happened", choice, required=True, help_text="As it should be.")
        yield create_day_field("on", "Date", event.on)
        yield create_set_day_field("day", "Date", event.day, required=False)
        yield create_reason_field("text", REASON, REASON_HELP, required=False)
        yield create_reason_field("reason", "Why it was wrong", "It is kept in the history.")

    def on_mount(self) -> None:
        """Show the date that the kind sets, and the text of another kind."""
        self._show_fields()
        super().on_mount()

    @on(Select.Changed)
    def _show_fields(self) -> None:
        show_day_of(self.value("kind"), self.query_one("#field-day", Field))
        field, rule = self.query_one("#field-text", Field), self._rule
        field.display = self._has_other_text
        field.show_label(rule.reason, required=True)

    @property
    def _rule(self) -> Rule:
        return RULES[EventKind(self.value("kind"))]

    @property
    def _has_other_text(self) -> bool:
        return bool(self._rule.reason) and self.value("kind") != self._event.kind

    def errors(self) -> list[FieldError]:
        """Check the dates, the text and the reason."""
        rule = self._rule
        day = self.value("day") if rule.day else ""
        needs_text = self._has_other_text
        text = self.value("text")
        return [
            *check_day("on", self.value("on")),
            *check_set_day("day", day, required=rule.day_required),
            *(check_required("text", text, missing_text(rule.reason)) if needs_text else []),
            *check_required("reason", self.value("reason"), NO_REASON),
        ]

    async def send(self) -> CaseOut:
        """Correct the event."""
        day = self.value("day") if self._rule.day else ""
        correction = CorrectionIn(
            id=self._correction_id,
            kind=EventKind(self.value("kind")),
            on=parse_day(self.value("on")),
            day=parse_day(day) if day else None,
            text=self.value("text") if self._has_other_text else "",
            reason=self.value("reason"),
            version=self.case.version,
            confirmed=self.confirmed,
        )
        return await api.correct_event(self.portal.client, self.case.id, self._event.id, correction)


def _label(rule: Rule, case: CaseOut) -> str:
    """Return what an event is called, naming whose rights about the plan they are."""
    label = rule.label.replace("family", case.family)
    return label.replace("Family", case.family.capitalize())


def _may_replace(kind: EventKind, old: EventKind) -> bool:
    return kind in STARTS if old in STARTS else RULES[kind].by_officer


class Undo(CaseDialog):
    """Undoes the last event of a case; the focus is first on Close, which is safe."""

    AUTO_FOCUS = "#close"

    def __init__(self, case: CaseOut, event: EventRow) -> None:
        heading = f"Undo for {case.person.name}: {event.words}, {format_day(event.on)}"
        messages = DOCUMENT_IS_WITHDRAWN if event.withdraws_plan else NO_MESSAGE
        made = LETTERS_STAY.format(letters="; ".join(event.letters)) if event.letters else ""
        super().__init__(case, heading, "Undo it", f"{UNDO_EXPLANATION} {made}{messages}")
        self._event = event

    async def send(self) -> CaseOut:
        """Undo the event."""
        client, case = self.portal.client, self.case
        return await api.undo_event(client, case.id, self._event.id, case.version)
