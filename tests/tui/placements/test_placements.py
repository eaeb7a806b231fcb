"""Settings and placement, and the SEN2 details, worked by keyboard."""

from functools import partial
from uuid import uuid4

from textual.pilot import Pilot

from server.core.database import Services
from server.placements.tables import Consultation, FamilyRequest, Placement
from shared.cases.events import EventKind
from shared.desk import CaseOut
from shared.placements import RefusalGround, Reply
from tests.parts import Factory, Someone
from tests.server.placements.steps import (
    add_school,
    consult,
    decide,
    name_placement,
    read,
    reply,
    request_setting,
)
from tests.server.steps import ok, rows
from tests.tui.accounts.filling import choose, error_at, fill, set_text
from tests.tui.conftest import AppFactory
from tests.tui.desk import cases
from tests.tui.steps import dialog_text, go_to, on_screen, screen_text, until, wait_for_text
from tui.placements.chosen import Chosen
from tui.widgets.field import Field
from tui.widgets.header import Link
from tui.widgets.line_input import LineInput

SCHOOLS = {"elm": "Elm Park School", "oak": "Oakham Road School"}


def field_values(pilot: Pilot[None], *names: str) -> list[str]:
    """Return the values of fields of the top screen."""
    return [pilot.app.screen.query_one(f"#field-{name}", Field).value for name in names]


async def find(pilot: Pilot[None], text: str, name: str) -> None:
    """Type into the finder of the top screen and choose the first result."""
    pilot.app.screen.query("Finder Input").first().focus()
    await pilot.press(*text)
    await wait_for_text(pilot, name)
    await pilot.press("enter")


async def test_settings_are_asked_and_replies_recorded_by_keyboard(
    portal: AppFactory, officer: Someone, services: Services, case: CaseOut
) -> None:
    async with portal(officer).run_test(size=(80, 30)) as pilot:
        await go_to(pilot, f"cases/{case.id}", "What may be done now")
        await choose(pilot, "#do-placements")
        await wait_for_text(pilot, "Nobody was asked yet.")
        await until(pilot, lambda: _focused(pilot) == "ask")
        assert "Name the placement when the final plan is about" in screen_text(pilot.app.screen)
        await pilot.press("a")
        await on_screen(pilot, "ConsultSettings")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Choose at least one setting to ask.")
        assert "Type at least 3 letters of its name." in screen_text(pilot.app.screen)
        pilot.app.screen.query("Finder Input").first().focus()
        await pilot.press(*"zzz")
        await wait_for_text(pilot, "No setting is found by these words.")
        await pilot.press(*["backspace"] * 3)
        for number, (text, name) in enumerate(SCHOOLS.items(), 1):
            await find(pilot, text, name)
            await until(pilot, partial(_has_chosen, pilot, number))
        first = pilot.app.screen.query(Chosen).first()
        name = str(first.query_one(Field).name)
        await fill(pilot, **{name: "no address"})
        await pilot.press("ctrl+s")
        await until(pilot, lambda: bool(error_at(pilot, name)))
        await fill(pilot, **{name: "office@elm.example"})
        await pilot.press("ctrl+s")
        await on_screen(pilot, "ChoiceDialog")
        assert "Oakham Road School: by post" in screen_text(pilot.app.screen)
        await pilot.press("tab", "enter")
        await on_screen(pilot, "Placements")
        await wait_for_text(pilot, "Reply due 17/03/2026 · 15 days left")
        elm = next(r for r in read(officer, case.id).consultations if r.name.startswith("Elm"))
        await choose(pilot, f"#do-chase-{elm.id}")
        await wait_for_text(pilot, "This letter is emailed to office@elm.example:")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "chased once 02/03/2026")
        await until(pilot, lambda: _focused(pilot) == f"do-chase-{elm.id}")
        await pilot.press("r")
        await on_screen(pilot, "RecordReply")
        await fill(pilot, reply="no")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: error_at(pilot, "ground") == "Choose the ground.")
        await fill(pilot, ground="resources")
        set_text(pilot, "words", "We are full.")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Incompatible with the efficient use of resources")
        await until(pilot, lambda: _focused(pilot) == f"do-reply-{elm.id}")
    stored = {row.name: row for row in rows(services, Consultation)}
    assert stored["Elm Park School"].reply == Reply.NO
    assert stored["Elm Park School"].ground == RefusalGround.RESOURCES
    assert stored["Oakham Road School"].email == ""


