"""The authority's own accounts: made by the command line, let in by an authenticator app alone."""

import pyotp
import pytest
from httpx import Client

from server.accounts.staff import StaffRefused, add_staff
from server.core.database import Services
from shared.accounts import SecondStep, Staff
from tests.mails import last_mail, link_in
from tests.parts import Factory
from tests.server.steps import done

EMAIL = "maud@leicester.example"
PASSWORD = "four kettles beside a lighthouse"


def made(services: Services, staff: Staff = Staff.OFFICER, email: str = EMAIL) -> str:
    with services.transaction() as tx:
        return add_staff(tx, email, staff, "Maud", "Ferriby", "0116 496 0107")


def test_an_officer_sets_a_password_then_an_app_and_nothing_else_lets_them_in(
    http: Client, services: Services
) -> None:
    link = made(services)
    assert link_in(last_mail(services, EMAIL)) == link
    done(http.post("/v1/password/reset", json={"token": link, "password": PASSWORD}))
    signed = done(http.post("/v1/sessions", json={"email": EMAIL, "password": PASSWORD})).json()
    assert signed["account"]["staff"] == "officer"
    http.headers["Authorization"] = f"Bearer {signed['token']}"
    assert http.get("/v1/desk/cases").json()["code"] == "two_step_required"
    for method in ("email", "none"):
        refused = http.put("/v1/account/second-step", json={"method": method})
        assert refused.json()["code"] == "forbidden"
    secret = done(http.post("/v1/account/second-step/app")).json()["secret"]
    code = pyotp.TOTP(secret).at(services.clock())
    done(http.put("/v1/account/second-step", json={"method": "app", "code": code}))
    again = done(http.post("/v1/sessions", json={"email": EMAIL, "password": PASSWORD})).json()
    assert again["state"] == "code_required"


def test_a_professional_s_account_is_not_turned_into_one(
    someone: Factory, services: Services
) -> None:
    me = someone(two_step=SecondStep.EMAIL)
    with pytest.raises(StaffRefused):
        made(services, email=me.email)
    first, second = made(services), made(services)
    assert first != second
    with pytest.raises(StaffRefused):
        made(services, Staff.SUPPORT)
