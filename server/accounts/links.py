"""Emailed links: minted for an activation or a reset, kept as a hash, good once."""

from datetime import timedelta
from uuid import UUID

from sqlmodel import col, select, update

from server.accounts.tables import EmailedLink
from server.core.database import Transaction
from server.core.keys import Purpose, new_token
from server.core.problems import PortalProblem
from shared.problems import ProblemCode


def why_not(*, reset: bool) -> str:
    """Say why a link does nothing, and how to get a new one."""
    again = (
        "Choose Forgot your password? in the portal for a new one."
        if reset
        else "Register again with the same email address for a new one."
    )
    return f"This link is not whole, has been used or is too old. {again}"


def old_link(*, reset: bool) -> PortalProblem:
    """Refuse a link that is not good."""
    return PortalProblem(ProblemCode.OLD_LINK, why_not(reset=reset))


def new_link(
    tx: Transaction, *, registration: UUID | None = None, account: UUID | None = None, hours: int
) -> str:
    """Mint the code of a link; the older links of the same registration or account end."""
    tx.session.exec(
        update(EmailedLink)
        .where(
            col(EmailedLink.registration_id) == registration
            if registration
            else col(EmailedLink.account_id) == account,
            col(EmailedLink.used_at).is_(None),
        )
        .values(used_at=tx.now)
    )
    token = new_token()
    tx.session.add(
        EmailedLink(
            digest=tx.services.keys.digest(Purpose.LINK, token),
            registration_id=registration,
            account_id=account,
            expires_at=tx.now + timedelta(hours=hours),
        )
    )
    return token


def token_of(pasted: str) -> str:
    """Take the code out of what was pasted: the code alone, or the whole link."""
    return pasted.strip().rstrip("/").rsplit("/", 1)[-1]


def find_link(tx: Transaction, pasted: str, *, reset: bool) -> EmailedLink | None:
    """Find a reset or an activation link that is still good, and leave it so."""
    digest = tx.services.keys.digest(Purpose.LINK, token_of(pasted))
    found = tx.session.exec(select(EmailedLink).where(EmailedLink.digest == digest)).first()
    if found is None or (found.account_id is not None) is not reset:
        return None
    return found if found.used_at is None and tx.now < found.expires_at else None


def use_link(tx: Transaction, pasted: str, *, reset: bool) -> EmailedLink:
    """Use a link up; raises OLD_LINK where it was used, has expired or is none of its kind."""
    found = find_link(tx, pasted, reset=reset)
    if found is not None:
        used = tx.session.exec(
            update(EmailedLink)
            .where(col(EmailedLink.digest) == found.digest, col(EmailedLink.used_at).is_(None))
            .values(used_at=tx.now)
        )
        if used.rowcount == 1:
            return found
    raise old_link(reset=reset)
