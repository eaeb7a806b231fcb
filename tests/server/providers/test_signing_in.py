"""Signing in by an OpenID Connect provider, over HTTP, with a real provider."""

from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, urlencode, urlsplit
from uuid import uuid4

import pytest
from httpx import Client

from server.accounts import provider_sign_in
from server.accounts.tables import Account, ProviderSignIn, StoredSession
from server.core import oidc
from server.core.database import Services
from tests.oidc import (
    CLIENT_ID,
    CLIENT_SECRET,
    EMAIL,
    LABEL,
    NAME,
    SUBJECT,
    Browser,
    Provider,
    number_in,
    shared_secret_key,
)
from tests.parts import Clock
from tests.server.accounts.steps import auth_header, code_of, dump_tables
from tests.server.providers.steps import SCHOOLS, actions, complete, finish, progress, start
from tests.server.steps import rows


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


def test_discovery_document_of_another_issuer_is_not_used(
    http: Client, browser: Browser, provider: Provider
) -> None:
    provider.metadata["issuer"] = "https://elsewhere.example"
    _, url = start(http)
    assert browser.open(url).status_code == 422


def test_client_secret_is_sent_to_the_token_endpoint_only(
    http: Client, browser: Browser, provider: Provider
) -> None:
    _, url = start(http)
    redirect = browser.open(url)
    browser.open(browser.sign_in(redirect.headers["Location"]))
    [authorization] = provider.client_auth
    expected = f"{CLIENT_ID}:{quote(CLIENT_SECRET, safe='')}"
    assert b64decode(authorization.removeprefix("Basic ")).decode() == expected
    assert "secret" not in redirect.headers["Location"]


def test_refresh_token_is_asked_for_where_the_provider_has_a_scope_for_it(
    http: Client, browser: Browser, provider: Provider
) -> None:
    provider.metadata["scopes_supported"] = ["openid", "offline_access"]
    _, url = start(http)
    assert "offline_access" in browser.open(url).headers["Location"]


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


@pytest.mark.parametrize("answer", [1, ["error"], "error"], ids=str)
def test_refusal_that_is_no_json_object_is_told_as_unavailable(
    http: Client, browser: Browser, provider: Provider, answer: object
) -> None:
    sign_in_id, url = start(http)
    callback = browser.sign_in(browser.open(url).headers["Location"])
    provider.odd_answer = answer
    assert "can&#39;t be reached just now" in browser.open(callback).text
    assert "can't be reached" in progress(http, sign_in_id)["failure"]


def test_slow_provider_holds_nobody_up(
    http: Client, browser: Browser, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in_id, url = start(http)
    callback = browser.sign_in(browser.open(url).headers["Location"])
    monkeypatch.setattr(oidc, "TIMEOUT_SECONDS", 0.2)
    provider.released.clear()
    try:
        assert "can&#39;t be reached just now" in browser.open(callback).text
    finally:
        provider.released.set()
    assert progress(http, sign_in_id)["state"] == "failed"


@pytest.mark.both_databases
def test_number_sent_twice_at_once_starts_one_session(
    http: Client, browser: Browser, services: Services
) -> None:
    sign_in_id, url = start(http)
    number = browser.number(url)
    with ThreadPoolExecutor() as pool:
        replies = list(pool.map(lambda _: finish(http, sign_in_id, number), range(4)))
    assert sorted(reply.status_code for reply in replies) == [201, 422, 422, 422]
    assert len(rows(services, StoredSession)) == 1


@pytest.mark.both_databases
def test_first_sign_ins_of_one_person_at_once_make_one_account(
    http: Client, browser: Browser, services: Services
) -> None:
    numbers = [(id, browser.number(url)) for id, url in (start(http) for _ in range(4))]
    with ThreadPoolExecutor() as pool:
        replies = list(pool.map(lambda pair: finish(http, *pair), numbers))
    assert [reply.status_code for reply in replies] == [201] * 4
    assert len(rows(services, Account)) == 1
    assert len(rows(services, StoredSession)) == 4
