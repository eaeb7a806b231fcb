"""The Colleagues section of My Account: who asks to join the user's organisation."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

from shared.organisations import MembershipRequest
from tui.accounts import api
from tui.accounts.section import Section
from tui.core.errors import Refused
from tui.widgets.dialog import ChoiceDialog
from tui.widgets.header import Link

EXPLANATION = (
    "These people say they work at your organisation. Once confirmed, they see the names of all "
    "colleagues, and forms can be shared with them. Confirm only people you know."
)
NOT_CONFIRMED = "You can confirm colleagues here once you are confirmed yourself."
NOBODY = "Nobody waits to be confirmed."
CONFIRM = "{name}, {email}, can then be given children's forms by everybody at {organisation}."
REFUSE = "{name}, {email}, goes on alone, and is told that nobody could confirm {organisation}."


class RequestCard(Vertical):
    """A card for one person who asks to join."""

    def __init__(self, row: MembershipRequest) -> None:
        super().__init__(classes="card")
        self.row = row

    def compose(self) -> ComposeResult:
        """Lay out who it is above the links."""
        row = self.row
        yield Static(f"{row.name} · {row.role}\n{row.email}\n{row.organisation}", markup=False)
        with Horizontal(classes="actions"):
            yield Link("Confirm", value="confirm", classes="decide")
            yield Link("Not a colleague", value="refuse", classes="decide")


class ColleaguesSection(Section):
    """Lists who asks to join, each of whom can be confirmed or refused."""

    def __init__(self) -> None:
        super().__init__(id="colleagues")

    def compose(self) -> ComposeResult:
        """Lay out the list below what confirming means."""
        yield Static(EXPLANATION, classes="notice", markup=False)
        yield Static("", id="waiting", classes="notice", markup=False)
        yield Vertical(id="rows")

    async def refresh_section(self) -> None:
        """Reload the list."""
        page = await api.list_colleagues_to_confirm(self.portal.client)
        more = page.total - len(page.rows)
        text = f"{len(page.rows)} of {page.total} are shown." if more else ""
        account = self.portal.session.account
        is_confirmed = account and any(work.confirmed for work in account.work_details)
        nobody = NOBODY if is_confirmed else NOT_CONFIRMED
        self.query_one("#waiting", Static).update(text if page.rows else nobody)
        self.query_one("#waiting").display = bool(more or not page.rows)
        container = self.query_one("#rows")
        await container.remove_children()
        await container.mount_all([RequestCard(row) for row in page.rows])

    @on(Link.Chosen, ".decide")
    def _ask(self, event: Link.Chosen) -> None:
        event.stop()
        row = event.link.query_ancestor(RequestCard).row
        is_confirming = event.link.value == "confirm"
        names = {"name": row.name, "email": row.email, "organisation": row.organisation}
        question = ChoiceDialog(
            f"Confirm {row.name} as your colleague?" if is_confirming else "Not a colleague?",
            (CONFIRM if is_confirming else REFUSE).format(**names),
            (("keep", "Decide later"), ("do", "Confirm" if is_confirming else "Not a colleague")),
        )

        def on_answer(answer: str | None) -> None:
            if answer == "do":
                self.call(self._decide(row, is_confirming=is_confirming))

        self.app.push_screen(question, on_answer)

    async def _decide(self, row: MembershipRequest, *, is_confirming: bool) -> None:
        decide = api.confirm_colleague if is_confirming else api.refuse_colleague
        try:
            await decide(self.portal.client, row.id)
        except Refused:  # somebody else may have decided
            await self.refresh_section()
            raise
        result = "is confirmed" if is_confirming else "is not a colleague"
        self.notify(f"{row.name} {result}.", markup=False)
        await self.refresh_section()
        self.focus_first()
