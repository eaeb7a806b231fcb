"""The home screen: waiting items, unsaved forms and the services."""

from __future__ import annotations

from typing import ClassVar, cast
from uuid import UUID

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Button, Static

from shared.accounts import SecondStep, Staff
from shared.home import HOME_MESSAGES, HomeOut
from shared.messages import MessagesPage
from shared.places import Place, PlaceKind
from tui.core.commands import command
from tui.core.errors import PortalError
from tui.forms.open_forms import HasForms
from tui.home.api import read_home
from tui.home.rows import HomePart, HomeRow, build_parts, fit_rows
from tui.messages import api
from tui.widgets.dialog import Action
from tui.widgets.header import Link
from tui.widgets.screen import PortalScreen
from tui.widgets.states import coloured_content

SEND = "Special Educational Needs and Disabilities"
WELCOME = "Welcome to the Professional Portal. Below, you will see the service available to you."
SEND_INTRO = (
    "To complete an advice form for a child allocated to you select "
    f"'{SEND}'.\n\nTo read your messages select 'Messages'."
)
TWO_STEP = (
    "! To open either, switch on two step verification first: choosing one takes you there. It "
    "protects what is written about children."
)


UNSAVED = "! The server does not have all that you typed yet. Open a form to look at it:"
RECHECK_SECONDS = 5.0
"""Interval between checks for unsaved forms and uploads."""
DESK = "Cases"
DESK_INTRO = "To work on a case select 'Cases'.\n\nTo read your messages select 'Messages'."
SUPPORT = "Support desk"
SUPPORT_INTRO = (
    "To help an account select 'Support desk'.\n\nTo read your messages select 'Messages'."
)
SERVICES: dict[Staff | None, tuple[str, str, PlaceKind]] = {
    None: (SEND, SEND_INTRO, PlaceKind.PEOPLE),
    Staff.OFFICER: (DESK, DESK_INTRO, PlaceKind.CASES),
    Staff.SUPPORT: (SUPPORT, SUPPORT_INTRO, PlaceKind.SUPPORT),
}
"""The main service of each kind of account: label, introduction and place."""


class RowLink(Link):
    """A row of Home."""

    def __init__(self, row: HomeRow) -> None:
        classes = f"home-row {row.mark}".strip()
        super().__init__("", place=row.place, value=row.message, classes=classes)
        self.row = row

    def show(self, line: str) -> None:
        """Show the row as a formatted line."""
        self.update(coloured_content(line))


class RowGroup(Vertical):
    """A part of Home: its heading, its rows, and the number of further rows."""

    def __init__(self, part: HomePart) -> None:
        super().__init__(classes="home-part")
        self._part = part

    def compose(self) -> ComposeResult:
        """Lay out the rows."""
        yield Static(self._part.title, classes="title", markup=False)
        for row in self._part.rows:
            yield RowLink(row)
        if self._part.more:
            yield Static(f"    and {self._part.more:,} more", classes="hint", markup=False)

    def on_resize(self) -> None:
        """Fit the rows to the new width."""
        lines = fit_rows(self._part.rows, self.size.width - 2)
        for link, line in zip(self.query(RowLink), lines, strict=True):
            link.show(line)


