"""The home screen: links to the services, unread messages and unsaved forms."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.timer import Timer
from textual.widgets import Button, Static

from shared.accounts import SecondStep, Staff
from shared.messages import MessageQuery, MessagesPage
from shared.places import Place, PlaceKind
from tui.forms.open_forms import HasForms
from tui.messages import api
from tui.widgets.dialog import Action
from tui.widgets.header import Link
from tui.widgets.screen import PortalScreen

SEND = "Special Educational Needs and Disabilities"
WELCOME = "Welcome to the Professional Portal. Below, you will see the service available to you."
SEND_INTRO = (
    "To complete an advice form for a child allocated to you select "
    f"'{SEND}'.\n\nTo read your messages select 'Messages'."
)
TWO_STEP = (
    "! To open either, switch on two step verification first: choosing one takes you there. It "
    "keeps what is written about children safe."
)


UNSAVED = "! The server does not have all that you typed yet. Open a form to look at it:"
RECHECK_SECONDS = 5.0
"""Seconds between checks for unsaved forms and uploads."""
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


class Home(PortalScreen):
    """The first screen after signing in."""

    CSS_PATH = "home.tcss"
    HELP_TEXT = "{next} moves between the two services, Enter opens one."

    def __init__(self) -> None:
        super().__init__()
        self._unsaved: dict[UUID, str] = {}
        self._recheck_timer: Timer | None = None

    def body(self) -> ComposeResult:
        """Lay out the introduction and the two services."""
        yield Static(WELCOME, classes="title", markup=False)
        name, intro, _ = self._service
        yield Static(intro, classes="words", markup=False)
        if not self._has_second_step:
            yield Static(TWO_STEP, classes="words", id="two-step", markup=False)
        yield Action(name, id="send")
        yield Action("Messages", id="messages")
        unsaved = Static(UNSAVED, classes="words", id="unsaved-words", markup=False)
        unsaved.display = False
        yield unsaved
        yield Vertical(id="unsaved")
        uploads = Static("", id="uploads", markup=False)
        uploads.display = False
        yield uploads

    @property
    def _service(self) -> tuple[str, str, PlaceKind]:
        account = self.portal.session.account
        return SERVICES[account.staff if account else None]

    @property
    def _has_second_step(self) -> bool:
        account = self.portal.session.account
        return account is not None and account.second_step is not SecondStep.NONE

    def on_mount(self) -> None:
        """Focus the first service."""
        info = self.portal.info
        if info:
            self.set_location(f"Professional Portal · {info.portal_name}")
        self.query_one("#send").focus()

    def on_screen_resume(self) -> None:
        """Update the unread count and the unsaved forms each time this screen is shown."""
        if self._has_second_step:
            self.call(self._load_unread())
        self._check_unsaved()

    def _check_unsaved(self) -> None:
        self.run_worker(self._show_unsaved(), group="unsaved", exclusive=True, exit_on_error=False)

    def _recheck(self) -> None:
        if self.on_top:
            self._check_unsaved()

    async def _show_unsaved(self) -> None:
        """Link to each form with unsaved answers, and list running uploads."""
        account = self.portal.session.account
        if account is None:
            return
        open_forms = cast("HasForms", self.app).forms
        forms, uploads = await open_forms.unsaved(account.id), open_forms.uploading()
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

    async def _load_unread(self) -> None:
        page = await api.list_messages(self.portal.client, MessageQuery(limit=1))
        self.portal.mark_messages_seen(page)
        self.show_new_messages(page)

    def show_new_messages(self, page: MessagesPage) -> None:
        """Show the number of unread messages."""
        button = self.query_one("#messages", Button)
        button.label = f"\\[ {api.badge_text(page.unread)} ]"
        button.refresh(layout=True)

    @on(Button.Pressed)
    def _open(self, event: Button.Pressed) -> None:
        kind = self._service[2] if event.button.id == "send" else PlaceKind.MESSAGES
        two_step = PlaceKind.ACCOUNT_SECTION.of("two-step")
        self.portal.navigation.open_place(Place(kind) if self._has_second_step else two_step)
