"""Snapshots of signing in by a provider."""

import pytest
from sqlmodel import update
from textual.pilot import Pilot

from server.accounts import provider_sign_in
from server.accounts.tables import ProviderSignIn
from server.core.database import Services
from server.core.settings import Provider, Settings
from shared.accounts import SecondStep
from tests.parts import Factory
from tests.tui.accounts.filling import choose
from tests.tui.conftest import AppFactory
from tests.tui.snapshots import SMALL, Snapshots
from tests.tui.steps import go_to, on_screen, wait_for_text
from tui.accounts import provider_sign_in as screen

FAILURE = "Microsoft can't be reached just now. Start again in a few minutes."


@pytest.fixture
def settings(settings: Settings) -> Settings:
    providers = [
        {"name": "entra", "label": "Microsoft (Leicester City Council)", "users": "staff"},
        {"name": "dfe", "label": "DfE Sign-in", "users": "professionals"},
    ]
    common = {
        "issuer": "https://login.example",
        "client_id": "portal",
        "client_secret": "x",
        "officer": "Portal.Officer",
    }
    return settings.model_copy(
        update={
            "providers": tuple(Provider.model_validate(each | common) for each in providers),
            "public_url": "https://portal.leicester.example",
        }
    )


@pytest.fixture(autouse=True)
def same_url_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider_sign_in, "URL_CHARACTERS", "h")
    monkeypatch.setattr(screen, "POLL_SECONDS", 0.05)


async def open_provider_sign_in(pilot: Pilot[None]) -> None:
    await wait_for_text(pilot, "Sign in with Microsoft")
    await choose(pilot, ".provider")
    await wait_for_text(pilot, "sign-in/hhhhhhhhhh")


def set_progress(services: Services, **values: str) -> None:
    """Store how far the browser has come."""
    with services.transaction() as tx:
        tx.session.exec(update(ProviderSignIn).values(**values))


async def test_sign_in_with_providers(snapshots: Snapshots, portal: AppFactory) -> None:
    async with portal().run_test(size=SMALL) as pilot:
        await wait_for_text(pilot, "Sign in with Microsoft")
        await snapshots.match(pilot, narrow=True)


async def test_address_to_open(
    snapshots: Snapshots, portal: AppFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(screen, "POLL_SECONDS", 60)
    async with portal().run_test(size=SMALL) as pilot:
        await open_provider_sign_in(pilot)
        await snapshots.match(pilot, narrow=True)
        await choose(pilot, "#show-qr")
        await on_screen(pilot, "QrCode")
        await snapshots.match(pilot, "qr")


async def test_number_to_enter(
    snapshots: Snapshots, portal: AppFactory, services: Services
) -> None:
    async with portal().run_test(size=SMALL) as pilot:
        await open_provider_sign_in(pilot)
        set_progress(services, number_digest="x")
        await wait_for_text(pilot, "Number that the browser shows")
        await snapshots.match(pilot, narrow=True)


async def test_failed_sign_in(snapshots: Snapshots, portal: AppFactory, services: Services) -> None:
    async with portal().run_test(size=SMALL) as pilot:
        await open_provider_sign_in(pilot)
        set_progress(services, failure=FAILURE)
        await wait_for_text(pilot, "can't be reached just now")
        await snapshots.match(pilot)


async def test_signing_in_again(snapshots: Snapshots, portal: AppFactory, someone: Factory) -> None:
    app = portal(someone(two_step=SecondStep.PROVIDER))
    async with app.run_test(size=SMALL) as pilot:
        await on_screen(pilot, "Home")
        app.session.sign_in_again("You are signed out. Sign in again; what you typed is kept.")
        await wait_for_text(pilot, "Sign in with Microsoft")
        await snapshots.match(pilot)


async def test_password_of_a_provider(
    snapshots: Snapshots, portal: AppFactory, someone: Factory
) -> None:
    async with portal(someone(two_step=SecondStep.PROVIDER)).run_test(size=SMALL) as pilot:
        await go_to(pilot, "account/password", "own account")
        await snapshots.match(pilot)
