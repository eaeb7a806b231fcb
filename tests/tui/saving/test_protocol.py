"""The saving protocol under any order of events, against the real server.

Two people type into one form, each word once. Their requests are answered, lose their replies, or
arrive late; their clients are killed and restart from the journal. In the end the server has every
word exactly once, and "Saved" is never shown before that.
"""

import re
from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from server.core.throttle import ALLOWANCES, Allowance, Operation
from shared.forms.submissions import Saved, SubmissionOut
from tests.parts import Factory, Someone
from tests.server.accounts.steps import code_of
from tests.server.steps import add_child, ok, start
from tests.tui.saving.state_machines import run_machine
from tui.saving.draft import Draft, SentSave, Unsaved, mark_sent_saved

FIELDS = ("communication", "cognition")
WORD = re.compile(r"w\d+")
ROUNDS = 200
MANY = Allowance(1_000_000, timedelta(seconds=1))
"""Sharing again and again is limited, but not what is tested here."""
FATES = st.sampled_from(["answered", "answered", "lost", "held", "twice"])
step_counts: Counter[str] = Counter()


class Writer:
    """One person's client: the draft, and the journal that survives a kill."""

    def __init__(self, user: Someone, form: UUID) -> None:
        self.user, self.form = user, form
        self.typed_words: set[str] = set()
        self.start_client()

    def fetch_submission(self) -> SubmissionOut:
        body = ok(self.user.get(f"/v1/submissions/{self.form}")).json()
        return SubmissionOut.model_validate(body)

    def start_client(self) -> None:
        """Start the client without a journal."""
        self.draft = Draft(self.fetch_submission())
        self.journal: str | None = None

    def write_journal(self) -> None:
        self.journal = None if self.draft.is_settled else self.draft.to_unsaved().model_dump_json()

    def send_save(self, sent: SentSave) -> httpx.Response:
        reply: httpx.Response = self.user.patch(
            f"/v1/submissions/{self.form}/answers",
            json=sent.save.model_dump(mode="json"),
            headers={"If-Match": f'"{sent.version}"'},
        )
        return reply

    def handle_reply(self, reply: httpx.Response) -> None:
        if reply.status_code == 200:
            self.draft.acknowledge_save(Saved.model_validate(reply.json()))
        else:
            assert code_of(reply) == "stale", reply.text
            self.draft.reject_save()
            self.draft.rebase(self.fetch_submission(), str(reply.json()["changed_by"]))
        self.write_journal()

    def restart(self) -> None:
        """Restart the client after a kill, as OpenForms.open does."""
        unsaved = Unsaved.model_validate_json(self.journal) if self.journal else None
        if unsaved and unsaved.sent:
            reply = self.send_save(unsaved.sent)
            if reply.status_code == 200:
                unsaved = mark_sent_saved(unsaved)
        self.start_client()
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
            self.handle_reply(self.send_save(sent))
        raise AssertionError("Saving did not finish.")


class TypingMachine(RuleBasedStateMachine):
    """Types, saves, loses replies and kills clients, in any order."""

    me: Someone
    bea: Someone
    child: UUID

    def __init__(self) -> None:
        super().__init__()
        form = start(self.me, self.child)
        ok(self.me.put(f"/v1/submissions/{form}/shares/{self.bea.id}"))
        self.writers = [Writer(self.me, form), Writer(self.bea, form)]
        self.late: list[tuple[Writer, SentSave]] = []
        self.word_count = 0

    index = st.integers(0, 1)

    @rule(index=index, field=st.sampled_from(FIELDS), position=st.floats(0, 1))
    def type(self, index: int, field: str, position: float) -> None:
        step_counts["typed"] += 1
        writer, self.word_count = self.writers[index], self.word_count + 1
        text = str(writer.draft.answers.get(field, ""))
        words = text.split()
        words.insert(round(position * len(words)), f"w{self.word_count}")
        writer.draft.answer(field, " ".join(words))
        writer.typed_words.add(f"w{self.word_count}")
        writer.write_journal()

    @rule(index=index, fate=FATES)
    def save(self, index: int, fate: str) -> None:
        writer = self.writers[index]
        sent = writer.draft.next_save()
        writer.write_journal()
        if sent is None:
            return
        step_counts[fate] += 1
        if fate == "held":
            self.late.append((writer, sent))
            return
        reply = writer.send_save(sent)
        if fate == "twice":
            self.late.append((writer, sent))
        if fate != "lost":
            writer.handle_reply(reply)

    @rule(index=index, field=st.sampled_from(FIELDS), position=st.floats(0, 1), fate=FATES)
    def type_and_save(self, index: int, field: str, position: float, fate: str) -> None:
        self.type(index, field, position)
        self.save(index, fate)

    @rule(number=st.integers(0, 5))
    def deliver_late_request(self, number: int) -> None:
        if self.late:
            step_counts["delivered late"] += 1
            writer, sent = self.late.pop(number % len(self.late))
            writer.send_save(sent)  # The client no longer waits for the reply.

    @rule(index=index)
    def kill(self, index: int) -> None:
        step_counts["killed"] += 1
        self.writers[index].restart()

    @rule(index=index)
    def check_for_changes(self, index: int) -> None:
        step_counts["checked"] += 1
        writer = self.writers[index]
        if writer.draft.is_settled:
            writer.draft.rebase(writer.fetch_submission())

    @rule(index=index)
    def resolve_overlap(self, index: int) -> None:
        draft = self.writers[index].draft
        for field in list(draft.overlaps)[:1]:
            step_counts["resolved"] += 1
            draft.resolve(field, "both")
            self.writers[index].write_journal()

    def stored_words(self) -> Counter[str]:
        answers: dict[str, Any] = self.writers[0].fetch_submission().answers
        return Counter(WORD.findall(" ".join(str(answers.get(field, "")) for field in FIELDS)))

    @invariant()
    def saved_means_stored(self) -> None:
        settled = [
            writer for writer in self.writers if writer.draft.is_settled and writer.typed_words
        ]
        if settled:
            stored_words = self.stored_words()
            for writer in settled:
                assert writer.typed_words <= stored_words.keys(), "Saved was shown too early."

    def teardown(self) -> None:
        for _ in range(ROUNDS):
            for writer in self.writers:
                writer.save_all()
            while self.late:
                writer, sent = self.late.pop(0)
                writer.send_save(sent)
            for writer in self.writers:
                writer.draft.rebase(writer.fetch_submission())
            if all(writer.draft.is_settled for writer in self.writers):
                break
        typed_words = self.writers[0].typed_words | self.writers[1].typed_words
        assert self.stored_words() == Counter(dict.fromkeys(typed_words, 1))
        assert self.writers[0].draft.answers == self.writers[1].draft.answers


@pytest.mark.parametrize("examples", [8, pytest.param(2000, marks=pytest.mark.slow)])
def test_every_word_is_stored_exactly_once(
    me: Someone, someone: Factory, examples: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ALLOWANCES, Operation.MESSAGE_OTHERS, MANY)
    step_counts.clear()
    TypingMachine.me, TypingMachine.bea = me, someone("bea@osierbeck.example")
    TypingMachine.child = add_child(me)
    run_machine(TypingMachine, examples)
    print(sum(step_counts.values()), "steps:", dict(step_counts))
    assert {"typed", "answered", "killed"} <= step_counts.keys()
