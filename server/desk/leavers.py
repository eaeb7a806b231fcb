"""Cases of officers who have left, which other officers can take on."""

from functools import partial
from uuid import UUID

from sqlmodel import col, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from server.accounts.tables import Account
from server.cases.tables import Case
from server.core.database import Services, Transaction
from server.core.repeat import repeat
from server.desk.actions import give_up_all
from shared.accounts import Staff

CHECK_SECONDS = 60


async def run_giving_up(services: Services) -> None:
    """Unassign the cases of officers who have left, periodically until cancelled."""
    await repeat("giving up cases", CHECK_SECONDS, partial(give_up_cases_of_leavers, services))


async def give_up_cases_of_leavers(services: Services) -> None:
    """Unassign the cases of accounts that are disabled or no officer's any more.

    A provider that takes the role away knows nothing of cases.
    """
    if await services.read(lambda tx: tx.session.exec(_leavers()).first()):
        await services.write(_give_up)


def _give_up(tx: Transaction) -> None:
    for officer in tx.session.exec(_leavers()).all():
        give_up_all(tx, officer)


def _leavers() -> SelectOfScalar[UUID]:
    return (
        select(Account.id)
        .where(
            col(Account.id).in_(select(Case.officer_id)),
            or_(col(Account.disabled_at).is_not(None), col(Account.staff) != Staff.OFFICER),
        )
        .order_by(col(Account.id))
    )
