"""Emailed activation and reset links: stored as a hash, valid once."""

from datetime import timedelta
from uuid import UUID

from sqlmodel import col, select, update

from server.accounts.tables import EmailedLink
from server.core.database import Transaction
from server.core.keys import Purpose, new_token
from server.core.problems import PortalProblem
from shared.problems import ProblemCode


def invalid_link_message(*, reset: bool) -> str:
    """Return the user's message for an invalid link."""
    hint = (
        "Choose Forgot your password? in the portal for a new one."
        if reset
        else "Register again with the same email address for a new one."
    )
    return f"This link is incomplete, has been used or has expired. {hint}"


def invalid_link(*, reset: bool) -> PortalProblem:
    """Build the problem for an invalid link."""
    return PortalProblem(ProblemCode.INVALID_LINK, invalid_link_message(reset=reset))


def new_link(
    tx: Transaction,
    *,
    registration: UUID | None = None,
    account: UUID | None = None,
    hours: int,
    is_usable: bool = True,
) -> str:
    """Create a link's token, and revoke older links of the same registration or account.

    A link that is not usable belongs to nobody. It takes as long as one for a known email.
    """
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
            registration_id=registration if is_usable else None,
            account_id=account if is_usable else None,
            expires_at=tx.now + timedelta(hours=hours),
            used_at=None if is_usable else tx.now,
        )
    )
    return token


def extract_token(token_or_link: str) -> str:
    """Extract the token from a token or link."""
    return token_or_link.strip().rstrip("/").rsplit("/", 1)[-1]


def find_link(tx: Transaction, token_or_link: str, *, reset: bool) -> EmailedLink | None:
    """Return a valid reset or activation link without using it, or None."""
    digests = tx.services.keys.digests(Purpose.LINK, extract_token(token_or_link))
    query = select(EmailedLink).where(col(EmailedLink.digest).in_(digests))
    link = tx.session.exec(query).first()
    if link is None or (link.account_id is not None) is not reset:
        return None
    return link if link.used_at is None and tx.now < link.expires_at else None


def use_link(tx: Transaction, token_or_link: str, *, reset: bool) -> EmailedLink:
    """Mark a link as used; raises INVALID_LINK if used, expired or of another kind."""
    link = find_link(tx, token_or_link, reset=reset)
    if link is not None:
        result = tx.session.exec(
            update(EmailedLink)
            .where(col(EmailedLink.digest) == link.digest, col(EmailedLink.used_at).is_(None))
            .values(used_at=tx.now)
        )
        if result.rowcount == 1:
            return link
    raise invalid_link(reset=reset)
