"""Membership of an organisation is confirmed before anything is shared with it."""

import asyncio
from collections.abc import Callable
from functools import partial
from uuid import UUID, uuid4

import pytest
from httpx import Client, Response

from server import cli
from server.accounts.tables import Organisation
from server.core.database import Services
from server.organisations import memberships
from server.organisations.notices import announce_membership
from shared.organisations import ConfirmIn
from tests.emails import emails_to
from tests.parts import Clock, Factory, Someone
from tests.server.accounts.steps import (
    NEW_EMAIL,
    WORK,
    code_of,
    emailed_token,
    registration,
)
from tests.server.organisations.steps import (
    SCHOOL,
    add_organisation,
    announce,
    colleague_emails,
    membership_of,
    to_confirm,
)
from tests.server.races import during_transaction, make_actor
from tests.server.steps import add_child, audit_of, ok, rows, share, start, submission_path

DECISIONS = ("confirm", "refuse")


@pytest.fixture
def new(someone: Factory) -> Someone:
    """Professional who says that they work at the school."""
    return someone("new@osierbeck.example", confirmed=False)


def list_subjects(me: Someone) -> list[str]:
    return [row["subject"] for row in ok(me.get("/v1/messages")).json()["rows"]]


def decide(me: Someone, membership: UUID | None, decision: str) -> None:
    ok(me.post(f"/v1/account/colleagues/{membership}/{decision}"))


def test_unconfirmed_professional_has_no_colleagues_and_is_nobodys(
    me: Someone, bea: Someone, new: Someone
) -> None:
    sharing = ok(new.get(f"{submission_path(start(new))}/sharing")).json()
    assert (sharing["colleagues"], sharing["confirmed"]) == ([], False)
    assert colleague_emails(me) == [bea.email]
    for sender, recipient in ((new, me), (me, new)):
        person = add_child(sender, first_name="Nell")
        form = submission_path(start(sender, person))
        for reply in (
            sender.put(f"{form}/shares/{recipient.id}"),
            sender.post(f"{form}/hand-over", json={"to": str(recipient.id)}),
        ):
            assert code_of(reply) == "not_found"
    assert to_confirm(new) == []


def test_colleague_confirms_after_which_both_can_share(
    me: Someone, new: Someone, services: Services
) -> None:
    [row] = to_confirm(me)
    assert (row["name"], row["email"], row["role"], row["organisation"]) == (
        "Ada New",
        new.email,
        "SEN Co-ordinator",
        SCHOOL,
    )
    for _ in range(2):
        decide(me, new.work, "confirm")
    assert (colleague_emails(me), colleague_emails(new)) == ([new.email], [me.email])
    assert to_confirm(me) == []
    assert list_subjects(new) == ["Your organisation was confirmed"]
    stored = membership_of(services, new.work)
    assert (stored.confirmed_by, stored.confirmed_how) == (me.id, "colleague")
    [entry] = [entry for entry in audit_of(services) if entry.action == "membership_confirmed"]
    assert (entry.account_id, entry.subject_id, entry.to_account_id) == (me.id, new.work, new.id)


def test_refused_membership_is_listed_for_nobody_and_can_be_asked_for_again(
    me: Someone, officer: Someone, new: Someone, services: Services
) -> None:
    for _ in range(2):
        decide(me, new.work, "refuse")
    assert to_confirm(me) == []
    assert ok(officer.get("/v1/desk/memberships")).json() == {"rows": [], "total": 0}
    assert list_subjects(new) == ["Your organisation was not confirmed"]
    assert [e.action for e in audit_of(services)].count("membership_refused") == 1
    card = f"/v1/account/work-details/{new.work}"
    ok(new.put(card, json=WORK | {"mobile": "07700 900123"}))
    assert to_confirm(me) == []
    ok(new.put(card, json=WORK | {"organisation": "Else"}))
    ok(new.put(card, json=WORK))
    assert [row["id"] for row in to_confirm(me)] == [str(new.work)]


def test_confirmed_membership_cannot_be_refused(
    me: Someone, bea: Someone, officer: Someone
) -> None:
    for reply in (
        me.post(f"/v1/account/colleagues/{bea.work}/refuse"),
        officer.post(f"/v1/desk/memberships/{bea.work}/refuse"),
    ):
        assert (reply.status_code, code_of(reply)) == (409, "not_allowed")
    assert colleague_emails(me) == [bea.email]


