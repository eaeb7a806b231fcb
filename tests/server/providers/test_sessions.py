"""Sessions that a provider started end when the provider says so, or is silent too long."""

from typing import Any

from anyio.from_thread import BlockingPortal
from httpx import Client, Response

from server.accounts.actor import ASK_INTERVAL, CONFIRMED_LIMIT
from server.accounts.provider_sessions import confirm_session
from server.accounts.tables import Account, ProviderSession, StoredSession
from server.core.database import Services
from tests.oidc import EMAIL, Browser, Provider
from tests.parts import Clock
from tests.server.accounts.steps import auth_header, code_of, dump_tables
from tests.server.providers.steps import actions, complete
from tests.server.steps import rows


def use(http: Client, session: dict[str, Any]) -> Response:
    """Use the session as the client does while somebody works."""
    reply: Response = http.get("/v1/desk/cases", headers=auth_header(session["token"]))
    return reply


def confirm_due(services: Services, loop: BlockingPortal) -> int:
    """Confirm the sessions that are due, as the server does in the background."""
    count = services.sessions_to_confirm.qsize()
    for _ in range(count):
        loop.call(confirm_session, services, services.sessions_to_confirm.get_nowait())
    return count


def work_until(
    http: Client,
    session: dict[str, Any],
    clock: Clock,
    services: Services,
    loop: BlockingPortal,
    minutes: int,
) -> list[int]:
    """Use a session every 5 minutes and return the statuses."""
    statuses = []
    for _ in range(minutes // 5):
        clock.move(minutes=5)
        statuses.append(use(http, session).status_code)
        confirm_due(services, loop)
    return statuses


def test_session_in_use_is_confirmed_every_ten_minutes_for_hours(
    http: Client,
    browser: Browser,
    clock: Clock,
    services: Services,
    loop: BlockingPortal,
    provider: Provider,
) -> None:
    session = complete(http, browser)
    provider.requests.clear()
    assert set(work_until(http, session, clock, services, loop, 180)) == {200}
    assert provider.requests.count("/oauth2/token") == 18


def test_who_has_left_is_signed_out_at_the_next_use(
    http: Client,
    browser: Browser,
    clock: Clock,
    services: Services,
    loop: BlockingPortal,
    provider: Provider,
) -> None:
    session = complete(http, browser)
    provider.revoke()
    clock.now += ASK_INTERVAL
    use(http, session)
    assert confirm_due(services, loop) == 1
    assert code_of(use(http, session)) == "sign_in_required"
    assert "sessions_ended" in actions(services)
    assert not rows(services, StoredSession)
    assert not rows(services, ProviderSession)


def test_requests_at_the_same_time_ask_once(
    http: Client, browser: Browser, clock: Clock, services: Services
) -> None:
    session = complete(http, browser)
    clock.now += ASK_INTERVAL
    for _ in range(3):
        assert use(http, session).status_code == 200
    assert services.sessions_to_confirm.qsize() == 1


def test_session_goes_on_while_the_provider_is_away_until_the_limit(
    http: Client,
    browser: Browser,
    clock: Clock,
    services: Services,
    loop: BlockingPortal,
    provider: Provider,
) -> None:
    session = complete(http, browser)
    provider.is_down = True
    minutes = int(CONFIRMED_LIMIT.total_seconds()) // 60
    statuses = work_until(http, session, clock, services, loop, minutes)
    assert statuses == [200] * (minutes // 5 - 1) + [401]


def test_provider_back_before_the_limit_confirms_the_session(
    http: Client,
    browser: Browser,
    clock: Clock,
    services: Services,
    loop: BlockingPortal,
    provider: Provider,
) -> None:
    session = complete(http, browser)
    provider.is_down = True
    work_until(http, session, clock, services, loop, 40)
    provider.is_down = False
    assert set(work_until(http, session, clock, services, loop, 60)) == {200}


def test_role_removed_at_the_provider_disables_the_account(
    http: Client,
    browser: Browser,
    clock: Clock,
    services: Services,
    loop: BlockingPortal,
    provider: Provider,
) -> None:
    session = complete(http, browser)
    provider.changes["roles"] = []
    clock.now += ASK_INTERVAL
    use(http, session)
    confirm_due(services, loop)
    assert use(http, session).status_code == 401
    [account] = rows(services, Account)
    assert account.disabled_at is not None


def test_answer_about_somebody_else_ends_the_session(
    http: Client,
    browser: Browser,
    clock: Clock,
    services: Services,
    loop: BlockingPortal,
    provider: Provider,
) -> None:
    session = complete(http, browser)
    provider.changes["sub"] = "somebody-else"
    clock.now += ASK_INTERVAL
    use(http, session)
    confirm_due(services, loop)
    assert use(http, session).status_code == 401


def test_session_without_a_refresh_token_ends_after_the_limit(
    http: Client, browser: Browser, clock: Clock, services: Services, loop: BlockingPortal
) -> None:
    session = complete(http, browser)
    with services.transaction() as tx:
        [row] = rows(services, ProviderSession)
        row.refresh_token = None
        tx.session.add(row)
    assert work_until(http, session, clock, services, loop, 65)[-2:] == [401, 401]


def test_refresh_token_is_encrypted(http: Client, browser: Browser, services: Services) -> None:
    complete(http, browser)
    [row] = rows(services, ProviderSession)
    assert row.refresh_token is not None
    assert row.refresh_token.startswith("gAAAA")
    assert row.refresh_token in "".join(dump_tables(services))


def test_signing_out_forgets_the_refresh_token(
    http: Client, browser: Browser, services: Services
) -> None:
    session = complete(http, browser)
    assert http.delete("/v1/session", headers=auth_header(session["token"])).status_code == 204
    assert not rows(services, ProviderSession)
    assert rows(services, Account)[0].email == EMAIL
