"""The organisation is found in the list while typing, which is never blocked."""

from uuid import UUID

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from server.core.database import Services
from tests.parts import Factory, Someone
from tests.server.organisations.steps import add_organisation
from tests.server.steps import ok
from tests.tui.accounts.filling import choose, fill
from tests.tui.accounts.test_register import open_form
from tests.tui.conftest import AppFactory
from tests.tui.hanging_transport import HangingTransport
from tests.tui.snapshots import SMALL, Snapshots
from tests.tui.steps import go_to, on_screen, screen_text, until
from tui.accounts.api import find_organisations
from tui.accounts.organisation_field import OrganisationField
from tui.core.errors import Refused


def field(pilot: Pilot[None]) -> OrganisationField:
    return pilot.app.screen.query_one(OrganisationField)


def value(pilot: Pilot[None]) -> str:
    return pilot.app.screen.query_one("#field-organisation Input", Input).value


async def open_work(pilot: Pilot[None]) -> None:
    """Open the last tab of the registration with the focus on the empty organisation."""
    await open_form(pilot)
    await choose(pilot, "#to-2")
    field(pilot).focus_control()
    await pilot.pause()


def add_schools(services: Services) -> UUID:
    add_organisation(services, "Rushmere Academy", address="1 Reed Way", postcode="LE2 2FZ")
    return add_organisation(services, "Rushmere Nursery", address="2 Reed Way", postcode="LE2 2FZ")


async def test_listed_organisation_is_chosen_by_keyboard(
    portal: AppFactory, services: Services
) -> None:
    nursery = add_schools(services)
    async with portal().run_test(size=(80, 24)) as pilot:
        await open_work(pilot)
        await pilot.press(*"rush")
        await until(pilot, lambda: "Rushmere Nursery" in screen_text(pilot.app.screen))
        assert field(pilot).chosen is None
        await pilot.press("down", "down", "down", "up", "down", "enter")
        assert (value(pilot), field(pilot).chosen) == ("Rushmere Nursery", nursery)
        assert "✓ From the list: Rushmere Nursery" in screen_text(pilot.app.screen)
        await pilot.press("enter")
        await pilot.press(*"2 Reed")
        assert pilot.app.screen.query_one("#field-address Input", Input).value == "2 Reed"
        field(pilot).focus_control()
        await pilot.press("end", "x")
        assert (value(pilot), field(pilot).chosen) == ("Rushmere Nurseryx", None)


async def test_unlisted_name_is_kept_as_typed(portal: AppFactory, services: Services) -> None:
    add_schools(services)
    async with portal().run_test(size=(80, 24)) as pilot:
        await open_work(pilot)
        await pilot.press(*"Tansy Bank")
        await until(pilot, lambda: "Not in the list" in screen_text(pilot.app.screen))
        await pilot.press("enter", *"1 Way")
        assert (value(pilot), field(pilot).chosen) == ("Tansy Bank", None)
        assert pilot.app.screen.query_one("#field-address Input", Input).value == "1 Way"


async def test_typing_is_not_blocked_while_the_list_does_not_answer(
    portal: AppFactory, services: Services
) -> None:
    add_schools(services)
    app = portal()
    transport = HangingTransport(app, "/organisations")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_work(pilot)
        await pilot.press(*"rush")
        await until(pilot, lambda: transport.is_holding)
        await pilot.press(*"mere", "tab", *"2 Reed")
        assert value(pilot) == "rushmere"
        assert pilot.app.screen.query_one("#field-address Input", Input).value == "2 Reed"
        transport.released.set()
        await until(pilot, lambda: field(pilot).query_one(OptionList).option_count == 2)
        assert pilot.app.screen.query_one("#field-address Input").has_focus


