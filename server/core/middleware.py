"""Middleware for every request: its id, response headers, client version check, log, metrics."""

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
from server.core.metrics import NO_ROUTE, count_request
from server.core.origins import HEADER as ORIGIN_HEADER
from server.core.origins import read_origin
from server.core.problems import PortalProblem, internal_error, reply
from server.core.proxies import Network, client_address, is_listed
from server.core.request_ids import HEADER, choose_id, request_context
from server.core.settings import Settings
from server.core.turns import requester
from shared.problems import ProblemCode
from shared.versions import Side, find_outdated, parse_version

log = structlog.get_logger()

VERSION = version("professional-portal")
OUTDATED_CLIENT = (
    "Update the program: yours is version {client}, and this portal works with versions {oldest} "
    "to {newest}. What you typed is kept."
)
OUTDATED_SERVER = (
    "The portal's server must be updated for your program: it is version {server}, and yours "
    "{client}. What you typed is kept; until then, use version {newest} of the program."
)


class PortalMiddleware:
    """Rejects clients of other versions, adds headers, logs and counts requests."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        settings = scope["app"].state.services.settings
        request_id = _choose_id(scope, settings.proxies)
        with request_context(request_id):
            await self._serve(scope, receive, send, settings, request_id)

    async def _serve(
        self, scope: Scope, receive: Receive, send: Send, settings: Settings, request_id: str
    ) -> None:
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
                headers[HEADER] = request_id
            await send(message)

        _set_client(scope, settings.proxies)
        _set_origin(scope, scope["app"].state.services)
        _set_requester(scope, scope["app"].state.services)
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
            _record(scope, status, time.perf_counter() - started_at)


def _choose_id(scope: Scope, proxies: Sequence[Network]) -> str:
    """Choose the id of a request; only a listed proxy may forward one."""
    if not proxies or not scope["client"] or not is_listed(scope["client"][0], proxies):
        return choose_id(None)
    return choose_id(Headers(scope=scope).get(HEADER))


def _set_client(scope: Scope, proxies: Sequence[Network]) -> None:
    """Replace the peer's address by that of the client, if listed proxies forward it."""
    if proxies and scope["client"]:
        peer, port = scope["client"]
        forwarded = Headers(scope=scope).getlist("X-Forwarded-For")
        scope["client"] = (client_address(peer, forwarded, proxies), port)


def _set_origin(scope: Scope, services: Services) -> None:
    """Replace the address by that of the person for whom the SSH server runs the client."""
    value = Headers(scope=scope).get(ORIGIN_HEADER)
    if value and (address := read_origin(services.keys, value, services.clock())):
        scope["client"] = (address, 0)


def _set_requester(scope: Scope, services: Services) -> None:
    """Set whose turns the units of work of a request take."""
    token = Headers(scope=scope).get("Authorization", "").partition(" ")[2].strip()
    address = scope["client"][0] if scope["client"] else ""
    requester.set(services.worker_pools.turns.name_requester(token, address))


def _record(scope: Scope, status: int, seconds: float) -> None:
    """Log and count a request by its route template, which holds no personal data."""
    route = getattr(scope.get("route"), "path", NO_ROUTE)
    count_request(route, scope["method"], status, seconds)
    milliseconds = round(seconds * 1000, 1)
    log.info(
        "request", method=scope["method"], route=route, status=status, milliseconds=milliseconds
    )


def _check_client_version(scope: Scope) -> PortalProblem | None:
    client = parse_version(Headers(scope=scope).get("Portal-Client", ""))
    server = parse_version(VERSION)
    if client is None or server is None:  # not the portal's program
        return None
    texts = {
        "client": ".".join(map(str, client)),
        "server": VERSION,
        "oldest": server.oldest_partner,
        "newest": server.newest_partner,
    }
    match find_outdated(client, server):
        case Side.CLIENT:
            return PortalProblem(ProblemCode.OUTDATED_CLIENT, OUTDATED_CLIENT.format(**texts))
        case Side.SERVER:
            return PortalProblem(ProblemCode.OUTDATED_SERVER, OUTDATED_SERVER.format(**texts))
    return None
