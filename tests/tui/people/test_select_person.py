import asyncio
from uuid import uuid4

import httpx
import pytest
from textual.pilot import Pilot

from server.cases.allocating import put_on_list
from server.core.database import Services
from server.people import listing
from shared.people import Removal
from tests.parts import Factory, Someone
from tests.server.races import make_actor
from tests.tui.conftest import AppFactory
from tests.tui.people.children import add_child
from tests.tui.steps import go_to, on_screen, screen_text, until, wait_until_idle
from tui.people.select_person import removal_text


def listed_surnames(pilot: Pilot[None]) -> list[str]:
    """Return the surnames in the table, in order."""
    lines = screen_text(pilot.app.screen).splitlines()
    return [line.split(",")[0].strip(" ▸●") for line in lines if ", " in line and "/20" in line]


async def wait_for_surnames(pilot: Pilot[None], *surnames: str) -> None:
    await until(pilot, lambda: listed_surnames(pilot) == list(surnames))


async def test_list_shows_only_my_children(
    portal: AppFactory, someone: Factory, me: Someone
) -> None:
    add_child(me)
    add_child(someone("other@osierbeck.example"), last_name="Stranger")
    async with portal(me).run_test(size=(120, 24)) as pilot:
        await go_to(pilot, "people", "1 record found")
        text = screen_text(pilot.app.screen)
        assert "Select Person" in text
        for heading in ("Name ▲", "Date of Birth", "Address", "School", "Select"):
            assert heading in text
        assert "Larkspur-Dunne, Ivo" in text
        assert "14/03/2018" in text
        assert "Wren Hollow" in text
        assert "Stranger" not in text


async def test_list_is_explained_and_starts_with_active_children(
    portal: AppFactory, me: Someone
) -> None:
    hidden = add_child(me, last_name="Hidden")
    add_child(me)
    me.put(f"/v1/people/{hidden}/hidden", json={"hidden": True})
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "people", "1 record found")
        text = " ".join(screen_text(pilot.app.screen).split())
        assert "you have added, or whom the Local Authority has given you" in text
        assert "View: ▌ Active" in text
        for action in ("+ Add child / young person", "Hide Person", "Delete Person", "Back"):
            assert action in text
        pilot.app.screen.query_one("#back").focus()
        await pilot.press("enter")
        await on_screen(pilot, "Home")


async def test_allocated_child_is_on_my_list(
    portal: AppFactory, someone: Factory, services: Services, me: Someone
) -> None:
    officer = someone("officer@leicester.example", staff="officer")
    child = add_child(someone("other@osierbeck.example"), last_name="Allocated")
    with services.transaction() as tx:
        put_on_list(tx, make_actor(tx, officer), child, me.id)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "people", "1 record found")
        await wait_for_surnames(pilot, "Allocated")


async def test_empty_list_explains_what_to_do(portal: AppFactory, me: Someone) -> None:
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "people", "Nobody is on your list yet. Press + to add")
        assert "0 records found" in screen_text(pilot.app.screen)
        await pilot.press("plus")
        await on_screen(pilot, "EditPerson")


async def test_filter_matches_while_typing_and_enter_opens_the_child(
    portal: AppFactory, me: Someone
) -> None:
    wren = add_child(me, first_name="Wren", last_name="Quill")
    for surname in ("Larkspur", "Okonkwo", "Tallow"):
        add_child(me, last_name=surname)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "people", "4 records found")
        await pilot.press("slash", *"qui")
        await until(pilot, lambda: "1 of 4 found" in screen_text(pilot.app.screen))
        await wait_for_surnames(pilot, "Quill")
        await pilot.press("q")
        await until(pilot, lambda: "Nobody is found by “quiq”" in screen_text(pilot.app.screen))
        await pilot.press("backspace")
        await wait_for_surnames(pilot, "Quill")
        await pilot.press("enter", "enter")
        await on_screen(pilot, "Progress")
        assert str(wren) in str(vars(pilot.app.screen).values())


async def test_match_count_above_the_limit_is_shown_as_or_more(
    portal: AppFactory, me: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MAX_COUNTED", 2)
    for number in range(60):
        add_child(me, last_name=f"Quill{number:02}")
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "people", "60 records found")
        await pilot.press("slash", *"qui")
        await until(pilot, lambda: "51 or more of 60 found" in screen_text(pilot.app.screen))
        await pilot.press("enter", "end")
        await until(pilot, lambda: listed_surnames(pilot)[-1:] == ["Quill59"])


async def test_filter_count_is_updated_on_return_from_a_child(
    portal: AppFactory, me: Someone
) -> None:
    for surname in ("Quill", "Okonkwo", "Tallow"):
        add_child(me, last_name=surname)
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "people", "3 records found")
        await pilot.press("slash", *"qui")
        await until(pilot, lambda: "1 of 3 found" in screen_text(pilot.app.screen))
        await pilot.press("enter", "enter")
        await on_screen(pilot, "Progress")
        add_child(me, last_name="Added")
        await pilot.press("escape")
        await until(pilot, lambda: "1 of 4 found" in screen_text(pilot.app.screen))


async def test_sorting_cycles_through_columns_and_directions(
    portal: AppFactory, me: Someone
) -> None:
    add_child(me, last_name="A", born="2016-01-01", address="2 Row", school="Y")
    add_child(me, last_name="B", born="2015-01-01", address="3 Row", school="Z")
    add_child(me, last_name="C", born="2017-01-01", address="1 Row", school="X")
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "people", "3 records found")
        await wait_for_surnames(pilot, "A", "B", "C")
        for order in ("CBA", "BAC", "CAB", "CAB", "BAC", "CAB", "BAC", "ABC"):
            await pilot.press("s")
            await wait_for_surnames(pilot, *order)