class Home(PortalScreen):
    """The first screen after signing in."""

    CSS_PATH = "home.tcss"
    AUTO_FOCUS = ""
    HELP_TEXT = (
        "What is waiting for you is listed first: Up and Down move, Enter opens. Below are the "
        "services."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        command("home.continue", "c", "go_on", "continue", "Continue the form saved last."),
        command("home.newest", "m", "newest", "newest message", "Open the newest message."),
        command("home.up", "up", "move(-1)", "up", "Go to the row above.", show=False),
        command("home.down", "down", "move(1)", "down", "Go to the row below.", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._home: HomeOut | None = None
        self._unsaved: dict[UUID, str] = {}
        self._recheck_timer: Timer | None = None

    def body(self) -> ComposeResult:
        """Lay out the waiting items above the services."""
        unsaved = Static(coloured_content(UNSAVED), classes="words", id="unsaved-words")
        unsaved.display = False
        yield unsaved
        yield Vertical(id="unsaved")
        uploads = Static("", id="uploads", markup=False)
        uploads.display = False
        yield uploads
        yield Vertical(id="parts")
        yield Static(WELCOME, classes="title", markup=False)
        name, intro, _ = self._service
        yield Static(intro, classes="words", markup=False)
        if not self._has_second_step:
            yield Static(coloured_content(TWO_STEP), classes="words", id="two-step")
        yield Action(name, id="send")
        yield Action("Messages", id="messages")

    @property
    def _service(self) -> tuple[str, str, PlaceKind]:
        account = self.portal.session.account
        return SERVICES[account.staff if account else None]

    @property
    def _has_second_step(self) -> bool:
        account = self.portal.session.account
        return account is not None and account.second_step is not SecondStep.NONE

    def on_mount(self) -> None:
        """Show the portal's name."""
        info = self.portal.info
        if info:
            self.set_location(f"Professional Portal · {info.portal_name}")
        if not self._has_second_step:
            self.query_one("#send").focus()

    def on_screen_resume(self) -> None:
        """Update the waiting items and unsaved forms each time this screen is shown."""
        if not self.is_on_top:
            return  # another screen was opened at once
        if self._has_second_step:
            self.call(self._load(), group="home", on_error=self._on_load_error)
        self._check_unsaved()

    async def _load(self) -> None:
        home = await read_home(self.portal.client)
        newest = [home.newest] if home.newest else []
        page = MessagesPage(rows=newest, total=home.unread, unread=home.unread, next=None)
        self.portal.mark_messages_seen(page)
        self._show_unread(home.unread)
        await self._show(home)

    def _on_load_error(self, error: PortalError) -> None:
        self.portal.show_error(error)
        self._focus_first()

    async def _show(self, home: HomeOut) -> None:
        """Show the waiting items, keeping the focus on its row."""
        if home != self._home:
            self._home = home
            focused_place = self.focused.place if isinstance(self.focused, RowLink) else None
            if focused_place:
                self.set_focus(None)  # otherwise Textual would move the focus out of the rows
            parts = self.query_one("#parts")
            async with self.batch():
                await parts.remove_children()
                await parts.mount_all(RowGroup(part) for part in build_parts(home))
            for link in self.query(RowLink) if focused_place else ():
                if link.place == focused_place:
                    link.focus()
                    break
        self.refresh_bindings()
        self._focus_first()

    def _focus_first(self) -> None:
        """Focus the first row or service, unless something has the focus."""
        if self.focused is None:
            self.set_focus(next(iter(self.query(RowLink)), self.query_one("#send")))

    def _check_unsaved(self) -> None:
        self.run_worker(self._show_unsaved(), group="unsaved", exclusive=True, exit_on_error=False)

    def _recheck(self) -> None:
        if self.is_on_top:
            self._check_unsaved()

    async def _show_unsaved(self) -> None:
        """Link to each form with unsaved answers, and list running uploads."""
        account = self.portal.session.account
        if account is None:
            return
        open_forms = cast("HasForms", self.app).forms
        forms, uploads = (
            await open_forms.load_unsaved_titles(account.id),
            open_forms.uploading_names(),
        )
        line = self.query_one("#uploads", Static)
        line.update("\n".join(f"… Uploading {name}" for name in uploads))
        line.display = bool(uploads)
        self.query_one("#unsaved-words").display = bool(forms)
        links = self.query_one("#unsaved")
        if forms or uploads:
            if self._recheck_timer is not None:
                self._recheck_timer.stop()
            self._recheck_timer = self.set_timer(RECHECK_SECONDS, self._recheck)
        if forms == self._unsaved:
            return
        self._unsaved = forms
        async with self.batch():
            await links.remove_children()
            await links.mount_all(
                Link(title, place=PlaceKind.CONTINUE_FORM.of(form)) for form, title in forms.items()
            )

    def show_new_messages(self, page: MessagesPage) -> None:
        """Show new messages from polling, which does not extend the session."""
        self._show_unread(page.unread)
        if self._home is not None:
            news_messages = {row.message for row in self._home.news.rows}
            unread = [row for row in page.rows if not row.read and row.id not in news_messages]
            changes = {
                "unread": page.unread,
                "newest": page.rows[0] if page.rows else None,
                "messages": unread[:HOME_MESSAGES],
            }
            home = self._home.model_copy(update=changes)
            self.run_worker(self._show(home), group="home", exclusive=True, exit_on_error=False)

    def _show_unread(self, unread: int) -> None:
        button = self.query_one("#messages", Button)
        button.label = f"\\[ {api.badge_text(unread)} ]"
        button.refresh(layout=True)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable the commands for a form and a message only if there is one, and no way back."""
        if action == "go_on":
            return self._home is not None and bool(self._home.forms.rows)
        if action == "back":
            return False  # there is no place before this one
        if action == "newest":
            return self._home is not None and self._home.newest is not None
        return True

    def action_go_on(self) -> None:
        """Continue the form that was saved last."""
        if self._home and self._home.forms.rows:
            self._open_place(PlaceKind.CONTINUE_FORM.of(self._home.forms.rows[0].submission))

    def action_newest(self) -> None:
        """Open the newest message."""
        if self._home and self._home.newest:
            self._open_place(PlaceKind.MESSAGE.of(self._home.newest.id))

    def _open_place(self, place: Place) -> None:
        self.portal.navigation.open_place(place)

    def action_move(self, offset: int) -> None:
        """Move the focus between the rows and the services."""
        stops: list[Widget] = [*self.query("#body Link"), *self.query("#body Button")]
        if self.focused in stops:
            index = stops.index(self.focused) + offset
            self.set_focus(stops[max(0, min(index, len(stops) - 1))])
        else:
            self.set_focus(stops[0])

    @on(Link.Chosen, ".home-row")
    def _mark_news_read(self, event: Link.Chosen) -> None:
        """Mark the message of an opened news row as read."""
        if isinstance(event.link.value, UUID):
            self.call(api.mark_read(self.portal.client, event.link.value), group="read")

    @on(Button.Pressed)
    def _open(self, event: Button.Pressed) -> None:
        kind = self._service[2] if event.button.id == "send" else PlaceKind.MESSAGES
        two_step = PlaceKind.ACCOUNT_SECTION.of("two-step")
        self.portal.navigation.open_place(Place(kind) if self._has_second_step else two_step)
