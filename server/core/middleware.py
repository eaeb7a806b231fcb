"""Middleware for every request: response headers, client version check, access log."""

import time
from collections.abc import Sequence
from importlib.metadata import version

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.core.database import Services
from server.core.headers import (
    CONTENT_SECURITY_POLICY,
    SECURITY_HEADERS,
    STRICT_TRANSPORT_SECURITY,
)
from server.core.origins import HEADER, read_origin
from server.core.problems import PortalProblem, internal_error, reply
from server.core.proxies import Network, client_address
from shared.problems import ProblemCode

log = structlog.get_logger()

VERSION = version("professional-portal")
OLDEST_CLIENT = "0.1.0"


def _parse_version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdecimal())


class PortalMiddleware:
    """Rejects outdated clients, adds headers to every response and logs every request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        settings = scope["app"].state.services.settings
        started_at = time.perf_counter()
        status = 500
        response_started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal status, response_started
            if message["type"] == "http.response.start":
                response_started = True
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers.setdefault("Cache-Control", "no-store")
                headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
                headers.update(SECURITY_HEADERS)
                if settings.public_url.startswith("https:"):
                    headers["Strict-Transport-Security"] = STRICT_TRANSPORT_SECURITY
                headers["Portal-Version"] = VERSION
            await send(message)

        _set_client(scope, settings.proxies)
        _set_origin(scope, scope["app"].state.services)
        problem = _check_client_version(scope)
        try:
            if problem:
                await reply(problem.problem)(scope, receive, send_with_headers)
            else:
                await self._app(scope, receive, send_with_headers)
        except ClientDisconnect:
            status = 499
        except Exception as error:  # noqa: BLE001 - the ASGI server would log its message
            response = internal_error(error)
            if not response_started:
                await response(scope, receive, send_with_headers)
        finally:
            _log(scope, status, time.perf_counter() - started_at)


def _set_client(scope: Scope, proxies: Sequence[Network]) -> None:
    """Replace the peer's address by that of the client, if listed proxies forward it."""
    if proxies and scope["client"]:
        peer, port = scope["client"]
        forwarded = Headers(scope=scope).getlist("X-Forwarded-For")
        scope["client"] = (client_address(peer, forwarded, proxies), port)


def _set_origin(scope: Scope, services: Services) -> None:
    """Replace the address by that of the person for whom the SSH server runs the client."""
    value = Headers(scope=scope).get(HEADER)
    if value and (address := read_origin(services.keys, value, services.clock())):
        scope["client"] = (address, 0)


def _log(scope: Scope, status: int, seconds: float) -> None:
    """Log a request by its route template, which holds no personal data."""
    route = getattr(scope.get("route"), "path", "?")
    milliseconds = round(seconds * 1000, 1)
    log.info(
        "request", method=scope["method"], route=route, status=status, milliseconds=milliseconds
    )


def _check_client_version(scope: Scope) -> PortalProblem | None:
    headers = Headers(scope=scope)
    client = headers.get("Portal-Client", "")[:20]
    if client and _parse_version(client) < _parse_version(OLDEST_CLIENT):
        return PortalProblem(
            ProblemCode.OUTDATED_CLIENT,
            f"This portal needs version {OLDEST_CLIENT} of the program or newer; yours is "
            f"{client}. What you typed is kept. Update the program, then go on.",
        )
    return None