@pytest.mark.parametrize("decision", DECISIONS)
def test_nobody_outside_the_organisation_can_decide(
    new: Someone, outsider: Someone, someone: Factory, me: Someone, decision: str
) -> None:
    also_new = someone("also.new@osierbeck.example", confirmed=False)
    for actor in (outsider, also_new, new):
        assert to_confirm(actor) == []
        reply = actor.post(f"/v1/account/colleagues/{new.work}/{decision}")
        assert code_of(reply) == "not_found"
    assert code_of(me.post(f"/v1/account/colleagues/{uuid4()}/{decision}")) == "not_found"
    assert code_of(me.post(f"/v1/account/colleagues/{me.work}/{decision}")) == "not_found"
    assert len(to_confirm(me)) == 2


def test_membership_is_confirmed_at_activation_if_the_domain_is_listed(
    http: Client, services: Services, me: Someone
) -> None:
    add_organisation(services, SCHOOL, "osierbeck.example")
    for email in (NEW_EMAIL, "ivy@gmail.com", "ivy@mail.osierbeck.example"):
        ok(http.post("/v1/registrations", json=registration(email)))
        ok(http.post("/v1/activations", json={"token": emailed_token(services, email)}))
    assert colleague_emails(me) == [NEW_EMAIL]
    assert [row["email"] for row in to_confirm(me)] == [
        "ivy@gmail.com",
        "ivy@mail.osierbeck.example",
    ]


def test_another_organisation_has_to_be_confirmed_anew(
    me: Someone, bea: Someone, services: Services, someone: Factory
) -> None:
    other = add_organisation(services, "Rushmere Nursery")
    chosen = WORK | {"organisation": "Rushmere", "organisation_id": str(other)}
    saved = ok(bea.put(f"/v1/account/work-details/{bea.work}", json=chosen)).json()
    assert (saved["organisation"], saved["confirmed"]) == ("Rushmere Nursery", False)
    assert ok(bea.put(f"/v1/account/work-details/{bea.work}", json=chosen)).json() == saved
    assert (colleague_emails(me), colleague_emails(bea)) == ([], [])
    add_organisation(services, SCHOOL, "osierbeck.example")
    back = ok(bea.put(f"/v1/account/work-details/{bea.work}", json=WORK)).json()
    assert (back["organisation"], back["confirmed"]) == (SCHOOL, True)
    assert colleague_emails(me) == [bea.email]


def test_other_changes_keep_the_confirmation(me: Someone, bea: Someone) -> None:
    changed = WORK | {"organisation": f" {SCHOOL.upper()} ", "mobile": "07700 900123"}
    saved = ok(bea.put(f"/v1/account/work-details/{bea.work}", json=changed)).json()
    assert (saved["organisation"], saved["confirmed"], saved["version"]) == (SCHOOL, True, 2)
    assert colleague_emails(me) == [bea.email]


def test_existing_shares_stay_when_the_recipient_moves(me: Someone, bea: Someone) -> None:
    form = start(me)
    share(me, form, bea)
    ok(bea.put(f"/v1/account/work-details/{bea.work}", json=WORK | {"organisation": "Else"}))
    ok(bea.get(submission_path(form)))


def test_typed_name_that_several_organisations_have_is_linked_to_none(
    bea: Someone, services: Services
) -> None:
    with services.transaction() as tx:
        tx.session.add_all(Organisation(name="St Mary's") for _ in range(2))
    typed = WORK | {"organisation": "St Mary's"}
    saved = ok(bea.put(f"/v1/account/work-details/{bea.work}", json=typed)).json()
    assert (saved["organisation"], saved["organisation_id"]) == ("St Mary's", None)


