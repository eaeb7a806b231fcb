"""An officer records a child's parents and carers, by keyboard."""

import pytest

from server.core.database import Services
from server.people.tables import Person
from shared.desk import CaseOut
from tests.parts import TODAY, Someone
from tests.server.desk.test_parents import ADA, put
from tests.server.steps import ok, rows
from tests.tui.accounts.filling import choose, error_at, fill, set_text
from tests.tui.conftest import AppFactory
from tests.tui.desk import cases
from tests.tui.flaky_transport import FlakyTransport
from tests.tui.snapshots import SMALL, Snapshots
from tests.tui.steps import dialog_text, go_to, on_screen, until, wait_for_text


async def test_parents_are_added_corrected_and_removed_on_the_case(
    snapshots: Snapshots,
    portal: AppFactory,
    officer: Someone,
    case: CaseOut,
    services: Services,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tui.desk.dialog.utc_now", lambda: TODAY)
    app = portal(officer)
    connection = FlakyTransport(app)
    async with app.run_test(size=SMALL) as pilot:
        await go_to(pilot, f"cases/{case.id}", "What may be done now")
        await pilot.press("5")
        await wait_for_text(pilot, "No parent or carer is named.")
        await choose(pilot, "#do-add_parent")
        await on_screen(pilot, "WriteParent")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: error_at(pilot, "reason") == "Enter the reason.")
        assert error_at(pilot, "name") == "Enter the name."
        await snapshots.match(pilot, "add", narrow=True)
        await fill(pilot, name="Ada Larkspur", relationship="Mother", responsibility="yes")
        await fill(pilot, phone="0116 496 0101", prefers="phone")
        set_text(pilot, "reason", "She called.")
        ok(put(officer, case.person.id, 1, {**ADA, "name": "Sam Dunne"}))  # by another officer
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "It now says:\n\nSam Dunne · Mother" in dialog_text(pilot))
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Ada Larkspur · Mother · has parental responsibility")
        await pilot.press("1", "5")  # from its top
        await wait_for_text(pilot, "Address as the child's: ")
        await snapshots.match(pilot, "people", narrow=True)
        ada = next(row for row in cases.read_case(officer, case.id).parents if "Ada" in row.name)
        await choose(pilot, f"#do-correct_parent-{ada.id}")
        await on_screen(pilot, "WriteParent")
        ok(put(officer, case.person.id, 3, {**ADA, "id": str(ada.id), "email": "ada@home.example"}))
        await fill(pilot, address="1 Osier Way, Leicester", postcode="LE1 1FZ")
        set_text(pilot, "reason", "She moved.")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "ada@home.example" in dialog_text(pilot))
        connection.lose_replies = True
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "reached just now" in str(list(app._notifications)))
        connection.lose_replies = False
        await fill(pilot, phone="0116 496 0109")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "1 Osier Way, Leicester · LE1 1FZ" in dialog_text(pilot))
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "1 Osier Way, Leicester · LE1 1FZ")
        await wait_for_text(pilot, "0116 496 0109 · ada@home.example · prefers contact by phone")
        await pilot.press("7")
        await wait_for_text(pilot, "She moved.")
        await pilot.press("5")
        await wait_for_text(pilot, "1 Osier Way")
        await choose(pilot, f"#do-remove_parent-{ada.id}")
        await on_screen(pilot, "RemoveParent")
        set_text(pilot, "reason", "Another child's.")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "No parent or carer is named.")
    [stored] = rows(services, Person)
    assert (stored.parents, stored.parent_name, stored.version) == ([], "", 7)
