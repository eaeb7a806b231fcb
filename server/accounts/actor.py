"""Who is asking: each route names, by the type of its parameter, how far they must be in.

`AnyActor` may be half signed in, `SignedIn` has given what their account asks for. Only a
`Professional` or an `Officer` of the authority, with the second step switched on and given,
reaches anything about a child; `SupportStaff` help accounts and see no child.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from sqlmodel import col, select, update

from server.accounts.tables import Account, SessionKept
from server.core.database import Transaction, Tx
from server.core.keys import Purpose
from server.core.problems import PortalProblem
from shared.accounts import SecondStep, SessionState, Staff
from shared.problems import ProblemCode

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
    row = tx.session.exec(
        select(SessionKept, Account)
        .join(Account, col(Account.id) == col(SessionKept.account_id))
        .where(SessionKept.digest == services.keys.digest(Purpose.SESSION, token))
    ).first()
    if row is None:
        raise _sign_in_again()
    kept, account = row
    idle = timedelta(minutes=services.settings.session_idle_minutes)
    if tx.now >= min(kept.ends_at, kept.last_used_at + idle) or account.disabled_at:
        raise _sign_in_again()
    if used and tx.now >= kept.last_used_at + TOUCH:
        _touch(tx, kept.id)
    return Actor(
        account_id=account.id,
        session_id=kept.id,
        name=account.name,
        state=SessionState(kept.state),
        second_step=SecondStep(account.second_step),
        proved_at=kept.proved_at,
        address=address,
        staff=Staff(account.staff) if account.staff else None,
    )


def _touch(tx: Transaction, session_id: UUID) -> None:
    if not tx.writes:
        with tx.services.transaction() as writing:
            _touch(writing, session_id)
        return
    tx.session.exec(
        update(SessionKept).where(col(SessionKept.id) == session_id).values(last_used_at=tx.now)
    )


def _any_actor(request: Request, tx: Tx) -> Actor:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise _sign_in_again()
    used = not getattr(request.scope["endpoint"], "__by_clock__", False)
    return find_actor(tx, token.strip(), address_of(request), used=used)


def known_actor(request: Request, tx: Tx) -> Actor | None:
    """Find who is behind a request that anyone may make; None where no session is."""
    try:
        return _any_actor(request, tx)
    except PortalProblem:
        return None


# Each calls the one before, and is not given it: FastAPI would use a thread for every one.


def _signed_in(request: Request, tx: Tx) -> Actor:
    actor = _any_actor(request, tx)
    if actor.state is not SessionState.SIGNED_IN:
        raise PortalProblem(ProblemCode.CODE_REQUIRED, "Enter your verification code to go on.")
    return actor


def _second_step_given(request: Request, tx: Tx) -> Actor:
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


def _professional(request: Request, tx: Tx) -> Actor:
    return _only(_second_step_given(request, tx), None)


def _officer(request: Request, tx: Tx) -> Actor:
    return _only(_second_step_given(request, tx), Staff.OFFICER)


def _support(request: Request, tx: Tx) -> Actor:
    return _only(_second_step_given(request, tx), Staff.SUPPORT)


def case_worker_of(request: Request, tx: Tx) -> Actor:
    """Find who works on cases behind a request, a professional or an officer."""
    return _only(_second_step_given(request, tx), None, Staff.OFFICER)


def _fresh(request: Request, tx: Tx) -> Actor:
    actor = _signed_in(request, tx)
    if tx.now - actor.proved_at > FRESH:
        raise PortalProblem(
            ProblemCode.FRESH_SIGN_IN_REQUIRED,
            "For your safety, sign in again before you change this.",
        )
    return actor


AnyActor = Annotated[Actor, Depends(_any_actor)]
SignedIn = Annotated[Actor, Depends(_signed_in)]
TwoStepGiven = Annotated[Actor, Depends(_second_step_given)]
Professional = Annotated[Actor, Depends(_professional)]
Officer = Annotated[Actor, Depends(_officer)]
SupportStaff = Annotated[Actor, Depends(_support)]
CaseWorker = Annotated[Actor, Depends(case_worker_of)]
"""A professional or an officer: each sees of a case what is theirs to see."""
Anyone = Annotated[Actor | None, Depends(known_actor)]
Fresh = Annotated[Actor, Depends(_fresh)]
