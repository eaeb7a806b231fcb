"""Officers who manage staff accounts, over HTTP and by the command that entitles them."""

from uuid import uuid4

import pytest
from httpx import Client, Response

from server.accounts.tables import Account
from server.cli import main
from server.core.audit import Action
from server.core.database import Services
from server.support import managing_staff
from shared.accounts import Staff
from shared.support import StaffRow
from tests.emails import emails_to, last_email, link_in
from tests.parts import Factory, Someone
from tests.server.accounts.steps import OTHER_PASSWORD, code_of, pointers, sign_in
from tests.server.desk.steps import create_case
from tests.server.races import during_transaction, make_actor
from tests.server.steps import audit_of, ok, rows

EMAIL = "maud@leicester.example"
MAUD = {
    "email": EMAIL,
    "staff": "officer",
    "first_name": "Maud",
    "last_name": "Ferriby",
    "phone": "0116 496 0107",
}


@pytest.fixture
def manager(someone: Factory) -> Someone:
    return someone("manager@leicester.example", staff=Staff.OFFICER, may_manage_staff=True)


@pytest.fixture
def second(someone: Factory) -> Someone:
    return someone("second@leicester.example", staff=Staff.OFFICER, may_manage_staff=True)


def staff_of(manager: Someone) -> dict[str, StaffRow]:
    listed = [StaffRow.model_validate(row) for row in ok(manager.get("/v1/staff")).json()]
    return {row.email: row for row in listed}


def add(manager: Someone, **overrides: str) -> Response:
    reply: Response = manager.post("/v1/staff", json=MAUD | overrides)
    return reply


def disable(manager: Someone, account: Someone) -> Response:
    reply: Response = manager.put(f"/v1/staff/{account.id}/disabled")
    return reply


def actions(services: Services, by: Someone) -> list[str]:
    return [entry.action for entry in audit_of(services) if entry.account_id == by.id]


def test_new_officer_sets_a_password_with_the_emailed_link(
    http: Client, manager: Someone, services: Services
) -> None:
    reply = ok(add(manager))
    link = link_in(last_email(services, EMAIL))
    assert link.rsplit("/", 1)[-1] not in reply.text
    ok(http.post("/v1/password/reset", json={"token": link, "password": OTHER_PASSWORD}))
    account = ok(sign_in(http, EMAIL, OTHER_PASSWORD)).json()["account"]
    assert (account["staff"], account["may_manage_staff"]) == ("officer", False)
    row = staff_of(manager)[EMAIL]
    assert (row.name, row.may_manage, row.disabled, row.you) == (
        "Maud Ferriby",
        False,
        False,
        False,
    )
    assert actions(services, manager) == [Action.STAFF_ADDED]


def test_support_can_be_added_and_repeating_sends_a_new_link(
    manager: Someone, services: Services
) -> None:
    for _ in range(2):
        ok(add(manager, staff="support"))
    assert len(emails_to(services, EMAIL)) == 2
    assert actions(services, manager) == [Action.STAFF_ADDED]
    assert code_of(add(manager)) == "not_allowed"


def test_invalid_details_are_rejected(manager: Someone, me: Someone, services: Services) -> None:
    assert pointers(add(manager, email="no email")) == {"/email"}
    assert pointers(add(manager, phone="12", last_name=" ")) == {"/phone", "/last_name"}
    assert code_of(add(manager, email=me.email)) == "not_allowed"
    assert {row.staff for row in rows(services, Account)} == {Staff.OFFICER, None}


def test_disabled_officer_is_signed_out_and_loses_cases_and_right(
    http: Client, me: Someone, manager: Someone, second: Someone, services: Services
) -> None:
    case = create_case(me, services)
    ok(second.put(f"/v1/desk/cases/{case}/officer"))
    for _ in range(2):
        ok(disable(manager, second))
    assert second.get("/v1/staff").status_code == 401
    assert code_of(sign_in(http, second.email)) == "wrong_credentials"
    row = staff_of(manager)[second.email]
    assert (row.disabled, row.may_manage) == (True, False)
    assert ok(manager.get(f"/v1/desk/cases/{case}")).json()["officer"] == ""
    assert actions(services, manager)[:2] == [
        Action.STAFF_RIGHT_TAKEN,
        Action.ACCOUNT_DISABLED,
    ]
    ok(add(manager, email=second.email))
    row = staff_of(manager)[second.email]
    assert (row.disabled, row.may_manage) == (False, False)


