from server.core.database import Services
from server.demo.cases import FAMILY_ANSWERS, add_family_request
from tests.parts import Factory
from tests.tui.conftest import AppFactory
from tests.tui.forms.filling import required_answers, save, start, submit
from tests.tui.people.children import add_child
from tests.tui.steps import go_to, on_screen, screen_text, until


async def test_parent_request_can_be_read(
    portal: AppFactory, someone: Factory, services: Services
) -> None:
    me = someone()
    child = add_child(me)
    submission = start(me, child)
    save(me, submission, **required_answers(me))
    submit(me, submission)
    add_family_request(services, child)
    async with portal(me).run_test(size=(80, 50)) as pilot:
        await go_to(pilot, f"people/{child}", "Entered by the Local Authority on 02/03/2026")
        text = screen_text(pilot.app.screen)
        assert "Parent's Request for Statutory EHC Assessment" in text
        assert "Start a new one" in text
        pilot.app.screen.query("#forms FormLines:last-of-type Link").first().focus()
        await pilot.press("enter")
        await on_screen(pilot, "Versions")
        await until(pilot, lambda: FAMILY_ANSWERS["hopes"] in screen_text(pilot.app.screen))
