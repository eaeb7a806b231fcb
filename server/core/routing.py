"""Routes whose endpoint runs as one unit of work: begin, actor, work, reply, commit.

An endpoint names what it needs of its transaction by type (`tx: Tx`, `actor: Professional`).
FastAPI sees the rest of its signature, so the OpenAPI is that of the endpoint; what FastAPI
gathers touches no database. The endpoint, and the writing of its reply's bytes, run in one call in
one worker thread.
"""

import inspect
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any, TypeVar, get_args

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from server.core.bodies import with_body
from server.core.database import Services, Transaction
from server.core.problems import documented
from server.core.versions import IfMatch

REQUEST = "in_request"
"""The name under which FastAPI hands over the request where an endpoint has no use of it."""

Endpoint = TypeVar("Endpoint", bound=Callable[..., object])


@dataclass(frozen=True)
class InTransaction:
    """Marks the type of a parameter that is looked up in the request's transaction."""

    look_up: Callable[[Request, Transaction], object]


def _itself(_: Request, tx: Transaction) -> Transaction:
    return tx


Tx = Annotated[Transaction, InTransaction(_itself)]


def audited(endpoint: Endpoint) -> Endpoint:
    """Mark a GET route that reads a child's record: its transaction writes the audit."""
    endpoint.__audited__ = True  # type: ignore[attr-defined]  # a mark on a function
    return endpoint


def by_clock(endpoint: Endpoint) -> Endpoint:
    """Mark a route that clients poll: a request to it does not extend the session."""
    endpoint.__by_clock__ = True  # type: ignore[attr-defined]  # a mark on a function
    return endpoint


def is_by_clock(request: Request) -> bool:
    """Whether the route of a request is one that clients poll."""
    return getattr(request.scope["endpoint"], "__by_clock__", False)


def services_of(request: Request) -> Services:
    """Return the services of the app that serves a request."""
    services = request.app.state.services
    assert isinstance(services, Services)  # noqa: S101 - set by create_app
    return services


def _look_up_of(parameter: inspect.Parameter) -> InTransaction | None:
    marks = [mark for mark in get_args(parameter.annotation) if isinstance(mark, InTransaction)]
    return marks[0] if marks else None


def _statuses(path: str, kinds: list[object], *, writes: bool) -> Iterator[int]:
    """List the statuses of the problems that any route with such parameters may answer."""
    yield from (400, 422, 426, 500, 503)
    marks = [mark for kind in kinds for mark in get_args(kind) if isinstance(mark, InTransaction)]
    if any(mark.look_up is not _itself for mark in marks):
        yield from (401, 403)
    if writes or "{" in path:
        yield 404
    if writes:
        yield from (408, 409, 413)
    if IfMatch in kinds:
        yield from (412, 428)


class TransactionRoute(APIRoute):
    """A route that runs its endpoint in a transaction, where the endpoint asks for one."""

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        *,
        methods: set[str] | list[str],
        **rest: Any,  # noqa: ANN401 - FastAPI's own options, handed on
    ) -> None:
        signature = inspect.signature(endpoint)
        self._look_ups = {
            name: mark.look_up
            for name, parameter in signature.parameters.items()
            if (mark := _look_up_of(parameter))
        }
        self._writes = set(methods) != {"GET"} or getattr(endpoint, "__audited__", False)
        kinds = [parameter.annotation for parameter in signature.parameters.values()]
        problems = _statuses(path, kinds, writes=set(methods) != {"GET"})
        rest["responses"] = documented(problems) | rest["responses"]
        if self._look_ups:
            endpoint = self._in_transaction(endpoint, signature, rest)
        super().__init__(path, endpoint, methods=methods, **rest)

    def _in_transaction(
        self, endpoint: Callable[..., Any], signature: inspect.Signature, rest: dict[str, Any]
    ) -> Callable[..., Coroutine[Any, Any, Response]]:
        """Wrap an endpoint for FastAPI, which sees only what the request itself says."""
        status = int(rest["status_code"] or HTTPStatus.OK)
        names = {parameter.annotation: name for name, parameter in signature.parameters.items()}

        async def call(**given: Any) -> Response:  # noqa: ANN401 - whatever the endpoint takes
            request = given[names[Request]] if Request in names else given.pop(REQUEST)

            def work(tx: Transaction) -> Response:
                looked_up = {name: find(request, tx) for name, find in self._look_ups.items()}
                headers = Response()
                if Response in names:
                    looked_up[names[Response]] = headers
                result = endpoint(**given, **looked_up)
                if isinstance(result, Response):
                    return result
                body = self.response_field.serialize_json(result) if self.response_field else b""
                reply = Response(body, status, media_type="application/json" if body else None)
                if "ETag" in headers.headers:
                    reply.headers["ETag"] = headers.headers["ETag"]
                return reply

            services = services_of(request)
            return await (services.write(work) if self._writes else services.read(work))

        hidden = {*self._look_ups, names.get(Response)}
        seen = [
            parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            for name, parameter in signature.parameters.items()
            if name not in hidden
        ]
        if Request not in names:
            keyword = inspect.Parameter.KEYWORD_ONLY
            seen.append(inspect.Parameter(REQUEST, keyword, annotation=Request))
        call.__signature__ = signature.replace(parameters=seen)  # type: ignore[attr-defined]  # read by inspect
        call.__name__, call.__doc__ = endpoint.__name__, endpoint.__doc__
        call.__dict__.update(endpoint.__dict__)
        return call

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Read the body within its limits, and find the actor before what is wrong is told."""
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            async def admit() -> bool:
                return await self._admit(request)

            if self.body_field is not None:
                request = await with_body(request, admit)
            try:
                return await handle(request)
            except RequestValidationError:
                await admit()
                raise

        return handler

    async def _admit(self, request: Request) -> bool:
        """Find who asks, where the route is not for anyone; raises what refuses them."""
        actors = [find for name, find in self._look_ups.items() if find is not _itself]

        def work(tx: Transaction) -> None:
            for find in actors:
                find(request, tx)

        if actors:
            await services_of(request).read(work)
        return bool(actors)
