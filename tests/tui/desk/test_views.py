"""Officers' own views of the list of cases, and the list as CSV."""

from pathlib import Path
from uuid import uuid4

import pytest
from textual.widgets import Select

from server.core.database import Services
from server.desk.tables import CaseView
from shared.caselist import USUAL_COLUMNS, CaseQuery, DeskColumn, DeskView, ViewIn
from tests.parts import Someone
from tests.server.steps import ok, rows
from tests.tui.accounts.filling import choose, fill
from tests.tui.conftest import AppFactory
from tests.tui.desk import cases
from tests.tui.snapshots import LARGE, SMALL, Snapshots
from tests.tui.steps import go_to, on_screen, screen_text, until, wait_for_text
from tui.desk.case_table import CaseTable
from tui.widgets.detail import Detail
from tui.widgets.tick import Tick


async def test_view_of_ones_own_is_saved_shown_and_deleted(
    portal: AppFactory, snapshots: Snapshots, me: Someone, officer: Someone, services: Services
) -> None:
    for days, name in enumerate(("Abel", "Bell")):
        case = cases.add_case(me, officer, last_name=name, first_name="Ivo")
        cases.backdate(services, case, days)
    ok(officer.put(f"/v1/desk/cases/{case.id}/officer"))
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, "cases", "2 records found")
        await pilot.press("v")
        await on_screen(pilot, "SaveView")
        await snapshots.match(pilot, "dialog", narrow=True)
        await fill(pilot, name="Priya's by weeks", officer=str(officer.id), sort="stage")
        await fill(pilot, then="due")
        for column in ("stage", "officer"):
            pilot.app.screen.query_one(f"#column-{column}", Tick).value = False
        for column in ("weeks", "advice"):
            pilot.app.screen.query_one(f"#column-{column}", Tick).value = True
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "1 record found")
        await wait_for_text(pilot, "Weeks")
        headings = pilot.app.screen.query_one(CaseTable).heading_cells()
        assert "Who has it" not in [heading.plain for heading in headings]
        assert "Abel" not in screen_text(pilot.app.screen)
        await snapshots.match(pilot, "view", narrow=True)
        [view] = rows(services, CaseView)
        assert (view.name, view.query["then"]) == ("Priya's by weeks", "due")
        await pilot.press("v")
        await on_screen(pilot, "SaveView")
        await choose(pilot, "#delete")
        await wait_for_text(pilot, "2 records found")
        assert rows(services, CaseView) == []
        assert len(pilot.app.screen.query_one(CaseTable).columns) == 4


async def test_detail_takes_no_column_of_ones_own_view(
    portal: AppFactory, me: Someone, officer: Someone
) -> None:
    cases.add_case(me, officer, last_name="Abel")
    columns = [*USUAL_COLUMNS, DeskColumn.STATE, DeskColumn.BORN]
    view = ViewIn(name="All of it", query=CaseQuery(), columns=columns)
    view_id = uuid4()
    ok(officer.put(f"/v1/desk/views/{view_id}", json=view.model_dump(mode="json")))
    async with portal(officer).run_test(size=LARGE) as pilot:
        await go_to(pilot, "cases", "0 since the request")
        screen = pilot.app.screen
        select = screen.query_one("#view", Select)
        select.value = str(view_id)
        await until(pilot, lambda: not screen.query(Detail))
        await wait_for_text(pilot, "14/03/2018")
        await pilot.resize_terminal(200, 40)  # both fit
        await wait_for_text(pilot, "0 since the request")
        await pilot.resize_terminal(*LARGE)
        select.value = str(DeskView.ALL)
        await wait_for_text(pilot, "0 since the request")


def saved_lines(folder: Path) -> list[str]:
    files = folder.glob("cases-*.csv")
    return [line for file in files for line in file.read_text("utf-8-sig").splitlines()]


async def test_list_is_saved_as_csv(
    portal: AppFactory,
    me: Someone,
    officer: Someone,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tui.documents.save.downloads_folder", lambda: tmp_path)
    cases.add_case(me, officer, last_name="Abel")
    async with portal(officer).run_test(size=SMALL) as pilot:
        await go_to(pilot, "cases", "1 record found")
        await pilot.press("y")
        await on_screen(pilot, "SaveCopy")
        await choose(pilot, "#save")
        await until(pilot, lambda: bool(saved_lines(tmp_path)))
    lines = saved_lines(tmp_path)
    assert lines[0] == "Name,Born,Stage,Next deadline,What is due,Who has it"
    assert lines[1].startswith('"Abel, Ivo",2018-03-14,Request,2026-04-13,Decision due,')
