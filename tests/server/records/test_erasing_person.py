"""Nothing of an erased child is left in any table or in the store, but what is told."""

from itertools import chain
from uuid import UUID, uuid4

import pytest
from sqlmodel import SQLModel

from benchmarks.p13_desk import insert_cases
from server.accounts.tables import Account
from server.cases.tables import Case, PublicationReader
from server.cli import main
from server.core.audit import AuditEvent
from server.core.database import Services, table_of
from server.core.folding import fold
from server.documents.tables import Document
from server.forms.tables import Submission
from server.people.tables import Person
from server.records.about_person import KEPT_TABLES, rows_about
from server.records.tables import Erasure
from tests.parts import Clock, Someone
from tests.server.records.steps import (
    ADDRESS,
    ERASABLE_WORDS,
    FIRST_NAME,
    KEPT_WORDS,
    LAST_NAME,
    UNSUBMITTED,
    UPN,
    attach,
    create_full_record,
    file_entry,
    stored_text,
    tables_with,
)
from tests.server.steps import add_child, audit_of, ok, rows, save, start

pytestmark = pytest.mark.both_databases

NAME = f"{FIRST_NAME} {LAST_NAME}"
DETAILS = {FIRST_NAME, LAST_NAME, UPN, ADDRESS}


def erase(person: UUID, *options: str) -> int:
    return main(["person", "erase", str(person), "--reason", "Court order 12", *options])


@pytest.fixture
def full_record(
    me: Someone,
    other: Someone,
    officer: Someone,
    services: Services,
    clock: Clock,
    other_cases: int,
) -> UUID:
    person = create_full_record(me, other, officer, services, clock)
    insert_cases(services, officer.id, other_cases)
    return person


def test_full_record_has_rows_in_every_table_about_children(
    full_record: UUID, services: Services
) -> None:
    texts = stored_text(services)
    names = {str(table.__tablename__) for table in rows_about([full_record])}
    assert {name for name in names if not texts[name]} == set()
    assert tables_with(texts, *DETAILS, *KEPT_WORDS, *ERASABLE_WORDS).keys() == (
        DETAILS | KEPT_WORDS | ERASABLE_WORDS
    )


@pytest.mark.usefixtures("command")
def test_erasing_everything_leaves_only_ids(
    full_record: UUID, other_cases: int, services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    assert erase(full_record, "--everything", "--confirm", NAME) == 0
    assert "audit log" in capsys.readouterr().out
    words = DETAILS | KEPT_WORDS | ERASABLE_WORDS | {fold(LAST_NAME)}
    assert tables_with(stored_text(services), *words) == {}
    tables = tables_with(stored_text(services), full_record.hex, str(full_record)).values()
    assert set(chain(*tables)) <= {"audit_event", "audit_shown", "erasure"}
    assert len(rows(services, Case)) == len(rows(services, Person)) == other_cases
    [erasure] = rows(services, Erasure)
    assert (erasure.subject_id, erasure.everything) == (full_record, True)
    last = audit_of(services)[-1]
    assert (last.action, last.subject_id, last.person_id) == (
        "person_erased",
        erasure.id,
        full_record,
    )


@pytest.mark.usefixtures("command")
def test_erasing_keeps_what_the_law_requires(
    full_record: UUID,
    me: Someone,
    officer: Someone,
    services: Services,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert erase(full_record, "--confirm", NAME) == 0
    assert "Kept, because the law requires it" in capsys.readouterr().out
    texts = stored_text(services)
    assert tables_with(texts, *ERASABLE_WORDS) == {}
    found = tables_with(texts, *DETAILS, *KEPT_WORDS)
    assert found.keys() == DETAILS | KEPT_WORDS
    assert set(chain(*found.values())) == {
        *("person", "person_word", "document", "answer", "submission_version"),
        *("exemption", "access_end", "family_request", "letter", "store", "note_version"),
        *("event_correction", "person_correction", "panel_case", "advice_step"),
        *("advice_request", "paper_advice", "request_correction"),
    }
    assert all(reader.ended_at for reader in rows(services, PublicationReader))
    assert [reader.account_id for reader in rows(services, PublicationReader)] == [me.id]
    assert me.get(f"/v1/people/{full_record}").status_code == 404
    assert ok(me.get("/v1/messages")).json()["rows"] == []
    [case] = [case.id for case in rows(services, Case) if case.person_id == full_record]
    assert ok(officer.get(f"/v1/desk/cases/{case}")).json()["advice"]


@pytest.mark.usefixtures("command")
def test_child_with_nothing_submitted_is_erased_whole(me: Someone, services: Services) -> None:
    person = add_child(me, first_name=FIRST_NAME, last_name=LAST_NAME, upn=UPN)
    draft = start(me, person)
    document = attach(me, person, UNSUBMITTED)
    ok(save(me, draft, {"attainment": "draftwords", **file_entry(document)}))
    assert erase(person, "--confirm", NAME) == 0
    assert tables_with(stored_text(services), *DETAILS, *ERASABLE_WORDS) == {}
    for table in (Person, Submission, Document):
        assert rows(services, table) == []


@pytest.mark.usefixtures("command")
@pytest.mark.parametrize("confirm", ["", "Zephyrine Other"])
def test_nothing_is_erased_without_the_name(
    me: Someone, services: Services, capsys: pytest.CaptureFixture[str], confirm: str
) -> None:
    person = add_child(me, first_name=FIRST_NAME, last_name=LAST_NAME)
    assert erase(person, "--confirm", confirm) == 2
    output = capsys.readouterr().err
    assert f'--confirm "{NAME}"' in output
    assert "listed person 1" in output
    assert [row.id for row in rows(services, Person)] == [person]
    assert rows(services, Erasure) == []


@pytest.mark.usefixtures("command")
def test_reason_must_not_name_the_child(me: Someone, services: Services) -> None:
    person = add_child(me, first_name=FIRST_NAME, last_name=LAST_NAME)
    arguments = ["person", "erase", str(person), "--confirm", NAME, "--reason"]
    assert main([*arguments, f"Asked by {LAST_NAME.lower()}"]) == 2
    assert main([*arguments, "Asked by the family"]) == 0


@pytest.mark.usefixtures("command")
def test_unknown_child_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    assert erase(uuid4()) == 2
    assert capsys.readouterr().err.startswith("There is no such child")


def test_every_table_that_leads_to_a_child_is_erased_or_kept() -> None:
    """A new table with a child's id, or a reference to such a table, must be decided on."""
    leading = {table_of(Person)}
    ends_at = {table_of(Account)}  # accounts are erased on their own
    while True:
        more = {
            table
            for table in SQLModel.metadata.sorted_tables
            if table not in leading | ends_at
            and (
                any(key.column.table in leading for key in table.foreign_keys)
                or any(name in table.c for name in ("person_id", "subject_id", "submission_id"))
            )
        }
        if not more:
            break
        leading |= more
    decided = {table_of(table) for table in (*rows_about([]), *KEPT_TABLES)}
    assert {table.name for table in leading} == {table.name for table in decided}
    assert AuditEvent in KEPT_TABLES
