"""Taking back documents and access on the real server, while clients go on reading and saving."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from uuid import UUID, uuid4

import httpx
import pytest
from sqlmodel import col, select

from server.cases.tables import Case
from server.core.audit import Action, AuditEvent
from server.core.database import Services
from server.messages.tables import Message
from shared.accounts import Staff
from tests.parts import Factory, Someone
from tests.running import TIMEOUT_SECONDS, ServerProcess
from tests.server.documents.test_readers import allocate
from tests.server.many.test_all_at_once import Caller
from tests.server.steps import add_child, ok, share, start, submit_request, upload

pytestmark = pytest.mark.both_databases

READERS = 4
READS_BEFORE = 8
"""Requests of the readers before something is taken back, so that it happens while they read."""
READS_AFTER = 8

Request = Callable[[Caller], Awaitable[httpx.Response]]


class Repeated:
    """Requests that clients repeat without a pause, with the time at which each was sent."""

    def __init__(self, requests: list[Request]) -> None:
        self._requests = requests
        self.replies: list[tuple[float, int]] = []
        self._stopped_at = float("inf")

    async def take_back(self, caller: Caller, officers: list[Request]) -> list[httpx.Response]:
        """Repeat the requests, and send those of the officers at once in the middle."""
        clients = [asyncio.create_task(self._repeat(caller, send)) for send in self._requests]
        await self._wait_for_replies(READS_BEFORE)
        replies = await asyncio.gather(*[send(caller) for send in officers])
        self._stopped_at = monotonic()
        await self._wait_for_replies(len(self.replies) + READS_AFTER)
        for client in clients:
            client.cancel()
        return list(replies)

    async def _repeat(self, caller: Caller, send: Request) -> None:
        while True:
            sent_at = monotonic()
            reply = await send(caller)
            self.replies.append((sent_at, reply.status_code))

    async def _wait_for_replies(self, count: int) -> None:
        end = monotonic() + TIMEOUT_SECONDS
        while len(self.replies) < count:
            assert monotonic() < end, "The clients got no replies."
            await asyncio.sleep(0)

    @property
    def statuses(self) -> set[int]:
        return {status for _, status in self.replies}

    @property
    def statuses_afterwards(self) -> set[int]:
        """Statuses of the requests sent after the officers had their replies."""
        return {status for sent_at, status in self.replies if sent_at > self._stopped_at}


@pytest.fixture
def officers(someone: Factory) -> list[Someone]:
    return [someone(f"{uuid4().hex}@leicester.example", staff=Staff.OFFICER) for _ in range(2)]


@pytest.fixture
def readers(someone: Factory) -> list[Someone]:
    return [someone(f"{uuid4().hex}@osierbeck.example") for _ in range(READERS)]


def run(server: ServerProcess, repeated: Repeated, officers: list[Request]) -> list[int]:
    """Run the clients against the real server, and return the officers' statuses."""

    async def work() -> list[httpx.Response]:
        async with httpx.AsyncClient(base_url=server.url, timeout=TIMEOUT_SECONDS) as http:
            return await repeated.take_back(Caller(http), officers)

    return [reply.status_code for reply in asyncio.run(work())]


def request(me: Someone, method: str, path: str, json: object = None) -> Request:
    return lambda caller: caller.request(method, path, me, json=json)


def case_of(services: Services, person: UUID) -> UUID:
    with services.transaction() as tx:
        return tx.session.exec(select(Case.id).where(Case.person_id == person)).one()


def count_messages(services: Services, readers: list[Someone], subject: str) -> int:
    accounts = [reader.id for reader in readers]
    query = select(Message).where(col(Message.account_id).in_(accounts), Message.subject == subject)
    with services.transaction() as tx:
        return len(tx.session.exec(query).all())


def count_entries(services: Services, person: UUID, action: Action) -> int:
    query = select(AuditEvent).where(AuditEvent.person_id == person, AuditEvent.action == action)
    with services.transaction() as tx:
        return len(tx.session.exec(query).all())


def test_no_reader_gets_a_withdrawn_document_while_two_officers_withdraw_it(
    server: ServerProcess, services: Services, readers: list[Someone], officers: list[Someone]
) -> None:
    person = add_child(readers[0])
    submit_request(readers[0], person)
    case = case_of(services, person)
    for reader in readers[1:]:
        allocate(officers[0], person, reader)
    document = ok(upload(officers[0], person, name="plan.pdf")).json()["id"]
    publication = str(uuid4())
    body = {
        "id": publication,
        "document": document,
        "kind": "draft_plan",
        "readers": [str(reader.id) for reader in readers],
    }
    ok(officers[0].post(f"/v1/desk/cases/{case}/publications", json=body))
    path = f"/v1/documents/{document}/content"
    repeated = Repeated([request(reader, "GET", path) for reader in readers])
    withdraw = f"/v1/desk/publications/{publication}/withdraw"
    reason = {"reason": "The plan of another child."}
    statuses = run(
        server, repeated, [request(officer, "POST", withdraw, reason) for officer in officers]
    )
    assert statuses == [200, 200]
    assert repeated.statuses == {200, 404}
    assert repeated.statuses_afterwards == {404}
    assert count_messages(services, readers, "A document was withdrawn") == READERS
    assert count_entries(services, person, Action.DOCUMENT_WITHDRAWN) == 1


def test_nothing_of_a_child_is_open_once_access_ended_while_colleagues_share_again(
    server: ServerProcess, services: Services, readers: list[Someone], officers: list[Someone]
) -> None:
    owner, reader = readers[:2]
    person = add_child(owner)
    submit_request(owner, person)
    form = start(owner, person)
    share(owner, form, reader)
    shares = f"/v1/submissions/{form}/shares/{reader.id}"
    repeated = Repeated(
        [
            request(reader, "GET", f"/v1/submissions/{form}"),
            request(reader, "GET", f"/v1/people/{person}/progress"),
        ]
    )
    end = f"/v1/desk/people/{person}/access/{reader.id}/end"
    reason = {"reason": "Left the school."}
    statuses = run(
        server,
        repeated,
        [
            *[request(officer, "POST", end, reason) for officer in officers],
            request(owner, "PUT", shares),
        ],
    )
    assert statuses[:2] == [204, 204]
    assert statuses[2] in {204, 409}
    assert repeated.statuses == {200, 404}
    assert repeated.statuses_afterwards == {404}
    assert owner.put(shares).status_code == 409
    assert count_messages(services, [reader], "Your access to a child was ended") == 1
    assert count_entries(services, person, Action.ACCESS_ENDED) == 1
