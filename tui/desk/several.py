"""Doing one thing with several cases: what, to whom, what will happen, and what did."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import NamedTuple
from uuid import UUID, uuid4

from shared.caselist import CaseQuery
from shared.caseload import CasesIn, SeveralIn, SeveralKind, SeveralOut, SeveralRow
from shared.desk import AskableForm
from shared.panels import PanelRow, panel_text
from tui.core.portal import Portal
from tui.desk import advice_api, api
from tui.desk.pick import Pick, pick_officer, pick_professional
from tui.widgets.dialog import ChoiceDialog, Notice
from tui.widgets.finder import Finder

TITLE = "What is to be done with the marked cases?"
TEXT = "Before it is done you see how many cases it changes, and which are left out."
PANEL = "panel"
KINDS = (
    (SeveralKind.ASSIGN.value, "Assign…"),
    (SeveralKind.CHASE.value, "Chase advice…"),
    (SeveralKind.ASK.value, "Ask for advice…"),
    (SeveralKind.TRANSFER.value, "Set the phase transfer…"),
    (PANEL, "Put on a panel…"),
)
NO_PANEL = "No panel is planned. Add one first, under My week › Panels."
NO_MESSAGE = "Nobody gets a message."
SET_TEXT = (
    "Each case gets the last day to name the next setting as a deadline, as the list of phase "
    "transfers shows it."
)
LISTED = 12
"""The most cases that a dialog lists by name."""


CASES = "{cases}"
"""What stands for the number of cases in the words for what is done with them."""


class Work(NamedTuple):
    """What is done with several cases: in words, and the requests that check and do it."""

    action: str
    explanation: str
    check: Callable[[CasesIn], Awaitable[SeveralOut]]
    perform: Callable[[CasesIn], Awaitable[SeveralOut]]
    readers: str = ""
    """Who is among those that get a message, if anybody gets one."""


async def do_several(portal: Portal, cases: Sequence[UUID], query: CaseQuery | None) -> bool:
    """Ask what to do with cases, do it once it is confirmed, and return whether it was done."""
    kind = await portal.ask(ChoiceDialog(TITLE, TEXT, KINDS))
    if not kind:
        return False
    work = await (_choose_panel(portal) if kind == PANEL else _choose(portal, SeveralKind(kind)))
    if work is None:
        return False
    body = CasesIn.model_construct(id=uuid4(), cases=list(cases), query=query)
    checked = await work.check(body)
    todo = [row.case for row in checked.rows if not row.left_out]
    if not todo:
        await portal.ask(Notice("Nothing can be done", left_out_text(checked.rows)))
        return False
    question = f"{work.action.replace(CASES, count_cases(len(todo)))}?"
    answers = (("stay", "Change nothing"), ("do", "Do it"))
    if await portal.ask(ChoiceDialog(question, _explain(work, checked), answers)) != "do":
        return False
    # The cases that were shown are changed, even if others are in the view by now.
    result = await work.perform(body.model_copy(update={"cases": todo, "query": None}))
    await _show_result(portal, result)
    return True


async def _choose(portal: Portal, kind: SeveralKind) -> Work | None:
    """Ask for what a kind of work needs, and return the work."""
    match kind:
        case SeveralKind.CHASE:
            text = "The message says which form, and how late it is."
            return _build(portal, kind, f"Chase overdue advice in {CASES}", text)
        case SeveralKind.TRANSFER:
            return _build(
                portal, kind, f"Set the phase transfer by the date of birth in {CASES}", SET_TEXT
            )
        case SeveralKind.ASSIGN:
            officer = await pick_officer(portal, "They get a message for each case.")
            if officer is None:
                return None
            work = _build(portal, kind, f"Assign {CASES} to {officer.name}", "", officer.id)
            return work._replace(readers="Whoever had a case before is among them.")
        case SeveralKind.ASK:
            form = await _pick_form(portal)
            person = form and await pick_professional(portal, f"Who is asked: {form.title}")
            if not form or not person:
                return None
            text = "The children are put on their list, and each form is due as usual."
            action = f"Ask {person.name} for advice in {CASES}"
            return _build(portal, kind, action, text, person.account, form.form)


def _build(
    portal: Portal,
    kind: SeveralKind,
    action: str,
    text: str,
    account: UUID | None = None,
    form: str = "",
) -> Work:
    def with_kind(body: CasesIn) -> SeveralIn:
        return SeveralIn.model_construct(**dict(body), kind=kind, account=account, form=form)

    return Work(
        action,
        text,
        lambda body: api.check_several(portal.client, with_kind(body)),
        lambda body: api.do_several(portal.client, with_kind(body)),
    )


async def _choose_panel(portal: Portal) -> Work | None:
    """Ask for a panel to come."""
    panels = (await api.list_panels(portal.client, past=False)).rows
    if not panels:
        await portal.ask(Notice("Nothing can be done", NO_PANEL))
        return None

    async def find(typed: str) -> list[PanelRow]:
        return [panel for panel in panels if typed.casefold() in panel_text(panel).casefold()]

    finder = Finder(find, panel_text, "Name or day", "No panel is found.")
    panel = await portal.ask(Pick("Which panel?", "", finder))
    if panel is None:
        return None
    return Work(
        f"Put {CASES} on {panel_text(panel)}",
        "These cases go after those already on it.",
        partial(api.check_panel, portal.client, panel.id),
        partial(api.put_on_panel, portal.client, panel.id),
    )


async def _pick_form(portal: Portal) -> AskableForm | None:
    forms = await advice_api.list_askable_forms(portal.client)

    async def find(typed: str) -> list[AskableForm]:
        return [form for form in forms if typed.casefold() in form.title.casefold()]

    finder = Finder(find, lambda form: form.title, "Name of the form", "No form is found.")
    return await portal.ask(Pick("Which advice is asked for?", "", finder))


def count_cases(number: int) -> str:
    """Return a number of cases in words."""
    return "1 case" if number == 1 else f"{number:,} cases"


def _explain(work: Work, checked: SeveralOut) -> str:
    """Say what will happen, and which cases are left out and why."""
    people = "1 person gets" if checked.people == 1 else f"{checked.people:,} people get"
    messages = f"{people} a message and an email for each case that concerns them."
    if not checked.people:
        messages = NO_MESSAGE
    elif work.readers:
        messages = f"{messages} {work.readers}"
    left_out = left_out_text(checked.rows)
    return "\n\n".join(filter(None, (f"{messages} {work.explanation}".strip(), left_out)))


def left_out_text(rows: Sequence[SeveralRow]) -> str:
    """List the cases that are left out, each with the reason; '' for none."""
    left_out = [row for row in rows if row.left_out]
    if not left_out:
        return ""
    lines = [f"{row.name}: {row.left_out}" for row in left_out[:LISTED]]
    more = [f"and {len(left_out) - LISTED:,} more"] if len(left_out) > LISTED else []
    return "\n".join([f"Left out: {count_cases(len(left_out))}", *lines, *more])


async def _show_result(portal: Portal, result: SeveralOut) -> None:
    done = sum(not row.left_out for row in result.rows)
    text = left_out_text(result.rows)
    notice = Notice(f"Done in {count_cases(done)}", text or "No case was left out.")
    await portal.ask(notice, anyway=True)
