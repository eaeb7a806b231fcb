"""Error responses as application/problem+json, including those of the framework."""

import json
import os
import traceback
from collections.abc import Callable, Iterable, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DatabaseError, DataError, IntegrityError, ProgrammingError
from starlette.exceptions import HTTPException

from server.core.headers import CONTENT_SECURITY_POLICY, SECURITY_HEADERS
from server.core.logs import REPORT_LINE
from server.core.request_ids import current_id
from shared.problems import MEDIA_TYPE, FieldError, Problem, ProblemCode

log = structlog.get_logger()

MAX_FRAMES = 5
UNIQUE_VIOLATION, LOCK_NOT_AVAILABLE = "23505", "55P03"
"""PostgreSQL's SQLSTATE codes; SQLite has only an English message."""
SERVER_FOLDER = f"{Path(__file__).parents[1]}{os.sep}"

_STATUS: dict[ProblemCode, int] = {
    ProblemCode.INVALID: 422,
    ProblemCode.MALFORMED: 400,
    ProblemCode.SIGN_IN_REQUIRED: 401,
    ProblemCode.CODE_REQUIRED: 401,
    ProblemCode.TWO_STEP_REQUIRED: 403,
    ProblemCode.FRESH_SIGN_IN_REQUIRED: 403,
    ProblemCode.FORBIDDEN: 403,
    ProblemCode.WRONG_CREDENTIALS: 401,
    ProblemCode.WRONG_CODE: 422,
    ProblemCode.INVALID_CODE: 422,
    ProblemCode.INVALID_LINK: 410,
    ProblemCode.TOO_MANY_TRIES: 429,
    ProblemCode.TOO_SOON: 429,
    ProblemCode.NOT_FOUND: 404,
    ProblemCode.METHOD_NOT_ALLOWED: 405,
    ProblemCode.CONFLICT: 409,
    ProblemCode.ALREADY_ON_LIST: 409,
    ProblemCode.DRAFT_OPEN: 409,
    ProblemCode.STALE: 412,
    ProblemCode.VERSION_REQUIRED: 428,
    ProblemCode.DECIDED: 409,
    ProblemCode.NOT_ALLOWED: 409,
    ProblemCode.NEEDS_CONFIRMATION: 409,
    ProblemCode.NOT_COMPLETE: 422,
    ProblemCode.IN_USE: 409,
    ProblemCode.TOO_LARGE: 413,
    ProblemCode.HEAD_TOO_LARGE: 431,
    ProblemCode.WRONG_TYPE: 415,
    ProblemCode.EMPTY_FILE: 422,
    ProblemCode.BEING_CHECKED: 409,
    ProblemCode.HELD: 409,
    ProblemCode.QUOTA: 413,
    ProblemCode.SLOW_UPLOAD: 408,
    ProblemCode.OUTDATED_CLIENT: 426,
    ProblemCode.OUTDATED_SERVER: 426,
    ProblemCode.STORAGE: 503,
    ProblemCode.BUSY: 503,
    ProblemCode.UNAVAILABLE: 503,
    ProblemCode.INTERNAL: 500,
}

_FRAMEWORK: dict[int, ProblemCode] = {
    400: ProblemCode.MALFORMED,
    404: ProblemCode.NOT_FOUND,
    405: ProblemCode.METHOD_NOT_ALLOWED,
    413: ProblemCode.TOO_LARGE,
}

_NOT_FOUND = "There is nothing here, or it is not yours to see."


class PortalProblem(Exception):
    """A problem to respond with: `code` sets the status, `detail` is shown to the user."""

    def __init__(
        self,
        code: ProblemCode,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        retry_after: int | None = None,
        changed_by: str | None = None,
        changed_at: str | None = None,
        version: int | None = None,
        current: str | None = None,
    ) -> None:
        super().__init__(detail)
        status = _STATUS[code]
        self.problem = Problem(
            title=HTTPStatus(status).phrase,
            status=status,
            code=code,
            detail=detail,
            errors=list(errors),
            retry_after=retry_after,
            changed_by=changed_by,
            changed_at=changed_at,
            version=version,
            current=current,
        )


def not_found() -> PortalProblem:
    """Build the problem for a row that does not exist or is not visible to the actor."""
    return PortalProblem(ProblemCode.NOT_FOUND, _NOT_FOUND)


def busy(retry_after: int) -> PortalProblem:
    """Build the problem for an overloaded server; clients retry after `retry_after` seconds."""
    return PortalProblem(
        ProblemCode.BUSY,
        "The portal is busy. Nothing was changed; try again in a moment.",
        retry_after=retry_after,
    )


def invalid(errors: Sequence[FieldError], detail: str = "There is a problem.") -> PortalProblem:
    """Build the problem for a body with invalid fields."""
    return PortalProblem(ProblemCode.INVALID, detail, errors=errors)


def field_error(pointer: str, message: str, code: str = "refused") -> FieldError:
    """Build the error of the field at a JSON pointer."""
    return FieldError(pointer=pointer, code=code, message=message)


def invalid_field(pointer: str, message: str) -> PortalProblem:
    """Build the problem for a body with one invalid field."""
    return invalid([field_error(pointer, message)], message)


