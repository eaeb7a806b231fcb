"""Reading the figures as they were computed last."""

from pydantic import ValidationError
from sqlmodel import col, select

from server.accounts.tables import Account
from server.core.database import Transaction
from server.figures.tables import ONLY_ROW, FiguresRow
from shared.figures.figures import Figures, FiguresOut


def read_figures(tx: Transaction) -> FiguresOut:
    """Read the figures, with the names of officers as they are now."""
    row = tx.session.get(FiguresRow, ONLY_ROW)
    if row is None or row.content is None:
        return FiguresOut()
    try:
        figures = Figures.model_validate(row.content)
    except ValidationError:  # another version of the portal computed them
        return FiguresOut()
    ids = [item.id for item in figures.officers if item.id]
    accounts = tx.session.exec(select(Account).where(col(Account.id).in_(ids)))
    names = {account.id: account.name for account in accounts}
    for item in figures.officers:
        item.name = names.get(item.id, "") if item.id else ""
    figures.officers = [item for item in figures.officers if item.name or not item.id]
    return FiguresOut(computed_at=row.computed_at, figures=figures)
