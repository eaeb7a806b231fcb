"""The People section of a case: the family, and the professionals with access."""

from __future__ import annotations

from functools import partial

from textual.widget import Widget

from shared.desk import CaseOut, EndedAccessRow, ProfessionalRow
from shared.people import ParentOut, PersonOut
from shared.values.days import format_datetime
from tui.desk.case_parts import CaseAction, Item, action_items, action_links, text_item
from tui.widgets.long_list import LazyItem

NO_NUMBER = "The child has no UPN or NHS number here."
YOUNG_PERSON = "young person"


def build_people_section(case: CaseOut) -> list[LazyItem]:
    """Build the section with the child's numbers, the family, and professionals with access."""
    items = [text_item(_numbers_text(case.person))]
    items += [LazyItem(partial(_parent_item, parent, case.person), 5) for parent in case.parents]
    if not case.parents:
        items.append(text_item("No parent or carer is named.", "hint"))
    if case.family == YOUNG_PERSON:
        items.append(text_item("The rights are the young person's own."))
    items += [
        *action_items(
            (CaseAction("add_parent"), "Add a parent or carer"),
            (CaseAction("details"), "Correct the child's details"),
        ),
        text_item(""),
    ]
    items += [LazyItem(partial(_professional_item, row), 4) for row in case.professionals]
    if not case.professionals:
        items.append(text_item("No professional has this child on their list.", "hint"))
    items += action_items((CaseAction("allocate"), "Allocate to a professional"))
    if case.ended:
        items.append(text_item("Access that was ended", "title heading"))
        items += [LazyItem(partial(_ended_item, row), 3) for row in case.ended]
    return items


def _numbers_text(child: PersonOut) -> str:
    """Say by which numbers the child is known elsewhere."""
    numbers = (("UPN", child.upn), ("NHS number", child.nhs_number))
    known = " · ".join(f"{label} {number}" for label, number in numbers if number)
    return f"The child: {known}" if known else NO_NUMBER


def _parent_item(parent: ParentOut, child: PersonOut) -> Widget:
    links = action_links(
        (CaseAction("correct_parent", parent.id), "Correct…"),
        (CaseAction("remove_parent", parent.id), "Remove…"),
    )
    name, *contacts = parent.lines
    shared_address = " · ".join(filter(None, (child.address, child.postcode)))
    lives_with_child = not (parent.address or parent.postcode) and shared_address
    home = f"Address as the child's: {shared_address}" if lives_with_child else ""
    return Item(name, home, *contacts, links=links)


def _professional_item(row: ProfessionalRow) -> Widget:
    work = " · ".join(part for part in (row.role, row.organisation, row.email) if part)
    reasons = f"Why they have access: {', '.join(row.reasons)}"
    drafts = f"{count_drafts(row.drafts)} that nobody else can open" if row.drafts else ""
    links = action_links((CaseAction("end_access", row.account), "End access…"))
    return Item(row.name, work, reasons, drafts, links=links)


def _ended_item(row: EndedAccessRow) -> Widget:
    drafts = closed_drafts_text(row.drafts) if row.drafts else ""
    ended = f"✗ Ended {format_datetime(row.at)} by {row.by}: {row.reason}"
    return Item(row.name, ended, drafts)


def count_drafts(number: int) -> str:
    """Return a number of drafts in words."""
    return "1 unfinished form" if number == 1 else f"{number} unfinished forms"


def closed_drafts_text(number: int) -> str:
    """Say what becomes of drafts that only somebody whose access ends can open."""
    form, them = ("It is", "it") if number == 1 else ("The forms are", "them")
    return f"They have {count_drafts(number)}. {form} kept, but they can't open {them}."
