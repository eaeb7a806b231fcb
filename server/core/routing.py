"""Routes whose endpoint runs as one unit of work: begin, actor, endpoint, response, commit.

An endpoint declares what it needs from its transaction by type (`tx: Tx`, `actor: Professional`).
FastAPI sees the rest of its signature, so the OpenAPI schema is that of the endpoint, and
FastAPI's own dependencies use no database. The endpoint and the serialisation of its response run
in one call in one worker thread.
"""

import inspect
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any, TypeAlias, TypeVar, get_args

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from server.core.bodies import require_no_nul, with_body
from server.core.database import Services, Transaction
from server.core.problems import problem_responses
from server.core.sent_ids import Digests, check_and_store, digests_of, find_sender
from server.core.versions import IfMatch, StaleEdit

REQUEST = "in_request"
"""The parameter in which FastAPI passes the request to endpoints that do not declare it."""

Resolve: TypeAlias = Callable[[Request, Transaction], object]
Endpoint = TypeVar("Endpoint", bound=Callable[..., object])


@dataclass(frozen=True)
class InTransaction:
    """Annotation of a parameter that is resolved in the request's transaction."""

    resolve: Resolve


def _resolve_transaction(_: Request, tx: Transaction) -> Transaction:
    return tx


Tx = Annotated[Transaction, InTransaction(_resolve_transaction)]


def audited(endpoint: Endpoint) -> Endpoint:
    """Mark a GET route that reads a child's record, so that its transaction may write."""
    endpoint.__audited__ = True  # type: ignore[attr-defined]  # read by TransactionRoute
    return endpoint


def polling(endpoint: Endpoint) -> Endpoint:
    """Mark a route that clients poll: a request to it does not extend the session."""
    endpoint.__polling__ = True  # type: ignore[attr-defined]  # read by is_polling
    return endpoint


def checks_characters(endpoint: Endpoint) -> Endpoint:
    """Mark a route that refuses NUL in its body itself, with pointers of its own."""
    endpoint.__checks_characters__ = True  # type: ignore[attr-defined]  # read by TransactionRoute
    return endpoint


def authenticated_by(require: Resolve) -> Callable[[Endpoint], Endpoint]:
    """Mark an `async` route with whom its units require; they call that themselves.

    So the errors of a body are told only to those who may send one, as in all other routes.
    """

    def mark(endpoint: Endpoint) -> Endpoint:
        endpoint.__requires__ = require  # type: ignore[attr-defined]  # read by TransactionRoute
        return endpoint

    return mark


def is_polling(request: Request) -> bool:
    """Whether the route of a request is one that clients poll."""
    return getattr(request.scope["endpoint"], "__polling__", False)


def services_of(request: Request) -> Services:
    """Return the services of the app that serves a request."""
    services = request.app.state.services
    assert isinstance(services, Services)  # noqa: S101 - set by create_app
    return services


def digests_sent(request: Request, *parts: object) -> Digests:
    """Return the digests of what a request sends, by the ids that the client made."""
    return digests_of(request.method, request.url.path, parts)


def _find_marker(parameter: inspect.Parameter) -> InTransaction | None:
    markers = [
        marker for marker in get_args(parameter.annotation) if isinstance(marker, InTransaction)
    ]
    return markers[0] if markers else None


def _problem_statuses(path: str, annotations: list[object], *, writes: bool) -> Iterator[int]:
    """Yield the problem statuses that a route with these parameters may respond with."""
    yield from (400, 422, 426, 500, 503)
    markers = [
        marker
        for annotation in annotations
        for marker in get_args(annotation)
        if isinstance(marker, InTransaction)
    ]
    if any(marker.resolve is not _resolve_transaction for marker in markers):
        yield from (401, 403)
    if writes or "{" in path:
        yield 404
    if writes:
        yield from (408, 409, 413)
    if IfMatch in annotations:
        yield from (412, 428)


