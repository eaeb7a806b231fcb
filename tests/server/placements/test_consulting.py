"""Consulting settings: asking, chasing, replies (CFA s.39 and 40, Code 9.83)."""

from datetime import date
from uuid import uuid4

import pytest

from server.core.audit import Action
from server.core.database import Services
from server.core.outbox import OutboxMail
from server.messages.tables import Message
from server.placements.tables import Consultation
from shared.placements import NO_DRAFT_SENT, RefusalGround, Reply
from tests.emails import last_email
from tests.parts import Clock, Someone
from tests.server.desk.steps import (
    create_case_in_assessment,
    match_child,
    move_days,
    record_event,
)
from tests.server.placements.steps import (
    EMAIL,
    add_school,
    consult,
    create_drafted_case,
    read,
    remind_settings,
    reply,
    request_setting,
)
from tests.server.steps import audit_of, ok, rows


def test_several_settings_are_asked_at_once_with_15_days(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_drafted_case(me, officer, services)
    schools = [add_school(services), add_school(services, "Oak School", "120002")]
    ok(consult(officer, case, *schools))
    shown = read(officer, case)
    assert sorted(row.name for row in shown.consultations) == ["Elm Park School", "Oak School"]
    assert {(row.asked_on, row.due_on) for row in shown.consultations} == {
        (date(2026, 3, 2), date(2026, 3, 17))
    }
    assert shown.consultations[0].due_words == "17/03/2026 · 15 days left"
    mail = last_email(services, EMAIL)
    assert shown.consultations[0].reference in mail or shown.consultations[1].reference in mail
    assert "17/03/2026" in mail
    assert "Ivo" not in mail and "Larkspur" not in mail
    entries = [row for row in audit_of(services) if row.action == Action.SETTING_CONSULTED]
    assert len(entries) == 2 and all(entry.person_id for entry in entries)
    found = ok(officer.get("/v1/placements/settings", params={"find": "elm park"})).json()
    assert [(row["name"], row["email"]) for row in found] == [("Elm Park School", EMAIL)]


@pytest.mark.both_databases
def test_asking_is_safe_to_repeat_and_never_twice_at_once(
    me: Someone, officer: Someone, services: Services
) -> None:
    case, school = create_drafted_case(me, officer, services), add_school(services)
    body = {"settings": [{"id": str(uuid4()), "organisation": str(school)}]}
    for _ in range(2):
        ok(officer.post(f"/v1/placements/cases/{case}/consultations", json=body))
    [setting] = body["settings"]
    changed = {"settings": [{**setting, "email": EMAIL}]}
    refused = officer.post(f"/v1/placements/cases/{case}/consultations", json=changed)
    assert refused.json()["code"] == "conflict"
    assert len(rows(services, Consultation)) == 1
    again = consult(officer, case, school)
    assert again.status_code == 409
    assert "has not replied yet" in again.json()["detail"]
    [row] = read(officer, case).consultations
    ok(reply(officer, row.id, "yes"))
    ok(consult(officer, case, school))
    assert len(rows(services, Consultation)) == 2


def test_setting_that_was_asked_before_has_its_days_from_then(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case, school = create_drafted_case(me, officer, services), add_school(services)
    move_days(clock, services, 2)
    for day, sentence in (
        ("2026-03-05", "today or in the past"),
        ("2026-03-01", "from the draft plan on"),
    ):
        refused = consult(officer, case, school, on=day)
        assert refused.status_code == 422
        [error] = refused.json()["errors"]
        assert error["pointer"] == "/on" and sentence in error["message"]
    ok(consult(officer, case, school, on="2026-03-02"))
    [row] = read(officer, case).consultations
    assert (row.asked_on, row.due_on) == (date(2026, 3, 2), date(2026, 3, 17))
    assert reply(officer, row.id, "yes", on="2026-03-01").status_code == 422
    ok(reply(officer, row.id, "yes", on="2026-03-03"))


def test_setting_that_was_asked_before_gets_no_email_that_asks_again(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case, school = create_drafted_case(me, officer, services), add_school(services)
    move_days(clock, services, 2)
    before = len(rows(services, OutboxMail))
    ok(consult(officer, case, school, on="2026-03-02"))
    assert len(rows(services, OutboxMail)) == before
    [row] = read(officer, case).consultations
    ok(officer.post(f"/v1/placements/consultations/{row.id}/chase"))
    assert "On 02/03/2026" in last_email(services, EMAIL)
    move_days(clock, services, 11)
    assert remind_settings(services) == 1  # like the others


def test_setting_asked_before_a_plan_that_was_issued_is_not_awaited(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case, school = create_drafted_case(me, officer, services), add_school(services)
    move_days(clock, services, 2)
    for kind in ("representations_recorded", "final_issued"):
        ok(record_event(officer, case, kind, on="2026-03-03"))
    ok(consult(officer, case, school, on="2026-03-02", email=""))
    move_days(clock, services, 12)
    assert remind_settings(services) == 0


def test_nobody_is_asked_before_the_draft_plan(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case_in_assessment(me, officer, services)
    refused = consult(officer, case, add_school(services))
    assert refused.status_code == 409
    assert "from the draft plan on" in refused.json()["detail"]
    assert not read(officer, case).open


def test_asking_before_the_draft_is_sent_is_warned_of(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_case_in_assessment(me, officer, services)
    match_child(officer, case)
    ok(record_event(officer, case, "decided_to_issue"))
    assert NO_DRAFT_SENT in read(officer, case).warnings
    ok(consult(officer, case, add_school(services)))
    assert NO_DRAFT_SENT in read(officer, case).warnings
    for kind in ("draft_served", "draft_changed"):
        ok(record_event(officer, case, kind))
        assert NO_DRAFT_SENT not in read(officer, case).warnings


def test_wrong_address_or_setting_is_refused(
    me: Someone, officer: Someone, services: Services
) -> None:
    case = create_drafted_case(me, officer, services)
    assert consult(officer, case, add_school(services), email="no address").status_code == 422
    assert consult(officer, case, uuid4()).status_code == 404
    assert rows(services, Consultation) == []


def test_settings_of_the_list_have_the_kind_that_the_register_tells(
    officer: Someone, services: Services
) -> None:
    kinds = {
        "Academy converter": "academy",
        "Free schools special": "academy",
        "Voluntary aided school": "maintained_school",
        "Local authority nursery school": "maintained_nursery",
        "Further education": "further_education",
        "Non-maintained special school": "non_maintained_special",
        "Other independent special school": None,  # it may be approved under section 41
        "": None,
    }
    for number, kind in enumerate(kinds):
        add_school(services, f"Elm {number}", f"12000{number}", kind)
    found = ok(officer.get("/v1/placements/settings", params={"find": "elm"})).json()
    assert {row["name"]: row["kind"] for row in found} == {
        f"Elm {number}": kind for number, kind in enumerate(kinds.values())
    }


def test_reply_is_recorded_with_its_ground_and_corrected(
    me: Someone, officer: Someone, services: Services
) -> None:
    case, school = create_drafted_case(me, officer, services), add_school(services)
    ok(consult(officer, case, school))
    [row] = read(officer, case).consultations
    no_ground = reply(officer, row.id, "no")
    assert no_ground.status_code == 422
    assert no_ground.json()["errors"][0]["pointer"] == "/ground"
    assert reply(officer, row.id, "yes", on="2026-03-03").status_code == 422
    assert reply(officer, row.id, "yes", on="2026-03-01").status_code == 422
    ok(reply(officer, row.id, "no", ground="others", words="Too many children."))
    [row] = read(officer, case).consultations
    assert (row.reply, row.ground, row.replied_on, row.words, row.due_words) == (
        Reply.NO,
        RefusalGround.OTHERS,
        date(2026, 3, 2),
        "Too many children.",
        "",
    )
    for _ in range(2):
        ok(reply(officer, row.id, "yes", version=2, ground="others"))
    [row] = read(officer, case).consultations
    assert (row.reply, row.ground) == (Reply.YES, None)
    entries = [entry for entry in audit_of(services) if entry.action == Action.SETTING_REPLIED]
    assert len(entries) == 2


def test_chasing_sends_one_letter_a_day_until_the_reply(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case, school = create_drafted_case(me, officer, services), add_school(services)
    ok(consult(officer, case, school))
    [row] = read(officer, case).consultations
    path = f"/v1/placements/consultations/{row.id}/chase"
    for _ in range(2):
        ok(officer.post(path))
    assert "Your reply has not come yet" in last_email(services, EMAIL)
    move_days(clock, services, 1)
    ok(officer.post(path))
    [row] = read(officer, case).consultations
    assert (row.chases, row.chased_on) == (2, date(2026, 3, 3))
    ok(reply(officer, row.id, "yes"))
    assert officer.post(path).status_code == 409


def test_chase_after_the_last_day_asks_for_no_reply_by_a_past_day(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_drafted_case(me, officer, services)
    ok(consult(officer, case, add_school(services)))
    for days, words in (
        (15, "Please reply by 17/03/2026 to "),  # the last day itself
        (1, "Your reply was due by 17/03/2026. Please reply as soon as you can, to "),
    ):
        move_days(clock, services, days)
        [row] = read(officer, case).consultations
        ok(officer.post(f"/v1/placements/consultations/{row.id}/chase"))
        mail = " ".join(last_email(services, EMAIL).split())
        assert words in mail and words in row.chase_text
    assert "Please reply by" not in mail and "Please reply by" not in row.chase_text


def test_reminders_go_to_the_setting_and_the_officer_once(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_drafted_case(me, officer, services)
    ok(consult(officer, case, add_school(services)))
    ok(consult(officer, case, add_school(services, "Oak School", "120002"), email=""))
    assert remind_settings(services) == 0
    move_days(clock, services, 12)
    assert remind_settings(services) == 2
    assert remind_settings(services) == 0
    assert "Your reply has not come yet" in last_email(services, EMAIL)
    bodies = [row.body for row in rows(services, Message) if row.account_id == officer.id]
    assert any("Elm Park School" in body and "by email" in body for body in bodies)
    assert any("Oak School" in body and "print the letter" in body for body in bodies)
    assert any("should reply by 17/03/2026" in body for body in bodies)
    move_days(clock, services, 10)
    assert remind_settings(services) == 2
    bodies = [row.body for row in rows(services, Message) if row.account_id == officer.id]
    assert sum("should have replied by 17/03/2026" in body for body in bodies) == 2
    for row in read(officer, case).consultations:
        ok(reply(officer, row.id, "yes"))
    move_days(clock, services, 10)
    assert remind_settings(services) == 0


def test_warnings_say_what_the_law_asks_for(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case, school = create_drafted_case(me, officer, services), add_school(services)
    first, second = read(officer, case).warnings
    assert "the draft names no school and no type" in first
    assert "until 16/03/2026" in second
    ok(request_setting(officer, case, organisation=str(school)))
    warnings = read(officer, case).warnings
    assert not any("until 16/03/2026" in warning for warning in warnings)
    assert any("agree, or refuse with a ground" in warning for warning in warnings)
    assert any("was not consulted yet" in warning for warning in warnings)
    ok(consult(officer, case, school))
    assert not any("was not consulted" in warning for warning in read(officer, case).warnings)
    move_days(clock, services, 15)
    assert not any("until 16/03/2026" in warning for warning in read(officer, case).warnings)


def test_setting_is_not_reminded_on_the_day_it_is_chased_nor_once_the_plan_is_issued(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    case = create_drafted_case(me, officer, services)
    ok(consult(officer, case, add_school(services)))
    [row] = read(officer, case).consultations
    move_days(clock, services, 12)
    ok(officer.post(f"/v1/placements/consultations/{row.id}/chase"))
    assert remind_settings(services) == 0
    move_days(clock, services, 1)
    assert remind_settings(services) == 1
    for kind in ("representations_recorded", "final_issued"):
        ok(record_event(officer, case, kind, on="2026-03-15"))
    move_days(clock, services, 10)
    assert remind_settings(services) == 0
