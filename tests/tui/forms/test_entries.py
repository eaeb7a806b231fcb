"""Entries of a repeating group: one row each, opened one at a time."""

from uuid import UUID, uuid4

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from shared.forms.shapes import ENTRIES_LIMIT
from shared.forms.submissions import Entry
from tests.parts import Someone
from tests.tui.accounts.filling import choose
from tests.tui.conftest import AppFactory
from tests.tui.forms.filling import read_answers, required_answers, save, start
from tests.tui.steps import burst, go_to, screen_text, until
from tui.forms.entry_list import EntryList
from tui.forms.groups import EntryBox

CONTACTS_STEP = 7
DANA: Entry = {
    "id": "dana",
    "name": "Dana Dunne",
    "relationship": "parent",
    "contact_details": "0116 496 0103",
    "discussed_on": "01/03/2026",
}
ROBIN: Entry = {"id": "robin", "name": "Robin Dunne"}


async def open_contacts(pilot: Pilot[None], form: UUID) -> None:
    await go_to(pilot, f"forms/{form}", "Step 1 of 8")
    await pilot.press("f2", str(CONTACTS_STEP))
    await until(pilot, lambda: isinstance(pilot.app.focused, EntryList))


def open_entry_ids(pilot: Pilot[None]) -> list[str]:
    """Return the ids of the open entries."""
    return [box.entry for box in pilot.app.screen.query(EntryBox)]


async def open_entry(pilot: Pilot[None], entry: Entry) -> None:
    """Open the entry of the current row with Enter, and wait for its first field."""
    await pilot.press("enter")
    await until(
        pilot,
        lambda: open_entry_ids(pilot) == [entry["id"]] and isinstance(pilot.app.focused, Input),
    )


def read_contacts(me: Someone, form: UUID) -> list[Entry]:
    contacts = read_answers(me, form)["contacts"]
    assert isinstance(contacts, list)
    return contacts


@pytest.fixture
def form(me: Someone) -> UUID:
    submission = start(me)
    save(me, submission, **{**required_answers(me), "contacts": [DANA, ROBIN]})
    return submission


async def test_entries_are_rows_and_one_opens_at_a_time(
    portal: AppFactory, me: Someone, form: UUID
) -> None:
    async with portal(me).run_test(size=(80, 60)) as pilot:
        await open_contacts(pilot, form)
        text = screen_text(pilot.app.screen)
        assert " 1  ✓ complete      Dana Dunne · Parent" in text
        assert " 2  ◐ incomplete    Robin Dunne" in text
        assert open_entry_ids(pilot) == []
        await open_entry(pilot, DANA)
        assert "Contact 1" in screen_text(pilot.app.screen)
        await pilot.press("shift+tab", "down")
        await open_entry(pilot, ROBIN)
        pilot.app.screen.query_one(".done").focus()
        await pilot.press("enter")
        await until(pilot, lambda: open_entry_ids(pilot) == [])
        assert isinstance(pilot.app.focused, EntryList)


async def test_closing_entry_keeps_keys_typed_just_before(
    portal: AppFactory, me: Someone, form: UUID
) -> None:
    async with portal(me).run_test(size=(80, 60)) as pilot:
        await open_contacts(pilot, form)
        await open_entry(pilot, DANA)
        pilot.app.screen.query_one("#field-discussed_on-dana Input").focus()
        burst(pilot, ["ctrl+u", *"soon", "tab", "tab", "enter"])
        await until(pilot, lambda: open_entry_ids(pilot) == [])
        await until(pilot, lambda: read_contacts(me, form)[0]["discussed_on"] == "soon")
        assert "✗ to correct" in screen_text(pilot.app.screen)


async def test_opening_another_entry_keeps_input(
    portal: AppFactory, me: Someone, form: UUID
) -> None:
    async with portal(me).run_test(size=(80, 60)) as pilot:
        await open_contacts(pilot, form)
        await open_entry(pilot, DANA)
        burst(pilot, [*" Smith", "shift+tab", "down", "enter"])
        await until(pilot, lambda: open_entry_ids(pilot) == [ROBIN["id"]])
        await until(pilot, lambda: read_contacts(me, form)[0]["name"] == "Dana Dunne Smith")
        assert "Dana Dunne Smith" in screen_text(pilot.app.screen)


async def test_error_in_closed_entry_is_shown_on_row_and_links_to_field(
    portal: AppFactory, me: Someone, form: UUID
) -> None:
    async with portal(me).run_test(size=(80, 60)) as pilot:
        await open_contacts(pilot, form)
        await pilot.press("f2", "8")
        await until(pilot, lambda: "Step 8 of 8" in screen_text(pilot.app.screen))
        await choose(pilot, "#submit")
        await until(pilot, lambda: "There is a problem" in screen_text(pilot.app.screen))
        await pilot.press("enter")
        await until(pilot, lambda: open_entry_ids(pilot) == [ROBIN["id"]])
        details = pilot.app.screen.query_one("#field-contact_details-robin")
        await until(pilot, lambda: details.has_focus_within)


async def test_error_link_opens_row_of_current_step(
    portal: AppFactory, me: Someone, form: UUID
) -> None:
    save(me, form, contacts=[{**DANA, "discussed_on": "soon"}, ROBIN])
    async with portal(me).run_test(size=(80, 60)) as pilot:
        await open_contacts(pilot, form)
        assert "✗ to correct    Date of discussion: " in screen_text(pilot.app.screen)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "There is a problem" in screen_text(pilot.app.screen))
        await pilot.press("enter")
        await until(pilot, lambda: open_entry_ids(pilot) == [DANA["id"]])
        date_field = pilot.app.screen.query_one("#field-discussed_on-dana")
        await until(pilot, lambda: date_field.has_focus_within)


async def test_widget_count_does_not_grow_with_entries(
    portal: AppFactory, me: Someone, form: UUID
) -> None:
    entries = [{**DANA, "id": uuid4().hex} for _ in range(ENTRIES_LIMIT)]
    async with portal(me).run_test(size=(80, 60)) as pilot:
        await open_contacts(pilot, form)
        widget_count = len(pilot.app.screen.query("*"))
        await pilot.press("f2", "1")
        await until(pilot, lambda: "Step 1 of 8" in screen_text(pilot.app.screen))
        save(me, form, contacts=entries)
        await pilot.press("escape")
        await open_contacts(pilot, form)
        assert len(pilot.app.screen.query("*")) == widget_count
        pilot.app.screen.query_one(".add").focus()
        await pilot.press("enter")
        await until(pilot, lambda: bool(pilot.app._notifications))
        assert "200 entries at most" in next(iter(pilot.app._notifications)).message
        await pilot.press("shift+tab", "end")
        await until(pilot, lambda: " 200  ✓ complete" in screen_text(pilot.app.screen))


async def test_group_that_needs_an_entry_is_marked_as_required(
    portal: AppFactory, me: Someone, form: UUID
) -> None:
    async with portal(me).run_test(size=(80, 60)) as pilot:
        await open_contacts(pilot, form)
        titles = [
            str(title.content)
            for title in pilot.app.screen.query("GroupField > .title").results(Static)
        ]
        assert titles == ["Contacts *"]
