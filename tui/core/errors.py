"""Errors of requests to the server, with messages for users."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from shared.problems import FieldError, Problem, ProblemCode


class PortalError(Exception):
    """Base class of failed requests; `str()` returns a message for the user."""


class Refused(PortalError):
    """The server rejected the request, with a reason."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(_with_request(problem))
        self.problem = problem

    @property
    def code(self) -> ProblemCode:
        """The problem code."""
        return self.problem.code

    @property
    def errors(self) -> list[FieldError]:
        """Errors of individual fields."""
        return self.problem.errors


class Unreachable(PortalError):
    """The server or the connection is down."""

    def __init__(self) -> None:
        super().__init__(
            "The portal can't be reached just now. What you typed is kept. "
            "Check the connection, and try again."
        )


class Untrusted(PortalError):
    """The server's certificate is not trusted, so nothing was sent to it."""

    def __init__(self, reason: str, *, remedy: str) -> None:
        super().__init__(
            f"The server's certificate is not trusted: {reason}. Nothing was sent. {remedy}"
        )


class InvalidCaFile(PortalError):
    """The CA file in the settings can't be read."""

    def __init__(self, file: Path) -> None:
        super().__init__(
            f"{file}, the ca_file of your settings, can't be read as a file of certificates (PEM). "
            "Correct the setting, then start the portal again."
        )


SIGNED_OUT = {"sign_in_required", "code_required"}
"""Problem codes that require the user to sign in."""
OUTDATED = {"old_client", "old_server"}
"""Problem codes of versions that do not work together."""
TRANSIENT = {"busy", "unavailable", "storage", "internal", "slow_upload", "too_many_tries"}
"""Problem codes unrelated to the request itself, after which a retry may succeed."""
REPORTED = {"unavailable", "storage", "internal"}
"""Problem codes of faults that only the operator can put right."""


def _with_request(problem: Problem) -> str:
    """Return what a problem says, and what to quote of its request if it is to be reported."""
    if problem.code not in REPORTED or not problem.request_id:
        return problem.detail
    from shared.problems import quoted

    return f"{problem.detail} If you report this, quote {quoted(problem.request_id)}."


def is_signed_out(error: PortalError | None) -> bool:
    """Return whether the user has to sign in again."""
    return isinstance(error, Refused) and error.code in SIGNED_OUT


def is_outdated(error: PortalError | None) -> bool:
    """Return whether the program or the server must be updated first."""
    return isinstance(error, Refused) and error.code in OUTDATED


def is_transient(error: PortalError) -> bool:
    """Return whether a retry may succeed."""
    return not isinstance(error, Refused) or error.code in TRANSIENT


class UnexpectedResponse(PortalError):
    """The response is not valid for this version of the portal."""

    def __init__(self) -> None:
        super().__init__(
            "The address answered, but not as a Professional Portal of this version. "
            "Check the server's address, or ask for an update."
        )
