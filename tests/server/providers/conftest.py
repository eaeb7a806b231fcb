from collections.abc import Iterator

import pytest
from httpx import Client

from server.core.settings import Provider as ProviderSettings
from server.core.settings import Settings
from shared.values.days import utc_now
from tests.oidc import Browser, Provider, provider_settings, run_provider
from tests.parts import Clock
from tests.server.providers.steps import SCHOOLS


@pytest.fixture(scope="package")
def running_provider() -> Iterator[Provider]:
    with run_provider() as provider:
        yield provider


@pytest.fixture
def provider(running_provider: Provider, clock: Clock) -> Provider:
    running_provider.now = lambda: clock.now.timestamp()
    running_provider.changes.clear()
    running_provider.metadata.clear()
    running_provider.client_auth.clear()
    running_provider.is_down = False
    running_provider.odd_answer = None
    running_provider.requests.clear()
    running_provider.set_user()
    return running_provider


@pytest.fixture
def settings(settings: Settings, provider: Provider) -> Settings:
    schools = provider_settings(provider, name=SCHOOLS, label="DfE Sign-in", users="professionals")
    providers = (
        ProviderSettings.model_validate(provider_settings(provider)),
        ProviderSettings.model_validate(schools),
    )
    return settings.model_copy(update={"providers": providers})


@pytest.fixture
def clock() -> Clock:
    return Clock(utc_now())


@pytest.fixture
def browser(http: Client) -> Browser:
    return Browser(http)
