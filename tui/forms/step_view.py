"""One step of a form on the screen: its questions, those that apply; nothing of other steps."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Callback
from textual.widgets import Static

from shared.forms.answers import Finding, Level
from shared.forms.definition import Group, Step
from shared.problems import FieldError
from tui.documents.upload_row import UploadRow
from tui.forms.fields import Question, name_of
from tui.forms.groups import GroupField, question_for
from tui.forms.state import FormState


class StepView(Vertical):
    """The questions of a step; `collect` brings what was typed into the state."""

    DEFAULT_CSS = "StepView { height: auto; } StepView > .intro { height: auto; margin: 0 0 1 0; }"

    def __init__(self, state: FormState, step: Step) -> None:
        super().__init__()
        self.step = step
        self._state = state
        self._touched: set[Question] = set()

    def compose(self) -> ComposeResult:
        """Lay out the step, or why it does not apply."""
        if not self._state.applies(self.step.only_if):
            yield Static(self.step.skipped, markup=False)
            return
        if self.step.intro:
            yield Static(self.step.intro, classes="intro", markup=False)
        yield from self.questions()

    def questions(self) -> ComposeResult:
        """Lay out the questions."""
        for field in self.step.fields:
            if isinstance(field, Group):
                yield GroupField(self._state, field)
            else:
                yield question_for(self._state, field, self._state.answers.get(field.id))

    def on_mount(self) -> None:
        """Show what applies."""
        self.show_what_applies()

    def touch(self, question: Question) -> None:
        """Note that something was typed; it is read when it is saved, and not at every key."""
        self._touched.add(question)

    def collect(self) -> None:
        """Bring what was typed into the state."""
        touched, self._touched = self._touched, set()
        for question in touched:
            if question.entry:
                group = next(n for n in question.ancestors if isinstance(n, GroupField))
                self._state.answer_entry(
                    group.group.id, question.entry, question.question.id, question.take()
                )
            else:
                self._state.answer(question.question.id, question.take())

    async def settle(self) -> None:
        """Wait until each control has processed the keys typed so far."""
        waits = []
        for question in self.query(Question):
            done = asyncio.Event()
            if question.control.post_message(Callback(callback=done.set)):
                waits.append(done.wait())
        await asyncio.gather(*waits)

    def collect_all(self) -> None:
        """The same for the whole step: a key may be ahead of the message that something changed."""
        self._touched.update(question for question in self.query(Question) if question.edited)
        self.collect()

    def show_state(self) -> None:
        """Show the answers that the state holds now, whoever gave them."""
        for question in self.query(Question):
            if not question.entry:
                question.show(self._state.answers.get(question.question.id))
        for group in self.query(GroupField):
            group.show_state()
        self.show_what_applies()

    def show_what_applies(self) -> None:
        """Show the questions whose conditions hold."""
        for question in self.query(Question):
            entry = None
            if question.entry:
                group = next(n for n in question.ancestors if isinstance(n, GroupField))
                entries = self._state.entries(group.group.id)
                entry = next((e for e in entries if e["id"] == question.entry), None)
            question.display = self._state.applies(question.question.only_if, entry)

    def not_uploaded(self) -> list[str]:
        """List the names of the files that are chosen and not on their way."""
        uploads = [row.upload for row in self.query(UploadRow) if row.upload]
        return [upload.file.name for upload in uploads if not upload.is_running]

    def upload_chosen(self) -> None:
        """Upload every file that is chosen and not uploaded."""
        for row in self.query(UploadRow):
            row.start_upload()

    def show_findings(self, findings: Iterable[Finding]) -> list[tuple[str, str]]:
        """Show findings at their questions; return (field name, message) pairs."""
        messages = {self.name_at(f.pointer): f for f in findings if f.level is not Level.EXPECTED}
        for question in self.query(Question):
            finding = messages.get(question.name or "")
            question.show_error(finding.message if finding else "")
        for group in self.query(GroupField):
            finding = messages.get(group.name or "")
            group.show_error(finding.message if finding else "")
        return [(name, finding.message) for name, finding in messages.items()]

    def show_errors(self, errors: Iterable[FieldError]) -> list[tuple[str, str]]:
        """Show refusals at their questions; return (field name, message) pairs."""
        entries = [(self.name_at(error.pointer), error.message) for error in errors]
        for question in self.query(Question):
            question.show_error(next((m for name, m in entries if name == question.name), ""))
        return entries

    def name_at(self, pointer: str) -> str:
        """Name the field that a pointer leads to."""
        parts = pointer.strip("/").split("/")
        if len(parts) != 3:
            return name_of(parts[0])
        group, index, field = parts
        entries = self._state.entries(group)
        entry = str(entries[int(index)]["id"]) if int(index) < len(entries) else ""
        return name_of(field, entry)

    def lead_to(self, name: str) -> None:
        """Put the focus on a field of the step."""
        for question in self.query(Question):
            if question.name == name:
                question.focus_control()
                return
        for group in self.query(GroupField):
            if group.name == name:
                group.query_one(".add").focus()
                return

    def focus_first(self) -> bool:
        """Put the focus on the first question, and stay at the title; says whether there is any."""
        shown = (question.first_control for question in self.query(Question) if question.display)
        first = next(filter(None, shown), None) or next(self.query("Button").results(), None)
        if first is not None:
            self.screen.set_focus(first, scroll_visible=False)
        return first is not None
