"""A fault of the server is shown with what to quote, by which the log is searched."""

import pytest
from structlog.testing import capture_logs

from server.core.request_ids import add_request_id
from tests.parts import Someone
from tests.tui.conftest import AppFactory
from tests.tui.steps import on_screen, until


async def test_notice_of_a_fault_quotes_its_line_of_the_log(
    portal: AppFactory, me: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("server.people.routes.list_people", crash)
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "Home")
        with capture_logs([add_request_id]) as lines:
            await pilot.press("g", "s")
            await until(pilot, lambda: len(app._notifications) > 0)
    [notice] = app._notifications
    [line] = [line for line in lines if line["event"] == "unexpected"]
    assert notice.message.endswith(f"If you report this, quote {line['quoted']}.")
