"""Lists that a server of an earlier version changed during a rolling upgrade."""

import asyncio
from collections.abc import Callable
from uuid import UUID

import pytest
from sqlmodel import Session, col, select, update

from server.core import migrate
from server.core.database import Services, open_database
from server.people import listing
from server.people.service import change_person
from server.people.tables import ListedPerson, Person
from server.people.upkeep import update_starts
from shared.people import PersonIn
from tests.parts import TODAY, Someone
from tests.server.core.test_migrate import make_account, make_child
from tests.server.people.lists import assert_lists_agree
from tests.server.steps import add_child, child, if_match, ok

pytestmark = pytest.mark.both_databases


@pytest.fixture(autouse=True)
def scan_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read every list as one with very many matches."""
    monkeypatch.setattr(listing, "MAX_COUNTED", 0)
    monkeypatch.setattr(listing, "MAX_SORTED", 0)


def rename_on_older_server(services: Services, account: UUID, id: UUID, **changes: str) -> None:
    """Change a child as a server of the version before does, which knows no starts of words."""
    with services.transaction() as tx:
        person = tx.session.get_one(Person, id)
        indexed = person.indexed_version
        starts = tx.session.exec(select(ListedPerson.starts)).first()
        change_person(tx, account, person, PersonIn.model_validate(child(**changes)))
        person.indexed_version = indexed
        tx.session.flush()
        tx.session.exec(update(ListedPerson).values(starts=starts))


def find(me: Someone, words: str) -> list[str]:
    page = ok(me.get("/v1/people", params={"find": words})).json()
    return [row["id"] for row in page["rows"]]


def test_renamed_child_is_found_after_the_upgrade(me: Someone, services: Services) -> None:
    person = add_child(me)
    assert asyncio.run(update_starts(services)) == 0
    rename_on_older_server(services, me.id, person, last_name="Zimmermann")
    assert find(me, "zimm") == []
    assert asyncio.run(update_starts(services)) == 1
    assert find(me, "zimm") == [str(person)]
    assert asyncio.run(update_starts(services)) == 0
    with services.transaction(writes=False) as tx:
        assert_lists_agree(tx)


def test_child_whom_an_older_server_added_gets_starts(me: Someone, services: Services) -> None:
    add_child(me)
    with services.transaction() as tx:
        tx.session.exec(update(Person).values(indexed_version=None))
        tx.session.exec(update(ListedPerson).values(starts=None))
    assert asyncio.run(update_starts(services)) == 1
    with services.transaction(writes=False) as tx:
        assert_lists_agree(tx)


def rename(me: Someone, officer: Someone, person: UUID) -> None:
    ok(me.put(f"/v1/people/{person}", json=child(last_name="Ab"), headers=if_match(1)))


def add_parent(me: Someone, officer: Someone, person: UUID) -> None:
    parent = {"id": str(UUID(int=1)), "name": "Ada"}
    body = {"id": str(UUID(int=2)), "parents": [parent], "reason": "Known now."}
    ok(officer.put(f"/v1/desk/people/{person}/parents", json=body, headers=if_match(1)))


@pytest.mark.parametrize("change", [rename, add_parent], ids=lambda change: change.__name__)
def test_nothing_is_out_of_date_after_a_change_by_this_version(
    me: Someone,
    officer: Someone,
    services: Services,
    change: Callable[[Someone, Someone, UUID], None],
) -> None:
    change(me, officer, add_child(me))
    assert asyncio.run(update_starts(services)) == 0


def test_change_that_keeps_the_words_leaves_them_out_of_date(
    me: Someone, officer: Someone, services: Services
) -> None:
    person = add_child(me)
    with services.transaction() as tx:
        tx.session.exec(update(Person).values(version=2, indexed_version=1))
        tx.session.get_one(Person, person).add_version()
    assert asyncio.run(update_starts(services)) == 1


def test_migration_takes_what_is_stored_as_up_to_date(empty_database: str) -> None:
    engine = open_database(empty_database)
    migrate.upgrade(engine)
    with Session(engine) as session:
        account = make_account(TODAY)
        session.add(account)
        session.flush()
        session.add(make_child(account))
        session.commit()
    migrate.downgrade(engine, "0045")
    migrate.upgrade(engine)
    with Session(engine) as session:
        person = session.exec(select(Person)).one()
        assert person.indexed_version == person.version == 1
        assert session.exec(select(Person).where(col(Person.indexed_version).is_(None))).all() == []
    engine.dispose()
