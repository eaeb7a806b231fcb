"""Optimistic concurrency: ETag in responses, If-Match in requests."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Protocol, TypeVar

from fastapi import Depends, Header, Response

from server.core.database import Transaction
from server.core.problems import PortalProblem
from shared.problems import ProblemCode

NOT_MODIFIED: dict[int | str, dict[str, Any]] = {304: {"description": "Not Modified"}}
"""The `responses` of a route that takes If-None-Match."""


class Versioned(Protocol):
    """An object with a version."""

    version: int


Out = TypeVar("Out", bound=Versioned)


class StaleEdit(PortalProblem):
    """The problem of an edit that is based on an older version, with what is stored now.

    `audit` records it; it runs in a transaction of its own before the reply.
    """

    def __init__(
        self,
        detail: str,
        *,
        by: str | None,
        at: datetime | None,
        version: int,
        current: str,
        audit: Callable[[Transaction], None],
    ) -> None:
        super().__init__(
            ProblemCode.STALE,
            detail,
            changed_by=by,
            changed_at=at.isoformat() if at else None,
            version=version,
            current=current,
        )
        self.audit = audit


def set_etag(response: Response, out: Out) -> Out:
    """Set the ETag of a response to the version of its body, and return the body."""
    response.headers["ETag"] = f'"{out.version}"'
    return out


async def _if_match(if_match: Annotated[str | None, Header(max_length=40)] = None) -> int:
    if if_match is None:
        raise PortalProblem(
            ProblemCode.VERSION_REQUIRED, "Say with If-Match which version you change."
        )
    number = if_match.strip().strip('"')
    if not number.isdecimal() or len(number) > 9:
        raise PortalProblem(ProblemCode.MALFORMED, 'If-Match holds a version, as "3".')
    return int(number)


# Async, because FastAPI would run a plain function in a thread.
IfMatch = Annotated[int, Depends(_if_match)]
