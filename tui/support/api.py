"""Requests of the support desk."""

from __future__ import annotations

from uuid import UUID

from shared.accounts import RegistrationOut
from shared.support import AccountDetails, AccountRow, IdentityCheckIn, ScanningOut, UnsentMail
from tui.core.client import Client

BASE = "/v1/support"
ACCOUNTS, UNSENT_EMAILS = list[AccountRow], list[UnsentMail]


async def find_accounts(client: Client, email: str) -> list[AccountRow]:
    """Find accounts by the start of their email address."""
    return await client.request("GET", f"{BASE}/accounts", ACCOUNTS, params={"email": email})


async def read_account(client: Client, account: UUID) -> AccountDetails:
    """Read the state of an account."""
    return await client.request("GET", f"{BASE}/accounts/{account}", AccountDetails)


async def unlock(client: Client, account: UUID) -> None:
    """Unlock an account after failed sign-in attempts."""
    await client.send("POST", f"{BASE}/accounts/{account}/unlock", repeatable=True)


async def send_activation(client: Client, registration: UUID) -> RegistrationOut:
    """Resend the activation email of a registration."""
    path = f"{BASE}/registrations/{registration}/email"
    return await client.request("POST", path, RegistrationOut)


async def reset_second_step(client: Client, account: UUID, identity_check: str) -> None:
    """Switch off the second step; `identity_check` describes how identity was checked."""
    path = f"{BASE}/accounts/{account}/second-step-reset"
    await client.send("POST", path, body=IdentityCheckIn(how=identity_check), repeatable=True)


async def end_sessions(client: Client, account: UUID) -> None:
    """End all sessions of an account."""
    await client.send("DELETE", f"{BASE}/accounts/{account}/sessions")


async def set_disabled(client: Client, account: UUID, *, disabled: bool) -> None:
    """Disable an account, or enable it again."""
    await client.send("PUT" if disabled else "DELETE", f"{BASE}/accounts/{account}/disabled")


async def read_scanning(client: Client) -> ScanningOut:
    """Read whether documents are scanned for viruses, and how many wait or are held."""
    return await client.request("GET", f"{BASE}/scanning", ScanningOut)


async def list_unsent_emails(client: Client) -> list[UnsentMail]:
    """List unsent emails."""
    return await client.request("GET", f"{BASE}/mails", UNSENT_EMAILS)


async def retry_email(client: Client, mail: UUID) -> None:
    """Retry an unsent email at once."""
    await client.send("POST", f"{BASE}/mails/{mail}/send", repeatable=True)
