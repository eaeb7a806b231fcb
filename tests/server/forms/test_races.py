"""Races in forms: the second request sees the effects of the first."""

from dataclasses import replace
from threading import Thread
from uuid import UUID, uuid4

import pytest
from httpx import Response

from server.cases.service import open_case
from server.cases.tables import Case, CaseEvent
from server.core.database import Services
from server.desk.actions import record_event
from server.desk.advice import accept
from server.desk.matching import match
from server.documents.service import lock_documents
from server.documents.tables import Document
from server.forms.filling import discard, require_open
from server.forms.sharing import end_share
from server.forms.tables import AdviceRequest, Submission
from server.people.tables import ListedPerson
from shared.cases.actions import EventIn
from shared.cases.events import EventKind
from shared.forms.submissions import Entry
from shared.values.days import london_day
from tests.advice import assess, minimal_advice, request_advice
from tests.parts import Factory, Someone
from tests.server.accounts.steps import code_of
from tests.server.races import SendRequest, during_transaction, make_actor, wait_for_lock_contention
from tests.server.steps import (
    add_child,
    ok,
    required_answers,
    rows,
    save,
    share,
    start,
    start_body,
    submission_path,
    submit,
    submit_request,
    upload,
)

pytestmark = pytest.mark.both_databases


def test_advice_accepted_concurrently_cannot_be_withdrawn(
    me: Someone, officer: Someone, services: Services
) -> None:
    [(advice, form)] = request_advice(officer, assess(officer, me, add_child(me)), me)
    ok(save(me, form, minimal_advice(me)))
    ok(submit(me, form))
    replies: list[Response] = []
    with during_transaction(
        services, lambda: me.post(f"/v1/submissions/{form}/withdraw"), replies
    ) as tx:
        accept(tx, make_actor(tx, officer), advice)
    assert [code_of(reply) for reply in replies] == ["decided"]
    [advice_request] = rows(services, AdviceRequest)
    assert advice_request.state == "accepted"


def test_request_decided_concurrently_cannot_be_withdrawn(
    me: Someone, officer: Someone, services: Services
) -> None:
    form = submit_request(me)
    [case] = rows(services, Case)
    replies: list[Response] = []
    with during_transaction(
        services, lambda: me.post(f"/v1/submissions/{form}/withdraw"), replies
    ) as tx:
        decision = EventIn(
            id=uuid4(), kind=EventKind.DECIDED_TO_ASSESS, on=london_day(tx.now), confirmed=True
        )
        record_event(tx, make_actor(tx, officer), case.id, decision)
    assert [code_of(reply) for reply in replies] == ["decided"]
    kinds = sorted(event.kind for event in rows(services, CaseEvent))
    assert kinds == ["decided_to_assess", "request_received"]


def test_repeated_and_first_submissions_lock_in_the_same_order(
    me: Someone, services: Services
) -> None:
    person = add_child(me)
    document = ok(upload(me, person)).json()["id"]
    entry: Entry = {"id": uuid4().hex, "description": "other", "file": document}
    first, second = submit_request(me, person), start(me, person)
    ok(save(me, second, required_answers(me) | {"documents": [entry]}))
    replies: list[Response] = []
    thread = Thread(target=lambda: replies.append(submit(me, second)))
    with services.transaction() as tx:
        require_open(tx, tx.session.get_one(Submission, first))
        thread.start()
        wait_for_lock_contention(services)
        lock_documents(tx, [UUID(document)])
    thread.join()
    assert [reply.status_code for reply in replies] == [201]


@pytest.mark.parametrize("operation", ["open", "save", "submit", "share", "hand over", "discard"])
def test_form_discarded_concurrently_is_not_found(
    me: Someone, someone: Factory, services: Services, operation: str
) -> None:
    colleague = someone("colleague@osierbeck.example")
    form = start(me)
    path = submission_path(form)
    send: dict[str, SendRequest] = {
        "open": lambda: me.get(path),
        "save": lambda: save(me, form, {"attainment": "x"}, '"1"'),
        "submit": lambda: submit(me, form),
        "share": lambda: me.put(f"{path}/shares/{colleague.id}"),
        "hand over": lambda: me.post(f"{path}/hand-over", json={"to": str(colleague.id)}),
        "discard": lambda: me.delete(path),
    }
    replies: list[Response] = []
    with during_transaction(services, send[operation], replies) as tx:
        discard(tx, replace(make_actor(tx, me), staff=None), form)
    assert [code_of(reply) for reply in replies] == ["not_found"]


def test_form_whose_sharing_ends_concurrently_is_not_opened(
    me: Someone, someone: Factory, services: Services
) -> None:
    colleague = someone("colleague@osierbeck.example")
    form = start(me)
    share(me, form, colleague)
    replies: list[Response] = []
    with during_transaction(services, lambda: colleague.get(submission_path(form)), replies) as tx:
        end_share(tx, replace(make_actor(tx, me), staff=None), form, colleague.id)
    assert [code_of(reply) for reply in replies] == ["not_found"]


def test_concurrent_first_requests_open_one_case(me: Someone, services: Services) -> None:
    person = add_child(me)
    form = start(me, person)
    ok(save(me, form, required_answers(me)))
    replies: list[Response] = []
    with during_transaction(services, lambda: submit(me, form), replies) as tx:
        open_case(tx, person, me.id)
    assert [reply.status_code for reply in replies] == [201]
    assert len(rows(services, Case)) == 1


@pytest.mark.parametrize("operation", ["start", "upload", "allocate", "paper"])
def test_nothing_can_be_added_to_a_child_matched_concurrently(
    me: Someone, officer: Someone, services: Services, operation: str
) -> None:
    new, known = add_child(me), add_child(me, first_name="Ivor")
    paper = {
        "submission": str(uuid4()),
        "version": str(uuid4()),
        "person": str(new),
        "received_on": "2026-02-20",
        "answers": {"needs": "Words come slowly."},
    }
    allocation = {"account": str(me.id)}
    requests: dict[str, SendRequest] = {
        "start": lambda: me.post("/v1/submissions", json=start_body(new)),
        "upload": lambda: upload(me, new),
        "allocate": lambda: officer.post(f"/v1/desk/people/{new}/allocations", json=allocation),
        "paper": lambda: officer.post("/v1/desk/requests", json=paper),
    }
    replies: list[Response] = []
    with during_transaction(services, requests[operation], replies) as tx:
        match(tx, make_actor(tx, officer), new, known)
    assert [code_of(reply) for reply in replies] == ["not_found"]
    for table in (Submission, Document, Case):
        assert rows(services, table) == []
    assert [entry.person_id for entry in rows(services, ListedPerson)] == [known]


def test_form_submitted_during_a_match_moves_with_the_child(
    me: Someone, officer: Someone, services: Services
) -> None:
    new, known = add_child(me), add_child(me, first_name="Ivor")
    form = start(me, new)
    ok(save(me, form, required_answers(me)))
    replies: list[Response] = []
    with during_transaction(services, lambda: submit(me, form), replies) as tx:
        match(tx, make_actor(tx, officer), new, known)
    assert [reply.status_code for reply in replies] == [201]
    assert [case.person_id for case in rows(services, Case)] == [known]
