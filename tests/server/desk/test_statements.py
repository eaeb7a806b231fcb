"""The number of SQL statements does not grow with the size of a case."""

from uuid import UUID, uuid4

import pytest
from sqlmodel import select

from server.cases.tables import Case, CaseEvent
from server.core.database import Services, Transaction
from server.forms.tables import StoredForm, Submission
from tests.parts import Factory, Someone
from tests.server.desk.steps import create_case, record_event
from tests.server.statements import record_statements
from tests.server.steps import ok, upload

pytestmark = pytest.mark.both_databases

FORMS = ("educational-advice", "social-care-advice")


def add_form(tx: Transaction, request: Submission, owner: Someone, version: int) -> None:
    """Add a copy of a request, of another version of its form."""
    stored_form = tx.session.get_one(StoredForm, (request.form, request.form_version))
    tx.session.add(
        StoredForm(form=stored_form.form, version=version, definition={**stored_form.definition})
    )
    tx.session.add(
        Submission(
            **request.model_dump(exclude={"id", "form_version", "account_id", "reference"}),
            id=uuid4(),
            form_version=version,
            account_id=owner.id,
        )
    )


def add_case_content(
    services: Services, officer: Someone, case: UUID, others: list[Someone]
) -> None:
    """Add an event, a form of an older version and a document per professional."""
    with services.transaction() as tx:
        row = tx.session.get_one(Case, case)
        request = tx.session.exec(select(Submission).where(Submission.case_id == case)).one()
        for number, other in enumerate(others):
            add_form(tx, request, other, version=100 * len(others) + number)
            tx.session.add(
                CaseEvent(
                    case_id=case,
                    at=tx.now,
                    account_id=other.id,
                    kind="day_corrected",
                    state=row.state,
                    on=row.received_on,
                )
            )
        person = row.person_id
    for other in others:
        allocation = {"account": str(other.id)}
        ok(officer.post(f"/v1/desk/people/{person}/allocations", json=allocation))
    for other in others:
        document = ok(upload(officer, person, name=f"{other.id}.pdf")).json()["id"]
        body = {
            "id": str(uuid4()),
            "document": document,
            "kind": "draft_plan",
            "readers": [str(reader.id) for reader in others],
        }
        ok(officer.post(f"/v1/desk/cases/{case}/publications", json=body))


def request_advice(officer: Someone, case: UUID, others: list[Someone]) -> None:
    """Request advice from each professional, alternating between forms."""
    requests = [
        {
            "id": str(uuid4()),
            "submission": str(uuid4()),
            "account": str(other.id),
            "form": FORMS[number % len(FORMS)],
        }
        for number, other in enumerate(others)
    ]
    ok(officer.post(f"/v1/desk/cases/{case}/advice", json={"requests": requests}))


def test_statement_count_is_independent_of_case_size(
    services: Services, someone: Factory, me: Someone, officer: Someone
) -> None:
    request_statements, read_statements = [], []
    for count in (1, 12):
        others = [someone(f"head{count}-{n}@osierbeck.example") for n in range(count)]
        case = create_case(me, services, last_name=f"Child {count}")
        add_case_content(services, officer, case, others)
        ok(record_event(officer, case, "decided_to_assess"))
        with record_statements(services) as statements:
            request_advice(officer, case, others)
        request_statements.append(statements)
        with record_statements(services) as statements:
            detail = ok(officer.get(f"/v1/desk/cases/{case}")).json()
        read_statements.append(statements)
        sizes = [len(detail[part]) for part in ("advice", "published")]
        assert sizes == [count, count]
        assert len(detail["forms"]) == len(detail["events"]) - 1 == count + 1
    assert len(read_statements[0]) == len(read_statements[1]), read_statements[1]
    assert len(request_statements[0]) == len(request_statements[1]), request_statements[1]
