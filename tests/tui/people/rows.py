"""Rows and pages of the list, for tests."""

from datetime import date
from uuid import UUID

from shared.lists import PAGE_SIZE
from shared.people import PeoplePage, PersonRow


def row(number: int, **fields: object) -> PersonRow:
    """Build the row of a person with the given number as id."""
    defaults: dict[str, object] = {
        "id": UUID(int=number),
        "first_name": "Ivo",
        "last_name": f"Larkspur {number:05}",
        "born": date(2015, 3, 14),
        "address": f"{number} Tallowmere Row",
        "school": "Wren Hollow",
        "hidden": False,
        "allocated": False,
    }
    return PersonRow.model_validate(defaults | fields)


def page(start: int, total: int) -> PeoplePage:
    """Build the page that starts at an offset; its cursors are offsets too."""
    end = min(start + PAGE_SIZE, total)
    return PeoplePage(
        rows=[row(number) for number in range(start, end)],
        start=start,
        total=total,
        next=str(end) if end < total else None,
        previous=str(max(0, start - PAGE_SIZE)) if start else None,
    )
