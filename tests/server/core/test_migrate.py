"""Migrations on SQLite and PostgreSQL."""

from collections.abc import Iterable
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text
from sqlmodel import Session, SQLModel, col, select

from server.accounts.tables import Account
from server.app import open_services
from server.cases.tables import Case, CaseEvent, Exemption
from server.core import migrate
from server.core.database import POSTGRESQL_LIMITS, open_database
from server.core.outbox import OutboxMail, Priority
from server.core.settings import Settings
from server.desk.tables import Reminder
from server.forms.tables import Submission
from server.messages.tables import Message
from server.people.tables import (
    ListedPerson,
    ListedWord,
    ListSize,
    Person,
    PersonWord,
)
from shared.cases.states import CaseState
from tests.parts import settings_for

pytestmark = pytest.mark.both_databases

BEFORE_LISTS = "0007"


def test_upgrade_matches_the_tables_and_downgrade_removes_them(
    empty_database: str,
) -> None:
    engine = open_database(empty_database)
    assert not migrate.is_up_to_date(engine)
    migrate.upgrade(engine)
    assert migrate.is_up_to_date(engine)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, SQLModel.metadata) == []
    migrate.downgrade(engine, "base")
    assert set(inspect(engine).get_table_names()) == {"alembic_version"}
    migrate.upgrade(engine)
    assert migrate.is_up_to_date(engine)
    engine.dispose()


