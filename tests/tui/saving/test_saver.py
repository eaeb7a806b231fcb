"""The saver under any order of events, against the real server.

Two clients have one form open, each with the real saver, journal and HTTP client. Their requests
are lost, held or repeated, their sessions end, they are killed, and they leave, reopen and submit
the form. In the end the server has each word and each submit exactly once, and "Saved" is never
shown too early.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import count, pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any
from uuid import UUID, uuid4

import pytest
import stamina
from fastapi import FastAPI
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlmodel import col, delete

from server.accounts.tables import StoredSession
from server.core.database import Services
from shared.forms.submissions import Confirmation, Entry, SubmissionOut
from tests.parts import Factory, Someone, begin_session
from tests.server.steps import add_child, ok, required_answers, save, start
from tests.tui.saving.scripted_transport import FATES, ScriptedTransport
from tests.tui.saving.state_machines import run_machine
from tui.core.client import Client
from tui.core.errors import PortalError, is_signed_out
from tui.core.keychain import Keychain
from tui.forms.open_forms import OpenForms
from tui.saving.draft import MergeReport
from tui.saving.entries import entries_of
from tui.saving.journal import Journal
from tui.saving.saver import Saver, SaveState

LONG_FIELDS = ("communication", "cognition")
GROUP_FIELD = "contacts"
WORD = re.compile(r"w\d+")
TIMEOUT_SECONDS = 20.0
ROUNDS = 50
step_counts: Counter[str] = Counter()


def count_words(answers: Any) -> Counter[str]:
    return Counter(
        WORD.findall(str({name: answers.get(name) for name in (*LONG_FIELDS, GROUP_FIELD)}))
    )


class FormClient:
    """A client with the form open; takes the place of the form editor."""

    saver: Saver

    def __init__(self, app: FastAPI, services: Services, user: Someone, form: UUID) -> None:
        self.user, self.form, self.services = user, form, services
        self.transport = ScriptedTransport(app)
        self.folder = TemporaryDirectory()
        self.typed_words: set[str] = set()
        self.confirmation_count = 0
        self.submit_count = 0
        self.start_client()

    def start_client(self) -> None:
        self.client = Client("http://testserver", transport=self.transport)
        self.client.token = self.user.token
        self.journal = Journal(Path(self.folder.name), Keychain("http://testserver"))
        self.forms = OpenForms(self.client, self.journal, lambda _: None)
        self.texts: dict[str, str] = {}
        self.dirty: set[str] = set()

    async def open(self) -> None:
        """Open the form, retrying until it succeeds."""
        self.transport.fates = type(self.transport.fates)(
            f for f in self.transport.fates if "slow" not in f
        )
        self.sign_in()
        while True:
            try:
                opened_form = await self.forms.open(self.user.id, self.form)
            except PortalError:
                continue
            break
        self.saver, self.saver.view = opened_form.saver, self
        self.update_texts()

    def update_texts(self) -> None:
        for field in LONG_FIELDS:
            self.texts[field] = str(self.saver.draft.answers.get(field, ""))

    def type(self, field: str, word: str, position: float) -> None:
        parts = self.texts[field].split()
        parts.insert(round(position * len(parts)), word)
        self.texts[field] = " ".join(parts)
        self.dirty.add(field)
        self.typed_words.add(word)
        self.saver.input_changed()

    def add_entry(self, word: str) -> None:
        entry: Entry = {"id": uuid4().hex, "name": word, "contact_details": "0116 496 0103"}
        draft = self.saver.draft
        draft.answer(GROUP_FIELD, [*entries_of(draft.answers.get(GROUP_FIELD)), entry])
        self.typed_words.add(word)
        self.saver.input_changed()

    @property
    def waits_for_session(self) -> bool:
        error = self.saver.last_error
        return error is not None and is_signed_out(error) and not self.saver._wake.is_set()

    @property
    def has_written(self) -> bool:
        return self.saver._journal_task is None or self.saver._journal_task.done()

    @property
    def is_idle(self) -> bool:
        send_task = self.saver._send_task
        has_stopped_sending = (
            send_task is None
            or send_task.done()
            or bool(self.transport.in_flight)
            or self.waits_for_session
        )
        return has_stopped_sending and self.has_written

    @property
    def is_idle_without_slow_requests(self) -> bool:
        self.transport.release_slow()  # Including requests that have only now become slow.
        return self.is_idle and not self.transport.in_flight

    def sign_out(self) -> None:
        with self.services.transaction() as tx:
            tx.session.execute(
                delete(StoredSession).where(col(StoredSession.account_id) == self.user.id)
            )

    def sign_in(self) -> None:
        with self.services.transaction() as tx:
            self.user.token = begin_session(self.services, tx, self.user.id)
        self.user.http.headers["Authorization"] = f"Bearer {self.user.token}"
        self.client.token = self.user.token
        self.forms.resume()

    def submit(self) -> None:
        self.submit_count += 1
        self.saver.submit(uuid4())

    def kill(self) -> None:
        self.saver.halt()
        self.transport.in_flight.clear()  # No client waits for the requests in flight.
        self.journal._disk.shutdown()
        self.start_client()

    # The methods of the saver's view.

    def collect(self) -> None:
        for field in self.dirty:
            self.saver.draft.answer(field, self.texts[field])
        self.dirty.clear()

    def show_merged(self, report: MergeReport) -> None:
        self.update_texts()

    def refresh(self, submission: SubmissionOut) -> None:
        pass

    def show_status(self) -> None:
        pass

    def show_error(self, error: PortalError) -> None:
        assert is_signed_out(error), error

    def show_confirmation(self, confirmation: Confirmation) -> None:
        self.confirmation_count += 1


class SendingMachine(RuleBasedStateMachine):
    """Types, sends, loses replies, signs out, kills, leaves and submits, in any order."""

    app: FastAPI
    services: Services
    me: Someone
    bea: Someone
    child: UUID

    def __init__(self) -> None:
        super().__init__()
        form = start(self.me, self.child)
        ok(self.me.put(f"/v1/submissions/{form}/shares/{self.bea.id}"))
        ok(save(self.me, form, required_answers(self.me)))
        self.loop = asyncio.new_event_loop()
        self.words = (f"w{number}" for number in count())
        self.clients = [
            FormClient(self.app, self.services, user, form) for user in (self.me, self.bea)
        ]
        for client in self.clients:
            self.loop.run_until_complete(client.open())

    def run_in_loop(self, function: Callable[..., object], *arguments: object) -> None:
        """Run a function in the clients' event loop, which is paused between steps."""

        async def call() -> None:
            function(*arguments)

        self.loop.run_until_complete(call())

    def wait_until(self, condition: str, *clients: FormClient) -> None:
        async def wait() -> None:
            deadline = monotonic() + TIMEOUT_SECONDS
            while not all(getattr(client, condition) for client in clients):
                assert monotonic() < deadline, f"never: {condition}"
                await asyncio.sleep(0.0005)

        self.loop.run_until_complete(wait())

    index = st.integers(0, 1)
    fates = st.lists(st.sampled_from(FATES), max_size=4)

    @rule(
        index=index,
        field=st.sampled_from(LONG_FIELDS),
        position=st.floats(0, 1),
        fates=fates,
        wait_for_idle=st.booleans(),
    )
    def type(
        self, index: int, field: str, position: float, fates: list[str], wait_for_idle: bool
    ) -> None:
        step_counts["typed"] += 1
        client = self.clients[index]
        client.transport.fates.extend(fates)
        self.run_in_loop(client.type, field, next(self.words), position)
        assert client.saver.save_state is not SaveState.SAVED
        self.wait_until("is_idle" if wait_for_idle else "has_written", client)

    @rule(index=index, fates=fates)
    def add_entry(self, index: int, fates: list[str]) -> None:
        step_counts["entry added"] += 1
        client = self.clients[index]
        client.transport.fates.extend(fates)
        self.run_in_loop(client.add_entry, next(self.words))
        self.wait_until("has_written", client)

    @rule(index=index)
    def wait_for_idle(self, index: int) -> None:
        step_counts["waited"] += 1
        self.wait_until("is_idle", self.clients[index])

    @rule(index=index)
    def release_slow(self, index: int) -> None:
        step_counts["released"] += 1
        self.run_in_loop(self.clients[index].transport.release_slow)

    @rule(index=index, number=st.integers(0, 5))
    def deliver_late_request(self, index: int, number: int) -> None:
        step_counts["delivered late"] += 1
        self.loop.run_until_complete(self.clients[index].transport.deliver_late(number))

    @rule(index=index)
    def sign_out(self, index: int) -> None:
        step_counts["signed out"] += 1
        self.clients[index].sign_out()

    @rule(index=index)
    def sign_in(self, index: int) -> None:
        step_counts["signed in"] += 1
        self.run_in_loop(self.clients[index].sign_in)

    @rule(index=index)
    def kill(self, index: int) -> None:
        step_counts["killed"] += 1
        client = self.clients[index]
        self.wait_until("has_written", client)
        self.run_in_loop(client.kill)
        self.loop.run_until_complete(client.open())

    @rule(index=index)
    def leave_and_reopen(self, index: int) -> None:
        step_counts["left"] += 1
        client = self.clients[index]
        client.collect()
        client.forms.detach(client.saver)
        self.run_in_loop(client.transport.release_slow)
        self.loop.run_until_complete(client.open())

    @rule(index=index, fates=fates)
    def submit(self, index: int, fates: list[str]) -> None:
        client = self.clients[index]
        if client.saver.submitting is None:
            step_counts["submitted"] += 1
            client.transport.fates.extend(fates)
            self.run_in_loop(client.submit)

    @rule(index=index)
    def check_for_changes(self, index: int) -> None:
        client = self.clients[index]
        if client.saver.is_settled and not client.transport.in_flight:
            step_counts["checked"] += 1
            self.run_in_loop(client.sign_in)
            self.loop.run_until_complete(client.saver.check_for_changes())

    @rule(index=index)
    def resolve_overlap(self, index: int) -> None:
        draft = self.clients[index].saver.draft
        for field in list(draft.overlaps)[:1]:
            step_counts["resolved"] += 1
            self.keep_both(self.clients[index], field)

    def keep_both(self, client: FormClient, field: str) -> None:
        def resolve() -> None:
            client.collect()
            client.saver.draft.resolve(field, "both")
            client.update_texts()
            client.saver.input_changed()

        self.run_in_loop(resolve)

    def fetch_submission(self) -> SubmissionOut:
        body = ok(self.clients[0].user.get(f"/v1/submissions/{self.clients[0].form}")).json()
        return SubmissionOut.model_validate(body)

    @invariant()
    def saved_means_stored(self) -> None:
        saved = [client for client in self.clients if client.saver.save_state is SaveState.SAVED]
        if any(client.typed_words for client in saved):
            self.run_in_loop(self.clients[0].sign_in)
            stored_words = count_words(self.fetch_submission().answers)
            for client in saved:
                assert client.typed_words <= stored_words.keys(), "Saved was shown too early."

    def settle(self) -> None:
        for client in self.clients:
            client.transport.fates.clear()
            self.run_in_loop(client.sign_in)
        for _ in range(ROUNDS):
            for client in self.clients:
                for field in list(client.saver.draft.overlaps):
                    self.keep_both(client, field)
                self.run_in_loop(client.saver.send_now)
                self.wait_until("is_idle_without_slow_requests", client)
                self.loop.run_until_complete(client.transport.deliver_late(0))
            for client in self.clients:
                self.loop.run_until_complete(client.saver.check_for_changes())
            if all(
                client.saver.is_settled and not client.transport.late for client in self.clients
            ):
                return
        raise AssertionError("Saving did not finish.")

    def teardown(self) -> None:
        self.settle()
        submission = self.fetch_submission()
        typed_words = self.clients[0].typed_words | self.clients[1].typed_words
        assert count_words(submission.answers) == Counter(dict.fromkeys(typed_words, 1))
        assert self.clients[0].texts == self.clients[1].texts
        history = ok(self.me.get(f"/v1/submissions/{submission.id}/versions")).json()
        versions = [version["answers"] for version in history["versions"]]
        assert len(versions) <= sum(client.submit_count for client in self.clients)
        assert bool(versions) or not any(client.confirmation_count for client in self.clients)
        # Submitting again without changes creates no version.
        assert all(earlier != later for earlier, later in pairwise(versions))
        for client in self.clients:
            step_counts.update(client.transport.counts)
            client.journal._disk.shutdown()
            client.folder.cleanup()
        self.loop.close()


@pytest.fixture
def no_delays(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("JOURNAL_DELAY", "SAVE_DELAY", "RETRY_DELAY"):
        monkeypatch.setattr(f"tui.saving.saver.{name}", 0)
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.mark.usefixtures("no_delays", "keychain")
@pytest.mark.parametrize("examples", [6, pytest.param(1000, marks=pytest.mark.slow)])
def test_every_word_and_submit_is_stored_exactly_once(
    app: FastAPI, services: Services, me: Someone, someone: Factory, examples: int
) -> None:
    step_counts.clear()
    SendingMachine.app, SendingMachine.services, SendingMachine.me = app, services, me
    SendingMachine.bea, SendingMachine.child = someone("bea@osierbeck.example"), add_child(me)
    run_machine(SendingMachine, examples)
    print(sum(step_counts.values()), "steps:", dict(step_counts))
    if examples > 100:  # A few random examples may lack some kinds of steps.
        assert {"typed", "answered", "killed", "signed out", "lost"} <= step_counts.keys()