def _focused(pilot: Pilot[None]) -> str | None:
    focused = pilot.app.screen.focused
    return focused.id if focused else None


def _has_chosen(pilot: Pilot[None], number: int) -> bool:
    return len(pilot.app.screen.query(Chosen)) == number


async def test_family_request_is_decided_and_the_placement_named(
    portal: AppFactory, officer: Someone, services: Services, case: CaseOut
) -> None:
    async with portal(officer).run_test(size=(80, 40)) as pilot:
        await go_to(pilot, f"cases/{case.id}/placements", "The family has not asked")
        await pilot.press("f")
        await on_screen(pilot, "RecordRequest")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: error_at(pilot, "kind") == "Choose the kind of setting.")
        await until(pilot, lambda: isinstance(pilot.app.focused, Link))  # the first error
        await find(pilot, "elm", "Elm Park School")
        await fill(pilot, kind="academy")
        pilot.app.screen.query_one("#field-on Input").focus()
        await pilot.press("tab", "shift+tab")
        day = pilot.app.screen.query_one("#field-on Input", LineInput)
        assert day.value == "02/03/2026"
        await pilot.press(*"03/03/2026", "ctrl+s")
        await until(pilot, lambda: isinstance(pilot.app.focused, Link))  # it is in the future
        await pilot.press(*"02/03/2026")
        assert day.value == "02/03/2026"
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "! Not decided")
        await choose(pilot, "Card Link")
        await on_screen(pilot, "DecideRequest")
        await wait_for_text(pilot, "Ground, if refused")
        await fill(pilot, agreed="no")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: error_at(pilot, "ground") == "Choose the ground.")
        await fill(pilot, agreed="yes")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "✓ Agreed, 02/03/2026")
        await pilot.press("n")
        await on_screen(pilot, "NamePlacement")
        await wait_for_text(pilot, "Name the placement when the final plan is about")
        assert field_values(pilot, "name") == ["Elm Park School"]  # the request that was agreed
        await fill(pilot, name="A mainstream primary school", residential_weeks="60")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "0 to 52" in error_at(pilot, "residential_weeks"))
        await fill(pilot, residential_weeks="38", sen_unit="yes", setting="OLA")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "residential, 38 weeks a year")
        await choose(pilot, "#placements Link")
        await on_screen(pilot, "NamePlacement")
        await fill(pilot, ends_on="20/07/2026")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "from 02/03/2026 until 20/07/2026")
    [request], [placement] = rows(services, FamilyRequest), rows(services, Placement)
    assert (request.name, request.agreed) == ("Elm Park School", True)
    assert request.organisation_id is not None
    assert (placement.setting, placement.organisation_id) == ("OLA", None)


async def test_kind_of_a_setting_of_the_list_is_filled_in_and_can_be_changed(
    portal: AppFactory, officer: Someone, services: Services, case: CaseOut
) -> None:
    add_school(services, "Elm Academy", "120003", "Academy converter")
    async with portal(officer).run_test(size=(60, 20)) as pilot:
        await go_to(pilot, f"cases/{case.id}/placements", "The family has not asked")
        await pilot.press("f")
        await on_screen(pilot, "RecordRequest")
        kind = pilot.app.screen.query_one("#field-kind", Field)
        await find(pilot, "elm academy", "Elm Academy")
        await until(pilot, lambda: kind.value == "academy")
        pilot.app.screen.query_one("Finder Input", LineInput).value = ""
        await find(pilot, "oakham", "Oakham Road School")
        await until(pilot, lambda: kind.value == "")  # the list does not say
        await fill(pilot, kind="maintained_school")
        await pilot.press("ctrl+s")
        await on_screen(pilot, "Placements")
    [row] = rows(services, FamilyRequest)
    assert (row.name, row.kind) == ("Oakham Road School", "maintained_school")


async def test_placement_that_begins_before_its_plan_is_asked_about(
    portal: AppFactory, officer: Someone, services: Services, case: CaseOut
) -> None:
    for kind in (EventKind.REPRESENTATIONS_RECORDED, EventKind.FINAL_ISSUED):
        cases.add_event(officer, case, kind, "They agree.")
    async with portal(officer).run_test(size=(60, 20)) as pilot:
        await go_to(pilot, f"cases/{case.id}/placements", "The plan names no setting")
        await pilot.press("n")
        await on_screen(pilot, "NamePlacement")
        await fill(pilot, name="Elm Park School", starts_on="01/03/2026")
        for answer, screen in (("enter", "NamePlacement"), ("tab", "Placements")):
            await pilot.press("ctrl+s")
            await on_screen(pilot, "ChoiceDialog")
            assert "begins on 01/03/2026, before the plan" in dialog_text(pilot)
            await pilot.press(answer, *(["enter"] if answer == "tab" else []))
            await on_screen(pilot, screen)
    assert [row.name for row in rows(services, Placement)] == ["Elm Park School"]


