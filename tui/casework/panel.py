"""The screen of a panel: its cases, minutes and decisions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import ClassVar
from uuid import UUID

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Static

from shared.cases.events import EventKind
from shared.panels import Outcome, PanelItem, PanelOut, panel_text
from shared.places import PlaceKind
from shared.values.days import format_datetime, format_day
from tui.casework import api
from tui.casework.notes_parts import truncate_text
from tui.casework.panel_dialogs import DeferCase, PanelDecision, WriteMinutes, WritePanel
from tui.core.commands import command
from tui.desk.api import read_case
from tui.desk.case_parts import Item
from tui.documents.save import Download, SaveCopy
from tui.widgets.dialog import ChoiceDialog
from tui.widgets.header import Link
from tui.widgets.long_list import LazyItem, LongList
from tui.widgets.screen import SEND_LINKS, PortalScreen

NO_CASE = "No case is on this panel. Put one on it from its notes and tasks."
CHANGED = "This case has changed: it is shown as it stands now."


class OpenPanel(PortalScreen):
    """Shows a panel; each decision is recorded in its case."""

    CSS_PATH = "casework.tcss"
    LOCATION = "Cases › Panels"
    LINKS = SEND_LINKS
    AUTO_FOCUS = ""
    HELP_TEXT = (
        "Below each case are the decisions that the law allows now: each asks for its day and "
        "reason, and is recorded in the case. A case without a decision is deferred. "
        "{panel.save} saves the agenda, with minutes and outcomes, as text."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        command("panel.change", "e", "change", "change", "Change the day, time or place."),
        command("panel.save", "i", "save", "agenda", "Save the agenda as text."),
    ]

    def __init__(self, panel: str) -> None:
        super().__init__()
        self._panel_id = UUID(panel)
        self._panel: PanelOut | None = None

    def body(self) -> ComposeResult:
        """Lay out the panel above its cases."""
        yield Static("", id="name", classes="title", markup=False)
        with Horizontal(classes="actions"):
            yield Link("Change the panel", id="change")
            yield Link("Save the agenda", id="save")
        yield LongList(id="items")

    def on_screen_resume(self) -> None:
        """Load the panel."""
        self.call(self._load(), group="panel", on_error=self.handle_load_error)

    async def _load(self) -> None:
        await self._show(await api.read_panel(self.portal.client, self._panel_id))

    async def _show(self, panel: PanelOut) -> None:
        is_first = self._panel is None
        self._panel = panel
        self.query_one("#name", Static).update(panel_text(panel))
        focused_id = self.focused.id if self.focused else None
        items = [
            LazyItem(partial(_item, number, item), 6 + len(item.choices))
            for number, item in enumerate(panel.items, start=1)
        ]
        hint = LazyItem(partial(Static, NO_CASE, classes="hint", markup=False), 1)
        await self.query_one(LongList).show(items or [hint])
        if is_first or self.focused is None:
            links = list(self.query("#body Link").results(Link))
            same = [link for link in links if focused_id and link.id == focused_id]
            of_cases = [link for link in links if link.has_class("do")]
            (same or of_cases or links)[0].focus()

    @on(Link.Chosen, "#change")
    def action_change(self) -> None:
        """Change the panel."""
        if self._panel is not None:
            self.app.push_screen(WritePanel(self._panel))

    @on(Link.Chosen, "#save")
    def action_save(self) -> None:
        """Save the agenda as text."""
        if self._panel is not None:
            name = f"panel-{self._panel.on.isoformat()}.txt"
            file = Download(api.agenda_path(self._panel_id), name)
            self.app.push_screen(SaveCopy("the agenda, which names the children", [file]))

    @on(Link.Chosen, ".do")
    def _run_action(self, event: Link.Chosen) -> None:
        event.stop()
        panel = self._panel
        if panel is None or not isinstance(event.link.value, tuple):
            return
        action, id = event.link.value
        item = next(item for item in panel.items if item.id == id)
        match action:
            case EventKind():
                self.call(self._ask_decision(panel, item, action), group="ask")
            case "defer":
                self.app.push_screen(DeferCase(item))
            case "minutes":
                self.app.push_screen(WriteMinutes(item))
            case _:
                self._ask_to_remove(item)

    async def _ask_decision(self, panel: PanelOut, item: PanelItem, kind: EventKind) -> None:
        case = await read_case(self.portal.client, item.case)
        choice = next((choice for choice in case.allowed if choice.kind is kind), None)
        if choice is None:
            self.notify(CHANGED, severity="warning", markup=False)
            await self._load()
        elif self.is_on_top:
            self.app.push_screen(PanelDecision(case, choice, panel, item.id))

    def _ask_to_remove(self, item: PanelItem) -> None:
        def on_answer(answer: str | None) -> None:
            if answer == "remove":
                self.call(self._remove(item), group="change")

        answers = (("keep", "Leave it on"), ("remove", "Take it off"))
        text = f"{item.name} is no longer on this panel then. The case does not change."
        self.app.push_screen(ChoiceDialog("Take it off the panel?", text, answers), on_answer)

    async def _remove(self, item: PanelItem) -> None:
        await self._show(await api.remove_case(self.portal.client, self._panel_id, item.id))


class PanelCard(Item):
    """A case: each decision that the law allows on a line, the other links in a row below."""

    def __init__(self, *lines: str, decisions: Sequence[Link], links: Sequence[Link]) -> None:
        super().__init__(*lines, links=links)
        self._decisions = decisions

    def on_mount(self) -> None:
        """Put the decisions above the row of links."""
        if self._decisions:
            self.mount(Vertical(*self._decisions, classes="more decisions"), before=-1)


def _item(number: int, item: PanelItem) -> Widget:
    return PanelCard(
        f"{number}. {item.name} · born {format_day(item.born)} · {item.state_words}",
        " · ".join(filter(None, (item.due_words, item.officer or "nobody has it yet"))),
        _outcome_text(item),
        truncate_text(f"Minutes: {item.minutes}") if item.minutes else "",
        decisions=[_action_link(item, choice.kind, choice.action) for choice in item.choices],
        links=_links(item),
    )


def _action_link(item: PanelItem, action: str, label: str) -> Link:
    return Link(label, value=(action, item.id), id=f"do-{action}-{item.id}", classes="do")


def _outcome_text(item: PanelItem) -> str:
    if item.outcome is Outcome.WAITING:
        return f"◐ {item.outcome_words}"
    mark = "✓" if item.outcome is Outcome.DECIDED else "!"
    when = f", {format_datetime(item.decided_at)}" if item.decided_at else ""
    reason = f": {item.reason}" if item.reason else ""
    return f"{mark} {item.outcome_words}{reason} ({item.decided_by}{when})"


def _links(item: PanelItem) -> list[Link]:
    links = [_action_link(item, "minutes", "Minutes…")]
    if item.outcome is not Outcome.DECIDED:
        links.insert(0, _action_link(item, "defer", "Defer…"))
    if item.outcome is Outcome.WAITING and not item.minutes:
        links.append(_action_link(item, "remove", "Take off…"))
    case = Link("Open the case", place=PlaceKind.CASE.of(item.case), id=f"case-{item.id}")
    return [*links, case]
