"""Routes for sessions, the second step and My Account."""

from functools import partial
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from server.accounts import account as accounts
from server.accounts import email_change, password, second_step, sessions
from server.accounts.actor import AnyActor, Fresh, SignedIn, address_of, require_fresh_actor
from server.accounts.tables import Account
from server.core.problems import problem_responses, reply
from server.core.routing import TransactionRoute, Tx, authenticated_by, services_of
from shared.accounts import (
    AboutYou,
    AccountOut,
    AppSecret,
    CodeIn,
    CodeSent,
    EmailChangeIn,
    EmailChangeOut,
    LinkIn,
    OwnWorkDetails,
    PasswordChange,
    SecondStepIn,
    SecondStepOut,
    SessionOut,
    SessionRow,
    SessionState,
    SignInIn,
    WorkplaceIn,
)

router = APIRouter(prefix="/v1", route_class=TransactionRoute)


@router.post("/sessions", status_code=201, responses=problem_responses([401, 429]))
async def sign_in(body: SignInIn, request: Request) -> SessionOut:
    """Start a session with email and password."""
    return await sessions.sign_in(services_of(request), body, address_of(request))


@router.get("/session")
def session(actor: AnyActor, tx: Tx) -> SessionOut:
    """Read the session and extend it."""
    return sessions.session_out(tx, *sessions.session_rows(tx, actor))


@router.delete("/session", status_code=204)
def sign_out(actor: AnyActor, tx: Tx) -> None:
    """End the session."""
    sessions.end_session(tx, actor, actor.session_id)


@router.post("/session/code", response_model=SessionOut, responses=problem_responses([429]))
def verify_code(body: CodeIn, actor: AnyActor, tx: Tx) -> SessionOut | JSONResponse:
    """Verify the code of the second step; the signed-in session gets a new token."""
    if actor.state is SessionState.SIGNED_IN:
        return sessions.session_out(tx, *sessions.session_rows(tx, actor))
    problem = second_step.verify_code(tx, actor, body)
    return (
        reply(problem.problem)
        if problem
        else sessions.complete_sign_in(tx, actor, body.device_token)
    )


@router.post("/session/code/email", responses=problem_responses([429]))
def send_code(actor: AnyActor, tx: Tx) -> CodeSent:
    """Email a new code and revoke the previous one."""
    return second_step.send_code(tx, *sessions.session_rows(tx, actor))


@router.get("/sessions")
def list_sessions(actor: SignedIn, tx: Tx) -> list[SessionRow]:
    """List my sessions."""
    return sessions.list_sessions(tx, actor)


@router.delete("/sessions", status_code=204)
def end_other_sessions(actor: SignedIn, tx: Tx) -> None:
    """Sign out everywhere else."""
    sessions.end_other_sessions(tx, actor)


@router.delete("/sessions/{session_id}", status_code=204)
def end_session(session_id: UUID, actor: SignedIn, tx: Tx) -> None:
    """End one of my sessions."""
    sessions.end_session(tx, actor, session_id)


@router.get("/account")
def my_account(actor: SignedIn, tx: Tx) -> AccountOut:
    """Read my account."""
    return accounts.account_out(tx, tx.session.get_one(Account, actor.account_id))


@router.put("/account/about")
def save_about(about: AboutYou, actor: SignedIn, tx: Tx) -> AccountOut:
    """Update my personal details."""
    return accounts.save_about(tx, actor, about)


@router.put("/account/work-details/{card}", responses=problem_responses([429]))
def save_work_details(card: UUID, work: WorkplaceIn, actor: SignedIn, tx: Tx) -> OwnWorkDetails:
    """Create or update work details."""
    return accounts.save_work_details(tx, actor, card, work)


@router.delete("/account/work-details/{card}", status_code=204)
def remove_work_details(card: UUID, actor: SignedIn, tx: Tx) -> None:
    """Remove work details."""
    accounts.remove_work_details(tx, actor, card)


@router.put("/account/password", status_code=204, responses=problem_responses([401, 403, 429]))
@authenticated_by(require_fresh_actor)
async def change_password(change: PasswordChange, request: Request) -> None:
    """Change the password and end other sessions."""
    await password.change_password(
        services_of(request), partial(require_fresh_actor, request), change, address_of(request)
    )


@router.put("/account/email", responses=problem_responses([429]))
def request_email_change(body: EmailChangeIn, actor: Fresh, tx: Tx) -> EmailChangeOut:
    """Email a code that confirms my new address."""
    return email_change.request_email_change(tx, actor, body.email)


@router.post("/account/email/confirmation", responses=problem_responses([410]))
def confirm_email_change(code: LinkIn, actor: SignedIn, tx: Tx) -> AccountOut:
    """Change my email with the emailed code, and end my other sessions."""
    return email_change.confirm_email_change(tx, actor, code.token)


@router.post("/account/second-step/app")
def new_app_secret(actor: Fresh, tx: Tx) -> AppSecret:
    """Create a secret to set up an authenticator app."""
    accounts.require_no_provider(tx.session.get_one(Account, actor.account_id))
    return second_step.new_app_secret(tx, actor)


@router.put("/account/second-step")
def set_second_step(body: SecondStepIn, actor: Fresh, tx: Tx) -> SecondStepOut:
    """Set the second step and end every session, so that it applies at once."""
    result = accounts.set_second_step(tx, actor, body)
    sessions.end_all_sessions(tx, actor.account_id)
    return result


@router.post("/account/recovery-codes")
def new_recovery_codes(actor: Fresh, tx: Tx) -> SecondStepOut:
    """Replace the recovery codes."""
    accounts.require_no_provider(tx.session.get_one(Account, actor.account_id))
    return second_step.new_recovery_codes(tx, actor, actor.second_step)