async def test_what_another_officer_saved_meanwhile_is_shown_and_replaced_or_left(
    portal: AppFactory, someone: Factory, officer: Someone, services: Services, case: CaseOut
) -> None:
    other = someone("other@leicester.example", staff="officer")
    ok(consult(officer, case.id, add_school(services, "Ash School", "120003")))
    [asked] = read(officer, case.id).consultations
    request, placement = uuid4(), uuid4()
    ok(request_setting(officer, case.id, id=request))
    ok(name_placement(officer, case.id, id=placement))
    async with portal(officer).run_test(size=(80, 40)) as pilot:
        await go_to(pilot, f"cases/{case.id}/placements", "Ash School")
        await choose(pilot, f"#do-reply-{asked.id}")
        await on_screen(pilot, "RecordReply")
        ok(reply(other, asked.id, "no", ground="others", words="We are full."))
        await fill(pilot, reply="yes")
        set_text(pilot, "words", "A place is free.")
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "Ada Other changed this at 02/03/2026 10:42")
        assert "It now says:\n\nNo: Incompatible with" in dialog_text(pilot)
        values = field_values(pilot, "reply", "ground", "words")
        assert values == ["yes", "others", "A place is free."]
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "✓ Yes, 02/03/2026")
        await choose(pilot, f"#do-reply-{asked.id}")
        await on_screen(pilot, "RecordReply")
        assert field_values(pilot, "words") == ["A place is free."]
        await pilot.press("escape")
        await choose(pilot, f"#do-decide-{request}")
        await on_screen(pilot, "DecideRequest")
        ok(decide(other, request, agreed=False, ground="resources", reason="Too far."))
        await fill(pilot, agreed="yes")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "resources, 02/03/2026\nToo far." in dialog_text(pilot))
        await until(pilot, lambda: field_values(pilot, "reason") == ["Too far."])
        assert field_values(pilot, "agreed", "ground") == ["yes", "resources"]
        await pilot.press("escape")
        await on_screen(pilot, "ChoiceDialog")
        await choose(pilot, "#close")  # theirs stays
        await wait_for_text(pilot, "✗ Refused")
        await choose(pilot, f"#do-correct-{placement}")
        await on_screen(pilot, "NamePlacement")
        theirs = {"residential_weeks": 38, "sen_unit": True, "setting": "OLA"}
        ok(name_placement(other, case.id, id=placement, version=1, **theirs))
        await fill(pilot, rank="2")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "residential, 38 weeks a year" in dialog_text(pilot))
        await pilot.press("ctrl+s")
        await wait_for_text(pilot, "residential, 38 weeks a year")
        shown = "second placement · Arrangements by the authority (s.61) · SEN unit"
        await wait_for_text(pilot, shown)
    assert [row.words for row in rows(services, Consultation)] == ["A place is free."]
    assert [row.agreed for row in rows(services, FamilyRequest)] == [False]


async def test_sen2_details_say_what_would_fail_until_saved(
    portal: AppFactory, officer: Someone, case: CaseOut
) -> None:
    async with portal(officer).run_test(size=(80, 40)) as pilot:
        await go_to(pilot, f"cases/{case.id}", "What may be done now")
        await choose(pilot, "#do-sen2")
        await wait_for_text(pilot, "✗ Ethnicity is missing")
        await fill(pilot, ethnicity="WBRI", uln="1234567890", upn_unknown="UN4")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "can't be right" in error_at(pilot, "uln"))
        await fill(pilot, uln="")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "Ethnicity is missing" not in screen_text(pilot.app.screen))
        await pilot.press("escape")
        await on_screen(pilot, "OpenCase")


async def test_nothing_is_asked_before_the_draft_plan(
    portal: AppFactory, officer: Someone, me: Someone, services: Services
) -> None:
    case = cases.add_case(me, officer)
    async with portal(officer).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, f"cases/{case.id}/placements", "from the draft plan on")
    assert consult(officer, case.id, case.id).status_code == 409
    assert ok(officer.get(f"/v1/placements/cases/{case.id}")).json()["open"] is False
    assert rows(services, Consultation) == []
