"""The page of the advice asked for in a case: the dates of each, and what can be done."""

from __future__ import annotations

from functools import partial
from typing import ClassVar
from uuid import UUID

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from shared.cases.deadlines import DeadlineKind
from shared.cases.state_sets import ADVICE_STATES
from shared.desk import AWAITED, AdviceRow, AdviceState, CaseOut
from shared.letters import LetterRow
from shared.places import PlaceKind
from shared.values.days import format_day
from tui.core.commands import command
from tui.core.errors import PortalError
from tui.desk import advice_api, api
from tui.desk.actions import Accept, CancelAdvice, Exempt, Reassign, ReturnForm
from tui.desk.advice_parts import ENDED_ADVICE, READABLE_ADVICE, advice_lines, advice_summary
from tui.desk.case_parts import CaseAction, Item, action_links, details_link
from tui.desk.chase import ChaseAdvice, ChaseByPost
from tui.desk.document_parts import OPENABLE
from tui.desk.pane import Pane
from tui.desk.post import AddPaper, CorrectContacts, CorrectKind, ReceiveOnPaper, TakePaperBack
from tui.desk.taking_back import RemoveExemption
from tui.widgets.header import Link
from tui.widgets.headings import child_heading
from tui.widgets.long_list import LazyItem, LongList
from tui.widgets.screen import SEND_LINKS, PortalScreen
from tui.widgets.states import coloured_content

EXCEPTION = "Record an exception from its time limit, or take that back."
Actions = dict[str, tuple[CaseAction, str]]


def actions_of(row: AdviceRow) -> Actions:
    """Return what can be done about a piece of advice: by name, the action and its label."""
    actions: Actions = {}
    if row.state is AdviceState.SUBMITTED:
        actions["accept"] = CaseAction("accept_advice", row.id), "Accept"
        actions["return"] = CaseAction("return_advice", row.id), "Return…"
    if row.awaited:
        actions["chase"] = CaseAction("chase_by_post" if row.by_post else "chase", row.id), "Chase…"
    if row.by_post and row.awaited:
        actions["reach"] = CaseAction("reach", row.id), "How to reach them…"
    if row.by_post and row.state is not AdviceState.CANCELLED:
        actions["kind"] = CaseAction("kind", row.id), "Another kind…"
    if row.state in AWAITED:
        actions["paper"] = CaseAction("paper", row.id), "Received on paper…"
    if row.paper:
        if row.paper.document:
            actions["save"] = CaseAction("save", row.paper.document), "Save a copy"
        else:
            actions["add"] = CaseAction("add_paper", row.id), "Add the document…"
        actions["back"] = CaseAction("take_paper_back", row.id), "Not received…"
    if row.exemption:
        actions["exception"] = CaseAction("unexempt", row.exemption), "Take the exception back…"
    elif row.awaited:
        actions["exception"] = (
            CaseAction("exempt", DeadlineKind.ADVICE, row.id),
            "Record an exception…",
        )
    if row.state not in ENDED_ADVICE:
        if not row.by_post:
            actions["other"] = CaseAction("reassign", row.submission), "Ask somebody else…"
        actions["cancel"] = CaseAction("cancel", row.id), "Cancel…"
    return actions


def is_readable(row: AdviceRow) -> bool:
    """Whether what was submitted can be opened."""
    return row.submitted and row.state in READABLE_ADVICE


def has_letter(row: AdviceRow) -> bool:
    """Whether a letter may ask for the advice."""
    return row.by_post and row.awaited


class AdviceCard(Item):
    """A piece of advice: its dates above its links; `letter` is the newest that asked for it."""

    def __init__(self, row: AdviceRow, letter: LetterRow | None) -> None:
        links = [details_link(row.submission)] if is_readable(row) else []
        if has_letter(row):
            place = PlaceKind.ADVICE_LETTER.of(row.id)
            links.append(Link("Letter…", place=place, id=f"letter-{row.id}"))
        if letter and letter.scan in OPENABLE:  # before what cancels the request, which is last
            links += action_links((CaseAction("save", letter.document), "Save the letter"))
        links += action_links(*actions_of(row).values())
        super().__init__(*advice_lines(row, letter), links=links)
        self.row = row


