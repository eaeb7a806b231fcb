"""HTTP client for the server, with typed responses, typed errors and safe retries.

httpx and Pydantic are imported at the first call, after the first screen is painted.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import Context, copy_context
from functools import cached_property
from pathlib import Path
from random import uniform
from typing import TYPE_CHECKING, Any, TypeVar

from tui.core.confinement import confined_folder, open_file
from tui.core.errors import (
    InvalidCaFile,
    PortalError,
    Refused,
    UnexpectedResponse,
    Unreachable,
    Untrusted,
)
from tui.core.settings import settings_path

if TYPE_CHECKING:
    import ssl

    import httpx
    from pydantic import BaseModel

ResponseT = TypeVar("ResponseT")
Params = dict[str, str | int | bool]
Progress = Callable[[int], None]

CHUNK_BYTES = 64 * 1024
TIMEOUT_SECONDS = 20.0
MAX_ATTEMPTS = 3
MAX_BUSY_RETRIES = 10
NOT_MODIFIED = 304
UNUSED_MODULES = ("click", "trio")
"""What httpx imports where it's installed: its command line, and another event loop (7 MB)."""
NON_ISSUER_CODES = {9, 10, 62, 64}
"""OpenSSL error codes for certificates that are out of date or issued for another name."""


class Client:
    """Client for one server and one session; `token` is the bearer token once signed in.

    `ca_file` contains certificate authorities to trust in addition to the system's.
    `last_response_at` is the monotonic time of the last successful response, except to polling.
    `on_busy` is called when a request must wait because the server is busy.
    """

    def __init__(
        self,
        server: str,
        *,
        ca_file: Path | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.server = server.rstrip("/")
        self.token: str | None = None
        self.origin = ""
        """The signed address of the person, if the SSH server runs this client."""
        self.last_response_at = 0.0
        self.on_busy: Callable[[], object] = lambda: None
        self._ca_file = ca_file
        self._transport = transport

    @cached_property
    def _http(self) -> httpx.AsyncClient:
        from importlib.metadata import version

        verify = self._ssl_context() if self.server.startswith("https") else False
        with without_modules(*UNUSED_MODULES):
            import httpx

            return httpx.AsyncClient(
                base_url=self.server,
                transport=self._transport,
                timeout=TIMEOUT_SECONDS,
                verify=verify,
                trust_env=self.server.startswith("https"),
                headers={"Portal-Client": version("professional-portal")},
            )

    def _ssl_context(self) -> ssl.SSLContext:
        import ssl

        import truststore

        context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self._ca_file:
            try:
                context.load_verify_locations(self._ca_file)
            except OSError:  # includes ssl.SSLError
                raise InvalidCaFile(self._ca_file) from None
        return context

    async def request(
        self,
        method: str,
        path: str,
        response_type: type[ResponseT],
        *,
        body: BaseModel | None = None,
        params: Params | BaseModel | None = None,
        if_match: int | None = None,
        repeatable: bool | None = None,
    ) -> ResponseT:
        """Send a request and parse the response as a wire type.

        A `repeatable` request (by default any but POST) is retried after a lost connection.
        Raises Refused, Unreachable or UnexpectedResponse.
        """
        from pydantic import TypeAdapter, ValidationError

        if params is not None and not isinstance(params, dict):
            params = params.model_dump(mode="json", exclude_none=True)
        response = await self._request(method, path, body, params, if_match, repeatable)
        try:
            return TypeAdapter(response_type).validate_json(response.content)
        except ValidationError:
            raise UnexpectedResponse from None

    async def poll(
        self, path: str, response_type: type[ResponseT], etag: str | None
    ) -> tuple[ResponseT, str] | None:
        """Poll a path, and return the response and its ETag, or None if it is unchanged.

        Polling neither extends the session nor is retried. Raises the same errors as `request`.
        """
        from pydantic import TypeAdapter, ValidationError

        headers = self._build_headers(None)
        if etag:
            headers["If-None-Match"] = etag
        request = self._http.build_request("GET", path, headers=headers)
        response = await self._send(request, extends_session=False)
        if response.status_code == NOT_MODIFIED:
            return None
        try:
            content = TypeAdapter(response_type).validate_json(response.content)
        except ValidationError:
            raise UnexpectedResponse from None
        return content, response.headers.get("ETag", "")

    async def send(
        self,
        method: str,
        path: str,
        *,
        body: BaseModel | None = None,
        params: Params | None = None,
        if_match: int | None = None,
        repeatable: bool | None = None,
    ) -> None:
        """Send a request and ignore the response body. Raises the same errors as `request`."""
        await self._request(method, path, body, params, if_match, repeatable)

    async def upload(
        self,
        path: str,
        file: Path,
        response_type: type[ResponseT],
        *,
        name: str,
        progress: Progress,
    ) -> ResponseT:
        """Stream a file to the server, calling `progress` with the bytes sent so far.

        Raises OSError if the file can't be read, and the same errors as `request`.
        """
        from pydantic import TypeAdapter, ValidationError

        context = copy_context()  # the request has its own, without the app

        async def chunks() -> AsyncIterator[bytes]:
            sent_bytes = 0
            with await asyncio.to_thread(open_file, file) as source:
                while chunk := await asyncio.to_thread(source.read, CHUNK_BYTES):
                    yield chunk
                    sent_bytes += len(chunk)
                    context.run(progress, sent_bytes)

        response = await self._send_with_busy_retries(
            lambda: self._http.build_request(
                "PUT",
                path,
                params={"name": name},
                content=chunks(),
                headers=self._build_headers(None),
            )
        )
        try:
            return TypeAdapter(response_type).validate_json(response.content)
        except ValidationError:
            raise UnexpectedResponse from None

    async def download(self, path: str, target: Path) -> None:
        """Download a path to a file atomically."""
        response = await self._request("GET", path, None, None, None, None)
        part = target.with_name(f".{target.name}.part")
        try:
            await asyncio.to_thread(_write_private, part, response.content)
            await asyncio.to_thread(part.replace, target)
        finally:
            part.unlink(missing_ok=True)

    async def close(self) -> None:
        """Close all connections."""
        if "_http" in self.__dict__:
            await self._http.aclose()

    def _build_headers(self, if_match: int | None) -> dict[str, str]:
        headers = {}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if self.origin:
            headers["Portal-Origin"] = self.origin
        if if_match is not None:
            headers["If-Match"] = f'"{if_match}"'
        return headers

    async def _request(
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

        set_on_retry_hooks(())  # the default hooks log to the terminal
        if repeatable is None:
            repeatable = method != "POST"
        headers = self._build_headers(if_match)
        content = None
        if body is not None:
            content = body.model_dump_json().encode()
            headers["Content-Type"] = "application/json"
        retry = stamina.retry_context(
            on=Unreachable,
            attempts=MAX_ATTEMPTS if repeatable else 1,
            wait_initial=0.2,
            wait_max=2.0,
        )
        async for attempt in retry:
            with attempt:
                return await self._send_with_busy_retries(
                    lambda: self._http.build_request(
                        method, path, params=params, content=content, headers=headers
                    )
                )
        raise Unreachable  # unreachable: the last attempt raises

    async def _send_with_busy_retries(self, build: Callable[[], httpx.Request]) -> httpx.Response:
        """Send a request, and retry while the server is busy."""
        from shared.problems import ProblemCode

        for retries in range(MAX_BUSY_RETRIES + 1):
            try:
                return await self._send(build())
            except Refused as error:
                if error.code is not ProblemCode.BUSY or retries == MAX_BUSY_RETRIES:
                    raise
                if not retries:
                    self.on_busy()
                # Jitter keeps clients that were rejected together from retrying together.
                jitter = uniform(1, 1.5)  # noqa: S311 - not used for security
                await asyncio.sleep((error.problem.retry_after or 1) * jitter)
        raise Unreachable  # unreachable: the last retry raises

    async def _send(
        self, request: httpx.Request, *, extends_session: bool = True
    ) -> httpx.Response:
        import httpx

        try:
            # Its timeouts keep their context as long as they last, and the caller's has screens.
            response = await asyncio.create_task(self._http.send(request), context=Context())
        except httpx.RequestError as error:  # includes malformed responses, such as from a proxy
            raise _find_certificate_error(error) or Unreachable() from None
        if response.is_success or response.status_code == NOT_MODIFIED:
            if extends_session:
                self.last_response_at = time.monotonic()
            return response
        raise _read_error(response)


@contextmanager
def without_modules(*names: str) -> Iterator[None]:
    """Import optional dependencies of these names as if they were not installed."""
    blocked: dict[str, Any] = dict.fromkeys(name for name in names if name not in sys.modules)
    sys.modules.update(blocked)
    try:
        yield
    finally:
        for name in blocked:
            del sys.modules[name]


def _write_private(file: Path, content: bytes) -> None:
    """Write a file that only its owner can read, because it may be about a child.

    A file of that name is replaced; a symlink is not followed.
    """
    file.unlink(missing_ok=True)
    file.touch(mode=0o600, exist_ok=False)
    file.write_bytes(content)


def _find_certificate_error(error: BaseException) -> Untrusted | None:
    """Return an Untrusted error if an untrusted certificate caused the failure."""
    import ssl

    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = cause.__cause__ or cause.__context__
    if cause is None:
        return None
    code, reason = cause.verify_code, cause.verify_message or "it could not be checked"
    remedy = "Ask the support desk before you go on."
    if code not in NON_ISSUER_CODES and confined_folder() is None:
        remedy = (
            "If your organisation has a certificate authority of its own, name its file in "
            f'{settings_path()}, as in ca_file = "/path/to/ca.pem". Otherwise ask the support desk '
            "before you go on."
        )
    return Untrusted(reason.rstrip("."), remedy=remedy)


def _read_error(response: httpx.Response) -> PortalError:
    from pydantic import ValidationError

    from shared.problems import Problem

    with suppress(ValidationError):
        return Refused(Problem.model_validate_json(response.content))
    if response.status_code in {502, 503, 504}:
        return Unreachable()
    return UnexpectedResponse()
