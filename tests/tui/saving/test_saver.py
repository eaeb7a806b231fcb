"""The saver under any order of events, against the real server.

Two clients have one form open, each with the real saver, journal and HTTP client. Their requests
are lost, held or repeated, their sessions end, they are killed, and they leave, reopen and submit
the form. In the end the server has each word and each submit exactly once, and "Saved" was never
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

LONG = ("communication", "cognition")
GROUP = "contacts"
WORD = re.compile(r"w\d+")
PATIENCE = 20.0
ROUNDS = 50
steps: Counter[str] = Counter()


def words_in(answers: Any) -> Counter[str]:
    return Counter(WORD.findall(str({name: answers.get(name) for name in (*LONG, GROUP)})))


class Page:
    """A client with the form open, in place of the form editor."""

    saver: Saver

    def __init__(self, app: FastAPI, services: Services, user: Someone, form: UUID) -> None:
        self.user, self.form, self.services = user, form, services
        self.transport = ScriptedTransport(app)
        self.folder = TemporaryDirectory()
        self.typed: set[str] = set()
        self.confirmed = 0
        self.submits = 0
        self.begin()

    def begin(self) -> None:
        """Start the client."""
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
                opened = await self.forms.open(self.user.id, self.form)
            except PortalError:
                continue
            break
        self.saver, self.saver.view = opened.saver, self
        self.show()

    def show(self) -> None:
        for field in LONG:
            self.texts[field] = str(self.saver.draft.answers.get(field, ""))

    def type(self, field: str, word: str, at: float) -> None:
        parts = self.texts[field].split()
        parts.insert(round(at * len(parts)), word)
        self.texts[field] = " ".join(parts)
        self.dirty.add(field)
        self.typed.add(word)
        self.saver.input_changed()

    def add_entry(self, word: str) -> None:
        entry: Entry = {"id": uuid4().hex, "name": word, "contact_details": "0116 496 0103"}
        draft = self.saver.draft
        draft.answer(GROUP, [*entries_of(draft.answers.get(GROUP)), entry])
        self.typed.add(word)
        self.saver.input_changed()

    @property
    def waits_for_session(self) -> bool:
        trouble = self.saver.last_error
        return trouble is not None and is_signed_out(trouble) and not self.saver._wake.is_set()

    @property
    def has_written(self) -> bool:
        return self.saver._journal_task is None or self.saver._journal_task.done()

    @property
    def is_idle(self) -> bool:
        sends = self.saver._send_task
        is_over = (
            sends is None
            or sends.done()
            or bool(self.transport.in_flight)
            or self.waits_for_session
        )
        return is_over and self.has_written

    @property
    def is_idle_without_slow_requests(self) -> bool:
        self.transport.release_slow()  # including requests whose reply has only now become slow
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
        self.submits += 1
        self.saver.submit(uuid4())

    def kill(self) -> None:
        self.saver.halt()
        self.transport.in_flight.clear()  # no client waits for requests in flight any more
        self.journal._disk.shutdown()
        self.begin()

    # The methods of the saver's view.

    def collect(self) -> None:
        for field in self.dirty:
            self.saver.draft.answer(field, self.texts[field])
        self.dirty.clear()

    def show_merged(self, report: MergeReport) -> None:
        self.show()

    def refresh(self, submission: SubmissionOut) -> None:
        pass

    def show_status(self) -> None:
        pass

    def show_error(self, error: PortalError) -> None:
        assert is_signed_out(error), error

    def show_confirmation(self, confirmation: Confirmation) -> None:
        self.confirmed += 1


class Sending(RuleBasedStateMachine):
    """Any order of typing, sending, losing, signing out, killing, leaving and submitting."""

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
        self.pages = [Page(self.app, self.services, user, form) for user in (self.me, self.bea)]
        for page in self.pages:
            self.loop.run_until_complete(page.open())

    def do(self, work: Callable[..., object], *arguments: object) -> None:
        """Run a function in the clients' event loop, which is paused between steps."""

        async def in_loop() -> None:
            work(*arguments)

        self.loop.run_until_complete(in_loop())

    def until(self, what: str, *pages: Page) -> None:
        async def wait() -> None:
            end = monotonic() + PATIENCE
            while not all(getattr(page, what) for page in pages):
                assert monotonic() < end, f"never: {what}"
                await asyncio.sleep(0.0005)

        self.loop.run_until_complete(wait())

    index = st.integers(0, 1)
    fates = st.lists(st.sampled_from(FATES), max_size=4)

    @rule(
        index=index,
        field=st.sampled_from(LONG),
        at=st.floats(0, 1),
        fates=fates,
        rest=st.booleans(),
    )
    def type(self, index: int, field: str, at: float, fates: list[str], rest: bool) -> None:
        steps["typed"] += 1
        page = self.pages[index]
        page.transport.fates.extend(fates)
        self.do(page.type, field, next(self.words), at)
        assert page.saver.save_state is not SaveState.SAVED
        self.until("is_idle" if rest else "has_written", page)

    @rule(index=index, fates=fates)
    def add_entry(self, index: int, fates: list[str]) -> None:
        steps["entered"] += 1
        page = self.pages[index]
        page.transport.fates.extend(fates)
        self.do(page.add_entry, next(self.words))
        self.until("has_written", page)

    @rule(index=index)
    def rest(self, index: int) -> None:
        steps["rested"] += 1
        self.until("is_idle", self.pages[index])

    @rule(index=index)
    def release_slow(self, index: int) -> None:
        steps["let go"] += 1
        self.do(self.pages[index].transport.release_slow)

    @rule(index=index, which=st.integers(0, 5))
    def deliver_late_request(self, index: int, which: int) -> None:
        steps["came late"] += 1
        self.loop.run_until_complete(self.pages[index].transport.deliver(which))

    @rule(index=index)
    def sign_out(self, index: int) -> None:
        steps["signed out"] += 1
        self.pages[index].sign_out()

    @rule(index=index)
    def sign_in(self, index: int) -> None:
        steps["signed in"] += 1
        self.do(self.pages[index].sign_in)

    @rule(index=index)
    def kill(self, index: int) -> None:
        steps["killed"] += 1
        page = self.pages[index]
        self.until("has_written", page)
        self.do(page.kill)
        self.loop.run_until_complete(page.open())

    @rule(index=index)
    def leave_and_reopen(self, index: int) -> None:
        steps["left"] += 1
        page = self.pages[index]
        page.collect()
        page.forms.detach(page.saver)
        self.do(page.transport.release_slow)
        self.loop.run_until_complete(page.open())

    @rule(index=index, fates=fates)
    def submit(self, index: int, fates: list[str]) -> None:
        page = self.pages[index]
        if page.saver.submitting is None:
            steps["submitted"] += 1
            page.transport.fates.extend(fates)
            self.do(page.submit)

    @rule(index=index)
    def check_for_changes(self, index: int) -> None:
        page = self.pages[index]
        if page.saver.is_settled and not page.transport.in_flight:
            steps["looked"] += 1
            self.do(page.sign_in)
            self.loop.run_until_complete(page.saver.check_for_changes())

    @rule(index=index)
    def decide(self, index: int) -> None:
        draft = self.pages[index].saver.draft
        for field in list(draft.overlaps)[:1]:
            steps["decided"] += 1
            self.decide_on(self.pages[index], field)

    def decide_on(self, page: Page, field: str) -> None:
        def both() -> None:
            page.collect()
            page.saver.draft.resolve(field, "both")
            page.show()
            page.saver.input_changed()

        self.do(both)

    def opened(self) -> SubmissionOut:
        body = ok(self.pages[0].user.get(f"/v1/submissions/{self.pages[0].form}")).json()
        return SubmissionOut.model_validate(body)

    @invariant()
    def saved_means_stored(self) -> None:
        saved = [page for page in self.pages if page.saver.save_state is SaveState.SAVED]
        if any(page.typed for page in saved):
            self.do(self.pages[0].sign_in)
            stored = words_in(self.opened().answers)
            for page in saved:
                assert page.typed <= stored.keys(), "Saved was said, and was not true."

    def settle(self) -> None:
        for page in self.pages:
            page.transport.fates.clear()
            self.do(page.sign_in)
        for _ in range(ROUNDS):
            for page in self.pages:
                for field in list(page.saver.draft.overlaps):
                    self.decide_on(page, field)
                self.do(page.saver.send_now)
                self.until("is_idle_without_slow_requests", page)
                self.loop.run_until_complete(page.transport.deliver(0))
            for page in self.pages:
                self.loop.run_until_complete(page.saver.check_for_changes())
            if all(page.saver.is_settled and not page.transport.late for page in self.pages):
                return
        raise AssertionError("It never came to an end.")

    def teardown(self) -> None:
        self.settle()
        stored = self.opened()
        typed = self.pages[0].typed | self.pages[1].typed
        assert words_in(stored.answers) == Counter(dict.fromkeys(typed, 1))
        assert self.pages[0].texts == self.pages[1].texts
        history = ok(self.me.get(f"/v1/submissions/{stored.id}/versions")).json()
        versions = [version["answers"] for version in history["versions"]]
        assert len(versions) <= sum(page.submits for page in self.pages)
        assert bool(versions) or not any(page.confirmed for page in self.pages)
        # Submitting again without changes creates no version.
        assert all(one != other for one, other in pairwise(versions))
        for page in self.pages:
            steps.update(page.transport.counts)
            page.journal._disk.shutdown()
            page.folder.cleanup()
        self.loop.close()


@pytest.fixture
def no_delays(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("JOURNAL_DELAY", "SAVE_DELAY", "RETRY_DELAY"):
        monkeypatch.setattr(f"tui.saving.saver.{name}", 0)
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.mark.usefixtures("no_delays", "keychain")
@pytest.mark.parametrize("examples", [10, pytest.param(1000, marks=pytest.mark.whole)])
def test_every_word_and_submit_is_stored_exactly_once(
    app: FastAPI, services: Services, me: Someone, someone: Factory, examples: int
) -> None:
    steps.clear()
    Sending.app, Sending.services, Sending.me = app, services, me
    Sending.bea, Sending.child = someone("bea@osierbeck.example"), add_child(me)
    run_machine(Sending, examples)
    print(sum(steps.values()), "steps:", dict(steps))
    if examples > 100:  # a few random examples need not hold every kind of step
        assert {"typed", "answered", "killed", "signed out", "lost"} <= steps.keys()
