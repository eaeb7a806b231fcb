"""What a letter lacks or is doubtful in, each with where it is put right."""

from __future__ import annotations

from textual.containers import Vertical
from textual.widgets import Static

from shared.letters import LetterDraft, Missing, MissingFrom
from shared.places import PlaceKind
from tui.widgets.header import Link
from tui.widgets.states import coloured_content

COMPLETE = "✓ Nothing is missing."


class MissingItems(Vertical):
    """Links to what is missing, or that nothing is, and to what is doubtful."""

    async def show(self, draft: LetterDraft) -> None:
        """Replace the items by those of a letter."""
        items = [*draft.missing, *draft.warnings]
        widgets = [_missing_widget(draft, item, f"missing-{n}") for n, item in enumerate(items)]
        if not draft.missing:
            widgets.insert(0, Static(coloured_content(COMPLETE)))
        async with self.batch():
            await self.remove_children()
            await self.mount_all(widgets)


def _missing_widget(draft: LetterDraft, item: Missing, id: str) -> Static:
    text = f"! {item.text}"
    if item.where is MissingFrom.LETTER:
        return Link(text, value=item.field, id=id)
    if item.where is MissingFrom.CASE:
        return Link(text, place=PlaceKind.CASE.of(draft.case), id=id)
    return Static(coloured_content(text))
