"""What every reply has and every request keeps to: headers, a version, a line of log."""

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


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdecimal())


class Edge:
    """Stands before all routes: refuses a program that is too old, and marks every reply."""

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
                await self._app(scope, receive, marked)
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
    return None
