"""A portal that sends no email refuses what needs one, and promises none."""

import asyncio

import pytest
from fastapi import FastAPI
from httpx import Client

from server.cli import main
from server.core.database import Services
from server.core.health import Health
from server.core.outbox import OutboxMail
from server.core.settings import Settings
from server.messages.service import send_message
from shared.accounts import SecondStep, Staff
from shared.health import State
from tests.parts import Factory, Someone
from tests.server.accounts.steps import NEW_EMAIL, registration, sign_in
from tests.server.steps import ok, rows

STAFF_DETAILS = {"first_name": "Maud", "last_name": "Ferriby", "phone": "0116 496 0107"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings of a portal without a relay."""
    return settings.model_copy(update={"mail": "none"})


def test_what_needs_an_email_is_refused_with_the_contact(
    http: Client, someone: Factory, settings: Settings, services: Services
) -> None:
    me = someone()
    officer = someone("officer@leicester.example", staff=Staff.OFFICER, may_manage_staff=True)
    refused = {
        "register": http.post("/v1/registrations", json=registration()),
        "reset a known": http.post("/v1/password/forgotten", json={"email": me.email}),
        "reset an unknown": http.post("/v1/password/forgotten", json={"email": NEW_EMAIL}),
        "sign in by an emailed code": sign_in(http, me.email),
        "change the email": me.put("/v1/account/email", json={"email": NEW_EMAIL}),
        "choose emailed codes": me.put("/v1/account/second-step", json={"method": "email"}),
        "add staff": officer.post(
            "/v1/staff", json={"email": NEW_EMAIL, "staff": "support", **STAFF_DETAILS}
        ),
    }
    for what, reply in refused.items():
        assert (reply.status_code, reply.json()["code"]) == (409, "not_allowed"), what
        assert "sends no email" in reply.json()["detail"], what
        contact = "staff add" if what == "add staff" else settings.contact_email
        assert contact in reply.json()["detail"], what
    assert rows(services, OutboxMail) == []


def test_message_arrives_without_an_email(me: Someone, services: Services) -> None:
    with services.transaction() as tx:
        send_message(tx, to_account=me.id, subject="A subject", body="A text")
    assert ok(me.get("/v1/messages")).json()["total"] == 1
    assert rows(services, OutboxMail) == []


def test_account_with_an_app_signs_in(http: Client, someone: Factory) -> None:
    someone(two_step=SecondStep.APP)
    assert ok(sign_in(http, "senco@osierbeck.example")).json()["state"] == "code_required"


def test_health_and_the_portal_say_so(http: Client, app: FastAPI, services: Services) -> None:
    assert ok(http.get("/v1/portal")).json()["sends_mail"] is False
    report = asyncio.run(Health(services).check())
    assert (report.status, report.outbox) == (State.OK, State.UNKNOWN)


def test_command_prints_the_link_and_that_it_is_not_emailed(
    command: None,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    services: Services,
) -> None:
    monkeypatch.setenv("PORTAL_MAIL", "none")
    names = [f"--{name.replace('_', '-')}={value}" for name, value in STAFF_DETAILS.items()]
    assert main(["staff", "add", NEW_EMAIL, "--as", "officer", *names]) == 0
    output = capsys.readouterr().out
    assert "which is not emailed" in output
    assert "/reset/" in output
    assert rows(services, OutboxMail) == []
