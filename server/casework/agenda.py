"""The agenda of a panel as text, with minutes and outcomes once there are any."""

from collections.abc import Iterator
from textwrap import indent

from server.accounts.actor import Actor
from server.casework.panels import panel_out
from server.casework.tables import Panel
from server.core.audit import Action
from server.core.database import Transaction
from shared.panels import Outcome, PanelItem, PanelOut
from shared.values.days import format_day


def write_agenda(tx: Transaction, actor: Actor, panel: Panel) -> str:
    """Return the agenda of a panel, and audit it."""
    out = panel_out(tx, actor, panel)
    actor.record_shown(tx, Action.AGENDA_SAVED, (item.person for item in out.items))
    return "\n".join(_lines(out)) + "\n"


def _lines(panel: PanelOut) -> Iterator[str]:
    yield panel.name
    yield " · ".join(filter(None, (format_day(panel.on), panel.starts, panel.place)))
    for number, item in enumerate(panel.items, start=1):
        yield ""
        yield f"{number}. {item.name}, born {format_day(item.born)}"
        yield from (indent(line, "   ") for line in _details(item))


def _details(item: PanelItem) -> Iterator[str]:
    yield " · ".join(filter(None, (item.state_words, item.due_words, item.officer)))
    if item.outcome is not Outcome.WAITING:
        yield f"Outcome: {item.outcome_words}{f': {item.reason}' if item.reason else ''}"
    if item.minutes:
        yield f"Minutes: {item.minutes}"