@pytest.mark.parametrize("empty_database", ["postgresql"], indirect=True)
def test_migration_tries_again_when_requests_are_in_the_way(
    empty_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(POSTGRESQL_LIMITS, "lock_timeout", 20)
    engine = open_database(empty_database)
    migrate.upgrade(engine, "0027")
    with engine.connect() as request:
        request.execute(text("SELECT count(*) FROM session"))
        monkeypatch.setattr(migrate, "sleep", lambda _: None)
        with pytest.raises(migrate.DatabaseBusy, match="Nothing was changed"):
            migrate.upgrade(engine)
        assert migrate.current_revision(engine) == "0027"
        monkeypatch.setattr(migrate, "sleep", lambda _: request.rollback())
        assert migrate.upgrade(engine) == "0027"
    assert migrate.is_up_to_date(engine)
    engine.dispose()


def make_account(now: datetime) -> Account:
    return Account(
        id=uuid4(),
        email="ada@osierbeck.example",
        password_hash="",
        first_name="Ada",
        last_name="Quill",
        phone="",
        notice_accepted_at=now,
        created_at=now,
    )


def make_child(account: Account) -> Person:
    now = account.created_at
    return Person(
        id=uuid4(),
        first_name="Ivo",
        last_name="Larkspur-Dunne",
        born=date(2018, 3, 14),
        gender="male",
        address="",
        postcode="",
        school="",
        sort_name="",
        sort_address="",
        sort_school="",
        created_at=now,
        changed_at=now,
        changed_by=account.id,
    )


def make_listing(
    account: Account, child: Person, hidden_at: datetime | None = None
) -> ListedPerson:
    return ListedPerson(
        account_id=account.id,
        person_id=child.id,
        allocated=True,
        added_at=account.created_at,
        hidden_at=hidden_at,
        hidden=hidden_at is not None,
        sort_name=child.sort_name,
        born=child.born,
        sort_address=child.sort_address,
        sort_school=child.sort_school,
    )


def insert_rows(engine: Engine, rows: Iterable[SQLModel]) -> None:
    """Insert rows one by one, in the order given."""
    with Session(engine, expire_on_commit=False) as session:
        for row in rows:
            session.add(row)
            session.flush()
        session.commit()


def test_list_order_search_and_counts_survive_migrations(empty_database: str) -> None:
    engine = open_database(empty_database)
    migrate.upgrade(engine)
    account = make_account(datetime(2024, 1, 1, tzinfo=UTC))
    visible, hidden = make_child(account), make_child(account)
    visible.sort_name, hidden.sort_school = "larkspur-dunne\nivo", "wren hollow"
    words = ("dunne", "ivo", "larkspur", "larkspur-dunne")
    rows: list[SQLModel] = [account, visible, hidden]
    rows += [PersonWord(word=word, person_id=visible.id) for word in words]
    rows += [
        make_listing(account, visible),
        make_listing(account, hidden, hidden_at=account.created_at),
    ]
    insert_rows(engine, rows)
    migrate.downgrade(engine, BEFORE_LISTS)
    migrate.upgrade(engine)
    with Session(engine) as session:
        entries = {entry.person_id: entry for entry in session.exec(select(ListedPerson))}
        assert [entries[child.id].hidden for child in (visible, hidden)] == [False, True]
        assert entries[visible.id].sort_name == visible.sort_name
        assert entries[visible.id].born == visible.born
        assert entries[visible.id].starts == " du iv la"
        assert entries[hidden.id].sort_school == "wren hollow"
        sizes = {size.hidden: size.people for size in session.exec(select(ListSize))}
        assert sizes == {False: 1, True: 1}
        words_listed = {
            listed_word.word: listed_word.common for listed_word in session.exec(select(ListedWord))
        }
        assert words_listed == {"dunne": 0, "ivo": 0, "larkspur": 0, "larkspur-dunne": 8}
    engine.dispose()


def test_search_words_and_sort_place_survive_migrations(
    empty_database: str,
) -> None:
    engine = open_database(empty_database)
    migrate.upgrade(engine)
    now = datetime.now(UTC)
    account = make_account(now)
    ivo = make_child(account)
    words = {"ivo", "larkspur-dunne", "dunne"}
    place = list(CaseState).index(CaseState.ASSESSING)
    case = Case(
        person_id=ivo.id,
        state=CaseState.ASSESSING,
        place=place,
        received_on=ivo.born,
        opened_at=now,
    )
    word_rows = [PersonWord(word=word, person_id=ivo.id) for word in words]
    insert_rows(engine, [account, ivo, case, *word_rows])
    migrate.downgrade(engine, "0002")
    with engine.connect() as connection:
        stored_words = connection.execute(text("SELECT found_by FROM person")).scalar_one()
        assert set(stored_words.split("\n")) == words
    migrate.upgrade(engine)
    with Session(engine) as session:
        assert set(session.exec(select(PersonWord.word))) == words
        assert session.exec(select(Case.place)).one() == place
    engine.dispose()


def test_old_exemptions_are_linked_to_the_deadline_they_excused(empty_database: str) -> None:
    engine = open_database(empty_database)
    migrate.upgrade(engine)
    account = make_account(datetime(2024, 1, 1, tzinfo=UTC))
    ivo = make_child(account)
    first = make_case(ivo, CaseState.ASSESSING, "final")
    later = make_case(ivo, CaseState.REASSESSING, "final")
    reviewed = make_case(ivo, CaseState.FINAL_PLAN, "review")
    rows: list[SQLModel] = [account, ivo, first, later, reviewed]
    for case in (first, later):
        rows += [_make_event(case, "request_received", "submitted", 1)]
        rows += [_make_event(case, "decided_to_assess", "assessing", 2)]
        rows += [_make_exemption(case, account)]
    rows += [_make_event(later, "reassessment_agreed", "reassessing", 4)]
    leap = make_case(ivo, CaseState.FINAL_PLAN, "review")
    issued = _make_event(leap, "final_issued", "final_plan", 5)
    issued.on = date(2024, 2, 29)
    reminder = Reminder(
        subject_id=reviewed.id, clock="review", due=date(2026, 3, 2), days=14, at=issued.at
    )
    rows += [leap, issued, reminder]
    insert_rows(engine, rows)
    migrate.downgrade(engine, "0004")
    due = select(col(Case.next_due)).where(Case.id == reviewed.id)
    leap_due = select(col(Case.next_due)).where(Case.id == leap.id)
    reminder_due = select(col(Reminder.due))
    with Session(engine) as session:
        assert session.exec(due).one() == session.exec(reminder_due).one() == date(2026, 3, 3)
        assert session.exec(leap_due).one() == date(2026, 3, 2)
    migrate.upgrade(engine, "0006")
    with Session(engine) as session:
        request_ids = select(CaseEvent.id).where(CaseEvent.kind == "request_received")
        assert set(session.exec(select(Exemption.started_by))) == set(session.exec(request_ids))
        excused = select(Case.id).where(col(Case.excused))
        assert set(session.exec(excused)) == {first.id, reviewed.id, leap.id}
        assert session.exec(due).one() == session.exec(reminder_due).one() == date(2026, 3, 2)
        assert session.exec(leap_due).one() == date(2026, 3, 2)
    engine.dispose()


def test_rows_of_a_child_matched_twice_refer_to_the_last(empty_database: str) -> None:
    engine = open_database(empty_database)
    migrate.upgrade(engine)
    account = make_account(datetime(2024, 1, 1, tzinfo=UTC))
    first, second, third = (make_child(account) for _ in range(3))
    first.merged_into, second.merged_into = second.id, third.id
    message = Message(
        account_id=account.id,
        subject="",
        body="",
        place=f"people/{first.id}",
        sent_at=account.created_at,
    )
    submission = Submission(
        id=uuid4(),
        form="professional-request",
        form_version=1,
        person_id=second.id,
        account_id=account.id,
        state="draft",
        started_at=account.created_at,
        saved_at=account.created_at,
    )
    case = make_case(second, CaseState.SUBMITTED, "decide")
    entry = make_listing(account, first)
    insert_rows(engine, [account, first, second, third, message, submission, case, entry])
    migrate.downgrade(engine, "0004")
    migrate.upgrade(engine)
    with Session(engine) as session:
        assert set(session.exec(select(Person.merged_into))) == {third.id, None}
        assert session.exec(select(Message.place)).one() == f"people/{third.id}"
        for table in (Submission, Case, ListedPerson):
            assert session.exec(select(table.person_id)).one() == third.id
    engine.dispose()


def test_messages_are_assigned_to_the_child_they_link_to(empty_database: str) -> None:
    engine = open_database(empty_database)
    migrate.upgrade(engine)
    account = make_account(datetime(2024, 1, 1, tzinfo=UTC))
    child = make_child(account)
    case = make_case(child, CaseState.SUBMITTED, "decide")
    places = [f"people/{child.id}", f"cases/{case.id}", f"cases/{uuid4()}", "support/mails", None]
    messages = [
        Message(
            account_id=account.id,
            subject=str(number),
            body="",
            place=place,
            sent_at=account.created_at,
        )
        for number, place in enumerate(places)
    ]
    insert_rows(engine, [account, child, case, *messages])
    migrate.downgrade(engine, "0012")
    migrate.upgrade(engine)
    with Session(engine) as session:
        person_by_subject = dict(session.exec(select(Message.subject, Message.person_id)).all())
        child_id = session.exec(select(Person.id)).one()
    assert person_by_subject == {"0": child_id, "1": child_id, "2": None, "3": None, "4": None}
    engine.dispose()


def test_queued_mail_survives_migrations(empty_database: str) -> None:
    engine = open_database(empty_database)
    migrate.upgrade(engine)
    now = datetime(2024, 1, 1, tzinfo=UTC)
    code = OutboxMail(
        to="ada@osierbeck.example",
        subject="Code",
        body="",
        created_at=now,
        next_try_at=now,
        priority=Priority.CODE,
    )
    with Session(engine) as session:
        session.add(code)
        session.commit()
    migrate.downgrade(engine, "0007")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT subject FROM outbox_mail")).all() == [("Code",)]
    migrate.upgrade(engine)
    with Session(engine) as session:
        mail = session.exec(select(OutboxMail)).one()
        assert (mail.subject, mail.next_try_at) == ("Code", now)
        assert mail.priority == Priority.ORDINARY
    engine.dispose()


def make_case(child: Person, state: CaseState, kind: str) -> Case:
    return Case(
        id=uuid4(),
        person_id=child.id,
        state=state,
        received_on=child.born,
        opened_at=child.created_at,
        next_kind=kind,
        next_due=date(2026, 3, 2),
        excused=True,
    )


def _make_event(case: Case, kind: str, state: str, day: int) -> CaseEvent:
    at = datetime(2024, 1, day, tzinfo=UTC)
    return CaseEvent(case_id=case.id, kind=kind, state=state, on=at.date(), at=at)


def _make_exemption(case: Case, account: Account) -> Exemption:
    return Exemption(
        id=uuid4(),
        case_id=case.id,
        clock="final",
        ground="absent",
        reason="Abroad.",
        account_id=account.id,
        at=datetime(2024, 1, 3, tzinfo=UTC),
    )


def test_short_secret_key_is_rejected() -> None:
    with pytest.raises(ValueError, match="at least 32"):
        Settings(secret_key="short")


def test_documents_folder_is_accessible_to_its_owner_only(settings: Settings) -> None:
    open_services(settings_for(settings.data))
    assert (settings.data / "documents").stat().st_mode & 0o077 == 0
