"""Dialogs of the desk on a small terminal."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from textual.containers import VerticalScroll
from textual.widgets import Static

from shared.caselist import USUAL_COLUMNS, CaseQuery
from shared.cases.events import EventKind
from shared.desk import AskableForm
from shared.placements import FamilyRequestOut, SettingKind
from tests.parts import Someone
from tests.tui.conftest import AppFactory
from tests.tui.desk import cases
from tests.tui.snapshots import NARROW, SMALL
from tests.tui.steps import burst, on_screen, screen_text, wait_until_idle
from tui.casework.dialogs import WriteCall
from tui.desk.add_child import AddChild
from tui.desk.details import CorrectDetails
from tui.desk.post import AskByPost, ReceiveOnPaper
from tui.desk.views import SaveView
from tui.placements.dialogs import DecideRequest, RecordRequest
from tui.widgets.dialog import Dialog


async def test_dialogs_open_at_their_top(portal: AppFactory, me: Someone, officer: Someone) -> None:
    case = cases.add_case(me, officer)
    cases.add_event(officer, case, EventKind.DECIDED_TO_ASSESS)
    cases.ask_for_advice(officer, case, me.id)
    case = cases.read_case(officer, case.id)
    form = AskableForm(form="health-advice", title="Health Advice", due=case.received_on)
    request = FamilyRequestOut(
        id=uuid4(),
        kind=SettingKind.ACADEMY,
        name="Elm Park School",
        on=case.received_on,
        agreed=None,
        ground=None,
        decided_on=None,
        reason="",
        version=1,
    )
    dialogs: dict[str, Callable[[], Dialog[Any]]] = {
        "With whom": lambda: WriteCall(case.id),
        "Name of the view": lambda: SaveView(None, CaseQuery(), USUAL_COLUMNS, []),
        "The child is on no": AddChild,
        "For somebody without": lambda: AskByPost(case, [form]),
        "Also for advice that": lambda: ReceiveOnPaper(case, case.advice[0]),
        "Find it": lambda: RecordRequest(case, []),
        "Answer": lambda: DecideRequest(case, request),
    }
    async with portal(officer).run_test(size=SMALL) as pilot:
        await on_screen(pilot, "Home")
        for size in (SMALL, NARROW):
            await pilot.resize_terminal(*size)
            for text, create in dialogs.items():
                dialog = create()
                pilot.app.push_screen(dialog)
                await on_screen(pilot, type(dialog).__name__)
                await wait_until_idle(pilot)
                fields = dialog.query_one(".fields", VerticalScroll)
                assert fields.scroll_y == 0, screen_text(dialog)
                assert text in screen_text(dialog)
                await pilot.press("escape")
                await on_screen(pilot, "Home")


async def test_second_escape_neither_loses_what_is_typed_nor_asks_again(
    portal: AppFactory, officer: Someone
) -> None:
    async with portal(officer).run_test(size=SMALL) as pilot:
        await on_screen(pilot, "Home")
        dialog = AddChild()
        pilot.app.push_screen(dialog)
        await on_screen(pilot, "AddChild")
        await pilot.press(*"Ivo")
        burst(pilot, ["escape", "escape"])
        await wait_until_idle(pilot)
        assert pilot.app.screen is dialog  # the second Esc is the answer to stay
        assert dialog.value("first_name") == "Ivo"


async def test_gender_is_required_wherever_a_child_is_entered_or_corrected(
    portal: AppFactory, me: Someone, officer: Someone
) -> None:
    case = cases.add_case(me, officer)
    async with portal(officer).run_test(size=SMALL) as pilot:
        await on_screen(pilot, "Home")
        for dialog in (AddChild(), CorrectDetails(case)):
            pilot.app.push_screen(dialog)
            await on_screen(pilot, type(dialog).__name__)
            label = dialog.query_one("#field-gender .label", Static)
            assert "*" in str(label.content)
            dialog.dismiss()
            await on_screen(pilot, "Home")
