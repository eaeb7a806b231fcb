"""One step of a form, showing the questions that apply."""

from __future__ import annotations

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Static

from shared.forms.answers import Finding, Level, filter_blocking
from shared.forms.definition import Group, Step
from shared.problems import FieldError
from tui.forms.entry_list import EntryList
from tui.forms.fields import Question, field_name, process_keys
from tui.forms.groups import GroupField, make_question
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
        """Lay out the questions, or the reason why the step does not apply."""
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
                yield GroupField(self._state, self.step, field)
            else:
                yield make_question(self._state, field, self._state.answers.get(field.id))

    def on_mount(self) -> None:
        """Show the questions that apply."""
        self.show_applicable()

    def touch(self, question: Question) -> None:
        """Mark a question as edited; its answer is read on saving, not on every key."""
        self._touched.add(question)

    def collect(self) -> None:
        """Copy the answers of touched questions into the state.

        Closing an entry has already copied its answers.
        """
        touched, self._touched = self._touched, set()
        for question in touched:
            if not question.is_attached:
                continue
            if question.entry:
                group = next(n for n in question.ancestors if isinstance(n, GroupField))
                self._state.answer_entry(
                    group.group.id,
                    question.entry,
                    question.definition.id,
                    question.collect_answer(),
                )
            else:
                self._state.answer(question.definition.id, question.collect_answer())

    async def settle(self) -> None:
        """Wait until each control has processed all queued key presses."""
        await process_keys(self.query(Question))

    def collect_all(self) -> None:
        """Collect all edited questions, even if their Changed message is still queued."""
        self._touched.update(question for question in self.query(Question) if question.is_edited)
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
        for rows in self.query(EntryList):
            rows.refresh()

    def show_findings(self, findings: Iterable[Finding]) -> list[tuple[str, str]]:
        """Show findings at their questions and return (field name, error) pairs."""
        findings = list(findings)
        warnings = {
            self.name_at(f.pointer): f.message for f in findings if f.level is Level.WARNING
        }
        for question in self.query(Question):
            question.show_warning(warnings.get(question.name or "", ""))
        return self._show_messages(
            {self.name_at(f.pointer): f.message for f in filter_blocking(findings)}
        )

    def show_errors(self, errors: Iterable[FieldError]) -> list[tuple[str, str]]:
        """Show errors at their questions and return (field name, error) pairs."""
        return self._show_messages({self.name_at(error.pointer): error.message for error in errors})

    def _show_messages(self, messages: dict[str, str]) -> list[tuple[str, str]]:
        for question in self.query(Question):
            question.show_error(messages.get(question.name or "", ""))
        for group in self.query(GroupField):
            group.show_errors(messages)
        return list(messages.items())

    @property
    def has_messages(self) -> bool:
        """Whether an error or a warning is shown at a question."""
        return any(question.error or question.warning for question in self.query(Question)) or any(
            group.messages for group in self.query(GroupField)
        )

    def clear_corrected(self, findings: Iterable[Finding]) -> None:
        """Clear the errors and warnings of corrected answers."""
        remaining = list(findings)
        invalid_names = {self.name_at(f.pointer) for f in filter_blocking(remaining)}
        warned_names = {self.name_at(f.pointer) for f in remaining if f.level is Level.WARNING}
        for question in self.query(Question):
            if question.error and question.name not in invalid_names:
                question.show_error("")
            if question.warning and question.name not in warned_names:
                question.show_warning("")
        for group in self.query(GroupField):
            remaining_messages = {
                name: text for name, text in group.messages.items() if name in invalid_names
            }
            if len(remaining_messages) < len(group.messages):
                group.show_errors(remaining_messages)

    def name_at(self, pointer: str) -> str:
        """Return the widget name of the field at a pointer."""
        parts = pointer.strip("/").split("/")
        if len(parts) != 3:
            return field_name(parts[0])
        group, index, field = parts
        entries = self._state.entries(group)
        entry = str(entries[int(index)]["id"]) if int(index) < len(entries) else ""
        return field_name(field, entry)

    def focus_field(self, name: str) -> bool:
        """Focus a field by its widget name and return whether it is in this step."""
        for question in self.query(Question):
            if question.name == name:
                question.focus_control()
                return True
        for group in self.query(GroupField):
            if group.name == name:
                group.query_one(".add").focus()
                return True
        return any(group.open_field(name) for group in self.query(GroupField))

    def focus_first(self) -> bool:
        """Focus the first question, list or button; return whether there is one."""
        for widget in self.query("Question, EntryList, Button").results(Widget):
            first = widget.first_control if isinstance(widget, Question) else widget
            if widget.display and first is not None:
                self.screen.set_focus(first, scroll_visible=False)
                return True
        return False
