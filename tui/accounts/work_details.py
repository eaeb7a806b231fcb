"""The Work Details section of My Account: a card for each professional role."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID, uuid4

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Select, Static

from shared.accounts import AccountOut, OwnWorkDetails, WorkDetails, WorkplaceIn
from tui.accounts import api
from tui.accounts.account_screen import AccountScreen
from tui.accounts.fields import (
    check_work_fields,
    create_work_fields,
    read_work,
    show_errors_at_fields,
)
from tui.accounts.section import Section
from tui.accounts.unsent import UnsentInput
from tui.core.commands import command
from tui.core.errors import PortalError, Refused
from tui.widgets.dialog import Action, ChoiceDialog, SecondaryAction
from tui.widgets.error_summary import ErrorSummary
from tui.widgets.field import Field
from tui.widgets.header import Link
from tui.widgets.screen import SIGNED_IN_LINKS
from tui.widgets.states import coloured_content


def work_details_text(card: WorkDetails) -> str:
    """Format work details as shown in forms."""
    return (
        f"{card.role_label}\nOrganisation name: {card.organisation}\n"
        f"Address: {card.address}, {card.postcode}\nWork phone: {card.work_phone}\n"
        f"Mobile number: {card.mobile or 'none'}"
    )


NOT_CONFIRMED = (
    "! Nobody has confirmed yet that you work here. Until then you work alone: nothing is shared."
)
REFUSED = "! Your organisation was not confirmed. Check that it is the right one, or contact us."


class WorkCard(Vertical):
    """A card with the work details of one role, and its actions."""

    def __init__(self, card: OwnWorkDetails) -> None:
        super().__init__(classes="card")
        self.card = card

    def compose(self) -> ComposeResult:
        """Lay out the details above the links."""
        yield Static(work_details_text(self.card), markup=False)
        if not self.card.confirmed:
            yield Static(coloured_content(REFUSED if self.card.refused else NOT_CONFIRMED))
        with Horizontal(classes="actions"):
            yield Link("Edit", classes="edit")
            yield Link("Remove", classes="remove")


class WorkSection(Section):
    """Lists the professional roles, which can be added, edited and removed."""

    def __init__(self, account: AccountOut) -> None:
        super().__init__(id="work-details")
        self._account = account

    def compose(self) -> ComposeResult:
        """Lay out the cards."""
        yield Static(
            "Each form is completed in one of your professional roles.",
            classes="notice",
            markup=False,
        )
        yield Vertical(*[WorkCard(card) for card in self._account.work_details], id="cards")
        yield SecondaryAction("+ Add a professional role", id="add-work")

    async def refresh_section(self) -> None:
        """Rebuild the cards if the account has changed."""
        account = self.portal.session.account
        if account and account.work_details != self._account.work_details:
            self._account = account
            cards = self.query_one("#cards")
            await cards.remove_children()
            await cards.mount_all([WorkCard(card) for card in account.work_details])

    @on(Action.Pressed, "#add-work")
    def _add(self) -> None:
        self.app.push_screen(EditWork(None))

    @on(Link.Chosen, ".edit")
    def _edit(self, event: Link.Chosen) -> None:
        event.stop()
        self.app.push_screen(EditWork(event.link.query_ancestor(WorkCard).card))

    @on(Link.Chosen, ".remove")
    def _remove(self, event: Link.Chosen) -> None:
        event.stop()
        card = event.link.query_ancestor(WorkCard).card
        question = ChoiceDialog(
            "Remove this professional role?",
            f"{card.role_label}, {card.organisation}. Forms you submitted in it keep it.",
            (("keep", "Keep"), ("remove", "Remove")),
        )
        self.app.push_screen(question, lambda answer: self._on_remove_answer(answer, card.id))

    def _on_remove_answer(self, answer: str | None, card: UUID) -> None:
        if answer == "remove":
            self.call(self._send(card))

    async def _send(self, card: UUID) -> None:
        await api.remove_work_details(self.portal.client, card)
        self.portal.session.account = await api.get_account(self.portal.client)
        await self.refresh_section()
        self.notify("Removed.", markup=False)


class EditWork(AccountScreen):
    """Form for a new or existing professional role."""

    LOCATION = "My Account › Work Details"
    LINKS = SIGNED_IN_LINKS
    HELP_TEXT = (
        "{work.save} saves the role. {back} goes back; what you typed is there when you return."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        command("work.save", "ctrl+s", "save", "save", "Save the role."),
    ]

    def __init__(self, card: OwnWorkDetails | None) -> None:
        super().__init__()
        self._card = card
        self._card_id = card.id if card else uuid4()

    def body(self) -> ComposeResult:
        """Lay out the fields."""
        title = "Edit a professional role" if self._card else "Add a professional role"
        yield Static(title, classes="title spaced", markup=False)
        yield ErrorSummary()
        yield from create_work_fields(self.portal.client, self._card)
        with Horizontal(classes="actions"):
            yield Action("Save", id="save")
            yield SecondaryAction("Cancel", id="cancel")

    def on_mount(self) -> None:
        """Restore unsaved input."""
        form = f"work {self._card_id}" if self._card else "work"
        self._unsent = UnsentInput(self.portal, form, list(self.query(Field)))
        self.query(Field).first().focus_control()

    @on(Input.Changed)
    @on(Select.Changed)
    def _store_input(self) -> None:
        self._unsent.store()

    @on(Action.Pressed, "#cancel")
    def _cancel(self) -> None:
        self._unsent.undo()
        self.portal.navigation.leave()

    @on(Action.Pressed, "#save")
    def action_save(self) -> None:
        """Check the fields and send them."""
        fields = list(self.query(Field))
        errors = check_work_fields(fields)
        self.query_one(ErrorSummary).show(errors)
        if not errors:
            self.send(self._send(read_work(fields)), self._on_error)

    async def _send(self, work: WorkplaceIn) -> None:
        await api.save_work_details(self.portal.client, self._card_id, work)
        self._unsent.clear()
        self.portal.session.account = await api.get_account(self.portal.client)
        self.notify("Saved.", markup=False)
        self.portal.navigation.leave()

    def _on_error(self, error: PortalError) -> None:
        errors = (
            show_errors_at_fields(self.query(Field), error.errors)
            if isinstance(error, Refused)
            else []
        )
        if errors:
            self.query_one(ErrorSummary).show(errors)
        else:
            self.portal.show_error(error)
