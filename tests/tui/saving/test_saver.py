"""The sending of what is typed, under any order of events, against the real server.

Two programs have one form open: the real saver, journal and client of each. Their requests meet
any fate, their sessions end, they are killed, leave the form and come again, and submit it. In the
end the server holds each word once, and each submit once; "Saved" never stood untrue.
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
from tests.server.steps import add_child, done, enough, save, start
from tests.tui.saving.machines import play
from tests.tui.saving.road import FATES, Road
from tui.core.client import Client
from tui.core.errors import PortalError, is_signed_out
from tui.core.keychain import Keychain
from tui.forms.open_forms import OpenForms
from tui.saving.draft import Met
from tui.saving.entries import entries_of
from tui.saving.journal import Journal
from tui.saving.saver import Saver, Standing

LONG = ("communication", "cognition")
GROUP = "contacts"
WORD = re.compile(r"w\d+")
PATIENCE = 20.0
ROUNDS = 50
steps: Counter[str] = Counter()


def words_in(answers: Any) -> Counter[str]:
    return Counter(WORD.findall(str({name: answers.get(name) for name in (*LONG, GROUP)})))


class Page:
    """A program with the form open: the saver's face, which holds what is typed as fields do."""

    saver: Saver

    def __init__(self, app: FastAPI, services: Services, who: Someone, form: UUID) -> None:
        self.who, self.form, self.services = who, form, services
        self.road = Road(app)
        self.folder = TemporaryDirectory()
        self.typed: set[str] = set()
        self.confirmed = 0
        self.submits = 0
        self.begin()

    def begin(self) -> None:
        """Start the program."""
        self.client = Client("http://testserver", transport=self.road)
        self.client.token = self.who.token
        self.journal = Journal(Path(self.folder.name), Keychain("http://testserver"))
        self.forms = OpenForms(self.client, self.journal, lambda _: None)
        self.texts: dict[str, str] = {}
        self.dirty: set[str] = set()

    async def open(self) -> None:
        """Open the form, however often that takes."""
        self.road.fates = type(self.road.fates)(f for f in self.road.fates if "slow" not in f)
        self.sign_in()
        while True:
            try:
                opened = await self.forms.open(self.who.id, self.form)
            except PortalError:
                continue
            break
        self.saver, self.saver.face = opened.saver, self
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
        self.saver.typed()

    def add_entry(self, word: str) -> None:
        entry: Entry = {"id": uuid4().hex, "name": word, "contact_details": "0116 496 0103"}
        draft = self.saver.draft
        draft.answer(GROUP, [*entries_of(draft.answers.get(GROUP)), entry])
        self.typed.add(word)
        self.saver.typed()

    @property
    def waits_for_session(self) -> bool:
        trouble = self.saver.trouble
        return trouble is not None and is_signed_out(trouble) and not self.saver._hurry.is_set()

    @property
    def has_written(self) -> bool:
        return self.saver._keeps is None or self.saver._keeps.done()

    @property
    def rests(self) -> bool:
        sends = self.saver._sends
        is_over = sends is None or sends.done() or bool(self.road.air) or self.waits_for_session
        return is_over and self.has_written

    @property
    def rests_and_nothing_is_slow(self) -> bool:
        self.road.let_go()  # also what becomes slow only now, on its way back
        return self.rests and not self.road.air

    def sign_out(self) -> None:
        with self.services.transaction() as tx:
            tx.session.execute(
                delete(StoredSession).where(col(StoredSession.account_id) == self.who.id)
            )

    def sign_in(self) -> None:
        with self.services.transaction() as tx:
            self.who.token = begin_session(self.services, tx, self.who.id)
        self.who.http.headers["Authorization"] = f"Bearer {self.who.token}"
        self.client.token = self.who.token
        self.forms.signed_in_again()

    def submit(self) -> None:
        self.submits += 1
        self.saver.submit(uuid4())

    def kill(self) -> None:
        self.saver.halt()
        self.road.air.clear()  # what was on its way is on nobody's behalf now
        self.journal._disk.shutdown()
        self.begin()

    # What a saver asks of its face.

    def collect(self) -> None:
        for field in self.dirty:
            self.saver.draft.answer(field, self.texts[field])
        self.dirty.clear()

    def met(self, met: Met) -> None:
        self.show()

    def opened_again(self, opened: SubmissionOut) -> None:
        pass

    def show_status(self) -> None:
        pass

    def trouble(self, error: PortalError) -> None:
        assert is_signed_out(error), error

    def submitted(self, confirmation: Confirmation) -> None:
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
        done(self.me.put(f"/v1/submissions/{form}/shares/{self.bea.id}"))
        done(save(self.me, form, enough(self.me)))
        self.loop = asyncio.new_event_loop()
        self.words = (f"w{number}" for number in count())
        self.pages = [Page(self.app, self.services, who, form) for who in (self.me, self.bea)]
        for page in self.pages:
            self.loop.run_until_complete(page.open())

    def do(self, work: Callable[..., object], *arguments: object) -> None:
        """Do something in the programs' loop, which stands still between the steps."""

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

    one = st.integers(0, 1)
    fates = st.lists(st.sampled_from(FATES), max_size=4)

    @rule(one=one, field=st.sampled_from(LONG), at=st.floats(0, 1), fates=fates, rest=st.booleans())
    def type(self, one: int, field: str, at: float, fates: list[str], rest: bool) -> None:
        steps["typed"] += 1
        page = self.pages[one]
        page.road.fates.extend(fates)
        self.do(page.type, field, next(self.words), at)
        assert page.saver.standing is not Standing.SAVED
        self.until("rests" if rest else "has_written", page)

    @rule(one=one, fates=fates)
    def add_entry(self, one: int, fates: list[str]) -> None:
        steps["entered"] += 1
        page = self.pages[one]
        page.road.fates.extend(fates)
        self.do(page.add_entry, next(self.words))
        self.until("has_written", page)

    @rule(one=one)
    def rest(self, one: int) -> None:
        steps["rested"] += 1
        self.until("rests", self.pages[one])

    @rule(one=one)
    def let_go(self, one: int) -> None:
        steps["let go"] += 1
        self.do(self.pages[one].road.let_go)

    @rule(one=one, which=st.integers(0, 5))
    def come_late(self, one: int, which: int) -> None:
        steps["came late"] += 1
        self.loop.run_until_complete(self.pages[one].road.deliver(which))

    @rule(one=one)
    def sign_out(self, one: int) -> None:
        steps["signed out"] += 1
        self.pages[one].sign_out()

    @rule(one=one)
    def sign_in(self, one: int) -> None:
        steps["signed in"] += 1
        self.do(self.pages[one].sign_in)

    @rule(one=one)
    def kill(self, one: int) -> None:
        steps["killed"] += 1
        page = self.pages[one]
        self.until("has_written", page)
        self.do(page.kill)
        self.loop.run_until_complete(page.open())

    @rule(one=one)
    def leave_and_come_again(self, one: int) -> None:
        steps["left"] += 1
        page = self.pages[one]
        page.collect()
        page.forms.closed(page.saver)
        self.do(page.road.let_go)
        self.loop.run_until_complete(page.open())

    @rule(one=one, fates=fates)
    def submit(self, one: int, fates: list[str]) -> None:
        page = self.pages[one]
        if page.saver.submitting is None:
            steps["submitted"] += 1
            page.road.fates.extend(fates)
            self.do(page.submit)

    @rule(one=one)
    def look(self, one: int) -> None:
        page = self.pages[one]
        if page.saver.settled and not page.road.air:
            steps["looked"] += 1
            self.do(page.sign_in)
            self.loop.run_until_complete(page.saver.look())

    @rule(one=one)
    def decide(self, one: int) -> None:
        draft = self.pages[one].saver.draft
        for field in list(draft.overlaps)[:1]:
            steps["decided"] += 1
            self.decide_on(self.pages[one], field)

    def decide_on(self, page: Page, field: str) -> None:
        def both() -> None:
            page.collect()
            page.saver.draft.decide(field, "both")
            page.show()
            page.saver.typed()

        self.do(both)

    def opened(self) -> SubmissionOut:
        body = done(self.pages[0].who.get(f"/v1/submissions/{self.pages[0].form}")).json()
        return SubmissionOut.model_validate(body)

    @invariant()
    def saved_is_true(self) -> None:
        saved = [page for page in self.pages if page.saver.standing is Standing.SAVED]
        if any(page.typed for page in saved):
            self.do(self.pages[0].sign_in)
            stored = words_in(self.opened().answers)
            for page in saved:
                assert page.typed <= stored.keys(), "Saved was said, and was not true."

    def settle(self) -> None:
        for page in self.pages:
            page.road.fates.clear()
            self.do(page.sign_in)
        for _ in range(ROUNDS):
            for page in self.pages:
                for field in list(page.saver.draft.overlaps):
                    self.decide_on(page, field)
                self.do(page.saver.hurry)
                self.until("rests_and_nothing_is_slow", page)
                self.loop.run_until_complete(page.road.deliver(0))
            for page in self.pages:
                self.loop.run_until_complete(page.saver.look())
            if all(page.saver.settled and not page.road.late for page in self.pages):
                return
        raise AssertionError("It never came to an end.")

    def teardown(self) -> None:
        self.settle()
        stored = self.opened()
        typed = self.pages[0].typed | self.pages[1].typed
        assert words_in(stored.answers) == Counter(dict.fromkeys(typed, 1))
        assert self.pages[0].texts == self.pages[1].texts
        history = done(self.me.get(f"/v1/submissions/{stored.id}/versions")).json()
        versions = [version["answers"] for version in history["versions"]]
        assert len(versions) <= sum(page.submits for page in self.pages)
        assert bool(versions) or not any(page.confirmed for page in self.pages)
        # What is submitted again unchanged makes no version.
        assert all(one != other for one, other in pairwise(versions))
        for page in self.pages:
            steps.update(page.road.met)
            page.journal._disk.shutdown()
            page.folder.cleanup()
        self.loop.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("JOURNAL_AFTER", "SAVE_AFTER", "TRY_AGAIN"):
        monkeypatch.setattr(f"tui.saving.saver.{name}", 0)
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.mark.usefixtures("quick", "keychain")
@pytest.mark.parametrize("examples", [10, pytest.param(1000, marks=pytest.mark.whole)])
def test_every_word_and_submit_is_stored_exactly_once(
    app: FastAPI, services: Services, me: Someone, someone: Factory, examples: int
) -> None:
    steps.clear()
    Sending.app, Sending.services, Sending.me = app, services, me
    Sending.bea, Sending.child = someone("bea@osierbeck.example"), add_child(me)
    play(Sending, examples)
    print(sum(steps.values()), "steps:", dict(steps))
    assert {"typed", "answered", "killed", "signed out", "lost"} <= steps.keys()