def test_officer_confirms_typed_names_and_links_to_listed_organisations(
    officer: Someone, someone: Factory, me: Someone, services: Services
) -> None:
    school = membership_of(services, me.work).organisation_id
    typed = [someone(f"{name}@tansy.example", organisation="Else") for name in ("a", "b", "c")]
    for actor, name in zip(typed, ("Tansy Bank", "Tansy  bank", "Osierbeck"), strict=True):
        ok(actor.put(f"/v1/account/work-details/{actor.work}", json=WORK | {"organisation": name}))
    waiting = ok(officer.get("/v1/desk/memberships")).json()["rows"]
    assert [(row["organisation"], row["listed"]) for row in waiting] == [
        ("Tansy Bank", None),
        ("Tansy bank", None),
        ("Osierbeck", None),
    ]
    path = "/v1/desk/memberships/{}/confirm"
    for actor in typed[:2]:
        ok(officer.post(path.format(actor.work), json={"version": 2}))
    assert colleague_emails(typed[0]) == ["b@tansy.example"]
    [added] = [row for row in rows(services, Organisation) if row.name == "Tansy Bank"]
    assert (added.address, added.postcode) == ("", "")
    ok(officer.post(path.format(typed[2].work), json={"version": 2, "organisation": str(school)}))
    assert colleague_emails(me) == ["c@tansy.example"]
    unknown = {"version": 2, "organisation": str(uuid4())}
    assert code_of(officer.post(path.format(typed[2].work), json=unknown)) == "not_found"


def test_officer_confirms_only_what_was_shown(
    officer: Someone, new: Someone, services: Services
) -> None:
    [shown] = ok(officer.get("/v1/desk/memberships")).json()["rows"]
    ok(new.put(f"/v1/account/work-details/{new.work}", json=WORK | {"organisation": "Else"}))
    path = f"/v1/desk/memberships/{new.work}/confirm"
    reply = officer.post(path, json={"version": shown["version"]})
    assert (reply.status_code, code_of(reply)) == (409, "conflict")
    assert membership_of(services, new.work).confirmed_at is None
    [shown] = ok(officer.get("/v1/desk/memberships")).json()["rows"]
    for _ in range(2):
        ok(officer.post(path, json={"version": shown["version"]}))
    assert membership_of(services, new.work).confirmed_at is not None


@pytest.mark.both_databases
def test_confirmation_during_a_move_to_another_organisation_ends_with_it(
    officer: Someone, new: Someone, services: Services
) -> None:
    assert new.work
    moved = WORK | {"organisation": "Else"}
    replies: list[Response] = []
    path = f"/v1/account/work-details/{new.work}"
    with during_transaction(services, lambda: new.put(path, json=moved), replies) as tx:
        memberships.confirm_as_officer(tx, make_actor(tx, officer), new.work, ConfirmIn(version=1))
    ok(replies[0])
    stored = membership_of(services, new.work)
    assert (stored.organisation, stored.confirmed_at) == ("Else", None)


def end_by_route(officer: Someone, member: Someone) -> None:
    ok(officer.post(f"/v1/desk/memberships/{member.work}/end"))


def end_by_command(officer: Someone, member: Someone) -> None:
    assert cli.main(["organisations", "end", member.email.title()]) == 0


@pytest.mark.usefixtures("command")
@pytest.mark.parametrize("end", [end_by_route, end_by_command])
def test_confirmed_membership_is_ended_and_waits_for_nobody(
    me: Someone,
    bea: Someone,
    officer: Someone,
    services: Services,
    end: Callable[[Someone, Someone], None],
) -> None:
    form = start(me)
    share(me, form, bea)
    for _ in range(2):
        end(officer, bea)
    assert (colleague_emails(me), colleague_emails(bea), to_confirm(me)) == ([], [], [])
    assert ok(officer.get("/v1/desk/memberships")).json()["total"] == 0
    ok(bea.get(submission_path(form)))
    assert list_subjects(bea)[0] == "You are no longer confirmed as a member"
    [entry] = [entry for entry in audit_of(services) if entry.action == "membership_ended"]
    by = officer.id if end is end_by_route else None
    assert (entry.account_id, entry.subject_id, entry.to_account_id) == (by, bea.work, bea.id)


def test_ending_nothing_is_told(
    command: None, me: Someone, officer: Someone, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["organisations", "end", "nobody@osierbeck.example"]) == cli.EXIT_FAILURE
    assert "Nobody" in capsys.readouterr().err
    assert code_of(officer.post(f"/v1/desk/memberships/{uuid4()}/end")) == "not_found"
    assert me.post(f"/v1/desk/memberships/{me.work}/end").status_code == 403