async def test_list_that_arrives_while_the_screen_closes_is_ignored(
    portal: AppFactory, services: Services
) -> None:
    add_schools(services)
    app = portal()
    transport = HangingTransport(app, "/organisations")
    async with app.run_test(size=(80, 24)) as pilot:
        await open_work(pilot)
        await pilot.press(*"rush")
        await until(pilot, lambda: transport.is_holding)
        form = field(pilot)
        await form.query(OptionList).remove()  # a screen that closes removes it first
        transport.released.set()
        await until(pilot, lambda: not list(form.workers))
        assert app.is_running


async def test_refused_search_keeps_the_name(portal: AppFactory, services: Services) -> None:
    app = portal()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_work(pilot)
        await pilot.press(*"rush")
        await until(pilot, lambda: "Not in the list" in screen_text(pilot.app.screen))
        with pytest.raises(Refused):
            while True:
                await find_organisations(app.client, "")
        await pilot.press(*"mere")
        await until(pilot, lambda: "list can't be reached" in screen_text(pilot.app.screen))
        assert value(pilot) == "rushmere"
        assert not app._notifications


async def test_saved_role_shows_that_it_waits_for_confirmation(
    portal: AppFactory, someone: Factory, services: Services
) -> None:
    nursery = add_schools(services)
    me: Someone = someone()
    async with portal(me).run_test(size=(80, 50)) as pilot:
        await go_to(pilot, "account/work-details", "SEN Co-ordinator")
        assert "Nobody has confirmed" not in screen_text(pilot.app.screen)
        await choose(pilot, ".edit")
        await on_screen(pilot, "EditWork")
        await fill(pilot, organisation="nursery")
        field(pilot).focus_control()
        await until(pilot, lambda: field(pilot).query_one(OptionList).option_count == 1)
        await pilot.press("down", "enter", "ctrl+s")
        await on_screen(pilot, "MyAccount")
        await until(pilot, lambda: "Nobody has confirmed" in screen_text(pilot.app.screen))
    [work] = me.get("/v1/account").json()["work_details"]
    assert (work["organisation_id"], work["confirmed"]) == (str(nursery), False)


async def test_chosen_organisation_is_kept_with_what_was_typed(
    portal: AppFactory, someone: Factory, services: Services
) -> None:
    nursery = add_schools(services)
    async with portal(someone()).run_test(size=(80, 50)) as pilot:
        await go_to(pilot, "account/work-details", "SEN Co-ordinator")
        await choose(pilot, ".edit")
        await on_screen(pilot, "EditWork")
        before = field(pilot).chosen
        await fill(pilot, organisation="nursery")
        field(pilot).focus_control()
        await until(pilot, lambda: field(pilot).query_one(OptionList).option_count == 1)
        await pilot.press("down", "enter")
        await pilot.pause()
        await pilot.press("escape")
        await on_screen(pilot, "MyAccount")
        await choose(pilot, ".edit")
        await on_screen(pilot, "EditWork")
        await until(pilot, lambda: value(pilot) == "Rushmere Nursery")
        await pilot.pause()
        assert field(pilot).chosen == nursery
        await choose(pilot, "#cancel")
        await on_screen(pilot, "MyAccount")
        await choose(pilot, ".edit")
        await on_screen(pilot, "EditWork")
        assert field(pilot).chosen == before


async def test_refused_role_says_so(portal: AppFactory, me: Someone, someone: Factory) -> None:
    new = someone("new@osierbeck.example", confirmed=False)
    ok(me.post(f"/v1/account/colleagues/{new.work}/refuse"))
    async with portal(new).run_test(size=(80, 24)) as pilot:
        await go_to(pilot, "account/work-details", "Your organisation was not confirmed.")


async def test_organisation_list_matches_snapshot(
    snapshots: Snapshots, portal: AppFactory, services: Services
) -> None:
    add_schools(services)
    async with portal().run_test(size=SMALL) as pilot:
        await open_work(pilot)
        await pilot.press(*"rush")
        await until(pilot, lambda: "Rushmere Nursery" in screen_text(pilot.app.screen))
        await pilot.press("down")
        await snapshots.match(pilot, narrow=True)
