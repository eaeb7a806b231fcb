"""HTTP to the server: typed calls, typed errors, repeats where a repeat is safe.

httpx and pydantic are imported at the first call, after the first screen is painted.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from random import uniform
from typing import TYPE_CHECKING, TypeVar

from tui.core.errors import NotAPortal, PortalError, Refused, Unreachable

if TYPE_CHECKING:
    import httpx
    from pydantic import BaseModel

Answer = TypeVar("Answer")
Params = dict[str, str | int | bool]
Progress = Callable[[int], None]

CHUNK = 64 * 1024
SECONDS = 20.0
TRIES = 3
BUSY_WAITS = 10
NOT_MODIFIED = 304


class Client:
    """One server, one session; `token` is the bearer of every call once signed in.

    `answered_at` is when the server last did what the user asked, on the monotonic clock.
    `when_busy` is called when a call has to wait because the server is busy.
    """

    def __init__(self, server: str, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.server = server.rstrip("/")
        self.token: str | None = None
        self.answered_at = 0.0
        self.when_busy: Callable[[], object] = lambda: None
        self._transport = transport

    @cached_property
    def _http(self) -> httpx.AsyncClient:
        import ssl
        from importlib.metadata import version

        import httpx
        import truststore

        verify: ssl.SSLContext | bool = False
        if self.server.startswith("https"):
            verify = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        return httpx.AsyncClient(
            base_url=self.server,
            transport=self._transport,
            timeout=SECONDS,
            verify=verify,
            trust_env=self.server.startswith("https"),
            headers={"Portal-Client": version("professional-portal")},
        )

    async def ask(
        self,
        method: str,
        path: str,
        answer: type[Answer],
        *,
        body: BaseModel | None = None,
        params: Params | BaseModel | None = None,
        if_match: int | None = None,
        repeatable: bool | None = None,
    ) -> Answer:
        """Call the server and read its answer as a wire type.

        A call is repeated after a lost connection when `repeatable` (by default all but POST).
        Raises Refused, Unreachable or NotAPortal.
        """
        from pydantic import TypeAdapter, ValidationError

        if params is not None and not isinstance(params, dict):
            params = params.model_dump(mode="json", exclude_none=True)
        reply = await self._reply(method, path, body, params, if_match, repeatable)
        try:
            return TypeAdapter(answer).validate_json(reply.content)
        except ValidationError:
            raise NotAPortal from None

    async def ask_by_clock(
        self, path: str, answer: type[Answer], mark: str | None
    ) -> tuple[Answer, str] | None:
        """Read an answer and its mark; None where the answer still has the mark that is known.

        It is no use of the session, and is not repeated: the clock does that. Raises as `ask`.
        """
        from pydantic import TypeAdapter, ValidationError

        headers = self._headers(None)
        if mark:
            headers["If-None-Match"] = mark
        request = self._http.build_request("GET", path, headers=headers)
        reply = await self._send(request, used=False)
        if reply.status_code == NOT_MODIFIED:
            return None
        try:
            read = TypeAdapter(answer).validate_json(reply.content)
        except ValidationError:
            raise NotAPortal from None
        return read, reply.headers.get("ETag", "")

    async def tell(
        self,
        method: str,
        path: str,
        *,
        body: BaseModel | None = None,
        params: Params | None = None,
        if_match: int | None = None,
        repeatable: bool | None = None,
    ) -> None:
        """Call the server where no answer is awaited but that it was done."""
        await self._reply(method, path, body, params, if_match, repeatable)

    async def upload(
        self, path: str, file: Path, answer: type[Answer], *, name: str, progress: Progress
    ) -> Answer:
        """Stream a file to the server; `progress` is told the bytes sent so far.

        Raises OSError where the file can't be read, else as `ask`.
        """
        from pydantic import TypeAdapter, ValidationError

        async def chunks() -> AsyncIterator[bytes]:
            sent = 0
            with await asyncio.to_thread(file.open, "rb") as source:
                while chunk := await asyncio.to_thread(source.read, CHUNK):
                    yield chunk
                    sent += len(chunk)
                    progress(sent)

        reply = await self._send_patiently(
            lambda: self._http.build_request(
                "PUT", path, params={"name": name}, content=chunks(), headers=self._headers(None)
            )
        )
        try:
            return TypeAdapter(answer).validate_json(reply.content)
        except ValidationError:
            raise NotAPortal from None

    async def download(self, path: str, target: Path) -> None:
        """Save what the server holds at a path as a file, whole or not at all."""
        reply = await self._reply("GET", path, None, None, None, None)
        part = target.with_name(f".{target.name}.part")
        try:
            await asyncio.to_thread(_write_private, part, reply.content)
            await asyncio.to_thread(part.replace, target)
        finally:
            part.unlink(missing_ok=True)

    async def close(self) -> None:
        """Close the connections, where any was opened."""
        if "_http" in self.__dict__:
            await self._http.aclose()

    def _headers(self, if_match: int | None) -> dict[str, str]:
        headers = {}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if if_match is not None:
            headers["If-Match"] = f'"{if_match}"'
        return headers

    async def _reply(
        self,
        method: str,
        path: str,
        body: BaseModel | None,
        params: Params | None,
        if_match: int | None,
        repeatable: bool | None,
    ) -> httpx.Response:
        import stamina
        from stamina.instrumentation import set_on_retry_hooks

        set_on_retry_hooks(())  # what it would log is written across the screen
        if repeatable is None:
            repeatable = method != "POST"
        headers = self._headers(if_match)
        content = None
        if body is not None:
            content = body.model_dump_json().encode()
            headers["Content-Type"] = "application/json"
        retry = stamina.retry_context(
            on=Unreachable, attempts=TRIES if repeatable else 1, wait_initial=0.2, wait_max=2.0
        )
        async for attempt in retry:
            with attempt:
                return await self._send_patiently(
                    lambda: self._http.build_request(
                        method, path, params=params, content=content, headers=headers
                    )
                )
        raise Unreachable  # the last attempt has raised already

    async def _send_patiently(self, build: Callable[[], httpx.Request]) -> httpx.Response:
        """Send a request, again as long as the server is too busy to do anything with it."""
        from shared.problems import ProblemCode

        for waits in range(BUSY_WAITS + 1):
            try:
                return await self._send(build())
            except Refused as refused:
                if refused.code is not ProblemCode.BUSY or waits == BUSY_WAITS:
                    raise
                if not waits:
                    self.when_busy()
                # Not all who were refused together come back together.
                spread = uniform(1, 1.5)  # noqa: S311 - no secret
                await asyncio.sleep((refused.problem.retry_after or 1) * spread)
        raise Unreachable  # the last wait has raised already

    async def _send(self, request: httpx.Request, *, used: bool = True) -> httpx.Response:
        import httpx

        try:
            reply = await self._http.send(request)
        except httpx.RequestError:  # of the line, and of what stands between and answers for it
            raise Unreachable from None
        if reply.is_success or reply.status_code == NOT_MODIFIED:
            if used:
                self.answered_at = time.monotonic()
            return reply
        raise _error_of(reply)


def _write_private(file: Path, content: bytes) -> None:
    """Write a file that only its owner can read: it may be about a child."""
    file.touch(mode=0o600)
    file.write_bytes(content)


def _error_of(reply: httpx.Response) -> PortalError:
    from pydantic import ValidationError

    from shared.problems import Problem

    with suppress(ValidationError):
        return Refused(Problem.model_validate_json(reply.content))
    if reply.status_code in {502, 503, 504}:
        return Unreachable()
    return NotAPortal()
