"""The screen of a case: its state, deadlines and actions."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import ClassVar
from uuid import UUID

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from shared.caseload import OfficerRow
from shared.cases.deadlines import DeadlineKind
from shared.cases.events import EventKind
from shared.desk import CaseOut
from shared.places import PlaceKind
from shared.publications import PLAN_OF
from shared.values.days import format_day
from tui.cases.rows import build_timeline_stops
from tui.core.commands import command
from tui.core.errors import PortalError
from tui.desk import api, case_parts, people_parts
from tui.desk.actions import Accept, AddEvent, Allocate, Exempt, Reassign, ReturnForm
from tui.desk.case_parts import CaseAction
from tui.desk.case_table import NEW_CHILD
from tui.desk.correct import Correct, Undo
from tui.desk.correct_request import CorrectRequest
from tui.desk.details import CorrectDetails
from tui.desk.document_parts import build_documents_section
from tui.desk.history import build_history_section
from tui.desk.pane import Pane
from tui.desk.parents import RemoveParent, WriteParent
from tui.desk.pick import pick_officer, run_questions
from tui.desk.readers import AddReaders
from tui.desk.send_plan import SendPlan
from tui.desk.taking_back import EndAccess, RemoveExemption, Withdraw
from tui.widgets.header import Link
from tui.widgets.headings import fit_child_heading
from tui.widgets.long_list import LazyItem, LongList
from tui.widgets.screen import SEND_LINKS, PortalScreen
from tui.widgets.sections import Sections, section_keys
from tui.widgets.states import coloured_content
from tui.widgets.timeline import Timeline

NOW_SECTION = "Now"
HISTORY_SECTION = "History"
AUDIT_SECTION = "Trail"
SECTIONS: dict[str, Callable[[CaseOut], list[LazyItem]]] = {
    NOW_SECTION: case_parts.build_now_section,
    "Forms": case_parts.build_forms_section,
    "Advice": case_parts.build_advice_section,
    "Documents": build_documents_section,
    "People": people_parts.build_people_section,
    HISTORY_SECTION: build_history_section,
    AUDIT_SECTION: lambda _case: [],
}
"""What each section shows at once; the last two then get what takes a request."""
SECTION_NAMES = tuple(SECTIONS)
NEW_CHILD_LABEL = f"{NEW_CHILD}, to be matched"
ActionDialog = ModalScreen[CaseOut | None]


ACTION_PLACES = {
    "advice": PlaceKind.ASK_FOR_ADVICE,
    "advice_page": PlaceKind.ADVICE,
    "match": PlaceKind.MATCH,
    "publish": PlaceKind.PUBLISH,
    "keep": PlaceKind.KEEP_DOCUMENT,
    "notes": PlaceKind.CASEWORK,
    "placements": PlaceKind.PLACEMENTS,
    "sen2": PlaceKind.SEN2_DETAILS,
    "letters": PlaceKind.LETTERS,
}
"""Places opened by actions of a case."""


class OpenCase(PortalScreen):
    """Shows the heading of a case and one section at a time."""

    CSS_PATH = "case.tcss"
    LOCATION = "Cases"
    LINKS = SEND_LINKS
    AUTO_FOCUS = ""
    HELP_TEXT = (
        "The line shows the four stages; below stands what is due next. 1 to 7 open a section, "
        "or {sections.left} and {sections.right}; {next} goes into it, Enter does what a link "
        "says. Now tells what may be "
        "done as the law has it."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        *section_keys("case", len(SECTION_NAMES)),
        command("case.again", "r", "again", "read again", "Read the case again."),
    ]

    def __init__(self, case: str) -> None:
        super().__init__()
        self._case_id = UUID(case)
        self._case: CaseOut | None = None
        self._shown_section = ""
        self._audit_cursor: int | None = None
        self._in_dialog = False

    def body(self) -> ComposeResult:
        """Lay out the heading above the open section."""
        yield Static("", id="child", classes="title", markup=False)
        yield Timeline()
        with Horizontal(id="due"):
            yield Static("", id="next", markup=False)
            yield Static("", id="standing", markup=False)
        yield Sections(SECTION_NAMES)
        with Pane():
            yield LongList()

    def on_mount(self) -> None:
        """Load more of the audit log when the section is scrolled."""
        self.watch(self.query_one(Pane), "scroll_y", self._load_earlier_audit, init=False)

    def load(self) -> None:
        """Load the case, unless a dialog has just returned it."""
        if self._in_dialog:
            self._in_dialog = False
        else:
            self.action_again()

    def action_again(self) -> None:
        """Reload the case."""
        self.call(self._load(), group="case", on_error=self._on_load_error)

    async def _load(self) -> None:
        await self._show(await self.when_made(api.read_case(self.portal.client, self._case_id)))

    def _on_load_error(self, error: PortalError) -> None:
        self.portal.show_error(error)
        if self._case is None and self.is_on_top:
            self.portal.navigation.leave()

    async def _show(self, case: CaseOut) -> None:
        is_first = self._case is None
        self._case = self.shown = case
        self._show_child(case)
        self.query_one(Timeline).show(build_timeline_stops(case.stages))
        self._show_due(case)
        await self._show_section()
        if is_first:
            self.query_one(Sections).focus()

    def _show_due(self, case: CaseOut) -> None:
        """Show what is due beside the state and the officer, or above them if both don't fit."""
        officer = "you have it" if case.mine else f"{case.officer} has it" if case.officer else ""
        standing = f"{case.state_words} · {officer or 'nobody has it yet'}"
        due_text = case_parts.late_text(case.next_words) or "Nothing is due."
        self._update("#standing", Content(standing))
        self._update("#next", coloured_content(due_text))
        due = self.query_one("#due")
        width = due.size.width or self.size.width
        due.set_class(cell_len(f"{due_text}  {standing}") > width, "-stacked")

    def _show_child(self, case: CaseOut) -> None:
        child, person = self.query_one("#child", Static), case.person
        born = f"born {format_day(person.born)}"
        width = child.size.width or self.size.width
        labels = [f"{born} · {NEW_CHILD_LABEL}", f"{born} · {NEW_CHILD}"] if case.new else [born]
        heading = fit_child_heading(person.name, labels, person.school, width)
        self._update("#child", coloured_content(heading))

    def _update(self, selector: str, content: Content) -> None:
        """Update a line, unless it is the same, which would need another layout."""
        line = self.query_one(selector, Static)
        if not (isinstance(line.content, Content) and line.content.is_same(content)):
            line.update(content)

    def on_resize(self) -> None:
        """Fit the heading to the new width."""
        if self._case:
            self.call_after_refresh(self._show_child, self._case)
            self.call_after_refresh(self._show_due, self._case)

    async def _show_section(self) -> None:
        case, name = self._case, self._open_section
        if case is None:
            return
        is_new, self._shown_section = name != self._shown_section, name
        if is_new or name not in {HISTORY_SECTION, AUDIT_SECTION}:
            self._audit_cursor = None
            await self._show_items(SECTIONS[name](case))
        if name == HISTORY_SECTION:
            self.call(self._add_placement_steps(case, is_drawn=is_new), group="fill")
        if name == AUDIT_SECTION:
            self.call(self._show_audit(case), group="fill")

    async def _add_placement_steps(self, case: CaseOut, *, is_drawn: bool) -> None:
        """Draw the history with its steps of placements; keys wait for the drawing only."""
        steps = await api.read_placement_steps(self.portal.client, case.id)
        if self._open_section == HISTORY_SECTION and (steps or not is_drawn):
            items = build_history_section(case, steps)
            self.call(self._show_items(items), group="section")

    async def _show_audit(self, case: CaseOut) -> None:
        page = await api.read_audit_log(self.portal.client, case.person.id)
        if self._open_section == AUDIT_SECTION:
            self._audit_cursor = page.next
            items = case_parts.build_audit_section(page.rows)
            self.call(self._show_items(items), group="section")

    @property
    def _open_section(self) -> str:
        return SECTION_NAMES[self.query_one(Sections).open_index]

    async def _show_items(self, items: list[LazyItem]) -> None:
        pane = self.query_one(Pane)
        nearest_ids = _ids_by_distance(list(pane.query(Link)), self.focused)
        await pane.query_one(LongList).show(items)
        links = list(pane.query(Link))
        # In the first section the nearest would be about something else.
        near_ids = nearest_ids[:1] if self._open_section == NOW_SECTION else nearest_ids
        if link := _same_or_harmless(links, near_ids):
            link.focus()
        elif nearest_ids or self.focused is None:
            pane.scroll_home(animate=False)
            self.query_one(Sections).focus()

    def _load_earlier_audit(self) -> None:
        """Load the next page of the audit log when its end is near."""
        pane, cursor = self.query_one(Pane), self._audit_cursor
        if cursor is not None and pane.max_scroll_y - pane.scroll_y < pane.size.height:
            self._audit_cursor = None
            self.call(self._append_audit(cursor), group="fill")

    async def _append_audit(self, cursor: int) -> None:
        case = self._case
        if case is None:
            return
        try:
            page = await api.read_audit_log(self.portal.client, case.person.id, cursor)
        except PortalError:
            self._audit_cursor = cursor
            raise
        if self._open_section == AUDIT_SECTION:
            await (
                self.query_one(Pane)
                .query_one(LongList)
                .append(case_parts.build_audit_section(page.rows))
            )
            self._audit_cursor = page.next

    def action_section(self, index: int) -> None:
        """Open a section."""
        sections = self.query_one(Sections)
        sections.open_index = index
        self.set_focus(sections)

    @on(Sections.Opened)
    def _on_opened(self) -> None:
        if self._case:  # otherwise the section is shown once the case is loaded
            self.query_one(Pane).scroll_home(animate=False, immediate=True)
            self.call(self._show_section(), group="section")

    @on(Link.Chosen, ".do")
    def _run_action(self, event: Link.Chosen) -> None:
        event.stop()
        case = self._case
        if case is None:
            return
        action = event.link.value
        if not isinstance(action, CaseAction):
            return
        if action.name in ACTION_PLACES:
            self.portal.navigation.open_place(ACTION_PLACES[action.name].of(case.id))
        elif action.name in {"take", "give_up"}:
            self.call(self._change_officer(case, take_on=action.name == "take"), group="change")
        elif action.name == "assign":
            self._in_dialog = True
            run_questions(self, self._assign(case))
        elif action.name == "save":
            names = {row.id: (row.document, row.name) for row in case.published}
            names |= {row.document: (row.document, row.name) for row in case.filed}
            names |= {row.document: (row.document, row.name) for row in case.letters}
            if isinstance(action.target, UUID):
                self.portal.save_document(*names[action.target])
        elif action.name == "correct_request" and isinstance(action.target, UUID):
            self.call(self._correct_request(case, action.target), group="change")
        elif dialog := create_dialog(case, action):
            self._in_dialog = True
            self.app.push_screen(dialog, self._on_dialog_closed)

    async def _correct_request(self, case: CaseOut, submission: UUID) -> None:
        request = await api.read_request(self.portal.client, submission)
        if self.is_on_top:
            self._in_dialog = True
            self.app.push_screen(CorrectRequest(case, request), self._on_dialog_closed)

    def _on_dialog_closed(self, case: CaseOut | None) -> None:
        if case is not None:
            self._run(self._show(case))

    def _run(self, work: Coroutine[object, object, None]) -> None:
        self.call(work, group="change")

    async def _assign(self, case: CaseOut) -> None:
        officer = await pick_officer(
            self.portal, f"Who is to work on the case of {case.person.name}?"
        )
        if officer is not None:
            self._run(self._assign_to(case, officer))

    async def _assign_to(self, case: CaseOut, officer: OfficerRow) -> None:
        await api.assign(self.portal.client, case.id, officer.id)
        self.notify(f"{officer.name} has the case now, and got a message.", markup=False)
        await self._load()

    async def _change_officer(self, case: CaseOut, *, take_on: bool) -> None:
        change = api.take_on if take_on else api.give_up
        await change(self.portal.client, case.id)
        self.notify(
            "The case is yours now." if take_on else "You no longer work on this case.",
            markup=False,
        )
        await self._load()


