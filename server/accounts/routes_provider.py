"""Routes and browser pages for signing in by a provider."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from server.accounts import provider_sign_in
from server.accounts.actor import address_of
from server.accounts.provider_sign_in import SignInFailed
from server.core.html import Pages
from server.core.problems import PortalProblem, problem_responses, reply
from server.core.routing import TransactionRoute, Tx, services_of
from shared.accounts import NumberIn, ProviderSignInIn, ProviderSignInOut, SessionOut

router = APIRouter(prefix="/v1/provider-sign-ins", route_class=TransactionRoute)
pages = APIRouter(prefix="/sign-in", include_in_schema=False, route_class=TransactionRoute)

_render = Pages("server.accounts").render


@router.post("", status_code=201, responses=problem_responses([429]))
def start(new: ProviderSignInIn, request: Request, tx: Tx) -> ProviderSignInOut:
    """Start a sign-in by a provider, and return the URL to open in a browser."""
    return provider_sign_in.start(tx, new, address_of(request))


@router.get("/{sign_in}")
def read(sign_in: UUID, tx: Tx) -> ProviderSignInOut:
    """Read how far the sign-in has come in the browser."""
    return provider_sign_in.read(tx, sign_in)


@router.post("/{sign_in}/session", status_code=201, response_model=SessionOut)
def finish(sign_in: UUID, body: NumberIn, request: Request, tx: Tx) -> SessionOut | JSONResponse:
    """Start the session with the number that the browser shows."""
    result = provider_sign_in.finish(tx, sign_in, body, address_of(request))
    return reply(result.problem) if isinstance(result, PortalProblem) else result


def _failed(request: Request, failure: SignInFailed) -> HTMLResponse:
    return _render(request, "page", 422, title="You are not signed in", text=str(failure))


@pages.get("/callback")
async def handle_return(request: Request) -> HTMLResponse:
    """Show the number to type, when the provider sends the browser back."""
    try:
        number = await provider_sign_in.handle_return(
            services_of(request), request.query_params, address_of(request)
        )
    except SignInFailed as failure:
        return _failed(request, failure)
    return _render(request, "number", title="One more step", number=number)


@pages.get("/{code}")
async def open_url(code: str, request: Request) -> Response:
    """Redirect to the provider's sign-in."""
    try:
        url = await provider_sign_in.open_url(services_of(request), code)
    except SignInFailed as failure:
        return _failed(request, failure)
    return RedirectResponse(url, 303)