class _AsciiJSONResponse(JSONResponse):
    def render(self, content: object) -> bytes:
        # A pointer may hold a lone surrogate from the request, which UTF-8 cannot encode.
        return json.dumps(content, separators=(",", ":")).encode("ascii")


def reply(problem: Problem) -> JSONResponse:
    """Return a problem as a JSON response."""
    # Responses of the protocol itself don't pass the middleware.
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": CONTENT_SECURITY_POLICY,
        **SECURITY_HEADERS,
    }
    if problem.retry_after is not None:
        headers["Retry-After"] = str(problem.retry_after)
    if problem.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    content = problem.model_dump(mode="json", exclude_none=True)
    if request_id := current_id():
        content["request_id"] = request_id
    return _AsciiJSONResponse(
        content,
        problem.status,
        headers=headers,
        media_type=MEDIA_TYPE,
    )


def _on_problem(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, PortalProblem)  # noqa: S101 - registered for this class only
    return reply(error.problem)


def _on_validation_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class only
    errors = [
        field_error(
            "/" + "/".join(str(part) for part in details["loc"][1:]),
            str(details["msg"]),
            str(details["type"]),
        )
        for details in error.errors()
    ]
    return reply(invalid(errors, "Some of what was sent can't be read.").problem)


def _on_http_exception(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
    code = _FRAMEWORK.get(error.status_code, ProblemCode.INTERNAL)
    detail = _NOT_FOUND if code is ProblemCode.NOT_FOUND else str(error.detail)
    problem = PortalProblem(code, detail).problem
    return reply(problem.model_copy(update={"status": error.status_code}))


def _on_data_error(_: Request, error: Exception) -> JSONResponse:
    log.warning("data_refused", kind=type(error).__name__)
    return reply(
        invalid([], "Some of what was sent can't be kept: take odd characters out.").problem
    )


def _on_database_error(_: Request, error: Exception) -> JSONResponse:
    if getattr(getattr(error, "orig", None), "sqlstate", None) == LOCK_NOT_AVAILABLE:
        return reply(busy(1).problem)
    log.error(
        "database_unavailable",
        kind=type(error).__name__,
        do="Check that the database in PORTAL_DATABASE_URL answers and that its disk is not full.",
    )
    return reply(
        PortalProblem(
            ProblemCode.UNAVAILABLE,
            "The portal can't reach its records just now. Nothing was changed; try again shortly.",
        ).problem
    )


def _on_programming_error(_: Request, error: Exception) -> JSONResponse:
    return internal_error(error)


def _on_integrity_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, IntegrityError)  # noqa: S101 - registered for this class only
    is_unique_violation = getattr(error.orig, "sqlstate", None) == UNIQUE_VIOLATION
    if not is_unique_violation and "UNIQUE" not in str(error.orig):
        return internal_error(error)
    log.warning("sent_at_once", at=_server_frames(error))
    return reply(
        PortalProblem(
            ProblemCode.UNAVAILABLE,
            "The same was changed in the same moment. Nothing was changed by you; try again.",
        ).problem
    )


def _server_frames(error: Exception) -> list[str]:
    """Return the last frames of an error in the server's own code, as path:line."""
    frames = traceback.extract_tb(error.__traceback__)
    server_frames = [frame for frame in frames if frame.filename.startswith(SERVER_FOLDER)]
    return [
        f"{frame.filename.removeprefix(SERVER_FOLDER)}:{frame.lineno}"
        for frame in server_frames[-MAX_FRAMES:]
    ]


def internal_error(error: Exception) -> JSONResponse:
    """Log where an unexpected error occurred, without its message, and return the response."""
    log.error("unexpected", kind=type(error).__name__, at=_server_frames(error), do=REPORT_LINE)
    return reply(
        PortalProblem(
            ProblemCode.INTERNAL, "The portal made a mistake. Nothing was changed; try again."
        ).problem
    )


def problem_responses(statuses: Iterable[int]) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI `responses` of a route for its problem statuses."""
    schema = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    return {
        status: {
            "description": HTTPStatus(status).phrase,
            "content": {MEDIA_TYPE: {"schema": schema}},
        }
        for status in sorted(statuses)
    }


def _openapi_with_problems(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """Extend an app's OpenAPI with the schemas that `problem_responses` refers to."""
    original = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is not None:
            return app.openapi_schema
        schema = original()
        problem_schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        definitions = problem_schema.pop("$defs", {})
        schema.setdefault("components", {}).setdefault("schemas", {}).update(
            {**definitions, Problem.__name__: problem_schema}
        )
        return schema

    return openapi


def install(app: FastAPI) -> None:
    """Make an app respond to every error with a problem, and document it."""
    app.openapi = _openapi_with_problems(app)  # type: ignore[method-assign]  # as FastAPI documents
    app.add_exception_handler(PortalProblem, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_validation_error)
    app.add_exception_handler(HTTPException, _on_http_exception)
    # PostgreSQL rejects NUL characters in any field.
    app.add_exception_handler(DataError, _on_data_error)
    app.add_exception_handler(IntegrityError, _on_integrity_error)
    app.add_exception_handler(DatabaseError, _on_database_error)
    app.add_exception_handler(ProgrammingError, _on_programming_error)