def test_nobody_disables_themselves_or_a_professional(manager: Someone, me: Someone) -> None:
    assert code_of(disable(manager, manager)) == "not_allowed"
    assert code_of(disable(manager, me)) == "not_found"
    ok(me.get("/v1/people"))
    ok(manager.get("/v1/staff"))


def test_right_is_given_and_taken_but_never_from_the_last(
    manager: Someone, officer: Someone, someone: Factory, services: Services
) -> None:
    support = someone("support@leicester.example", staff=Staff.SUPPORT)
    assert code_of(officer.get("/v1/staff")) == "forbidden"
    assert code_of(manager.put(f"/v1/staff/{support.id}/right")) == "not_allowed"
    assert code_of(manager.delete(f"/v1/staff/{manager.id}/right")) == "not_allowed"
    for _ in range(2):
        ok(manager.put(f"/v1/staff/{officer.id}/right"))
    assert staff_of(officer)[officer.email].may_manage
    ok(manager.delete(f"/v1/staff/{manager.id}/right"))
    assert code_of(manager.get("/v1/staff")) == "forbidden"
    assert code_of(officer.delete(f"/v1/staff/{officer.id}/right")) == "not_allowed"
    assert actions(services, manager) == [Action.STAFF_RIGHT_GIVEN, Action.STAFF_RIGHT_TAKEN]


@pytest.mark.both_databases
def test_two_managers_disable_each_other_at_once_and_one_stays(
    manager: Someone, second: Someone, services: Services
) -> None:
    replies: list[Response] = []
    with during_transaction(services, lambda: disable(second, manager), replies) as tx:
        managing_staff.disable(tx, make_actor(tx, manager), second.id)
    assert code_of(replies[0]) in {"forbidden", "sign_in_required"}
    rights = [row for row in staff_of(manager).values() if row.may_manage and not row.disabled]
    assert [row.email for row in rights] == [manager.email]


@pytest.mark.both_databases
def test_two_managers_take_the_right_at_once_and_one_keeps_it(
    manager: Someone, second: Someone, services: Services
) -> None:
    replies: list[Response] = []

    def revoke_own() -> Response:
        reply: Response = second.delete(f"/v1/staff/{second.id}/right")
        return reply

    with during_transaction(services, revoke_own, replies) as tx:
        managing_staff.change_right(tx, make_actor(tx, manager), manager.id, granted=False)
    assert code_of(replies[0]) == "not_allowed"
    assert [row.email for row in rows(services, Account) if row.may_manage_staff] == [second.email]


def test_disabled_or_unknown_accounts_get_no_right(
    manager: Someone, officer: Someone, me: Someone
) -> None:
    ok(disable(manager, officer))
    assert code_of(manager.put(f"/v1/staff/{officer.id}/right")) == "not_allowed"
    for account in (me.id, uuid4()):
        assert code_of(manager.put(f"/v1/staff/{account}/right")) == "not_found"


@pytest.mark.usefixtures("command")
def test_command_gives_and_takes_the_right(
    officer: Someone, me: Someone, services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert main(["staff", "grant", officer.email.title()]) == 0
    ok(officer.get("/v1/staff"))
    assert main(["staff", "revoke", officer.email]) == 0
    assert "may not manage staff accounts" in capsys.readouterr().out
    assert code_of(officer.get("/v1/staff")) == "forbidden"
    assert main(["staff", "grant", me.email]) == 2
    assert "is not a staff account" in capsys.readouterr().err
    entries = [entry.action for entry in audit_of(services) if entry.subject_id == officer.id]
    assert entries == [Action.STAFF_RIGHT_GIVEN, Action.STAFF_RIGHT_TAKEN]
