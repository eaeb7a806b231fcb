"""Authentication and authorisation: each route declares its actor by the type of a parameter.

`AnyActor` may be partly signed in; `SignedIn` has completed every sign-in step. Only a
`Professional` or an `Officer` with two-step verification may access children's data;
`SupportStaff` manage accounts only.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import Request
from sqlalchemy import Select, bindparam, select
from sqlmodel import col, update

from server.accounts.tables import Account, ProviderSession, StoredSession
from server.core.audit import Action, record, record_shown
from server.core.database import Transaction, WriterNeeded
from server.core.keys import Purpose
from server.core.moments import elapsed
from server.core.problems import PortalProblem
from server.core.routing import InTransaction, is_polling
from shared.accounts import SecondStep, SessionState, Staff
from shared.problems import ProblemCode
from shared.values.lines import sanitise

_ACTOR_COLUMNS = (
    *(StoredSession.account_id, StoredSession.state, StoredSession.proved_at),
    *(StoredSession.last_used_at, StoredSession.ends_at),
    *(Account.first_name, Account.last_name, Account.second_step, Account.staff),
    *(Account.disabled_at, ProviderSession.asked_at, ProviderSession.confirmed_at),
)
_BY_TOKEN: Select[*tuple[Any, ...]] = (
    select(col(StoredSession.id).label("session_id"), *(col(column) for column in _ACTOR_COLUMNS))
    .join(Account, col(Account.id) == col(StoredSession.account_id))
    .join(ProviderSession, col(ProviderSession.session_id) == col(StoredSession.id), isouter=True)
    .where(col(StoredSession.digest) == bindparam("digest"))
)
"""Every request runs this statement; selecting columns is faster than selecting mapped rows."""

FRESH_SIGN_IN_AGE = timedelta(minutes=10)
ASK_INTERVAL = timedelta(minutes=10)
"""How often the provider of a session in use is asked whether it may go on."""
CONFIRMED_LIMIT = timedelta(hours=1)
"""How long a session goes on after its provider last confirmed it."""
TOUCH_INTERVAL = timedelta(minutes=1)
"""Minimum time between updates of a session's last use."""


@dataclass(frozen=True)
class Actor:
    """The account, session and IP address of a request."""

    account_id: UUID
    session_id: UUID
    name: str
    state: SessionState
    second_step: SecondStep
    proved_at: datetime
    address: str
    staff: Staff | None = None

    def record(
        self,
        tx: Transaction,
        action: Action,
        *,
        subject: UUID | None = None,
        person: UUID | None = None,
        to: UUID | None = None,
    ) -> None:
        """Add an entry to the audit log for this account and IP address."""
        record(
            tx,
            action,
            account=self.account_id,
            subject=subject,
            person=person,
            to=to,
            address=self.address,
        )

    def record_shown(self, tx: Transaction, action: Action, ids: Iterable[UUID | None]) -> None:
        """Record the children, or accounts, that a list or a search shows to this account."""
        record_shown(tx, action, ids, account=self.account_id, address=self.address)


def address_of(request: Request) -> str:
    """Return the IP address of a request."""
    return request.client.host if request.client else ""


def _sign_in_required() -> PortalProblem:
    return PortalProblem(
        ProblemCode.SIGN_IN_REQUIRED,
        "You are signed out. Sign in again; what you typed is kept.",
    )


def find_actor(tx: Transaction, token: str, address: str, *, extend_session: bool = True) -> Actor:
    """Return the actor of a bearer token; raises SIGN_IN_REQUIRED if the session has ended.

    `extend_session` is False for polling requests.
    """
    services = tx.services
    for digest in services.keys.digests(Purpose.SESSION, token):
        row = tx.connection.execute(_BY_TOKEN, {"digest": digest}).first()
        if row is not None:
            break
    if row is None:
        raise _sign_in_required()
    services.worker_pools.turns.remember(token, row.account_id)
    idle = timedelta(minutes=services.settings.session_idle_minutes)
    if tx.now >= min(row.ends_at, row.last_used_at + idle) or row.disabled_at:
        raise _sign_in_required()
    if row.confirmed_at:
        _check_confirmed(tx, row.session_id, row.asked_at, row.confirmed_at)
    if extend_session and elapsed(row.last_used_at, tx.now) >= TOUCH_INTERVAL:
        _touch(tx, row.session_id)
    return Actor(
        account_id=row.account_id,
        session_id=row.session_id,
        name=sanitise(f"{row.first_name} {row.last_name}"),
        state=SessionState(row.state),
        second_step=SecondStep(row.second_step),
        proved_at=row.proved_at,
        address=address,
        staff=Staff(row.staff) if row.staff else None,
    )