class CaseAdvice(PortalScreen):
    """Shows all advice asked for in a case; its keys act on the advice with the focus."""

    CSS_PATH = "case.tcss"
    LOCATION = "Cases › Advice"
    LINKS = SEND_LINKS
    AUTO_FOCUS = ""
    HELP_TEXT = (
        "Each piece of advice has its dates and its links. Up and Down go to the advice above or "
        "below, Left and Right to its links. The keys act on the advice with the focus: "
        "{advice.chase} shows the message that chases it, which you can change before it is sent,"
        " or records that you phoned or wrote to somebody without an account; {advice.letter} "
        "writes the letter that asks them, {advice.reach} corrects how to reach them, and "
        "{advice.kind} which kind of advice it is; "
        "{advice.paper} records that it came on paper or by email; {advice.exception} records an "
        "exception from its time limit, or takes that back; {advice.accept} and {advice.return} "
        "are for what was submitted; {advice.open} opens it; {advice.other} asks somebody else."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        command("advice.chase", "c", "act('chase')", "chase", "Chase the advice."),
        command("advice.accept", "y", "act('accept')", "accept", "Accept the submitted advice."),
        command("advice.return", "n", "act('return')", "return", "Return it as incomplete."),
        command("advice.open", "v", "view", "view", "Open what was submitted."),
        command("advice.exception", "x", "act('exception')", "exception", EXCEPTION),
        command("advice.paper", "p", "act('paper')", "on paper", "Record that it came on paper."),
        command("advice.letter", "l", "letter", "letter", "Write the letter that asks for it."),
        command("advice.reach", "h", "act('reach')", "reach", "Correct how to reach them."),
        command("advice.kind", "k", "act('kind')", "kind", "Correct which kind of advice it is."),
        command("advice.other", "s", "act('other')", "somebody else", "Ask somebody else."),
        command("advice.ask", "a", "ask", "ask for advice", "Ask for more advice."),
        command("advice.again", "r", "again", "read again", "Read the advice again."),
    ]

    def __init__(self, case: str) -> None:
        super().__init__()
        self._case_id = UUID(case)
        self._case: CaseOut | None = None

    def body(self) -> ComposeResult:
        """Lay out the child and the summary above the list."""
        yield Static("", id="child", classes="title", markup=False)
        yield Static("", id="summary", markup=False)
        with Pane(can_focus=False):
            with Horizontal(classes="links"):
                yield Link("Ask for advice", value="ask", id="ask")
                yield Link("Open the case", place=PlaceKind.CASE.of(self._case_id), id="case")
            yield LongList()

    def on_screen_resume(self) -> None:
        """Load the advice."""
        self.action_again()

    def action_again(self) -> None:
        """Read the advice again."""
        self.call(self._load(), group="case", on_error=self._on_load_error)

    async def _load(self) -> None:
        await self._show(await api.read_case(self.portal.client, self._case_id))

    def _on_load_error(self, error: PortalError) -> None:
        if self._case is None:
            self.handle_load_error(error)
        else:
            self.portal.show_error(error)

    async def _show(self, case: CaseOut) -> None:
        is_first = self._case is None
        self._case = case
        self._show_child()
        self.query_one("#summary", Static).update(coloured_content(advice_summary(case.advice)))
        focused, row = self.focused, self._focused_row
        items, cards = self.query_one(LongList), case.advice
        if focused and items in focused.ancestors:
            self.set_focus(None)  # otherwise Textual would move the focus out of the list
        letters = {letter.about: letter for letter in reversed(case.letters)}  # the newest of each
        await items.show(
            [
                LazyItem(partial(AdviceCard, row, letters.get(row.id)), 4 + len(row.steps))
                for row in cards
            ]
        )
        if is_first or self.focused is None:
            links = list(self.query("Pane Link").results(Link))
            same = [link for link in links if focused and link.id == focused.id]
            beside = [link for link in links if row and _row_id(link) == row.id]
            of_cards = [link for link in links if _row_id(link)]
            (same or beside or of_cards or links)[0].focus()

    def _show_child(self) -> None:
        line = self.query_one("#child", Static)
        if self._case:
            person = self._case.person
            born = f"born {format_day(person.born)}"
            width = line.size.width or self.size.width
            line.update(child_heading(person.name, born, person.school, width))

    def on_resize(self) -> None:
        """Fit the child's name to the new width."""
        super().on_resize()
        self.call_after_refresh(self._show_child)

    @property
    def _focused_row(self) -> AdviceRow | None:
        """The advice with the focus, as it is now."""
        id = _row_id(self.focused)
        rows = self._case.advice if self._case else []
        return next((row for row in rows if row.id == id), None)

    @on(Link.Chosen, "#ask")
    def action_ask(self) -> None:
        """Ask for more advice."""
        self.portal.navigation.open_place(PlaceKind.ASK_FOR_ADVICE.of(self._case_id))

    @on(Link.Chosen, ".do")
    def _on_link(self, event: Link.Chosen) -> None:
        event.stop()
        if isinstance(event.link.value, CaseAction):
            self._run(event.link.value)

    def action_act(self, name: str) -> None:
        """Do something about the advice with the focus."""
        row = self._focused_row
        if row and name in actions_of(row):
            self._run(actions_of(row)[name][0])

    def action_letter(self) -> None:
        """Write the letter that asks for the advice with the focus."""
        if row := self._focused_row:
            self.portal.navigation.open_place(PlaceKind.ADVICE_LETTER.of(row.id))

    def action_view(self) -> None:
        """Open what was submitted."""
        if row := self._focused_row:
            self.portal.navigation.open_place(PlaceKind.VERSIONS.of(row.submission))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Enable the keys of what can be done about the advice with the focus."""
        row = self._focused_row
        match action:
            case "act":
                return row is not None and parameters[0] in actions_of(row)
            case "view":
                return row is not None and is_readable(row)
            case "letter":
                return row is not None and has_letter(row)
            case "ask":
                return self._case is not None and self._case.state in ADVICE_STATES
        return super().check_action(action, parameters)

    def _run(self, action: CaseAction) -> None:
        case = self._case
        if case is None:
            return
        if action.name == "chase" and isinstance(action.target, UUID):
            self.call(self._chase(case, action.target), group="chase")
        elif action.name == "chase_by_post" and isinstance(action.target, UUID):
            self.call(self._chase_by_post(case, action.target), group="chase")
        elif action.name == "kind" and isinstance(action.target, UUID):
            self.call(self._correct_kind(case, action.target), group="kind")
        elif action.name == "save" and isinstance(action.target, UUID):
            # A document for officers only is published if it is sent as the plan.
            names = {row.document: row.name for row in case.filed}
            names |= {row.document: row.name for row in case.published}
            names |= {row.document: row.name for row in case.letters}
            self.portal.save_document(action.target, names[action.target])
        elif dialog := create_dialog(case, action):
            self.app.push_screen(dialog)

    async def _chase(self, case: CaseOut, advice: UUID) -> None:
        message = await advice_api.read_chase(self.portal.client, advice)
        if self.is_on_top:
            self.app.push_screen(ChaseAdvice(case, advice, message))

    async def _chase_by_post(self, case: CaseOut, advice: UUID) -> None:
        suggested = await advice_api.read_chase_by_post(self.portal.client, advice)
        if self.is_on_top:
            row = next(row for row in case.advice if row.id == advice)
            self.app.push_screen(ChaseByPost(case, row, suggested.text))

    async def _correct_kind(self, case: CaseOut, advice: UUID) -> None:
        forms = await advice_api.list_askable_forms(self.portal.client)
        if self.is_on_top:
            row = next(row for row in case.advice if row.id == advice)
            self.app.push_screen(CorrectKind(case, row, forms))


def _row_id(widget: Widget | None) -> UUID | None:
    """Return the id of the advice that a widget belongs to, or None."""
    nodes = widget.ancestors if widget and widget.is_attached else []
    return next((node.row.id for node in nodes if isinstance(node, AdviceCard)), None)


def create_dialog(case: CaseOut, action: CaseAction) -> ModalScreen[CaseOut | None] | None:
    """Create the dialog for an action on advice, or return None if it has no dialog."""
    match action:
        case CaseAction("accept_advice", UUID() as advice):
            return Accept(case, "advice", advice)
        case CaseAction("return_advice", UUID() as advice):
            return ReturnForm(case, "advice", advice)
        case CaseAction("cancel", UUID() as advice):
            return CancelAdvice(case, next(row for row in case.advice if row.id == advice))
        case CaseAction("paper" | "add_paper" as name, UUID() as advice):
            row = next(row for row in case.advice if row.id == advice)
            return ReceiveOnPaper(case, row) if name == "paper" else AddPaper(case, row)
        case CaseAction("reach", UUID() as advice):
            return CorrectContacts(case, next(row for row in case.advice if row.id == advice))
        case CaseAction("take_paper_back", UUID() as advice):
            paper = next(row.paper for row in case.advice if row.id == advice)
            return TakePaperBack(case, advice, paper.id) if paper else None
        case CaseAction("reassign", UUID() as submission):
            return Reassign(case, submission)
        case CaseAction("exempt", DeadlineKind() as kind):
            return Exempt(case, kind, action.advice)
        case CaseAction("unexempt", UUID() as exemption):
            return RemoveExemption(case, exemption)
    return None
