"""Children are deleted at a birthday, or a year after the last list, and not before."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlmodel import update

from server.cases.tables import Case
from server.core.database import Services
from server.core.retention import RetentionPeriods
from server.people.tables import AccessEnd, Person
from tests.parts import Clock, Someone
from tests.server.desk.steps import move_days
from tests.server.desk.taking_back import end_access
from tests.server.documents.test_upload import sweep_now
from tests.server.records.steps import (
    ERASABLE_WORDS,
    FIRST_NAME,
    KEPT_WORDS,
    LAST_NAME,
    UPN,
    apply_retention,
    create_full_record,
    stored_text,
    tables_with,
)
from tests.server.steps import (
    add_child,
    ok,
    rows,
    start,
    submit_request,
)

pytestmark = pytest.mark.both_databases


def test_child_on_nobodys_list_is_deleted_after_a_year(
    me: Someone, services: Services, clock: Clock
) -> None:
    kept, unused = add_child(me, last_name="Marsh"), add_child(me)
    ok(me.delete(f"/v1/people/{unused}"))
    clock.move(days=364)
    apply_retention(services)
    assert len(rows(services, Person)) == 2
    clock.move(days=1)
    apply_retention(services)
    assert [row.id for row in rows(services, Person)] == [kept]


def test_record_is_kept_until_the_birthday(
    me: Someone, other: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    create_full_record(me, other, officer, services, clock)
    younger = add_child(me, last_name="Marsh", born="2019-03-14")
    submit_request(me, younger)
    clock.now = datetime(2053, 3, 13, 23, 59, tzinfo=UTC)
    apply_retention(services)
    words = (FIRST_NAME, LAST_NAME, UPN, *KEPT_WORDS)
    assert len(tables_with(stored_text(services), *words)) == len(words)
    clock.now = datetime(2053, 3, 14, 0, 0, tzinfo=UTC)
    assert apply_retention(services)["children"] == 1
    sweep_now(services)
    assert tables_with(stored_text(services), *words, *ERASABLE_WORDS) == {}
    assert [row.id for row in rows(services, Person)] == [younger]
    assert [row.person_id for row in rows(services, Case)] == [younger]


def test_shorter_period_applies_at_once(me: Someone, services: Services, clock: Clock) -> None:
    settings = services.settings.model_copy(
        update={"retention": RetentionPeriods(child_age_years=9)}
    )
    add_child(me, born="2017-03-02")
    add_child(me, born="2017-03-03", last_name="Marsh")
    apply_retention(replace(services, settings=settings))
    assert [row.last_name for row in rows(services, Person)] == ["Marsh"]


def test_child_is_kept_for_a_year_after_leaving_the_last_list(
    me: Someone, services: Services, clock: Clock
) -> None:
    person = add_child(me)
    move_days(clock, services, 800)
    ok(me.delete(f"/v1/people/{person}"))
    for days in (0, 364):
        clock.move(days=days)
        apply_retention(services)
        assert [row.id for row in rows(services, Person)] == [person]
    clock.move(days=1)
    apply_retention(services)
    assert rows(services, Person) == []


def test_child_is_kept_while_an_access_to_it_is_ended(
    me: Someone, officer: Someone, services: Services, clock: Clock
) -> None:
    person = add_child(me)
    ok(end_access(officer, person, me))
    clock.move(days=800)
    apply_retention(services)
    assert [row.id for row in rows(services, Person)] == [person]
    with services.transaction() as tx:
        tx.session.exec(update(AccessEnd).values(lifted_at=tx.now))
    apply_retention(services)
    assert rows(services, Person) == []


def test_child_is_kept_for_a_year_after_its_last_form_is_deleted(
    me: Someone, services: Services, clock: Clock
) -> None:
    person = add_child(me)
    start(me, person)
    move_days(clock, services, 300)
    ok(me.delete(f"/v1/people/{person}", params={"drafts": True}))
    move_days(clock, services, 300)
    apply_retention(services)
    assert [row.id for row in rows(services, Person)] == [person]
