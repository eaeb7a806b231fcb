"""Doing one thing with several cases: what, to whom, what will happen, and what did."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID, uuid4

from shared.caseload import SeveralIn, SeveralKind, SeveralOut, SeveralRow
from shared.desk import AskableForm, CaseQuery
from tui.core.portal import Portal
from tui.desk import api
from tui.desk.pick import Pick, pick_officer, pick_professional
from tui.widgets.dialog import ChoiceDialog, Notice
from tui.widgets.finder import Finder

TITLE = "What is to be done with the marked cases?"
TEXT = "Before it is done you see how many cases it changes, and which are left out."
KINDS = (
    (SeveralKind.ASSIGN.value, "Assign…"),
    (SeveralKind.CHASE.value, "Chase advice…"),
    (SeveralKind.ASK.value, "Ask for advice…"),
)
LISTED = 12
"""The most cases that a dialog lists by name."""


async def do_several(portal: Portal, cases: Sequence[UUID], query: CaseQuery | None) -> bool:
    """Ask what to do with cases, do it once it is confirmed, and return whether it was done."""
    kind = await portal.ask(ChoiceDialog(TITLE, TEXT, KINDS))
    if not kind:
        return False
    body = await _choose_target(portal, SeveralKind(kind), cases, query)
    if body is None:
        return False
    text, who = body
    checked = await api.check_several(portal.client, text)
    todo = [row.case for row in checked.rows if not row.left_out]
    if not todo:
        await portal.ask(Notice("Nothing can be done", left_out_text(checked.rows)))
        return False
    question = f"{_action(text.kind, who)} {count_cases(len(todo))}?"
    answers = (("stay", "Change nothing"), ("do", "Do it"))
    dialog = ChoiceDialog(question, explanation(text.kind, checked), answers)
    if await portal.ask(dialog) != "do":
        return False
    # The cases that were shown are changed, even if others are in the view by now.
    result = await api.do_several(
        portal.client, text.model_copy(update={"cases": todo, "query": None})
    )
    await _show_result(portal, result)
    return True


async def _choose_target(
    portal: Portal, kind: SeveralKind, cases: Sequence[UUID], query: CaseQuery | None
) -> tuple[SeveralIn, str] | None:
    body = SeveralIn.model_construct(id=uuid4(), kind=kind, cases=list(cases), query=query)
    match kind:
        case SeveralKind.CHASE:
            return body, ""
        case SeveralKind.ASSIGN:
            officer = await pick_officer(portal, "They get a message for each case.")
            return (_with(body, account=officer.id), officer.name) if officer else None
        case SeveralKind.ASK:
            form = await _pick_form(portal)
            person = form and await pick_professional(portal, f"Who is asked: {form.title}")
            if not form or not person:
                return None
            return _with(body, account=person.account, form=form.form), person.name


def _with(body: SeveralIn, **values: object) -> SeveralIn:
    return body.model_copy(update=values)


async def _pick_form(portal: Portal) -> AskableForm | None:
    forms = await api.list_askable_forms(portal.client)

    async def find(typed: str) -> list[AskableForm]:
        return [form for form in forms if typed.casefold() in form.title.casefold()]

    finder = Finder(find, lambda form: form.title, "Name of the form", "No form is found.")
    return await portal.ask(Pick("Which advice is asked for?", "", finder))


def count_cases(number: int) -> str:
    """Return a number of cases in words."""
    return "1 case" if number == 1 else f"{number:,} cases"


def _action(kind: SeveralKind, who: str) -> str:
    match kind:
        case SeveralKind.ASSIGN:
            return f"Assign to {who}"
        case SeveralKind.CHASE:
            return "Chase overdue advice in"
        case SeveralKind.ASK:
            return f"Ask {who} for advice in"


def explanation(kind: SeveralKind, checked: SeveralOut) -> str:
    """Say what will happen, and which cases are left out and why."""
    people = "1 person gets" if checked.people == 1 else f"{checked.people:,} people get"
    messages = f"{people} a message and an email for each case that concerns them."
    messages = messages if checked.people else "Nobody gets a message."
    done = {
        SeveralKind.ASSIGN: "Whoever had a case before is among them." if checked.people else "",
        SeveralKind.CHASE: "The message says which form, and how late it is.",
        SeveralKind.ASK: "The children are put on their list, and each form is due as usual.",
    }
    left_out = left_out_text(checked.rows)
    return "\n\n".join(filter(None, (f"{messages} {done[kind]}".strip(), left_out)))


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
    await portal.ask(Notice(f"Done in {count_cases(done)}", text or "No case was left out."))
