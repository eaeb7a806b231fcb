"""Settings that are not in the list are asked by hand, and the letter of a consultation is made."""

from datetime import date

from sqlmodel import update
from textual.pilot import Pilot

from server.accounts.tables import Organisation
from server.cases.tables import CaseEvent
from server.core.database import Services
from server.letters.tables import LetterRecord
from server.placements.tables import Consultation
from shared.cases.events import EventKind
from shared.desk import CaseOut
from tests.parts import Someone
from tests.server.placements.steps import read, request_setting
from tests.server.steps import ok, rows
from tests.tui.accounts.filling import choose, error_at, fill
from tests.tui.conftest import AppFactory
from tests.tui.desk import cases
from tests.tui.steps import go_to, on_screen, screen_text, until, wait_for_text, wait_until_idle
from tui.placements.chosen import Chosen
from tui.widgets.choice_list import ChoiceList
from tui.widgets.field import Field

NARROW, WIDE = (60, 20), (80, 24)


async def test_setting_is_asked_by_hand_and_its_letter_made(
    portal: AppFactory, officer: Someone, services: Services, case: CaseOut
) -> None:
    with services.transaction() as tx:
        tx.session.add(Organisation(name="Pines Psychology Service"))
    async with portal(officer).run_test(size=(80, 30)) as pilot:
        await go_to(pilot, f"cases/{case.id}/placements", "Nobody was asked yet.")
        await pilot.press("a")
        await on_screen(pilot, "ConsultSettings")
        await pilot.press(*"Pines")
        await wait_for_text(pilot, "No setting is found by these words. F5 adds one by hand.")
        await pilot.press("f5")
        await until(pilot, lambda: len(pilot.app.screen.query(Chosen)) == 1)
        name, address = (
            field.name or "" for field in pilot.app.screen.query("Chosen Field").results(Field)
        )
        control = pilot.app.screen.query_one(f"#field-{name}", Field).control
        await until(pilot, lambda: pilot.app.focused is control)
        await pilot.press("end", *" Farm", "ctrl+s")
        await until(pilot, lambda: error_at(pilot, address) == "Enter the address of the setting.")
        await wait_until_idle(pilot)
        pilot.app.screen.query_one(f"#field-{address}", Field).focus_control()
        await pilot.press(*"4 Far Lane, Oakham", "ctrl+s")
        await on_screen(pilot, "ChoiceDialog")
        assert "Pines Farm: by post" in screen_text(pilot.app.screen)
        await pilot.press("tab", "enter")
        await on_screen(pilot, "Placements")
        await wait_for_text(pilot, "! Letter due: open it, make it, and post it with the papers.")
        await pilot.press("down", "right", "right")
        assert "Letter…" in focused_text(pilot)
        await pilot.press("enter")
        await on_screen(pilot, "WriteLetter")
        await wait_for_text(pilot, "✓ Nothing is missing.")
        assert "EHC plan: Pines Farm" in screen_text(pilot.app.screen)
        await pilot.press("ctrl+s")
        await on_screen(pilot, "PreviewLetter")
        assert "4 Far Lane\nOakham" in str(pilot.app.screen.query(".text Static").first().render())
        await pilot.press("ctrl+s")
        await on_screen(pilot, "Placements")
        await until(pilot, lambda: "Letter due" not in screen_text(pilot.app.screen))
        await pilot.press("left")
        assert "Chase…" in focused_text(pilot)
        await pilot.press("enter")
        await on_screen(pilot, "ChaseSetting")
        words = pilot.app.screen.query_one("#field-text", Field)
        assert "consulted you about naming Pines" in words.value
        words.focus_control()
        await pilot.press("ctrl+a", "ctrl+c")
        assert pilot.app.clipboard == words.value
        await pilot.press("escape")
        await on_screen(pilot, "Placements")
        await choose(pilot, f"#do-save-{read(officer, case.id).consultations[0].id}")
        await on_screen(pilot, "SaveDocument")
    [row], [letter] = rows(services, Consultation), rows(services, LetterRecord)
    assert (row.organisation_id, row.name) == (None, "Pines Farm")
    assert row.address == "4 Far Lane, Oakham"
    assert letter.about == row.id
    assert [shown.has_letter for shown in read(officer, case.id).consultations] == [True]


