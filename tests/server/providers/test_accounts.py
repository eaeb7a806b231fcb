"""Accounts of people who sign in by a provider: linked, created, disabled."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from httpx import Client
from pydantic import SecretStr

from server.accounts.tables import Account, ExternalIdentity
from server.cases.tables import Case
from server.core.database import Services
from server.core.settings import Provider as ProviderSettings
from server.core.settings import Settings
from server.desk.leavers import give_up_cases_of_leavers
from server.organisations import domains
from server.support.staff import (
    StaffAccountError,
    add_staff,
    disable_staff,
    find_staff,
    set_right,
)
from shared.accounts import SecondStep, Staff
from tests.emails import emails_to, last_email
from tests.oidc import (
    EMAIL,
    LABEL,
    NAME,
    Browser,
    Provider,
    provider_settings,
)
from tests.parts import PASSWORD, Factory, Someone
from tests.server.accounts.steps import WORK, auth_header, code_of, sign_in
from tests.server.desk.steps import create_case
from tests.server.organisations.steps import SCHOOL, add_organisation
from tests.server.providers.steps import SCHOOLS, actions, complete, finish, progress, start
from tests.server.steps import ok, rows


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


@pytest.mark.parametrize("roles", [[], ["Portal.Support"]], ids=str)
def test_officer_who_is_one_no_longer_loses_the_right_and_the_cases(
    http: Client,
    browser: Browser,
    provider: Provider,
    me: Someone,
    services: Services,
    roles: list[str],
) -> None:
    case = create_case(me, services)
    session = complete(http, browser)
    ok(http.put(f"/v1/desk/cases/{case}/officer", headers=auth_header(session["token"])))
    with services.transaction() as tx:
        set_right(tx, find_staff(tx, EMAIL), granted=True)
    provider.set_user(roles=roles)
    browser.come_back(start(http)[1])
    asyncio.run(give_up_cases_of_leavers(services))
    assert [row.officer_id for row in rows(services, Case)] == [None]
    assert {"staff_right_taken", "case_given_up"} <= set(actions(services))
    with services.transaction() as tx:
        assert not find_staff(tx, EMAIL).may_manage_staff


def test_cases_of_officers_in_use_stay_theirs(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case(me, services)
    ok(officer.put(f"/v1/desk/cases/{case}/officer"))
    asyncio.run(give_up_cases_of_leavers(services))
    assert [row.officer_id for row in rows(services, Case)] == [officer.id]


def test_refusal_of_the_number_is_audited_and_counts(
    http: Client, browser: Browser, someone: Factory, services: Services
) -> None:
    someone(EMAIL)
    sign_in_id, url = start(http)
    number = browser.number(url)
    replies = [code_of(finish(http, sign_in_id, number)) for _ in range(6)]
    assert replies == ["not_allowed"] * 5 + ["old_code"]
    assert actions(services).count("sign_in_refused") == 5


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


def test_two_providers_need_two_names(provider: Provider) -> None:
    twice = [provider_settings(provider)] * 2
    with pytest.raises(ValueError, match="same name"):
        Settings.model_validate({"secret_key": "x" * 40, "providers": twice})


def test_email_of_an_account_that_signs_in_by_a_provider_stays(
    http: Client, browser: Browser
) -> None:
    session = complete(http, browser)
    headers = auth_header(str(session["token"]))
    reply = http.put("/v1/account/email", json={"email": "new@leicester.example"}, headers=headers)
    assert code_of(reply) == "not_allowed"


def test_second_step_of_a_provider_cannot_be_chosen(someone: Factory) -> None:
    reply = someone().put("/v1/account/second-step", json={"method": "provider"})
    assert code_of(reply) == "not_allowed"


def test_disabled_by_command_stays_disabled_though_the_role_is_given(
    http: Client, browser: Browser, provider: Provider, services: Services
) -> None:
    complete(http, browser)
    provider.set_user(roles=[])
    browser.come_back(start(http)[1])
    with services.transaction() as tx:
        disable_staff(tx, find_staff(tx, EMAIL))
    provider.set_user()
    sign_in_id, url = start(http)
    reply = finish(http, sign_in_id, browser.number(url))
    assert (code_of(reply), "disabled" in reply.text) == ("not_allowed", True)


def test_staff_add_gives_a_disabled_account_a_password(
    http: Client, browser: Browser, services: Services
) -> None:
    session = complete(http, browser)
    with services.transaction() as tx, pytest.raises(StaffAccountError, match="Disable"):
        add_staff(tx, EMAIL, Staff.OFFICER, "Ada", "Quill", "0116 496 0101")
    assert len(rows(services, ExternalIdentity)) == 1
    assert not emails_to(services, EMAIL)
    with services.transaction() as tx:
        disable_staff(tx, find_staff(tx, EMAIL))
    with services.transaction() as tx:
        link = add_staff(tx, EMAIL, Staff.OFFICER, "Ada", "Quill", "0116 496 0101")
    assert http.get("/v1/session", headers=auth_header(session["token"])).status_code == 401
    token = link.rsplit("/", 1)[-1]
    reply = http.post("/v1/password/reset", json={"token": token, "password": PASSWORD})
    assert reply.status_code == 204
    again = sign_in(http, EMAIL).json()
    assert (again["state"], again["second_step"]) == ("signed_in", "none")
    assert http.get("/v1/desk/cases", headers=auth_header(again["token"])).status_code == 403
    assert "identity_unlinked" in actions(services)


def test_support_cannot_reset_the_second_step_of_a_provider(
    http: Client, browser: Browser, provider: Provider, someone: Factory
) -> None:
    provider.set_user("teacher", email="head@osierbeck.example")
    sign_in_id, url = start(http, SCHOOLS)
    account = finish(http, sign_in_id, browser.number(url, "teacher")).json()["account"]["id"]
    support = someone("support@leicester.example", staff=Staff.SUPPORT)
    reply = support.post(
        f"/v1/support/accounts/{account}/second-step-reset", json={"how": "rang them back"}
    )
    assert code_of(reply) == "not_allowed"


@pytest.mark.parametrize("verified", [None, "unknown", True], ids=str)
def test_membership_is_confirmed_by_a_verified_email_only(
    http: Client, browser: Browser, provider: Provider, services: Services, verified: object
) -> None:
    add_organisation(services, SCHOOL, "osierbeck.example")
    provider.set_user("teacher", email="head@osierbeck.example", email_verified=verified)
    sign_in_id, url = start(http, SCHOOLS)
    session = finish(http, sign_in_id, browser.number(url, "teacher")).json()
    http.headers.update(auth_header(session["token"]))
    saved = ok(http.put(f"/v1/account/work-details/{uuid4()}", json=WORK)).json()
    with services.transaction() as tx:
        domains.add_domain(tx, domains.find_organisation(tx, SCHOOL), "osierbeck.example")
    [later] = ok(http.get("/v1/account")).json()["work_details"]
    assert (saved["confirmed"], later["confirmed"]) == (verified is True, verified is True)
