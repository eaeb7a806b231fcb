"""The Statutory Assessment Progress screen: a child's case and its forms."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID, uuid4

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Static

from shared.cases.states import FormRow, ProgressOut
from shared.forms.submissions import StartForm
from shared.places import PlaceKind
from shared.values.days import format_day
from tui.cases import api
from tui.cases.rows import (
    FormGroup,
    PublishedDocument,
    build_form_groups,
    build_published_items,
    build_timeline_stops,
    withdrawal_question,
)
from tui.core.commands import command
from tui.core.errors import PortalError
from tui.widgets import dialog
from tui.widgets.header import Link
from tui.widgets.line_input import LineInput
from tui.widgets.long_list import LongList
from tui.widgets.screen import SEND_LINKS, PortalScreen
from tui.widgets.states import coloured_content
from tui.widgets.timeline import Timeline


class Progress(PortalScreen):
    """The progress page of a child, reloaded each time it is shown."""

    CSS_PATH = "cases.tcss"
    LOCATION = "SEND › Statutory Assessment Progress"
    LINKS = SEND_LINKS
    HELP_TEXT = (
        "The line shows the four stages: ✓ is done, ● is where the case is now, ○ is to come. "
        "Below are the forms of this stage: Start begins one, Continue goes on with one, Edit "
        "adds to what was submitted until the Local Authority has decided, View details shows "
        "what was sent, Share lets a colleague fill it with you, Withdraw takes back what was "
        "submitted. Below them are the documents that the Local Authority gave you to read."
    )
    AUTO_FOCUS = ""
    HAS_FILTER = True
    BINDINGS: ClassVar[list[BindingType]] = [
        command("progress.search", "slash", "search", "search", "Search the forms.", priority=True),
        command("progress.edit", "e", "edit", "edit details", "Edit the child's details."),
    ]

    def __init__(self, person: str) -> None:
        super().__init__()
        self._person = UUID(person)
        self._progress: ProgressOut | None = None
        self._pending_ids: dict[str, UUID] = {}
        self._just_started: UUID | None = None
        self._groups: list[FormGroup] = []

    def body(self) -> ComposeResult:
        """Lay out the empty page."""
        with Horizontal(classes="line"):
            yield Static("", id="name", classes="title", markup=False)
            yield Static("", id="born", markup=False)
        yield Timeline()
        with Horizontal(classes="line"):
            yield Static("What happens now?", classes="title")
            yield Static("", id="case-state", classes="hint", markup=False)
        yield Static("", id="now-words", markup=False)
        yield Static("", id="due", classes="title", markup=False)
        with Horizontal(classes="line"):
            yield Static("Information we collect at this stage", classes="title")
            yield Static("Search", classes="label")
            yield LineInput(id="search", compact=True, max_length=200)
        yield LongList(id="forms")
        yield Static("No form is found by these words.", id="no-forms", classes="hint")
        yield LongList(id="published")

    def load(self) -> None:
        """Load the page."""
        self.call(self._load(), group="progress", on_error=self._on_load_error)

    def _on_load_error(self, error: PortalError) -> None:
        self.portal.show_error(error)
        if self._progress is None and self.is_on_top:
            self.portal.navigation.leave()

    async def _load(self) -> None:
        progress = await self.when_made(api.read_progress(self.portal.client, self._person))
        if progress != self._progress:
            await self._show(progress)

    async def _show(self, progress: ProgressOut) -> None:
        is_first = self._progress is None
        self._progress = progress
        self._update_text("#name", progress.name)
        self._update_text("#born", f"born {format_day(progress.born)}")
        self.query_one(Timeline).show(build_timeline_stops(progress.stages))
        self._update_text("#case-state", progress.state_words)
        self._update_text("#now-words", progress.now_words)
        self._update_text("#due", progress.due_words)
        focused_id = self.focused.id if self.focused else None
        if any(row.submission == self._just_started for row in progress.forms):
            # Focus its link, so that a repeated Enter does not start another form.
            focused_id, self._just_started = f"open-{self._just_started}", None
        self._groups = build_form_groups(progress)
        async with self.batch():
            await self._show_forms()
            await self.query_one("#published", LongList).show(build_published_items(progress))
        targets = (
            self.query(f"#{focused_id}")
            if focused_id and not is_first
            else self.query("#forms Link")
        )
        for widget in targets.results():
            widget.focus(scroll_visible=not is_first)
            return

    def _update_text(self, selector: str, text: str) -> None:
        static = self.query_one(selector, Static)
        static.update(coloured_content(text))
        static.display = bool(text)

    @on(Input.Changed, "#search")
    def _filter(self) -> None:
        self.run_worker(self._show_forms(), group="filter", exit_on_error=False)

    async def _show_forms(self) -> None:
        """Show the forms that match the search."""
        search_words = self.query_one("#search", Input).value.casefold().split()
        matches = [
            group
            for group in self._groups
            if all(word in group.search_text for word in search_words)
        ]
        self.query_one("#no-forms").display = bool(search_words) and not matches
        items = [item for group in matches for item in group.items]
        await self.query_one("#forms", LongList).show(items)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable the search key while the search box has the focus, so that `/` can be typed."""
        return not (action == "search" and self.is_mounted and self.query_one("#search").has_focus)

    def action_search(self) -> None:
        """Focus the search box."""
        self.set_focus(self.query_one("#search"))

    def action_edit(self) -> None:
        """Edit the child's details."""
        self.portal.navigation.open_place(PlaceKind.EDIT_PERSON.of(self._person))

    @on(Link.Chosen, ".start")
    def _start(self, event: Link.Chosen) -> None:
        event.stop()
        self.call(self._start_form(str(event.link.value)), group="start")

    async def _start_form(self, form: str) -> None:
        # The id is reused until the request succeeds, so a retry does not start another form.
        submission = self._pending_ids.setdefault(form, uuid4())
        start = StartForm(id=submission, form=form, person=self._person)
        await api.start_form(self.portal.client, start)
        del self._pending_ids[form]
        self._just_started = submission
        self.portal.navigation.open_place(PlaceKind.FORM.of(submission))

    @on(Link.Chosen, ".withdraw")
    def _confirm_withdrawal(self, event: Link.Chosen) -> None:
        event.stop()
        row = event.link.value
        if not isinstance(row, FormRow) or row.submission is None:
            return
        submission = row.submission

        def on_answer(answer: str | None) -> None:
            if answer == "withdraw":
                self.call(self._withdraw(submission), group="withdraw")

        self.app.push_screen(dialog.ChoiceDialog(*withdrawal_question(row)), on_answer)

    async def _withdraw(self, submission: UUID) -> None:
        await api.withdraw(self.portal.client, submission)
        await self._load()

    @on(Link.Chosen, ".save-copy")
    def _save_copy(self, event: Link.Chosen) -> None:
        event.stop()
        line = next(node for node in event.link.ancestors if isinstance(node, PublishedDocument))
        self.portal.save_document(line.published.document.id, line.published.document.name)
