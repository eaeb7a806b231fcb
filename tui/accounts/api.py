"""Requests about accounts. Import late, because the wire types are slow to import."""

from __future__ import annotations

import platform
from uuid import UUID, uuid4

from shared.accounts import (
    AboutYou,
    AccountOut,
    AppSecret,
    CodeIn,
    CodeSent,
    EmailChangeIn,
    EmailChangeOut,
    ForgottenPasswordIn,
    LinkIn,
    NumberIn,
    OwnWorkDetails,
    PasswordChange,
    PortalInfo,
    ProviderSignInIn,
    ProviderSignInOut,
    RegistrationIn,
    RegistrationOut,
    ResetIn,
    SecondStep,
    SecondStepIn,
    SecondStepOut,
    SessionOut,
    SessionRow,
    SignInIn,
    UnfinishedFormOut,
    WorkplaceIn,
)
from shared.organisations import MembershipRequests, OrganisationRow
from shared.ssh_keys import SshKeyIn, SshKeyRow
from tui.core.client import Client, Params

MAX_DEVICE_LENGTH = 200


async def get_portal_info(client: Client) -> PortalInfo:
    """Return the portal's name, texts and contacts."""
    return await client.request("GET", "/v1/portal", PortalInfo)


async def sign_in(client: Client, email: str, password: str, device_token: str) -> SessionOut:
    """Begin a session; raises Refused WRONG_CREDENTIALS or TOO_MANY_TRIES."""
    body = SignInIn(
        id=uuid4(),
        email=email,
        password=password,
        device=_device(),
        device_token=device_token,
    )
    return await client.request("POST", "/v1/sessions", SessionOut, body=body, repeatable=True)


def _device() -> str:
    """Return the name of this machine, for 'Where I am signed in'."""
    return f"{platform.node()} ({platform.system()})"[:MAX_DEVICE_LENGTH]


async def start_provider_sign_in(client: Client, sign_in: UUID, provider: str) -> ProviderSignInOut:
    """Begin signing in by a provider, and return the URL to open in a browser."""
    body = ProviderSignInIn(id=sign_in, provider=provider, device=_device())
    return await client.request(
        "POST", "/v1/provider-sign-ins", ProviderSignInOut, body=body, repeatable=True
    )


async def get_provider_sign_in(client: Client, sign_in: UUID) -> ProviderSignInOut:
    """Return how far the sign-in has come in the browser."""
    return await client.request("GET", f"/v1/provider-sign-ins/{sign_in}", ProviderSignInOut)


async def finish_provider_sign_in(client: Client, sign_in: UUID, number: str) -> SessionOut:
    """Start the session; raises Refused WRONG_CODE, INVALID_CODE or NOT_ALLOWED."""
    path = f"/v1/provider-sign-ins/{sign_in}/session"
    return await client.request("POST", path, SessionOut, body=NumberIn(number=number))


async def get_session(client: Client) -> SessionOut:
    """Return the session, and extend it."""
    return await client.request("GET", "/v1/session", SessionOut)


async def submit_code(client: Client, code: str, device_token: str) -> SessionOut:
    """Submit the code of the second step; raises Refused WRONG_CODE or INVALID_CODE.

    If the code was accepted and the reply lost, the repeat is Refused SIGN_IN_REQUIRED.
    """
    body = CodeIn(code=code, device_token=device_token)
    return await client.request("POST", "/v1/session/code", SessionOut, body=body, repeatable=True)


async def send_code(client: Client) -> CodeSent:
    """Request a new code by email; raises Refused TOO_SOON."""
    return await client.request("POST", "/v1/session/code/email", CodeSent)


async def register(client: Client, registration: RegistrationIn) -> RegistrationOut:
    """Register an account; safe to repeat with the same id and body."""
    return await client.request(
        "POST", "/v1/registrations", RegistrationOut, body=registration, repeatable=True
    )


async def send_activation(client: Client, registration: UUID) -> RegistrationOut:
    """Request another activation email; raises Refused TOO_SOON."""
    return await client.request("POST", f"/v1/registrations/{registration}/email", RegistrationOut)


async def activate(client: Client, link_or_code: str) -> None:
    """Activate an account with the emailed link or its code; raises Refused INVALID_LINK.

    If it was activated and the reply lost, the repeat is Refused, with the advice to sign in.
    """
    await client.send("POST", "/v1/activations", body=LinkIn(token=link_or_code), repeatable=True)


async def request_reset_link(client: Client, email: str) -> None:
    """Request a reset link; the response does not reveal whether the account exists."""
    await client.send("POST", "/v1/password/forgotten", body=ForgottenPasswordIn(email=email))


async def reset_password(client: Client, link_or_code: str, password: str) -> None:
    """Set a new password with a reset link or its code; raises Refused INVALID_LINK or INVALID."""
    body = ResetIn(token=link_or_code, password=password)
    await client.send("POST", "/v1/password/reset", body=body)


