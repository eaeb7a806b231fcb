"""Sessions that a provider started: while one is used, the provider is asked again.

Every `ASK_INTERVAL` of use, the refresh token is tried in the background. A refusal ends the
session at once. Without an answer it ends after `CONFIRMED_LIMIT`; see `actor.py`.
"""

import asyncio
from uuid import UUID

import structlog
from sqlmodel import col, delete, select, update

from server.accounts.identities import apply_role
from server.accounts.tables import ExternalIdentity, ProviderSession, StoredSession
from server.core.audit import Action, record
from server.core.database import Services, Transaction
from server.core.keys import Purpose
from server.core.oidc import Grant, ProviderError, ProviderRefusal
from server.core.repeat import repeat

log = structlog.get_logger()

AT_ONCE = 4
"""Requests to providers at the same time, as one that does not answer takes seconds."""


def add_provider_session(
    tx: Transaction, session: UUID, identity: UUID, refresh_token: str | None
) -> None:
    """Store what a new session needs to ask its provider again."""
    tx.session.add(
        ProviderSession(
            session_id=session,
            identity_id=identity,
            refresh_token=refresh_token
            and tx.services.keys.encrypt(Purpose.PROVIDER, refresh_token),
            asked_at=tx.now,
            confirmed_at=tx.now,
        )
    )


async def run_confirmations(services: Services) -> None:
    """Confirm the sessions that are due, several at once, until cancelled."""

    async def confirm_next() -> None:
        await confirm_session(services, await services.sessions_to_confirm.get())

    await asyncio.gather(*(repeat("confirm_session", 0, confirm_next) for _ in range(AT_ONCE)))


async def confirm_session(services: Services, session: UUID) -> None:
    """Ask the provider whether a session may go on, and end it if not."""

    def read(tx: Transaction) -> tuple[ProviderSession, ExternalIdentity] | None:
        query = (
            select(ProviderSession, ExternalIdentity)
            .join(ExternalIdentity, col(ExternalIdentity.id) == col(ProviderSession.identity_id))
            .where(ProviderSession.session_id == session)
        )
        return tx.session.exec(query).first()

    found = await services.read(read)
    if found is None or found[0].refresh_token is None:
        return
    stored, identity = found
    client = services.provider_clients.get(identity.provider)
    try:
        if client is None:  # no longer in the settings
            raise ProviderRefusal
        token = services.keys.decrypt(Purpose.PROVIDER, str(stored.refresh_token))
        grant = await client.refresh(token, identity.subject, services.clock())
    except ProviderRefusal:
        await services.write(lambda tx: _end_session(tx, session, identity.account_id))
    except ProviderError:
        log.warning("provider_unavailable", provider=identity.provider)
    else:
        await services.write(lambda tx: _store(tx, session, identity, grant))


def _end_session(tx: Transaction, session: UUID, account: UUID) -> None:
    tx.session.exec(delete(StoredSession).where(col(StoredSession.id) == session))
    record(tx, Action.SESSIONS_ENDED, account=account, subject=session)


def _store(tx: Transaction, session: UUID, identity: ExternalIdentity, grant: Grant) -> None:
    """Store the next refresh token, and apply the role if the provider repeated the claims."""
    provider = tx.services.settings.provider(identity.provider)
    if provider and grant.claims and not apply_role(tx, provider, grant.claims):
        return
    tx.session.exec(
        update(ProviderSession)
        .where(col(ProviderSession.session_id) == session)
        .values(
            refresh_token=grant.refresh_token
            and tx.services.keys.encrypt(Purpose.PROVIDER, grant.refresh_token),
            confirmed_at=tx.now,
        )
    )