async def test_hidden_child_leaves_the_active_list_and_can_be_shown_again(
    portal: AppFactory, me: Someone
) -> None:
    add_child(me, last_name="A")
    add_child(me, last_name="B")
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "people", "2 records found")
        await pilot.press("h")
        await wait_for_surnames(pilot, "B")
        await pilot.press("shift+tab", "enter", "down", "enter")
        await wait_for_surnames(pilot, "A")
        assert "Show Person" in screen_text(pilot.app.screen)
        await pilot.press("tab", "h")
        await until(pilot, lambda: "Nobody is hidden." in screen_text(pilot.app.screen))
        await pilot.press("shift+tab", "enter", "down", "enter")
        await wait_for_surnames(pilot, "A", "B")


@pytest.mark.parametrize("confirmed", [True, False])
async def test_deleting_lists_what_will_be_deleted_and_needs_confirmation(
    portal: AppFactory, me: Someone, confirmed: bool
) -> None:
    child = add_child(me, last_name="A")
    add_child(me, last_name="B")
    response = me.post(
        "/v1/submissions",
        json={"id": str(uuid4()), "form": "professional-request", "person": str(child)},
    )
    assert response.status_code == 201, response.text
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "people", "2 records found")
        await pilot.press("delete")
        await on_screen(pilot, "ChoiceDialog")
        assert "1 form for Ivo A not submitted yet will be deleted too." in screen_text(
            pilot.app.screen
        )
        assert "ocument" not in screen_text(pilot.app.screen)
        await pilot.press(*(["tab", "enter"] if confirmed else ["escape"]))
        await on_screen(pilot, "SelectPerson")
        await wait_for_surnames(pilot, *("B" if confirmed else "AB"))
    assert me.get(f"/v1/people/{child}").status_code == (404 if confirmed else 200)


@pytest.mark.parametrize(
    ("removal", "text"),
    [
        (Removal(drafts=0, submitted=0, documents=0), "No form has been started for Ivo A."),
        (
            Removal(drafts=0, submitted=0, documents=1),
            "1 document for Ivo A that was never submitted will be deleted too.",
        ),
        (
            Removal(drafts=1, submitted=2, documents=3),
            "1 form for Ivo A not submitted yet will be deleted too.\n"
            "3 documents for Ivo A that were never submitted will be deleted too.\n"
            "2 forms submitted for Ivo A will stay with the Local Authority.",
        ),
    ],
)
def test_delete_question_counts_forms_and_documents(removal: Removal, text: str) -> None:
    assert removal_text("Ivo A", removal) == text


async def test_long_list_scrolls_from_end_to_end(portal: AppFactory, me: Someone) -> None:
    for number in range(130):
        add_child(me, last_name=f"N{number:03}", born="2015-01-01", first_name=f"F{number}")
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "people", "130 records found")
        await pilot.press("end")
        await until(pilot, lambda: listed_surnames(pilot)[-1:] == ["N129"])
        for _ in range(12):
            await pilot.press("pageup")
            await pilot.pause(0.05)
        await until(pilot, lambda: listed_surnames(pilot)[:1] == ["N000"])


async def test_home_cancels_a_jump_to_the_end(portal: AppFactory, me: Someone) -> None:
    for number in range(130):
        add_child(me, last_name=f"N{number:03}", born="2015-01-01", first_name=f"F{number}")
    app, released, replies = portal(me), asyncio.Event(), list[str]()

    async def hold(_: object) -> None:
        await released.wait()

    async def record_reply(reply: httpx.Response) -> None:
        replies.append(reply.request.url.path)

    async with app.run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "people", "130 records found")
        await wait_until_idle(pilot)
        app.client._http.event_hooks["request"].append(hold)
        app.client._http.event_hooks["response"].append(record_reply)
        await pilot.press("end", "home")
        released.set()
        await until(pilot, lambda: "/v1/people" in replies)
        await wait_until_idle(pilot)
        assert listed_surnames(pilot)[:1] == ["N000"]


async def test_opening_the_list_sends_one_request(portal: AppFactory, me: Someone) -> None:
    add_child(me)
    app = portal(me)
    async with app.run_test(size=(80, 24)) as pilot:
        await on_screen(pilot, "Home")
        await wait_until_idle(pilot)
        requests: list[str] = []

        async def record_request(request: object) -> None:
            requests.append(str(request))

        app.client._http.event_hooks["request"].append(record_request)
        await go_to(pilot, "people", "1 record found")
        assert ["/v1/people" in url for url in requests] == [True]


async def test_returning_reloads_the_list_and_keeps_the_filter(
    portal: AppFactory, me: Someone
) -> None:
    add_child(me, last_name="Tallow")
    add_child(me, last_name="Hollow")
    async with portal(me).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "people", "2 records found")
        await pilot.press("slash", *"ivo", "escape", "plus")
        await on_screen(pilot, "EditPerson")
        add_child(me, last_name="Lowther")
        await pilot.press("escape")
        await on_screen(pilot, "SelectPerson")
        await wait_for_surnames(pilot, "Hollow", "Lowther", "Tallow")
        await until(pilot, lambda: "3 of 3 found" in screen_text(pilot.app.screen))
