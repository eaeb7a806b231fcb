"""Operators list organisations and the email domains that confirm membership."""

import pytest

from server import cli
from server.accounts.tables import Organisation, OrganisationDomain
from server.core.database import Services
from tests.parts import Factory, Someone
from tests.server.organisations.steps import (
    SCHOOL,
    add_organisation,
    colleague_emails,
    membership_of,
)
from tests.server.steps import audit_of, rows

pytestmark = pytest.mark.usefixtures("command")


def run(*arguments: str) -> int:
    return cli.main(["organisations", *arguments])


def test_listed_domain_confirms_existing_members_once(
    me: Someone, someone: Factory, services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    new = someone("new@osierbeck.example", confirmed=False)
    stranger = someone("stranger@elsewhere.example", confirmed=False)
    assert run("domain", "add", SCHOOL.upper(), "@Osierbeck.Example") == 0
    assert run("domain", "add", SCHOOL, "osierbeck.example") == 0
    assert capsys.readouterr().out.splitlines() == [
        f"Listed for {SCHOOL}. Members confirmed: 1.",
        f"Listed for {SCHOOL}. Members confirmed: 0.",
    ]
    assert colleague_emails(me) == [new.email]
    assert membership_of(services, new.work).confirmed_how == "domain"
    assert membership_of(services, stranger.work).confirmed_at is None
    actions = [entry.action for entry in audit_of(services)]
    assert (actions.count("domain_added"), actions.count("membership_confirmed")) == (1, 1)


def test_removed_domain_ends_what_it_confirmed(
    me: Someone, someone: Factory, services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    someone("new@osierbeck.example", confirmed=False)
    run("domain", "add", SCHOOL, "osierbeck.example")
    assert run("domain", "remove", SCHOOL, "osierbeck.example") == 0
    assert "not confirmed any more: 1." in capsys.readouterr().out
    assert colleague_emails(me) == []
    assert rows(services, OrganisationDomain) == []
    assert run("domain", "remove", SCHOOL, "osierbeck.example") == cli.EXIT_FAILURE


@pytest.mark.parametrize("domain", ["gmail.com", "Outlook.com", "@yahoo.co.uk"])
def test_public_domains_are_refused(
    me: Someone, services: Services, domain: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("domain", "add", SCHOOL, domain) == cli.EXIT_FAILURE
    assert "Anybody can have an address" in capsys.readouterr().err
    assert rows(services, OrganisationDomain) == []


@pytest.mark.parametrize("domain", ["", "school", "a b.example", "x@y@z.example"])
def test_invalid_domains_are_refused(
    me: Someone, domain: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("domain", "add", SCHOOL, domain) == cli.EXIT_FAILURE
    assert "The domain is not valid" in capsys.readouterr().err


def test_nhs_net_can_be_listed(services: Services) -> None:
    assert run("add", "Leicestershire Partnership", "--domain", "nhs.net") == 0
    assert [row.domain for row in rows(services, OrganisationDomain)] == ["nhs.net"]


def test_organisation_is_added_once_and_listed(
    services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert run("add", "Tansy Bank", "--domain", "tansy.example", "--domain", "t.example") == 0
    [organisation] = rows(services, Organisation)
    capsys.readouterr()
    assert run("list", "TANSY") == 0
    assert capsys.readouterr().out == (
        f"{organisation.id} · Tansy Bank · t.example, tansy.example · members: 0\n"
    )
    assert run("list", "none") == 0
    assert capsys.readouterr().out == "No organisation is found.\n"


def test_ambiguous_and_unknown_organisations_are_refused(
    services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    with services.transaction() as tx:
        same_name = [Organisation(name="St Mary's", urn=str(number)) for number in range(2)]
        tx.session.add_all(same_name)
    assert run("domain", "add", "St Mary's", "mary.example") == cli.EXIT_FAILURE
    output = capsys.readouterr().err
    assert all(str(row.id) in output for row in same_name)
    assert run("domain", "add", "No such", "mary.example") == cli.EXIT_FAILURE
    for key in ("0", str(same_name[1].id)):
        assert run("domain", "add", key, "mary.example") == 0
    assert run("add", "Hid\u202eden") == cli.EXIT_FAILURE
    assert run("add", " ") == cli.EXIT_FAILURE


def test_closed_organisation_is_not_joined_by_name(services: Services, me: Someone) -> None:
    with services.transaction() as tx:
        school = tx.session.get_one(Organisation, add_organisation(services, SCHOOL))
        school.closed_at = tx.now
        tx.session.add(school)
    new_card = f"/v1/account/work-details/{me.work}"
    work = {"role": "senco", "address": "1", "postcode": "LE1 1FZ", "work_phone": "0116 496 0102"}
    me.put(new_card, json=work | {"organisation": "Else"})
    saved = me.put(new_card, json=work | {"organisation": SCHOOL}).json()
    assert saved["organisation_id"] is None
