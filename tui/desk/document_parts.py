"""The section of a case with its documents: published, made as letters, and for officers only."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from textual.widget import Widget

from shared.desk import CaseOut, FiledRow
from shared.documents import SCAN_NOTES, ScanState
from shared.letters import LetterRow
from shared.publications import PUBLICATION_LABELS, PublishedRow
from shared.values.days import format_datetime, format_day, london_day
from tui.desk.case_parts import CaseAction, Item, action_items, action_links, text_item
from tui.widgets.header import Link
from tui.widgets.long_list import LazyItem

OPENABLE = frozenset({ScanState.CLEAN, ScanState.UNSCANNED})


def build_documents_section(case: CaseOut) -> list[LazyItem]:
    """Build the section with what was published, the letters, and what only officers see."""
    items: list[LazyItem] = [
        text_item(f"✗ {name} · {SCAN_NOTES[ScanState.INFECTED]}. Nobody can open it.")
        for name in case.held
    ]
    items += [LazyItem(partial(_published_item, row), 5) for row in case.published]
    if not case.published:
        items.append(text_item("Nothing was published in this case.", "hint"))
    items += action_items((CaseAction("publish"), "Publish a document"))
    items.append(text_item("Letters", "title heading"))
    items += [
        LazyItem(partial(letter_item, row, save_links(row.document, row.scan)), 4)
        for row in case.letters
    ]
    if not case.letters:
        items.append(text_item("No letter was made in this case.", "hint"))
    items += action_items((CaseAction("letters"), "Write or publish a letter"))
    items.append(text_item("For officers only", "title heading"))
    items += [LazyItem(partial(_filed_item, row), 4) for row in case.filed]
    if not case.filed:
        items.append(text_item("No document is kept for officers only.", "hint"))
    return [*items, *action_items((CaseAction("keep"), "Keep a document for officers only"))]


def _published_item(row: PublishedRow) -> Widget:
    day = format_day(london_day(row.published_at))
    readers = ", ".join(row.readers) or "nobody in the portal"
    kind = PUBLICATION_LABELS[row.kind]
    title = row.title if row.title == kind else f"{row.title} ({kind})"
    links = save_links(row.id, row.scan)
    file = " · ".join(filter(None, (row.name, f"published {day}", SCAN_NOTES[row.scan])))
    lines = [title, file, f"for {readers}"]
    if row.withdrawn_at is None:
        if row.scan is not ScanState.INFECTED:
            links += action_links((CaseAction("readers", row.id), "Readers…"))
        links += action_links((CaseAction("withdraw", row.id), "Withdraw…"))
    else:
        lines.append(
            f"✗ Withdrawn {format_datetime(row.withdrawn_at)} by {row.withdrawn_by}: "
            f"{row.withdrawn_reason}"
        )
    return Item(*lines, links=links)


def _filed_item(row: FiledRow) -> Widget:
    day = format_day(london_day(row.added_at))
    file = (row.name, "for officers only", f"added {day} by {row.by}", SCAN_NOTES[row.scan])
    links = save_links(row.document, row.scan)
    return Item(row.title, " · ".join(filter(None, file)), links=links)


def save_links(target: UUID, scan: ScanState) -> list[Link]:
    """Return a link that saves a copy, unless the document can't be opened."""
    can_open = scan in OPENABLE
    return action_links((CaseAction("save", target), "Save a copy")) if can_open else []


def letter_item(row: LetterRow, links: list[Link]) -> Widget:
    """Show a letter that was made, with its links."""
    made = f"made {format_datetime(row.made_at)} by {row.by} · template {row.template}"
    posted = f"posted {format_day(row.posted_on)}" if row.posted_on else ""
    note = "– Replaced by a newer letter" if row.replaced else ""
    if row.outdated:
        note = "! What it says was corrected or undone since"
    details = " · ".join(filter(None, (made, posted, SCAN_NOTES[row.scan])))
    return Item(f"{row.title} · {format_day(london_day(row.made_at))}", details, note, links=links)