class TransactionRoute(APIRoute):
    """A route that runs its endpoint in a transaction if the endpoint declares one."""

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        *,
        methods: set[str] | list[str],
        **options: Any,  # noqa: ANN401 - FastAPI's own options
    ) -> None:
        signature = inspect.signature(endpoint)
        self._resolvers = {
            name: marker.resolve
            for name, parameter in signature.parameters.items()
            if (marker := _find_marker(parameter))
        }
        self._requires: Resolve | None = getattr(endpoint, "__requires__", None)
        self._writes = set(methods) != {"GET"} or getattr(endpoint, "__audited__", False)
        self._checks_characters = getattr(endpoint, "__checks_characters__", False)
        annotations = [parameter.annotation for parameter in signature.parameters.values()]
        problems = _problem_statuses(path, annotations, writes=set(methods) != {"GET"})
        options["responses"] = problem_responses(problems) | options["responses"]
        if self._resolvers:
            endpoint = self._in_transaction(endpoint, signature, options)
        super().__init__(path, endpoint, methods=methods, **options)

    def _in_transaction(
        self, endpoint: Callable[..., Any], signature: inspect.Signature, options: dict[str, Any]
    ) -> Callable[..., Coroutine[Any, Any, Response]]:
        """Wrap an endpoint for FastAPI, which sees only the parameters from the request."""
        status = int(options["status_code"] or HTTPStatus.OK)
        names = {parameter.annotation: name for name, parameter in signature.parameters.items()}

        async def call(**arguments: Any) -> Response:  # noqa: ANN401 - the endpoint's own parameters
            request = arguments[names[Request]] if Request in names else arguments.pop(REQUEST)
            sent = digests_sent(request, *arguments.values())

            def work(tx: Transaction) -> Response:
                resolved = {name: resolve(request, tx) for name, resolve in self._resolvers.items()}
                headers = Response()
                if Response in names:
                    resolved[names[Response]] = headers
                result = endpoint(**arguments, **resolved)
                if sent:
                    check_and_store(tx, find_sender(resolved.values()), sent)
                return self._build_reply(result, status, headers)

            services = services_of(request)
            try:
                return await (services.write(work) if self._writes else services.read(work))
            except StaleEdit as problem:
                await services.write(problem.audit)
                raise

        call.__signature__ = self._visible_signature(signature)  # type: ignore[attr-defined]  # read by inspect
        call.__name__, call.__doc__ = endpoint.__name__, endpoint.__doc__
        call.__dict__.update(endpoint.__dict__)
        return call

    def _build_reply(self, result: object, status: int, headers: Response) -> Response:
        """Return the reply with the result of an endpoint, unless that is one."""
        if isinstance(result, Response):
            return result
        body = self.response_field.serialize_json(result) if self.response_field else b""
        reply = Response(body, status, media_type="application/json" if body else None)
        if "ETag" in headers.headers:
            reply.headers["ETag"] = headers.headers["ETag"]
        return reply

    def _visible_signature(self, signature: inspect.Signature) -> inspect.Signature:
        """Return the parameters of an endpoint that come from the request, and the request."""
        annotations = {parameter.annotation for parameter in signature.parameters.values()}
        keyword = inspect.Parameter.KEYWORD_ONLY
        parameters = [
            parameter.replace(kind=keyword)
            for name, parameter in signature.parameters.items()
            if name not in self._resolvers and parameter.annotation is not Response
        ]
        if Request not in annotations:
            parameters.append(inspect.Parameter(REQUEST, keyword, annotation=Request))
        return signature.replace(parameters=parameters)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Read the body within limits, and authenticate before reporting validation errors."""
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            async def authenticate() -> bool:
                return await self._authenticate(request)

            body = b""
            if self.body_field is not None:
                request = await with_body(request, authenticate)
                body = b"" if self._checks_characters else await request.body()
            try:
                require_no_nul(request, body)
                return await handle(request)
            except RequestValidationError:
                await authenticate()
                raise

        return handler

    async def _authenticate(self, request: Request) -> bool:
        """Authenticate the actor if the route needs one; raises the problem of a refusal."""
        actor_resolvers = [
            resolve for resolve in self._resolvers.values() if resolve is not _resolve_transaction
        ]
        if self._requires:
            actor_resolvers.append(self._requires)

        def work(tx: Transaction) -> None:
            for resolve in actor_resolvers:
                resolve(request, tx)

        if actor_resolvers:
            await services_of(request).read(work)
        return bool(actor_resolvers)