def _touch(tx: Transaction, session_id: UUID) -> None:
    if not tx.writes:
        raise WriterNeeded
    tx.session.exec(
        update(StoredSession).where(col(StoredSession.id) == session_id).values(last_used_at=tx.now)
    )


def _check_confirmed(
    tx: Transaction, session_id: UUID, asked_at: datetime, confirmed_at: datetime
) -> None:
    """Have the provider of a session asked again when it is due; raises SIGN_IN_REQUIRED."""
    if tx.now >= confirmed_at + CONFIRMED_LIMIT:
        raise _sign_in_required()
    if tx.now < asked_at + ASK_INTERVAL:
        return
    if not tx.writes:
        raise WriterNeeded
    # Only one of several requests at the same time asks.
    is_first = tx.session.exec(
        update(ProviderSession)
        .where(
            col(ProviderSession.session_id) == session_id, col(ProviderSession.asked_at) == asked_at
        )
        .values(asked_at=tx.now)
    ).rowcount
    if is_first:
        tx.after_commit.append(partial(tx.services.sessions_to_confirm.put_nowait, session_id))


def _authenticate(request: Request, tx: Transaction) -> Actor:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise _sign_in_required()
    return find_actor(
        tx, token.strip(), address_of(request), extend_session=not is_polling(request)
    )


def optional_actor(request: Request, tx: Transaction) -> Actor | None:
    """Return the actor of a public request, or None if there is no session."""
    try:
        return _authenticate(request, tx)
    except PortalProblem:
        return None


def _require_signed_in(request: Request, tx: Transaction) -> Actor:
    actor = _authenticate(request, tx)
    if actor.state is not SessionState.SIGNED_IN:
        raise PortalProblem(ProblemCode.CODE_REQUIRED, "Enter your verification code to go on.")
    return actor


def _require_two_step(request: Request, tx: Transaction) -> Actor:
    actor = _require_signed_in(request, tx)
    # Staff must use an authenticator app.
    insufficient = {SecondStep.NONE, SecondStep.EMAIL} if actor.staff else {SecondStep.NONE}
    if actor.second_step in insufficient:
        suffix = ", with an authenticator app" if actor.staff else ""
        raise PortalProblem(
            ProblemCode.TWO_STEP_REQUIRED,
            f"Turn on two step verification first, under My Account{suffix}.",
        )
    return actor


def _require_kind(actor: Actor, *kinds: Staff | None) -> Actor:
    if actor.staff not in kinds:
        raise PortalProblem(ProblemCode.FORBIDDEN, "Your kind of account can't do this.")
    return actor


def _require_professional(request: Request, tx: Transaction) -> Actor:
    return _require_kind(_require_two_step(request, tx), None)


def require_officer(request: Request, tx: Transaction) -> Actor:
    """Return the officer of a request."""
    return _require_kind(_require_two_step(request, tx), Staff.OFFICER)


def _require_support(request: Request, tx: Transaction) -> Actor:
    return _require_kind(_require_two_step(request, tx), Staff.SUPPORT)


def require_case_worker(request: Request, tx: Transaction) -> Actor:
    """Return the professional or officer of a request."""
    return _require_kind(_require_two_step(request, tx), None, Staff.OFFICER)


def require_fresh_actor(request: Request, tx: Transaction) -> Actor:
    """Return the actor; raises FRESH_SIGN_IN_REQUIRED if they signed in too long ago."""
    actor = _require_signed_in(request, tx)
    if elapsed(actor.proved_at, tx.now) > FRESH_SIGN_IN_AGE:
        raise PortalProblem(
            ProblemCode.FRESH_SIGN_IN_REQUIRED,
            "For your safety, sign in again before you change this.",
        )
    return actor


AnyActor = Annotated[Actor, InTransaction(_authenticate)]
SignedIn = Annotated[Actor, InTransaction(_require_signed_in)]
TwoStepVerified = Annotated[Actor, InTransaction(_require_two_step)]
Professional = Annotated[Actor, InTransaction(_require_professional)]
Officer = Annotated[Actor, InTransaction(require_officer)]
SupportStaff = Annotated[Actor, InTransaction(_require_support)]
CaseWorker = Annotated[Actor, InTransaction(require_case_worker)]
"""A professional or an officer; they see different parts of a case."""
OptionalActor = Annotated[Actor | None, InTransaction(optional_actor)]
Fresh = Annotated[Actor, InTransaction(require_fresh_actor)]
