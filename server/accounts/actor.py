"""Who is asking: each route names, by the type of its parameter, how far they must be in.

`AnyActor` may be half signed in, `SignedIn` has given what their account asks for. Only a
`Professional` or an `Officer` of the authority, with the second step switched on and given,
reaches anything about a child; `SupportStaff` help accounts and see no child.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Request
from sqlalchemy import Select, bindparam, select
from sqlmodel import col, update

from server.accounts.tables import Account, SessionKept
from server.core.audit import Action, record
from server.core.database import Transaction, WriterNeeded
from server.core.keys import Purpose
from server.core.problems import PortalProblem
from server.core.routing import InTransaction, is_polling
from shared.accounts import SecondStep, SessionState, Staff
from shared.problems import ProblemCode

_ASKING = (
    *(SessionKept.account_id, SessionKept.state, SessionKept.proved_at),
    *(SessionKept.last_used_at, SessionKept.ends_at),
    *(Account.first_name, Account.last_name, Account.second_step, Account.staff),
    Account.disabled_at,
)
_BY_TOKEN: Select[*tuple[Any, ...]] = (
    select(col(SessionKept.id).label("session_id"), *(col(column) for column in _ASKING))
    .join(Account, col(Account.id) == col(SessionKept.account_id))
    .where(col(SessionKept.digest) == bindparam("digest"))
)
"""Columns, not rows of the mapped classes: every request asks this, and they cost more."""

FRESH = timedelta(minutes=10)
TOUCH = timedelta(minutes=1)


@dataclass(frozen=True)
class Actor:
    """The account and session behind a request, and the network address it came from."""

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
        """Add to the audit what this account does, from where it does it."""
        record(
            tx, action, account=self.account_id, subject=subject, person=person, to=to,
            address=self.address,
        )  # fmt: skip


def address_of(request: Request) -> str:
    """Tell the address a request came from."""
    return request.client.host if request.client else ""


def _sign_in_again() -> PortalProblem:
    return PortalProblem(
        ProblemCode.SIGN_IN_REQUIRED,
        "You are signed out. Sign in again; what you typed is kept.",
    )


def find_actor(tx: Transaction, token: str, address: str, *, used: bool = True) -> Actor:
    """Find who a bearer token stands for; raises SIGN_IN_REQUIRED where the session has ended.

    What is asked by a clock is not `used`: the session ends as if it had not been asked.
    """
    services = tx.services
    digest = services.keys.digest(Purpose.SESSION, token)
    row = tx.connection.execute(_BY_TOKEN, {"digest": digest}).first()
    if row is None:
        raise _sign_in_again()
    idle = timedelta(minutes=services.settings.session_idle_minutes)
    if tx.now >= min(row.ends_at, row.last_used_at + idle) or row.disabled_at:
        raise _sign_in_again()
    if used and tx.now >= row.last_used_at + TOUCH:
        _touch(tx, row.session_id)
    return Actor(
        account_id=row.account_id,
        session_id=row.session_id,
        name=f"{row.first_name} {row.last_name}",
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
        update(SessionKept).where(col(SessionKept.id) == session_id).values(last_used_at=tx.now)
    )


def _any_actor(request: Request, tx: Transaction) -> Actor:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise _sign_in_again()
    return find_actor(tx, token.strip(), address_of(request), used=not is_polling(request))


def known_actor(request: Request, tx: Transaction) -> Actor | None:
    """Find who is behind a request that anyone may make; None where no session is."""
    try:
        return _any_actor(request, tx)
    except PortalProblem:
        return None


def _signed_in(request: Request, tx: Transaction) -> Actor:
    actor = _any_actor(request, tx)
    if actor.state is not SessionState.SIGNED_IN:
        raise PortalProblem(ProblemCode.CODE_REQUIRED, "Enter your verification code to go on.")
    return actor


def _second_step_given(request: Request, tx: Transaction) -> Actor:
    actor = _signed_in(request, tx)
    # The authority's own staff are let in by an authenticator app alone.
    missing = {SecondStep.NONE, SecondStep.EMAIL} if actor.staff else {SecondStep.NONE}
    if actor.second_step in missing:
        how = ", with an authenticator app" if actor.staff else ""
        raise PortalProblem(
            ProblemCode.TWO_STEP_REQUIRED,
            f"Turn on two step verification first, under My Account{how}.",
        )
    return actor


def _only(actor: Actor, *kinds: Staff | None) -> Actor:
    if actor.staff not in kinds:
        raise PortalProblem(ProblemCode.FORBIDDEN, "This is not for your kind of account.")
    return actor


def _professional(request: Request, tx: Transaction) -> Actor:
    return _only(_second_step_given(request, tx), None)


def _officer(request: Request, tx: Transaction) -> Actor:
    return _only(_second_step_given(request, tx), Staff.OFFICER)


def _support(request: Request, tx: Transaction) -> Actor:
    return _only(_second_step_given(request, tx), Staff.SUPPORT)


def case_worker_of(request: Request, tx: Transaction) -> Actor:
    """Find who works on cases behind a request, a professional or an officer."""
    return _only(_second_step_given(request, tx), None, Staff.OFFICER)


def fresh_actor(request: Request, tx: Transaction) -> Actor:
    """Look up who asks; raises FRESH_SIGN_IN_REQUIRED where they signed in too long ago."""
    actor = _signed_in(request, tx)
    if tx.now - actor.proved_at > FRESH:
        raise PortalProblem(
            ProblemCode.FRESH_SIGN_IN_REQUIRED,
            "For your safety, sign in again before you change this.",
        )
    return actor


AnyActor = Annotated[Actor, InTransaction(_any_actor)]
SignedIn = Annotated[Actor, InTransaction(_signed_in)]
TwoStepGiven = Annotated[Actor, InTransaction(_second_step_given)]
Professional = Annotated[Actor, InTransaction(_professional)]
Officer = Annotated[Actor, InTransaction(_officer)]
SupportStaff = Annotated[Actor, InTransaction(_support)]
CaseWorker = Annotated[Actor, InTransaction(case_worker_of)]
"""A professional or an officer: each sees of a case what is theirs to see."""
Anyone = Annotated[Actor | None, InTransaction(known_actor)]
Fresh = Annotated[Actor, InTransaction(fresh_actor)]
