"""Putting several cases on a panel at once."""

from uuid import UUID, uuid5

from sqlmodel import select

from server.accounts.actor import Actor
from server.cases.tables import Case
from server.casework.panels import add_cases, find_panel
from server.casework.tables import PanelCase
from server.core.database import Transaction
from server.desk.several import load_cases
from shared.caseload import CasesIn, SeveralOut, SeveralRow
from shared.panels import NewItem


def check(tx: Transaction, actor: Actor, panel_id: UUID, body: CasesIn) -> SeveralOut:
    """Return which cases would be put on a panel; raises NOT_FOUND, NOT_ALLOWED if too many."""
    cases = load_cases(tx, actor, body)
    panel = find_panel(tx, panel_id)
    listed = select(PanelCase.case_id, PanelCase.id).where(PanelCase.panel_id == panel.id)
    on_panel = dict(tx.session.exec(listed).all())
    rows = []
    for case, name in cases:
        left_out = _reason_left_out(case, body, on_panel)
        rows.append(SeveralRow(case=case.id, name=name, left_out=left_out))
    return SeveralOut(rows=rows, people=0)


def perform(tx: Transaction, actor: Actor, panel_id: UUID, body: CasesIn) -> SeveralOut:
    """Put cases on a panel, and return the outcomes; idempotent by its id. Raises as `check`."""
    result = check(tx, actor, panel_id, body)
    items = [
        NewItem(id=_item_id(body, row.case), case=row.case)
        for row in result.rows
        if not row.left_out
    ]
    add_cases(tx, actor, panel_id, items)
    return result


def _reason_left_out(case: Case, body: CasesIn, on_panel: dict[UUID, UUID]) -> str:
    if on_panel.get(case.id, _item_id(body, case.id)) != _item_id(body, case.id):
        return "it is on this panel already"
    return "the case is closed" if case.closed else ""


def _item_id(body: CasesIn, case: UUID) -> UUID:
    return uuid5(body.id, f"panel {case}")
