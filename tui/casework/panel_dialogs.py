"""Dialogs for panels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID, uuid4

from shared.cases.actions import EventChoice, EventIn
from shared.desk import CaseOut
from shared.panels import (
    MINUTES_LIMIT,
    NewItem,
    PanelIn,
    PanelItem,
    PanelOut,
    PanelRow,
    panel_text,
)
from shared.problems import FieldError
from shared.values.days import format_day, london_day, parse_day, utc_now
from tui.casework import api
from tui.casework.dialogs import (
    NO_REASON,
    check_time,
    create_time_field,
    parse_time,
)
from tui.desk.actions import AddEvent
from tui.desk.api import read_case
from tui.desk.dialog import (
    InputDialog,
    check_day,
    check_required,
    create_day_field,
    create_reason_field,
)
from tui.widgets.choice_list import ChoiceList
from tui.widgets.field import Field
from tui.widgets.line_input import LineInput
from tui.widgets.long_text import LongText

NO_NAME = "Enter the name of the panel, for example SEND panel."


class WritePanel(InputDialog[PanelOut]):
    """Adds a panel, or changes its name, day, time or place."""

    SENT_AGAIN = "save only what you changed"

    def __init__(self, panel: PanelRow | None = None) -> None:
        heading = "Change the panel" if panel else "Add a panel"
        super().__init__(heading, "Save it", version=panel.version if panel else 0)
        self._panel = panel
        self._new_id = panel.id if panel else uuid4()

    def fields(self) -> Iterable[Field]:
        """Ask for the name, the day, the time and the place."""
        panel = self._panel
        name = LineInput(panel.name if panel else "", max_length=200, compact=True)
        place = LineInput(panel.place if panel else "", max_length=200, compact=True)
        yield Field("name", "Name", name, required=True, help_text="Such as SEND panel.")
        yield create_day_field("on", "Date", panel.on if panel else None)
        yield create_time_field("starts", "Time", panel.starts if panel else "", required=False)
        yield Field("place", "Place", place, help_text="A room, or that it is online.")

    async def read_newer(self) -> dict[str, str]:
        """Read the panel again."""
        panel = await api.read_panel(self.portal.client, self._new_id)
        return {
            "name": panel.name,
            "on": format_day(panel.on),
            "starts": panel.starts,
            "place": panel.place,
        }

    def errors(self) -> list[FieldError]:
        """Check the name, the day and the time."""
        starts = self.value("starts")
        return [
            *check_required("name", self.value("name"), NO_NAME),
            *check_day("on", self.value("on")),
            *(check_time("starts", starts) if starts else ()),
        ]

    async def send(self) -> PanelOut:
        """Save the panel."""
        starts = self.value("starts")
        body = PanelIn(
            name=self.value("name"),
            on=parse_day(self.value("on")),
            starts=f"{parse_time(starts):%H:%M}" if starts else "",
            place=self.value("place"),
        )
        return await api.save_panel(self.portal.client, self._new_id, self.version, body)


class PutOnPanel(InputDialog[PanelOut]):
    """Puts a case on one of the panels to come."""

    def __init__(self, case: UUID, panels: Sequence[PanelRow]) -> None:
        super().__init__("Put the case on a panel", "Put it on")
        self._item = NewItem(id=uuid4(), case=case)
        self._panels = panels

    def fields(self) -> Iterable[Field]:
        """Ask for the panel."""
        options = [(panel_text(panel), str(panel.id)) for panel in self._panels]
        choice = ChoiceList(options, value=options[0][1], allow_blank=False, compact=True)
        yield Field("panel", "Panel", choice, required=True)

    async def send(self) -> PanelOut:
        """Put the case on the panel."""
        panel = UUID(self.value("panel"))
        return await api.add_to_panel(self.portal.client, panel, self._item)


class WriteMinutes(InputDialog[PanelOut]):
    """Writes the minutes of a case."""

    def __init__(self, item: PanelItem) -> None:
        super().__init__(f"Minutes: {item.name}", "Save them", version=item.version)
        self._item = item

    def fields(self) -> Iterable[Field]:
        """Ask for the minutes."""
        yield Field("text", "What was said", LongText(self._item.minutes))

    def errors(self) -> list[FieldError]:
        """Check the length."""
        if len(self.value("text")) <= MINUTES_LIMIT:
            return []
        message = f"Shorten them to {MINUTES_LIMIT:,} characters."
        return [FieldError(pointer="/text", code="too_long", message=message)]

    async def send(self) -> PanelOut:
        """Save the minutes."""
        client, text = self.portal.client, self.value("text")
        return await api.write_minutes(client, self._item.id, self.version, text)


class DeferCase(InputDialog[PanelOut]):
    """Records that a case was not decided, and why."""

    def __init__(self, item: PanelItem) -> None:
        heading, explanation = f"Defer: {item.name}", "It can be decided here later."
        super().__init__(heading, "Record it", explanation, version=item.version)
        self._item = item.id

    def fields(self) -> Iterable[Field]:
        """Ask for the reason."""
        yield create_reason_field("reason", "Reason", "It is shown with the case on the panel.")

    def errors(self) -> list[FieldError]:
        """Check the reason."""
        return check_required("reason", self.value("reason"), NO_REASON)

    async def send(self) -> PanelOut:
        """Record it."""
        client, reason = self.portal.client, self.value("reason")
        return await api.defer(client, self._item, self.version, reason)


class PanelDecision(AddEvent):
    """Records a panel's decision as an event of the case, by default on the panel's day."""

    def __init__(self, case: CaseOut, choice: EventChoice, panel: PanelOut, item: UUID) -> None:
        super().__init__(case, choice)
        self.heading = f"{choice.action}: {case.person.name}"
        self._panel, self._item = panel, item

    def fields(self) -> Iterable[Field]:
        """Ask for what the event needs."""
        day = min(self._panel.on, london_day(utc_now()))
        for field in super().fields():
            if field.name == "on" and isinstance(field.control, LineInput):
                field.control.value = format_day(day)
            yield field

    async def record(self, event: EventIn) -> CaseOut:
        """Record the event from the panel's list."""
        await api.decide(self.portal.client, self._item, event)
        return await read_case(self.portal.client, self.case.id)
