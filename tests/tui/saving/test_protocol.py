"""The saving protocol under any order of events, against the real server.

Two people type into one form, each word once. Their requests are answered, lose their replies, or
arrive late; their clients are killed and restart from the journal. In the end the server has every
word exactly once, and "Saved" was never shown before it did.
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
from tests.server.steps import add_child, ok, start
from tests.tui.saving.state_machines import run_machine
from tui.saving.draft import Draft, SentSave, Unsaved, mark_sent_saved

FIELDS = ("communication", "cognition")
WORD = re.compile(r"w\d+")
ROUNDS = 200
FATES = st.sampled_from(["answered", "answered", "lost", "held", "twice"])
steps: Counter[str] = Counter()


class Writer:
    """One person's client: its draft, and the journal that survives a kill."""

    def __init__(self, user: Someone, form: UUID) -> None:
        self.user, self.form = user, form
        self.typed: set[str] = set()
        self.begin()

    def opened(self) -> SubmissionOut:
        body = ok(self.user.get(f"/v1/submissions/{self.form}")).json()
        return SubmissionOut.model_validate(body)

    def begin(self) -> None:
        """Start the client without a journal."""
        self.draft = Draft(self.opened())
        self.journal: str | None = None

    def write_journal(self) -> None:
        self.journal = None if self.draft.is_settled else self.draft.to_unsaved().model_dump_json()

    def ask(self, sent: SentSave) -> httpx.Response:
        reply: httpx.Response = self.user.patch(
            f"/v1/submissions/{self.form}/answers",
            json=sent.save.model_dump(mode="json"),
            headers={"If-Match": f'"{sent.version}"'},
        )
        return reply

    def take(self, reply: httpx.Response) -> None:
        if reply.status_code == 200:
            self.draft.acknowledge_save(Saved.model_validate(reply.json()))
        else:
            assert code_of(reply) == "stale", reply.text
            self.draft.reject_save()
            self.draft.rebase(self.opened(), str(reply.json()["changed_by"]))
        self.write_journal()

    def restart(self) -> None:
        """Restart the client after a kill, as OpenForms.open does."""
        unsaved = Unsaved.model_validate_json(self.journal) if self.journal else None
        if unsaved and unsaved.sent:
            reply = self.ask(unsaved.sent)
            if reply.status_code == 200:
                unsaved = mark_sent_saved(unsaved)
        self.begin()
        if unsaved:
            self.draft.restore(unsaved)
        self.write_journal()

    def save_all(self) -> None:
        for _ in range(ROUNDS):
            for field in list(self.draft.overlaps):
                self.draft.resolve(field, "both")
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
        ok(self.me.put(f"/v1/submissions/{form}/shares/{self.bea.id}"))
        self.writers = [Writer(self.me, form), Writer(self.bea, form)]
        self.late: list[tuple[Writer, SentSave]] = []
        self.count = 0

    index = st.integers(0, 1)

    @rule(index=index, field=st.sampled_from(FIELDS), at=st.floats(0, 1))
    def type(self, index: int, field: str, at: float) -> None:
        steps["typed"] += 1
        writer, self.count = self.writers[index], self.count + 1
        text = str(writer.draft.answers.get(field, ""))
        words = text.split()
        words.insert(round(at * len(words)), f"w{self.count}")
        writer.draft.answer(field, " ".join(words))
        writer.typed.add(f"w{self.count}")
        writer.write_journal()

    @rule(index=index, fate=FATES)
    def save(self, index: int, fate: str) -> None:
        writer = self.writers[index]
        sent = writer.draft.next_save()
        writer.write_journal()
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

    @rule(index=index, field=st.sampled_from(FIELDS), at=st.floats(0, 1), fate=FATES)
    def type_and_save(self, index: int, field: str, at: float, fate: str) -> None:
        self.type(index, field, at)
        self.save(index, fate)

    @rule(which=st.integers(0, 5))
    def deliver_late_request(self, which: int) -> None:
        if self.late:
            steps["came late"] += 1
            writer, sent = self.late.pop(which % len(self.late))
            writer.ask(sent)  # the client no longer waits for the reply

    @rule(index=index)
    def kill(self, index: int) -> None:
        steps["killed"] += 1
        self.writers[index].restart()

    @rule(index=index)
    def check_for_changes(self, index: int) -> None:
        steps["looked"] += 1
        writer = self.writers[index]
        if writer.draft.is_settled:
            writer.draft.rebase(writer.opened())

    @rule(index=index)
    def decide(self, index: int) -> None:
        draft = self.writers[index].draft
        for field in list(draft.overlaps)[:1]:
            steps["decided"] += 1
            draft.resolve(field, "both")
            self.writers[index].write_journal()

    def stored(self) -> Counter[str]:
        answers: dict[str, Any] = self.writers[0].opened().answers
        return Counter(WORD.findall(" ".join(str(answers.get(field, "")) for field in FIELDS)))

    @invariant()
    def saved_means_stored(self) -> None:
        settled = [writer for writer in self.writers if writer.draft.is_settled and writer.typed]
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
                writer.draft.rebase(writer.opened())
            if all(writer.draft.is_settled for writer in self.writers):
                break
        typed = self.writers[0].typed | self.writers[1].typed
        assert self.stored() == Counter(dict.fromkeys(typed, 1))
        assert self.writers[0].draft.answers == self.writers[1].draft.answers


@pytest.mark.parametrize("examples", [25, pytest.param(2000, marks=pytest.mark.whole)])
def test_every_word_is_stored_exactly_once(me: Someone, someone: Factory, examples: int) -> None:
    steps.clear()
    Typing.me, Typing.bea = me, someone("bea@osierbeck.example")
    Typing.child = add_child(me)
    run_machine(Typing, examples)
    print(sum(steps.values()), "steps:", dict(steps))
    assert {"typed", "answered", "killed"} <= steps.keys()