async def change_password(client: Client, current: str, new: str) -> None:
    """Change the password; raises Refused WRONG_CREDENTIALS or INVALID."""
    body = PasswordChange(current=current, new=new)
    await client.send("PUT", "/v1/account/password", body=body)


async def request_email_change(client: Client, email: str) -> EmailChangeOut:
    """Ask for another email; raises Refused INVALID or FRESH_SIGN_IN_REQUIRED."""
    body = EmailChangeIn(email=email)
    return await client.request("PUT", "/v1/account/email", EmailChangeOut, body=body)


async def confirm_email_change(client: Client, code: str) -> AccountOut:
    """Confirm the new email with the emailed code; raises Refused INVALID_LINK."""
    path = "/v1/account/email/confirmation"
    return await client.request("POST", path, AccountOut, body=LinkIn(token=code))


async def get_account(client: Client) -> AccountOut:
    """Return the signed-in account."""
    return await client.request("GET", "/v1/account", AccountOut)


async def save_about(client: Client, about: AboutYou) -> AccountOut:
    """Save the professional's details."""
    return await client.request("PUT", "/v1/account/about", AccountOut, body=about)


async def save_work_details(client: Client, card: UUID, work: WorkplaceIn) -> OwnWorkDetails:
    """Save new or edited work details."""
    path = f"/v1/account/work-details/{card}"
    return await client.request("PUT", path, OwnWorkDetails, body=work)


async def remove_work_details(client: Client, card: UUID) -> None:
    """Remove work details; raises Refused IN_USE for the last ones."""
    await client.send("DELETE", f"/v1/account/work-details/{card}")


async def create_app_secret(client: Client) -> AppSecret:
    """Request a secret for setting up an authenticator app."""
    return await client.request("POST", "/v1/account/second-step/app", AppSecret)


async def set_second_step(client: Client, method: SecondStep, code: str = "") -> SecondStepOut:
    """Change the second step, which ends all sessions, including this one."""
    body = SecondStepIn(method=method, code=code)
    return await client.request("PUT", "/v1/account/second-step", SecondStepOut, body=body)


async def replace_recovery_codes(client: Client) -> SecondStepOut:
    """Replace the recovery codes with new ones."""
    return await client.request("POST", "/v1/account/recovery-codes", SecondStepOut)


async def list_unfinished(client: Client) -> list[UnfinishedFormOut]:
    """List the forms that the account has not finished."""
    return await client.request("GET", "/v1/account/unfinished", list[UnfinishedFormOut])


async def close_account(client: Client) -> None:
    """Close the account, which ends every session."""
    await client.send("DELETE", "/v1/account")


async def list_sessions(client: Client) -> list[SessionRow]:
    """List the account's sessions."""
    return await client.request("GET", "/v1/sessions", list[SessionRow])


async def end_session(client: Client, row: UUID) -> None:
    """End one of the account's sessions."""
    await client.send("DELETE", f"/v1/sessions/{row}")


async def end_other_sessions(client: Client) -> None:
    """End all sessions but this one."""
    await client.send("DELETE", "/v1/sessions")


async def list_ssh_keys(client: Client) -> list[SshKeyRow]:
    """List the account's SSH keys."""
    return await client.request("GET", "/v1/account/ssh-keys", list[SshKeyRow])


async def add_ssh_key(client: Client, line: str) -> SshKeyRow:
    """Add an SSH key; raises Refused INVALID, NOT_ALLOWED or FRESH_SIGN_IN_REQUIRED."""
    path = f"/v1/account/ssh-keys/{uuid4()}"
    return await client.request("PUT", path, SshKeyRow, body=SshKeyIn(line=line))


async def remove_ssh_key(client: Client, key: UUID) -> None:
    """Remove an SSH key."""
    await client.send("DELETE", f"/v1/account/ssh-keys/{key}")


async def find_organisations(client: Client, find: str) -> list[OrganisationRow]:
    """Search the list of organisations, also before sign-in."""
    params: Params = {"find": find}
    return await client.request("GET", "/v1/organisations", list[OrganisationRow], params=params)


async def list_colleagues_to_confirm(client: Client) -> MembershipRequests:
    """List who asks to join the organisations of which the account is a confirmed member."""
    return await client.request("GET", "/v1/account/colleagues", MembershipRequests)


async def confirm_colleague(client: Client, membership: UUID) -> None:
    """Confirm a colleague; safe to repeat."""
    await client.send("POST", f"/v1/account/colleagues/{membership}/confirm", repeatable=True)


async def refuse_colleague(client: Client, membership: UUID) -> None:
    """Record that somebody is not a colleague; safe to repeat."""
    await client.send("POST", f"/v1/account/colleagues/{membership}/refuse", repeatable=True)
