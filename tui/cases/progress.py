"""Statutory Assessment Progress: where a child's case stands, and the forms of this stage."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID, uuid4

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Static

from shared.cases import STAGE_LABELS, FormRow, ProgressOut, StageOut
from shared.days import london_day, write_day
from shared.forms.submissions import StartForm, SubmissionState
from tui.cases import api
from tui.core.commands import command
from tui.core.errors import PortalError
from tui.widgets.header import Link
from tui.widgets.screen import IN_SEND, PortalScreen
from tui.widgets.timeline import Stop, Timeline

PARENT_REQUEST = "parent-request"
DECIDED = "Edit is closed: the Local Authority has decided."
EDITING = "◐ Being edited: what you changed is sent when you submit it again."


class Progress(PortalScreen):
    """The page of one child; it reads the case again whenever one comes back to it."""

    CSS_PATH = "cases.tcss"
    WHERE = "SEND › Statutory Assessment Progress"
    LINKS = IN_SEND
    HELP_TEXT = (
        "The line shows the four stages: ✓ is done, ● is where the case is now, ○ is to come. "
        "Below are the forms of this stage: Start begins one, Continue goes on with one, Edit "
        "adds to what was submitted until the Local Authority has decided, View details shows "
        "what was sent."
    )
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        command("progress.search", "slash", "search", "search", "Search the forms."),
        command("progress.edit", "e", "edit", "edit details", "Edit the child's details."),
    ]

    def __init__(self, person: str) -> None:
        super().__init__()
        self._person = UUID(person)
        self._shown: ProgressOut | None = None
        self._started: dict[str, UUID] = {}

    def body(self) -> ComposeResult:
        """Lay out the page, to be filled by one call."""
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
            yield Input(id="search", compact=True, max_length=200)
        yield Vertical(id="forms")
        yield Static("No form is found by these words.", id="no-forms", classes="hint")

    def on_screen_resume(self) -> None:
        """Read how the case stands now."""
        self.call(self._load(), group="progress", on_error=self._not_loaded)

    def _not_loaded(self, error: PortalError) -> None:
        self.portal.show_error(error)
        if self._shown is None and self.is_current:
            self.portal.leave()

    async def _load(self) -> None:
        progress = await api.read_progress(self.portal.client, self._person)
        if progress != self._shown:
            await self._show(progress)

    async def _show(self, progress: ProgressOut) -> None:
        first = self._shown is None
        self._shown = progress
        self._say("#name", progress.name)
        self._say("#born", f"born {write_day(progress.born)}")
        self.query_one(Timeline).show([stop_of(stage) for stage in progress.stages])
        self._say("#case-state", progress.state_words)
        self._say("#now-words", progress.now_words)
        self._say("#due", progress.due_words)
        focused = self.focused.id if self.focused else None
        forms = self.query_one("#forms")
        async with self.batch():
            await forms.remove_children()
            await forms.mount_all(_groups(progress))
        self._filter()
        wanted = self.query(f"#{focused}") if focused and not first else self.query("#forms Link")
        for widget in wanted.results():
            widget.focus(scroll_visible=not first)
            return

    def _say(self, selector: str, words: str) -> None:
        static = self.query_one(selector, Static)
        static.update(words)
        static.display = bool(words)

    @on(Input.Changed, "#search")
    def _filter(self) -> None:
        words = self.query_one("#search", Input).value.casefold().split()
        found = False
        for group in self.query(FormGroup):
            group.display = all(word in group.words for word in words)
            found = found or group.display
        self.query_one("#no-forms").display = bool(words) and not found

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave `/` to the search box while it is typed into."""
        return not (action == "search" and self.is_mounted and self.query_one("#search").has_focus)

    def action_search(self) -> None:
        """Go to the search box."""
        self.query_one("#search").focus()

    def action_edit(self) -> None:
        """Edit the child's details."""
        self.portal.open_place(f"people/{self._person}/edit")

    @on(Link.Chosen, ".start")
    def _start(self, event: Link.Chosen) -> None:
        event.stop()
        self.call(self._begin((event.link.id or "").removeprefix("start-")), group="start")

    async def _begin(self, form: str) -> None:
        # The same id until the server answers: said twice, it starts one form.
        submission = self._started.setdefault(form, uuid4())
        start = StartForm(id=submission, form=form, person=self._person)
        await api.start_form(self.portal.client, start)
        del self._started[form]
        self.portal.open_place(f"forms/{submission}")


class FormGroup(Vertical):
    """One form's title, what was done with it, and the link to start one; `words` are searched."""

    def __init__(self, title: str, rows: list[FormRow], start: str | None) -> None:
        super().__init__()
        self._title = title
        self._rows = rows
        self._start = start
        self.words = " ".join([title, *(row_words(row) for row in rows)]).casefold()

    def compose(self) -> ComposeResult:
        """Lay out the rows, each with what can be done about it."""
        yield Static(self._title, markup=False)
        for row in self._rows:
            with Horizontal(classes="row"):
                yield Static(row_words(row), markup=False)
                yield from _links(row)
            if row.state is SubmissionState.EDITING:
                yield Static(EDITING, classes="note", markup=False)
            elif row.by_you and row.state is SubmissionState.SUBMITTED and not row.editable:
                yield Static(DECIDED, classes="note hint", markup=False)
        if self._start:
            words = "Start a new one" if self._rows else "Start"
            yield Link(words, id=f"start-{self._start}", classes="start")


def _groups(progress: ProgressOut) -> list[FormGroup]:
    to_start = {to_start.title: to_start.form for to_start in progress.to_start}
    titles = dict.fromkeys([*to_start, *(row.title for row in progress.forms)])
    return [
        FormGroup(title, [r for r in progress.forms if r.title == title], to_start.get(title))
        for title in titles
    ]


def _links(row: FormRow) -> list[Link]:
    links = []
    if row.editable:
        words = "Edit" if row.state is SubmissionState.SUBMITTED else "Continue"
        links.append(Link(words, place=f"forms/{row.submission}", id=f"open-{row.submission}"))
    if row.submitted_at:
        place = f"forms/{row.submission}/versions"
        links.append(Link("View details", place=place, id=f"details-{row.submission}"))
    return links


def row_words(row: FormRow) -> str:
    """Say what was done with a form, by whom and when, with a sign before it."""
    if row.submitted_at is None:
        by = "" if row.by_you else f"by {row.by} on "
        started = write_day(london_day(row.started_at))
        return f"◐ Started {by}{started} · {row.steps_done} of {row.steps} steps"
    day = write_day(london_day(row.submitted_at))
    if row.form == PARENT_REQUEST:
        return f"✓ Received on {day}"
    by = "you" if row.by_you else row.by
    reference = f" · {row.reference}" if row.reference else ""
    return f"✓ Submitted by {by} on {day}{reference}"


def stop_of(stage: StageOut) -> Stop:
    """Write a stage of the case as a stop of the timeline."""
    reached = f"since {write_day(stage.reached_on)}" if stage.reached_on else ""
    due = f"by {write_day(stage.due)}" if stage.due else ""
    label = STAGE_LABELS[stage.stage]
    if stage.current:
        return Stop("●", label, tuple(n for n in ("you are here", due or reached) if n))
    if stage.done:
        return Stop("✓", label, tuple(n for n in ("done", reached.replace("since", "from")) if n))
    return Stop("○", label, (due,) if due else ())
