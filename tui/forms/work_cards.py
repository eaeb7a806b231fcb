"""Cards for selecting the work details of a form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Button, Static

from shared.accounts import WorkDetails
from shared.places import PlaceKind
from tui.widgets.dialog import Action
from tui.widgets.header import Link

NO_WORK_DETAILS = "You have no work details yet. Add them under My Account, then come back."


class WorkCards(Vertical):
    """One card per professional role; its button shows whether it is selected."""

    DEFAULT_CSS = """
    WorkCards, WorkCards Vertical { height: auto; }
    WorkCards Vertical { margin: 0 0 1 0; }
    """

    @dataclass
    class Selected(Message):
        """Posted when a card is selected."""

        cards: WorkCards

    def __init__(self, cards: Sequence[WorkDetails], selected_id: str) -> None:
        super().__init__()
        self._cards = cards
        self.selected_id = selected_id

    def compose(self) -> ComposeResult:
        """Lay out the cards and a link to Work Details."""
        for card in self._cards:
            with Vertical():
                yield Static(card.role_label, classes="title", markup=False)
                yield Static(_card_text(card), markup=False)
                yield Action(self._button_label(card), id=f"card-{card.id}")
        if not self._cards:
            yield Static(NO_WORK_DETAILS, markup=False)
        yield Link("My Account, Work Details", place=PlaceKind.ACCOUNT_SECTION.of("work-details"))

    def _button_label(self, card: WorkDetails) -> str:
        return "✓ Selected" if str(card.id) == self.selected_id else "Select"

    @on(Button.Pressed)
    def _select(self, event: Button.Pressed) -> None:
        event.stop()
        self.show((event.button.id or "").removeprefix("card-"))
        self.post_message(self.Selected(self))

    def show(self, selected_id: str) -> None:
        """Mark a card as selected."""
        self.selected_id = selected_id
        for card in self._cards:
            self.query_one(f"#card-{card.id}", Action).show_label(self._button_label(card))


def _card_text(card: WorkDetails) -> str:
    return (
        f"Organisation name: {card.organisation}\n"
        f"Address: {card.address}, {card.postcode}\n"
        f"Work phone: {card.work_phone}\n"
        f"Mobile number: {card.mobile or 'none'}"
    )
