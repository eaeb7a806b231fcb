"""The two browser pages for emailed links, without scripts or cookies.

GET shows a button and POST uses the link, because mail scanners open every link.
"""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from server.accounts import registration
from server.accounts.actor import address_of
from server.accounts.links import find_link, invalid_link_message
from server.accounts.password import reset_password
from server.core.html import Pages, read_form
from server.core.problems import PortalProblem
from server.core.routing import TransactionRoute, Tx, services_of
from shared.accounts import PASSWORD_MAX, PASSWORD_MIN
from shared.problems import ProblemCode

FORM_BYTES = 8 * 1024
"""Enough for two passwords of maximum length."""

router = APIRouter(include_in_schema=False, route_class=TransactionRoute)

_render = Pages("server.accounts").render


def _message_page(request: Request, title: str, text: str, status: int = 200) -> HTMLResponse:
    return _render(request, "page", status, title=title, text=text)


@router.get("/activate/{token}")
def show_activation(token: str, request: Request, tx: Tx) -> HTMLResponse:
    """Show the button that activates an account."""
    if not find_link(tx, token, reset=False):
        return _message_page(
            request, "This link can't be used", invalid_link_message(reset=False), 410
        )
    return _render(request, "activate", title="Activate your account")


@router.post("/activate/{token}")
def activate(token: str, request: Request, tx: Tx) -> HTMLResponse:
    """Activate the account."""
    try:
        registration.activate(tx, token, address_of(request))
    except PortalProblem as problem:
        return _message_page(request, "This link can't be used", str(problem), 410)
    return _message_page(
        request,
        "Your account is active",
        "You can sign in now with the portal in your terminal. You can close this page.",
    )


@router.get("/reset/{token}")
def show_reset(token: str, request: Request, tx: Tx) -> HTMLResponse:
    """Show the form for a new password."""
    if not find_link(tx, token, reset=True):
        return _message_page(
            request, "This link can't be used", invalid_link_message(reset=True), 410
        )
    return _reset_form(request, "")


def _reset_form(request: Request, error: str, status: int = 422) -> HTMLResponse:
    return _render(
        request,
        "reset",
        status if error else 200,
        title="Set a new password",
        error=error,
        shortest=PASSWORD_MIN,
        longest=PASSWORD_MAX,
    )


@router.post("/reset/{token}")
async def reset(token: str, request: Request) -> HTMLResponse:
    """Set the new password; a refused password leaves the link valid."""
    form = await read_form(request, FORM_BYTES)
    password = form.get("password", "")
    if password != form.get("again"):
        return _reset_form(request, "The two passwords are not the same. Enter the same one twice.")
    try:
        await reset_password(services_of(request), token, password, address_of(request))
    except PortalProblem as problem:
        if problem.problem.code is ProblemCode.INVALID_LINK:
            return _message_page(request, "This link can't be used", str(problem), 410)
        errors = [error.message for error in problem.problem.errors]
        return _reset_form(request, "; ".join(errors) or str(problem), problem.problem.status)
    return _message_page(
        request,
        "Your password is set",
        "Sign in with it in your terminal. You are signed out everywhere else.",
    )
