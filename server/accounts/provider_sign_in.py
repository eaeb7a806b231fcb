"""Signing in by a provider: the terminal shows a URL, and the browser shows a number to type.

The number binds the terminal to the browser, so that a stolen URL is of no use. The state, nonce
and PKCE verifier of a sign-in are derived from its id by a secret key.
"""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import col, delete, func, select, update

from server.accounts.identities import apply_role, find_or_link, no_role
from server.accounts.provider_sessions import add_provider_session
from server.accounts.sessions import create_session, session_out
from server.accounts.tables import Account, ExternalIdentity, ProviderSignIn
from server.core.audit import Action, record
from server.core.database import Services, Transaction
from server.core.keys import Purpose, new_code
from server.core.oidc import ProviderError, ProviderRefusal
from server.core.problems import PortalProblem, not_found
from server.core.settings import Provider
from shared.accounts import (
    CODE_LENGTH,
    CODE_MINUTES,
    NumberIn,
    ProviderSignInIn,
    ProviderSignInOut,
    ProviderSignInState,
    SessionOut,
)
from shared.problems import ProblemCode

URL_CHARACTERS = "abcdefghjkmnpqrstuvwxyz23456789"
URL_CODE_LENGTH = 10
MAX_TRIES = 5
MAX_PENDING_PER_ADDRESS = 300
"""A whole council may share one IP address."""
EXPIRED = "This sign-in has expired or was used. Start again with the portal in your terminal."
TOO_LATE = "This sign-in took too long, or the number was tried too often. Start again."
UNAVAILABLE = "{} can't be reached just now. Start again in a few minutes."
REFUSED = "{} did not let you sign in."


class SignInFailed(Exception):
    """The sign-in can't go on; the message is for the user."""


class _Grant(BaseModel):
    """The verified claims and refresh token, stored until the number is typed."""

    claims: dict[str, object]
    refresh_token: str | None


class _Return(NamedTuple):
    """A browser that comes back from a provider: what the exchange of its code needs."""

    id: UUID
    provider: Provider
    verifier: str
    nonce: str


def _secret(services: Services, sign_in: UUID, name: str) -> str:
    return services.keys.digest(Purpose.PROVIDER, f"{name} {sign_in}")


def callback_url(services: Services) -> str:
    """Return the redirect URI to be registered with each provider."""
    return f"{services.settings.public_url}/sign-in/callback"


def start(tx: Transaction, new: ProviderSignInIn, address: str) -> ProviderSignInOut:
    """Start a sign-in and return its URL; raises NOT_FOUND, CONFLICT, TOO_MANY_TRIES."""
    if tx.services.settings.provider(new.provider) is None:
        raise not_found()
    tx.session.exec(delete(ProviderSignIn).where(col(ProviderSignIn.expires_at) <= tx.now))
    row = tx.session.get(ProviderSignIn, new.id)
    if row is None:
        _require_few_pending(tx, address)
        code = "".join(secrets.choice(URL_CHARACTERS) for _ in range(URL_CODE_LENGTH))
        state = _secret(tx.services, new.id, "state")
        row = ProviderSignIn(
            id=new.id,
            provider=new.provider,
            device=new.device,
            address=address,
            code=code,
            state_digest=tx.services.keys.digest(Purpose.PROVIDER, state),
            expires_at=tx.now + timedelta(minutes=CODE_MINUTES),
        )
        tx.session.add(row)
    elif (row.provider, row.device) != (new.provider, new.device):
        raise PortalProblem(ProblemCode.CONFLICT, "This sign-in has already been started.")
    return _sign_in_out(tx, row)


def _require_few_pending(tx: Transaction, address: str) -> None:
    pending = select(func.count()).where(ProviderSignIn.address == address)
    if tx.session.exec(pending).one() >= MAX_PENDING_PER_ADDRESS:
        raise PortalProblem(
            ProblemCode.TOO_MANY_TRIES,
            "Too many people are signing in from here. Wait a minute, then try again.",
            retry_after=60,
        )


def _sign_in_out(tx: Transaction, row: ProviderSignIn) -> ProviderSignInOut:
    state = ProviderSignInState.WAITING
    if row.failure:
        state = ProviderSignInState.FAILED
    elif row.number_digest:
        state = ProviderSignInState.NUMBER_SHOWN
    url = f"{tx.services.settings.public_url}/sign-in/{row.code}"
    return ProviderSignInOut(url=url, state=state, failure=row.failure)


def read(tx: Transaction, sign_in: UUID) -> ProviderSignInOut:
    """Return how far a sign-in has come; an expired one has failed."""
    row = tx.session.get(ProviderSignIn, sign_in)
    if row is None or tx.now >= row.expires_at:
        return ProviderSignInOut(url="", state=ProviderSignInState.FAILED, failure=TOO_LATE)
    return _sign_in_out(tx, row)


async def open_url(services: Services, code: str) -> str:
    """Return the provider's URL for the code of a short URL; raises SignInFailed."""

    def find(tx: Transaction) -> _Return:
        query = select(ProviderSignIn).where(
            ProviderSignIn.code == code.lower(), col(ProviderSignIn.expires_at) > tx.now
        )
        row = tx.session.exec(query).first()
        return _prepare(services, row if row and row.returned_at is None else None)

    found = await services.read(find)
    state = _secret(services, found.id, "state")
    try:
        return await services.provider_clients[found.provider.name].authorization_url(
            callback_url(services), state, found.nonce, found.verifier
        )
    except ProviderError:
        # The sign-in stays, because the same URL may work a moment later.
        raise SignInFailed(UNAVAILABLE.format(found.provider.label)) from None