def test_end_of_a_membership_by_moving_is_audited(bea: Someone, services: Services) -> None:
    path = f"/v1/account/work-details/{bea.work}"
    for name in ("Else", "Tansy Bank"):
        ok(bea.put(path, json=WORK | {"organisation": name}))
    [entry] = [entry for entry in audit_of(services) if entry.action == "membership_ended"]
    assert (entry.account_id, entry.subject_id, entry.to_account_id) == (bea.id, bea.work, bea.id)


def test_officer_is_offered_unconfirmed_professionals_as_such(
    officer: Someone, new: Someone
) -> None:
    found = ok(officer.get("/v1/desk/professionals", params={"find": "new"})).json()
    assert [row["organisation"] for row in found] == [f"{SCHOOL} (not confirmed)"]


def test_colleagues_get_one_notice_until_they_read_it(
    me: Someone, bea: Someone, outsider: Someone, officer: Someone, someone: Factory,
    services: Services,
) -> None:  # fmt: skip
    for number in range(5):
        someone(f"new{number}@osierbeck.example", confirmed=False)
        announce(services)
    announce(services)
    for account in (me, bea):
        assert list_subjects(account) == ["Somebody asks to be confirmed"]
        assert len(emails_to(services, account.email)) == 1
    assert list_subjects(outsider) == list_subjects(officer) == []
    [row] = me.get("/v1/messages").json()["rows"]
    message = me.get(f"/v1/messages/{row['id']}").json()
    assert message["place"] == "account/colleagues"
    ok(me.put(f"/v1/messages/{row['id']}/read"))
    someone("late@osierbeck.example", confirmed=False)
    announce(services)
    assert len(list_subjects(me)) == 2


def test_officers_get_the_notice_if_nobody_else_can_confirm(
    officer: Someone, new: Someone, services: Services
) -> None:
    announce(services)
    assert list_subjects(officer) == ["Somebody asks to be confirmed"]
    [row] = officer.get("/v1/messages").json()["rows"]
    assert officer.get(f"/v1/messages/{row['id']}").json()["place"] == "memberships"


def test_messages_to_others_are_limited_and_nothing_is_lost(
    me: Someone, bea: Someone, clock: Clock
) -> None:
    person = add_child(me)
    forms = [start(me, person) for _ in range(21)]
    for form in forms[:20]:
        share(me, form, bea)
    refused = me.put(f"{submission_path(forms[20])}/shares/{bea.id}")
    assert (refused.status_code, code_of(refused)) == (429, "too_many_tries")
    assert refused.json()["retry_after"] <= 180
    handed = me.post(f"{submission_path(forms[20])}/hand-over", json={"to": str(bea.id)})
    assert code_of(handed) == "too_many_tries"
    share(me, forms[0], bea)  # a repeat sends nothing
    assert len(list_subjects(bea)) == 20
    clock.move(minutes=3)
    share(me, forms[20], bea)
    assert me.put(f"{submission_path(start(me, person))}/shares/{bea.id}").status_code == 429
    for _ in range(3):
        clock.move(minutes=25)
        ok(me.get("/v1/session"))
    for _ in range(20):
        share(me, start(me, person), bea)


def test_asking_to_join_many_organisations_is_limited(me: Someone, services: Services) -> None:
    for number in range(21):
        add_organisation(services, f"School {number}")
    card = f"/v1/account/work-details/{me.work}"
    for number in range(20):
        ok(me.put(card, json=WORK | {"organisation": f"School {number}"}))
    reply = me.put(card, json=WORK | {"organisation": "School 20"})
    assert (reply.status_code, code_of(reply)) == (429, "too_many_tries")
    assert me.get("/v1/account").json()["work_details"][0]["organisation"] == "School 19"


@pytest.mark.both_databases
def test_two_servers_that_announce_at_once_send_one_notice(
    me: Someone, someone: Factory, services: Services
) -> None:
    first, second = (someone(f"new-{n}@osierbeck.example", confirmed=False) for n in range(2))

    def announce_second() -> Response:
        assert second.work is not None
        asyncio.run(services.write(partial(announce_membership, second.work)))
        return Response(204)

    with during_transaction(services, announce_second, []) as tx:
        assert first.work is not None
        announce_membership(first.work, tx)
    assert list_subjects(me) == ["Somebody asks to be confirmed"]
