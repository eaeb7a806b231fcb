"""The officer's search for professionals."""

from uuid import UUID

from sqlmodel import col, or_, select

from server.accounts.account import own_work_out
from server.accounts.tables import Account, WorkDetailsRow
from server.core.database import Transaction
from server.forms.sharing import colleague_out
from server.forms.tables import Submission
from shared.forms.sharing import Colleague

MAX_RESULTS = 50


def find_professionals(
    tx: Transaction, text: str, instead_of: UUID | None = None
) -> list[Colleague]:
    """Return up to 50 professionals whose name, organisation or email match a query.

    Whom the form `instead_of` belongs to is left out.
    """
    owner = select(Submission.account_id).where(
        Submission.id == instead_of, col(Submission.account_id).is_not(None)
    )
    rows = tx.session.execute(
        select(Account, WorkDetailsRow)
        .join(WorkDetailsRow, col(WorkDetailsRow.account_id) == col(Account.id))
        .where(
            col(Account.staff).is_(None),
            col(Account.disabled_at).is_(None),
            col(WorkDetailsRow.removed_at).is_(None),
            col(Account.id).not_in(owner),
            *(
                or_(
                    col(Account.first_name).icontains(word, autoescape=True),
                    col(Account.last_name).icontains(word, autoescape=True),
                    col(Account.email).icontains(word, autoescape=True),
                    col(WorkDetailsRow.organisation).icontains(word, autoescape=True),
                )
                for word in text.split()
            ),
        )
        .order_by(col(Account.last_name), col(Account.first_name), col(WorkDetailsRow.created_at))
        .limit(MAX_RESULTS)
    ).all()
    colleagues = {
        account.id: colleague_out(account, own_work_out(work)) for account, work in reversed(rows)
    }
    return list(colleagues.values())[::-1]