def _prepare(services: Services, row: ProviderSignIn | None) -> _Return:
    provider = services.settings.provider(row.provider) if row else None
    if row is None or provider is None:
        raise SignInFailed(EXPIRED)
    return _Return(
        row.id, provider, _secret(services, row.id, "verifier"), _secret(services, row.id, "nonce")
    )


async def handle_return(services: Services, query: Mapping[str, str], address: str) -> str:
    """Return the number to show to a browser that comes back from a provider.

    Raises SignInFailed with the reason, which the terminal shows too.
    """
    found = await services.write(lambda tx: _claim_return(tx, query.get("state", "")))
    provider = found.provider
    try:
        if query.get("error") or not query.get("code"):
            raise ProviderRefusal
        grant = await services.provider_clients[provider.name].exchange(
            query["code"], callback_url(services), found.verifier, found.nonce, services.clock()
        )
    except ProviderError as error:
        text = REFUSED if isinstance(error, ProviderRefusal) else UNAVAILABLE
        failure = text.format(provider.label)
        await services.write(lambda tx: _record_failure(tx, found.id, failure, address))
        raise SignInFailed(failure) from None
    stored = _Grant(claims=grant.claims, refresh_token=grant.refresh_token)
    number = new_code(CODE_LENGTH)
    failure = await services.write(
        lambda tx: _store_grant(tx, found, stored, number=number, address=address)
    )
    if failure:
        raise SignInFailed(failure)
    return number


def _claim_return(tx: Transaction, state: str) -> _Return:
    """Mark the browser as returned, which it may do once; raises SignInFailed."""
    digest = tx.services.keys.digest(Purpose.PROVIDER, state)
    matches = (
        col(ProviderSignIn.state_digest) == digest,
        col(ProviderSignIn.returned_at).is_(None),
        col(ProviderSignIn.expires_at) > tx.now,
    )
    result = tx.session.exec(update(ProviderSignIn).where(*matches).values(returned_at=tx.now))
    if result.rowcount == 0:
        raise SignInFailed(EXPIRED)
    row = tx.session.exec(select(ProviderSignIn).where(ProviderSignIn.state_digest == digest)).one()
    return _prepare(tx.services, row)


def _record_failure(tx: Transaction, sign_in: UUID, failure: str, address: str) -> None:
    tx.session.exec(
        update(ProviderSignIn).where(col(ProviderSignIn.id) == sign_in).values(failure=failure)
    )
    record(tx, Action.SIGN_IN_REFUSED, subject=sign_in, address=address)


def _store_grant(
    tx: Transaction, found: _Return, grant: _Grant, *, number: str, address: str
) -> str:
    """Store what the provider said until the number is typed; return a failure, or ''."""
    if not apply_role(tx, found.provider, grant.claims):
        failure = no_role(found.provider)
        _record_failure(tx, found.id, failure, address)
        return failure
    keys = tx.services.keys
    tx.session.exec(
        update(ProviderSignIn)
        .where(col(ProviderSignIn.id) == found.id)
        .values(
            grant=keys.encrypt(Purpose.PROVIDER, grant.model_dump_json()),
            number_digest=keys.digest(Purpose.PROVIDER, f"{found.id} {number}"),
            expires_at=tx.now + timedelta(minutes=CODE_MINUTES),
        )
    )
    return ""


def finish(
    tx: Transaction, sign_in: UUID, body: NumberIn, address: str
) -> SessionOut | PortalProblem:
    """Start the session if the number is right and the person may sign in.

    Or return the problem, so that the try and what the provider said of the role are kept.
    """
    result = tx.session.exec(
        update(ProviderSignIn)
        .where(
            col(ProviderSignIn.id) == sign_in,
            col(ProviderSignIn.number_digest).is_not(None),
            col(ProviderSignIn.tries) < MAX_TRIES,
            col(ProviderSignIn.expires_at) > tx.now,
        )
        .values(tries=ProviderSignIn.tries + 1)
    )
    row = tx.session.get(ProviderSignIn, sign_in) if result.rowcount else None
    provider = tx.services.settings.provider(row.provider) if row else None
    if row is None or row.number_digest is None or row.grant is None or provider is None:
        return PortalProblem(ProblemCode.INVALID_CODE, TOO_LATE)
    keys = tx.services.keys
    number = "".join(body.number.split())
    if not keys.matches(Purpose.PROVIDER, f"{row.id} {number}", row.number_digest):
        record(tx, Action.CODE_REFUSED, subject=row.id, address=address)
        return PortalProblem(
            ProblemCode.WRONG_CODE, "The number is incorrect. Enter the one that the browser shows."
        )
    grant = _Grant.model_validate_json(keys.decrypt(Purpose.PROVIDER, row.grant))
    try:
        account, identity = find_or_link(tx, provider, grant.claims, address)
    except PortalProblem as refused:
        record(tx, Action.SIGN_IN_REFUSED, subject=row.id, address=address)
        return refused
    return _start_session(tx, row, account, identity, grant.refresh_token, address)


def _start_session(
    tx: Transaction,
    row: ProviderSignIn,
    account: Account,
    identity: ExternalIdentity,
    refresh_token: str | None,
    address: str,
) -> SessionOut:
    session, token = create_session(tx, account, row.device, address)
    add_provider_session(tx, session.id, identity.id, refresh_token)
    tx.session.delete(row)
    record(tx, Action.SIGNED_IN, account=account.id, subject=session.id, address=address)
    return session_out(tx, session, account, token)
