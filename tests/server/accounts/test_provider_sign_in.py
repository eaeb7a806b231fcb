"""Signing in by an OpenID Connect provider, over HTTP, with a real provider."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID, uuid4

import pytest
from httpx import Client, Response
from pydantic import SecretStr

from server.accounts import provider_sign_in
from server.accounts.tables import Account, ExternalIdentity, ProviderSignIn, StoredSession
from server.core import oidc
from server.core.audit import AuditEvent
from server.core.database import Services
from server.core.settings import Provider as ProviderSettings
from server.core.settings import Settings
from shared.accounts import SecondStep, Staff
from shared.values.days import utc_now
from tests.emails import emails_to, last_email
from tests.oidc import (
    CLIENT_ID,
    EMAIL,
    LABEL,
    NAME,
    SUBJECT,
    Browser,
    Provider,
    number_in,
    provider_settings,
    run_provider,
    shared_secret_key,
)
from tests.parts import PASSWORD, Clock, Factory
from tests.server.accounts.steps import auth_header, code_of, dump_tables, sign_in
from tests.server.steps import ok, rows

SCHOOLS = "schools"


@pytest.fixture(scope="module")
def running_provider() -> Iterator[Provider]:
    with run_provider() as provider:
        yield provider


@pytest.fixture
def provider(running_provider: Provider) -> Provider:
    running_provider.changes.clear()
    running_provider.is_down = False
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


def start(http: Client, provider: str = NAME) -> tuple[UUID, str]:
    """Start a sign-in and return its id and URL."""
    sign_in_id = uuid4()
    body = {"id": str(sign_in_id), "provider": provider, "device": "office-7"}
    return sign_in_id, ok(http.post("/v1/provider-sign-ins", json=body)).json()["url"]


def finish(http: Client, sign_in_id: UUID, number: str) -> Response:
    """Type the number in the terminal."""
    reply: Response = http.post(
        f"/v1/provider-sign-ins/{sign_in_id}/session", json={"number": number}
    )
    return reply


def progress(http: Client, sign_in_id: UUID) -> dict[str, Any]:
    """Return how far the sign-in has come, as the terminal sees it."""
    content: dict[str, Any] = ok(http.get(f"/v1/provider-sign-ins/{sign_in_id}")).json()
    return content


def complete(http: Client, browser: Browser, subject: str = SUBJECT) -> dict[str, Any]:
    """Sign in and return the session."""
    sign_in_id, url = start(http)
    reply = finish(http, sign_in_id, browser.number(url, subject))
    assert reply.status_code == 201, reply.text
    session: dict[str, Any] = reply.json()
    return session


def actions(services: Services) -> list[str]:
    return [event.action for event in rows(services, AuditEvent)]


def test_officer_without_an_account_gets_one_and_may_work_at_once(
    http: Client, browser: Browser, services: Services
) -> None:
    sign_in_id, url = start(http)
    assert progress(http, sign_in_id)["state"] == "waiting"
    number = browser.number(url)
    assert progress(http, sign_in_id)["state"] == "number_shown"
    session = finish(http, sign_in_id, f" {number[:3]} {number[3:]} ").json()
    account = session["account"]
    assert (session["state"], account["staff"], account["second_step"]) == (
        "signed_in",
        "officer",
        "provider",
    )
    assert (account["email"], account["about"]["last_name"]) == (EMAIL, "Quill")
    assert http.get("/v1/desk/cases", headers=auth_header(session["token"])).is_success
    assert {"staff_added", "identity_linked", "signed_in"} <= set(actions(services))
    assert not rows(services, ProviderSignIn)


def test_second_sign_in_finds_the_same_account_though_the_email_has_changed(
    http: Client, browser: Browser, provider: Provider
) -> None:
    first = complete(http, browser)
    provider.set_user(email="ada.married@leicester.example")
    second = complete(http, browser)
    assert second["account"]["id"] == first["account"]["id"]
    assert second["account"]["email"] == EMAIL


def test_information_lists_the_providers(http: Client) -> None:
    assert http.get("/v1/portal").json()["providers"] == [
        {"name": NAME, "label": LABEL},
        {"name": SCHOOLS, "label": "DfE Sign-in"},
    ]


def test_repeated_start_gives_the_same_url(http: Client) -> None:
    body = {"id": str(uuid4()), "provider": NAME}
    first = http.post("/v1/provider-sign-ins", json=body)
    assert http.post("/v1/provider-sign-ins", json=body).json() == first.json()
    other = http.post("/v1/provider-sign-ins", json=body | {"provider": SCHOOLS})
    assert code_of(other) == "conflict"
    assert http.post("/v1/provider-sign-ins", json=body | {"provider": "x"}).status_code == 404


def test_waiting_sign_ins_of_an_address_are_bounded(
    http: Client, monkeypatch: pytest.MonkeyPatch, clock: Clock
) -> None:
    monkeypatch.setattr(provider_sign_in, "MAX_PENDING_PER_ADDRESS", 2)
    start(http)
    start(http)
    reply = http.post("/v1/provider-sign-ins", json={"id": str(uuid4()), "provider": NAME})
    assert code_of(reply) == "too_many_tries"
    clock.move(minutes=11)
    start(http)


def test_secrets_are_neither_stored_nor_logged(
    http: Client, browser: Browser, services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    sign_in_id, url = start(http)
    redirect = browser.open(url)
    callback = browser.sign_in(redirect.headers["Location"])
    number = number_in(browser.open(callback))
    stored = "".join(dump_tables(services))
    query = dict(part.split("=") for part in urlsplit(callback).query.split("&"))
    assert number not in stored
    assert query["code"] not in stored
    assert query["state"] not in stored
    assert SUBJECT not in stored
    finish(http, sign_in_id, number)
    output = capsys.readouterr()
    for secret in (number, query["code"], query["state"], EMAIL):
        assert secret not in output.out + output.err


def test_pages_have_no_scripts_and_are_not_stored(http: Client, browser: Browser) -> None:
    _, url = start(http)
    redirect = browser.open(url)
    page = browser.open(browser.sign_in(redirect.headers["Location"]))
    for reply in (redirect, page):
        assert reply.headers["Cache-Control"] == "no-store"
        assert reply.headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
    assert "Never tell the number to anybody" in page.text


def test_wrong_state_is_refused_without_asking_the_provider(
    http: Client, browser: Browser, provider: Provider
) -> None:
    sign_in_id, url = start(http)
    callback = browser.sign_in(browser.open(url).headers["Location"])
    provider.requests.clear()
    code = callback.partition("code=")[2].partition("&")[0]
    for state in ("", "0" * 64):
        page = browser.open("/sign-in/callback?" + urlencode({"code": code, "state": state}))
        assert (page.status_code, "You are not signed in" in page.text) == (422, True)
    assert not provider.requests
    assert progress(http, sign_in_id)["state"] == "waiting"


def test_replayed_return_shows_no_second_number(http: Client, browser: Browser) -> None:
    sign_in_id, url = start(http)
    callback = browser.sign_in(browser.open(url).headers["Location"])
    number = number_in(browser.open(callback))
    replayed = browser.open(callback)
    assert (replayed.status_code, number in replayed.text) == (422, False)
    assert browser.open(url).status_code == 422
    assert finish(http, sign_in_id, number).status_code == 201


def test_code_of_another_sign_in_is_refused(http: Client, browser: Browser) -> None:
    """An attacker's code with the victim's state: the verifier is another."""
    _, attackers_url = start(http)
    victim, url = start(http)
    stolen = browser.sign_in(browser.open(attackers_url).headers["Location"])
    own = browser.sign_in(browser.open(url).headers["Location"])
    code, state = (
        dict(part.split("=") for part in urlsplit(address).query.split("&"))[name]
        for address, name in ((stolen, "code"), (own, "state"))
    )
    page = browser.open(f"/sign-in/callback?code={code}&state={state}")
    assert f"{LABEL} did not let you sign in." in page.text
    assert progress(http, victim) == {
        "url": "",
        "state": "failed",
        "failure": f"{LABEL} did not let you sign in.",
    } | {"url": url}


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another-portal"},
        {"aud": [CLIENT_ID, "another"], "azp": "another"},
        {"iss": "https://elsewhere.example"},
        {"exp": 1_700_000_000},
        {"iat": 9_700_000_000},
        {"sub": ""},
        {"sub": None},
    ],
    ids=str,
)
def test_id_token_with_a_wrong_claim_is_refused(
    http: Client,
    browser: Browser,
    provider: Provider,
    services: Services,
    changes: dict[str, object],
) -> None:
    sign_in_id, url = start(http)
    provider.changes |= changes
    page = browser.come_back(url)
    assert page.status_code == 422
    assert progress(http, sign_in_id)["state"] == "failed"
    assert code_of(finish(http, sign_in_id, "000000")) == "old_code"
    assert not rows(services, Account)


@pytest.mark.parametrize("algorithm", ["HS256", "none"])
def test_id_token_without_the_providers_signature_is_refused(
    http: Client, browser: Browser, provider: Provider, algorithm: str
) -> None:
    _, url = start(http)
    provider.algorithm, key = algorithm, provider.signing_key
    provider.signing_key = shared_secret_key()  # type: ignore[assignment]  # as an attacker would
    try:
        assert browser.come_back(url).status_code == 422
    finally:
        provider.algorithm, provider.signing_key = "RS256", key


def test_changed_keys_of_the_provider_are_fetched_again(
    http: Client, browser: Browser, provider: Provider
) -> None:
    complete(http, browser)
    provider.rotate_key()
    complete(http, browser)
    assert provider.requests.count("/jwks") == 2
    assert provider.requests.count("/.well-known/openid-configuration") == 1


def test_number_of_another_person_is_refused(http: Client, browser: Browser) -> None:
    mine, url = start(http)
    browser.number(url)
    _, others_url = start(http)
    number = browser.number(others_url)
    reply = finish(http, mine, number)
    # One in a million numbers is the same.
    assert code_of(reply) == "wrong_code"


def test_number_can_be_tried_five_times(http: Client, browser: Browser, services: Services) -> None:
    sign_in_id, url = start(http)
    number = browser.number(url)
    wrong = f"{(int(number) + 1) % 1_000_000:06}"
    assert [code_of(finish(http, sign_in_id, wrong)) for _ in range(5)] == ["wrong_code"] * 5
    assert code_of(finish(http, sign_in_id, number)) == "old_code"
    assert not rows(services, StoredSession)
    assert actions(services).count("code_refused") == 5


def test_number_works_once(http: Client, browser: Browser, services: Services) -> None:
    sign_in_id, url = start(http)
    number = browser.number(url)
    assert finish(http, sign_in_id, number).status_code == 201
    assert code_of(finish(http, sign_in_id, number)) == "old_code"
    assert len(rows(services, StoredSession)) == 1


def test_number_and_url_expire(http: Client, browser: Browser, clock: Clock) -> None:
    sign_in_id, url = start(http)
    number = browser.number(url)
    late, late_url = start(http)
    clock.move(minutes=10)
    assert code_of(finish(http, sign_in_id, number)) == "old_code"
    assert browser.open(late_url).status_code == 422
    assert progress(http, late)["state"] == "failed"


def test_cancelled_sign_in_is_told_to_the_terminal(http: Client, browser: Browser) -> None:
    sign_in_id, url = start(http)
    callback = browser.sign_in(browser.open(url).headers["Location"], action="deny")
    assert "did not let you sign in" in browser.open(callback).text
    assert progress(http, sign_in_id)["failure"] == f"{LABEL} did not let you sign in."


def test_provider_down_before_it_is_first_asked(
    http: Client, browser: Browser, provider: Provider
) -> None:
    sign_in_id, url = start(http)
    provider.is_down = True
    page = browser.open(url)
    assert (page.status_code, "can&#39;t be reached just now" in page.text) == (422, True)
    provider.is_down = False
    assert finish(http, sign_in_id, browser.number(url)).status_code == 201


def test_provider_down_in_the_middle(http: Client, browser: Browser, provider: Provider) -> None:
    sign_in_id, url = start(http)
    callback = browser.sign_in(browser.open(url).headers["Location"])
    provider.is_down = True
    assert "can&#39;t be reached just now" in browser.open(callback).text
    assert "can't be reached" in progress(http, sign_in_id)["failure"]


def test_slow_provider_holds_nobody_up(
    http: Client, browser: Browser, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(oidc, "TIMEOUT_SECONDS", 0.2)
    sign_in_id, url = start(http)
    callback = browser.sign_in(browser.open(url).headers["Location"])
    provider.released.clear()
    try:
        assert "can&#39;t be reached just now" in browser.open(callback).text
    finally:
        provider.released.set()
    assert progress(http, sign_in_id)["state"] == "failed"


def test_person_without_a_role_is_refused(
    http: Client, browser: Browser, provider: Provider, services: Services
) -> None:
    provider.set_user(roles=["Something.Else"])
    sign_in_id, url = start(http)
    assert "gives you no role in the portal" in browser.come_back(url).text
    assert "no role" in progress(http, sign_in_id)["failure"]
    assert not rows(services, Account)


def test_role_of_the_claim_is_applied_at_each_sign_in(
    http: Client, browser: Browser, provider: Provider, services: Services
) -> None:
    first = complete(http, browser)
    provider.set_user(roles=["Portal.Support"])
    second = complete(http, browser)
    assert (first["account"]["staff"], second["account"]["staff"]) == ("officer", "support")
    assert http.get("/v1/session", headers=auth_header(first["token"])).status_code == 401
    assert "role_changed" in actions(services)


def test_lost_role_disables_the_account_until_it_is_given_again(
    http: Client, browser: Browser, provider: Provider, services: Services
) -> None:
    session = complete(http, browser)
    provider.set_user(roles=[])
    _, url = start(http)
    browser.come_back(url)
    [account] = rows(services, Account)
    assert account.disabled_at is not None
    assert http.get("/v1/session", headers=auth_header(session["token"])).status_code == 401
    provider.set_user()
    assert complete(http, browser)["account"]["id"] == str(account.id)
    assert {"account_disabled", "account_enabled"} <= set(actions(services))


def test_role_lost_between_browser_and_number_is_noticed(
    http: Client, browser: Browser, services: Services
) -> None:
    complete(http, browser)
    sign_in_id, url = start(http)
    number = browser.number(url)
    with services.transaction() as tx:
        [account] = rows(services, Account)
        account.disabled_at = tx.now
        tx.session.add(account)
    reply = finish(http, sign_in_id, number)
    assert (reply.status_code, code_of(reply)) == (409, "not_allowed")
    assert "disabled" in reply.json()["detail"]


def test_existing_staff_account_is_linked_and_told(
    http: Client, browser: Browser, someone: Factory, services: Services
) -> None:
    owner = someone(EMAIL, staff=Staff.OFFICER)
    session = complete(http, browser)
    assert session["account"]["id"] == str(owner.id)
    assert owner.get("/v1/session").status_code == 401
    assert code_of(sign_in(http, EMAIL)) == "wrong_credentials"
    assert LABEL in last_email(services, EMAIL)
    [account] = rows(services, Account)
    assert (account.password_hash, account.second_step) == ("", SecondStep.PROVIDER)


@pytest.mark.parametrize("claims", [{"email_verified": False}, {"email_verified": None}], ids=str)
def test_staff_account_is_not_linked_by_an_unverified_email(
    http: Client,
    browser: Browser,
    provider: Provider,
    someone: Factory,
    services: Services,
    claims: dict[str, Any],
) -> None:
    owner = someone(EMAIL, staff=Staff.OFFICER)
    provider.set_user(**claims)
    sign_in_id, url = start(http)
    assert code_of(finish(http, sign_in_id, browser.number(url))) == "not_allowed"
    assert not rows(services, ExternalIdentity)
    assert owner.get("/v1/session").status_code == 200


def test_entra_claim_verifies_the_email(
    http: Client, browser: Browser, provider: Provider, someone: Factory
) -> None:
    owner = someone(EMAIL, staff=Staff.OFFICER)
    provider.set_user(email_verified=None, xms_edov=True)
    assert complete(http, browser)["account"]["id"] == str(owner.id)


def test_successor_with_the_same_email_does_not_get_the_account(
    http: Client, browser: Browser, provider: Provider
) -> None:
    complete(http, browser)
    provider.set_user("successor")
    sign_in_id, url = start(http)
    assert code_of(finish(http, sign_in_id, browser.number(url, "successor"))) == "not_allowed"


@pytest.mark.parametrize("name", [NAME, SCHOOLS])
def test_account_of_a_professional_is_never_linked_by_its_email(
    http: Client, browser: Browser, someone: Factory, name: str
) -> None:
    owner = someone(EMAIL)
    sign_in_id, url = start(http, name)
    reply = finish(http, sign_in_id, browser.number(url))
    assert (code_of(reply), "Sign in with its password" in reply.text) == ("not_allowed", True)
    assert owner.get("/v1/people").status_code == 200


def test_professional_signs_in_by_a_provider_for_schools(
    http: Client, browser: Browser, provider: Provider
) -> None:
    provider.set_user("teacher", email="head@osierbeck.example", roles=[])
    sign_in_id, url = start(http, SCHOOLS)
    session = finish(http, sign_in_id, browser.number(url, "teacher")).json()
    assert session["account"]["staff"] is None
    assert http.get("/v1/people", headers=auth_header(session["token"])).status_code == 200


def test_provider_account_has_no_password_and_no_second_step_here(
    http: Client, browser: Browser, services: Services
) -> None:
    session = complete(http, browser)
    http.headers.update(auth_header(session["token"]))
    refusals = [
        http.post("/v1/account/second-step/app"),
        http.post("/v1/account/recovery-codes"),
        http.put("/v1/account/second-step", json={"method": "app", "code": "1"}),
        http.put("/v1/account/password", json={"current": PASSWORD, "new": PASSWORD + "s"}),
    ]
    assert {code_of(reply) for reply in refusals} == {"not_allowed"}
    assert http.post("/v1/password/forgotten", json={"email": EMAIL}).status_code == 204
    assert not emails_to(services, EMAIL)
    for password in ("", " ", PASSWORD):
        assert sign_in(http, EMAIL, password).is_error


def test_reset_link_from_before_the_linking_sets_no_password(
    http: Client, browser: Browser, someone: Factory, services: Services
) -> None:
    someone(EMAIL, staff=Staff.OFFICER)
    http.post("/v1/password/forgotten", json={"email": EMAIL})
    token = last_email(services, EMAIL).partition("/reset/")[2].split()[0]
    complete(http, browser)
    reply = http.post("/v1/password/reset", json={"token": token, "password": PASSWORD})
    assert code_of(reply) == "not_allowed"
    assert rows(services, Account)[0].password_hash == ""


def test_email_missing_in_the_id_token_is_read_from_userinfo(
    http: Client, browser: Browser, provider: Provider
) -> None:
    provider.without_email = True
    try:
        assert complete(http, browser)["account"]["email"] == EMAIL
    finally:
        provider.without_email = False


def test_staff_passwords_can_be_switched_off(
    http: Client, someone: Factory, services: Services
) -> None:
    services.settings.staff_passwords = False
    someone("officer@leicester.example", staff=Staff.OFFICER)
    someone("senco@osierbeck.example")
    refused = sign_in(http, "officer@leicester.example")
    assert (code_of(refused), LABEL in refused.text) == ("not_allowed", True)
    assert code_of(sign_in(http, "officer@leicester.example", "wrong")) == "wrong_credentials"
    assert sign_in(http, "senco@osierbeck.example").status_code == 201


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "http://directory.example"},
        {"officer": "", "support": ""},
        {"name": "With Space"},
        {"user": "staff"},
    ],
    ids=str,
)
def test_wrong_settings_are_refused(provider: Provider, changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        ProviderSettings.model_validate(provider_settings(provider, **changes))


def test_settings_that_would_lock_staff_out_are_refused() -> None:
    with pytest.raises(ValueError, match="without a provider"):
        Settings(secret_key=SecretStr("x" * 40), staff_passwords=False)
