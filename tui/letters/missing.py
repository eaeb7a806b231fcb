"""What a letter lacks, each with where it is put right."""

from __future__ import annotations

from textual.containers import Vertical
from textual.widgets import Static

from shared.letters import LetterDraft, MissingFrom
from shared.places import PlaceKind
from tui.widgets.header import Link
from tui.widgets.states import coloured_content

COMPLETE = "✓ Nothing is missing."


class MissingItems(Vertical):
    """Links to what is missing, or that nothing is."""

    async def show(self, draft: LetterDraft) -> None:
        """Replace the items by those of a letter."""
        widgets = [_missing_widget(draft, index) for index in range(len(draft.missing))]
        async with self.batch():
            await self.remove_children()
            await self.mount_all(widgets or [Static(coloured_content(COMPLETE))])


def _missing_widget(draft: LetterDraft, index: int) -> Static:
    item = draft.missing[index]
    text = f"! {item.text}"
    if item.where is MissingFrom.LETTER:
        return Link(text, value=item.field, id=f"missing-{index}")
    if item.where is MissingFrom.CASE:
        return Link(text, place=PlaceKind.CASE.of(draft.case), id=f"missing-{index}")
    return Static(coloured_content(text))
