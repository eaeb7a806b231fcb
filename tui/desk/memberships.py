"""The officers' list of professionals whose organisation is to be confirmed."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from shared.organisations import MIN_SEARCH_LENGTH, MembershipRequest, OrganisationRow
from tui.accounts.api import find_organisations
from tui.accounts.organisation_field import organisation_text
from tui.core.errors import Refused
from tui.core.portal import Portal
from tui.desk import api
from tui.desk.pick import Pick
from tui.documents.save_list import CsvList, CsvScreen
from tui.widgets.dialog import ChoiceDialog
from tui.widgets.finder import Finder
from tui.widgets.header import Link
from tui.widgets.screen import SEND_LINKS

EXPLANATION = (
    "Until confirmed, a professional works alone. Once confirmed, they and their colleagues can "
    "share forms. Check with the organisation, by a number that you know."
)
NOBODY = "Nobody waits to be confirmed."
NOT_LISTED = "typed, not in the list"
NOTHING_FOUND = f"Nothing is found. Type at least {MIN_SEARCH_LENGTH} letters of a word."
CONFIRM = "{name}, {email}, becomes a colleague of everybody at {organisation}, and is told."
CONFIRM_TYPED = " The name is added to the list of organisations."
REFUSE = "{name}, {email}, goes on working alone at {organisation}, and is told."


class MembershipCard(Vertical):
    """A card for one professional, with the organisation that they chose or typed."""

    def __init__(self, row: MembershipRequest) -> None:
        super().__init__(classes="card")
        self.row = row

    def compose(self) -> ComposeResult:
        """Lay out who and where above the links."""
        row = self.row
        listed = f"from the list: {organisation_text(row.listed)}" if row.listed else NOT_LISTED
        yield Static(
            f"{row.name} · {row.role} · {row.email}\n"
            f"Says: {row.organisation}, {row.address}, {row.postcode}\n({listed})",
            markup=False,
        )
        with Horizontal(classes="actions"):
            yield Link("Confirm", value="confirm", classes="decide")
            yield Link("Link to another organisation", value="link", classes="decide")
            yield Link("Refuse", value="refuse", classes="decide")


class ChooseOrganisation(Pick[OrganisationRow]):
    """Finds the organisation of the list to which a membership is linked."""

    CSS_PATH = "memberships.tcss"

    def __init__(self, portal: Portal, row: MembershipRequest) -> None:
        async def find(text: str) -> list[OrganisationRow]:
            return await find_organisations(portal.client, text)

        question = f"{row.name} says: {row.organisation}. Where is that?"
        finder = Finder(find, organisation_text, "Name or postcode", NOTHING_FOUND)
        super().__init__("Link to another organisation", question, finder)


class Memberships(CsvScreen):
    """Lists the memberships to confirm, oldest first."""

    CSS_PATH = "memberships.tcss"
    LOCATION = "Cases › Memberships"
    LINKS = SEND_LINKS
    AUTO_FOCUS = ""
    HELP_TEXT = (
        "Who says that they work where. Confirm, refuse, or link to another organisation of the "
        "list: each asks first. Some people are confirmed by their email address; they are not "
        "listed here."
    )

    def body(self) -> ComposeResult:
        """Lay out the list below what confirming means."""
        yield Static(EXPLANATION, classes="hint", markup=False)
        yield Static("", id="waiting", markup=False)
        yield Vertical(id="rows")

    def csv_list(self) -> CsvList:
        """Return all memberships to be confirmed."""
        return CsvList("this list of memberships", f"{api.DESK}/memberships.csv")

    def on_mount(self) -> None:
        """Load the list."""
        self.call(self._load(), on_error=self.handle_load_error)

    async def _load(self) -> None:
        page = await api.list_memberships(self.portal.client)
        more = page.total > len(page.rows)
        text = f"{len(page.rows)} of {page.total} are shown." if more else ""
        self.query_one("#waiting", Static).update(text if page.rows else NOBODY)
        container = self.query_one("#rows")
        async with self.batch():
            await container.remove_children()
            await container.mount_all([MembershipCard(row) for row in page.rows])
        links = self.query("#rows Link")
        if links:
            links.first(Link).focus()
        else:
            body = self.query_one("#body")
            body.can_focus = True
            body.focus()

    @on(Link.Chosen, ".decide")
    def _decide(self, event: Link.Chosen) -> None:
        event.stop()
        row = event.link.query_ancestor(MembershipCard).row
        if event.link.value == "link":
            self.app.push_screen(
                ChooseOrganisation(self.portal, row),
                lambda choice: self._ask_to_confirm(row, choice) if choice else None,
            )
        elif event.link.value == "confirm":
            self._ask_to_confirm(row, row.listed)
        else:
            self._ask(
                "Refuse the membership?",
                REFUSE.format(name=row.name, email=row.email, organisation=row.organisation),
                "Refuse",
                partial(api.refuse_membership, self.portal.client, row.id),
                f"{row.name} was refused, and was told.",
            )

    def _ask_to_confirm(self, row: MembershipRequest, choice: OrganisationRow | None) -> None:
        place = organisation_text(choice) if choice else row.organisation
        text = CONFIRM.format(name=row.name, email=row.email, organisation=place)
        self._ask(
            f"Confirm {row.name}?",
            text if choice else text + CONFIRM_TYPED,
            "Confirm",
            partial(api.confirm_membership, self.portal.client, row, choice.id if choice else None),
            f"{row.name} is confirmed, and was told.",
        )

    def _ask(
        self,
        title: str,
        text: str,
        button: str,
        request: Callable[[], Coroutine[object, object, None]],
        result: str,
    ) -> None:
        question = ChoiceDialog(title, text, (("keep", "Decide later"), ("do", button)))

        def on_answer(answer: str | None) -> None:
            if answer == "do":
                self.call(self._perform(request, result), group="decide")

        self.app.push_screen(question, on_answer)

    async def _perform(
        self, request: Callable[[], Coroutine[object, object, None]], result: str
    ) -> None:
        try:
            await request()
        except Refused:  # somebody else may have decided
            await self._load()
            raise
        self.notify(result, markup=False)
        await self._load()
