"""One step of a form, showing the questions that apply."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.events import Callback
from textual.widgets import Static

from shared.forms.answers import Finding, Level, blocking
from shared.forms.definition import Group, Step
from shared.problems import FieldError
from tui.documents.upload_row import UploadRow
from tui.forms.fields import Question, field_name
from tui.forms.groups import GroupField, question_for
from tui.forms.state import FormState


class StepView(Vertical):
    """The questions of a step; `collect` copies the input into the state."""

    DEFAULT_CSS = "StepView { height: auto; } StepView > .intro { height: auto; margin: 0 0 1 0; }"

    def __init__(self, state: FormState, step: Step) -> None:
        super().__init__()
        self.step = step
        self._state = state
        self._touched: set[Question] = set()

    def compose(self) -> ComposeResult:
        """Lay out the questions, or why the step does not apply."""
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
        """Show the questions that apply."""
        self.show_applicable()

    def touch(self, question: Question) -> None:
        """Mark a question as edited; its text is read on saving, not at every key."""
        self._touched.add(question)

    def collect(self) -> None:
        """Copy the answers of touched questions into the state."""
        touched, self._touched = self._touched, set()
        for question in touched:
            if question.entry:
                group = next(n for n in question.ancestors if isinstance(n, GroupField))
                self._state.answer_entry(
                    group.group.id, question.entry, question.definition.id, question.take()
                )
            else:
                self._state.answer(question.definition.id, question.take())

    async def settle(self) -> None:
        """Wait until each control has processed all queued key presses."""
        waits = []
        for question in self.query(Question):
            processed = asyncio.Event()
            if question.control.post_message(Callback(callback=processed.set)):
                waits.append(processed.wait())
        await asyncio.gather(*waits)

    def collect_all(self) -> None:
        """Collect every edited question, because the Changed message of a key may be queued."""
        self._touched.update(question for question in self.query(Question) if question.edited)
        self.collect()

    def show_state(self) -> None:
        """Update the answers from the state."""
        for question in self.query(Question):
            if not question.entry:
                question.show(self._state.answers.get(question.definition.id))
        for group in self.query(GroupField):
            group.show_state()
        self.show_applicable()

    def show_applicable(self) -> None:
        """Show the questions whose conditions hold."""
        for question in self.query(Question):
            entry = None
            if question.entry:
                group = next(n for n in question.ancestors if isinstance(n, GroupField))
                entries = self._state.entries(group.group.id)
                entry = next((e for e in entries if e["id"] == question.entry), None)
            question.display = self._state.applies(question.definition.only_if, entry)

    def not_uploaded(self) -> list[str]:
        """List the names of files that are chosen but not being uploaded."""
        uploads = [row.upload for row in self.query(UploadRow) if row.upload]
        return [upload.file.name for upload in uploads if not upload.is_running]

    def upload_chosen(self) -> None:
        """Upload all chosen files."""
        for row in self.query(UploadRow):
            row.start_upload()

    def show_findings(self, findings: Iterable[Finding]) -> list[tuple[str, str]]:
        """Show findings at their questions; return (field name, message) pairs."""
        found = list(findings)
        errors = {self.name_at(f.pointer): f.message for f in blocking(found)}
        warnings = {self.name_at(f.pointer): f.message for f in found if f.level is Level.WARNING}
        for question in self.query(Question):
            question.show_error(errors.get(question.name or "", ""))
            question.show_warning(warnings.get(question.name or "", ""))
        for group in self.query(GroupField):
            group.show_error(errors.get(group.name or "", ""))
        return list(errors.items())

    def show_errors(self, errors: Iterable[FieldError]) -> list[tuple[str, str]]:
        """Show errors at their questions; return (field name, message) pairs."""
        entries = [(self.name_at(error.pointer), error.message) for error in errors]
        for field in self._fields():
            field.show_error(next((m for name, m in entries if name == field.name), ""))
        return entries

    @property
    def has_messages(self) -> bool:
        """Whether an error or a warning is shown at a question."""
        return any(
            field.error or (isinstance(field, Question) and field.warning)
            for field in self._fields()
        )

    def clear_corrected(self, findings: Iterable[Finding]) -> None:
        """Clear the errors and warnings of answers that are right by now."""
        found = list(findings)
        wrong = {self.name_at(f.pointer) for f in blocking(found)}
        doubtful = {self.name_at(f.pointer) for f in found if f.level is Level.WARNING}
        for field in self._fields():
            if field.error and field.name not in wrong:
                field.show_error("")
            if isinstance(field, Question) and field.warning and field.name not in doubtful:
                field.show_warning("")

    def _fields(self) -> list[Question | GroupField]:
        return [*self.query(Question), *self.query(GroupField)]

    def name_at(self, pointer: str) -> str:
        """Return the widget name of the field of a pointer."""
        parts = pointer.strip("/").split("/")
        if len(parts) != 3:
            return field_name(parts[0])
        group, index, field = parts
        entries = self._state.entries(group)
        entry = str(entries[int(index)]["id"]) if int(index) < len(entries) else ""
        return field_name(field, entry)

    def focus_field(self, name: str) -> None:
        """Focus a field of the step by its widget name."""
        for question in self.query(Question):
            if question.name == name:
                question.focus_control()
                return
        for group in self.query(GroupField):
            if group.name == name:
                group.query_one(".add").focus()
                return

    def focus_first(self) -> bool:
        """Focus the first question without scrolling; return whether there is one."""
        shown = (question.first_control for question in self.query(Question) if question.display)
        first = next(filter(None, shown), None) or next(self.query("Button").results(), None)
        if first is not None:
            self.screen.set_focus(first, scroll_visible=False)
        return first is not None