def _ids_by_distance(links: list[Link], focused: Widget | None) -> list[str | None]:
    """Return the ids of links, from the focused one to the farthest; [] if none has the focus."""
    if not isinstance(focused, Link) or focused not in links:
        return []
    index = links.index(focused)
    order = sorted(range(len(links)), key=lambda other: abs(other - index))
    return [links[other].id for other in order]


def _same_or_harmless(links: list[Link], nearest_ids: list[str | None]) -> Link | None:
    """Return the link that had the focus, or else the nearest that only opens a place.

    A decision beside an action that is gone must not get the focus: the next Enter would open it.
    """
    shown = {link.id: link for link in links}
    for id in nearest_ids:
        link = shown.get(id)
        if link and (id == nearest_ids[0] or _only_opens_a_place(link)):
            return link
    return None


def _only_opens_a_place(link: Link) -> bool:
    action = link.value
    return link.place is not None or (
        isinstance(action, CaseAction) and action.name in ACTION_PLACES
    )


def create_dialog(case: CaseOut, action: CaseAction) -> ActionDialog | None:
    """Create the dialog for an action, or return None if the action has no dialog."""
    match action:
        case CaseAction("event", EventKind() as kind):
            choice = next(choice for choice in case.allowed if choice.kind is kind)
            return SendPlan(case, choice) if kind in PLAN_OF else AddEvent(case, choice)
        case CaseAction("accept_form", UUID() as submission):
            return Accept(case, "submissions", submission)
        case CaseAction("return_form", UUID() as submission):
            return ReturnForm(case, "submissions", submission)
        case CaseAction("reassign", UUID() as submission):
            return Reassign(case, submission)
        case CaseAction("details"):
            return CorrectDetails(case)
        case CaseAction("add_parent"):
            return WriteParent(case)
        case CaseAction("correct_parent" | "remove_parent", UUID() as parent):
            shown = next(row for row in case.parents if row.id == parent)
            dialog = WriteParent if action.name == "correct_parent" else RemoveParent
            return dialog(case, shown)
        case CaseAction("allocate"):
            return Allocate(case)
        case CaseAction("readers" | "withdraw", UUID() as publication):
            published = next(row for row in case.published if row.id == publication)
            return (AddReaders if action.name == "readers" else Withdraw)(case, published)
        case CaseAction("end_access", UUID() as account):
            return EndAccess(
                case, next(row for row in case.professionals if row.account == account)
            )
        case CaseAction("exempt", DeadlineKind() as kind):
            return Exempt(case, kind, action.advice)
        case CaseAction("unexempt", UUID() as exemption):
            return RemoveExemption(case, exemption)
        case CaseAction("correct" | "undo", int() as event):
            row = next(row for row in case.events if row.id == event)
            return Correct(case, row) if action.name == "correct" else Undo(case, row)
    return None
