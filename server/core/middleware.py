"""What every reply has and every request keeps to: headers, a size, a version, a line of log."""

import time
from importlib.metadata import version

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.core.problems import PortalProblem, crashed, reply
from shared.problems import ProblemCode

log = structlog.get_logger()

VERSION = version("professional-portal")
OLDEST_CLIENT = "0.1.0"
BODY_LIMIT = 8 * 1024 * 1024
"""Bytes of a JSON body; documents have a limit of their own and are streamed."""

DOCUMENTS = "/documents/"


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdecimal())


class Edge:
    """Stands before all routes: refuses what is too old or too large, and marks every reply."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500
        begun = False

        async def marked(message: Message) -> None:
            nonlocal status, begun
            if message["type"] == "http.response.start":
                begun = True
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers.setdefault("Cache-Control", "no-store")
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Portal-Version"] = VERSION
            await send(message)

        refused = _refusal(scope)
        try:
            if refused:
                await reply(refused.problem)(scope, receive, marked)
            else:
                await self._app(scope, _capped(scope, receive), marked)
        except ClientDisconnect:
            status = 499
        except Exception as error:  # noqa: BLE001 - beyond here its words, a child's, are logged
            answer = crashed(error)
            if not begun:
                await answer(scope, receive, marked)
        finally:
            route = scope.get("route")
            log.info(
                "request",
                method=scope["method"],
                route=getattr(route, "path", "?"),
                status=status,
                milliseconds=round((time.perf_counter() - started) * 1000, 1),
            )


def _refusal(scope: Scope) -> PortalProblem | None:
    headers = Headers(scope=scope)
    client = headers.get("Portal-Client", "")[:20]
    if client and _numbers(client) < _numbers(OLDEST_CLIENT):
        return PortalProblem(
            ProblemCode.OLD_CLIENT,
            f"This portal needs version {OLDEST_CLIENT} of the program or newer; yours is "
            f"{client}. What you typed is kept. Update the program, then go on.",
        )
    length = headers.get("Content-Length", "0")
    if DOCUMENTS not in scope["path"] and length.isdecimal() and int(length) > BODY_LIMIT:
        return _too_large()
    return None


def _too_large() -> PortalProblem:
    return PortalProblem(ProblemCode.TOO_LARGE, "What was sent is too large to be taken.")


def _capped(scope: Scope, receive: Receive) -> Receive:
    """Stop reading a body that says no length and does not end."""
    if DOCUMENTS in scope["path"]:
        return receive
    read = 0

    async def counting() -> Message:
        nonlocal read
        message = await receive()
        read += len(message.get("body", b""))
        if read > BODY_LIMIT:
            raise _too_large()
        return message

    return counting
