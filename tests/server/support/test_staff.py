"""Staff accounts: added by the command line, signed in with an authenticator app."""

import pyotp
import pytest
from httpx import Client

from server.cli import main
from server.core.database import Services
from server.support.staff import StaffAccountError, add_staff
from shared.accounts import SecondStep, Staff
from tests.emails import last_email, link_in
from tests.parts import Factory, Someone
from tests.server.accounts.steps import sign_in
from tests.server.desk.steps import create_case
from tests.server.steps import audit_of, ok

EMAIL = "maud@leicester.example"
PASSWORD = "four kettles beside a lighthouse"


def add_staff_account(services: Services, staff: Staff = Staff.OFFICER, email: str = EMAIL) -> str:
    with services.transaction() as tx:
        return add_staff(tx, email, staff, "Maud", "Ferriby", "0116 496 0107")


def test_new_officer_must_set_a_password_and_an_app(http: Client, services: Services) -> None:
    link = add_staff_account(services)
    assert link_in(last_email(services, EMAIL)) == link
    ok(http.post("/v1/password/reset", json={"token": link, "password": PASSWORD}))
    reply = ok(http.post("/v1/sessions", json={"email": EMAIL, "password": PASSWORD})).json()
    assert reply["account"]["staff"] == "officer"
    http.headers["Authorization"] = f"Bearer {reply['token']}"
    assert http.get("/v1/desk/cases").json()["code"] == "two_step_required"
    for method in ("email", "none"):
        refusal = http.put("/v1/account/second-step", json={"method": method})
        assert refusal.json()["code"] == "forbidden"
    secret = ok(http.post("/v1/account/second-step/app")).json()["secret"]
    code = pyotp.TOTP(secret).at(services.clock())
    ok(http.put("/v1/account/second-step", json={"method": "app", "code": code}))
    session = ok(http.post("/v1/sessions", json={"email": EMAIL, "password": PASSWORD})).json()
    assert session["state"] == "code_required"


def test_account_of_a_professional_cannot_become_staff(
    someone: Factory, services: Services
) -> None:
    me = someone(two_step=SecondStep.EMAIL)
    with pytest.raises(StaffAccountError):
        add_staff_account(services, email=me.email)
    first, second = add_staff_account(services), add_staff_account(services)
    assert first != second
    with pytest.raises(StaffAccountError):
        add_staff_account(services, Staff.SUPPORT)


@pytest.mark.usefixtures("command")
def test_disabled_officer_is_signed_out_and_gives_up_cases(
    http: Client,
    me: Someone,
    officer: Someone,
    someone: Factory,
    services: Services,
    capsys: pytest.CaptureFixture[str],
) -> None:
    case = create_case(me, services)
    ok(officer.put(f"/v1/desk/cases/{case}/officer"))
    capsys.readouterr()
    for cases in (1, 0):
        assert main(["staff", "disable", officer.email.title()]) == 0
        output = capsys.readouterr().out
        assert output.startswith(f"{officer.email} is signed out everywhere")
        assert output.endswith(f"for another officer to take on: {cases}.\n")
    assert officer.get("/v1/desk/cases").status_code == 401
    assert sign_in(http, officer.email).status_code == 401
    other = someone("ben@leicester.example", staff=Staff.OFFICER)
    assert ok(other.get(f"/v1/desk/cases/{case}")).json()["officer"] == ""
    entries = [entry for entry in audit_of(services) if entry.account_id is None]
    assert [(entry.action, entry.subject_id) for entry in entries] == [
        ("account_disabled", officer.id),
        ("case_given_up", case),
    ]


@pytest.mark.usefixtures("command")
def test_disabled_officer_can_be_added_again(
    http: Client, officer: Someone, services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["staff", "disable", officer.email])
    add_staff_account(services, email=officer.email)
    assert sign_in(http, officer.email).status_code == 201
    assert "account_enabled" in [entry.action for entry in audit_of(services)]


@pytest.mark.usefixtures("command")
def test_command_disables_only_staff(me: Someone, capsys: pytest.CaptureFixture[str]) -> None:
    for email in (me.email, "nobody@leicester.example"):
        assert main(["staff", "disable", email]) == 2
        assert capsys.readouterr().err.startswith(
            f"{email} is not a staff account of the authority"
        )
    assert me.get("/v1/people").is_success
