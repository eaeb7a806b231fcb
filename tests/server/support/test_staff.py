"""The authority's own accounts: made by the command line, let in by an authenticator app alone."""

import pyotp
import pytest
from httpx import Client

from server.cli import main
from server.core.database import Services
from server.support.staff import StaffRefused, add_staff
from shared.accounts import SecondStep, Staff
from tests.mails import last_mail, link_in
from tests.parts import Factory, Someone
from tests.server.accounts.steps import sign_in
from tests.server.desk.steps import case_of
from tests.server.steps import audit_of, done

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


@pytest.mark.usefixtures("command")
def test_who_leaves_is_out_at_once_and_their_cases_are_everybody_s(
    http: Client,
    me: Someone,
    officer: Someone,
    someone: Factory,
    services: Services,
    capsys: pytest.CaptureFixture[str],
) -> None:
    case = case_of(me, services)
    done(officer.put(f"/v1/desk/cases/{case}/officer"))
    capsys.readouterr()
    for cases in (1, 0):
        assert main(["staff", "disable", officer.email.title()]) == 0
        said = capsys.readouterr().out
        assert said.startswith(f"{officer.email} is signed out everywhere")
        assert said.endswith(f"for another officer to take: {cases}.\n")
    assert officer.get("/v1/desk/cases").status_code == 401
    assert sign_in(http, officer.email).status_code == 401
    other = someone("ben@leicester.example", staff=Staff.OFFICER)
    assert done(other.get(f"/v1/desk/cases/{case}")).json()["officer"] == ""
    lines = [line for line in audit_of(services) if line.account_id is None]
    assert [(line.action, line.subject_id) for line in lines] == [
        ("account_disabled", officer.id),
        ("case_given_up", case),
    ]


@pytest.mark.usefixtures("command")
def test_who_comes_back_is_added_again(
    http: Client, officer: Someone, services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["staff", "disable", officer.email])
    made(services, email=officer.email)
    assert sign_in(http, officer.email).status_code == 201
    assert "account_enabled" in [line.action for line in audit_of(services)]


@pytest.mark.usefixtures("command")
def test_only_the_authority_s_own_are_disabled_by_the_command(
    me: Someone, capsys: pytest.CaptureFixture[str]
) -> None:
    for email in (me.email, "nobody@leicester.example"):
        assert main(["staff", "disable", email]) == 2
        assert capsys.readouterr().err.startswith(f"{email} is no account of the authority's own")
    assert me.get("/v1/people").is_success
