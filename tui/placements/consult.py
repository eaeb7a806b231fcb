"""The screen for consulting several settings at once."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Input, Static

from shared.placements import NO_DRAFT_SENT, ConsultIn, SettingRow
from shared.values.days import format_day, london_day, parse_day, utc_now
from tui.accounts.organisation_field import organisation_text
from tui.core.commands import command
from tui.desk.dialog import check_day, create_day_field
from tui.desk.send_errors import show_send_error
from tui.placements import api
from tui.placements.chosen import Chosen, ListedSetting, TypedSetting
from tui.widgets.dialog import Action, ChoiceDialog, SecondaryAction
from tui.widgets.error_summary import ErrorSummary, show_field_errors
from tui.widgets.field import Field
from tui.widgets.finder import Finder
from tui.widgets.header import Link
from tui.widgets.screen import SEND_LINKS, PortalScreen

EXPLANATION = (
    "Type to find a setting and press Enter to add it. Each has 15 days to reply. With an email "
    "address it gets a letter that names no child; without one, make its letter afterwards and "
    "print it. Send the papers yourself, by secure email or post. If you asked them before "
    "today, change the date: nothing is emailed then."
)
ASKED_BEFORE = "! They were asked on {day}, so nothing is emailed now."
NOTHING_FOUND = "No setting is found by these words. {consult.type} adds one by hand."
TOO_SHORT = "Type at least 3 letters of its name."
NO_SETTING = "Choose at least one setting to ask."


class ConsultSettings(PortalScreen):
    """Collects settings, and asks them after confirmation."""

    CSS_PATH = "placements.tcss"
    LOCATION = "Cases"
    LINKS = SEND_LINKS
    AUTO_FOCUS = "Finder Input"
    HELP_TEXT = (
        "{consult.send} asks, after you have confirmed it. {consult.type} adds a setting that is "
        "not in the list, such as an independent school, by its name and address. If another "
        "authority maintains a setting, consult that authority too. {back} goes back and asks "
        "nobody."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        command("consult.send", "ctrl+s", "send", "ask them", "Ask every setting chosen."),
        command("consult.type", "f5", "type", "by hand", "Add a setting that is not in the list."),
    ]

    def __init__(self, case: str) -> None:
        super().__init__()
        self._case_id = UUID(case)
        self._child = ""
        self._warnings: list[str] = []
        texts = ("Name or postcode", NOTHING_FOUND, TOO_SHORT)
        self._finder = Finder(self._find, organisation_text, *texts)

    def body(self) -> ComposeResult:
        """Lay out the finder above the chosen settings."""
        yield Static("Ask settings", classes="title", markup=False)
        yield Static(EXPLANATION, classes="hint", markup=False)
        yield ErrorSummary()
        yield self._finder
        yield Link("Add one that is not in the list", id="type")
        yield Vertical(id="wanted")
        yield create_day_field("on", "Date they were asked")
        with Horizontal(classes="actions"):
            yield Action("Ask them", id="send")
            yield SecondaryAction("Back", id="back")

    def on_mount(self) -> None:
        """Read whom it is about."""
        self.call(self._load(), on_error=self.handle_load_error)

    async def _load(self) -> None:
        shown = await api.read_placements(self.portal.client, self._case_id)
        self._child = shown.child
        self._warnings = [f"! {text}" for text in shown.warnings if text == NO_DRAFT_SENT]
        self.set_location(f"Cases › {shown.child}")

    async def _find(self, text: str) -> list[SettingRow]:
        return await api.find_settings(self.portal.client, text)

    @on(Finder.Chosen)
    async def _add(self) -> None:
        row = self._finder.choice
        if row is None:
            return
        if self.query(f"#chosen-{row.id.hex}"):
            self.notify(f"{row.name} is chosen already.", markup=False)
            return
        await self.query_one("#wanted").mount(ListedSetting(row))
        self._finder.reset()

    @on(Link.Chosen, "#type")
    def _on_type(self, event: Link.Chosen) -> None:
        event.stop()
        self.action_type()

    def action_type(self) -> None:
        """Add a setting that is not in the list; what was searched for is its name."""
        self.call(self._add_typed(), group="move")

    async def _add_typed(self) -> None:
        box = self._finder.query_one(Input)
        setting = TypedSetting(box.value.strip())
        self._finder.reset()
        await self.query_one("#wanted").mount(setting)
        setting.query(Field).first().focus_control()

    @on(Link.Chosen, ".leave-out")
    async def _leave_out(self, event: Link.Chosen) -> None:
        event.stop()
        await next(node for node in event.link.ancestors if isinstance(node, Chosen)).remove()
        self._finder.reset()

    @on(Button.Pressed, "#send")
    def action_send(self) -> None:
        """Check the addresses, then ask for confirmation."""
        chosen = list(self.query(Chosen))
        errors = [error for setting in chosen for error in setting.errors()]
        errors += check_day("on", self._day_text)
        fallback = "" if chosen else NO_SETTING
        show_field_errors(self.query(Field), self.query_one(ErrorSummary), errors, fallback)
        if errors or fallback:
            return
        lines = "\n".join(setting.summary for setting in chosen)
        about = f"{self._child}. Each has 15 days to reply."
        on, warnings = parse_day(self._day_text), self._warnings
        if on < london_day(utc_now()):
            warnings = [*warnings, ASKED_BEFORE.format(day=format_day(on))]
        text = "\n\n".join([about, *warnings, lines])
        answers = (("stay", "Stay here"), ("ask", "Ask them"))
        self.app.push_screen(ChoiceDialog("Ask these settings?", text, answers), self._on_answer)

    @property
    def _day_text(self) -> str:
        return self.query_one("#field-on", Field).value

    def _on_answer(self, answer: str | None) -> None:
        if answer == "ask":
            self.send(self._send(), lambda error: show_send_error(self, error))

    async def _send(self) -> None:
        day = {"on": parse_day(self._day_text)}
        settings = [chosen.to_setting().model_copy(update=day) for chosen in self.query(Chosen)]
        await api.consult(self.portal.client, self._case_id, ConsultIn(settings=settings))
        count = "1 setting was" if len(settings) == 1 else f"{len(settings)} settings were"
        self.notify(f"{count} asked.", markup=False)
        self.finish()

    @on(Button.Pressed, "#back")
    def action_back(self) -> None:
        """Leave, asking first if settings are chosen."""
        super().action_back()

    @property
    def has_unsaved_input(self) -> bool:
        """Whether leaving would lose the chosen settings."""
        return bool(self.query(Chosen))