async def test_asking_before_the_draft_is_sent_is_warned_of(
    portal: AppFactory, me: Someone, officer: Someone, services: Services, case: CaseOut
) -> None:
    early = cases.add_case(me, officer, first_name="Nell", last_name="Early")
    ok(officer.post(f"/v1/desk/people/{early.person.id}/match", json={}))
    for kind in (EventKind.DECIDED_TO_ASSESS, EventKind.DECIDED_TO_ISSUE):
        cases.add_event(officer, early, kind)
    async with portal(officer).run_test(size=WIDE) as pilot:
        await go_to(pilot, f"cases/{early.id}/placements", "! The draft plan is not sent")
        await pilot.press("a")
        await on_screen(pilot, "ConsultSettings")
        await wait_until_idle(pilot)
        await pilot.press(*"elm park")
        await wait_for_text(pilot, "Elm Park School")
        await pilot.press("enter", "ctrl+s")
        await on_screen(pilot, "ChoiceDialog")
        assert "! The draft plan is not sent to the family yet." in screen_text(pilot.app.screen)
        await pilot.press("tab", "enter")
        await on_screen(pilot, "Placements")
    [row] = rows(services, Consultation)
    assert row.case_id == early.id


async def test_setting_that_was_asked_by_post_before_has_that_day(
    portal: AppFactory, officer: Someone, services: Services, case: CaseOut
) -> None:
    two_days_ago = date(2026, 2, 28)
    with services.transaction() as tx:  # the draft was served then
        tx.session.exec(update(CaseEvent).values(on=two_days_ago))
    async with portal(officer).run_test(size=NARROW) as pilot:
        await go_to(pilot, f"cases/{case.id}/placements", "Nobody was asked yet.")
        await pilot.press("a")
        await on_screen(pilot, "ConsultSettings")
        await wait_until_idle(pilot)
        await pilot.press(*"elm park")
        await wait_for_text(pilot, "Elm Park School")
        await pilot.press("enter")
        await until(pilot, lambda: len(pilot.app.screen.query(Chosen)) == 1)
        assert pilot.app.screen.query_one("#field-on", Field).value == "02/03/2026"
        await fill(pilot, on="soon")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "Write the date" in error_at(pilot, "on"))
        await wait_until_idle(pilot)
        await fill(pilot, on="27/02/2026")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "ChoiceDialog")
        await pilot.press("tab", "enter")
        await until(pilot, lambda: "in this case from 28/02" in error_at(pilot, "on"))
        await wait_until_idle(pilot)
        await fill(pilot, on="28/02/2026")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "ChoiceDialog")
        asked = "! They were asked on 28/02/2026, so nothing is emailed now."
        assert asked in " ".join(screen_text(pilot.app.screen).replace("│", " ").split())
        await pilot.press("tab", "enter")
        await on_screen(pilot, "Placements")
        await wait_for_text(pilot, "asked 28/02/2026 by post")
    [row] = rows(services, Consultation)
    assert (row.asked_on, row.due_on) == (two_days_ago, date(2026, 3, 15))


def focused_text(pilot: Pilot[None]) -> str:
    focused = pilot.app.focused
    return str(focused.render()) if focused else ""


async def test_open_list_leaves_the_frame_of_its_dialog_unbroken(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    ok(request_setting(officer, case.id))
    async with portal(officer).run_test(size=WIDE) as pilot:
        await go_to(pilot, f"cases/{case.id}/placements", "! Not decided")
        for size in (WIDE, NARROW):
            await pilot.resize_terminal(*size)
            for open_dialog in ("f", "n", "Card Link"):
                if len(open_dialog) == 1:
                    await pilot.press(open_dialog)
                else:
                    await choose(pilot, open_dialog)
                dialog = pilot.app.screen
                for control in dialog.query(ChoiceList):
                    control.focus()
                    await pilot.press("enter")
                    await wait_until_idle(pilot)
                    assert broken_frame(pilot) == [], control.parent
                    await pilot.press("escape")
                await pilot.press("escape")
                await on_screen(pilot, "Placements")


def broken_frame(pilot: Pilot[None]) -> list[str]:
    """Return the lines of the screen on which the frame of the top dialog is interrupted."""
    region = pilot.app.screen.query_one(".dialog").region
    lines = [line[region.x : region.right] for line in screen_text(pilot.app.screen).splitlines()]
    inner = "─" * (region.width - 2)
    first, *between, last = lines[region.y : region.bottom]
    broken = [line for line in between if (line[0], line[-1]) != ("│", "│")]
    return [*broken, *({first, last} - {f"┌{inner}┐", f"└{inner}┘"})]
