"""The protocol of saving under any order of events, against the real server.

Two people type into one form, each word once. Their requests are answered, lose their replies, or
are held and come late; their programs are killed and start again from what this machine keeps. In
the end the server holds every word once, and nobody was ever told "Saved" before it did.
"""

import re
from collections import Counter
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from shared.forms.submissions import Saved, SubmissionOut
from tests.parts import Factory, Someone
from tests.server.accounts.steps import code_of
from tests.server.steps import add_child, done, start
from tests.tui.saving.machines import play
from tui.saving.draft import Draft, Sent, Unsaved, answered

FIELDS = ("communication", "cognition")
WORD = re.compile(r"w\d+")
ROUNDS = 200
FATES = st.sampled_from(["answered", "answered", "lost", "held", "twice"])
steps: Counter[str] = Counter()


class Writer:
    """One person's program: what it holds, and what its machine keeps when it is killed."""

    def __init__(self, who: Someone, form: UUID) -> None:
        self.who, self.form = who, form
        self.typed: set[str] = set()
        self.begin()

    def opened(self) -> SubmissionOut:
        body = done(self.who.get(f"/v1/submissions/{self.form}")).json()
        return SubmissionOut.model_validate(body)

    def begin(self) -> None:
        """Start the program on a machine that keeps nothing."""
        self.draft = Draft(self.opened())
        self.disk: str | None = None

    def keep(self) -> None:
        self.disk = None if self.draft.settled else self.draft.written_down().model_dump_json()

    def ask(self, sent: Sent) -> httpx.Response:
        reply: httpx.Response = self.who.patch(
            f"/v1/submissions/{self.form}/answers",
            json=sent.save.model_dump(mode="json"),
            headers={"If-Match": f'"{sent.version}"'},
        )
        return reply

    def take(self, reply: httpx.Response) -> None:
        if reply.status_code == 200:
            self.draft.acknowledged(Saved.model_validate(reply.json()))
        else:
            assert code_of(reply) == "stale", reply.text
            self.draft.refused()
            self.draft.meet(self.opened(), str(reply.json()["changed_by"]))
        self.keep()

    def restart(self) -> None:
        """Start the program again after a kill, as OpenForms.open does."""
        unsaved = Unsaved.model_validate_json(self.disk) if self.disk else None
        if unsaved and unsaved.sent:
            reply = self.ask(unsaved.sent)
            if reply.status_code == 200:
                unsaved = answered(unsaved)
        self.begin()
        if unsaved:
            self.draft.bring_back(unsaved)
        self.keep()

    def save_all(self) -> None:
        for _ in range(ROUNDS):
            for field in list(self.draft.overlaps):
                self.draft.decide(field, "both")
            sent = self.draft.next_save()
            if sent is None:
                return
            self.take(self.ask(sent))
        raise AssertionError("It never came to an end.")


class Typing(RuleBasedStateMachine):
    """Any order of typing, saving, losing and killing."""

    me: Someone
    bea: Someone
    child: UUID

    def __init__(self) -> None:
        super().__init__()
        form = start(self.me, self.child)
        done(self.me.put(f"/v1/submissions/{form}/shares/{self.bea.id}"))
        self.writers = [Writer(self.me, form), Writer(self.bea, form)]
        self.late: list[tuple[Writer, Sent]] = []
        self.count = 0

    one = st.integers(0, 1)

    @rule(one=one, field=st.sampled_from(FIELDS), at=st.floats(0, 1))
    def type(self, one: int, field: str, at: float) -> None:
        steps["typed"] += 1
        writer, self.count = self.writers[one], self.count + 1
        text = str(writer.draft.answers.get(field, ""))
        words = text.split()
        words.insert(round(at * len(words)), f"w{self.count}")
        writer.draft.answer(field, " ".join(words))
        writer.typed.add(f"w{self.count}")
        writer.keep()

    @rule(one=one, fate=FATES)
    def save(self, one: int, fate: str) -> None:
        writer = self.writers[one]
        sent = writer.draft.next_save()
        writer.keep()
        if sent is None:
            return
        steps[fate] += 1
        if fate == "held":
            self.late.append((writer, sent))
            return
        reply = writer.ask(sent)
        if fate == "twice":
            self.late.append((writer, sent))
        if fate != "lost":
            writer.take(reply)

    @rule(one=one, field=st.sampled_from(FIELDS), at=st.floats(0, 1), fate=FATES)
    def type_and_save(self, one: int, field: str, at: float, fate: str) -> None:
        self.type(one, field, at)
        self.save(one, fate)

    @rule(which=st.integers(0, 5))
    def come_late(self, which: int) -> None:
        if self.late:
            steps["came late"] += 1
            writer, sent = self.late.pop(which % len(self.late))
            writer.ask(sent)  # nobody waits for the reply any more

    @rule(one=one)
    def kill(self, one: int) -> None:
        steps["killed"] += 1
        self.writers[one].restart()

    @rule(one=one)
    def look(self, one: int) -> None:
        steps["looked"] += 1
        writer = self.writers[one]
        if writer.draft.settled:
            writer.draft.meet(writer.opened())

    @rule(one=one)
    def decide(self, one: int) -> None:
        draft = self.writers[one].draft
        for field in list(draft.overlaps)[:1]:
            steps["decided"] += 1
            draft.decide(field, "both")
            self.writers[one].keep()

    def stored(self) -> Counter[str]:
        answers: dict[str, Any] = self.writers[0].opened().answers
        return Counter(WORD.findall(" ".join(str(answers.get(field, "")) for field in FIELDS)))

    @invariant()
    def saved_is_true(self) -> None:
        settled = [writer for writer in self.writers if writer.draft.settled and writer.typed]
        if settled:
            stored = self.stored()
            for writer in settled:
                assert writer.typed <= stored.keys(), "Saved was said, and was not true."

    def teardown(self) -> None:
        for _ in range(ROUNDS):
            for writer in self.writers:
                writer.save_all()
            while self.late:
                writer, sent = self.late.pop(0)
                writer.ask(sent)
            for writer in self.writers:
                writer.draft.meet(writer.opened())
            if all(writer.draft.settled for writer in self.writers):
                break
        typed = self.writers[0].typed | self.writers[1].typed
        assert self.stored() == Counter(dict.fromkeys(typed, 1))
        assert self.writers[0].draft.answers == self.writers[1].draft.answers


@pytest.mark.parametrize("examples", [25, pytest.param(2000, marks=pytest.mark.whole)])
def test_every_word_is_stored_exactly_once(me: Someone, someone: Factory, examples: int) -> None:
    steps.clear()
    Typing.me, Typing.bea = me, someone("bea@osierbeck.example")
    Typing.child = add_child(me)
    play(Typing, examples)
    print(sum(steps.values()), "steps:", dict(steps))
    assert {"typed", "answered", "killed"} <= steps.keys()
