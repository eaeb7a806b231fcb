"""Routes for the support desk."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request

from server.accounts.actor import SupportStaff
from server.core.audit import Action
from server.core.problems import problem_responses
from server.core.routing import TransactionRoute, Tx, audited
from server.support import service
from shared.accounts import RegistrationOut
from shared.health import HealthReport, State
from shared.support import AccountDetails, AccountRow, IdentityCheckIn, ScanningOut, UnsentMail

router = APIRouter(prefix="/v1/support", route_class=TransactionRoute)


@router.get("/accounts")
def find(
    actor: SupportStaff, tx: Tx, email: Annotated[str, Query(min_length=3, max_length=254)]
) -> list[AccountRow]:
    """Find accounts by a prefix of the email."""
    accounts = service.find_accounts(tx, email)
    actor.record_shown(tx, Action.SHOWN_IN_SEARCH, (account.id for account in accounts))
    return accounts


@router.get("/accounts/{account}")
@audited
def read(account: UUID, actor: SupportStaff, tx: Tx) -> AccountDetails:
    """Read the state of an account."""
    return service.read_account(tx, actor, account)


@router.post("/accounts/{account}/unlock", status_code=204)
def unlock(account: UUID, actor: SupportStaff, tx: Tx) -> None:
    """Reset the throttling of an account."""
    service.unlock(tx, actor, account)


@router.post("/registrations/{registration_id}/email", responses=problem_responses([429]))
def send_activation(registration_id: UUID, actor: SupportStaff, tx: Tx) -> RegistrationOut:
    """Resend an activation email."""
    return service.send_activation(tx, actor, registration_id)


@router.post("/accounts/{account}/second-step-reset", status_code=204)
def reset_second_step(account: UUID, body: IdentityCheckIn, actor: SupportStaff, tx: Tx) -> None:
    """Switch off the second step after an identity check."""
    service.reset_second_step(tx, actor, account, body.how)


@router.delete("/accounts/{account}/sessions", status_code=204)
def end_sessions(account: UUID, actor: SupportStaff, tx: Tx) -> None:
    """Sign an account out everywhere."""
    service.end_sessions(tx, actor, account)


@router.put("/accounts/{account}/disabled", status_code=204)
def disable(account: UUID, actor: SupportStaff, tx: Tx) -> None:
    """Disable an account."""
    service.disable(tx, actor, account, disabled=True)


@router.delete("/accounts/{account}/disabled", status_code=204)
def enable(account: UUID, actor: SupportStaff, tx: Tx) -> None:
    """Enable a disabled account."""
    service.disable(tx, actor, account, disabled=False)


@router.get("/scanning")
def read_scanning(_: SupportStaff, tx: Tx, request: Request) -> ScanningOut:
    """Read whether documents are scanned for viruses, and how many wait or are held."""
    report: HealthReport | None = request.app.state.health.report
    return service.read_scanning(tx, report.scanner if report else State.UNKNOWN)


@router.get("/mails")
def list_unsent_mail(_: SupportStaff, tx: Tx) -> list[UnsentMail]:
    """List the emails that could not be sent."""
    return service.list_unsent_mail(tx)


@router.post("/mails/{mail}/send", status_code=204)
def send_mail_again(mail: UUID, actor: SupportStaff, tx: Tx) -> None:
    """Retry an unsent email now."""
    service.send_mail_again(tx, actor, mail)
