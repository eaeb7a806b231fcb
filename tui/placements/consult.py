"""The screen for consulting several settings at once."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID, uuid4

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Button, Static

from shared.placements import ConsultIn, ConsultSetting, SettingRow
from shared.problems import FieldError
from shared.values.identifiers import check_email
from tui.accounts.organisation_field import organisation_text
from tui.core.commands import command
from tui.desk.send_errors import show_send_error
from tui.placements import api
from tui.widgets.dialog import Action, ChoiceDialog, SecondaryAction
from tui.widgets.error_summary import ErrorSummary, show_field_errors
from tui.widgets.field import Field
from tui.widgets.finder import Finder
from tui.widgets.header import Link
from tui.widgets.line_input import LineInput
from tui.widgets.screen import SEND_LINKS, PortalScreen

EXPLANATION = (
    "Type to find a setting and press Enter to add it. Each has 15 days to reply. With an email "
    "address it gets a letter that names no child; without one, print the letter. Send the papers "
    "yourself, by secure email or post."
)
NOTHING_FOUND = "No setting is found by these words."
TOO_SHORT = "Type at least 3 letters of its name."
NO_SETTING = "Choose at least one setting to ask."


class Chosen(Vertical):
    """A setting to consult, with its email address."""

    def __init__(self, row: SettingRow) -> None:
        super().__init__(id=f"chosen-{row.id.hex}", classes="chosen")
        self.row = row
        self.consultation_id = uuid4()
        control = LineInput(row.email, max_length=200, compact=True)
        help_text = "Left empty, the letter goes by post."
        self.email = Field(f"email-{row.id.hex}", "Email", control, help_text=help_text)

    def compose(self) -> ComposeResult:
        """Lay out the name above the address."""
        with Horizontal(classes="who"):
            yield Static(organisation_text(self.row), markup=False)
            yield Link("Leave out", classes="leave-out")
        yield self.email

    def errors(self) -> list[FieldError]:
        """Return the error of the email address, if it is none."""
        email = self.email.value.strip()
        message = check_email(email).message if email else ""
        pointer = f"/{self.email.name}"
        return [FieldError(pointer=pointer, code="impossible", message=message)] if message else []

    def to_setting(self) -> ConsultSetting:
        """Build what is sent."""
        return ConsultSetting(
            id=self.consultation_id, organisation=self.row.id, email=self.email.value.strip()
        )


class ConsultSettings(PortalScreen):
    """Collects settings, and asks them after confirmation."""

    CSS_PATH = "placements.tcss"
    LOCATION = "Cases"
    LINKS = SEND_LINKS
    AUTO_FOCUS = "Finder Input"
    HELP_TEXT = (
        "{consult.send} asks, after you have confirmed it. {back} goes back and asks nobody."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        command("consult.send", "ctrl+s", "send", "ask them", "Ask every setting chosen."),
    ]

    def __init__(self, case: str) -> None:
        super().__init__()
        self._case_id = UUID(case)
        self._child = ""
        texts = ("Name or postcode", NOTHING_FOUND, TOO_SHORT)
        self._finder = Finder(self._find, organisation_text, *texts)

    def body(self) -> ComposeResult:
        """Lay out the finder above the chosen settings."""
        yield Static("Ask settings", classes="title", markup=False)
        yield Static(EXPLANATION, classes="hint", markup=False)
        yield ErrorSummary()
        yield self._finder
        yield Vertical(id="wanted")
        with Horizontal(classes="actions"):
            yield Action("Ask them", id="send")
            yield SecondaryAction("Back", id="back")

    def on_mount(self) -> None:
        """Read whom it is about."""
        self.call(self._load(), on_error=self.handle_load_error)

    async def _load(self) -> None:
        shown = await api.read_placements(self.portal.client, self._case_id)
        self._child = shown.child
        self.set_location(f"Cases › {shown.child}", shown.child)

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
        await self.query_one("#wanted").mount(Chosen(row))
        self._finder.reset()

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
        fallback = "" if chosen else NO_SETTING
        show_field_errors(self.query(Field), self.query_one(ErrorSummary), errors, fallback)
        if errors or fallback:
            return
        lines = (f"{s.row.name}: {s.email.value.strip() or 'by post'}" for s in chosen)
        text = f"{self._child}. Each has 15 days to reply.\n\n" + "\n".join(lines)
        answers = (("stay", "Stay here"), ("ask", "Ask them"))
        self.app.push_screen(ChoiceDialog("Ask these settings?", text, answers), self._on_answer)

    def _on_answer(self, answer: str | None) -> None:
        if answer == "ask":
            self.send(self._send(), lambda error: show_send_error(self, error))

    async def _send(self) -> None:
        settings = [chosen.to_setting() for chosen in self.query(Chosen)]
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
